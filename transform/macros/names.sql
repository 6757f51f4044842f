{#- The family of a tuning job: the match, or its first group, of the regular expression
sagemaker_tuning_tuning_job_family in its name. Null if the variable is not set or does not match. -#}
{% macro family_of(name) -%}
    {%- set pattern = sagemaker_tuning.setting('tuning_job_family', '') -%}
    {%- if pattern -%}
        {%- set group = [modules.re.compile(pattern).groups, 1] | min -%}
        {{ adapter.dispatch('family_of', 'sagemaker_tuning')(
            name, sagemaker_tuning.literal(pattern), group
        ) }}
    {%- else -%}
        cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}

{% macro default__family_of(name, pattern, group) -%}
nullif(substring({{ name }} from {{ pattern }}), '')
{%- endmacro %}

{% macro duckdb__family_of(name, pattern, group) -%}
nullif(regexp_extract({{ name }}, {{ pattern }}, {{ group }}), '')
{%- endmacro %}

{% macro snowflake__family_of(name, pattern, group) -%}
nullif(regexp_substr({{ name }}, {{ pattern | replace('\\', '\\\\') }}, 1, 1, 'e', {{ group }}), '')
{%- endmacro %}

{% macro spark__family_of(name, pattern, group) -%}
nullif(regexp_extract({{ name }}, {{ pattern }}, {{ group }}), '')
{%- endmacro %}


{#- The value of the tag that the variable sagemaker_tuning_team_tag names; null if it is not set. -#}
{% macro team_of(tags) -%}
    {%- set key = sagemaker_tuning.setting('team_tag', '') -%}
    {%- if key -%}
        {{ adapter.dispatch('team_of', 'sagemaker_tuning')(tags, key) }}
    {%- else -%}
        cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}

{% macro default__team_of(tags, key) -%}
(
    jsonb_path_query_first(
        {{ tags }}, '$[*] ? (@.key == $key)',
        jsonb_build_object('key', {{ sagemaker_tuning.literal(key) }})
    ) ->> 'value'
)
{%- endmacro %}

{% macro duckdb__team_of(tags, key) -%}
(
    list_filter(
        cast({{ tags }} as json[]),
        tag -> (tag ->> 'key') = {{ sagemaker_tuning.literal(key) }}
    )[1] ->> 'value'
)
{%- endmacro %}

{% macro spark__team_of(tags, key) -%}
get_json_object(
    get(
        filter(
            from_json({{ tags }}, 'array<string>'),
            tag -> get_json_object(tag, '$.key') = {{ sagemaker_tuning.literal(key) }}
        ),
        0
    ),
    '$.value'
)
{%- endmacro %}

{#- On Snowflake the team comes from a join: see team_join. -#}
{% macro snowflake__team_of(tags, key) -%}
teams.team
{%- endmacro %}


{#- The join for teams on Snowflake, which cannot look up a tag in an expression. -#}
{% macro team_join(details) -%}
{%- set key = sagemaker_tuning.setting('team_tag', '') -%}
{%- if key and target.type == 'snowflake' -%}
left join (
    select
        {{ details }}.training_job_arn,
        max({{ sagemaker_tuning.json_text('tag.value', 'value') }}) as team
    from {{ details }}
    {{ sagemaker_tuning.join_items(details ~ '.tags', 'tag') }}
    where {{ sagemaker_tuning.json_text('tag.value', 'key') }}
        = {{ sagemaker_tuning.literal(key) }}
    group by {{ details }}.training_job_arn
) as teams
    on {{ details }}.training_job_arn = teams.training_job_arn
{%- endif -%}
{%- endmacro %}
