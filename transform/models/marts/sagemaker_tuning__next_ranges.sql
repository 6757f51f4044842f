{#- Postgres estimates a single row for the choices, which come from JSON, and would compare
each of them with all good values in a nested loop. -#}
{{ config(
    pre_hook="{{ 'set local enable_nestloop = off' if target.type == 'postgres' }}"
) }}

-- A rule of thumb: the span of the best values plus a margin, but at least half of the
-- old range, on the scale of the range.
with margins as (
    select
        results.*,
        high_end - low_end as width,
        (least + results.greatest) / 2 as middle,
        results.greatest - least as span,
        greatest((results.greatest - least) / 4, (high_end - low_end) * 0.1) as margin
    from {{ ref('int_sagemaker_tuning__range_results') }} as results
    where {{ is_changed() }}
),

spread as (
    select
        margins.*,
        greatest(span / 2 + margin, width / 4) as reach
    from margins
),

-- Null keeps the old end.
bounded as (
    select
        spread.*,
        case
            when edge = 'low' then low_end - width * 0.2
            when middle - reach > low_end then middle - reach
        end as next_low_end,
        case
            when edge = 'high' then high_end + width * 0.2
            when middle + reach < high_end then middle + reach
        end as next_high_end
    from spread
),

valued as (
    select
        bounded.*,
        {{ off_scale('next_low_end', 'scaling_type') }} as low_value,
        {{ off_scale('next_high_end', 'scaling_type') }} as high_value
    from bounded
),

-- Round integers outward, ignoring the rounding error of logarithms.
rounded as (
    select
        valued.*,
        coalesce(
            case
                when kind = 'integer'
                    then floor(low_value + 1e-9 * greatest(1, abs(low_value)))
                else low_value
            end,
            range_min
        ) as new_min,
        coalesce(
            case
                when kind = 'integer'
                    then ceil(high_value - 1e-9 * greatest(1, abs(high_value)))
                else high_value
            end,
            range_max
        ) as new_max
    from valued
),

-- Don't suggest values that the service would refuse or that are not on the scale.
decided as (
    select
        rounded.*,
        coalesce(
            trials >= 10
            and are_on_scale
            and range_min < range_max
            and new_min < new_max
            and (new_min <> range_min or new_max <> range_max)
            and (next_low_end is null) = (low_value is null)
            and (next_high_end is null) = (high_value is null)
            and (scaling_type <> 'Logarithmic' or scaling_type is null or new_min > 0)
            and (scaling_type <> 'ReverseLogarithmic' or scaling_type is null or new_max < 1)
            and (kind <> 'integer' or (abs(new_min) < 9e15 and abs(new_max) < 9e15)),
            false
        ) as is_new
    from rounded
),

numeric_ranges as (
    select
        account_id,
        region,
        tuning_job_name,
        tuning_job_arn,
        definition_name,
        kind,
        name,
        range_min,
        range_max,
        case when is_new then new_min else range_min end as next_min,
        case when is_new then new_max else range_max end as next_max,
        case
            when is_new and new_min <> range_min then {{ number_text('new_min') }}
            else min_value
        end as next_min_text,
        case
            when is_new and new_max <> range_max then {{ number_text('new_max') }}
            else max_value
        end as next_max_text,
        scaling_type,
        cast(null as {{ dbt.type_string() }}) as range_values,
        cast(null as {{ dbt.type_string() }}) as next_values,
        case
            when not is_new then 'kept'
            when edge = 'low' then 'widened_low'
            when edge = 'high' then 'widened_high'
            else 'narrowed'
        end as reason,
        trials,
        deciding_trials as best_trials
    from decided
),

choices as (
    select
        choices.*,
        coalesce(choices.definition_name, '') as definition_key,
        case
            when choices.value like '"%"'
                then substring(choices.value, 2, length(choices.value) - 2)
            else choices.value
        end as bare_value
    from {{ ref('stg_sagemaker_tuning__parameter_choices') }} as choices
    inner join {{ ref('int_sagemaker_tuning__tuning_jobs') }} as jobs
        on choices.tuning_job_arn = jobs.tuning_job_arn
            and choices.created_at = jobs.created_at
    where jobs.is_loaded
        and {{ is_changed('choices.tuning_job_arn') }}
),

good_choices as (
    select
        tuning_job_arn,
        definition_key,
        name,
        value,
        count(*) as good_trials
    from {{ ref('int_sagemaker_tuning__best_values') }}
    where is_of_best_quarter
        and {{ is_changed() }}
    group by tuning_job_arn, definition_key, name, value
),

counted as (
    select
        tuning_job_arn,
        coalesce(definition_name, '') as definition_key,
        count(*) as trials
    from {{ ref('sagemaker_tuning__trials') }}
    where place is not null
        and {{ is_changed() }}
    group by tuning_job_arn, coalesce(definition_name, '')
),

chosen as (
    select
        choices.account_id,
        choices.region,
        choices.tuning_job_name,
        choices.tuning_job_arn,
        choices.definition_name,
        choices.name,
        coalesce(max(counted.trials), 0) as trials,
        cast(coalesce(sum(good_choices.good_trials), 0) as bigint) as best_trials,
        count(*) as choices,
        count(good_choices.good_trials) as choices_kept,
        {{ joined(json_string('choices.value'), 'choices.choice_number') }} as range_values,
        {{ joined(
            'case when good_choices.good_trials is not null then '
            ~ json_string('choices.value') ~ ' end',
            'choices.choice_number'
        ) }} as next_values
    from choices
    left join counted
        on choices.tuning_job_arn = counted.tuning_job_arn
            and choices.definition_key = counted.definition_key
    left join good_choices
        on choices.tuning_job_arn = good_choices.tuning_job_arn
            and choices.definition_key = good_choices.definition_key
            and choices.name = good_choices.name
            and choices.bare_value = good_choices.value
    group by
        choices.account_id, choices.region, choices.tuning_job_name,
        choices.tuning_job_arn, choices.definition_name, choices.name
),

categorical_ranges as (
    select
        account_id,
        region,
        tuning_job_name,
        tuning_job_arn,
        definition_name,
        'categorical' as kind,
        name,
        {{ as_double('null') }} as range_min,
        {{ as_double('null') }} as range_max,
        {{ as_double('null') }} as next_min,
        {{ as_double('null') }} as next_max,
        cast(null as {{ dbt.type_string() }}) as next_min_text,
        cast(null as {{ dbt.type_string() }}) as next_max_text,
        cast(null as {{ dbt.type_string() }}) as scaling_type,
        '[' || range_values || ']' as range_values,
        case
            when trials >= 10 and choices_kept between 1 and choices - 1
                then '[' || next_values || ']'
            else '[' || range_values || ']'
        end as next_values,
        case
            when trials >= 10 and choices_kept between 1 and choices - 1 then 'narrowed'
            else 'kept'
        end as reason,
        trials,
        best_trials
    from chosen
),

ranges as (
    select * from numeric_ranges
    union all
    select * from categorical_ranges
),

-- In the format of CreateHyperParameterTuningJob.
written as {{ once() }} (
    select
        ranges.*,
        '{"Name":' || {{ json_string('name') }} || case kind
            when 'categorical' then ',"Values":' || next_values
            else
                ',"MinValue":' || {{ json_string('next_min_text') }}
                || ',"MaxValue":' || {{ json_string('next_max_text') }}
                || case
                    when scaling_type is not null
                        then ',"ScalingType":' || {{ json_string('scaling_type') }}
                    else ''
                end
        end || '}' as as_json
    from ranges
),

together as (
    select
        tuning_job_arn,
        coalesce(definition_name, '') as definition_key,
        count(*) as parameters,
        {%- for kind in ['integer', 'continuous', 'categorical'] %}
        {{ joined("case when kind = '" ~ kind ~ "' then as_json end", 'name') }}
            as {{ kind }}_ranges{{ ',' if not loop.last }}
        {%- endfor %}
    from written
    group by tuning_job_arn, coalesce(definition_name, '')
)

select
    written.account_id,
    written.region,
    written.tuning_job_name,
    written.tuning_job_arn,
    written.definition_name,
    written.kind,
    written.name,
    written.range_min,
    written.range_max,
    written.next_min,
    written.next_max,
    written.scaling_type,
    written.range_values,
    written.next_values,
    written.reason,
    written.trials,
    written.best_trials,
    effects.importance,
    case
        when together.parameters <= 30
            then '{'
                {%- for kind in ['Integer', 'Continuous', 'Categorical'] %}
                || '"{{ kind }}ParameterRanges":[' || coalesce(together.{{ kind | lower }}_ranges, '')
                || ']{{ "," if not loop.last }}'
                {%- endfor %}
                || '}'
    end as parameter_ranges
from written
inner join together
    on written.tuning_job_arn = together.tuning_job_arn
        and coalesce(written.definition_name, '') = together.definition_key
left join {{ changed_rows(ref('int_sagemaker_tuning__parameter_effects')) }} as effects
    on written.tuning_job_arn = effects.tuning_job_arn
        and coalesce(written.definition_name, '') = coalesce(effects.definition_name, '')
        and written.name = effects.name
