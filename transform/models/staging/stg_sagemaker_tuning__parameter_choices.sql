with parameters as (
    select
        definitions.account_id,
        definitions.region,
        definitions.tuning_job_name,
        definitions.tuning_job_arn,
        definitions.created_at,
        definitions.definition_name,
        {{ json_text('item.value', 'name') }} as name,
        {{ json_part('item.value', 'values') }} as choices
    from {{ ref('stg_sagemaker_tuning__definitions') }} as definitions
    {{ join_items(
        json_part('definitions.parameter_ranges', 'categorical_parameter_ranges'), 'item'
    ) }}
)

select
    parameters.account_id,
    parameters.region,
    parameters.tuning_job_name,
    parameters.tuning_job_arn,
    parameters.created_at,
    parameters.definition_name,
    parameters.name,
    {{ item_text('choice') }} as value,
    {{ item_number('choice') }} as choice_number
from parameters
{{ join_numbered_items('parameters.choices', 'choice') }}
