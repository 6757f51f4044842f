select
    trial.account_id,
    trial.region,
    trial.tuning_job_name,
    trial.tuning_job_arn,
    trial.training_job_name,
    trial.training_job_arn,
    {{ entry_key('entry') }} as name,
    {{ entry_value('entry') }} as value
from {{ source('sagemaker_tuning', 'training_job_summaries') }} as trial
{{ join_entries('trial.tuned_hyper_parameters', 'entry') }}
