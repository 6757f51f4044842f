select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    tuning_job_status as status,
    creation_time as created_at,
    tuning_end_time as ended_at,
    cast(
        {{ json_text('resource_limits', 'max_parallel_training_jobs') }} as bigint
    ) as max_parallel,
    {% for counter in [
        'completed', 'in_progress', 'retryable_error', 'non_retryable_error', 'stopped'
    ] -%}
    cast({{ json_text('training_job_status_counters', counter) }} as bigint)
    {{- ' + ' if not loop.last }}
    {% endfor -%}
    as counted_trials
from {{ source('sagemaker_tuning', 'tuning_jobs') }}
