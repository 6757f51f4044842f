"""What the models compute from a story besides its trials."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .story import Job

Row = dict[str, Any]

MACHINE = {"CPUUtilization": 180.0, "MemoryUtilization": 35.0, "GPUUtilization": 62.0}
"""The typical value of each metric, in percent."""
FIRST = 20.0
"""How many seconds before a trial its first period begins, as in CloudWatch."""


def tell_more(job: Job, trials: list[Row], marts: dict[str, list[Row]]) -> None:
    """Add a tuning job's rows to the models with several rows per tuning job."""
    marts["tuning_job_summary"].append(_summary(job, trials))
    marts["regret"] += _regret(job, trials)
    for at, definition in enumerate(job.definitions):
        of_it = [row for row in trials if row["definition_name"] == definition]
        ranked = sum(row["place"] is not None for row in of_it)
        if ranked >= 10:
            marts["importance"] += _importance(job, definition, ranked, at)
        if job.ranges:
            marts["next_ranges"] += _next_ranges(job, definition, ranked)
    if job.is_measured:
        marts["learning_curves"] += [
            point for trial in trials for point in _points(job, trial)
        ]
        marts["hardware_utilisation"].append(_utilisation(job, trials))


def _summary(job: Job, trials: list[Row]) -> Row:
    first = [row for row in trials if row["place"] == 1]
    row = {**job.keys, "family": job.family, "trials_to_best": None}
    if len(job.definitions) > 1 or not first:
        nothing = ("seconds_to_best", "cost_to_best", "trials_to_best_with_cost")
        return {**row, **dict.fromkeys(nothing)}
    best = min(first, key=lambda row: row["ended_at"])
    until = [row for row in trials if row["ended_at"]]
    until = [row for row in until if row["ended_at"] <= best["ended_at"]]
    costs = [row["cost"] for row in until if row["cost"] is not None]
    return {
        **row,
        "trials_to_best": len(until),
        "seconds_to_best": (best["ended_at"] - job.starts).total_seconds(),
        "cost_to_best": sum(costs) if costs else None,
        "trials_to_best_with_cost": len(costs),
    }


def _regret(job: Job, trials: list[Row]) -> list[Row]:
    """Most of the improvement came with the first third of the ranked trials."""
    ranked = sum(row["place"] is not None for row in trials)
    costs = [row["cost"] for row in trials if row["cost"] is not None]
    if not ranked or len(job.definitions) > 1:
        return []
    return [
        {
            **job.keys,
            "share": 0.99,
            "trials": math.ceil(ranked / 3),
            "seconds": 1000.0,
            "cost": 0.3 * sum(costs) if costs else None,
            "currency": "USD" if costs else None,
            "trials_with_cost": len(costs),
            "trials_after": len(trials) - math.ceil(ranked / 3),
            "cost_after": 0.7 * sum(costs) if costs else None,
        }
    ]


def _importance(job: Job, definition: str | None, ranked: int, at: int) -> list[Row]:
    return [
        {
            **job.keys,
            "definition_name": definition,
            "name": name,
            "kind": "categorical" if value.categories else "numeric",
            "trials": ranked,
            "importance": min(1.0, abs(value.weight) + ranked / 1000 + at / 100),
            "chance_level": 0.18,
            "is_adaptive": True,
        }
        for name, value in job.ranges.items()
        if value.categories or value.low < value.high
    ]


def _next_ranges(job: Job, definition: str | None, ranked: int) -> list[Row]:
    known = json.dumps(
        {"ContinuousParameterRanges": [{"Name": "it's", "MinValue": "1"}]}
    )
    rows = []
    for name, value in job.ranges.items():
        ends = (None, None) if value.categories else (value.low, value.high)
        listed = json.dumps(value.categories) if value.categories else None
        is_kept = ranked < 10 or value.categories or value.low == value.high
        rows.append(
            {
                **job.keys,
                "definition_name": definition,
                "name": name,
                "range_min": ends[0],
                "range_max": ends[1],
                "next_min": ends[0],
                "next_max": ends[1] if is_kept else (value.low + value.high) / 2,
                "range_values": listed,
                "next_values": listed,
                "scaling_type": value.scaling,
                "reason": "kept" if is_kept else "narrowed",
                "trials": ranked,
                "best_trials": None if is_kept else max(5, math.ceil(ranked / 5)),
                "parameter_ranges": known,
            }
        )
    return rows


def _points(job: Job, trial: Row) -> list[Row]:
    """A curve that ends at the trial's objective."""
    end = trial["objective_value"]
    if trial["ended_at"] is None or end is None:
        return []
    minutes = max(2, int(trial["duration_seconds"] // 60))
    return [
        {
            **job.keys,
            "training_job_name": trial["training_job_name"],
            "training_job_arn": trial["training_job_arn"],
            "metric_name": job.metric,
            "seconds_since_start": 60.0 * minute - FIRST,
            "value": end * (1 - 0.4 * math.exp(-5 * (minute + 1) / minutes)),
            "best_so_far": None,
        }
        for minute in range(minutes)
    ]


def machine_metrics(trials: list[Row], tuning_jobs: set[str]) -> list[Row]:
    """The tap's own rows of instance utilization, and of a metric of the algorithm."""
    of_hosts = {metric: ("algo-1", level) for metric, level in MACHINE.items()}
    of_hosts["validation:auc"] = ("algorithm", 0.8)
    return [
        {
            "training_job_arn": trial["training_job_arn"],
            "metric_name": metric,
            "host": host,
            "points": json.dumps(
                [
                    {
                        "timestamp": f"{at.isoformat(timespec='milliseconds')}Z",
                        "value": level * (0.8 + 0.2 * math.sin(minute / 3)),
                    }
                    for minute in range(int(trial["duration_seconds"] // 60) + 1)
                    for at in [
                        trial["started_at"] + timedelta(minutes=minute, seconds=-FIRST)
                    ]
                ]
            ),
        }
        for trial in trials
        if trial["tuning_job_arn"] in tuning_jobs and trial["ended_at"]
        for metric, (host, level) in of_hosts.items()
    ]


def _utilisation(job: Job, trials: list[Row]) -> Row:
    ended = [row for row in trials if row["ended_at"]]
    costs = [row["cost"] for row in trials if row["cost"] is not None]
    measured = [row["cost"] for row in ended if row["cost"] is not None]
    return {
        **job.keys,
        "instance_type": "ml.m5.xlarge",
        "trials": len(trials),
        "trials_with_metrics": len(ended),
        "average_cpu": 0.45,
        "average_gpu": None,
        "average_memory": 0.35,
        "average_gpu_memory": None,
        "cost": sum(costs) if costs else None,
        "measured_cost": sum(measured) if measured else None,
        "idle_cost": 0.55 * sum(measured) if measured else None,
        "currency": "USD" if costs else None,
    }


def daily_spend(trials: list[Row]) -> list[Row]:
    """The rows of `daily_spend`."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in trials:
        if row["ended_at"]:
            place = row["account_id"], row["region"], row["outcome"]
            groups[row["ended_at"].date(), *place].append(row)
    rows = []
    for (date, account, region, outcome), of_it in groups.items():
        costs = [row["cost"] for row in of_it if row["cost"] is not None]
        rows.append(
            {
                "date": date,
                "account_id": account,
                "region": region,
                "team": None,
                "outcome": outcome,
                "trials": len(of_it),
                "trials_with_cost": len(costs),
                "cost": sum(costs) if costs else None,
                "currency": "USD" if costs else None,
            }
        )
    return rows
