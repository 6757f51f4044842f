-- depends_on: {{ ref('stg_sagemaker_tuning__training_job_summaries') }}
{# Details have their tuning job's ARN unless that column was deselected. #}
{% set says_tuning_job = 'tuning_job_arn' in column_names(
    load_relation(source('sagemaker_tuning', 'training_job_details'))
) %}
with details as (
    {{ rows_of('training_job_details', {
        'account_id': 'text',
        'region': 'text',
        'tuning_job_arn': 'text',
        'training_job_arn': 'text',
        'secondary_status': 'text',
        'resource_config': 'json',
        'training_time_in_seconds': 'number',
        'billable_time_in_seconds': 'number',
        'enable_managed_spot_training': 'boolean',
        'warm_pool_status': 'json',
        'model_artifacts': 'json',
        'tags': 'json',
    }) }}
)

select
    details.account_id,
    details.region,
    {{ 'details' if says_tuning_job else 'summaries' }}.tuning_job_arn,
    details.training_job_arn,
    secondary_status,
    resource_config,
    coalesce(
        {{ json_text('resource_config', 'instance_type') }},
        {{ json_text('resource_config', 'selected_instance_type') }}
    ) as instance_type,
    cast(
        coalesce(
            {{ json_text('resource_config', 'instance_count') }},
            {{ json_text('resource_config', 'selected_instance_count') }}
        ) as bigint
    ) as instance_count,
    {{ json_part('resource_config', 'instance_groups') }} as instance_groups,
    cast(training_time_in_seconds as bigint) as training_seconds,
    cast(billable_time_in_seconds as bigint) as billable_seconds,
    enable_managed_spot_training as is_spot,
    cast(
        {{ json_text('warm_pool_status', 'resource_retained_billable_time_in_seconds') }}
        as bigint
    ) as warm_pool_seconds,
    {{ json_text('model_artifacts', 's3_model_artifacts') }} as model_artifacts,
    {{ team_of('tags') }} as team
from details
{{ team_join('details') }}
{%- if not says_tuning_job %}
left join {{ ref('stg_sagemaker_tuning__training_job_summaries') }} as summaries
    on details.training_job_arn = summaries.training_job_arn
{%- endif %}
