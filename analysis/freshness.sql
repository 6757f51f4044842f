-- Tuning jobs with trials that are not final: what the next syncs can still change.
-- For Postgres, Snowflake and DuckDB.
-- A trial is final when its status has ended and its objective is not Pending; where it
-- has no objective status, when its tuning job has ended.
with parameters as (
    select date_part('epoch', current_timestamp) as now_seconds  -- since 1970
),

trials as (
    select
        trial.tuning_job_arn,
        trial.creation_time,
        case
            when trial.training_job_status not in ('Completed', 'Failed', 'Stopped')
                then 0
            when trial.objective_status is null and job.tuning_end_time is null then 0
            when trial.objective_status = 'Pending' then 0
            else 1
        end as is_final
    from tap_sagemaker_tuning.training_job_summaries as trial
    left join tap_sagemaker_tuning.tuning_jobs as job
        on trial.tuning_job_arn = job.tuning_job_arn
)

select
    job.account_id,
    job.region,
    job.tuning_job_name,
    job.tuning_job_status,
    count(*) as trials_not_final,
    min(trials.creation_time) as oldest_creation_time,
    floor(
        (
            max(parameters.now_seconds)
            - min(date_part('epoch', trials.creation_time))
        ) / 60
    ) as oldest_minutes
from trials
inner join tap_sagemaker_tuning.tuning_jobs as job
    on trials.tuning_job_arn = job.tuning_job_arn
cross join parameters
where trials.is_final = 0
group by
    job.account_id,
    job.region,
    job.tuning_job_arn,
    job.tuning_job_name,
    job.tuning_job_status
order by oldest_minutes desc, job.tuning_job_name;
