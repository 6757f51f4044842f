select
    details.account_id,
    details.region,
    details.tuning_job_name,
    details.tuning_job_arn,
    details.created_at,
    {{ json_text('definition.value', 'definition_name') }} as definition_name,
    {{ json_text(json_part('definition.value', 'objective'), 'metric_name') }}
        as objective_metric_name,
    {{ json_text(json_part('definition.value', 'objective'), 'type') }}
        as objective_type,
    {{ json_part('definition.value', 'parameter_ranges') }} as parameter_ranges
from {{ ref('stg_sagemaker_tuning__tuning_job_details') }} as details
{{ join_items('details.training_job_definitions', 'definition') }}
