{{ config(materialized=view_or_table()) }}

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    definition_name,
    name,
    range_min,
    range_max,
    scaling_type,
    best_value,
    edge,
    trials,
    best_trials
from {{ ref('int_sagemaker_tuning__range_results') }}
where {{ is_changed() }}
