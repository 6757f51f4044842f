with scopes as (
    {{ rows_of('scopes', {
        'account_id': 'text',
        'region': 'text',
        'status': 'text',
        'complete_as_of': 'time',
        'started_at': 'time',
        'ended_at': 'time',
        'tuning_jobs_open': 'number',
    }) }}
)

select
    account_id,
    region,
    status,
    complete_as_of,
    started_at,
    tuning_jobs_open,
    -- A failed sync may not have loaded anything.
    case when status = 'failed' then complete_as_of else ended_at end as last_loaded_at
from scopes
