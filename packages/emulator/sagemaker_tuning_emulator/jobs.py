"""The schedule of a tuning job, and what the API shows of it at a given time.

Pure: no clock, no HTTP, no randomness. A schedule (`TuningJob` with its `Trial`s) holds
the time of every event, and `view(at)` returns what a caller sees at `at`. What the
emulator shows therefore depends only on the schedule and the clock. All times are aware
datetimes. Shapes and member names are those of `HyperParameterTuningJobSummary` and
`HyperParameterTrainingJobSummary`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sagemaker_tuning_emulator.definitions import Definition
from sagemaker_tuning_emulator.homes import Home
from sagemaker_tuning_emulator.trials import Trial, reached

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Trial", "TuningJob"]

STATUS_COUNTERS = (
    "Completed",
    "InProgress",
    "RetryableError",
    "NonRetryableError",
    "Stopped",
)
"""Members of `TrainingJobStatusCounters`; Stopping counts as InProgress."""

OBJECTIVE_COUNTERS = ("Succeeded", "Pending", "Failed")
"""Members of `ObjectiveStatusCounters`."""

CONFIG: Mapping[str, Any] = {"TrainingJobEarlyStoppingType": "Auto"}
"""Members of a tuning job's config other than strategy, limits, objective, ranges."""

Counted = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningJob:
    """The schedule of one tuning job.

    Attributes:
        name: `HyperParameterTuningJobName`.
        created: When it is created, with the status InProgress.
        trials: Its trials in any order; stored sorted by creation and name.
        stopping: When its status becomes Stopping; None for never.
        ended: When it ends with `status`; None if it runs forever.
        status: The final status: Completed, Failed, Stopped, or any other text.
        strategy: Bayesian, Random, Hyperband or Grid.
        max_trials: `MaxNumberOfTrainingJobs`; None to omit it.
        parallel: `MaxParallelTrainingJobs`.
        max_runtime_seconds: `MaxRuntimeInSeconds`; None to omit it.
        metric_name: Name of the objective metric, in its description.
        metric_type: The objective's direction; only in its description.
        definitions: Definitions of its trials; at least one.
        config: Additional members of its `HyperParameterTuningJobConfig`:
            `RandomSeed`, `TuningJobCompletionCriteria`, …
        parents: Names of the tuning jobs that it was warm-started from.
        warm_start_type: `WarmStartType`, if it has parents.
        converged: `ConvergenceDetectedTime`; None to omit it.
        tags: Its `Tags`, which its trials inherit; only Search returns them.
        cased_arns: Whether descriptions keep the case of its name in its ARN.
        failure_reason: Its `FailureReason`, in its description once it has ended.
        listed_after_seconds: Delay between its creation and its first listing.
        counters_lag_seconds: How many seconds its counters lag behind.
        sparse_counters: Whether to omit counters that are 0.
        deleting: When its status becomes Deleting; None for never.
        deleted: When it disappears from the API; None for never. Its trials can still
            be described.
        description: Members that replace those of its description, such as a created
            job's own definitions, or `Autotune`.
    """

    name: str
    created: datetime
    trials: tuple[Trial, ...] = ()
    stopping: datetime | None = None
    ended: datetime | None = None
    status: str = "Completed"
    strategy: str = "Bayesian"
    max_trials: int | None = None
    parallel: int = 1
    max_runtime_seconds: int | None = None
    metric_name: str = "validation:auc"
    metric_type: Literal["Maximize", "Minimize"] = "Maximize"
    definitions: tuple[Definition, ...] = (Definition(),)
    config: Mapping[str, Any] = field(default_factory=lambda: CONFIG)
    parents: tuple[str, ...] = ()
    warm_start_type: Literal["IdenticalDataAndAlgorithm", "TransferLearning"] = (
        "IdenticalDataAndAlgorithm"
    )
    converged: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    cased_arns: bool = False
    failure_reason: str | None = None
    listed_after_seconds: float = 0.0
    counters_lag_seconds: float = 0.0
    sparse_counters: bool = False
    deleting: datetime | None = None
    deleted: datetime | None = None
    description: Mapping[str, Any] = field(default_factory=dict)
    _last: datetime = field(init=False, repr=False, compare=False)
    _counted: Counted = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the trials by creation and name, and store the final counters."""
        ordered = sorted(self.trials, key=lambda trial: (trial.created, trial.name))
        object.__setattr__(self, "trials", tuple(ordered))
        own = (self.created, self.stopping, self.ended, self.deleting)
        instants = [instant for instant in own if instant is not None]
        for trial in ordered:
            instants.extend(trial.instants())
        object.__setattr__(self, "_last", max(instants))
        object.__setattr__(self, "_counted", self._count(self._last))

    def exists(self, at: datetime) -> bool:
        """Return whether it can be described at `at`."""
        return self.created <= at and not reached(self.deleted, at)

    def listed(self, at: datetime) -> bool:
        """Return whether listings include it at `at`."""
        late = timedelta(seconds=self.listed_after_seconds)
        return self.created + late <= at and not reached(self.deleted, at)

    def status_at(self, at: datetime) -> str:
        """Return its `HyperParameterTuningJobStatus` at `at`."""
        if reached(self.deleting, at):
            return "Deleting"
        if reached(self.ended, at):
            return self.status
        return "Stopping" if reached(self.stopping, at) else "InProgress"

    def modified_at(self, at: datetime) -> datetime:
        """Return its `LastModifiedTime` at `at`: the time of the last change."""
        if self._last <= at:
            return self._last
        own = (self.created, self.stopping, self.ended, self.deleting)
        seen = [instant for instant in own if instant is not None and instant <= at]
        for trial in self.trials:
            seen.extend(instant for instant in trial.instants() if instant <= at)
        return max(seen)

    def counters(self, at: datetime) -> Counted:
        """Return both counters at `at`, over all trials, including deleted ones."""
        at -= timedelta(seconds=self.counters_lag_seconds)
        counted = self._counted if self._last <= at else self._count(at)
        return {
            which: {
                name: count
                for name, count in counts.items()
                if count or not self.sparse_counters
            }
            for which, counts in counted.items()
        }

    def _count(self, at: datetime) -> Counted:
        status = dict.fromkeys(STATUS_COUNTERS, 0)
        objective = dict.fromkeys(OBJECTIVE_COUNTERS, 0)
        for trial in self.trials:
            if trial.created <= at:
                counted, settled = trial.counted_as(at)
                status[counted] = status.get(counted, 0) + 1
                objective[settled] = objective.get(settled, 0) + 1
        return {
            "TrainingJobStatusCounters": {
                name: status[name] for name in STATUS_COUNTERS
            },
            "ObjectiveStatusCounters": {
                name: objective[name] for name in OBJECTIVE_COUNTERS
            },
        }

    def limits(self) -> dict[str, int]:
        """Return its `ResourceLimits`."""
        limits = {"MaxParallelTrainingJobs": self.parallel}
        if self.max_trials is not None:
            limits["MaxNumberOfTrainingJobs"] = self.max_trials
        if self.max_runtime_seconds is not None:
            limits["MaxRuntimeInSeconds"] = self.max_runtime_seconds
        return limits

    def objective(self) -> dict[str, str]:
        """Return its `HyperParameterTuningJobObjective`."""
        return {"Type": self.metric_type, "MetricName": self.metric_name}

    def described_arn(self, home: Home) -> str:
        """Return its ARN in its description and in those of its trials."""
        if self.cased_arns:
            return home.arn("hyper-parameter-tuning-job", self.name)
        return self.arn(home)

    def arn(self, home: Home | None = None) -> str:
        """Return its ARN in lower case, like recorded ARNs of tuning jobs."""
        return (home or Home()).arn("hyper-parameter-tuning-job", self.name.lower())

    def view(self, at: datetime, home: Home | None = None) -> dict[str, Any] | None:
        """Return its summary at `at`; None if it does not exist then.

        Times are truncated to milliseconds.
        """
        if not self.exists(at):
            return None
        shown: dict[str, Any] = {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobArn": self.arn(home),
            "HyperParameterTuningJobStatus": self.status_at(at),
            "Strategy": self.strategy,
            "CreationTime": milliseconds(self.created),
            "LastModifiedTime": milliseconds(self.modified_at(at)),
            **self.counters(at),
            "ResourceLimits": self.limits(),
        }
        if self.ended is not None and self.ended <= at:
            shown["HyperParameterTuningEndTime"] = milliseconds(self.ended)
        return shown


def milliseconds(instant: datetime) -> datetime:
    """Truncate a time to whole milliseconds."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
