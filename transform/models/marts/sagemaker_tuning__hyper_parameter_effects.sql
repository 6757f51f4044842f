with tried as (
    select
        trials.tuning_job_arn,
        trials.definition_name,
        trials.objective_direction,
        parameters.name,
        parameters.number,
        case trials.objective_direction
            when 'Minimize' then -trials.objective_value else trials.objective_value
        end as goodness
    from {{ ref('sagemaker_tuning__trials') }} as trials
    inner join {{ ref('sagemaker_tuning__hyper_parameters') }} as parameters
        on trials.training_job_arn = parameters.training_job_arn
    where trials.objective_value is not null
        and not trials.is_of_deleted_namesake
),

-- A value's rank from below less its rank from above is twice the mean rank of those
-- that equal it, but for a constant: what Spearman correlates.
ranked as (
    select
        tried.*,
        {% set all_tried = 'partition by tuning_job_arn, definition_name, name' -%}
        count(*) over ({{ all_tried }}) as trials,
        rank() over ({{ all_tried }} order by number) as number_from_below,
        rank() over ({{ all_tried }} order by number desc) as number_from_above,
        rank() over ({{ all_tried }} order by goodness) as goodness_from_below,
        rank() over ({{ all_tried }} order by goodness desc) as place
    from tried
),

judged as (
    select
        tuning_job_arn,
        definition_name,
        name,
        min(trials) as trials_with_both,
        case
            when min(objective_direction) is not null
                and min(number) < max(number)
                and min(goodness) < max(goodness)
                then corr(
                    {{ as_double('number_from_below - number_from_above') }},
                    {{ as_double('goodness_from_below - place') }}
                )
        end as rank_correlation,
        {% for edge, least in [('low', 'min'), ('high', 'max')] -%}
        {{ least }}(
            case
                when objective_direction is not null and place <= ceil(trials / 4.0)
                    then number
            end
        ) as best_quarter_{{ edge }}{{ ',' if not loop.last }}
        {% endfor -%}
    from ranked
    group by tuning_job_arn, definition_name, name
    -- A parameter that is a word in any trial is no numeric one.
    having count(*) = count(number)
)

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    judged.definition_name,
    judged.name,
    judged.trials_with_both as trials,
    judged.rank_correlation,
    judged.best_quarter_low,
    judged.best_quarter_high
from judged
inner join {{ ref('stg_sagemaker_tuning__tuning_jobs') }} as jobs
    on judged.tuning_job_arn = jobs.tuning_job_arn
