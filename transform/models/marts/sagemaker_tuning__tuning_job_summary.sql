with jobs as (
    select * from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
    where is_loaded
        and {{ is_changed() }}
),

trials as (
    select * from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where not is_of_deleted_namesake
),

-- All objectives of definitions and trials. There is a best only if they agree.
aims as (
    select
        definitions.tuning_job_arn,
        definitions.objective_metric_name,
        definitions.objective_type as objective_direction
    from {{ ref('stg_sagemaker_tuning__definitions') }} as definitions
    inner join jobs
        on definitions.tuning_job_arn = jobs.tuning_job_arn
            and definitions.created_at = jobs.created_at
    where {{ is_changed('definitions.tuning_job_arn') }}
    union all
    select distinct
        tuning_job_arn,
        objective_metric_name,
        objective_direction
    from trials
),

objectives as (
    select
        tuning_job_arn,
        case
            when min(objective_metric_name) = max(objective_metric_name)
                then min(objective_metric_name)
        end as objective_metric_name,
        case
            when min(objective_metric_name) = max(objective_metric_name)
                and min(objective_direction) = max(objective_direction)
                then min(objective_direction)
        end as objective_direction
    from aims
    group by tuning_job_arn
),

ranked as (
    select
        trials.tuning_job_arn,
        trials.training_job_name,
        trials.objective_value,
        trials.ended_at,
        trials.model_artifacts,
        row_number() over (
            partition by trials.tuning_job_arn
            order by
                case trials.objective_direction
                    when 'Minimize' then trials.objective_value
                    else -trials.objective_value
                end,
                trials.ended_at nulls last,
                trials.training_job_name
        ) as number_of_best
    from trials
    inner join objectives
        on trials.tuning_job_arn = objectives.tuning_job_arn
    where trials.place is not null
        and objectives.objective_direction is not null
),

best as (
    select * from ranked where number_of_best = 1
),

counted as (
    select
        trials.tuning_job_arn,
        count(*) as trials,
        count(case when trials.outcome = 'completed' then 1 end) as completed_trials,
        count(case when trials.outcome = 'failed' then 1 end) as failed_trials,
        count(case when trials.outcome like 'stopped%' then 1 end) as stopped_trials,
        count(case when trials.outcome = 'running' then 1 end) as running_trials,
        count(case when not trials.is_final then 1 end) as open_trials,
        sum(trials.duration_seconds) as duration_seconds,
        sum(trials.cost) as cost,
        max(trials.currency) as currency,
        count(trials.cost) as trials_with_cost,
        max(trials.team) as team,
        count(case when trials.ended_at <= best.ended_at then 1 end) as trials_to_best,
        sum(case when trials.ended_at <= best.ended_at then trials.cost end)
            as cost_to_best,
        count(case when trials.ended_at <= best.ended_at then trials.cost end)
            as trials_to_best_with_cost
    from trials
    left join best
        on trials.tuning_job_arn = best.tuning_job_arn
    group by trials.tuning_job_arn
)

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    jobs.status,
    jobs.is_deleted,
    jobs.ended_at is not null and coalesce(counted.open_trials, 0) = 0 as is_final,
    jobs.family,
    counted.team,
    jobs.created_at,
    jobs.ended_at,
    objectives.objective_metric_name,
    case
        when objectives.objective_direction in ('Maximize', 'Minimize')
            then objectives.objective_direction
    end as objective_direction,
    best.objective_value as best_value,
    best.training_job_name as best_training_job_name,
    best.model_artifacts,
    coalesce(counted.trials, 0) as trials,
    coalesce(counted.completed_trials, 0) as completed_trials,
    coalesce(counted.failed_trials, 0) as failed_trials,
    coalesce(counted.stopped_trials, 0) as stopped_trials,
    coalesce(counted.running_trials, 0) as running_trials,
    counted.duration_seconds,
    case when best.ended_at is not null then counted.trials_to_best end as trials_to_best,
    {{ seconds_between('jobs.created_at', 'best.ended_at') }} as seconds_to_best,
    counted.cost_to_best,
    case when best.ended_at is not null then counted.trials_to_best_with_cost end
        as trials_to_best_with_cost,
    counted.cost,
    counted.currency,
    coalesce(counted.trials_with_cost, 0) as trials_with_cost,
    coalesce(counted.trials, 0) >= jobs.counted_trials as is_complete
from jobs
left join objectives
    on jobs.tuning_job_arn = objectives.tuning_job_arn
left join best
    on jobs.tuning_job_arn = best.tuning_job_arn
left join counted
    on jobs.tuning_job_arn = counted.tuning_job_arn
