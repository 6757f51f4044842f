with prices as (
    {{ rows_of('training_instance_prices', {
        'region': 'text',
        'instance_type': 'text',
        'vcpu': 'number',
        'gpu': 'number',
        'memory': 'text',
    }) }}
)

select
    region,
    instance_type,
    {{ as_double('max(vcpu)') }} as vcpu,
    {{ as_double('max(gpu)') }} as gpu,
    max(memory) as memory
from prices
group by region, instance_type
