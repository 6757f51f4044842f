"""What the emulator says is true, in the form of the demo's queries."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from tap_tools.demo.processes import Failed

Truth = dict[str, Any]
Trial = dict[str, Any]

_METRIC = "FinalHyperParameterTuningJobObjectiveMetric"


def counts(truth: Truth) -> tuple[int, int, int]:
    """Tuning jobs, trials, and running trials."""
    running = [_runs(trial) for trial in _trials(truth)]
    return len(truth["tuning_jobs"]), len(running), sum(running)


def changes(before: Truth, now: Truth) -> tuple[int, int]:
    """Trials that are new, and that ran before and have ended."""
    was = {trial["TrainingJobArn"]: _runs(trial) for trial in _trials(before)}
    ended = [t for t in _trials(now) if was.get(t["TrainingJobArn"]) and not _runs(t)]
    return len(_trials(now)) - len(was), len(ended)


def leaders(truth: Truth, tuning_job: str) -> list[str]:
    """The five best trials of a tuning job: the ends of their names."""
    rated = [trial for trial in truth["trials"][tuning_job] if _METRIC in trial]
    rated.sort(key=lambda trial: trial[_METRIC]["Value"], reverse=True)
    return [trial["TrainingJobName"][-12:] for trial in rated[:5]]


def best_so_far(truth: Truth, tuning_job: str) -> list[tuple[float, float]]:
    """Metrics in the order in which the trials ended, each with the best up to it."""
    rated = [trial for trial in truth["trials"][tuning_job] if _METRIC in trial]
    rated.sort(key=lambda trial: (trial["TrainingEndTime"], trial["TrainingJobName"]))
    metrics = [float(trial[_METRIC]["Value"]) for trial in rated]
    return [(metric, max(metrics[: n + 1])) for n, metric in enumerate(metrics)]


def first_completed(truth: Truth) -> str:
    """The newest tuning job that has completed."""
    return next(
        str(job["HyperParameterTuningJobName"])
        for job in reversed(truth["tuning_jobs"])
        if job["HyperParameterTuningJobStatus"] == "Completed"
    )


def complete(truth: Truth) -> list[tuple[str, int, bool]]:
    """By tuning job: how many trials, and that these are all."""
    return sorted((name, len(trials), True) for name, trials in truth["trials"].items())


def running(truth: Truth) -> dict[str, int]:
    """By tuning job with trials that are not final: how many."""
    counts = {
        name: sum(
            _runs(trial) or trial["ObjectiveStatus"] == "Pending" for trial in trials
        )
        for name, trials in truth["trials"].items()
    }
    return {name: count for name, count in counts.items() if count}


def seconds(truth: Truth) -> dict[str, float]:
    """By outcome: the seconds that trials trained."""
    by_outcome: dict[str, float] = {}
    for trial in _trials(truth):
        outcome = "running" if _runs(trial) else trial["TrainingJobStatus"].lower()
        if outcome == "stopped" and _METRIC in trial:
            outcome = "stopped_early"
        by_outcome[outcome] = by_outcome.get(outcome, 0) + _seconds(trial)
    return by_outcome


def failures(truth: Truth) -> dict[str, int]:
    """How many trials failed, by what their script said."""
    return dict(
        Counter(
            trial["FailureReason"].split('ErrorMessage "')[1].split('"\n')[0]
            for trial in _trials(truth)
            if trial["TrainingJobStatus"] == "Failed"
        )
    )


def trials(truth: Truth) -> list[tuple[Any, ...]]:
    """Every trial by name, with its statuses, metric and hyperparameters."""
    return sorted(
        (
            (
                trial["TrainingJobName"],
                trial["TrainingJobStatus"],
                trial.get("ObjectiveStatus"),
                trial.get(_METRIC, {}).get("Value"),
                trial["TunedHyperParameters"],
            )
            for trial in _trials(truth)
        ),
        key=lambda row: str(row[0]),
    )


def statuses(truth: Truth) -> list[tuple[str, str]]:
    """Every tuning job by name, with its status."""
    return sorted(
        (job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"])
        for job in truth["tuning_jobs"]
    )


def agree(what: str, *, warehouse: object, emulator: object) -> None:
    """Compare.

    Raises:
        Failed: They differ.
    """
    if warehouse != emulator:
        message = (
            f"the warehouse and the emulator differ on {what}:\n"
            f"  warehouse {warehouse}\n  emulator  {emulator}"
        )
        raise Failed(message)


def _trials(truth: Truth) -> list[Trial]:
    return [trial for of_job in truth["trials"].values() for trial in of_job]


def _runs(trial: Trial) -> bool:
    return trial["TrainingJobStatus"] in ("InProgress", "Stopping")


def _seconds(trial: Trial) -> float:
    """How long a trial trained; 0 if it never started."""
    times = [trial.get(f"Training{of}Time") for of in ("Start", "End")]
    if None in times:
        return 0.0
    start, end = (datetime.fromisoformat(str(time)) for time in times)
    return (end - start).total_seconds()
