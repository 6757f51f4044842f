select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    outcome,
    count(*) as trials,
    sum(duration_seconds) as duration_seconds,
    sum(billable_seconds) as billable_seconds,
    sum(billable_seconds * instance_count) as instance_seconds,
    sum(cost) as cost,
    max(currency) as currency,
    sum(spot_saved_seconds) as spot_saved_seconds,
    sum(
        case when duration_seconds is not null and cost is null then 1 else 0 end
    ) as trials_without_cost
from {{ ref('sagemaker_tuning__trials') }}
group by account_id, region, tuning_job_name, tuning_job_arn, outcome
