{#- The direction that the var objective_directions gives for an objective metric: a
mapping of its name to Maximize or Minimize. -#}
{% macro direction_by_var(metric_name) -%}
    {%- set directions = var('objective_directions', {}) -%}
    {%- for direction in directions.values() if direction not in ['Maximize', 'Minimize'] -%}
        {{ exceptions.raise_compiler_error(
            'objective_directions: Maximize or Minimize, not ' ~ direction
        ) }}
    {%- endfor -%}
    case
        {%- for name, direction in directions.items() %}
        when {{ metric_name }} = {{ dbt.string_literal(dbt.escape_single_quotes(name)) }} then '{{ direction }}'
        {%- endfor %}
        when false then ''
    end
{%- endmacro %}
