"""The expected rows of every mart, computed in Python independently of its SQL."""

from __future__ import annotations

import re
from statistics import quantiles
from typing import TYPE_CHECKING

from tests.transform import decisions
from tests.transform.curves import hardware_utilisation, learning_curves
from tests.transform.decisions import budget, curve_summary, failure_regions
from tests.transform.rows import (
    OBJECTIVE,
    TRIAL,
    TUNING_JOB,
    Row,
    covered,
    currency_of,
    grouped,
    home,
    own_rows,
    part,
    pick,
    product,
    time,
    total,
    trial_row,
    trial_rows,
)
from tests.transform.suggestions import (
    hyper_parameter_effects,
    hyper_parameters,
    importance,
    next_ranges,
    range_edges,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.transform.tables import Job, Known

__all__ = ["MARTS", "Row"]


def trials(known: Known) -> list[Row]:
    """One row per trial."""
    return trial_rows(known)


def leaderboard(known: Known) -> list[Row]:
    """The trials that have a place."""
    return [row for row in trials(known) if row["place"] is not None]


def progress(known: Known) -> list[Row]:
    """Trials with a metric, numbered by their ends, and the best value up to each."""
    rated = [row for row in own_rows(known) if row["objective_value"] is not None]
    rows = []
    for of_definition in grouped(rated, "tuning_job_arn", "definition_name").values():
        ended = sorted(
            of_definition, key=lambda row: (row["ended_at"], row["training_job_name"])
        )
        for number, row in enumerate(ended, start=1):
            values = [each["objective_value"] for each in ended[:number]]
            rows.append(
                {
                    **part(row, *TUNING_JOB, *TRIAL, "definition_name", "ended_at"),
                    **part(row, *OBJECTIVE),
                    "trial_number": number,
                    "best_so_far": pick(values, row["objective_direction"]),
                }
            )
    return rows


def failures(known: Known) -> list[Row]:
    """Failed trials by scope and failure."""
    failed = [row for row in trials(known) if row["outcome"] == "failed"]
    return [
        {
            **part(rows[0], "account_id", "region"),
            "failure": rows[0]["failure_group"],
            "example": min(row["failure"] or "" for row in rows) or None,
            "trials": len(rows),
            "tuning_jobs": len({row["tuning_job_arn"] for row in rows}),
            "duration_seconds": total(row["duration_seconds"] for row in rows),
            "first_at": min(row["ended_at"] for row in rows),
            "last_at": max(row["ended_at"] for row in rows),
        }
        for rows in grouped(failed, "account_id", "region", "failure_group").values()
    ]


def spend(known: Known) -> list[Row]:
    """Trials by tuning job, outcome, and whether they belong to a deleted namesake."""
    key = ("tuning_job_arn", "is_of_deleted_namesake", "outcome")
    return [
        {
            **part(rows[0], *TUNING_JOB, "is_of_deleted_namesake", "outcome"),
            "trials": len(rows),
            "trials_with_cost": covered(rows),
            **{
                name: total(row[name] for row in rows)
                for name in (
                    "duration_seconds",
                    "billable_seconds",
                    "warm_pool_seconds",
                    "cost",
                    "spot_saved_seconds",
                )
            },
            "instance_seconds": total(
                product(row["billable_seconds"], row["instance_count"]) for row in rows
            ),
            "currency": currency_of(rows),
        }
        for rows in grouped(trials(known), *key).values()
    ]


def daily_spend(known: Known) -> list[Row]:
    """Ended trials by day, scope, team and outcome."""
    ended = [
        {**row, "date": row["ended_at"][:10]}
        for row in trials(known)
        if row["ended_at"] is not None
    ]
    key = ("date", "account_id", "region", "team", "outcome")
    return [
        {
            **part(rows[0], *key),
            "trials": len(rows),
            "trials_with_cost": covered(rows),
            "duration_seconds": total(row["duration_seconds"] for row in rows),
            "cost": total(row["cost"] for row in rows),
            "currency": currency_of(rows),
        }
        for rows in grouped(ended, *key).values()
    ]


def tuning_job_summary(known: Known) -> list[Row]:
    """One row per tuning job: its results and its costs."""
    return [_summary(known, job) for job in known.jobs.values()]


def _summary(known: Known, job: Job) -> Row:
    rows = [trial_row(known, trial) for trial in known.of_job(job)]
    metric, direction = _aim(job, rows)
    placed = [row for row in rows if row["place"] is not None]
    value = pick([row["objective_value"] for row in placed], direction)
    best = min(
        (row for row in placed if row["objective_value"] == value),
        key=lambda row: (row["ended_at"], row["training_job_name"]),
        default=None,
    )
    upto = [
        row
        for row in rows
        if best and row["ended_at"] and row["ended_at"] <= best["ended_at"]
    ]
    counts = {
        f"{name}_trials": sum((row["outcome"] or "").startswith(name) for row in rows)
        for name in ("completed", "failed", "stopped", "running")
    }
    trial = best and known.trials[best["training_job_arn"]]
    found = known.family and re.search(known.family, job.name)
    return {
        **home(job),
        "status": job.summary["HyperParameterTuningJobStatus"],
        "is_deleted": job.arn in known.deleted,
        "is_final": job.ended is not None and all(row["is_final"] for row in rows),
        "family": found[1] if found else None,
        "team": max((row["team"] for row in rows if row["team"]), default=None),
        "created_at": time(job.created),
        "ended_at": time(job.ended),
        "objective_metric_name": metric,
        "objective_direction": direction,
        "best_value": value,
        "best_training_job_name": best and best["training_job_name"],
        "model_artifacts": best and best["model_artifacts"],
        "trials": len(rows),
        **counts,
        "duration_seconds": total(row["duration_seconds"] for row in rows),
        "trials_to_best": len(upto) if best else None,
        "seconds_to_best": trial
        and (trial.summary["TrainingEndTime"] - job.created).total_seconds(),
        "cost_to_best": total(row["cost"] for row in upto),
        "trials_to_best_with_cost": covered(upto) if best else None,
        "cost": total(row["cost"] for row in rows),
        "currency": currency_of(rows),
        "trials_with_cost": covered(rows),
        "is_complete": len(rows) >= _counted(job),
    }


def _aim(job: Job, rows: list[Row]) -> tuple[str | None, str | None]:
    """The metric and direction that a tuning job optimizes, or nothing if it has
    several."""
    wanted = [each.get("TuningObjective", {}) for each in job.definitions]
    metrics = {each.get("MetricName") for each in wanted}
    metrics |= {row["objective_metric_name"] for row in rows}
    directions = {each.get("Type") for each in wanted}
    directions |= {row["objective_direction"] for row in rows}
    metrics, directions = metrics - {None}, directions - {None}
    metric = metrics.pop() if len(metrics) == 1 else None
    return metric, directions.pop() if metric and len(directions) == 1 else None


def _counted(job: Job) -> int:
    return sum(job.summary["TrainingJobStatusCounters"].values())


def regret(known: Known) -> list[Row]:
    """When each tuning job had made most of its improvement."""
    aims = {
        row["tuning_job_arn"]: row["objective_direction"]
        for row in tuning_job_summary(known)
    }
    return decisions.regret(known, aims)


def instance_choice(known: Known) -> list[Row]:
    """What trials cost and achieved by instance type, where several types ran."""
    families = {
        row["tuning_job_arn"]: row["family"] for row in tuning_job_summary(known)
    }
    return decisions.instance_choice(known, families)


def early_stopping(known: Known) -> list[Row]:
    """What early stopping saved, by tuning job."""
    rows = []
    for job in known.jobs.values():
        of_job = [trial_row(known, trial) for trial in known.of_job(job)]
        by_outcome = grouped(of_job, "outcome")
        completed = by_outcome.get(("completed",), [])
        stopped = by_outcome.get(("stopped_early",), [])
        usual = _quartiles([row["duration_seconds"] for row in completed])
        saved = [
            sum(max(seconds - row["duration_seconds"], 0) for row in stopped)
            for seconds in usual
        ]
        low, middle, high = saved if usual else [None if stopped else 0.0] * 3
        rows.append(
            {
                **home(job),
                "trials": len(of_job),
                "stopped_early_trials": len(stopped),
                "median_completed_seconds": usual[1] if usual else None,
                "saved_seconds": middle,
                "saved_seconds_low": low,
                "saved_seconds_high": high,
                "is_estimate": True,
            }
        )
    return rows


def _quartiles(values: list[float]) -> list[float]:
    """The quartiles of some values, or nothing if there are none."""
    if len(values) == 1:
        return values * 3
    return quantiles(values, n=4, method="inclusive") if values else []


def utilisation(known: Known) -> list[Row]:
    """How many of its slots each tuning job used."""
    rows = []
    for job in known.jobs.values():
        most = job.summary["ResourceLimits"]["MaxParallelTrainingJobs"]
        average = occupied = None
        if job.ended is not None:
            lasted = (job.ended - job.created).total_seconds()
            of_job = known.of_job(job)
            average = (total(trial.seconds for trial in of_job) or 0) / lasted
            spans = [
                (ended - trial.summary["CreationTime"]).total_seconds()
                for trial in of_job
                if (ended := trial.summary.get("TrainingEndTime")) is not None
            ]
            occupied = sum(spans) / lasted
        rows.append(
            {
                **home(job),
                "max_parallel": most,
                "average_parallel": average,
                "utilisation": None if average is None else average / most,
                "occupancy": None if occupied is None else occupied / most,
            }
        )
    return rows


def lineage(known: Known) -> list[Row]:
    """Whether a child did better than its parent, by tuning job and parent."""
    rows = []
    for job in known.jobs.values():
        start = (job.described or {}).get("WarmStartConfig", {})
        for named in start.get("ParentHyperParameterTuningJobs", []):
            name = named["HyperParameterTuningJobName"]
            parent = _parent(known, job, name)
            best = _summary(known, job)
            of_parent = _summary(known, parent) if parent else {}
            better = None
            aims = ("objective_metric_name", "objective_direction")
            values = best["best_value"], of_parent.get("best_value")
            is_alike = start["WarmStartType"] == "IdenticalDataAndAlgorithm"
            if (
                is_alike
                and None not in values
                and all(best[a] == of_parent[a] for a in aims)
            ):
                is_least = best["objective_direction"] == "Minimize"
                better = values[0] < values[1] if is_least else values[0] > values[1]
            rows.append(
                {
                    **home(job),
                    "parent_tuning_job_name": name,
                    "parent_tuning_job_arn": parent and parent.arn,
                    "warm_start_type": start["WarmStartType"],
                    "parent_best": values[1],
                    "best": values[0],
                    "is_better": better,
                }
            )
    return rows


def freshness(known: Known) -> list[Row]:
    """What is not final, by tuning job. The emulator does not know when it was
    loaded."""
    waiting = [
        row
        for row in own_rows(known)
        if not row["is_final"] and row["tuning_job_arn"] not in known.deleted
    ]
    return [
        {
            **part(rows[0], *TUNING_JOB),
            "running_trials": len(rows),
            "oldest_created_at": min(row["created_at"] for row in rows),
        }
        for rows in grouped(waiting, "tuning_job_arn").values()
    ]


def completeness(known: Known) -> list[Row]:
    """Trials counted and loaded, by tuning job."""
    rows = []
    for job in known.jobs.values():
        counted = _counted(job)
        loaded = len(known.of_job(job))
        rows.append(
            {
                **home(job),
                "ended_at": time(job.ended),
                "is_deleted": job.arn in known.deleted,
                "counted_trials": counted,
                "loaded_trials": loaded,
                "is_complete": loaded >= counted,
                "scope_status": known.as_of and "complete",
                "complete_as_of": time(known.as_of),
            }
        )
    return rows


def _parent(known: Known, child: Job, name: str) -> Job | None:
    found = [
        job
        for job in known.jobs.values()
        if (job.account, job.region) == (child.account, child.region)
        and job.name.lower() == name.lower()
        and job.created <= child.created
    ]
    return next(iter(found), None)


MARTS: dict[str, Callable[[Known], list[Row]]] = {
    mart.__name__: mart
    for mart in (
        trials,
        leaderboard,
        progress,
        failures,
        spend,
        daily_spend,
        tuning_job_summary,
        importance,
        next_ranges,
        hyper_parameters,
        hyper_parameter_effects,
        range_edges,
        learning_curves,
        hardware_utilisation,
        early_stopping,
        utilisation,
        lineage,
        freshness,
        completeness,
        regret,
        budget,
        instance_choice,
        failure_regions,
        curve_summary,
    )
}
