{#- The direction of an objective metric in the variable
sagemaker_tuning_objective_directions, which maps names to Maximize or Minimize; null if it
is not there. -#}
{% macro direction_by_var(metric_name) -%}
    {%- set directions = sagemaker_tuning.setting('objective_directions', {}) -%}
    {%- for direction in directions.values() if direction not in ['Maximize', 'Minimize'] -%}
        {{ exceptions.raise_compiler_error(
            'sagemaker_tuning_objective_directions: use Maximize or Minimize instead of ' ~ direction
        ) }}
    {%- endfor -%}
    case
        {%- for name, direction in directions.items() %}
        when {{ metric_name }} = {{ sagemaker_tuning.literal(name) }} then '{{ direction }}'
        {%- endfor %}
        when false then ''
    end
{%- endmacro %}
