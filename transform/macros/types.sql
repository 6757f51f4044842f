{#- A value as a double; dbt's float is only 32 bits wide on DuckDB. -#}
{% macro as_double(value) %}cast({{ value }} as {{ sagemaker_tuning.type_double() }}){% endmacro %}

{% macro type_double() %}{{ return(adapter.dispatch('type_double', 'sagemaker_tuning')()) }}{% endmacro %}

{% macro default__type_double() %}double precision{% endmacro %}

{% macro spark__type_double() %}double{% endmacro %}


{#- Text as a double; null if it is not a decimal number, or too large for a double. -#}
{% macro number_in(text) -%}
    {{ return(adapter.dispatch('number_in', 'sagemaker_tuning')(text)) }}
{%- endmacro %}

{% macro default__number_in(text) -%}
case
    when not {{ text }} ~ '{{ decimal_number() }}' then null
    when abs(cast({{ text }} as numeric)) > 1.7976931348623157e308 then null
    when abs(cast({{ text }} as numeric)) < 1e-307 then 0
    else {{ as_double(text) }}
end
{%- endmacro %}

{% macro duckdb__number_in(text) -%}
case
    when regexp_full_match({{ text }}, '{{ decimal_number() }}')
        and isfinite(try_cast({{ text }} as double))
        then try_cast({{ text }} as double)
end
{%- endmacro %}

{% macro snowflake__number_in(text) -%}
case
    when regexp_like({{ text }}, '{{ decimal_number() }}')
        and abs(try_to_double({{ text }})) <= 1.7976931348623157e308
        then try_to_double({{ text }})
end
{%- endmacro %}

{% macro spark__number_in(text) -%}
case
    when {{ text }} rlike '{{ sagemaker_tuning.regex(decimal_number()) }}'
        and abs(try_cast({{ text }} as double)) <= 1.7976931348623157e308
        then try_cast({{ text }} as double)
end
{%- endmacro %}

{% macro decimal_number() -%}
    ^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$
{%- endmacro %}


{#- A double as text, without a decimal point if it is whole. -#}
{% macro number_text(number) -%}
case
    when {{ number }} = floor({{ number }}) and abs({{ number }}) < 9e15
        then cast(cast({{ number }} as bigint) as {{ dbt.type_string() }})
    else cast({{ number }} as {{ dbt.type_string() }})
end
{%- endmacro %}


{#- A share, capped at 1, because rounding or a busy machine can push it slightly above. -#}
{% macro at_most_one(share) -%}
case when {{ share }} > 1 then 1 else {{ share }} end
{%- endmacro %}


{#- Makes a warehouse evaluate a subquery only once although it is used twice. Snowflake
decides by itself. -#}
{% macro once() -%}
{{ 'materialized' if target.type in ['duckdb', 'postgres'] }}
{%- endmacro %}
