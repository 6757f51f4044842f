-- Each learning curve in one row: where it began, ended and was best.
with curves as (
    select
        curves.*,
        {%- set whole = 'partition by curves.training_job_arn, curves.metric_name' %}
        min(case when curves.value is not null then curves.at end) over ({{ whole }})
            as first_at,
        max(case when curves.value is not null then curves.at end) over ({{ whole }})
            as last_at,
        last_value(curves.best_so_far) over (
            {{ whole }} order by curves.at
            rows between unbounded preceding and unbounded following
        ) as best
    from {{ changed_rows(ref('sagemaker_tuning__learning_curves')) }} as curves
),

summed as (
    select
        account_id,
        region,
        tuning_job_name,
        tuning_job_arn,
        training_job_name,
        training_job_arn,
        definition_name,
        metric_name,
        is_objective,
        count(value) as points,
        max(case when curves.at = first_at then value end) as first_value,
        max(case when curves.at = last_at then value end) as last_value,
        max(best) as best_value,
        min(case when value = best then curves.at end) as best_at,
        min(case when value = best then seconds_since_start end) as seconds_to_best
    from curves
    group by
        account_id, region, tuning_job_name, tuning_job_arn, training_job_name,
        training_job_arn, definition_name, metric_name, is_objective
)

select
    summed.*,
    last_value = best_value as is_best_last
from summed
