"""What every row of every mart must be, worked out in Python and not with its SQL."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from fractions import Fraction
from statistics import correlation, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from tests.transform.tables import Job, Known, Trial

Row = dict[str, Any]

OUTCOMES = {"Completed": "completed", "Stopped": "stopped", "Failed": "failed"}
HEADINGS = ("Traceback ", "ExitCode ", 'ErrorMessage "', 'Command "', " ", "\t")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def trials(known: Known) -> list[Row]:
    """A row a trial."""
    return [_trial(known, trial) for trial in known.trials.values()]


def leaderboard(known: Known) -> list[Row]:
    """Those that have a place."""
    return [row for row in trials(known) if row["place"] is not None]


def progress(known: Known) -> list[Row]:
    """Trials with a metric, numbered by their ends, and the best up to each."""
    rated = [row for row in _current(known) if row["objective_value"] is not None]
    rows = []
    for of_definition in _grouped(rated, "tuning_job_arn", "definition_name").values():
        ended = sorted(
            of_definition, key=lambda row: (row["ended_at"], row["training_job_name"])
        )
        for number, row in enumerate(ended, start=1):
            values = [each["objective_value"] for each in ended[:number]]
            rows.append(
                {
                    **_part(row, *TUNING_JOB, *TRIAL, "definition_name", "ended_at"),
                    **_part(row, *OBJECTIVE),
                    "trial_number": number,
                    "best_so_far": _pick(values, row["objective_direction"]),
                }
            )
    return rows


def failures(known: Known) -> list[Row]:
    """Failed trials by scope and by what failed."""
    failed = [row for row in trials(known) if row["outcome"] == "failed"]
    return [
        {
            **_part(rows[0], "account_id", "region", "failure"),
            "trials": len(rows),
            "tuning_jobs": len({row["tuning_job_arn"] for row in rows}),
            "duration_seconds": _sum(row["duration_seconds"] for row in rows),
            "first_at": min(row["ended_at"] for row in rows),
            "last_at": max(row["ended_at"] for row in rows),
        }
        for rows in _grouped(failed, "account_id", "region", "failure").values()
    ]


def spend(known: Known) -> list[Row]:
    """Trials by tuning job and outcome."""
    return [
        {
            **_part(rows[0], *TUNING_JOB, "outcome"),
            "trials": len(rows),
            **{
                name: _sum(row[name] for row in rows)
                for name in (
                    "duration_seconds",
                    "billable_seconds",
                    "cost",
                    "spot_saved_seconds",
                )
            },
            "instance_seconds": _sum(
                _product(row["billable_seconds"], row["instance_count"]) for row in rows
            ),
            "currency": next(
                (row["currency"] for row in rows if row["currency"]), None
            ),
            "trials_without_cost": sum(
                row["duration_seconds"] is not None and row["cost"] is None
                for row in rows
            ),
        }
        for rows in _grouped(trials(known), "tuning_job_arn", "outcome").values()
    ]


def hyper_parameters(known: Known) -> list[Row]:
    """A row a trial and parameter."""
    return [
        {
            **_home(trial.job),
            "training_job_name": trial.name,
            "training_job_arn": trial.summary["TrainingJobArn"],
            "name": name,
            "value": _bare(text),
            "number": _number(_bare(text)),
        }
        for trial in known.trials.values()
        for name, text in trial.summary["TunedHyperParameters"].items()
    ]


def hyper_parameter_effects(known: Known) -> list[Row]:
    """By definition and numeric parameter: how it goes with the objective."""
    rated = {
        row["training_job_arn"]: row
        for row in _current(known)
        if row["objective_value"] is not None
    }
    tried = [
        {**rated[each["training_job_arn"]], **each}
        for each in hyper_parameters(known)
        if each["training_job_arn"] in rated
    ]
    key = ("tuning_job_arn", "definition_name", "name")
    return [
        _effect(rows)
        for rows in _grouped(tried, *key).values()
        if all(row["number"] is not None for row in rows)
    ]


def range_edges(known: Known) -> list[Row]:
    """By definition and ranged parameter: where the best trial lies in the range."""
    rows = []
    for job in known.jobs.values():
        for definition in job.definitions:
            best = _first_best(known, job, definition)
            ranges = definition["HyperParameterRanges"]
            rows += [
                _edge(job, definition, best, each)
                for kind in ("IntegerParameterRanges", "ContinuousParameterRanges")
                for each in ranges.get(kind, [])
            ]
    return rows


def early_stopping(known: Known) -> list[Row]:
    """By tuning job: what early stopping saved."""
    rows = []
    for job in known.jobs.values():
        of_job = [_trial(known, trial) for trial in known.of_job(job)]
        by_outcome = _grouped(of_job, "outcome")
        completed = by_outcome.get(("completed",), [])
        stopped = by_outcome.get(("stopped_early",), [])
        usual = (
            median(row["duration_seconds"] for row in completed) if completed else None
        )
        saved: float | None = 0.0
        if stopped:
            saved = usual and sum(
                max(usual - row["duration_seconds"], 0) for row in stopped
            )
        rows.append(
            {
                **_home(job),
                "trials": len(of_job),
                "stopped_early_trials": len(stopped),
                "median_completed_seconds": usual,
                "saved_seconds": saved,
            }
        )
    return rows


def utilisation(known: Known) -> list[Row]:
    """By tuning job: how many of its slots it used."""
    rows = []
    for job in known.jobs.values():
        most = job.summary["ResourceLimits"]["MaxParallelTrainingJobs"]
        average = None
        if job.ended is not None:
            worked = _sum(trial.seconds for trial in known.of_job(job)) or 0
            average = worked / (job.ended - job.created).total_seconds()
        rows.append(
            {
                **_home(job),
                "max_parallel": most,
                "average_parallel": average,
                "utilisation": None if average is None else average / most,
            }
        )
    return rows


def lineage(known: Known) -> list[Row]:
    """By tuning job and parent: whether the child did better."""
    rows = []
    for job in known.jobs.values():
        start = (job.described or {}).get("WarmStartConfig", {})
        for named in start.get("ParentHyperParameterTuningJobs", []):
            name = named["HyperParameterTuningJobName"]
            parent = _parent(known, job, name)
            best, of_parent = _best(known, job), _best(known, parent)
            better = None
            if best and of_parent and best[1:] == of_parent[1:]:
                better = _goodness(best) > _goodness(of_parent)
            rows.append(
                {
                    **_home(job),
                    "parent_tuning_job_name": name,
                    "parent_tuning_job_arn": parent and parent.arn,
                    "warm_start_type": start["WarmStartType"],
                    "parent_best": of_parent and of_parent[0],
                    "best": best and best[0],
                    "is_better": better,
                }
            )
    return rows


def freshness(known: Known) -> list[Row]:
    """By tuning job: what is not final. When it was loaded is not the emulator's."""
    waiting = [row for row in _current(known) if not row["is_final"]]
    return [
        {
            **_part(rows[0], *TUNING_JOB),
            "running_trials": len(rows),
            "oldest_created_at": min(row["created_at"] for row in rows),
            "last_loaded_at": None,
        }
        for rows in _grouped(waiting, "tuning_job_arn").values()
    ]


