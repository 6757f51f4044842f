with jobs as (
    select * from {{ ref('stg_sagemaker_tuning__tuning_jobs') }}
),

-- The best of a tuning job, unless its definitions have different objectives.
best as (
    select
        tuning_job_arn,
        min(objective_metric_name) as objective_metric_name,
        min(objective_direction) as objective_direction,
        case min(objective_direction)
            when 'Minimize' then min(objective_value) else max(objective_value)
        end as best
    from {{ ref('sagemaker_tuning__trials') }}
    where place = 1
    group by tuning_job_arn
    having min(objective_metric_name) = max(objective_metric_name)
        and min(objective_direction) = max(objective_direction)
)

select
    children.account_id,
    children.region,
    children.tuning_job_name,
    children.tuning_job_arn,
    starts.parent_tuning_job_name,
    parents.tuning_job_arn as parent_tuning_job_arn,
    starts.warm_start_type,
    best_of_parent.best as parent_best,
    best.best,
    case
        when best.objective_metric_name = best_of_parent.objective_metric_name
            and best.objective_direction = best_of_parent.objective_direction
            then case best.objective_direction
                when 'Minimize' then best.best < best_of_parent.best
                else best.best > best_of_parent.best
            end
    end as is_better
from {{ ref('stg_sagemaker_tuning__warm_starts') }} as starts
inner join jobs as children
    on starts.tuning_job_arn = children.tuning_job_arn
        and starts.created_at = children.created_at
-- Names do not differ by case alone. One that was created later took a deleted one's name.
left join jobs as parents
    on children.account_id = parents.account_id
        and children.region = parents.region
        and lower(starts.parent_tuning_job_name) = lower(parents.tuning_job_name)
        and children.created_at >= parents.created_at
left join best
    on children.tuning_job_arn = best.tuning_job_arn
left join best as best_of_parent
    on parents.tuning_job_arn = best_of_parent.tuning_job_arn
