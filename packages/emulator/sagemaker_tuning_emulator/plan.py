"""Seeded schedules that look like real tuning: slots, failures, early stops.

They resemble recorded tuning jobs: a trial starts some seconds after its creation, one
that is stopped early keeps its objective, objectives settle some seconds after the
trial ends, and the tuning job ends at about that time.
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from sagemaker_tuning_emulator.definitions import drawn
from sagemaker_tuning_emulator.given import CHECKED, Fraction, Offsets, Span
from sagemaker_tuning_emulator.jobs import Trial

if TYPE_CHECKING:
    from sagemaker_tuning_emulator.jobs import TuningJob

FAILURE_REASON = (
    "AlgorithmError: ExecuteUserScriptError:\n"
    "ExitCode 1\n"
    "ErrorMessage \"ValueError: Input contains NaN in column 'tenure'\"\n"
    'Command "/usr/bin/python3 train.py --max_depth {depth}"\n'
    "Traceback (most recent call last):\n"
    + '  File "/opt/ml/code/train.py", line 88, in fit\n    booster.update(batch)\n'
    * 20
)
"""Longer than the service's limit."""

ALL_FAILED = (
    "All training jobs failed. Please take a look at the training jobs failures to "
    "get more details."
)
"""AWS's failure reason for a tuning job whose trials have all failed."""

RETRYABLE = 0.3
"""Fraction of the failures that count as RetryableError."""


@dataclass(frozen=True, slots=True, kw_only=True, config=CHECKED)
class Chances:
    """Fractions of the trials that do not simply complete.

    Attributes:
        failed: Fraction that fails.
        stopped_early: Fraction that is stopped early, with an objective.
        stopped_without: Fraction that is stopped without an objective.
        never_started: Fraction that is stopped before training starts.
        non_finite: Fraction of objectives that are "NaN".
    """

    failed: Fraction = 0.08
    stopped_early: Fraction = 0.12
    stopped_without: Fraction = 0.04
    never_started: Fraction = 0.03
    non_finite: Fraction = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, config=CHECKED)
class Plan:
    """Parameters of a planned tuning job.

    Attributes:
        trials: Number of trials that it launches.
        parallel: Number of trials that run at once.
        trial_seconds: Training time of a trial.
        start_seconds: Time from a trial's creation to its start.
        settle_seconds: Time from a trial's end until its objective is final.
        gap_seconds: Time until a freed slot gets the next trial.
        end_seconds: Time from the last final objective to the tuning job's end.
        chances: Fractions of trials that fail, are stopped, or never start.
        metrics: Names of final metrics other than the objective.
        metrics_in_1970: Whether the final metrics' times are milliseconds ÷ 1000.
        touched_seconds: Time from a trial's end to its last `LastModifiedTime`.
        billable: With spot, the billed fraction of the training time.
        lower_cased_arns: Whether the trials' ARNs are in lower case.
    """

    trials: Annotated[int, Field(ge=0, le=100_000)] = 10
    parallel: Annotated[int, Field(ge=1, le=100_000)] = 2
    trial_seconds: Span = (240.0, 1500.0)
    start_seconds: Span = (2.0, 150.0)
    settle_seconds: Span = (1.0, 20.0)
    gap_seconds: Span = (1.0, 12.0)
    end_seconds: Offsets = (-8.0, 45.0)
    chances: Chances = field(default_factory=Chances)
    metrics: tuple[str, ...] = ("train:loss",)
    metrics_in_1970: bool = False
    touched_seconds: Span = (13.0, 79.0)
    billable: tuple[Fraction, Fraction] = (0.2, 0.8)
    lower_cased_arns: bool = False


