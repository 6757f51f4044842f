-- One row per tuning job, definition and tuned hyperparameter: how it relates to the
-- objective. One pass over all values serves two models.
with jobs as (
    select
        account_id,
        region,
        tuning_job_name,
        tuning_job_arn,
        strategy,
        {{ numbered('tuning_job_arn') }} as job
    from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
    where is_loaded
        and {{ is_changed() }}
),

trials as (
    select
        jobs.job,
        trials.training_job_arn,
        trials.definition_name,
        trials.objective_direction,
        trials.outcome = 'failed' as is_failed,
        case trials.objective_direction
            when 'Minimize' then -trials.objective_value else trials.objective_value
        end as goodness
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    inner join jobs
        on trials.tuning_job_arn = jobs.tuning_job_arn
    where trials.objective_value is not null
        and not trials.is_of_deleted_namesake
),

-- Numbers sort and join faster than names, so parameters and values are hashed.
tried as (
    select
        trials.job,
        {{ hashed(['trials.definition_name', 'parameters.name']) }} as parameter,
        trials.definition_name,
        parameters.name,
        {{ hashed(['parameters.value']) }} as word,
        parameters.number,
        trials.goodness,
        trials.is_failed,
        trials.objective_direction
    from trials
    inner join {{ changed_rows(ref('sagemaker_tuning__hyper_parameters')) }} as parameters
        on trials.training_job_arn = parameters.training_job_arn
),

-- A parameter is numeric if it is a number in every trial that did not fail.
named as (
    select
        job,
        parameter,
        min(definition_name) as definition_name,
        min(name) as name,
        max(objective_direction) as objective_direction,
        count(number) > 0
        and count(case when number is null and not is_failed then 1 end) = 0
            as is_numeric
    from tried
    group by job, parameter
),

kept as (
    select
        tried.job,
        tried.parameter,
        named.is_numeric,
        case when not named.is_numeric then tried.word end as word,
        case when named.is_numeric then tried.number end as number,
        tried.goodness
    from tried
    inner join named
        on tried.job = named.job and tried.parameter = named.parameter
    where tried.number is not null or not named.is_numeric
),

-- Ties share the mean of their ranks, which is halfway between the lowest rank (rank) and
-- the highest one (upto).
ranked as (
    select
        kept.*,
        count(*) over (partition by job, parameter) as trials,
        {%- for value in ['number', 'goodness'] %}
        rank() over (partition by job, parameter order by {{ value }}) as {{ value }}_rank,
        count(*) over (partition by job, parameter order by {{ value }}) as {{ value }}_upto
        {{- ',' if not loop.last }}
        {%- endfor %}
    from kept
),

-- Each trial's bin, and its mean ranks times two, which are whole numbers.
placed as (
    select
        job,
        parameter,
        trials,
        word,
        number,
        case
            when is_numeric
                then floor({{ as_double('5 * (number_rank - 1)') }} / trials)
        end as bin,
        {{ as_double('number_rank + number_upto') }} as number_place,
        {{ as_double('goodness_rank + goodness_upto') }} as goodness_place,
        4 * (trials - goodness_upto) < trials as is_of_best_quarter
    from ranked
),

binned as (
    select
        job,
        parameter,
        min(trials) as trials,
        count(*) as bin_trials,
        sum(goodness_place) as goodness_sum,
        sum(goodness_place * goodness_place) as goodness_squares,
        sum(number_place * number_place) as number_squares,
        sum(number_place * goodness_place) as products,
        min(case when is_of_best_quarter then number end) as best_quarter_low,
        max(case when is_of_best_quarter then number end) as best_quarter_high
    from placed
    group by job, parameter, bin, word
),

-- Sums of squared deviations from the mean, which is n + 1 for doubled ranks.
summed as (
    select
        job,
        parameter,
        min(trials) as trials,
        count(*) as bins,
        sum(goodness_sum * goodness_sum / bin_trials)
        - {{ as_double('min(trials)') }} * (min(trials) + 1) * (min(trials) + 1)
            as between_bins,
        sum(goodness_squares)
        - {{ as_double('min(trials)') }} * (min(trials) + 1) * (min(trials) + 1)
            as of_goodness,
        sum(number_squares)
        - {{ as_double('min(trials)') }} * (min(trials) + 1) * (min(trials) + 1)
            as of_numbers,
        sum(products)
        - {{ as_double('min(trials)') }} * (min(trials) + 1) * (min(trials) + 1)
            as of_products,
        min(best_quarter_low) as best_quarter_low,
        max(best_quarter_high) as best_quarter_high
    from binned
    group by job, parameter
),

-- The tie-corrected Kruskal-Wallis H is the share between the bins × (n - 1). Without any
-- relation, one H in twenty exceeds the other: chi-squared's 95th percentile, by Wilson and
-- Hilferty.
tested as (
    select
        summed.*,
        {{ as_double('bins - 1') }} as freedom,
        case
            when trials >= 10 and bins >= 2 and trials > bins and of_goodness > 0
                then (trials - 1) * between_bins / of_goodness
        end as h
    from summed
),

compared as (
    select
        tested.*,
        case
            when h is not null
                then freedom * power(
                    1 - 2 / (9 * freedom) + 1.645 * sqrt(2 / (9 * freedom)), 3
                )
        end as chance_h
    from tested
)

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    named.definition_name,
    named.name,
    case when named.is_numeric then 'numeric' else 'categorical' end as kind,
    compared.trials,
    {%- for share, statistic in {'importance': 'h', 'chance_level': 'chance_h'}.items() %}
    case
        when compared.h is not null
            then greatest(
                0, (compared.{{ statistic }} - compared.bins + 1) / (compared.trials - compared.bins)
            )
    end as {{ share }},
    {%- endfor %}
    jobs.strategy not in ('Random', 'Grid') as is_adaptive,
    case
        when named.is_numeric
            and named.objective_direction is not null
            and compared.of_numbers > 0
            and compared.of_goodness > 0
            then compared.of_products / sqrt(compared.of_numbers) / sqrt(compared.of_goodness)
    end as rank_correlation,
    case when named.objective_direction is not null then compared.best_quarter_low end
        as best_quarter_low,
    case when named.objective_direction is not null then compared.best_quarter_high end
        as best_quarter_high
from compared
inner join named
    on compared.job = named.job and compared.parameter = named.parameter
inner join jobs
    on compared.job = jobs.job
