-- One row per numeric range: where the best values lie in it, on its own scale.
with ranges as {{ once() }} (
    select
        ranges.*,
        coalesce(ranges.definition_name, '') as definition_key,
        {{ on_scale('range_min', 'scaling_type') }} as low_end,
        {{ on_scale('range_max', 'scaling_type') }} as high_end
    from {{ ref('stg_sagemaker_tuning__parameter_ranges') }} as ranges
    inner join {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
        on ranges.tuning_job_arn = jobs.tuning_job_arn
            and ranges.created_at = jobs.created_at
    where jobs.is_loaded
        and {{ is_changed('ranges.tuning_job_arn') }}
),

scaled as (
    select
        ranges.tuning_job_arn,
        ranges.definition_key,
        ranges.name,
        ranges.low_end,
        ranges.high_end,
        best.trials,
        best.number,
        best.is_of_best_tenth,
        best.is_of_best_fifth,
        best.is_first_of_best,
        {{ on_scale('best.number', 'ranges.scaling_type') }} as here
    from ranges
    inner join {{ changed_rows(ref('int_sagemaker_tuning__best_values')) }} as best
        on ranges.tuning_job_arn = best.tuning_job_arn
            and ranges.definition_key = best.definition_key
            and ranges.name = best.name
),

-- The position of a value: 0 at the low end, 1 at the high end. Different ends can be equal
-- on their scale, and Postgres rejects quotients that overflow or underflow a double.
placed as (
    select
        scaled.*,
        case
            when low_end >= high_end then null
            when here - low_end <= (high_end - low_end) * 1e-9 then 0
            when here >= high_end then 1
            else (here - low_end) / (high_end - low_end)
        end as lies_at
    from scaled
),

judged as (
    select
        tuning_job_arn,
        definition_key,
        name,
        max(case when is_first_of_best then number end) as best_value,
        count(case when is_of_best_tenth then number end) as best_trials,
        count(case when is_of_best_tenth and lies_at <= 0.05 then 1 end) as at_low_end,
        count(case when is_of_best_tenth and lies_at >= 0.95 then 1 end) as at_high_end,
        count(case when is_of_best_fifth then number end) as deciding_trials,
        count(case when is_of_best_fifth then here end) as deciding_trials_on_scale,
        min(case when is_of_best_fifth then here end) as least,
        max(case when is_of_best_fifth then here end) as greatest_here
    from placed
    group by tuning_job_arn, definition_key, name
),

counted as (
    select
        tuning_job_arn,
        coalesce(definition_name, '') as definition_key,
        count(*) as trials
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where place is not null
    group by tuning_job_arn, coalesce(definition_name, '')
)

select
    ranges.account_id,
    ranges.region,
    ranges.tuning_job_name,
    ranges.tuning_job_arn,
    ranges.definition_name,
    ranges.kind,
    ranges.name,
    ranges.min_value,
    ranges.max_value,
    ranges.range_min,
    ranges.range_max,
    ranges.scaling_type,
    ranges.low_end,
    ranges.high_end,
    judged.best_value,
    coalesce(counted.trials, 0) as trials,
    coalesce(judged.best_trials, 0) as best_trials,
    coalesce(judged.deciding_trials, 0) as deciding_trials,
    judged.least,
    judged.greatest_here as greatest,
    judged.deciding_trials = judged.deciding_trials_on_scale as are_on_scale,
    case
        when counted.trials >= 10 and 2 * judged.at_low_end > judged.best_trials then 'low'
        when counted.trials >= 10 and 2 * judged.at_high_end > judged.best_trials then 'high'
    end as edge
from ranges
left join counted
    on ranges.tuning_job_arn = counted.tuning_job_arn
        and ranges.definition_key = counted.definition_key
left join judged
    on ranges.tuning_job_arn = judged.tuning_job_arn
        and ranges.definition_key = judged.definition_key
        and ranges.name = judged.name
