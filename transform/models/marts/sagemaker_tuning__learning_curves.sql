with series as (
    select
        training_job_arn,
        metric_name,
        period_seconds,
        points
    from {{ ref('stg_sagemaker_tuning__training_job_metrics') }}
    where host = ''
        and {{ is_changed() }}
),

points as (
    select
        series.training_job_arn,
        series.metric_name,
        series.period_seconds,
        {{ time_in(json_text('point.value', 'timestamp')) }} as at,
        {{ as_double(json_text('point.value', 'value')) }} as value
    from series
    {{ join_items('series.points', 'point') }}
),

measured as (
    select
        trials.account_id,
        trials.region,
        trials.tuning_job_name,
        trials.tuning_job_arn,
        trials.training_job_name,
        trials.training_job_arn,
        trials.definition_name,
        trials.started_at,
        coalesce(points.metric_name = trials.objective_metric_name, false) as is_objective,
        trials.objective_direction,
        points.metric_name,
        points.period_seconds,
        points.at,
        points.value
    from points
    inner join {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
        on points.training_job_arn = trials.training_job_arn
)

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
    measured.at,
    {{ seconds_between('started_at', 'measured.at') }} as seconds_since_start,
    period_seconds,
    value,
    case when is_objective then case objective_direction
        when 'Maximize' then max(value) over (
        partition by training_job_arn, metric_name
        order by measured.at
        rows between unbounded preceding and current row
    )
        when 'Minimize' then min(value) over (
        partition by training_job_arn, metric_name
        order by measured.at
        rows between unbounded preceding and current row
    )
    end end as best_so_far
from measured
