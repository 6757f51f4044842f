"""Content of the overview page: scopes, tuning jobs and machines."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.failures import total
from sagemaker_tuning_report.values import cost, moment, number, outcome, text, whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sagemaker_tuning_report.warehouse import Row, Warehouse

MOST_TUNING_JOBS = 3000
"""The most tuning jobs that the page lists."""
ONLY_FOR_FINDINGS = ("edges", "after", "failing")
"""What is known of a tuning job only to find what to say about it."""
NEARLY_ALL = 0.99
FEW_FAILED = 3
"""The least number of failed trials that make a part of a range worth naming."""

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


STEPS = """
select tuning_job_arn, ended_at, best_so_far, first_at, last_at from (
  select tuning_job_arn, ended_at, best_so_far,
    min(ended_at) over (partition by tuning_job_arn) as first_at,
    max(ended_at) over (partition by tuning_job_arn) as last_at,
    lag(best_so_far) over (
      partition by tuning_job_arn order by ended_at, trial_number
    ) as before
  from {progress}
) as steps
where best_so_far is not null and (before is null or before <> best_so_far)
order by tuning_job_arn, ended_at, best_so_far
"""
"""Each change of the best so far, and when the first and last ranked trial ended."""
EDGES = """
select tuning_job_arn, name, edge from {range_edges} where edge is not null
order by tuning_job_arn, name
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
    scopes = {}
    for row in warehouse.read("completeness"):
        scopes[row["account_id"], row["region"]] = {
            "account_id": row["account_id"],
            "region": row["region"],
            "status": row.get("scope_status"),
            "complete_as_of": row.get("complete_as_of"),
        }
    return [*scopes.values()]


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
    _curves(jobs, warehouse)
    _edges(jobs, warehouse)
    _after(jobs, warehouse)
    _failing(jobs, warehouse)
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
        "curve": [],
        "edges": [],
        "after": None,
        "failing": None,
    }


def _sum_up(job: Row, row: Row) -> None:
    """Add the family, and what it took to reach the best trial."""
    job["family"] = text(row.get("family"))
    if row["trials_to_best"] is not None:
        job["to_best"] = {
            "trials": whole(row["trials_to_best"]),
            "seconds": number(row["seconds_to_best"]),
            "cost": cost(row["cost_to_best"]),
            "with_cost": whole(row["trials_to_best_with_cost"]),
        }


def _curves(jobs: dict[str, Row], warehouse: Warehouse) -> None:
    """Add the best so far as a small curve: x and y from 0 to 100, better is higher.

    A tuning job whose definitions have different objectives has none.
    """
    if "progress" not in warehouse.marts:
        return
    steps: dict[str, list[Row]] = defaultdict(list)
    sql = STEPS.format(progress=warehouse.marts["progress"])
    for row in warehouse.select(sql):
        steps[row["tuning_job_arn"]].append(row)
    for arn, rows in steps.items():
        aims = {(row["metric"], row["direction"]) for row in jobs[arn]["definitions"]}
        if len(aims) == 1:
            ((_, direction),) = aims
            jobs[arn]["curve"] = _small(rows, -1 if direction == "Minimize" else 1)


def _small(rows: list[Row], sign: int) -> list[list[int]]:
    first, last = moment(rows[0]["first_at"]) or 0, moment(rows[0]["last_at"]) or 0
    best: list[tuple[int, float]] = []
    for row in rows:
        value = number(row["best_so_far"])
        if value is not None and (not best or sign * value > best[-1][1]):
            best.append((moment(row["ended_at"]) or 0, sign * value))
    if not best:
        return []
    low, high = best[0][1], best[-1][1]
    return [
        [
            round(100 * (at - first) / max(1, last - first)),
            round(100 * (value - low) / (high - low)) if high > low else 50,
        ]
        for at, value in best
    ]


def _edges(jobs: dict[str, Row], warehouse: Warehouse) -> None:
    """Add the ranges at whose end the best trials lie, except what chance explains."""
    if "range_edges" not in warehouse.marts:
        return
    rows = warehouse.select(EDGES.format(range_edges=warehouse.marts["range_edges"]))
    weights = warehouse.read("importance", sorted({r["tuning_job_arn"] for r in rows}))
    by_chance = {
        (row["tuning_job_arn"], row["name"]) for row in weights if is_chance(row)
    }
    for row in rows:
        key = row["tuning_job_arn"], row["name"]
        if key[0] in jobs and key not in by_chance:
            jobs[key[0]]["edges"].append([row["name"], row["edge"]])


def is_chance(row: Row) -> bool:
    """Whether chance explains an importance; False if its chance level is unknown."""
    level, weight = number(row.get("chance_level")), number(row["importance"])
    return level is not None and weight is not None and weight <= level


def _after(jobs: dict[str, Row], warehouse: Warehouse) -> None:
    """Add what came after a tuning job had 99% of its improvement, or its best."""
    for job in jobs.values():
        spent = total([group["cost"] for group in job["outcomes"].values()])
        best, after = job["to_best"], None
        if best and best["with_cost"] == best["trials"] and _is_covered(job):
            after = None if spent is None else spent - (best["cost"] or 0)
        if best:
            job["after"] = {
                "share": 1,
                "trials": best["trials"],
                "trials_after": job["trials"] - best["trials"],
                "cost_after": after,
            }
    for row in warehouse.read("regret"):
        is_known = row["trials"] is not None and row["tuning_job_arn"] in jobs
        if is_known and number(row["share"]) == NEARLY_ALL:
            jobs[row["tuning_job_arn"]]["after"] = {
                "share": NEARLY_ALL,
                "trials": whole(row["trials"]),
                "trials_after": whole(row["trials_after"]),
                "cost_after": cost(row["cost_after"])
                if _is_covered(jobs[row["tuning_job_arn"]])
                else None,
            }


def _is_covered(job: Row) -> bool:
    """Whether the cost of all of a tuning job's trials is known."""
    groups = job["outcomes"].values()
    return bool(sum(group["with_cost"] for group in groups) == job["trials"])


def _failing(jobs: dict[str, Row], warehouse: Warehouse) -> None:
    """Add the part of a hyperparameter's range in which most trials failed."""
    for row in warehouse.read("failure_regions"):
        job = jobs.get(row["tuning_job_arn"])
        share, others = number(row["failure_share"]), number(row["share_elsewhere"])
        failed = whole(row["failed_trials"])
        if job is None or share is None or others is None or failed < FEW_FAILED:
            continue
        known = job["failing"]
        if share >= 2 * others and (known is None or failed > known["failed"]):
            low, high = number(row["low"]), number(row["high"])
            job["failing"] = {
                "name": row["name"],
                "values": ["= " + (text(row["value"]) or "")]
                if low is None or high is None
                else ["from ", ["figure", low], " to ", ["figure", high]],
                "trials": whole(row["trials"]),
                "failed": failed,
                "elsewhere": others,
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
            "cost": number(row["measured_cost"]),
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
        "cost": cost(row.get("cost")),
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
