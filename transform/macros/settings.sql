{#- The value of a variable: sagemaker_tuning_NAME, or its older name without the prefix. -#}
{% macro setting(name, default) -%}
    {{- return(var('sagemaker_tuning_' ~ name, var(name, default))) -}}
{%- endmacro %}


{#- Text as a SQL literal. -#}
{% macro literal(text) %}{{ return(adapter.dispatch('literal', 'sagemaker_tuning')(text)) }}{% endmacro %}

{% macro default__literal(text) %}{{ dbt.string_literal(dbt.escape_single_quotes(text)) }}{% endmacro %}

{% macro spark__literal(text) -%}
{{ sagemaker_tuning.default__literal(text | replace('\\', '\\\\')) }}
{%- endmacro %}
