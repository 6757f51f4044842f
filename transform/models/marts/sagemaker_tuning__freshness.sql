{{ config(materialized='table') }}

select
    trials.account_id,
    trials.region,
    trials.tuning_job_name,
    trials.tuning_job_arn,
    count(*) as running_trials,
    min(trials.created_at) as oldest_created_at,
    max(scopes.last_loaded_at) as last_loaded_at
from {{ ref('sagemaker_tuning__trials') }} as trials
left join {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
    on trials.tuning_job_arn = jobs.tuning_job_arn
left join {{ ref('stg_sagemaker_tuning__scopes') }} as scopes
    on trials.account_id = scopes.account_id and trials.region = scopes.region
where not trials.is_final
    and not trials.is_of_deleted_namesake
    and not coalesce(jobs.is_deleted, false)
group by
    trials.account_id, trials.region, trials.tuning_job_name, trials.tuning_job_arn
