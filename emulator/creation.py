"""Tuning jobs made by the API's own request, and described in full."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from emulator.plan import RANGES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from emulator.homes import Home
    from emulator.jobs import Trial, TuningJob
    from emulator.scopes import Scope

DEFAULT_TRIALS = 20
"""Trials of a created tuning job that sets no `MaxNumberOfTrainingJobs`."""


def create(scope: Scope, params: Mapping[str, Any]) -> TuningJob:
    """Plan the tuning job that a CreateHyperParameterTuningJob request asks for.

    Raises:
        ServiceError: ResourceInUse: the name is taken.
    """
    config = params["HyperParameterTuningJobConfig"]
    definitions = params.get("TrainingJobDefinitions") or [
        params.get("TrainingJobDefinition", {})
    ]
    objective = config.get("HyperParameterTuningJobObjective") or definitions[0].get(
        "TuningObjective", {"Type": "Maximize", "MetricName": "validation:auc"}
    )
    ranges = config.get("ParameterRanges") or definitions[0].get("HyperParameterRanges")
    limits = config["ResourceLimits"]
    kept = {
        name: params[name]
        for name in (
            "HyperParameterTuningJobConfig",
            "TrainingJobDefinition",
            "TrainingJobDefinitions",
            "WarmStartConfig",
            "Autotune",
        )
        if name in params
    }
    return scope.plan(
        params["HyperParameterTuningJobName"],
        trials=limits.get("MaxNumberOfTrainingJobs", DEFAULT_TRIALS),
        parallel=limits["MaxParallelTrainingJobs"],
        strategy=config["Strategy"],
        metric_name=objective["MetricName"],
        metric_type=objective["Type"],
        ranges=ranges or {},
        definition_name=definitions[0].get("DefinitionName"),
        max_trials=limits.get("MaxNumberOfTrainingJobs"),
        max_runtime_seconds=limits.get("MaxRuntimeInSeconds"),
        description=kept,
    )


def description(job: TuningJob, at: datetime, home: Home) -> dict[str, Any]:
    """What DescribeHyperParameterTuningJob answers at `at`.

    Unlike a summary it has no `Strategy` and `ResourceLimits` of its own: they are
    inside its config.
    """
    summary = job.view(at, home) or {}
    limits, strategy = summary.pop("ResourceLimits"), summary.pop("Strategy")
    shown: dict[str, Any] = {
        **summary,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "ResourceLimits": limits,
            "HyperParameterTuningJobObjective": {
                "Type": job.metric_type,
                "MetricName": job.metric_name,
            },
            "ParameterRanges": RANGES,
            "TrainingJobEarlyStoppingType": "Auto",
        },
        "ConsumedResources": {"RuntimeInSeconds": _runtime(job, at)},
        **job.description,
    }
    best = _best(job, at)
    if best is not None:
        shown["BestTrainingJob"] = best.view(at, home)
        shown["OverallBestTrainingJob"] = best.view(at, home)
    ended = "HyperParameterTuningEndTime" in summary
    if ended and job.failure_reason is not None:
        shown["FailureReason"] = job.failure_reason
    return shown


def _best(job: TuningJob, at: datetime) -> Trial | None:
    """The trial with the best finite objective so far."""
    rated = [
        (float(value), trial)
        for trial in job.trials
        if trial.exists(at)
        and (value := trial.metric_at(at)) is not None
        and math.isfinite(float(value))
    ]
    if not rated:
        return None
    pick = min if job.metric_type == "Minimize" else max
    return pick(rated, key=lambda pair: pair[0])[1]


def _runtime(job: TuningJob, at: datetime) -> int:
    """Seconds that its trials have trained by `at`."""
    spent = [
        min(at, trial.ended or at) - trial.started
        for trial in job.trials
        if trial.started is not None and trial.started <= at
    ]
    return sum(int(each.total_seconds()) for each in spent)
