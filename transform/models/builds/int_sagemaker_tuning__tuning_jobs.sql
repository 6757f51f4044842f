-- One row per tuning job with any loaded data: whether it is deleted, and the build in
-- which its rows last changed. It compares with its previous version, which it replaces.
{{ config(materialized='table', post_hook='{{ analyze_if_new() }}') }}

{%- set before = load_relation(this) if can_change_tables() and not flags.FULL_REFRESH else none %}

with jobs as (
    select * from {{ ref('stg_sagemaker_tuning__tuning_jobs') }}
),

counted as (
    select
        tuning_job_arn,
        min(account_id) as account_id,
        min(region) as region,
        min(tuning_job_name) as tuning_job_name,
        count(
            case
                when status in ('Completed', 'Failed', 'Stopped')
                    and coalesce(objective_status, '') <> 'Pending'
                    then 1
            end
        ) as final_trials,
        count(*) as trials,
        max(created_at) as last_created_at,
        max(started_at) as last_started_at,
        max(ended_at) as last_ended_at,
        {{ hashed_rows([
            'account_id', 'region', 'tuning_job_name', 'training_job_name',
            'training_job_arn', 'definition_name', 'status', 'objective_status',
            'objective_metric', 'tuned_hyper_parameters', 'created_at', 'started_at',
            'ended_at', 'failure_reason',
        ]) }} as signature
    from {{ ref('stg_sagemaker_tuning__training_job_summaries') }}
    group by tuning_job_arn
),

detailed as (
    select
        tuning_job_arn,
        count(*) as trials,
        {{ hashed_rows([
            'account_id', 'region', 'training_job_arn', 'secondary_status',
            'resource_config', 'is_spot', 'billable_seconds', 'training_seconds',
            'warm_pool_seconds', 'model_artifacts', 'team',
        ]) }} as signature
    from {{ ref('stg_sagemaker_tuning__training_job_details') }}
    group by tuning_job_arn
),

details as (
    select
        tuning_job_arn,
        {{ hashed([
            'account_id', 'region', 'tuning_job_name', 'created_at',
            'objective_metric_name', 'objective_type', 'early_stopping_type',
            'training_job_definitions', 'target_value', 'has_converged',
            'warm_start_type', 'parent_tuning_jobs',
        ]) }} as signature
    from {{ ref('stg_sagemaker_tuning__tuning_job_details') }}
),

measured as (
    select
        tuning_job_arn,
        count(*) as series,
        {{ hashed_rows([
            'training_job_arn', 'metric_name', 'host', 'period_seconds', 'version',
        ]) }} as signature
    from {{ ref('stg_sagemaker_tuning__training_job_metrics') }}
    group by tuning_job_arn
),

machines as (
    select
        region,
        {{ hashed_rows(['instance_type', 'vcpu', 'gpu', 'memory']) }} as signature
    from {{ ref('stg_sagemaker_tuning__instance_types') }}
    group by region
),

prices as (
    select
        region,
        {{ hashed_rows(['instance_type', 'currency', 'price_per_hour', 'valid_from']) }} as signature
    from {{ ref('stg_sagemaker_tuning__training_instance_prices') }}
    group by region
),

listed as (
    select
        coalesce(jobs.account_id, counted.account_id) as account_id,
        coalesce(jobs.region, counted.region) as region,
        coalesce(jobs.tuning_job_name, counted.tuning_job_name) as tuning_job_name,
        coalesce(jobs.tuning_job_arn, counted.tuning_job_arn) as tuning_job_arn,
        jobs.tuning_job_arn is not null as is_loaded,
        jobs.status,
        jobs.strategy,
        jobs.created_at,
        jobs.ended_at,
        jobs.max_parallel,
        jobs.max_runtime_seconds,
        jobs.counted_trials,
        jobs.received_at,
        jobs.ended_at is not null
        and coalesce(counted.trials = counted.final_trials, true) as is_settled,
        greatest(
            jobs.created_at,
            coalesce(jobs.last_modified_at, jobs.created_at),
            coalesce(counted.last_created_at, jobs.created_at),
            coalesce(counted.last_started_at, jobs.created_at),
            coalesce(counted.last_ended_at, jobs.created_at)
        ) as last_sign_at,
        counted.signature as trials_signature
    from jobs
    full outer join counted
        on jobs.tuning_job_arn = counted.tuning_job_arn
),

