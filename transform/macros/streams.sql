{#- The rows of a stream that need not have been selected: none where it was not loaded.

Arguments:
    stream: Its name.
    columns: Its columns that are wanted, each with its type: text, time, number,
        boolean or json.
-#}
{% macro rows_of(stream, columns) %}
    {%- set relation = load_relation(source('sagemaker_tuning', stream)) -%}
    {%- if relation is none %}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type_of(type) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- else %}
    select
        {%- for name, type in columns.items() %}
        {{ as_json(name) ~ ' as ' if type == 'json' }}{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {%- endif %}
{%- endmacro %}

{% macro type_of(type) %}
    {%- set types = {
        'text': dbt.type_string(),
        'time': 'timestamp',
        'number': 'double precision',
        'boolean': 'boolean',
        'json': {'postgres': 'jsonb', 'duckdb': 'json', 'snowflake': 'variant'}[target.type],
    } -%}
    {{- types[type] -}}
{%- endmacro %}


{#- A column of objects, or of arrays of them, as JSON: Postgres has arrays of its own. -#}
{% macro as_json(column) %}{{ 'to_jsonb(' ~ column ~ ')' if target.type == 'postgres' else column }}{% endmacro %}
