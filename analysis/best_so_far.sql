-- How a tuning job's best metric got better: a row for each trial with a metric, in
-- the order in which they ended.
-- For Postgres and DuckDB; snowflake/best_so_far.sql says the same to Snowflake.
with parameters as (
    select
        cast(null as varchar(100)) as tuning_job,  -- a name; null: every tuning job
        'Maximize' as direction                    -- of the objective; or 'Minimize'
),

rated as (
    select
        trial.tuning_job_name,
        trial.tuning_job_arn,
        trial.training_job_name,
        trial.training_end_time,
        cast(
            trial.final_hyper_parameter_tuning_job_objective_metric ->> 'value'
            as double precision
        ) as metric
    from tap_sagemaker_tuning.training_job_summaries as trial
),

running as (
    select
        rated.*,
        parameters.direction,
        row_number() over (
            partition by rated.tuning_job_arn
            order by rated.training_end_time, rated.training_job_name
        ) as trial,
        min(rated.metric) over (
            partition by rated.tuning_job_arn
            order by rated.training_end_time, rated.training_job_name
            rows between unbounded preceding and current row
        ) as lowest,
        max(rated.metric) over (
            partition by rated.tuning_job_arn
            order by rated.training_end_time, rated.training_job_name
            rows between unbounded preceding and current row
        ) as highest
    from rated
    cross join parameters
    where rated.metric is not null
        and (
            parameters.tuning_job is null
            or lower(rated.tuning_job_name) = lower(parameters.tuning_job)
        )
)

select
    tuning_job_name,
    trial,
    training_job_name,
    training_end_time,
    metric,
    case direction when 'Minimize' then lowest else highest end as best_so_far
from running
order by tuning_job_name, trial;
