with prices as (
    {{ rows_of('training_instance_prices', {
        'region': 'text',
        'instance_type': 'text',
        'currency': 'text',
        'price_per_hour': 'number',
    }) }}
),

-- One currency a region, so that a sum is never one of two.
currencies as (
    select
        region,
        coalesce(
            max(case when currency = '{{ var('currency', 'USD') }}' then currency end),
            min(currency)
        ) as currency
    from prices
    group by region
)

select
    prices.region,
    prices.instance_type,
    prices.currency,
    {{ as_double('prices.price_per_hour') }} as price_per_hour
from prices
inner join currencies
    on prices.region = currencies.region and prices.currency = currencies.currency
