{#- No two rows have the same values in all of these columns. Nulls are equal. -#}
{% test unique_together(model, columns) %}
select counted.{{ columns | join(', counted.') }}
from {{ model }} as counted
group by counted.{{ columns | join(', counted.') }}
having count(*) > 1
{% endtest %}
