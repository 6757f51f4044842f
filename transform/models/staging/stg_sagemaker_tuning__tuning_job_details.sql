with details as (
    {{ rows_of('tuning_job_details', {
        'account_id': 'text',
        'region': 'text',
        'tuning_job_name': 'text',
        'tuning_job_arn': 'text',
        'creation_time': 'time',
        'objective': 'json',
        'training_job_early_stopping_type': 'text',
        'training_job_definitions': 'json',
        'warm_start_config': 'json',
    }) }}
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    creation_time as created_at,
    {{ json_text('objective', 'metric_name') }} as objective_metric_name,
    {{ json_text('objective', 'type') }} as objective_type,
    training_job_early_stopping_type as early_stopping_type,
    training_job_definitions,
    {{ json_text('warm_start_config', 'warm_start_type') }} as warm_start_type,
    {{ json_part('warm_start_config', 'parent_hyper_parameter_tuning_jobs') }}
        as parent_tuning_jobs
from details
