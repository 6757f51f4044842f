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
        'tuning_job_completion_criteria': 'json',
        'tuning_job_completion_details': 'json',
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
        as parent_tuning_jobs,
    {{ as_double(json_text('tuning_job_completion_criteria', 'target_objective_metric_value')) }}
        as target_value,
    -- Whether the tuning job met a criterion other than the target.
    coalesce(
        cast(
            {{ json_text('tuning_job_completion_details', 'training_jobs_not_improving') }}
            as bigint
        ) >= cast(
            {{ json_text('tuning_job_completion_criteria', 'max_training_jobs_not_improving') }}
            as bigint
        ),
        false
    )
    or coalesce(
        {{ json_text('tuning_job_completion_criteria', 'complete_on_convergence') }} = 'Enabled'
        and {{ json_text('tuning_job_completion_details', 'convergence_detected_time') }}
            is not null,
        false
    ) as has_converged
from details
