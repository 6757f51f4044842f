with spent as (
    select
        tuning_job_arn,
        sum(duration_seconds) as trial_seconds,
        sum({{ seconds_between('created_at', 'ended_at') }}) as occupied_seconds
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where not is_of_deleted_namesake
    group by tuning_job_arn
),

averaged as (
    select
        jobs.*,
        coalesce(spent.trial_seconds, 0)
        / nullif({{ seconds_between('jobs.created_at', 'jobs.ended_at') }}, 0)
            as average_parallel,
        coalesce(spent.occupied_seconds, 0)
        / nullif({{ seconds_between('jobs.created_at', 'jobs.ended_at') }}, 0)
            as average_occupied
    from {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
    left join spent
        on jobs.tuning_job_arn = spent.tuning_job_arn
    where jobs.is_loaded
        and {{ is_changed('jobs.tuning_job_arn') }}
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    max_parallel,
    average_parallel,
    average_parallel / max_parallel as utilisation, -- fact 45
    average_occupied / max_parallel as occupancy
from averaged
