select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    definition_name,
    training_job_name,
    training_job_arn,
    cast(row_number() over (
        partition by tuning_job_arn, definition_name
        order by ended_at, training_job_name
    ) as bigint) as trial_number,
    ended_at,
    objective_metric_name,
    objective_value,
    objective_direction,
    case objective_direction
        when 'Maximize' then max(objective_value) over (
        partition by tuning_job_arn, definition_name
        order by ended_at, training_job_name
        rows between unbounded preceding and current row
    )
        when 'Minimize' then min(objective_value) over (
        partition by tuning_job_arn, definition_name
        order by ended_at, training_job_name
        rows between unbounded preceding and current row
    )
    end as best_so_far
from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
where objective_value is not null
    and ended_at is not null
    and not is_of_deleted_namesake
