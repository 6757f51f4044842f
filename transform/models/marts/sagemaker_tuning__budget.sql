-- The cost of each month, and a forecast for the current one.
{{ config(materialized='table', indexes=[]) }}

-- Today, by the service's clock, is when the last complete sync of the scope began.
with scopes as (
    select
        account_id,
        region,
        complete_as_of,
        cast(complete_as_of as date) as today,
        cast({{ dbt.date_trunc('month', 'complete_as_of') }} as date) as this_month
    from {{ ref('stg_sagemaker_tuning__scopes') }}
    where complete_as_of is not null
),

days as (
    select
        spend.account_id,
        spend.region,
        spend.team,
        spend.date,
        cast({{ dbt.date_trunc('month', 'spend.date') }} as date) as month,
        scopes.today,
        scopes.this_month,
        spend.trials,
        spend.trials_with_cost,
        spend.cost,
        spend.currency
    from {{ ref('sagemaker_tuning__daily_spend') }} as spend
    left join scopes
        on spend.account_id = scopes.account_id and spend.region = scopes.region
),

parts as (
    select
        account_id,
        region,
        team,
        month,
        currency,
        trials,
        trials_with_cost,
        cost,
        case when date < today then cost end as cost_before_today,
        {{ as_double('null') }} as recent_cost,
        0 as running_trials,
        {{ as_double('null') }} as running_cost
    from days
    union all
    -- The last seven complete days, which can begin in the month before.
    select
        account_id, region, team, this_month, currency, 0, 0, null, null, cost, 0, null
    from days
    where date < today
        and date >= {{ dbt.dateadd('day', -7, 'today') }}
    union all
    select
        trials.account_id,
        trials.region,
        trials.team,
        scopes.this_month,
        trials.currency,
        0,
        0,
        null,
        null,
        null,
        1,
        trials.cost_per_hour / 3600 * greatest(
            0,
            coalesce({{ seconds_between('trials.started_at', 'scopes.complete_as_of') }}, 0)
        )
    from {{ ref('sagemaker_tuning__trials') }} as trials
    inner join scopes
        on trials.account_id = scopes.account_id and trials.region = scopes.region
    where trials.outcome = 'running'
),

months as (
    select
        account_id,
        region,
        team,
        month,
        {{ dbt.dateadd('month', 1, 'month') }} as next_month,
        max(currency) as currency,
        sum(trials) as trials,
        sum(trials_with_cost) as trials_with_cost,
        sum(cost) as cost,
        sum(cost_before_today) as cost_before_today,
        sum(recent_cost) as recent_cost,
        sum(running_trials) as running_trials,
        sum(running_cost) as running_cost
    from parts
    group by account_id, region, team, month
),

dated as (
    select
        months.*,
        scopes.today >= months.next_month as is_complete,
        {{ dbt.datediff('greatest(scopes.today, months.month)', 'months.next_month', 'day') }}
            as days_left
    from months
    left join scopes
        on months.account_id = scopes.account_id and months.region = scopes.region
)

select
    account_id,
    region,
    team,
    month,
    cast(trials as bigint) as trials,
    cast(trials_with_cost as bigint) as trials_with_cost,
    cost,
    currency,
    cast(running_trials as bigint) as running_trials,
    running_cost,
    case
        when is_complete then cost
        when not is_complete and (cost_before_today is not null or recent_cost is not null)
            then coalesce(cost_before_today, 0) + coalesce(recent_cost, 0) / 7 * days_left
    end as forecast,
    is_complete
from dated
