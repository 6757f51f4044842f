with details as (
    {{ rows_of('training_job_details', {
        'account_id': 'text',
        'region': 'text',
        'training_job_arn': 'text',
        'resource_config': 'json',
        'training_time_in_seconds': 'number',
        'billable_time_in_seconds': 'number',
        'enable_managed_spot_training': 'boolean',
    }) }}
)

select
    account_id,
    region,
    training_job_arn,
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
    enable_managed_spot_training as is_spot
from details
