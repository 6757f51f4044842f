{{ config(materialized='table') }}

with jobs as (
    select * from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
    where is_loaded
),

best as (
    select * from {{ ref('sagemaker_tuning__tuning_job_summary') }}
),

starts as (
    select
        jobs.account_id,
        jobs.region,
        jobs.tuning_job_name,
        jobs.tuning_job_arn,
        jobs.created_at,
        starts.parent_tuning_job_name,
        starts.warm_start_type
    from {{ ref('stg_sagemaker_tuning__warm_starts') }} as starts
    inner join jobs
        on starts.tuning_job_arn = jobs.tuning_job_arn
            and starts.created_at = jobs.created_at
),

-- A join on equality alone is fast. Names are unique regardless of case.
named_parents as (
    select
        starts.*,
        parents.tuning_job_arn as parent_tuning_job_arn,
        parents.created_at as parent_created_at
    from starts
    left join jobs as parents
        on starts.account_id = parents.account_id
            and starts.region = parents.region
            and lower(starts.parent_tuning_job_name) = lower(parents.tuning_job_name)
),

-- A tuning job that was created later only reuses the name of the deleted parent.
parents as (
    select
        named_parents.*,
        case
            when created_at >= parent_created_at then parent_tuning_job_arn
        end as known_parent_arn
    from named_parents
)

select
    parents.account_id,
    parents.region,
    parents.tuning_job_name,
    parents.tuning_job_arn,
    parents.parent_tuning_job_name,
    parents.known_parent_arn as parent_tuning_job_arn,
    parents.warm_start_type,
    best_of_parent.best_value as parent_best,
    best.best_value as best,
    case
        when parents.warm_start_type = 'IdenticalDataAndAlgorithm'
            and best.objective_metric_name = best_of_parent.objective_metric_name
            and best.objective_direction = best_of_parent.objective_direction
            then case best.objective_direction
                when 'Minimize' then best.best_value < best_of_parent.best_value
                else best.best_value > best_of_parent.best_value
            end
    end as is_better
from parents
left join best
    on parents.tuning_job_arn = best.tuning_job_arn
left join best as best_of_parent
    on parents.known_parent_arn = best_of_parent.tuning_job_arn
