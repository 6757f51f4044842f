{#- A value on its range's scale; null if it is not on that scale. A linear scale uses a
quarter of each value, so that the difference of any two fits into a double. -#}
{% macro on_scale(value, scaling_type) -%}
case
    when {{ scaling_type }} = 'Logarithmic'
        then case when {{ value }} > 0 then ln({{ value }}) end
    when {{ scaling_type }} = 'ReverseLogarithmic'
        then case when {{ value }} < 1 then -ln(1 - {{ value }}) end
    else {{ value }} / 4
end
{%- endmacro %}


{#- The value at a position on the scale; null if it does not fit into a double. -#}
{% macro off_scale(place, scaling_type) -%}
case
    when {{ scaling_type }} = 'Logarithmic'
        then case when abs({{ place }}) < 700 then exp({{ place }}) end
    when {{ scaling_type }} = 'ReverseLogarithmic'
        then case when abs({{ place }}) < 700 then 1 - exp(-({{ place }})) end
    when abs({{ place }}) < 4e307 then ({{ place }}) * 4
end
{%- endmacro %}
