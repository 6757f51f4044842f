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

-- The range and its best value on the range's scale; null where the scale does not have
-- it. On a linear one a quarter of each: their difference is then one that a double holds.
scaled as (
    select
        best.*
        {%- for here, value in [
            ('low_end', 'range_min'), ('high_end', 'range_max'), ('here', 'best_value')
        ] %},
        case
            when scaling_type = 'Logarithmic'
                then case when {{ value }} > 0 then ln({{ value }}) end
            when scaling_type = 'ReverseLogarithmic'
                then case when {{ value }} < 1 then -ln(1 - {{ value }}) end
            else {{ value }} / 4
        end as {{ here }}
        {%- endfor %}
    from best
),

-- Where the best value lies: 0 at the low end, 1 at the high end. Ends that differ can be
-- equal on their scale, and Postgres refuses a quotient too small or large for a double.
placed as (
    select
        scaled.*,
        case
            when low_end >= high_end then null
            when here - low_end <= (high_end - low_end) * 1e-9 then 0
            when here >= high_end then 1
            else (here - low_end) / (high_end - low_end)
        end as lies_at
    from scaled
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
