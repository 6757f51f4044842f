"""The questions of the demo, one select per question."""

from __future__ import annotations

COUNTS = """
select
    (select count(*) from tuning_jobs) as tuning_jobs,
    count(*) as trials,
    count(*) filter (where training_job_status in ('InProgress', 'Stopping')) as running
from training_job_summaries
"""

TUNING_JOBS = """
select tuning_job_name, loaded_trials, is_complete, complete_as_of
from sagemaker_tuning.sagemaker_tuning__completeness
order by tuning_job_name
"""

RUNNING = """
select tuning_job_name, running_trials, oldest_created_at
from sagemaker_tuning.sagemaker_tuning__freshness
order by oldest_created_at
"""

REMEMBER = """
create table first_run as
select training_job_arn, training_job_status
from training_job_summaries
"""

CHANGES = """
select
    count(*) filter (where before.training_job_arn is null) as new_trials,
    count(*) filter (
        where before.training_job_status in ('InProgress', 'Stopping')
          and now.training_job_status not in ('InProgress', 'Stopping')
    ) as ran_then_ended_now
from training_job_summaries as now
left join first_run as before using (training_job_arn)
"""

LEADERBOARD = """
select place, right(training_job_name, 12) as trial, status, objective_value, cost
from sagemaker_tuning.sagemaker_tuning__leaderboard
where tuning_job_name = '{tuning_job}' and place <= 5
order by place
"""

EFFECTS = """
select name, trials, rank_correlation, best_quarter_low, best_quarter_high
from sagemaker_tuning.sagemaker_tuning__hyper_parameter_effects
where tuning_job_name = '{tuning_job}'
order by abs(rank_correlation) desc
"""

PROGRESS = """
select objective_value, best_so_far
from sagemaker_tuning.sagemaker_tuning__progress
where tuning_job_name = '{tuning_job}'
order by trial_number
"""

FAILURES = """
select failure, trials, tuning_jobs, last_at
from sagemaker_tuning.sagemaker_tuning__failures
order by trials desc, failure
"""

SPEND = """
select outcome, sum(trials) as trials, sum(duration_seconds)::bigint as seconds,
    round(sum(cost)::numeric, 2) as cost, max(currency) as currency
from sagemaker_tuning.sagemaker_tuning__spend
group by outcome
order by seconds desc nulls last
"""

NEXT_RANGES = """
select name, range_min, range_max, next_min, next_max, next_values, reason
from sagemaker_tuning.sagemaker_tuning__next_ranges
where tuning_job_name = '{tuning_job}'
order by name
"""

SCOPES = """
select account_id, region, status, complete_as_of, error
from tap_sagemaker_tuning.scopes
order by account_id, region
"""

TRIALS = """
select
    training_job_name,
    training_job_status,
    objective_status,
    (final_hyper_parameter_tuning_job_objective_metric ->> 'value')::float8,
    tuned_hyper_parameters
from training_job_summaries
order by training_job_name
"""

STATUSES = "select tuning_job_name, tuning_job_status from tuning_jobs order by 1"
