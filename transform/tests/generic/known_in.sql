{#- Each value of a column is in another model, in a column that has the same name unless
field names it; null passes. -#}
{% test known_in(model, column, to, field=none) %}
select tested.{{ column }}
from {{ rows_to_test(model) }} as tested
left join {{ to }} as known
    on tested.{{ column }} = known.{{ field or column }}
where tested.{{ column }} is not null
    and known.{{ field or column }} is null
{% endtest %}
