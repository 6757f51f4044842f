{#- Incremental models hold rows of tuning jobs. int_sagemaker_tuning__tuning_jobs says in
which build each tuning job last changed, and int_sagemaker_tuning__builds which build
each model has seen; the tuning jobs that changed since are what a model rebuilds. -#}


{#- Whether a row is to be built: it belongs to a tuning job that changed since this model
was last built. A full build takes all rows. -#}
{% macro is_changed(column='tuning_job_arn') -%}
    {%- set jobs, builds = ref('int_sagemaker_tuning__tuning_jobs'), ref('int_sagemaker_tuning__builds') -%}
    {%- if is_incremental() -%}
        {{ column }} in {{ sagemaker_tuning.changed_tuning_jobs(jobs, builds) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{#- Those rows of a table, as a subquery. DuckDB finds them by their numbers: it would read
every column of every row to filter by a list of names. -#}
{% macro changed_rows(table) -%}
(
    select * from {{ table }}
    {%- if is_incremental() and target.type == 'duckdb' %}
    where rowid in (select rowid from {{ table }} where {{ sagemaker_tuning.is_changed() }})
    {%- else %}
    where {{ sagemaker_tuning.is_changed() }}
    {%- endif %}
)
{%- endmacro %}


{#- The ARNs of the tuning jobs that changed since this model was last built. A short list
is written out: planners know then how few they are. -#}
{% macro changed_tuning_jobs(jobs, builds) -%}
    {%- set changed -%}
        select tuning_job_arn
        from {{ jobs }}
        where changed_in > (
            select coalesce(max(build), 0) from {{ builds }} where model = '{{ this.identifier }}'
        )
    {%- endset -%}
    {%- set arns = run_query(changed ~ ' limit 501').columns[0].values() if execute else [] -%}
    {%- if arns | length == 0 -%}
        (select tuning_job_arn from {{ jobs }} where false)
    {%- elif arns | length > 500 -%}
        ({{ changed }})
    {%- else -%}
        ({% for arn in arns %}{{ dbt.string_literal(dbt.escape_single_quotes(arn)) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}


{#- Replaces the rows of the tuning jobs that changed: those of tuning jobs that have no
rows any more go as well, which delete+insert by key would leave. -#}
{% macro get_incremental_changed_tuning_jobs_sql(arg_dict) -%}
    {{ return(adapter.dispatch('get_incremental_changed_tuning_jobs_sql', 'sagemaker_tuning')(arg_dict)) }}
{%- endmacro %}

{% macro default__get_incremental_changed_tuning_jobs_sql(arg_dict) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ sagemaker_tuning.is_changed() }};

    {{ get_insert_into_sql(
        arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns']
    ) }}
{%- endmacro %}

{% macro snowflake__get_incremental_changed_tuning_jobs_sql(arg_dict) -%}
    {{ snowflake_dml_explicit_transaction(
        sagemaker_tuning.default__get_incremental_changed_tuning_jobs_sql(arg_dict)
    ) }}
{%- endmacro %}


{#- Notes that a model has seen all changes so far; runs after the model, in the same
transaction where the warehouse has them. -#}
{% macro note_build() -%}
    insert into {{ ref('int_sagemaker_tuning__builds') }} (model, build)
    select '{{ this.identifier }}', coalesce(max(changed_in), 0)
    from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
{%- endmacro %}


{#- Lets Postgres look at a new table, which it does not do by itself before the next model
reads it: it would expect a few rows, and join in loops. -#}
{% macro analyze_if_new() -%}
    {%- if execute and target.type == 'postgres' -%}
        {%- set is_new = run_query(
            "select not exists (select 1 from pg_stats where schemaname = '"
            ~ this.schema ~ "' and tablename = '" ~ this.identifier ~ "')"
        ).columns[0].values()[0] -%}
        {{ 'analyze ' ~ this if is_new }}
    {%- endif -%}
{%- endmacro %}


{#- A number for the values of some columns, which differs if one of them does. -#}
{% macro hashed(columns) -%}
    {%- if target.type == 'postgres' -%}
        hash_record_extended(row({{ columns | join(', ') }}), 0)
    {%- else -%}
        hash({{ columns | join(', ') }})
    {%- endif -%}
{%- endmacro %}


{#- What the rows of every model depend on beside the tables: the models' own SQL, and the
variables. -#}
{% macro build_settings() -%}
    {%- set parts = [
        var('objective_directions', {}), var('currency', 'USD'),
        var('tuning_job_family', ''), var('team_tag', '')
    ] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.package_name == 'sagemaker_tuning' and node.resource_type == 'model' -%}
            {%- do parts.append(node.checksum.checksum) -%}
        {%- endfor -%}
    {%- endif -%}
    cast('{{ local_md5(tojson(parts)) }}' as {{ dbt.type_string() }})
{%- endmacro %}


{#- Of each model only its last build counts. -#}
{% macro forget_older_builds() -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where build < (select max(build) from {{ this }} as later where later.model = {{ this.identifier }}.model)
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
