-- The best trials of each tuning job, with their hyperparameters as columns.
-- For Snowflake; ../leaderboard.sql says the same to Postgres and DuckDB.
with parameters as (
    select
        cast(null as varchar(100)) as tuning_job,  -- a name; null: every tuning job
        'Maximize' as direction,                   -- of the objective; or 'Minimize'
        10 as places                               -- how many trials of each
),

rated as (
    select
        trial.*,
        trial.final_hyper_parameter_tuning_job_objective_metric:value::float as metric
    from tap_sagemaker_tuning.training_job_summaries as trial
),

ranked as (
    select
        rated.*,
        row_number() over (
            partition by rated.tuning_job_arn
            order by
                case parameters.direction when 'Minimize' then metric else -metric end,
                rated.creation_time,
                rated.training_job_name
        ) as place
    from rated
    cross join parameters
    where rated.metric is not null
        and (
            parameters.tuning_job is null
            or lower(rated.tuning_job_name) = lower(parameters.tuning_job)
        )
)

select
    ranked.tuning_job_name,
    ranked.place,
    ranked.training_job_name,
    ranked.training_job_status,
    ranked.metric,
    -- A line for each hyperparameter that you tune; some have quotes of their own.
    trim(ranked.tuned_hyper_parameters:"learning-rate"::varchar, '"') as learning_rate,
    trim(ranked.tuned_hyper_parameters:"max_depth"::varchar, '"') as max_depth,
    trim(ranked.tuned_hyper_parameters:"batch-size"::varchar, '"') as batch_size,
    trim(ranked.tuned_hyper_parameters:"order"::varchar, '"') as tree_order
from ranked
cross join parameters
where ranked.place <= parameters.places
order by ranked.tuning_job_name, ranked.place;
