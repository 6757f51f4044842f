-- Whether the trials in the table agree with the tuning jobs' own counters: true, or
-- false and the tuning jobs that differ. Asked of tuning jobs that have ended in the
-- last week, but not in the last hour: counters can be behind the trials.
with trials as (
    select
        job.tuning_job_name,
        job.training_job_status_counters as counters,
        count(*) filter (where trial.training_job_status = 'Completed') as completed,
        count(*) filter (where trial.training_job_status = 'Stopped') as stopped,
        count(*) filter (where trial.training_job_status = 'Failed') as failed
    from tap_sagemaker_tuning.tuning_jobs as job
    left join tap_sagemaker_tuning.training_job_summaries as trial
        on trial.tuning_job_arn = job.tuning_job_arn
        -- A deleted tuning job's ARN can be used again. Trials' times are whole seconds.
        and trial.creation_time >= date_trunc('second', job.creation_time)
    where job.account_id = %(account_id)s
      and job.region = any(%(regions)s)
      and job.tuning_end_time > now() at time zone 'utc' - interval '7 days'
      and job.tuning_end_time < now() at time zone 'utc' - interval '1 hour'
    group by job.tuning_job_arn, job.tuning_job_name, counters
),
differing as (
    select tuning_job_name
    from trials
    where completed <> (counters ->> 'completed')::int
       or stopped <> (counters ->> 'stopped')::int
       or failed <> (counters ->> 'retryable_error')::int
                  + (counters ->> 'non_retryable_error')::int
)
select
    count(*) = 0 as agrees,
    coalesce(string_agg(tuning_job_name, ', '), 'all agree') as tuning_jobs
from differing
