{#- A value on its range's scale; null where the scale does not have it. A linear one has a
quarter of each value, so that a double holds the difference of any two. -#}
{% macro on_scale(value, scaling_type) -%}
case
    when {{ scaling_type }} = 'Logarithmic'
        then case when {{ value }} > 0 then ln({{ value }}) end
    when {{ scaling_type }} = 'ReverseLogarithmic'
        then case when {{ value }} < 1 then -ln(1 - {{ value }}) end
    else {{ value }} / 4
end
{%- endmacro %}


{#- The value at a place on the scale; null where a double does not hold it. -#}
{% macro off_scale(place, scaling_type) -%}
case
    when {{ scaling_type }} = 'Logarithmic'
        then case when abs({{ place }}) < 700 then exp({{ place }}) end
    when {{ scaling_type }} = 'ReverseLogarithmic'
        then case when abs({{ place }}) < 700 then 1 - exp(-({{ place }})) end
    when abs({{ place }}) < 4e307 then ({{ place }}) * 4
end
{%- endmacro %}
