with details as (
    select * from {{ ref('stg_sagemaker_tuning__training_job_details') }}
)

select
    account_id,
    region,
    tuning_job_arn,
    training_job_arn,
    instance_type,
    instance_count
from details
where instance_type is not null

union all

select
    details.account_id,
    details.region,
    details.tuning_job_arn,
    details.training_job_arn,
    {{ json_text('item.value', 'instance_type') }} as instance_type,
    cast({{ json_text('item.value', 'instance_count') }} as bigint) as instance_count
from details
{{ join_items('details.instance_groups', 'item') }}
where details.instance_type is null
