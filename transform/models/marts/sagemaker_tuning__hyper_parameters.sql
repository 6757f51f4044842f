with trials as (
    select * from {{ ref('stg_sagemaker_tuning__training_job_summaries') }}
    where {{ is_changed() }}
),

-- Values are text, and script mode adds quotes.
bare as (
    select
        trials.account_id,
        trials.region,
        trials.tuning_job_name,
        trials.tuning_job_arn,
        trials.training_job_name,
        trials.training_job_arn,
        {{ entry_key('entry') }} as name,
        case
            when {{ entry_value('entry') }} like '"%"'
                then substring(
                    {{ entry_value('entry') }}, 2, length({{ entry_value('entry') }}) - 2
                )
            else {{ entry_value('entry') }}
        end as value
    from trials
    {{ join_entries('trials.tuned_hyper_parameters', 'entry') }} -- facts 54, 59
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    training_job_name,
    training_job_arn,
    name,
    value,
    {{ number_in('value') }} as number
from bare
