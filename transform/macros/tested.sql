{#- The rows that a test checks: `dbt build` tests the tuning jobs that changed last, and
`dbt test` all of them. A model without tuning_job_arn is always tested as a whole. -#}
{% macro rows_to_test(model, whole=false) -%}
    {%- set jobs = ref('int_sagemaker_tuning__tuning_jobs') -%}
    {%- if flags.WHICH == 'build' and not whole -%}
(
    select * from {{ model }}
    where tuning_job_arn in (
        select tuning_job_arn from {{ jobs }}
        where changed_in = (select max(changed_in) from {{ jobs }})
    )
)
    {%- else -%}
        {{ model }}
    {%- endif -%}
{%- endmacro %}
