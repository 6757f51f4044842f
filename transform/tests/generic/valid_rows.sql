{#- Each row has values that its columns allow. One query checks a whole model, because each
test costs dbt more time than the rows cost the warehouse.

Arguments:
    not_null: The columns that are never null.
    at_least: The columns with a lower bound, by bound; null passes.
    at_most: The columns with an upper bound, by bound; null passes.
    accepted: The values that a column can have besides null, by column.
    whole: Whether the model has no tuning_job_arn.
-#}
{% test valid_rows(model, not_null=[], at_least={}, at_most={}, accepted={}, whole=false) %}
select *
from {{ rows_to_test(model, whole) }} as tested
where false
    {%- for column in not_null %}
    or tested.{{ column }} is null
    {%- endfor %}
    {%- for bound, columns in at_least.items() %}
    {%- for column in columns %}
    or tested.{{ column }} < {{ bound }}
    {%- endfor %}
    {%- endfor %}
    {%- for bound, columns in at_most.items() %}
    {%- for column in columns %}
    or tested.{{ column }} > {{ bound }}
    {%- endfor %}
    {%- endfor %}
    {%- for column, values in accepted.items() %}
    or tested.{{ column }} not in ('{{ values | join("', '") }}')
    {%- endfor %}
{% endtest %}