def completeness(known: Known) -> list[Row]:
    """By tuning job: trials counted and loaded."""
    rows = []
    for job in known.jobs.values():
        counted = sum(job.summary["TrainingJobStatusCounters"].values())
        loaded = len(known.of_job(job))
        rows.append(
            {
                **_home(job),
                "ended_at": _time(job.ended),
                "counted_trials": counted,
                "loaded_trials": loaded,
                "is_complete": loaded >= counted,
                "scope_status": known.as_of and "complete",
                "complete_as_of": _time(known.as_of),
            }
        )
    return rows


MARTS: dict[str, Callable[[Known], list[Row]]] = {
    mart.__name__: mart
    for mart in (
        trials,
        leaderboard,
        progress,
        failures,
        spend,
        hyper_parameters,
        hyper_parameter_effects,
        range_edges,
        early_stopping,
        utilisation,
        lineage,
        freshness,
        completeness,
    )
}
TUNING_JOB = ("account_id", "region", "tuning_job_name", "tuning_job_arn")
TRIAL = ("training_job_name", "training_job_arn")
OBJECTIVE = ("objective_metric_name", "objective_value", "objective_direction")


def _home(job: Job) -> Row:
    return {
        "account_id": job.account,
        "region": job.region,
        "tuning_job_name": job.name,
        "tuning_job_arn": job.arn,
    }


