-- Seconds of training that each tuning job spent, and on which trials it spent them.
-- For Postgres, Snowflake and DuckDB.
-- An early-stopped trial has a metric, so its time was not lost.
with parameters as (
    select
        -- Trials that ended since then, in UTC.
        cast('2000-01-01 00:00:00' as timestamp) as since
),

spent as (
    select
        trial.tuning_job_name,
        trial.tuning_job_arn,
        case
            when trial.training_job_status = 'Failed' then 'failed'
            when trial.training_job_status <> 'Stopped' then 'completed'
            when trial.objective_status = 'Succeeded' then 'stopped with a metric'
            else 'stopped without'
        end as outcome,
        cast(
            date_part('epoch', trial.training_end_time)
            - date_part('epoch', trial.training_start_time) as bigint
        ) as seconds
    from tap_sagemaker_tuning.training_job_summaries as trial
    cross join parameters
    where trial.training_start_time is not null
        and trial.training_end_time >= parameters.since
)

select
    tuning_job_name,
    count(*) as trials,
    sum(seconds) as seconds,
    sum(case outcome when 'failed' then seconds else 0 end) as seconds_failed,
    sum(
        case outcome when 'stopped with a metric' then seconds else 0 end
    ) as seconds_stopped_with_metric,
    sum(
        case outcome when 'stopped without' then seconds else 0 end
    ) as seconds_stopped_without
from spent
group by tuning_job_arn, tuning_job_name
order by seconds_failed desc, tuning_job_name;