def planned(job: TuningJob, plan: Plan, rng: random.Random) -> TuningJob:
    """Return the tuning job with trials and an end.

    Args:
        job: The tuning job with everything that is not planned: name, creation,
            strategy, objective, and definitions, which its trials use in turn. Trials
            will be named like `NAME-001-0123abcd`.
        plan: The number, times and fates of its trials.
        rng: The only source of randomness.
    """
    slots = [job.created] * plan.parallel
    made: list[Trial] = []
    created = job.created
    for index in range(plan.trials):
        created = max(created, heapq.heappop(slots) + _within(rng, plan.gap_seconds))
        started = created + _within(rng, plan.start_seconds)
        ended = started + _within(rng, plan.trial_seconds)
        definition = job.definitions[index % len(job.definitions)]
        objective = definition.objective or job.objective()
        trial = Trial(
            name=f"{job.name}-{index + 1:03d}-{rng.getrandbits(32):08x}",
            created=created,
            started=started,
            ended=ended,
            objective_settled=ended + _within(rng, plan.settle_seconds),
            value=_objective(index, plan.trials, rng, objective["Type"]),
            metric_name=objective["MetricName"],
            hyperparameters=drawn(definition.ranges, rng),
            definition_name=definition.definition_name,
            lower_cased_arn=plan.lower_cased_arns,
        )
        trial = _detailed(trial, plan, spot=definition.spot)
        fated = _fated(trial, _fate(rng, plan.chances), rng)
        if fated.value is not None and rng.random() < plan.chances.non_finite:
            fated = replace(fated, value="NaN")
        made.append(fated)
        heapq.heappush(slots, fated.ended or ended)
    failed = bool(made) and all(trial.status == "Failed" for trial in made)
    ends = [trial.ended for trial in made if trial.ended is not None]
    settled = [trial.settled for trial in made if trial.settled is not None]
    last = max(settled, default=job.created + timedelta(seconds=5))
    return replace(
        job,
        trials=tuple(made),
        parallel=plan.parallel,
        max_trials=plan.trials if job.max_trials is None else job.max_trials,
        ended=max([last + _within(rng, plan.end_seconds), job.created, *ends]),
        status="Failed" if failed else "Completed",
        failure_reason=ALL_FAILED if failed else None,
    )


def _detailed(trial: Trial, plan: Plan, *, spot: bool) -> Trial:
    """Add the values that only the trial's description shows.

    Its name is their seed, so that they do not change the rest of the schedule.
    """
    rng = random.Random(trial.name)  # noqa: S311 - a schedule, not a secret
    touched = _within(rng, plan.touched_seconds).total_seconds()
    return replace(
        trial,
        metrics={name: rng.uniform(0, 2) for name in plan.metrics},
        metrics_in_1970=plan.metrics_in_1970,
        billable_fraction=rng.uniform(*plan.billable) if spot else 1.0,
        touched_after_seconds=touched,
    )


def _fated(trial: Trial, fate: str, rng: random.Random) -> Trial:
    """Apply a fate to a trial that would otherwise complete."""
    started, ended, settled = trial.started, trial.ended, trial.objective_settled
    if fate == "completed" or started is None or ended is None or settled is None:
        return trial
    cut = started + (ended - started) * rng.uniform(0.1, 0.6)
    trial = replace(trial, ended=cut, objective_settled=cut + (settled - ended))
    if fate == "failed":
        return replace(
            trial,
            status="Failed",
            objective_status="Failed",
            value=None,
            failure_reason=FAILURE_REASON.format(depth=rng.randint(2, 12)),
            retryable=rng.random() < RETRYABLE,
        )
    trial = replace(trial, status="Stopped", stopping=cut - timedelta(seconds=2))
    if fate == "stopped_early":
        return trial
    trial = replace(trial, objective_status="Failed", value=None)
    return replace(trial, started=None) if fate == "never_started" else trial


def _within(rng: random.Random, span: Offsets) -> timedelta:
    return timedelta(milliseconds=round(rng.uniform(*span) * 1000))


def _fate(rng: random.Random, chances: Chances) -> str:
    drawn = rng.random()
    for fate in ("failed", "stopped_early", "stopped_without", "never_started"):
        drawn -= getattr(chances, fate)
        if drawn < 0:
            return fate
    return "completed"


def _objective(index: int, trials: int, rng: random.Random, metric_type: str) -> float:
    """Return a noisy value between 0 and 1 that improves from trial to trial."""
    learned = 1 - math.exp(-3 * (index + 1) / trials)
    good = min(0.999, 0.62 + 0.3 * learned + rng.gauss(0, 0.03))
    return good if metric_type == "Maximize" else 1 - good
