{#- The direction of an objective metric in the variable objective_directions, which maps
names to Maximize or Minimize; null if it is not there. -#}
{% macro direction_by_var(metric_name) -%}
    {%- set directions = var('objective_directions', {}) -%}
    {%- for direction in directions.values() if direction not in ['Maximize', 'Minimize'] -%}
        {{ exceptions.raise_compiler_error(
            'objective_directions: use Maximize or Minimize instead of ' ~ direction
        ) }}
    {%- endfor -%}
    case
        {%- for name, direction in directions.items() %}
        when {{ metric_name }} = {{ dbt.string_literal(dbt.escape_single_quotes(name)) }} then '{{ direction }}'
        {%- endfor %}
        when false then ''
    end
{%- endmacro %}
