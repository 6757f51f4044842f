select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    outcome,
    count(*) as trials,
    sum(duration_seconds) as duration_seconds,
    cast(sum(billable_seconds) as bigint) as billable_seconds,
    cast(sum(billable_seconds * instance_count) as bigint) as instance_seconds,
    sum(cost) as cost,
    max(currency) as currency,
    cast(sum(spot_saved_seconds) as bigint) as spot_saved_seconds,
    count(case when cost is null then duration_seconds end) as trials_without_cost
from {{ ref('sagemaker_tuning__trials') }}
group by account_id, region, tuning_job_name, tuning_job_arn, outcome
