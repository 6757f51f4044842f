{{ config(materialized=view_or_table()) }}

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    definition_name,
    name,
    trials,
    rank_correlation,
    best_quarter_low,
    best_quarter_high
from {{ ref('int_sagemaker_tuning__parameter_effects') }}
where kind = 'numeric'
    and {{ is_changed() }}
