-- When a tuning job had made most of its improvement, and what came after.
{%- set shares = {'0.90': '0.9', '0.95': '0.95', '0.99': '0.99', '1.00': none} %}

with jobs as (
    select * from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
    where is_loaded
        and {{ is_changed() }}
),

trials as (
    select * from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where not is_of_deleted_namesake
),

-- The ranked trials of tuning jobs with one objective.
ranked as (
    select
        trials.tuning_job_arn,
        trials.training_job_name,
        trials.ended_at,
        case summary.objective_direction
            when 'Minimize' then -trials.objective_value else trials.objective_value
        end as goodness
    from trials
    inner join {{ changed_rows(ref('sagemaker_tuning__tuning_job_summary')) }} as summary
        on trials.tuning_job_arn = summary.tuning_job_arn
    where trials.place is not null
        and trials.ended_at is not null
        and summary.objective_direction is not null
),

improving as (
    select
        ranked.*,
        first_value(goodness) over (
            partition by tuning_job_arn order by ended_at, training_job_name
        ) as first_goodness,
        max(goodness) over (partition by tuning_job_arn) as best_goodness
    from ranked
),

reached as (
    {%- for share, factor in shares.items() %}
    select
        tuning_job_arn,
        {{ as_double(share) }} as share,
        min(
            case
                when first_goodness < best_goodness
                    and goodness >= {{
                        'first_goodness + ' ~ factor ~ ' * (best_goodness - first_goodness)'
                        if factor else 'best_goodness'
                    }}
                    then ended_at
            end
        ) as reached_at
    from improving
    group by tuning_job_arn
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

counted as (
    select
        reached.tuning_job_arn,
        reached.share,
        max(reached.reached_at) as reached_at,
        count(case when trials.ended_at <= reached.reached_at then 1 end) as trials,
        sum(case when trials.ended_at <= reached.reached_at then trials.cost end) as cost,
        count(case when trials.ended_at <= reached.reached_at then trials.cost end)
            as trials_with_cost,
        count(*) as all_trials,
        sum(
            case
                when trials.ended_at <= reached.reached_at then null else trials.cost
            end
        ) as cost_after
    from reached
    inner join trials
        on reached.tuning_job_arn = trials.tuning_job_arn
    where reached.reached_at is not null
    group by reached.tuning_job_arn, reached.share
),

currencies as (
    select tuning_job_arn, max(currency) as currency
    from trials
    group by tuning_job_arn
)

select
    jobs.account_id,
    jobs.region,
    jobs.tuning_job_name,
    jobs.tuning_job_arn,
    shares.share,
    counted.reached_at,
    counted.trials,
    {{ seconds_between('jobs.created_at', 'counted.reached_at') }} as seconds,
    counted.cost,
    currencies.currency,
    counted.trials_with_cost,
    counted.all_trials - counted.trials as trials_after,
    counted.cost_after
from jobs
cross join (
    {%- for share in shares %}
    select {{ as_double(share) }} as share
    {{- ' union all' if not loop.last }}
    {%- endfor %}
) as shares
left join counted
    on jobs.tuning_job_arn = counted.tuning_job_arn and shares.share = counted.share
left join currencies
    on jobs.tuning_job_arn = currencies.tuning_job_arn
