{#- No two rows have the same values in all of these columns, and a single column has no
null. Nulls are equal. -#}
{% test unique_together(model, columns, whole=false) %}
select counted.{{ columns | join(', counted.') }}
from {{ rows_to_test(model, whole) }} as counted
group by counted.{{ columns | join(', counted.') }}
having count(*) > 1
    {{- ' or counted.' ~ columns[0] ~ ' is null' if columns | length == 1 }}
{% endtest %}
