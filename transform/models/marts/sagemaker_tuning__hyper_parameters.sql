-- Values are text, and that of script mode has quotes of its own.
with bare as (
    select
        account_id,
        region,
        tuning_job_name,
        tuning_job_arn,
        training_job_name,
        training_job_arn,
        name,
        case
            when value like '"%"'
                then substring(value, 2, length(value) - 2)
            else value
        end as value
    from {{ ref('stg_sagemaker_tuning__tuned_hyper_parameters') }}
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    training_job_name,
    training_job_arn,
    name,
    value,
    {{ number_in('value') }} as number
from bare
