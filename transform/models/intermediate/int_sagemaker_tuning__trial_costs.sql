-- A row per trial in detail: its instances, and what they cost at the price of its day.
with trials as (
    select
        training_job_arn,
        status,
        ended_at
    from {{ ref('stg_sagemaker_tuning__training_job_summaries') }}
    where {{ is_changed() }}
),

instances as (
    select
        instances.training_job_arn,
        sum(instances.instance_count) as instance_count,
        -- A cluster of several types has no one type.
        case
            when min(instances.instance_type) = max(instances.instance_type)
                then min(instances.instance_type)
        end as instance_type,
        -- Unless each of its types has a price, it has none.
        case
            when count(*) = count(prices.price_per_hour)
                then sum(instances.instance_count * prices.price_per_hour)
        end as cost_per_hour,
        max(prices.currency) as currency
    from {{ ref('stg_sagemaker_tuning__instances') }} as instances
    inner join trials
        on instances.training_job_arn = trials.training_job_arn
    left join {{ ref('stg_sagemaker_tuning__training_instance_prices') }} as prices
        on instances.region = prices.region
            and instances.instance_type = prices.instance_type
            and trials.ended_at >= prices.valid_from
            and trials.ended_at < prices.valid_to
    group by instances.training_job_arn
),

priced as (
    select
        details.*,
        instances.instance_type as only_instance_type,
        instances.instance_count as instances,
        instances.currency,
        -- What a trial costs is known once it has ended.
        case
            when trials.status in ('Completed', 'Failed', 'Stopped')
                then instances.cost_per_hour / 3600
                    * (details.billable_seconds + coalesce(details.warm_pool_seconds, 0))
        end as cost
    from {{ ref('stg_sagemaker_tuning__training_job_details') }} as details
    inner join trials
        on details.training_job_arn = trials.training_job_arn
    left join instances
        on details.training_job_arn = instances.training_job_arn
)

select
    tuning_job_arn,
    training_job_arn,
    secondary_status,
    only_instance_type as instance_type,
    cast(instances as bigint) as instance_count,
    billable_seconds,
    warm_pool_seconds,
    cost,
    case when cost is not null then currency end as currency,
    is_spot,
    case
        when is_spot then training_seconds - billable_seconds
        when not is_spot then 0
    end as spot_saved_seconds,
    team
from priced
