-- A row a trial that has a place, and which of those in the first place came first.
select
    *,
    row_number() over (
        partition by tuning_job_arn, definition_name
        order by place, created_at, training_job_name
    ) as place_without_ties,
    case objective_direction when 'Minimize' then -objective_value else objective_value
        end as goodness
from {{ ref('sagemaker_tuning__trials') }}
where place is not null
