-- One row per hyperparameter of each good trial: the best quarter of each definition, but
-- at least five.
with ranked as (
    select
        tuning_job_arn,
        coalesce(definition_name, '') as definition_key,
        training_job_name,
        training_job_arn,
        created_at,
        place
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where place is not null
),

counted as (
    select
        tuning_job_arn,
        definition_key,
        count(*) as trials
    from ranked
    group by tuning_job_arn, definition_key
),

best as (
    select
        ranked.tuning_job_arn,
        ranked.definition_key,
        ranked.training_job_arn,
        counted.trials,
        ranked.place <= greatest(3, ceil(counted.trials / 10.0)) as is_of_best_tenth,
        ranked.place <= greatest(5, ceil(counted.trials / 5.0)) as is_of_best_fifth,
        ranked.place <= ceil(counted.trials / 4.0) as is_of_best_quarter,
        row_number() over (
            partition by ranked.tuning_job_arn, ranked.definition_key
            order by ranked.place, ranked.created_at, ranked.training_job_name
        ) = 1 as is_first_of_best
    from ranked
    inner join counted
        on ranked.tuning_job_arn = counted.tuning_job_arn
            and ranked.definition_key = counted.definition_key
    where ranked.place <= greatest(5, ceil(counted.trials / 4.0))
)

select
    best.tuning_job_arn,
    best.definition_key,
    best.training_job_arn,
    best.trials,
    best.is_of_best_tenth,
    best.is_of_best_fifth,
    best.is_of_best_quarter,
    best.is_first_of_best,
    parameters.name,
    parameters.value,
    parameters.number
from best
inner join {{ changed_rows(ref('sagemaker_tuning__hyper_parameters')) }} as parameters
    on best.training_job_arn = parameters.training_job_arn
