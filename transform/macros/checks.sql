{#- Stops a build before it changes anything if its input is not what the models
understand, and logs a line for each stream that was never loaded. Only for builds that
include one of these models, since other projects' builds run this, too. -#}
{% macro check_input() %}
    {#- Outside of the condition, so that dbt sees them when it parses. -#}
    {%- set tables = {} -%}
    {%- for stream in sagemaker_tuning.streams() -%}
        {%- do tables.update({stream: source('sagemaker_tuning', stream)}) -%}
    {%- endfor -%}
    {%- set built = {
        'tuning_jobs': (ref('sagemaker_tuning__tuning_job_summary'), 'tuning_job_arn'),
        'training_job_summaries': (ref('sagemaker_tuning__trials'), 'training_job_arn'),
        'scopes': (ref('sagemaker_tuning__completeness'), 'scope_status'),
    } -%}
    {%- if execute and sagemaker_tuning.is_selected() -%}
        {%- if target.type not in ['databricks', 'duckdb', 'postgres', 'snowflake', 'spark'] -%}
            {%- do sagemaker_tuning.refuse(
                'these models run on DuckDB, Postgres, Snowflake, Spark and Databricks, not on '
                ~ target.type ~ '.'
            ) -%}
        {%- endif -%}
        {%- do sagemaker_tuning.check_session() -%}
        {%- set missing = [] -%}
        {%- for stream, lack in sagemaker_tuning.streams().items() -%}
            {%- set relation = load_relation(tables[stream]) -%}
            {%- if relation is none -%}
                {%- do missing.append(stream) -%}
                {%- do log('Stream ' ~ stream ~ ' was never loaded into '
                    ~ tables[stream].schema ~ ': ' ~ lack ~ '.', info=true) -%}
            {%- else -%}
                {%- do sagemaker_tuning.check_table(relation) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not var('sagemaker_tuning_allow_empty', false) -%}
            {%- do sagemaker_tuning.check_missing(missing, built, tables) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The streams, and what the models lack without each of them. -#}
{% macro streams() %}
    {{- return({
        'tuning_jobs': 'models about tuning jobs are empty',
        'training_job_summaries': 'models about trials are empty',
        'scopes': 'completeness and deletions are unknown',
        'tuning_job_details': 'ranges, parents and the direction of objectives are unknown',
        'training_job_details': 'instances, billed seconds and costs are unknown',
        'training_job_metrics': 'learning curves and utilization are unknown',
        'training_instance_prices': 'costs and shares of a machine are unknown',
    }) -}}
{% endmacro %}


{#- Whether the command builds any of these models. -#}
{% macro is_selected() %}
    {%- for name in selected_resources if name.startswith('model.sagemaker_tuning.') -%}
        {{- return(true) -}}
    {%- endfor -%}
    {{- return(false) -}}
{% endmacro %}


{#- Refuses a session whose days are not those of UTC. -#}
{% macro check_session() %}{{ return(adapter.dispatch('check_session', 'sagemaker_tuning')()) }}{% endmacro %}

{% macro default__check_session() %}{% endmacro %}

{% macro spark__check_session() %}
    {%- set zone = run_query('select current_timezone()').columns[0].values()[0] -%}
    {%- if zone not in ['UTC', 'Etc/UTC', 'GMT', 'Z', '+00:00'] -%}
        {%- do sagemaker_tuning.refuse(
            "the session's time zone is " ~ zone ~ '. Set spark.sql.session.timeZone to UTC.'
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- Refuses a table that cannot be read, or that was loaded flattened: a column such as
resource_limits__max_parallel_training_jobs instead of resource_limits. -#}
{% macro check_table(relation) %}
    {%- set names = sagemaker_tuning.column_names(relation) -%}
    {%- if names | length == 0 -%}
        {%- do sagemaker_tuning.refuse(
            'cannot read the columns of ' ~ relation ~ '. Grant select on it to ' ~ target.user ~ '.'
        ) -%}
    {%- endif -%}
    {%- for name in names if '__' in name[1:] and not name.startswith('_') -%}
        {%- if name.split('__')[0] not in names -%}
            {%- do sagemaker_tuning.refuse(
                relation ~ ' was loaded flattened: it has ' ~ name ~ ' instead of '
                ~ name.split('__')[0] ~ '. Turn off flattening_enabled, drop the table, and '
                ~ 'read everything again, as with meltano run --full-refresh.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- Refuses to empty models because a table of a default stream is gone.

Arguments:
    missing: The streams without a table.
    built: For each default stream, a model that reads it, and a column that it fills.
    tables: The table of each stream.
-#}
{% macro check_missing(missing, built, tables) %}
    {%- set emptied = [] -%}
    {%- for stream, (model, column) in built.items() if stream in missing -%}
        {%- set relation = load_relation(model) -%}
        {%- if relation is not none and run_query(
            'select 1 from ' ~ relation ~ ' where ' ~ column ~ ' is not null limit 1'
        ).rows | length -%}
            {%- do emptied.append(stream) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if emptied -%}
        {%- do sagemaker_tuning.refuse(
            emptied | join(', ') ~ (' is' if emptied | length == 1 else ' are')
            ~ ' missing from ' ~ tables[emptied[0]].schema
            ~ ', but the models have rows from there, which this build would delete. Check the '
            ~ 'variable sagemaker_tuning_schema, or set sagemaker_tuning_allow_empty to true.'
        ) -%}
    {%- endif -%}
{% endmacro %}


{% macro refuse(message) %}
    {%- do exceptions.raise_compiler_error('sagemaker_tuning: ' ~ message) -%}
{% endmacro %}
