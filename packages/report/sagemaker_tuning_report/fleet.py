"""Content of the overview page: scopes, tuning jobs and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.values import moment, number, outcome, text, whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sagemaker_tuning_report.warehouse import Row, Warehouse

MOST_TUNING_JOBS = 3000
"""The most tuning jobs that the page lists."""

DEFINITIONS = """
select account_id, region, tuning_job_name, tuning_job_arn, definition_name,
  max(objective_metric_name) as objective_metric_name,
  max(objective_direction) as objective_direction,
  min(created_at) as created_at, count(*) as trials
from {trials}
where not coalesce(is_of_deleted_namesake, false)
group by account_id, region, tuning_job_name, tuning_job_arn, definition_name
"""
BEST = """
select tuning_job_arn, definition_name, training_job_name, objective_value
from {leaderboard} where place = 1
"""


def scopes(warehouse: Warehouse) -> list[Row]:
    """Return the scopes as of their last sync, sorted by account and region."""
    rows = warehouse.read("scopes") or _known_scopes(warehouse)
    return sorted(
        (
            {
                "account": row["account_id"],
                "region": row["region"],
                "status": text(row.get("status")),
                "complete_as_of": moment(row.get("complete_as_of")),
                "ended": moment(row.get("ended_at")),
                "error": text(row.get("error")),
                "open": number(row.get("tuning_jobs_open")),
                "calls": number(row.get("calls")),
            }
            for row in rows
        ),
        key=lambda scope: (scope["account"], scope["region"]),
    )


def _known_scopes(warehouse: Warehouse) -> list[Row]:
    """Return what the models know about the scopes, if the tap's table is missing."""
    found = {}
    for row in warehouse.read("completeness"):
        found[row["account_id"], row["region"]] = {
            "account_id": row["account_id"],
            "region": row["region"],
            "status": row.get("scope_status"),
            "complete_as_of": row.get("complete_as_of"),
        }
    return [*found.values()]


def tuning_jobs(warehouse: Warehouse) -> list[Row]:
    """Return the tuning jobs with their results and costs, newest first."""
    jobs: dict[str, Row] = {}
    for row in warehouse.read("completeness"):
        job = jobs.setdefault(row["tuning_job_arn"], _job(row))
        job["complete"] = _truth(row.get("is_complete"))
        job["deleted"] = bool(row.get("is_deleted"))
    for row in _definitions(warehouse):
        job = jobs.setdefault(row["tuning_job_arn"], _job(row))
        created = moment(row["created_at"])
        known = [time for time in (job["created"], created) if time is not None]
        job["created"] = min(known, default=None)
        job["trials"] += whole(row["trials"])
        job["definitions"].append(_definition(row))
    for row in warehouse.read("tuning_jobs"):
        job = jobs.setdefault(row["tuning_job_arn"], _job(row))
        job["created"] = moment(row["creation_time"])
        job["status"] = text(row["tuning_job_status"])
    for row in warehouse.read("spend"):
        # A newer tuning job can reuse a deleted one's ARN, but did not spend its money.
        if not row.get("is_of_deleted_namesake"):
            _spend(jobs[row["tuning_job_arn"]], row)
    for row in warehouse.read("tuning_job_summary"):
        if row["tuning_job_arn"] in jobs:
            _sum_up(jobs[row["tuning_job_arn"]], row)
    _best(jobs, warehouse)
    return sorted(
        jobs.values(), key=lambda job: (-(job["created"] or 0), job["name"], job["key"])
    )


def _job(row: Row) -> Row:
    return {
        "key": row["tuning_job_arn"],
        "account": row["account_id"],
        "region": row["region"],
        "name": row["tuning_job_name"],
        "created": None,
        "status": None,
        "complete": None,
        "deleted": False,
        "trials": 0,
        "definitions": [],
        "outcomes": {},
        "currency": None,
        "family": None,
        "to_best": None,
    }


def _sum_up(job: Row, row: Row) -> None:
    """Add the family, and what it took to reach the best trial."""
    job["family"] = text(row.get("family"))
    if row["trials_to_best"] is not None:
        job["to_best"] = {
            "trials": whole(row["trials_to_best"]),
            "seconds": number(row["seconds_to_best"]),
            "cost": number(row["cost_to_best"]),
            "with_cost": whole(row["trials_to_best_with_cost"]),
        }


def machines(warehouse: Warehouse, tuning_jobs: Collection[str]) -> list[Row]:
    """Return the utilization and cost of machines by tuning job and instance type.

    Args:
        warehouse: The warehouse with the models.
        tuning_jobs: ARNs of the tuning jobs to include.
    """
    names = ("cpu", "memory", "gpu", "gpu_memory")
    rows = [
        {
            "job": row["tuning_job_arn"],
            "instance": text(row["instance_type"]) or "unknown",
            "trials": whole(row["trials"]),
            "measured": whole(row["trials_with_metrics"]),
            "cost": number(row["cost"]),
            "idle": number(row["idle_cost"]),
            "currency": text(row["currency"]),
            "average": [number(row[f"average_{name}"]) for name in names],
        }
        for row in warehouse.read("hardware_utilisation")
        if row["tuning_job_arn"] in tuning_jobs
    ]
    return sorted(rows, key=lambda row: (row["job"], row["instance"]))


def _definition(row: Row) -> Row:
    return {
        "name": text(row["definition_name"]),
        "metric": text(row["objective_metric_name"]),
        "direction": text(row["objective_direction"]),
        "best": None,
        "best_trials": [],
    }


def _definitions(warehouse: Warehouse) -> Iterable[Row]:
    sql = DEFINITIONS.format(trials=warehouse.marts["trials"])
    rows = warehouse.select(sql)
    return sorted(rows, key=lambda row: str(row["definition_name"] or ""))


def _truth(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _spend(job: Row, row: Row) -> None:
    job["outcomes"][outcome(row["outcome"])] = {
        "trials": whole(row["trials"]),
        "seconds": number(row["duration_seconds"]),
        "cost": number(row.get("cost")),
        "with_cost": whole(row.get("trials_with_cost")),
        "spot_saved": number(row.get("spot_saved_seconds")),
    }
    job["currency"] = job["currency"] or text(row.get("currency"))


def _best(jobs: dict[str, Row], warehouse: Warehouse) -> None:
    """Add the best trials of each definition; several can share first place."""
    if "leaderboard" not in warehouse.marts:
        return
    sql = BEST.format(leaderboard=warehouse.marts["leaderboard"])
    rows = warehouse.select(sql)
    for row in sorted(rows, key=lambda row: str(row["training_job_name"])):
        for definition in jobs[row["tuning_job_arn"]]["definitions"]:
            if definition["name"] == text(row["definition_name"]):
                definition["best"] = number(row["objective_value"])
                definition["best_trials"].append(row["training_job_name"])
