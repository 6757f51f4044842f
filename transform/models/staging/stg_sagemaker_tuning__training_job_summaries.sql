{%- set metric = 'final_hyper_parameter_tuning_job_objective_metric' -%}
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
    {{ json_text(metric, 'metric_name') }} as objective_metric_name,
    {{ as_double(json_text(metric, 'value')) }} as objective_value,
    {{ json_text(metric, 'type') }} as objective_type,
    creation_time as created_at,
    training_start_time as started_at,
    training_end_time as ended_at,
    {{ telling_line('failure_reason') }} as failure
from {{ source('sagemaker_tuning', 'training_job_summaries') }}
