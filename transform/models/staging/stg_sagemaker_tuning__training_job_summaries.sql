{%- set metric = 'final_hyper_parameter_tuning_job_objective_metric' -%}
with summaries as (
    {{ rows_of('training_job_summaries', {
        'account_id': 'text',
        'region': 'text',
        'tuning_job_name': 'text',
        'tuning_job_arn': 'text',
        'training_job_name': 'text',
        'training_job_arn': 'text',
        'training_job_definition_name': 'text',
        'training_job_status': 'text',
        'objective_status': 'text',
        metric: 'json',
        'tuned_hyper_parameters': 'json',
        'creation_time': 'time',
        'training_start_time': 'time',
        'training_end_time': 'time',
        'failure_reason': 'text',
    }) }}
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    training_job_name,
    training_job_arn,
    training_job_definition_name as definition_name,
    training_job_status as status,
    objective_status,
    {{ metric }} as objective_metric,
    {{ json_text(metric, 'metric_name') }} as objective_metric_name,
    {{ as_double(json_text(metric, 'value')) }} as objective_value,
    {{ json_text(metric, 'type') }} as objective_type,
    creation_time as created_at,
    training_start_time as started_at,
    training_end_time as ended_at,
    failure_reason,
    tuned_hyper_parameters
from summaries
