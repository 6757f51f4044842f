with jobs as (
    select * from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
    where is_loaded
),

-- Details of the tuning job itself, not of a deleted one with the same name.
details as (
    select details.*
    from {{ ref('stg_sagemaker_tuning__tuning_job_details') }} as details
    inner join jobs
        on details.tuning_job_arn = jobs.tuning_job_arn
            and details.created_at = jobs.created_at
    where {{ is_changed('details.tuning_job_arn') }}
),

definitions as (
    select * from {{ ref('stg_sagemaker_tuning__definitions') }}
    where {{ is_changed() }}
),

trials as (
    select
        trial.*,
        jobs.ended_at as tuning_job_ended_at,
        jobs.strategy,
        -- The name and ARN of a deleted tuning job can be reused. Times of trials are
        -- truncated to whole seconds.
        coalesce(trial.created_at < date_trunc('second', jobs.created_at), false)
            as is_of_deleted_namesake,
        coalesce(jobs.is_deleted, false) as is_of_deleted
    from {{ ref('stg_sagemaker_tuning__training_job_summaries') }} as trial
    left join jobs
        on trial.tuning_job_arn = jobs.tuning_job_arn
    where {{ is_changed('trial.tuning_job_arn') }}
),

-- Allows a join on equality alone. With another condition, DuckDB compares all pairs.
keyed as (
    select
        trials.*,
        case when not is_of_deleted_namesake then tuning_job_arn end
            as described_tuning_job_arn
    from trials
),

described as (
    select
        trials.*,
        coalesce(
            trials.objective_metric_name,
            definitions.objective_metric_name,
            details.objective_metric_name
        ) as metric_name,
        coalesce(
            trials.objective_type,
            definitions.objective_type,
            details.objective_type
        ) as known_direction,
        case
            when trials.strategy = 'Hyperband' or details.early_stopping_type = 'Auto'
                then true
            when details.early_stopping_type is not null then false
        end as can_stop_early
    from keyed as trials
    left join details
        on trials.described_tuning_job_arn = details.tuning_job_arn
    left join definitions
        on details.tuning_job_arn = definitions.tuning_job_arn
            and trials.definition_name = definitions.definition_name
),

directed as (
    select
        described.*,
        coalesce(known_direction, {{ direction_by_var('metric_name') }}) as direction
    from described
),

ranked as (
    select
        directed.*,
        {{ telling_line('failure_reason') }} as failure,
        case
            when objective_value is not null
                and direction in ('Maximize', 'Minimize')
                and not is_of_deleted_namesake
                then rank() over (
                    partition by
                        tuning_job_arn, definition_name, is_of_deleted_namesake
                    order by
                        case direction
                            when 'Minimize' then objective_value
                            else -objective_value
                        end nulls last
                )
        end as place
    from directed
),

costs as (
    select * from {{ ref('int_sagemaker_tuning__trial_costs') }}
    where {{ is_changed() }}
)
{%- if var('team_tag', '') %},

-- The last known team of each tuning job, for trials whose tags are unknown.
teams as (
    select
        ranked.tuning_job_arn,
        ranked.is_of_deleted_namesake,
        costs.team,
        row_number() over (
            partition by ranked.tuning_job_arn, ranked.is_of_deleted_namesake
            order by ranked.created_at desc, ranked.training_job_name desc
        ) as number_of_trial
    from ranked
    inner join costs
        on ranked.training_job_arn = costs.training_job_arn
    where costs.team is not null
)
{%- endif %}

select
    ranked.account_id,
    ranked.region,
    ranked.tuning_job_name,
    ranked.tuning_job_arn,
    ranked.training_job_name,
    ranked.training_job_arn,
    ranked.definition_name,
    ranked.status,
    costs.secondary_status,
    case
        when ranked.status = 'Completed' then 'completed'
        when ranked.status = 'Failed' then 'failed'
        when ranked.status = 'Stopped'
            then case
                when costs.secondary_status in ('MaxRuntimeExceeded', 'MaxWaitTimeExceeded')
                    then 'stopped_by_limit'
                when ranked.objective_value is not null
                    and coalesce(ranked.can_stop_early, true)
                    then 'stopped_early'
                else 'stopped'
            end
        when ranked.status = 'Deleting' then 'deleted'
        when ranked.status in ('InProgress', 'Stopping') or ranked.ended_at is null
            then case
                when ranked.is_of_deleted or ranked.is_of_deleted_namesake then 'deleted'
                else 'running'
            end
    end as outcome,
    case
        when ranked.status <> 'Stopped' then false
        when costs.secondary_status in ('MaxRuntimeExceeded', 'MaxWaitTimeExceeded')
            then false
        when not ranked.can_stop_early then false
        else ranked.can_stop_early is null or costs.secondary_status is null
    end as is_outcome_estimate,
    ranked.metric_name as objective_metric_name,
    ranked.objective_value,
    case
        when ranked.direction in ('Maximize', 'Minimize') then ranked.direction
    end as objective_direction,
    ranked.place,
    ranked.created_at,
    ranked.started_at,
    ranked.ended_at,
    {{ seconds_between('ranked.started_at', 'ranked.ended_at') }} as duration_seconds,
    costs.instance_type,
    costs.instance_count,
    costs.billable_seconds,
    costs.warm_pool_seconds,
    costs.cost,
    costs.currency,
    costs.is_spot,
    costs.spot_saved_seconds,
    {{ 'coalesce(costs.team, teams.team)' if var('team_tag', '') else 'costs.team' }}
        as team,
    ranked.failure,
    {{ failure_group('ranked.failure') }} as failure_group,
    ranked.status in ('Completed', 'Failed', 'Stopped')
    and coalesce(
        ranked.objective_status <> 'Pending', ranked.tuning_job_ended_at is not null
    ) as is_final,
    ranked.is_of_deleted_namesake
from ranked
left join costs
    on ranked.training_job_arn = costs.training_job_arn
{%- if var('team_tag', '') %}
left join teams
    on ranked.tuning_job_arn = teams.tuning_job_arn
        and ranked.is_of_deleted_namesake = teams.is_of_deleted_namesake
        and teams.number_of_trial = 1
{%- endif %}
