{#- Incremental models rebuild the rows of changed tuning jobs.
int_sagemaker_tuning__tuning_jobs has the build in which each tuning job last changed, and
int_sagemaker_tuning__builds the last build that each model has processed. A model
rebuilds the tuning jobs that changed since. -#}


{#- Whether to build a row: its tuning job changed since the last build of this model. Full
builds include all rows. -#}
{% macro is_changed(column='tuning_job_arn') -%}
    {%- set jobs, builds = ref('int_sagemaker_tuning__tuning_jobs'), ref('int_sagemaker_tuning__builds') -%}
    {%- if is_incremental() -%}
        {{ column }} in {{ sagemaker_tuning.changed_tuning_jobs(jobs, builds) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{#- The rows of a table to build, as a subquery. On DuckDB it selects them by rowid, because
filtering by a list of names would read every column of every row. -#}
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


{#- The ARNs of the tuning jobs that changed since the last build of this model. A short list
is inlined, so that the query planner knows its length. -#}
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
        ({% for arn in arns %}{{ sagemaker_tuning.literal(arn) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}


{#- Replaces the rows of changed tuning jobs. Unlike delete+insert by key, it also deletes the
rows of tuning jobs that no longer have any. -#}
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


{#- On Spark, only Delta and Iceberg can delete rows: a hook does it, before dbt appends the
new ones. On Parquet, each build replaces the table. -#}
{% macro delete_changed() %}{{ return(adapter.dispatch('delete_changed', 'sagemaker_tuning')()) }}{% endmacro %}

{% macro default__delete_changed() %}{% endmacro %}

{% macro spark__delete_changed() -%}
    {%- if is_incremental() -%}
    merge into {{ this }} as old
    using (
        select tuning_job_arn from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
        where changed_in > (
            select coalesce(max(build), 0) from {{ ref('int_sagemaker_tuning__builds') }}
            where model = '{{ this.identifier }}'
        )
    ) as changed
    on old.tuning_job_arn = changed.tuning_job_arn
    when matched then delete
    {%- endif -%}
{%- endmacro %}


{#- Whether a build can change a table instead of replacing it. -#}
{% macro can_change_tables() %}{{ return(adapter.dispatch('can_change_tables', 'sagemaker_tuning')()) }}{% endmacro %}

{% macro default__can_change_tables() %}{{ return(true) }}{% endmacro %}

{% macro spark__can_change_tables() %}{{ return(env_var('DBT_SPARK_FILE_FORMAT', '') in ['delta', 'iceberg']) }}{% endmacro %}

{% macro databricks__can_change_tables() %}{{ return(true) }}{% endmacro %}


{#- Records that a model has processed all changes so far, or as many as its inputs: dbt can
build it without them. Runs after the model, in the same transaction if the warehouse has
transactions. -#}
{% macro note_build() -%}
    {%- set builds = ref('int_sagemaker_tuning__builds') -%}
    {%- set jobs = ref('int_sagemaker_tuning__tuning_jobs') -%}
    {%- if model.config.materialized == 'incremental' -%}
    insert into {{ builds }} (model, build)
    select
        '{{ this.identifier }}',
        least(
            coalesce(max(changed_in), 0)
            {%- for input in sagemaker_tuning.incremental_inputs(model) %},
            (select coalesce(max(build), 0) from {{ builds }} where model = '{{ input }}')
            {%- endfor %}
        )
    from {{ jobs }}
    {%- endif -%}
{%- endmacro %}


{#- How to build a model that only selects columns of another one: as a view, except on
Postgres, where a full build of the other one would drop it, and where the tables are files
for all to read. -#}
{% macro view_or_table() %}{{ return(adapter.dispatch('view_or_table', 'sagemaker_tuning')()) }}{% endmacro %}

{% macro default__view_or_table() %}{{ return('view') }}{% endmacro %}

{% macro postgres__view_or_table() %}{{ return('incremental') }}{% endmacro %}

{% macro spark__view_or_table() %}{{ return('view' if sagemaker_tuning.can_change_tables() else 'table') }}{% endmacro %}


{#- The tables of the incremental models that a model reads, directly or through views. -#}
{% macro incremental_inputs(node) -%}
    {%- set names = [] -%}
    {%- for id in node.depends_on.nodes if execute and id in graph.nodes -%}
        {%- set input = graph.nodes[id] -%}
        {%- if input.config.materialized == 'incremental'
            and input.name != 'int_sagemaker_tuning__builds' -%}
            {%- do names.append(input.alias) -%}
        {%- elif input.config.materialized == 'view' -%}
            {%- do names.extend(sagemaker_tuning.incremental_inputs(input)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro %}


{#- Analyzes a new table on Postgres, which would not do so before the next model reads it.
Without statistics it expects only a few rows, and joins in nested loops. -#}
{% macro analyze_if_new() -%}
    {%- if execute and target.type == 'postgres' -%}
        {%- set is_new = run_query(
            "select not exists (select 1 from pg_stats where schemaname = '"
            ~ this.schema ~ "' and tablename = '" ~ this.identifier ~ "')"
        ).columns[0].values()[0] -%}
        {{ 'analyze ' ~ this if is_new }}
    {%- endif -%}
{%- endmacro %}


{#- A hash of some columns. -#}
{% macro hashed(columns) %}{{ return(adapter.dispatch('hashed', 'sagemaker_tuning')(columns)) }}{% endmacro %}

{% macro default__hashed(columns) %}hash({{ columns | join(', ') }}){% endmacro %}

{% macro postgres__hashed(columns) %}hash_record_extended(row({{ columns | join(', ') }}), 0){% endmacro %}

{#- On Spark a null does not change a hash, so that 'a', null would equal null, 'a'. -#}
{% macro spark__hashed(columns) -%}
xxhash64({% for column in columns %}{{ column }}, {{ column }} is null{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{#- A hash of the rows of a group, in any order. -#}
{% macro hashed_rows(columns) %}{{ return(adapter.dispatch('hashed_rows', 'sagemaker_tuning')(columns)) }}{% endmacro %}

{% macro default__hashed_rows(columns) %}sum({{ sagemaker_tuning.hashed(columns) }}){% endmacro %}

{#- On Spark the sum of whole numbers can overflow. -#}
{% macro spark__hashed_rows(columns) %}sum(cast({{ sagemaker_tuning.hashed(columns) }} as decimal(38, 0))){% endmacro %}


{#- A number for each value of a column, which joins faster than a text. -#}
{% macro numbered(column) %}{{ return(adapter.dispatch('numbered', 'sagemaker_tuning')(column)) }}{% endmacro %}

{% macro default__numbered(column) %}row_number() over (order by {{ column }}){% endmacro %}

{#- To number all rows, Spark would move them to one partition. -#}
{% macro spark__numbered(column) %}xxhash64({{ column }}){% endmacro %}


{#- A hash of everything except the tables that the models depend on: their SQL and the
variables. -#}
{% macro build_settings() -%}
    {%- set parts = [
        sagemaker_tuning.setting('objective_directions', {}),
        sagemaker_tuning.setting('currency', 'USD'),
        sagemaker_tuning.setting('tuning_job_family', ''),
        sagemaker_tuning.setting('team_tag', '')
    ] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.package_name == 'sagemaker_tuning' and node.resource_type == 'model' -%}
            {%- do parts.append(node.checksum.checksum) -%}
        {%- endfor -%}
    {%- endif -%}
    cast('{{ local_md5(tojson(parts)) }}' as {{ dbt.type_string() }})
{%- endmacro %}


{#- Deletes all but the latest row of each model, since only that one counts. -#}
{% macro forget_older_builds() %}{{ return(adapter.dispatch('forget_older_builds', 'sagemaker_tuning')()) }}{% endmacro %}

{% macro default__forget_older_builds() -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where build < (select max(build) from {{ this }} as later where later.model = {{ this.identifier }}.model)
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{% macro spark__forget_older_builds() -%}
    {%- if is_incremental() -%}
    merge into {{ this }} as old
    using (select model, max(build) as build from {{ this }} group by model) as latest
    on old.model = latest.model and old.build < latest.build
    when matched then delete
    {%- endif -%}
{%- endmacro %}
