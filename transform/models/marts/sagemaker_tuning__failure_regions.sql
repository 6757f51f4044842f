-- Which values of a hyperparameter fail more often than the others.
with trials as (
    select
        training_job_arn,
        definition_name,
        case when outcome = 'failed' then 1 else 0 end as failed
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where outcome not in ('running', 'deleted')
        and not is_of_deleted_namesake
),

tried as (
    select
        parameters.account_id,
        parameters.region,
        parameters.tuning_job_name,
        parameters.tuning_job_arn,
        trials.definition_name,
        parameters.name,
        parameters.value,
        parameters.number,
        trials.failed,
        {%- set own = 'partition by parameters.tuning_job_arn, trials.definition_name, parameters.name' %}
        count(*) over ({{ own }}) as all_trials,
        count(parameters.number) over ({{ own }}) as numbers,
        sum(trials.failed) over ({{ own }}) as all_failed,
        rank() over ({{ own }} order by parameters.number) as number_rank
    from {{ changed_rows(ref('sagemaker_tuning__hyper_parameters')) }} as parameters
    inner join trials
        on parameters.training_job_arn = trials.training_job_arn
),

-- A parameter is numeric if it is a number in every trial.
binned as (
    select
        tried.*,
        case
            when numbers = all_trials
                then floor({{ as_double('5 * (number_rank - 1)') }} / all_trials)
        end as bin,
        case when numbers < all_trials then value end as category
    from tried
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    definition_name,
    name,
    case when category is null then min(number) end as low,
    case when category is null then max(number) end as high,
    category as value,
    count(*) as trials,
    cast(sum(failed) as bigint) as failed_trials,
    {{ as_double('sum(failed)') }} / count(*) as failure_share,
    {{ as_double('max(all_failed) - sum(failed)') }} / nullif(max(all_trials) - count(*), 0)
        as share_elsewhere
from binned
group by
    account_id, region, tuning_job_name, tuning_job_arn, definition_name, name, bin, category
having count(*) >= 5
