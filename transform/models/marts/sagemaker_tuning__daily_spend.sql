{{ config(materialized='table', indexes=[]) }}

select
    cast(ended_at as date) as date,
    account_id,
    region,
    team,
    outcome,
    count(*) as trials,
    count(cost) as trials_with_cost,
    sum(duration_seconds) as duration_seconds,
    sum(cost) as cost,
    max(currency) as currency
from {{ ref('sagemaker_tuning__trials') }}
where ended_at is not null
group by cast(ended_at as date), account_id, region, team, outcome
