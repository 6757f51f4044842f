{#- Seconds from one time to another, as a double. -#}
{% macro seconds_between(begin, end) %}{{ return(adapter.dispatch('seconds_between', 'sagemaker_tuning')(begin, end)) }}{% endmacro %}

{% macro default__seconds_between(begin, end) -%}
cast(extract(epoch from ({{ end }} - {{ begin }})) as double precision)
{%- endmacro %}

{% macro duckdb__seconds_between(begin, end) -%}
(date_diff('millisecond', {{ begin }}, {{ end }}) / 1000.0::double)
{%- endmacro %}

{% macro snowflake__seconds_between(begin, end) -%}
cast(datediff('millisecond', {{ begin }}, {{ end }}) / 1000.0 as double precision)
{%- endmacro %}

{% macro spark__seconds_between(begin, end) -%}
((unix_millis({{ end }}) - unix_millis({{ begin }})) / 1000.0D)
{%- endmacro %}


{#- Converts an RFC 3339 text in UTC to a timestamp. -#}
{% macro time_in(text) -%}
cast(replace({{ text }}, 'Z', '') as timestamp)
{%- endmacro %}
