{{ config(materialized=view_or_table()) }}

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    definition_name,
    name,
    kind,
    trials,
    importance,
    chance_level,
    is_adaptive,
    rank_correlation
from {{ ref('int_sagemaker_tuning__parameter_effects') }}
where {{ is_changed() }}
