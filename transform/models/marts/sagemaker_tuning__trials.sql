{%- set team_tag = setting('team_tag', '') %}
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
        jobs.status as tuning_job_status,
        jobs.created_at as tuning_job_created_at,
        jobs.ended_at as tuning_job_ended_at,
        jobs.max_runtime_seconds,
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
            definitions.objective_metric_name, -- fact 89
            details.objective_metric_name
        ) as metric_name,
        coalesce(
            trials.objective_type,
            definitions.objective_type,
            details.objective_type
        ) as known_direction,
        details.tuning_job_arn is not null as has_details,
        details.target_value,
        details.has_converged,
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
        end as place,
        max(
            case
                when direction = 'Maximize' and objective_value >= target_value then 1
                when direction = 'Minimize' and objective_value <= target_value then 1
                else 0
            end
        ) over (partition by tuning_job_arn, is_of_deleted_namesake) = 1 as has_reached_target
    from directed
),

-- Whether the trial ended within two minutes of its tuning job, which was stopped or met a
-- completion criterion.
judged as (
    select
        ranked.*,
        coalesce(
            not is_of_deleted_namesake
            and abs({{ seconds_between('ended_at', 'tuning_job_ended_at') }}) <= 120
            and (
                tuning_job_status = 'Stopped'
                or tuning_job_status = 'Completed'
                and (
                    has_reached_target
                    or has_converged
                    or {{ seconds_between('tuning_job_created_at', 'tuning_job_ended_at') }}
                        >= max_runtime_seconds
                )
            ),
            false
        ) as is_stopped_with_tuning_job
    from ranked
),

costs as (
    select * from {{ ref('int_sagemaker_tuning__trial_costs') }}
    where {{ is_changed() }}
),

currencies as (
    select region, max(currency) as currency
    from {{ ref('stg_sagemaker_tuning__training_instance_prices') }}
    group by region
)
{%- if team_tag %},

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
    judged.account_id,
    judged.region,
    judged.tuning_job_name,
    judged.tuning_job_arn,
    judged.training_job_name,
    judged.training_job_arn,
    judged.definition_name,
    judged.status,
    costs.secondary_status,
    case
        when judged.status = 'Completed' then 'completed'
        when judged.status = 'Failed' then 'failed'
        when judged.status = 'Stopped'
            then case
                when costs.secondary_status in ('MaxRuntimeExceeded', 'MaxWaitTimeExceeded') -- fact 64
                    then 'stopped_by_limit'
                when judged.is_stopped_with_tuning_job then 'stopped_with_tuning_job'
                when judged.objective_value is not null
                    and coalesce(judged.can_stop_early, true)
                    then 'stopped_early'
                else 'stopped'
            end
        when judged.status = 'Deleting' then 'deleted'
        when judged.status in ('InProgress', 'Stopping') or judged.ended_at is null
            then case
                when judged.is_of_deleted or judged.is_of_deleted_namesake then 'deleted'
                else 'running'
            end
    end as outcome,
    case
        when judged.status <> 'Stopped' then false
        when costs.secondary_status in ('MaxRuntimeExceeded', 'MaxWaitTimeExceeded')
            then false
        when costs.secondary_status is null then true
        when judged.is_stopped_with_tuning_job then false
        else judged.can_stop_early is null or not judged.has_details
    end as is_outcome_estimate,
    judged.metric_name as objective_metric_name,
    judged.objective_value,
    case
        when judged.direction in ('Maximize', 'Minimize') then judged.direction
    end as objective_direction,
    cast(judged.place as bigint) as place,
    judged.created_at,
    judged.started_at,
    judged.ended_at,
    {{ seconds_between('judged.started_at', 'judged.ended_at') }} as duration_seconds,
    costs.instance_type,
    costs.instance_count,
    costs.billable_seconds,
    costs.warm_pool_seconds,
    costs.cost_per_hour,
    costs.cost,
    currencies.currency,
    costs.is_spot,
    costs.spot_saved_seconds,
    costs.model_artifacts,
    {{ 'coalesce(costs.team, teams.team)' if team_tag else 'costs.team' }}
        as team,
    judged.failure,
    {{ failure_group('judged.failure') }} as failure_group,
    judged.status in ('Completed', 'Failed', 'Stopped')
    and coalesce(
        judged.objective_status <> 'Pending', judged.tuning_job_ended_at is not null
    ) as is_final,
    judged.is_of_deleted_namesake
from judged
left join costs
    on judged.training_job_arn = costs.training_job_arn
left join currencies
    on judged.region = currencies.region
{%- if team_tag %}
left join teams
    on judged.tuning_job_arn = teams.tuning_job_arn
        and judged.is_of_deleted_namesake = teams.is_of_deleted_namesake
        and teams.number_of_trial = 1
{%- endif %}
