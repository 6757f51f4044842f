"""Tuning jobs for pages to show, as the tables that the models create from them.

They have only what the charts need; how the models compute their columns is tested
elsewhere. Numbers are random, from a fixed seed.
"""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .columns import COLUMNS
from .story_more import daily_spend, machine_metrics, tell_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = dict[str, Any]

EAST, IRELAND = "us-east-1", "eu-west-1"
OURS, THEIRS = "111122223333", "444455556666"
NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - UTC, as in warehouses
ODD = """</script><script>alert(1)</script> "it's" & {{odd}} ünï 🙂 a.b['c"]"""
"""Text in names and messages that could break a page."""
RATE = 0.23
"""US dollars per hour."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """A hyperparameter's range: two numbers or, without them, categories."""

    low: float = 0
    high: float = 0
    scaling: str | None = "Linear"
    categories: tuple[str, ...] = ()
    weight: float = 0
    """How strongly the objective depends on it."""
    is_whole: bool = False

    def edge(self, value: float) -> str | None:
        """Whether a value lies within 5% of either end of the range."""
        if self.low == self.high:
            return None
        at = (value - self.low) / (self.high - self.low)
        if self.scaling == "Logarithmic":
            at = math.log(value / self.low) / math.log(self.high / self.low)
        return "low" if at <= 0.05 else "high" if at >= 0.95 else None

    def draw(self, random: random.Random) -> tuple[str, float]:
        """A value as text, and its position in the range."""
        at = random.random()
        if self.categories:
            index = int(at * len(self.categories))
            return self.categories[index], index / len(self.categories)
        if self.scaling == "Logarithmic":
            value = self.low * (self.high / self.low) ** at
        else:
            value = self.low + (self.high - self.low) * at
        return str(round(value) if self.is_whole else float(f"{value:.6g}")), at


@dataclass(frozen=True, kw_only=True)
class Job:
    """A tuning job of the story."""

    name: str
    account: str = OURS
    region: str = EAST
    trials: int = 30
    parallel: int = 4
    metric: str = "validation:auc"
    direction: str | None = "Maximize"
    ranges: dict[str, Range] = field(default_factory=dict)
    starts: datetime = NOON
    minutes: float = 20
    failing: float = 0.08
    failures: tuple[str, ...] = ("CUDA out of memory. Tried to allocate 2.00 GiB",)
    early: float = 0.15
    running: int = 0
    is_priced: bool = True
    definitions: tuple[str | None, ...] = (None,)
    parent: str | None = None
    family: str | None = None
    is_measured: bool = False
    """Whether CloudWatch metrics of its trials are loaded."""
    uncovered: int = 0
    """One in this many trials has no cost; 0: all have one."""
    is_deleted: bool = False
    objective: Callable[[float], float] = lambda goodness: 0.72 + 0.22 * goodness

    @property
    def arn(self) -> str:
        """Its ARN."""
        place = f"{self.region}:{self.account}"
        return f"arn:aws:sagemaker:{place}:hyper-parameter-tuning-job/{self.name}"

    @property
    def keys(self) -> Row:
        """The columns that every row of it has in a model."""
        return {
            "account_id": self.account,
            "region": self.region,
            "tuning_job_name": self.name,
            "tuning_job_arn": self.arn,
        }


@dataclass(frozen=True, kw_only=True)
class Story:
    """The contents of a warehouse.

    Args:
        scopes: Rows of the tap's own table.
        tuning_jobs: Rows of the tap's own table.
        marts: Rows of each model, by its name without the prefix.
        metrics: Rows of the tap's own table.
    """

    scopes: list[Row]
    tuning_jobs: list[Row]
    marts: dict[str, list[Row]]
    metrics: list[Row] = field(default_factory=list)


def told(jobs: Iterable[Job], scopes: list[Row], seed: int = 7) -> Story:
    """The tables with these tuning jobs."""
    chance = random.Random(seed)  # noqa: S311 - random numbers, no secrets
    marts: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    listed = []
    for job in jobs:
        trials = _trials(job, chance, marts["hyper_parameters"])
        marts["trials"] += trials
        listed.append(_listed(job))
        _tell(job, trials, marts)
    marts["leaderboard"] = [row for row in marts["trials"] if row["place"]]
    marts["daily_spend"] = daily_spend(marts["trials"])
    measured = {row["tuning_job_arn"] for row in marts["hardware_utilisation"]}
    metrics = machine_metrics(marts["trials"], measured)
    return Story(scopes=scopes, tuning_jobs=listed, marts=marts, metrics=metrics)


def _listed(job: Job) -> Row:
    return {
        "account_id": job.account,
        "region": job.region,
        "tuning_job_arn": job.arn,
        "tuning_job_name": job.name,
        "tuning_job_status": "InProgress" if job.running else "Completed",
        "creation_time": job.starts,
    }


