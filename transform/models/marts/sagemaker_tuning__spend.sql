select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    is_of_deleted_namesake,
    outcome,
    count(*) as trials,
    count(cost) as trials_with_cost,
    sum(duration_seconds) as duration_seconds,
    cast(sum(billable_seconds) as bigint) as billable_seconds,
    cast(sum(billable_seconds * instance_count) as bigint) as instance_seconds,
    cast(sum(warm_pool_seconds) as bigint) as warm_pool_seconds,
    sum(cost) as cost,
    max(currency) as currency,
    cast(sum(spot_saved_seconds) as bigint) as spot_saved_seconds
from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
group by
    account_id, region, tuning_job_name, tuning_job_arn, is_of_deleted_namesake, outcome
