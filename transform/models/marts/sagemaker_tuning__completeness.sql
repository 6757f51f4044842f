{{ config(materialized='table') }}

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    jobs.ended_at,
    jobs.is_deleted,
    jobs.counted_trials,
    summary.trials as loaded_trials,
    summary.is_complete,
    scopes.status as scope_status,
    scopes.complete_as_of
from {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
inner join {{ ref('sagemaker_tuning__tuning_job_summary') }} as summary
    on jobs.tuning_job_arn = summary.tuning_job_arn
left join {{ ref('stg_sagemaker_tuning__scopes') }} as scopes
    on jobs.account_id = scopes.account_id and jobs.region = scopes.region
where jobs.is_loaded