def _trial(known: Known, trial: Trial) -> Row:
    summary, status = trial.summary, trial.summary["TrainingJobStatus"]
    metric, direction = _objective(known, trial)
    outcome = OUTCOMES.get(status, "running")
    if outcome == "stopped" and trial.value is not None:
        outcome = "stopped_early"
    pending = "Ended" if trial.job.ended else "Pending"
    return {
        **_home(trial.job),
        "training_job_name": trial.name,
        "training_job_arn": summary["TrainingJobArn"],
        "definition_name": summary.get("TrainingJobDefinitionName"),
        "status": status,
        "outcome": outcome,
        "objective_metric_name": metric,
        "objective_value": trial.value,
        "objective_direction": direction,
        "place": _place(known, trial, direction),
        "created_at": _time(summary["CreationTime"]),
        "started_at": _time(summary.get("TrainingStartTime")),
        "ended_at": _time(summary.get("TrainingEndTime")),
        "duration_seconds": trial.seconds,
        **_money(known, trial),
        "failure": _telling(summary.get("FailureReason")),
        "is_final": status in OUTCOMES
        and summary.get("ObjectiveStatus", pending) != "Pending",
        "is_of_deleted_namesake": trial.is_of_deleted_namesake,
    }


def _current(known: Known) -> list[Row]:
    return [_trial(known, trial) for trial in known.current()]


def _objective(known: Known, trial: Trial) -> tuple[str | None, str | None]:
    """The name of its objective metric, and its direction, as far as known."""
    wanted = trial.definition.get("TuningObjective", {})
    found = trial.summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    metric = found.get("MetricName", wanted.get("MetricName"))
    direction = wanted.get("Type", known.directions.get(metric or ""))
    return metric, direction


def _place(known: Known, trial: Trial, direction: str | None) -> int | None:
    if trial.value is None or direction is None or trial.is_of_deleted_namesake:
        return None
    definition = trial.summary.get("TrainingJobDefinitionName")
    values = [
        other.value
        for other in known.of_job(trial.job)
        if other.summary.get("TrainingJobDefinitionName") == definition
        and other.value is not None
    ]
    if direction == "Minimize":
        return 1 + sum(value < trial.value for value in values)
    return 1 + sum(value > trial.value for value in values)


def _money(known: Known, trial: Trial) -> Row:
    described = trial.described or {}
    resources = described.get("ResourceConfig", {})
    groups = resources.get("InstanceGroups", [resources] if resources else [])
    types = {group["InstanceType"] for group in groups}
    prices = [known.prices.get((trial.job.region, each)) for each in types]
    billable = described.get("BillableTimeInSeconds")
    spot = described.get("EnableManagedSpotTraining")
    cost = currency = None
    if billable is not None and prices and None not in prices:
        currency = next(price[0] for price in prices if price)
        cost = sum(
            known.prices[trial.job.region, group["InstanceType"]][1]
            * group["InstanceCount"]
            * billable
            / 3600
            for group in groups
        )
    saved = None if spot is None else 0
    if spot:
        training = described.get("TrainingTimeInSeconds")
        saved = None if training is None or billable is None else training - billable
    return {
        "instance_type": next(iter(types)) if len(types) == 1 else None,
        "instance_count": sum(group["InstanceCount"] for group in groups) or None,
        "billable_seconds": billable,
        "cost": cost,
        "currency": currency,
        "is_spot": spot,
        "spot_saved_seconds": saved,
    }


def _telling(reason: str | None) -> str | None:
    if reason is None:
        return None
    _, _, said = reason.partition("ErrorMessage ")
    said = said.split("\n")[0].strip(" \r").removeprefix('"').removesuffix('"')
    if said:
        return said
    lines = reason.split("\n")
    for line in lines:
        bare = line.strip(" \r")
        if bare and not bare.endswith(":") and not line.startswith(HEADINGS):
            return bare
    return lines[0].strip(" \r")


