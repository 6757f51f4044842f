-- Each estimate, and the training time of completed trials that it is based on.
{%- set savings = {
    'saved_seconds': 'median_completed_seconds',
    'saved_seconds_low': 'low_seconds',
    'saved_seconds_high': 'high_seconds',
} %}

with trials as (
    select *
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where not is_of_deleted_namesake
),

medians as (
    select
        tuning_job_arn,
        percentile_cont(0.25) within group (order by duration_seconds) as low_seconds,
        percentile_cont(0.5) within group (order by duration_seconds)
            as median_completed_seconds,
        percentile_cont(0.75) within group (order by duration_seconds) as high_seconds
    from trials
    where outcome = 'completed' and duration_seconds is not null
    group by tuning_job_arn
),

counted as (
    select
        trials.tuning_job_arn,
        count(*) as trials,
        count(case when trials.outcome = 'stopped_early' then 1 end)
            as stopped_early_trials,
        {%- for saved, usual in savings.items() %}
        sum(
            case
                when trials.outcome = 'stopped_early'
                    and medians.{{ usual }} > trials.duration_seconds
                    then medians.{{ usual }} - trials.duration_seconds
                else 0
            end
        ) as {{ saved }}{{ ',' if not loop.last }}
        {%- endfor %}
    from trials
    left join medians
        on trials.tuning_job_arn = medians.tuning_job_arn
    group by trials.tuning_job_arn
)

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    coalesce(counted.trials, 0) as trials,
    coalesce(counted.stopped_early_trials, 0) as stopped_early_trials,
    medians.median_completed_seconds,
    -- Without any completed trial, the time that a stopped one would have taken is unknown.
    {%- for saved in savings %}
    case
        when medians.median_completed_seconds is not null
            or coalesce(counted.stopped_early_trials, 0) = 0
            then coalesce(counted.{{ saved }}, 0)
    end as {{ saved }},
    {%- endfor %}
    -- Nobody knows how long a stopped trial would have run.
    true as is_estimate
from {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
left join counted
    on jobs.tuning_job_arn = counted.tuning_job_arn
left join medians
    on jobs.tuning_job_arn = medians.tuning_job_arn
where jobs.is_loaded
    and {{ is_changed('jobs.tuning_job_arn') }}
