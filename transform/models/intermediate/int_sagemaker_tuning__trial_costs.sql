-- One row per trial with details: its instances, and their cost at the price of its day,
-- or, while it runs, at the latest price.
with trials as (
    select
        training_job_arn,
        status,
        ended_at
    from {{ ref('stg_sagemaker_tuning__training_job_summaries') }}
    where {{ is_changed() }}
),

details as (
    select * from {{ ref('stg_sagemaker_tuning__training_job_details') }}
    where {{ is_changed() }}
),

-- One row per trial and instance type or group.
grouped as (
    select
        region,
        training_job_arn,
        instance_type,
        instance_count
    from details
    where instance_type is not null
    union all
    select
        details.region,
        details.training_job_arn,
        {{ json_text('item.value', 'instance_type') }} as instance_type,
        cast({{ json_text('item.value', 'instance_count') }} as bigint) as instance_count
    from details
    {{ join_items('details.instance_groups', 'item') }}
    where details.instance_type is null
),

instances as (
    select
        grouped.training_job_arn,
        sum(grouped.instance_count) as instance_count, -- fact 62
        -- Null for a cluster with several types.
        case
            when min(grouped.instance_type) = max(grouped.instance_type)
                then min(grouped.instance_type)
        end as instance_type,
        -- Null unless each type has a price.
        case
            when count(*) = count(prices.price_per_hour)
                then sum(grouped.instance_count * prices.price_per_hour)
        end as cost_per_hour
    from grouped
    inner join trials
        on grouped.training_job_arn = trials.training_job_arn
    left join {{ ref('stg_sagemaker_tuning__training_instance_prices') }} as prices
        on grouped.region = prices.region
            and grouped.instance_type = prices.instance_type
            and coalesce(trials.ended_at, timestamp '9999-12-30') >= prices.valid_from
            and coalesce(trials.ended_at, timestamp '9999-12-30') < prices.valid_to
    group by grouped.training_job_arn
),

priced as (
    select
        details.*,
        instances.instance_type as only_instance_type,
        instances.instance_count as instances,
        instances.cost_per_hour,
        -- The cost is known only once the trial has ended.
        case
            when trials.status in ('Completed', 'Failed', 'Stopped')
                then instances.cost_per_hour / 3600
                    * (details.billable_seconds + coalesce(details.warm_pool_seconds, 0))
        end as cost
    from details
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
    cost_per_hour,
    cost,
    is_spot,
    case
        when is_spot then training_seconds - billable_seconds
        when not is_spot then 0
    end as spot_saved_seconds,
    model_artifacts,
    team
from priced
