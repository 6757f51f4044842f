select
    details.account_id,
    details.region,
    details.tuning_job_name,
    details.tuning_job_arn,
    details.created_at,
    {{ json_text('parent.value', 'hyper_parameter_tuning_job_name') }}
        as parent_tuning_job_name,
    details.warm_start_type
from {{ ref('stg_sagemaker_tuning__tuning_job_details') }} as details
{{ join_items('details.parent_tuning_jobs', 'parent') }}
