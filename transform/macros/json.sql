{#- A member of a JSON object, as text. -#}
{% macro json_text(json, key) %}{{ return(adapter.dispatch('json_text', 'sagemaker_tuning')(json, key)) }}{% endmacro %}

{% macro default__json_text(json, key) %}({{ json }} ->> '{{ key }}'){% endmacro %}

{% macro snowflake__json_text(json, key) %}cast(get_path({{ json }}, '{{ key }}') as varchar){% endmacro %}

{#- On Spark, JSON is text. -#}
{% macro spark__json_text(json, key) %}get_json_object({{ json }}, '$.{{ key }}'){% endmacro %}


{#- A member of a JSON object, as JSON. -#}
{% macro json_part(json, key) %}{{ return(adapter.dispatch('json_part', 'sagemaker_tuning')(json, key)) }}{% endmacro %}

{% macro default__json_part(json, key) %}({{ json }} -> '{{ key }}'){% endmacro %}

{% macro snowflake__json_part(json, key) %}get_path({{ json }}, '{{ key }}'){% endmacro %}

{% macro spark__json_part(json, key) %}{{ sagemaker_tuning.spark__json_text(json, key) }}{% endmacro %}


{#- A join that yields one row per item of a JSON array, with JSON in item.value; no rows if
it is not an array. -#}
{% macro join_items(json, item) %}{{ return(adapter.dispatch('join_items', 'sagemaker_tuning')(json, item)) }}{% endmacro %}

{% macro default__join_items(json, item) -%}
cross join lateral jsonb_array_elements(
    case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end
) as {{ item }} (value)
{%- endmacro %}

{% macro duckdb__join_items(json, item) -%}
cross join unnest(cast({{ json }} as json[])) as {{ item }} (value)
{%- endmacro %}

{% macro snowflake__join_items(json, item) -%}
cross join lateral flatten(input => {{ json }}) as {{ item }}
{%- endmacro %}

{% macro spark__join_items(json, item) -%}
lateral view explode(from_json({{ json }}, 'array<string>')) {{ item }} as value
{%- endmacro %}


{#- A join that yields one row per member of a JSON object with text values: see entry_key
and entry_value; no rows if it is not an object. -#}
{% macro join_entries(json, entry) %}{{ return(adapter.dispatch('join_entries', 'sagemaker_tuning')(json, entry)) }}{% endmacro %}

{% macro default__join_entries(json, entry) -%}
cross join lateral jsonb_each_text(
    case when jsonb_typeof({{ json }}) = 'object' then {{ json }} end
) as {{ entry }} (key, value)
{%- endmacro %}

{% macro duckdb__join_entries(json, entry) -%}
cross join unnest(
    map_entries(cast({{ json }} as map(varchar, varchar)))
) as {{ entry }} (pair)
{%- endmacro %}

{% macro snowflake__join_entries(json, entry) -%}
cross join lateral flatten(input => {{ json }}) as {{ entry }}
{%- endmacro %}

{% macro spark__join_entries(json, entry) -%}
lateral view explode(from_json({{ json }}, 'map<string, string>')) {{ entry }} as key, value
{%- endmacro %}


{% macro entry_key(entry) %}{{ return(adapter.dispatch('entry_key', 'sagemaker_tuning')(entry)) }}{% endmacro %}

{% macro default__entry_key(entry) %}{{ entry }}.key{% endmacro %}

{% macro duckdb__entry_key(entry) %}{{ entry }}.pair.key{% endmacro %}


{% macro entry_value(entry) %}{{ return(adapter.dispatch('entry_value', 'sagemaker_tuning')(entry)) }}{% endmacro %}

{% macro default__entry_value(entry) %}{{ entry }}.value{% endmacro %}

{% macro duckdb__entry_value(entry) %}{{ entry }}.pair.value{% endmacro %}

{% macro snowflake__entry_value(entry) %}cast({{ entry }}.value as varchar){% endmacro %}


{#- A join that yields one row per item of a JSON array of text: see item_text and
item_number, which counts from 1. -#}
{% macro join_numbered_items(json, item) %}{{ return(adapter.dispatch('join_numbered_items', 'sagemaker_tuning')(json, item)) }}{% endmacro %}

{% macro default__join_numbered_items(json, item) -%}
cross join lateral jsonb_array_elements_text(
    case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end
) with ordinality as {{ item }} (value, number)
{%- endmacro %}

{% macro duckdb__join_numbered_items(json, item) -%}
cross join unnest(
    list_zip(
        cast({{ json }} as varchar[]), range(1, len(cast({{ json }} as varchar[])) + 1)
    )
) as {{ item }} (pair)
{%- endmacro %}

{% macro snowflake__join_numbered_items(json, item) -%}
cross join lateral flatten(input => {{ json }}) as {{ item }}
{%- endmacro %}

{% macro spark__join_numbered_items(json, item) -%}
lateral view posexplode(from_json({{ json }}, 'array<string>')) {{ item }} as index, value
{%- endmacro %}


{% macro item_text(item) %}{{ return(adapter.dispatch('item_text', 'sagemaker_tuning')(item)) }}{% endmacro %}

{% macro default__item_text(item) %}{{ item }}.value{% endmacro %}

{% macro duckdb__item_text(item) %}{{ item }}.pair[1]{% endmacro %}

{% macro snowflake__item_text(item) %}cast({{ item }}.value as varchar){% endmacro %}


{% macro item_number(item) %}{{ return(adapter.dispatch('item_number', 'sagemaker_tuning')(item)) }}{% endmacro %}

{% macro default__item_number(item) %}{{ item }}.number{% endmacro %}

{% macro duckdb__item_number(item) %}{{ item }}.pair[2]{% endmacro %}

{% macro snowflake__item_number(item) %}({{ item }}.index + 1){% endmacro %}

{% macro spark__item_number(item) %}({{ item }}.index + 1){% endmacro %}


{#- Text as a JSON string. -#}
{% macro json_string(text) %}{{ return(adapter.dispatch('json_string', 'sagemaker_tuning')(text)) }}{% endmacro %}

{% macro default__json_string(text) %}cast(to_json({{ text }}) as varchar){% endmacro %}

{% macro postgres__json_string(text) %}cast(to_json(cast({{ text }} as text)) as text){% endmacro %}

{% macro snowflake__json_string(text) %}to_json(to_variant({{ text }})){% endmacro %}

{#- An array of one text, without its brackets. -#}
{% macro spark__json_string(text) %}regexp_extract(to_json(array({{ text }})), '(?s)^.(.*).$', 1){% endmacro %}


{#- The texts of a group in a given order, joined with commas. -#}
{% macro joined(text, order) %}{{ return(adapter.dispatch('joined', 'sagemaker_tuning')(text, order)) }}{% endmacro %}

{% macro default__joined(text, order) %}string_agg({{ text }}, ',' order by {{ order }}){% endmacro %}

{% macro snowflake__joined(text, order) %}listagg({{ text }}, ',') within group (order by {{ order }}){% endmacro %}

{% macro spark__joined(text, order) -%}
nullif(array_join(array_sort(collect_list(struct({{ order }} as place, {{ text }} as text))).text, ','), '')
{%- endmacro %}
