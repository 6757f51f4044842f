-- Ten thousand days from 2017 on, as a time spine.
{{ config(materialized='view') }}

with digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbers as (
    select
        1000 * thousands.digit + 100 * hundreds.digit + 10 * tens.digit + ones.digit
            as number
    from digits as thousands
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones
)

select cast({{ dbt.dateadd('day', 'number', "timestamp '2017-01-01 00:00:00'") }} as date) as day
from numbers
