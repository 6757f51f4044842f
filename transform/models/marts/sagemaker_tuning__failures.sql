{{ config(materialized='table', indexes=[]) }}

select
    account_id,
    region,
    failure_group as failure,
    min(failure) as example,
    count(*) as trials,
    count(distinct tuning_job_arn) as tuning_jobs,
    sum(duration_seconds) as duration_seconds,
    min(ended_at) as first_at,
    max(ended_at) as last_at
from {{ ref('sagemaker_tuning__trials') }}
where outcome = 'failed'
group by account_id, region, failure_group
