{#- Tuning jobs that ended before the last complete sync, but whose trials, or whose own rows,
are not all loaded: a table was dropped or restored, or a filter of the tap leaves trials
out. The page of questions says what to do. -#}
{{ config(severity='warn') }}

select tuning_job_arn, counted_trials, loaded_trials
from {{ ref('sagemaker_tuning__completeness') }}
where not is_complete
    and not is_deleted
    and coalesce(scope_status, 'complete') = 'complete'
    and (ended_at < complete_as_of or ended_at is not null and complete_as_of is null)
union all
select tuning_job_arn, null, null
from {{ ref('int_sagemaker_tuning__tuning_jobs') }}
where not is_loaded
    and signature is not null
