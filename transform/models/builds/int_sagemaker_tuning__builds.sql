-- Which changes each model has seen. It fills itself: each model adds its row.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_older_builds() }}"
) }}

select
    cast(null as {{ dbt.type_string() }}) as model,
    cast(null as bigint) as build
where false
