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
{%- set said = "regexp_replace(regexp_replace(trim(" ~ said ~ ", ' ' || chr(10)), '^\"', ''), '\"$', '')" -%}
case
    when {{ reason }} is not null then coalesce(
        {{ sagemaker_tuning.last_error_line(said) }},
        nullif({{ sagemaker_tuning.first_line(said) }}, ''),
        {{ sagemaker_tuning.last_error_line(reason) }},
        nullif(
            {{ sagemaker_tuning.first_line("regexp_replace(" ~ reason ~ ", '" ~ sagemaker_tuning.headings() ~ "', '')") }}, ''
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
nullif(regexp_replace({{ text }}, '{{ sagemaker_tuning.error_line() }}', {{ sagemaker_tuning.third_group() }}), {{ text }})
{%- endmacro %}

{#- Contains a literal line break, because warehouses escape it differently. -#}
{% macro error_line() -%}
{%- set newline = '\n' -%}
{%- set name = '[A-Za-z_][A-Za-z0-9_.]*(Error|Exception|Interrupt|SystemExit|StopIteration)' -%}
^(.|{{ newline }})*{{ newline }}([[:blank:]]*)({{ name }}(: [^{{ newline }}]*[^:{{ newline }}[:blank:]])?)[[:blank:]]*({{ newline }}(.|{{ newline }})*)?$
{%- endmacro %}

{% macro third_group() %}{{ "'\\\\3'" if target.type == 'snowflake' else "'\\3'" }}{% endmacro %}

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
    ('[+-]?[0-9][0-9.]*[[:blank:]]?([KMGTP]i?B|[kmg]b|bytes|B)([^A-Za-z]|$)', '<size>' ~ ('\\\\2' if target.type == 'snowflake' else '\\2')),
    ('0x[0-9a-fA-F]+', '<n>'),
    ('[+-]?[0-9]+([.][0-9]+)*([eE][+-]?[0-9]+)?', '<n>'),
] -%}
{%- set masked = namespace(text=line) -%}
{%- for pattern, mask in masks -%}
    {%- set masked.text = "regexp_replace(" ~ masked.text ~ ", '" ~ pattern ~ "', '" ~ mask ~ "'" ~ (", 'g'" if target.type != 'snowflake') ~ ")" -%}
{%- endfor -%}
{{ masked.text }}
{%- endmacro %}
