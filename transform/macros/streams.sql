{#- The rows of a stream, with typed columns. A stream that was never loaded has no rows, and
a deselected column is null.

Arguments:
    stream: The stream's name.
    columns: The type of each column to read: text, time, number, boolean or json.
    more: The SQL of each additional column.
-#}
{% macro rows_of(stream, columns, more={}) %}
    {%- set relation = load_relation(source('sagemaker_tuning', stream)) -%}
    {%- set loaded = sagemaker_tuning.column_names(relation) -%}
    select
        {%- for name, sql in more.items() %}
        {{ sql }} as {{ name }},
        {%- endfor %}
        {%- for name, type in columns.items() %}
        {% if name not in loaded -%}
        cast(null as {{ sagemaker_tuning.type_of(type) }}) as {{ name }}
        {%- else -%}
        {{ sagemaker_tuning.as_json(name) ~ ' as ' if type == 'json' }}{{ name }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {% if relation is none -%}
    where false
    {%- else -%}
    from {{ relation }}
    {%- endif %}
{%- endmacro %}


{#- The names of a table's columns, in lower case; empty if the table is missing. -#}
{% macro column_names(relation) %}
    {%- set names = [] -%}
    {%- if relation is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do names.append(column.name | lower) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(names) -}}
{% endmacro %}


{#- The time at which the target received a row; null if the target does not store it. -#}
{% macro received_at(stream) %}
    {%- set names = sagemaker_tuning.column_names(
        load_relation(source('sagemaker_tuning', stream))
    ) -%}
    {%- set known = ['_sdc_received_at', '_sdc_batched_at'] | select('in', names) | list -%}
    cast({{ known[0] if known else 'null' }} as timestamp)
{%- endmacro %}


{% macro type_of(type) %}
    {%- set types = {
        'text': dbt.type_string(),
        'time': 'timestamp',
        'number': sagemaker_tuning.type_double(),
        'boolean': 'boolean',
        'json': {'postgres': 'jsonb', 'duckdb': 'json', 'snowflake': 'variant'}.get(target.type, 'string'),
    } -%}
    {{- types[type] -}}
{%- endmacro %}


{#- A column of objects or arrays as JSON; on Postgres the target stores arrays natively. -#}
{% macro as_json(column) %}{{ 'to_jsonb(' ~ column ~ ')' if target.type == 'postgres' else column }}{% endmacro %}
