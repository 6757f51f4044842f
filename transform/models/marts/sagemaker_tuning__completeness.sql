{{ config(materialized='table') }}

with loaded as (
    select
        tuning_job_arn,
        count(*) as trials
    from {{ ref('sagemaker_tuning__trials') }}
    where not is_of_deleted_namesake
    group by tuning_job_arn
)

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    jobs.ended_at,
    jobs.is_deleted,
    jobs.counted_trials,
    coalesce(loaded.trials, 0) as loaded_trials,
    coalesce(loaded.trials, 0) >= jobs.counted_trials as is_complete,
    scopes.status as scope_status,
    scopes.complete_as_of
from {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
left join loaded
    on jobs.tuning_job_arn = loaded.tuning_job_arn
left join {{ ref('stg_sagemaker_tuning__scopes') }} as scopes
    on jobs.account_id = scopes.account_id and jobs.region = scopes.region
where jobs.is_loaded
