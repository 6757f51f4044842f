{#- The line of a failure reason that tells: what the script said, after ErrorMessage;
else the first line that is no heading, exit code, command or part of a traceback; else
the first line. -#}
{% macro telling_line(reason) -%}
{%- set said = "split_part(" ~ reason ~ ", 'ErrorMessage ', 2)" -%}
coalesce(
    nullif(
        regexp_replace(regexp_replace({{ first_line(said) }}, '^"', ''), '"$', ''), ''
    ),
    nullif(
        {{ first_line("regexp_replace(" ~ reason ~ ", '" ~ headings() ~ "', '')") }}, ''
    ),
    {{ first_line(reason) }}
)
{%- endmacro %}

{% macro first_line(text) -%}
trim(split_part(replace({{ text }}, chr(13), ''), chr(10), 1))
{%- endmacro %}

{#- The line break is there as itself: warehouses do not agree on how to escape it. -#}
{% macro headings() -%}
{%- set any = '[^\n]*' -%}
{%- set lines = [any ~ ':', '[[:blank:]]' ~ any, 'Traceback ' ~ any, 'ExitCode ' ~ any,
    'ErrorMessage "' ~ any, 'Command "' ~ any] -%}
^([[:space:]]*({{ lines | join('|') }})[[:space:]]*({{ '\n' }}|$))+
{%- endmacro %}
