-- How a family's instance types compare, where its tuning jobs have the same objective.
{{ config(materialized='table', indexes=[]) }}

with trials as (
    select
        trials.*,
        jobs.family,
        {{ hashed([
            'trials.account_id', 'trials.region', 'jobs.family',
            'trials.objective_metric_name', 'trials.objective_direction',
        ]) }} as comparison
    from {{ ref('sagemaker_tuning__trials') }} as trials
    inner join {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
        on trials.tuning_job_arn = jobs.tuning_job_arn
    where jobs.family is not null
        and trials.instance_type is not null
        and trials.objective_metric_name is not null
        and trials.objective_direction is not null
        and trials.outcome not in ('running', 'deleted')
        and not trials.is_of_deleted_namesake
),

comparisons as (
    select comparison
    from trials
    group by comparison
    having count(distinct instance_type) > 1
),

compared as (
    select
        trials.*,
        row_number() over (
            partition by trials.comparison, trials.instance_type
            order by
                case trials.objective_direction
                    when 'Minimize' then trials.objective_value
                    else -trials.objective_value
                end nulls last,
                trials.ended_at nulls last,
                trials.training_job_name
        ) as place_in_type
    from trials
    inner join comparisons
        on trials.comparison = comparisons.comparison
),

best as (
    select comparison, instance_type, objective_value, ended_at
    from compared
    where place_in_type = 1
        and objective_value is not null
)

select
    compared.account_id,
    compared.region,
    compared.family,
    compared.objective_metric_name,
    compared.objective_direction,
    compared.instance_type,
    count(*) as trials,
    count(compared.cost) as trials_with_cost,
    sum(compared.cost) / nullif(count(compared.cost), 0) as cost_per_trial,
    percentile_cont(0.5) within group (order by compared.duration_seconds)
        as median_seconds,
    max(best.objective_value) as best_value,
    percentile_cont(0.5) within group (order by compared.objective_value) as median_value,
    sum(case when compared.ended_at <= best.ended_at then compared.cost end) as cost_to_best,
    max(compared.currency) as currency
from compared
left join best
    on compared.comparison = best.comparison
        and compared.instance_type = best.instance_type
group by
    compared.account_id, compared.region, compared.family,
    compared.objective_metric_name, compared.objective_direction, compared.instance_type
