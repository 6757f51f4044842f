with tuning_jobs as (
    {{ rows_of('tuning_jobs', {
        'account_id': 'text',
        'region': 'text',
        'tuning_job_name': 'text',
        'tuning_job_arn': 'text',
        'tuning_job_status': 'text',
        'strategy': 'text',
        'creation_time': 'time',
        'tuning_end_time': 'time',
        'last_modified_time': 'time',
        'resource_limits': 'json',
        'training_job_status_counters': 'json',
    }, more={'received_at': received_at('tuning_jobs')}) }}
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    tuning_job_status as status,
    strategy,
    creation_time as created_at,
    tuning_end_time as ended_at,
    last_modified_time as last_modified_at,
    received_at,
    cast(
        {{ json_text('resource_limits', 'max_parallel_training_jobs') }} as bigint
    ) as max_parallel,
    cast(
        {{ json_text('resource_limits', 'max_runtime_in_seconds') }} as bigint
    ) as max_runtime_seconds,
    {% for counter in [
        'completed', 'in_progress', 'retryable_error', 'non_retryable_error', 'stopped'
    ] -%}
    cast({{ json_text('training_job_status_counters', counter) }} as bigint)
    {{- ' + ' if not loop.last }}
    {% endfor -%}
    as counted_trials
from tuning_jobs
