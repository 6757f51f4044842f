{% snapshot sagemaker_tuning_price_history %}
{{ config(
    unique_key=['region', 'instance_type', 'currency'],
    strategy='check',
    check_cols=['price_per_hour', 'effective_date'],
) }}
with prices as (
    {{ rows_of('training_instance_prices', {
        'region': 'text',
        'instance_type': 'text',
        'currency': 'text',
        'price_per_hour': 'number',
        'effective_date': 'time',
    }) }}
)

select
    region,
    instance_type,
    currency,
    {{ as_double('price_per_hour') }} as price_per_hour,
    effective_date
from prices
{% endsnapshot %}
