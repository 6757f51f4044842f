with trials as (
    select
        trials.account_id,
        trials.region,
        trials.tuning_job_name,
        trials.tuning_job_arn,
        trials.definition_name,
        parameters.name,
        parameters.number,
        trials.objective_direction,
        case trials.objective_direction
            when 'Minimize' then -trials.objective_value else trials.objective_value
        end as goodness
    from {{ ref('sagemaker_tuning__trials') }} as trials
    inner join {{ ref('sagemaker_tuning__hyper_parameters') }} as parameters
        on trials.training_job_arn = parameters.training_job_arn
    where trials.objective_value is not null
        and not trials.is_of_deleted_namesake
),

-- Equal ones share the mean of their ranks, as Spearman has it.
ranked as (
    select
        trials.*,
        rank() over (
            partition by tuning_job_arn, definition_name, name order by number
        ) + (
            count(*) over (
                partition by tuning_job_arn, definition_name, name, number
            ) - 1
        ) / 2.0 as number_rank,
        rank() over (
            partition by tuning_job_arn, definition_name, name order by goodness
        ) + (
            count(*) over (
                partition by tuning_job_arn, definition_name, name, goodness
            ) - 1
        ) / 2.0 as goodness_rank,
        rank() over (
            partition by tuning_job_arn, definition_name, name order by goodness desc
        ) as place,
        count(*) over (
            partition by tuning_job_arn, definition_name, name
        ) as tried
    from trials
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    definition_name,
    name,
    count(*) as trials,
    case
        when min(objective_direction) is not null
            and min(number) < max(number)
            and min(goodness) < max(goodness)
            then corr({{ as_double('number_rank') }}, {{ as_double('goodness_rank') }})
    end as rank_correlation,
    min(
        case
            when objective_direction is not null and place <= ceil(tried / 4.0)
                then number
        end
    ) as best_quarter_low,
    max(
        case
            when objective_direction is not null and place <= ceil(tried / 4.0)
                then number
        end
    ) as best_quarter_high
from ranked
group by
    account_id, region, tuning_job_name, tuning_job_arn, definition_name, name
-- A parameter that is a word in any trial is no numeric one.
having count(*) = count(number)
