with jobs as (
    select * from {{ ref('stg_sagemaker_tuning__tuning_jobs') }}
),

-- Details that speak of the tuning job itself, and not of a deleted one of its name.
details as (
    select details.*
    from {{ ref('stg_sagemaker_tuning__tuning_job_details') }} as details
    inner join jobs
        on details.tuning_job_arn = jobs.tuning_job_arn
            and details.created_at = jobs.created_at
),

trials as (
    select
        trial.*,
        jobs.ended_at as tuning_job_ended_at,
        -- A deleted tuning job's name, and so its ARN, can be another's since. A trial's
        -- times are cut to whole seconds.
        coalesce(trial.created_at < date_trunc('second', jobs.created_at), false)
            as is_of_deleted_namesake
    from {{ ref('stg_sagemaker_tuning__training_job_summaries') }} as trial
    left join jobs
        on trial.tuning_job_arn = jobs.tuning_job_arn
),

-- A join on equality alone: with a condition beside it DuckDB compares all with all.
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
        ) as known_direction
    from keyed as trials
    left join details
        on trials.described_tuning_job_arn = details.tuning_job_arn
    left join {{ ref('stg_sagemaker_tuning__definitions') }} as definitions
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
)

select
    ranked.account_id,
    ranked.region,
    ranked.tuning_job_name,
    ranked.tuning_job_arn,
    ranked.training_job_name,
    ranked.training_job_arn,
    ranked.definition_name,
    ranked.status,
    case
        when ranked.status = 'Completed' then 'completed'
        when ranked.status = 'Stopped' and ranked.objective_value is not null
            then 'stopped_early'
        when ranked.status = 'Stopped' then 'stopped'
        when ranked.status = 'Failed' then 'failed'
        when ranked.status in ('InProgress', 'Stopping') or ranked.ended_at is null
            then 'running'
    end as outcome,
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
    costs.cost,
    costs.currency,
    costs.is_spot,
    costs.spot_saved_seconds,
    ranked.failure,
    ranked.status in ('Completed', 'Failed', 'Stopped')
    and coalesce(
        ranked.objective_status <> 'Pending', ranked.tuning_job_ended_at is not null
    ) as is_final,
    ranked.is_of_deleted_namesake
from ranked
left join {{ ref('int_sagemaker_tuning__trial_costs') }} as costs
    on ranked.training_job_arn = costs.training_job_arn
