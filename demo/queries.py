"""What a user of the tap asks the warehouse."""

from __future__ import annotations

import re


def filled(text: str, **parameters: str) -> str:
    """A query of `analysis/` with other parameters at its top.

    Args:
        text: The file's.
        **parameters: SQL by the parameter's name.

    Raises:
        ValueError: There is not exactly one parameter of a name.
    """
    for name, value in parameters.items():
        line = re.compile(rf"^( *(?:select )?)\S.* as {name}\b", re.MULTILINE)
        text, found = line.subn(lambda line: f"{line[1]}{value} as {name}", text)  # noqa: B023 - called at once
        if found != 1:
            message = f"{found} parameters {name}"
            raise ValueError(message)
    return text


COUNTS = """
select
    (select count(*) from tuning_jobs) as tuning_jobs,
    count(*) as trials,
    count(*) filter (where training_job_status in ('InProgress', 'Stopping')) as running
from training_job_summaries
"""

TUNING_JOBS = """
select
    job.tuning_job_name as tuning_job,
    job.tuning_job_status as status,
    count(trial.training_job_arn) as trials,
    max((trial.final_hyper_parameter_tuning_job_objective_metric ->> 'value')::float8)
        as best
from tuning_jobs as job
left join training_job_summaries as trial using (tuning_job_arn)
group by job.tuning_job_arn, job.tuning_job_name, job.tuning_job_status
order by max(job.creation_time) desc
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
select
    right(training_job_name, 12) as trial,
    training_job_status as status,
    round((final_hyper_parameter_tuning_job_objective_metric ->> 'value')::numeric, 4)
        as auc,
    round((tuned_hyper_parameters ->> 'learning-rate')::numeric, 5) as learning_rate,
    (tuned_hyper_parameters ->> 'max_depth')::int as max_depth,
    trim('"' from tuned_hyper_parameters ->> 'batch-size')::int as batch_size,
    trim('"' from tuned_hyper_parameters ->> 'order') as "order"
from training_job_summaries
where tuning_job_name = '{tuning_job}'
  and objective_status = 'Succeeded'
order by (final_hyper_parameter_tuning_job_objective_metric ->> 'value')::float8 desc
limit 5
"""

FAILURES = """
select
    training_job_name as trial,
    training_end_time as ended,
    split_part(failure_reason, e'\\n', 1) as reason
from training_job_summaries
where training_job_status = 'Failed'
order by training_end_time desc
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
