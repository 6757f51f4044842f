with ranges as (
    select ranges.*
    from {{ ref('stg_sagemaker_tuning__parameter_ranges') }} as ranges
    inner join {{ ref('stg_sagemaker_tuning__tuning_jobs') }} as jobs
        on ranges.tuning_job_arn = jobs.tuning_job_arn
            and ranges.created_at = jobs.created_at
),

best_trials as (
    select
        tuning_job_arn,
        definition_name,
        training_job_arn,
        row_number() over (
            partition by tuning_job_arn, definition_name
            order by created_at, training_job_name
        ) as number_of_best
    from {{ ref('sagemaker_tuning__trials') }}
    where place = 1
),

best as (
    select
        ranges.*,
        parameters.number as best_value
    from ranges
    left join best_trials
        on ranges.tuning_job_arn = best_trials.tuning_job_arn
            and ranges.definition_name is not distinct from best_trials.definition_name
            and best_trials.number_of_best = 1
    left join {{ ref('sagemaker_tuning__hyper_parameters') }} as parameters
        on best_trials.training_job_arn = parameters.training_job_arn
            and ranges.name = parameters.name
),

-- Where the best value lies in the range, on its scale: 0 at its least value, 1 at its
-- greatest. Null where the scale does not have it.
placed as (
    select
        best.*,
        case
            when range_min >= range_max or best_value is null then null
            when scaling_type = 'Logarithmic' then
                case
                    when range_min > 0 and best_value > 0
                        then (ln(best_value) - ln(range_min))
                            / (ln(range_max) - ln(range_min))
                end
            when scaling_type = 'ReverseLogarithmic' then
                case
                    when range_max < 1 and best_value < 1
                        then (ln(1 - range_min) - ln(1 - best_value))
                            / (ln(1 - range_min) - ln(1 - range_max))
                end
            else (best_value - range_min) / (range_max - range_min)
        end as lies_at
    from best
)

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
    case when lies_at <= 0.05 then 'low' when lies_at >= 0.95 then 'high' end as edge
from placed
