-- The last build that each model has processed. Each model adds its own row.
{{ config(
    materialized='incremental' if can_change_tables() else 'table',
    incremental_strategy='append',
    pre_hook="{{ forget_older_builds() }}"
) }}

select
    cast(null as {{ dbt.type_string() }}) as model,
    cast(null as bigint) as build
where false