def _trials(job: Job, chance: random.Random, parameters: list[Row]) -> list[Row]:
    slots = [job.starts + timedelta(seconds=40)] * job.parallel
    rows = []
    for number in range(job.trials):
        name = f"{job.name}-{number + 1:03d}-{chance.getrandbits(32):08x}"
        arn = f"{job.arn.rpartition(':')[0]}:training-job/{name}"
        drawn = {key: value.draw(chance) for key, value in job.ranges.items()}
        parameters += [
            {
                **job.keys,
                "training_job_name": name,
                "training_job_arn": arn,
                "name": key,
                "value": text,
                "number": None if job.ranges[key].categories else float(text),
            }
            for key, (text, _) in drawn.items()
        ]
        slot = slots.index(min(slots))
        outcome = _outcome(job, number, chance)
        long = job.minutes * 60 * chance.lognormvariate(0, 0.35)
        long *= {"failed": 0.2, "stopped_early": 0.45, "stopped": 0.4}.get(outcome, 1)
        seconds = float(round(long))
        started = slots[slot]
        ended = started + timedelta(seconds=seconds)
        slots[slot] = ended + timedelta(
            seconds=25, days=outcome in {"running", "deleted"}
        )
        goodness = _goodness(job, drawn, chance, outcome)
        has_ended = outcome not in {"running", "deleted"}
        count = 2 if "deep" in job.name else 1
        is_covered = not job.uncovered or number % job.uncovered
        is_priced = job.is_priced and has_ended and is_covered
        cost = RATE * count * seconds / 3600 if is_priced else None
        failure = chance.choice(job.failures) if outcome == "failed" else None
        rows.append(
            {
                **job.keys,
                "training_job_name": name,
                "training_job_arn": arn,
                "definition_name": job.definitions[number % len(job.definitions)],
                "status": outcome.partition("_")[0].capitalize(),
                "outcome": outcome,
                "objective_metric_name": job.metric if goodness is not None else None,
                "objective_value": goodness,
                "objective_direction": job.direction,
                "place": None,
                "created_at": started - timedelta(seconds=12),
                "started_at": started,
                "ended_at": ended if has_ended else None,
                "duration_seconds": seconds if has_ended else None,
                "instance_type": "ml.m5.xlarge" if job.is_priced else None,
                "instance_count": count if job.is_priced else None,
                "billable_seconds": seconds if cost is not None else None,
                "cost": cost,
                "currency": "USD" if cost is not None else None,
                "failure": failure,
                "failure_group": failure,
                "model_artifacts": f"s3://models/{job.name}/{name}/output/model.tar.gz"
                if outcome == "completed"
                else None,
                "is_final": has_ended,
            }
        )
    _place(rows)
    return rows


def _outcome(job: Job, number: int, chance: random.Random) -> str:
    if number >= job.trials - job.running:
        return "deleted" if job.is_deleted else "running"
    at = chance.random()
    if at < job.failing:
        return "failed"
    if at < job.failing + job.early:
        return "stopped_early"
    return "stopped" if at > 0.98 and job.failing else "completed"


def _goodness(
    job: Job, drawn: dict[str, tuple[str, float]], chance: random.Random, outcome: str
) -> float | None:
    """The objective: mostly the hyperparameters, with some luck."""
    noise = chance.gauss(0, 0.1)
    if outcome not in {"completed", "stopped_early"}:
        return None
    at = 0.5 + noise
    for name, value in job.ranges.items():
        at += value.weight * (drawn[name][1] - 0.5)
    at -= 0.15 if outcome == "stopped_early" else 0
    return float(f"{job.objective(1 / (1 + math.exp(-4 * (at - 0.5)))):.8g}")


def _place(trials: list[Row]) -> None:
    for row in trials:
        value, sign = row["objective_value"], row["objective_direction"] == "Minimize"
        if value is None or row["objective_direction"] is None:
            continue
        row["place"] = 1 + sum(
            (other < value) if sign else (other > value)
            for rival in trials
            if rival["definition_name"] == row["definition_name"]
            and (other := rival["objective_value"]) is not None
        )