def _bare(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


def _number(text: str) -> float | None:
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _effect(rows: list[Row]) -> Row:
    numbers = [row["number"] for row in rows]
    direction = rows[0]["objective_direction"]
    sign = -1 if direction == "Minimize" else 1
    goods = [sign * row["objective_value"] for row in rows]
    correlated = low = high = None
    if direction is not None:
        limit = sorted(goods, reverse=True)[math.ceil(len(goods) / 4) - 1]
        best = [n for n, good in zip(numbers, goods, strict=True) if good >= limit]
        low, high = min(best), max(best)
        if len(set(numbers)) > 1 and len(set(goods)) > 1:
            correlated = correlation(_ranks(numbers), _ranks(goods))
    return {
        **_part(rows[0], *TUNING_JOB, "definition_name", "name"),
        "trials": len(rows),
        "rank_correlation": correlated,
        "best_quarter_low": low,
        "best_quarter_high": high,
    }


def _ranks(values: list[float]) -> list[float]:
    """Each value's rank; equal ones share the mean of theirs."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


def _first_best(known: Known, job: Job, definition: Row) -> Trial | None:
    """The best trial of a definition; of several, the one that was created first."""
    name = definition.get("DefinitionName")
    return min(
        (
            trial
            for trial in known.of_job(job)
            if trial.summary.get("TrainingJobDefinitionName") == name
            and _trial(known, trial)["place"] == 1
        ),
        key=lambda trial: (trial.summary["CreationTime"], trial.name),
        default=None,
    )


def _edge(job: Job, definition: Row, best: Trial | None, given: Row) -> Row:
    low, high = float(given["MinValue"]), float(given["MaxValue"])
    tried = {} if best is None else best.summary["TunedHyperParameters"]
    text = tried.get(given["Name"])
    value = None if text is None else _number(_bare(text))
    return {
        **_home(job),
        "definition_name": definition.get("DefinitionName"),
        "name": given["Name"],
        "range_min": low,
        "range_max": high,
        "scaling_type": given.get("ScalingType"),
        "best_value": value,
        "edge": _side(given.get("ScalingType"), low, high, value),
    }


def _side(
    scale: str | None, low: float, high: float, value: float | None
) -> str | None:
    if value is None or low >= high:
        return None
    scales: dict[str | None, Callable[[float], float | Fraction]]
    scales = {"Logarithmic": math.log, "ReverseLogarithmic": lambda x: -math.log(1 - x)}
    on_scale = scales.get(scale, Fraction)
    try:
        least, most, here = on_scale(low), on_scale(high), on_scale(value)
        position = float((here - least) / (most - least))
    except (ValueError, ZeroDivisionError):  # the scale does not have one of them, or
        return None  # does not tell the ends apart
    except OverflowError:
        return "low" if here < least else "high"
    return "low" if position <= 0.05 else "high" if position >= 0.95 else None


def _parent(known: Known, child: Job, name: str) -> Job | None:
    found = [
        job
        for job in known.jobs.values()
        if (job.account, job.region) == (child.account, child.region)
        and job.name.lower() == name.lower()
        and job.created <= child.created
    ]
    return next(iter(found), None)


Best = tuple[float, "str | None", "str | None"]
"""The best value, its metric and its direction."""


def _best(known: Known, job: Job | None) -> Best | None:
    """The best of a tuning job, if it has one objective."""
    of_job = known.of_job(job) if job is not None else []
    rows = [_trial(known, trial) for trial in of_job]
    ranked = [row for row in rows if row["place"] is not None]
    objectives = {
        (row["objective_metric_name"], row["objective_direction"]) for row in ranked
    }
    if len(objectives) != 1:
        return None
    ((metric, direction),) = objectives
    best = _pick([row["objective_value"] for row in ranked], direction)
    return None if best is None else (best, metric, direction)


def _pick(values: list[float], direction: str | None) -> float | None:
    """The best of some values; None: nobody knows which that is."""
    if direction is None:
        return None
    return min(values) if direction == "Minimize" else max(values)


def _goodness(best: Best) -> float:
    return -best[0] if best[2] == "Minimize" else best[0]


def _time(instant: datetime | None) -> str | None:
    """A time as a column without a zone holds it: in UTC."""
    if instant is None:
        return None
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _part(row: Mapping[str, Any], *names: str) -> Row:
    return {name: row[name] for name in names}


def _grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None: nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