-- Unsettled tuning jobs, which the tap follows until a week after their end.
followed as (
    select
        listed.tuning_job_arn,
        listed.received_at,
        scopes.status as scope_status,
        scopes.tuning_jobs_open,
        -- When the last complete sync began.
        case
            when scopes.status = 'complete' then scopes.started_at
            else scopes.complete_as_of
        end as complete_from,
        row_number() over (
            partition by listed.account_id, listed.region
            order by listed.last_sign_at desc, listed.tuning_job_arn
        ) as place
    from listed
    inner join {{ ref('stg_sagemaker_tuning__scopes') }} as scopes
        on listed.account_id = scopes.account_id and listed.region = scopes.region
    where listed.is_loaded
        and not listed.is_settled
        and (
            listed.ended_at is null
            or listed.ended_at > scopes.complete_as_of - interval '7 days'
        )
),

-- Each complete sync reads every tuning job that can still change, so any that it did not
-- read was deleted. If the arrival time of rows is unknown, the scope has the number of
-- such tuning jobs; assume that these are the ones with the latest activity.
deleted as (
    select tuning_job_arn
    from followed
    where case
        when received_at is not null then received_at < complete_from
        when scope_status = 'complete' then place > tuning_jobs_open
    end
),

signed as (
    select
        listed.*,
        deleted.tuning_job_arn is not null as is_deleted,
        {{ family_of('listed.tuning_job_name') }} as family,
        cast(
            {{ hashed([
                'listed.account_id', 'listed.region', 'listed.tuning_job_name',
                'listed.status', 'listed.strategy', 'listed.created_at',
                'listed.ended_at', 'listed.max_parallel', 'listed.max_runtime_seconds',
                'listed.counted_trials', 'deleted.tuning_job_arn', 'listed.trials_signature',
                'detailed.signature', 'detailed.trials', 'details.signature',
                'measured.signature', 'measured.series', 'machines.signature',
                'prices.signature', build_settings(),
            ]) }} as {{ dbt.type_string() }}
        ) as signature
    from listed
    left join deleted
        on listed.tuning_job_arn = deleted.tuning_job_arn
    left join detailed
        on listed.tuning_job_arn = detailed.tuning_job_arn
    left join details
        on listed.tuning_job_arn = details.tuning_job_arn
    left join measured
        on listed.tuning_job_arn = measured.tuning_job_arn
    left join machines
        on listed.region = machines.region
    left join prices
        on listed.region = prices.region
),

{% if before is none -%}
before as (
    select
        cast(null as {{ dbt.type_string() }}) as tuning_job_arn,
        cast(null as {{ dbt.type_string() }}) as signature,
        cast(0 as bigint) as changed_in
    where false
),
{%- else -%}
before as (
    select tuning_job_arn, signature, changed_in
    from {{ before }}
),
{%- endif %}

builds as (
    select max(build) as build from {{ ref('int_sagemaker_tuning__builds') }}
    union all
    select max(changed_in) as build from before
),

next_build as (
    select coalesce(max(build), 0) + 1 as build from builds
)

-- A tuning job keeps its row here when its data is gone, so that the models delete theirs.
select
    signed.account_id,
    signed.region,
    signed.tuning_job_name,
    coalesce(signed.tuning_job_arn, before.tuning_job_arn) as tuning_job_arn,
    coalesce(signed.is_loaded, false) as is_loaded,
    signed.status,
    signed.strategy,
    signed.created_at,
    signed.ended_at,
    signed.max_parallel,
    signed.max_runtime_seconds,
    signed.counted_trials,
    signed.family,
    signed.is_settled,
    signed.is_deleted,
    signed.signature,
    case
        when coalesce(signed.signature, '') = coalesce(before.signature, '')
            and before.tuning_job_arn is not null
            then before.changed_in
        else next_build.build
    end as changed_in
from signed
full outer join before
    on signed.tuning_job_arn = before.tuning_job_arn
cross join next_build
