-- A row a trial whose instances are known: what they are, and what an hour of them costs.
with instances as (
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
    left join {{ ref('stg_sagemaker_tuning__training_instance_prices') }} as prices
        on instances.region = prices.region
            and instances.instance_type = prices.instance_type
    group by instances.training_job_arn
)

select
    details.training_job_arn,
    instances.instance_type,
    cast(instances.instance_count as bigint) as instance_count,
    details.billable_seconds,
    instances.cost_per_hour * details.billable_seconds / 3600 as cost,
    case
        when instances.cost_per_hour * details.billable_seconds is not null
            then instances.currency
    end as currency,
    details.is_spot,
    case
        when details.is_spot then details.training_seconds - details.billable_seconds
        when not details.is_spot then 0
    end as spot_saved_seconds
from {{ ref('stg_sagemaker_tuning__training_job_details') }} as details
left join instances
    on details.training_job_arn = instances.training_job_arn
