{%- set history = load_relation(ref('sagemaker_tuning_price_history')) if can_change_tables() else none -%}
with loaded as (
    {{ rows_of('training_instance_prices', {
        'region': 'text',
        'instance_type': 'text',
        'currency': 'text',
        'price_per_hour': 'number',
        'effective_date': 'time',
    }) }}
),

-- The current prices, and earlier ones from the snapshot.
known as (
    select
        region,
        instance_type,
        currency,
        price_per_hour,
        effective_date,
        cast(null as timestamp) as known_from
    from loaded
    {%- if history is not none %}
    union all
    select
        region,
        instance_type,
        currency,
        price_per_hour,
        effective_date,
        dbt_valid_from as known_from
    from {{ history }}
    {%- endif %}
),

-- A price can be corrected under the same date: the latest one counts.
prices as (
    select
        known.*,
        row_number() over (
            partition by region, instance_type, currency, effective_date
            order by known_from desc nulls first, price_per_hour
        ) as choice
    from known
),

-- One currency per region, so that sums never mix currencies.
currencies as (
    select
        region,
        coalesce(
            max(case when currency = {{ literal(setting('currency', 'USD')) }} then currency end),
            min(currency)
        ) as currency
    from prices
    group by region
),

chosen as (
    select
        prices.region,
        prices.instance_type,
        prices.currency,
        {{ as_double('prices.price_per_hour') }} as price_per_hour,
        prices.effective_date,
        lag({{ as_double('prices.price_per_hour') }}) over (
            partition by prices.region, prices.instance_type
            order by prices.effective_date nulls first
        ) as price_before
    from prices
    inner join currencies
        on prices.region = currencies.region and prices.currency = currencies.currency
    where prices.choice = 1
),

changes as (
    select *
    from chosen
    where price_before is null or price_before <> price_per_hour
)

select
    region,
    instance_type,
    currency,
    price_per_hour,
    -- The first known price also applies to all time before it.
    case
        when price_before is not null then effective_date
        else timestamp '1970-01-01 00:00:00'
    end as valid_from,
    coalesce(
        lead(effective_date) over (
            partition by region, instance_type order by effective_date nulls first
        ),
        timestamp '9999-12-31 00:00:00'
    ) as valid_to
from changes
