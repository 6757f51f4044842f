"""Tuning jobs and trials of every kind ever seen in the API, and a few more."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Chances, Trial, TuningJob

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope

START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
"""The time of the emulator's clock when they are read."""


def after(seconds: float) -> datetime:
    """A time on 1 March 2026."""
    return START - timedelta(days=1) + timedelta(seconds=seconds)


def odd_values(name: str, **fields: Any) -> TuningJob:
    """A tuning job whose trials have every kind of objective ever seen."""
    values: list[Any] = [
        0.25,
        0.0,
        -1.5,
        3e38,
        "0.125",
        "12",
        "NaN",
        "Infinity",
        "-Infinity",
    ]
    values += [math.nan, math.inf, -math.inf, None]
    parameters = {"batch-size": '"128"', "order": "0.5", "select": "", "é": "1e-3"}
    trials = [
        Trial(
            name=f"{name}-{index:03d}",
            created=after(index + 0.75),
            started=after(index + 30),
            ended=after(index + 600),
            objective_settled=after(index + 605),
            value=value,
            metric_type=["Maximize", None][index % 2],
            hyperparameters=parameters,
            definition_name=["small", None][index % 2],
        )
        for index, value in enumerate(values)
    ]
    return TuningJob(
        name=name,
        created=after(0.123),
        ended=after(900.5),
        trials=tuple(trials),
        max_runtime_seconds=3600,
        **fields,
    )


def odd_trials(name: str) -> TuningJob:
    """A running tuning job with a trial in every stage."""
    ended: dict[str, Any] = {"started": after(60), "ended": after(600), "value": 0.5}
    trials = (
        Trial(name=f"{name}-new", created=START),
        Trial(name=f"{name}-started", created=after(50), started=after(60)),
        Trial(name=f"{name}-stopping", created=after(50), stopping=after(70)),
        Trial(name=f"{name}-Early", created=after(1), status="Stopped", **ended),
        Trial(name=f"{name}-settled", created=after(2), **ended),
        Trial(
            name=f"{name}-unsettled",
            created=after(3),
            **ended,
            objective_settled=START + timedelta(seconds=60),
        ),
        Trial(
            name=f"{name}-never",
            created=after(4),
            ended=after(20),
            status="Stopped",
            objective_status="Failed",
        ),
        Trial(
            name=f"{name}-failed",
            created=after(5),
            started=after(15),
            ended=after(20),
            status="Failed",
            objective_status="Failed",
            failure_reason="AlgorithmError:\n" + "  File «train.py» ☃\n" * 80,
            lower_cased_arn=True,
        ),
        Trial(name=f"{name}-no-objective", created=after(6), objective_status=None),
        Trial(name=f"{name}-lost", created=after(7), ended=after(8), status="Lost"),
    )
    return TuningJob(name=name, created=after(0.5), trials=trials, max_trials=20)


def populate(scope: Scope) -> None:
    """Add tuning jobs of every kind, in every stage."""
    scope.add(odd_values("Odd-Values", sparse_counters=True, strategy="Random"))
    scope.add(odd_trials("odd-trials"))
    created = "2026-02-27T12:00:00.500Z"
    scope.plan("churn-xgb", trials=40, parallel=5, created=created)
    scope.plan("none", trials=0, created="2026-02-26T12:00:00Z", strategy="Grid")
    only_failures = Chances(failed=1)
    scope.plan("failed", trials=3, chances=only_failures, created=created)
    scope.plan("running", trials=30, parallel=4, created="2026-03-02T08:00:00Z")
    scope.plan("new", trials=4)
    scope.plan("stopping", trials=9, created="2026-03-02T08:30:00Z")
    scope.stop("stopping")
    halted: dict[str, Any] = {
        "created": after(300),
        "ended": after(400),
        "status": "Stopped",
    }
    scope.add(TuningJob(name="halted", **halted))
    scope.plan("deleting", trials=3, created="2026-03-01T10:00:00Z")
    scope.delete("deleting", deleting_seconds=600)
    scope.plan("deleted", trials=3, created="2026-03-01T10:00:00Z")
    scope.delete("deleted")