def _tell(job: Job, trials: list[Row], marts: dict[str, list[Row]]) -> None:
    """Add the rows of the models that have one or a few per tuning job."""
    marts["progress"] += _progress(job, trials)
    marts["spend"] += _spend(job, trials)
    marts["completeness"].append(
        {
            **job.keys,
            "counted_trials": len(trials) + ("partial" in job.name),
            "loaded_trials": len(trials),
            "is_complete": "partial" not in job.name,
            "is_deleted": job.is_deleted,
            "scope_status": "complete",
            "complete_as_of": NOON,
        }
    )
    marts["utilisation"].append(
        {
            **job.keys,
            "max_parallel": job.parallel,
            "average_parallel": 0.83 * job.parallel,
            "utilisation": 0.83,
        }
    )
    early = [row for row in trials if row["outcome"] == "stopped_early"]
    marts["early_stopping"].append(
        {
            **job.keys,
            "trials": len(trials),
            "stopped_early_trials": len(early),
            "median_completed_seconds": job.minutes * 60,
            "saved_seconds": 500.0 * len(early),
        }
    )
    tell_more(job, trials, marts)
    running = [row for row in trials if row["outcome"] == "running"]
    if running:
        latest = max(row["started_at"] for row in running) + timedelta(minutes=15)
        marts["freshness"].append(
            {
                **job.keys,
                "running_trials": len(running),
                "oldest_created_at": min(row["created_at"] for row in running),
                "last_loaded_at": latest,
            }
        )
    if job.parent:
        marts["lineage"].append(
            {
                **job.keys,
                "parent_tuning_job_name": job.parent,
                "parent_tuning_job_arn": None,
                "warm_start_type": "IdenticalDataAndAlgorithm",
                "parent_best": 0.8125,
                "best": 0.9,
                "is_better": True,
            }
        )
    for definition in job.definitions:
        _tell_of_ranges(job, definition, trials, marts)


def _tell_of_ranges(
    job: Job, definition: str | None, trials: list[Row], marts: dict[str, list[Row]]
) -> None:
    """Add what the models find about each hyperparameter's range."""
    numbers = {
        (row["training_job_arn"], row["name"]): row["number"]
        for row in marts["hyper_parameters"]
    }
    ranked = sorted(
        (
            row
            for row in trials
            if row["definition_name"] == definition and row["place"]
        ),
        key=lambda row: row["place"],
    )
    for name, value in job.ranges.items():
        if value.categories:
            continue
        found = [numbers[row["training_job_arn"], name] for row in ranked]
        quarter = found[: math.ceil(len(found) / 4)]
        keys = {**job.keys, "definition_name": definition, "name": name}
        marts["range_edges"].append(
            {
                **keys,
                "range_min": value.low,
                "range_max": value.high,
                "scaling_type": value.scaling,
                "best_value": found[0] if found else None,
                "edge": value.edge(found[0]) if found else None,
            }
        )
        marts["hyper_parameter_effects"].append(
            {
                **keys,
                "trials": len(found),
                "rank_correlation": _correlation(found),
                "best_quarter_low": min(quarter, default=None),
                "best_quarter_high": max(quarter, default=None),
            }
        )


def _correlation(found: list[float]) -> float | None:
    """The rank correlation: 1 if all larger values come first in a list, -1 if last."""
    if len(set(found)) < 2:
        return None
    ranks = [sum(other < value for other in found) for value in found]
    return -statistics.correlation(range(len(found)), ranks)


def _progress(job: Job, trials: list[Row]) -> list[Row]:
    rows = []
    for definition in job.definitions:
        best: float | None = None
        measured = sorted(
            (
                row
                for row in trials
                if row["objective_value"] is not None
                and row["definition_name"] == definition
            ),
            key=lambda row: row["ended_at"],
        )
        pick = {"Maximize": max, "Minimize": min}.get(job.direction or "")
        for number, row in enumerate(measured, 1):
            value = row["objective_value"]
            best = pick(value, value if best is None else best) if pick else None
            rows.append(
                {
                    **job.keys,
                    "definition_name": definition,
                    "training_job_name": row["training_job_name"],
                    "training_job_arn": row["training_job_arn"],
                    "trial_number": number,
                    "ended_at": row["ended_at"],
                    "objective_value": value,
                    "best_so_far": best,
                }
            )
    return rows


def _spend(job: Job, trials: list[Row]) -> list[Row]:
    rows = []
    for outcome in sorted({row["outcome"] for row in trials}):
        of_it = [row for row in trials if row["outcome"] == outcome]

        def total(name: str, of_it: list[Row] = of_it) -> float | None:
            values = [row[name] for row in of_it if row[name] is not None]
            return sum(values) if values else None

        rows.append(
            {
                **job.keys,
                "outcome": outcome,
                "trials": len(of_it),
                "trials_with_cost": sum(row["cost"] is not None for row in of_it),
                "duration_seconds": total("duration_seconds"),
                "billable_seconds": total("billable_seconds"),
                "instance_seconds": total("billable_seconds"),
                "cost": total("cost"),
                "currency": "USD" if total("cost") is not None else None,
                "spot_saved_seconds": 0.0,
            }
        )
    return rows
