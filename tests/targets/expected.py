"""What a warehouse must hold, from what the emulator says is true."""

from __future__ import annotations

from typing import Any

from tests import expected
from tests.conftest import ACCOUNT, REGION

Row = dict[str, Any]
Tables = dict[str, dict[str, Row]]

NESTED = {
    "tuning_jobs": (
        "training_job_status_counters",
        "objective_status_counters",
        "resource_limits",
    ),
    "training_job_summaries": (
        "tuned_hyper_parameters",
        "final_hyper_parameter_tuning_job_objective_metric",
    ),
}
KEYS = {"tuning_jobs": "tuning_job_arn", "training_job_summaries": "training_job_arn"}
HOME = {"account_id": ACCOUNT, "region": REGION}


def tables(truth: dict[str, Any]) -> Tables:
    """Both tables: rows by key."""
    jobs = {job["HyperParameterTuningJobName"]: job for job in truth["tuning_jobs"]}
    rows = {
        "tuning_jobs": [expected.tuning_job(job, HOME) for job in jobs.values()],
        "training_job_summaries": [
            expected.trial(trial, jobs[name], HOME)
            for name, of_job in truth["trials"].items()
            for trial in of_job
        ],
    }
    return {
        name: {row[KEYS[name]]: _stored(row) for row in of_table}
        for name, of_table in rows.items()
    }


def merged(first: Tables, second: Tables) -> Tables:
    """After two syncs: what was deleted between them stays as it was."""
    return {name: first[name] | second[name] for name in first}


def _stored(record: Row) -> Row:
    """Its times as a column without a zone holds them: in UTC."""
    return {
        name: value and value.removesuffix("Z") if name.endswith("_time") else value
        for name, value in record.items()
    }
