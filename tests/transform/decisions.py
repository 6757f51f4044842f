"""The expected rows of the marts that help to decide: when to stop, what it will cost,
where to run, which values to avoid, and how long to train."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from statistics import mean, median
from typing import TYPE_CHECKING

from tests.transform.curves import learning_curves
from tests.transform.rows import (
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
    total,
    trial_row,
    trial_rows,
)
from tests.transform.suggestions import hyper_parameters

if TYPE_CHECKING:
    from tests.transform.tables import Job, Known

SHARES = (0.9, 0.95, 0.99, 1.0)
OBJECTIVE = ("account_id", "region", "family", "objective_metric_name")


def regret(known: Known, aims: dict[str, str | None]) -> list[Row]:
    """When each tuning job had made most of its improvement.

    Args:
        known: What is loaded.
        aims: The direction of each tuning job with a single objective, by its ARN.
    """
    return [
        _regret(known, job, aims[job.arn], share)
        for job in known.jobs.values()
        for share in SHARES
    ]


def _regret(known: Known, job: Job, direction: str | None, share: float) -> Row:
    rows = [trial_row(known, trial) for trial in known.of_job(job)]
    ranked = sorted(
        (row for row in rows if row["place"] and row["ended_at"] and direction),
        key=lambda row: (row["ended_at"], row["training_job_name"]),
    )
    sign = -1 if direction == "Minimize" else 1
    values = [sign * row["objective_value"] for row in ranked]
    reached = None
    if ranked and values[0] < max(values):
        wanted = values[0] + share * (max(values) - values[0])
        wanted = max(values) if share == 1 else wanted
        reached = next(
            row["ended_at"]
            for row, value in zip(ranked, values, strict=True)
            if value >= wanted
        )
    upto = [r for r in rows if reached and r["ended_at"] and r["ended_at"] <= reached]
    after = [row for row in rows if reached and row not in upto]
    created = job.created.replace(tzinfo=None)
    return {
        **home(job),
        "share": share,
        "reached_at": reached,
        "trials": len(upto) if reached else None,
        "seconds": (datetime.fromisoformat(reached) - created).total_seconds()
        if reached
        else None,
        "cost": total(row["cost"] for row in upto),
        "currency": currency_of(rows),
        "trials_with_cost": covered(upto) if reached else None,
        "trials_after": len(after) if reached else None,
        "cost_after": total(row["cost"] for row in after),
    }


def budget(known: Known) -> list[Row]:
    """The cost of each month, and a forecast for the month of the last sync."""
    rows = trial_rows(known)
    ended = [row for row in rows if row["ended_at"] is not None]
    today = known.as_of.date() if known.as_of else None
    running = [row for row in rows if row["outcome"] == "running" and today]
    recent = [row for row in ended if today and 1 <= (today - _day(row)).days <= 7]
    keys = {(_day(row).replace(day=1), *_payer(row)) for row in ended}
    if today is not None:
        keys |= {(today.replace(day=1), *_payer(row)) for row in [*recent, *running]}
    return [
        _month(known, month, payer, ended, running if _is_now(today, month) else [])
        for month, *payer in keys
    ]


def _month(
    known: Known, month: date, payer: list[str], ended: list[Row], running: list[Row]
) -> Row:
    own = [row for row in ended if [*_payer(row)] == payer]
    of_month = [row for row in own if _day(row).replace(day=1) == month]
    runs = [row for row in running if [*_payer(row)] == payer]
    cost = total(row["cost"] for row in of_month)
    following = (month + timedelta(days=32)).replace(day=1)
    forecast = is_complete = None
    if known.as_of is not None:
        today = known.as_of.date()
        is_complete = today >= following
        before = total(row["cost"] for row in of_month if _day(row) < today)
        week = total(row["cost"] for row in own if 1 <= (today - _day(row)).days <= 7)
        days = (following - max(today, month)).days
        week = week if _is_now(today, month) else None
        if before is not None or week is not None:
            forecast = (before or 0) + (week or 0) / 7 * days
        forecast = cost if is_complete else forecast
    return {
        "account_id": payer[0],
        "region": payer[1],
        "team": payer[2],
        "month": str(month),
        "trials": len(of_month),
        "trials_with_cost": covered(of_month),
        "cost": cost,
        "currency": known.currency(payer[1]),
        "running_trials": len(runs),
        "running_cost": total(_so_far(known, row) for row in runs),
        "forecast": forecast,
        "is_complete": is_complete,
    }


def _day(row: Row) -> date:
    return date.fromisoformat(row["ended_at"][:10])


def _is_now(today: date | None, month: date) -> bool:
    return today is not None and today.replace(day=1) == month


def _payer(row: Row) -> tuple[str, str, str]:
    return row["account_id"], row["region"], row["team"]


def _so_far(known: Known, row: Row) -> float | None:
    """What a running trial has cost by the time of the last sync."""
    if row["cost_per_hour"] is None or known.as_of is None:
        return None
    begun = row["started_at"] and datetime.fromisoformat(row["started_at"])
    spent = known.as_of - begun.replace(tzinfo=UTC) if begun else timedelta()
    return float(row["cost_per_hour"] * max(spent.total_seconds(), 0) / 3600)


def instance_choice(known: Known, families: dict[str, str | None]) -> list[Row]:
    """What trials cost and achieved by instance type, where several types ran.

    Args:
        known: What is loaded.
        families: The family of each tuning job, by its ARN.
    """
    ended = [
        {**row, "family": families[row["tuning_job_arn"]]}
        for row in own_rows(known)
        if row["instance_type"] and row["outcome"] not in {"running", "deleted"}
    ]
    key = (*OBJECTIVE, "objective_direction")
    return [
        _choice(of_type)
        for rows in grouped(ended, *key).values()
        if None not in [rows[0][name] for name in key]
        and len({row["instance_type"] for row in rows}) > 1
        for of_type in grouped(rows, "instance_type").values()
    ]


def _choice(rows: list[Row]) -> Row:
    direction = rows[0]["objective_direction"]
    values = [r["objective_value"] for r in rows if r["objective_value"] is not None]
    seconds = [r["duration_seconds"] for r in rows if r["duration_seconds"] is not None]
    best = pick(values, direction)
    at = min((r["ended_at"] for r in rows if r["objective_value"] == best), default="")
    upto = [r["cost"] for r in rows if values and r["ended_at"] <= at]
    costs = [row["cost"] for row in rows if row["cost"] is not None]
    return {
        **part(rows[0], *OBJECTIVE, "objective_direction", "instance_type"),
        "trials": len(rows),
        "trials_with_cost": covered(rows),
        "cost_per_trial": mean(costs) if costs else None,
        "median_seconds": median(seconds) if seconds else None,
        "best_value": best,
        "median_value": median(values) if values else None,
        "cost_to_best": total(upto),
        "currency": currency_of(rows),
    }


def failure_regions(known: Known) -> list[Row]:
    """How often each fifth or category of a hyperparameter failed."""
    ended = {
        row["training_job_arn"]: row
        for row in own_rows(known)
        if row["outcome"] not in {"running", "deleted"}
    }
    tried = [
        {**ended[each["training_job_arn"]], **each}
        for each in hyper_parameters(known)
        if each["training_job_arn"] in ended
    ]
    key = ("tuning_job_arn", "definition_name", "name")
    return [
        row
        for rows in grouped(tried, *key).values()
        for row in _regions(rows)
        if row["trials"] >= 5
    ]


def _regions(rows: list[Row]) -> list[Row]:
    is_numeric = all(row["number"] is not None for row in rows)
    for row in rows:
        less = sum(is_numeric and each["number"] < row["number"] for each in rows)
        row["bin"] = 5 * less // len(rows) if is_numeric else row["value"]
    regions = []
    for inside in grouped(rows, "bin").values():
        outside = [row for row in rows if row not in inside]
        numbers = [row["number"] for row in inside] if is_numeric else []
        regions.append(
            {
                **part(inside[0], *TUNING_JOB, "definition_name", "name"),
                "low": min(numbers, default=None),
                "high": max(numbers, default=None),
                "value": None if is_numeric else inside[0]["value"],
                "trials": len(inside),
                "failed_trials": _failed(inside),
                "failure_share": _failed(inside) / len(inside),
                "share_elsewhere": _failed(outside) / len(outside) if outside else None,
            }
        )
    return regions


def _failed(rows: list[Row]) -> int:
    return sum(row["outcome"] == "failed" for row in rows)


def curve_summary(known: Known) -> list[Row]:
    """Where each learning curve began, ended and was best."""
    key = ("training_job_arn", "metric_name")
    return [_curve(rows) for rows in grouped(learning_curves(known), *key).values()]


def _curve(rows: list[Row]) -> Row:
    points = [row for row in rows if row["value"] is not None]
    best = rows[-1]["best_so_far"]
    at_best = [row for row in points if row["value"] == best]
    return {
        **part(rows[0], *TUNING_JOB, *TRIAL),
        **part(rows[0], "definition_name", "metric_name", "is_objective"),
        "points": len(points),
        "first_value": points[0]["value"] if points else None,
        "last_value": points[-1]["value"] if points else None,
        "best_value": best,
        "best_at": at_best[0]["at"] if at_best else None,
        "seconds_to_best": at_best[0]["seconds_since_start"] if at_best else None,
        "is_best_last": None if best is None else points[-1]["value"] == best,
    }
