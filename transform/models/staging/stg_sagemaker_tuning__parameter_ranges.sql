with ranges as (
    {% for kind in ['integer', 'continuous'] %}
    select
        definitions.account_id,
        definitions.region,
        definitions.tuning_job_name,
        definitions.tuning_job_arn,
        definitions.created_at,
        definitions.definition_name,
        '{{ kind }}' as kind,
        {{ json_text('item.value', 'name') }} as name,
        {{ json_text('item.value', 'min_value') }} as min_value,
        {{ json_text('item.value', 'max_value') }} as max_value,
        {{ json_text('item.value', 'scaling_type') }} as scaling_type
    from {{ ref('stg_sagemaker_tuning__definitions') }} as definitions
    {{ join_items(
        json_part('definitions.parameter_ranges', kind ~ '_parameter_ranges'), 'item'
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    created_at,
    definition_name,
    kind,
    name,
    min_value,
    max_value,
    {{ number_in('min_value') }} as range_min,
    {{ number_in('max_value') }} as range_max,
    scaling_type
from ranges
