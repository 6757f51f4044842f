{#- The most informative line of a failure reason. In order of preference: the last line
that names an error in the script's output, which follows ErrorMessage; the first line of
that output; the last line of the whole reason that names an error; the first line that is
not a heading, exit code, command or part of a traceback; the first line. -#}
{% macro telling_line(reason) -%}
{%- set reason = "replace(" ~ reason ~ ", chr(13), '')" -%}
{%- set said = "split_part(" ~ reason ~ ", 'ErrorMessage ', 2)" -%}
{%- set command = "'\"' || chr(10) || 'Command \"'" -%}
{%- set said = "case when " ~ said ~ " like '%' || " ~ command ~ " || '%' then split_part("
    ~ said ~ ", " ~ command ~ ", 1) else split_part(" ~ said ~ ", '\"' || chr(10), 1) end" -%}
{%- set said = "regexp_replace(regexp_replace(" ~ sagemaker_tuning.trimmed(said) ~ ", '^\"', ''), '\"$', '')" -%}
case
    when {{ reason }} is not null then coalesce(
        {{ sagemaker_tuning.last_error_line(said) }},
        nullif({{ sagemaker_tuning.first_line(said) }}, ''),
        {{ sagemaker_tuning.last_error_line(reason) }},
        nullif(
            {{ sagemaker_tuning.first_line("regexp_replace(" ~ reason ~ ", '" ~ sagemaker_tuning.regex(sagemaker_tuning.headings()) ~ "', '')") }}, ''
        ),
        {{ sagemaker_tuning.first_line(reason) }}
    )
end
{%- endmacro %}

{% macro first_line(text) -%}
trim(split_part({{ text }}, chr(10), 1))
{%- endmacro %}

{#- The last line that consists of an error's name, optionally with a message. The leading
line break guarantees that a match changes the text. -#}
{% macro last_error_line(text) -%}
{%- set text = "(chr(10) || " ~ text ~ ")" -%}
nullif(
    regexp_replace(
        {{ text }}, '{{ sagemaker_tuning.regex(sagemaker_tuning.error_line()) }}', '{{ sagemaker_tuning.group(3) }}'
    ),
    {{ text }}
)
{%- endmacro %}

{#- Contains a literal line break, because warehouses escape it differently. -#}
{% macro error_line() -%}
{%- set newline = '\n' -%}
{%- set name = '[A-Za-z_][A-Za-z0-9_.]*(Error|Exception|Interrupt|SystemExit|StopIteration)' -%}
^(.|{{ newline }})*{{ newline }}([[:blank:]]*)({{ name }}(: [^{{ newline }}]*[^:{{ newline }}[:blank:]])?)[[:blank:]]*({{ newline }}(.|{{ newline }})*)?$
{%- endmacro %}

{% macro headings() -%}
{%- set any = '[^\n]*' -%}
{%- set lines = [any ~ ':', '[[:blank:]]' ~ any, 'Traceback ' ~ any, 'ExitCode ' ~ any,
    'ErrorMessage "' ~ any, 'Command "' ~ any] -%}
^([[:space:]]*({{ lines | join('|') }})[[:space:]]*({{ '\n' }}|$))+
{%- endmacro %}


{#- A failure's line with the parts masked that differ between trials: paths, sizes, numbers. -#}
{% macro failure_group(line) -%}
{%- set masks = [
    ("/[^[:space:]'',;:()]+", '<path>'),
    ('[+-]?[0-9][0-9.]*[[:blank:]]?([KMGTP]i?B|[kmg]b|bytes|B)([^A-Za-z]|$)', '<size>' ~ sagemaker_tuning.group(2)),
    ('0x[0-9a-fA-F]+', '<n>'),
    ('[+-]?[0-9]+([.][0-9]+)*([eE][+-]?[0-9]+)?', '<n>'),
] -%}
{%- set masked = namespace(text=line) -%}
{%- for pattern, mask in masks -%}
    {%- set masked.text = sagemaker_tuning.replace_all(masked.text, sagemaker_tuning.regex(pattern), mask) -%}
{%- endfor -%}
{{ masked.text }}
{%- endmacro %}


{#- A text with each match of a pattern replaced. -#}
{% macro replace_all(text, pattern, by) -%}
    {{ return(adapter.dispatch('replace_all', 'sagemaker_tuning')(text, pattern, by)) }}
{%- endmacro %}

{% macro default__replace_all(text, pattern, by) %}regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}', 'g'){% endmacro %}

{% macro snowflake__replace_all(text, pattern, by) %}regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}'){% endmacro %}

{% macro spark__replace_all(text, pattern, by) %}{{ sagemaker_tuning.snowflake__replace_all(text, pattern, by) }}{% endmacro %}


{#- A POSIX pattern, in single quotes, as the warehouse writes it. -#}
{% macro regex(pattern) %}{{ return(adapter.dispatch('regex', 'sagemaker_tuning')(pattern)) }}{% endmacro %}

{% macro default__regex(pattern) %}{{ return(pattern) }}{% endmacro %}

{#- Java's $ also matches before a last line break, and its (.|x)* overflows the stack. -#}
{% macro spark__regex(pattern) -%}
    {{ return(
        pattern | replace('(.|\n)*', '((?s:.*))') | replace('$', '\\\\z') | replace("''", "\\'")
        | replace('[:blank:]', '\\\\p{Blank}') | replace('[:space:]', '\\\\s')
    ) }}
{%- endmacro %}


{#- A group of a pattern, in what replaces a match. -#}
{% macro group(number) %}{{ return(adapter.dispatch('group', 'sagemaker_tuning')(number)) }}{% endmacro %}

{% macro default__group(number) %}{{ return('\\' ~ number) }}{% endmacro %}

{% macro snowflake__group(number) %}{{ return('\\\\' ~ number) }}{% endmacro %}

{% macro spark__group(number) %}{{ return('$' ~ number) }}{% endmacro %}


{#- A text without the spaces and line breaks around it. -#}
{% macro trimmed(text) %}{{ return(adapter.dispatch('trimmed', 'sagemaker_tuning')(text)) }}{% endmacro %}

{% macro default__trimmed(text) %}trim({{ text }}, ' ' || chr(10)){% endmacro %}

{% macro spark__trimmed(text) %}btrim({{ text }}, ' ' || chr(10)){% endmacro %}
