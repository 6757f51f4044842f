-- Failed trials by reason, the most frequent first.
-- For Postgres, Snowflake and DuckDB.
with parameters as (
    select
        -- Trials that ended since then, in UTC.
        cast('2000-01-01 00:00:00' as timestamp) as since
),

failed as (
    select
        trial.tuning_job_arn,
        trial.training_job_name,
        trial.training_end_time,
        split_part(trial.failure_reason, ':', 1) as kind,
        split_part(trial.failure_reason, chr(10), 1) as first_line,
        -- What the training script said: the rest of the line after ErrorMessage.
        split_part(
            split_part(trial.failure_reason, 'ErrorMessage ', 2), chr(10), 1
        ) as said
    from tap_sagemaker_tuning.training_job_summaries as trial
    cross join parameters
    where trial.training_job_status = 'Failed'
        and trial.training_end_time >= parameters.since
)

select
    kind,
    case when said <> '' then said else first_line end as reason,
    count(*) as trials,
    count(distinct tuning_job_arn) as tuning_jobs,
    min(training_end_time) as first_seen,
    max(training_end_time) as last_seen,
    min(training_job_name) as an_example
from failed
group by kind, case when said <> '' then said else first_line end
order by trials desc, kind, reason;
