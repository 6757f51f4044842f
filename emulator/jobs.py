"""What a tuning job does over time, and what the API shows of it at one instant.

Pure: no clock, no HTTP, no randomness. A schedule (`TuningJob` with its `Trial`s)
holds every instant at which something happens; `view(at)` says what a caller sees
at `at`. So what the emulator shows is a function of (schedule, clock) and nothing
else. All instants are aware datetimes; shapes and member names are those of
`HyperParameterTuningJobSummary` and `HyperParameterTrainingJobSummary`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.definitions import Definition
from emulator.homes import Home
from emulator.trials import Trial, reached

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
"""What a tuning job's config has beside strategy, limits, objective and ranges."""

Counted = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningJob:
    """The schedule of one tuning job.

    Attributes:
        name: `HyperParameterTuningJobName`.
        created: When it appears, InProgress.
        trials: Its trials in any order; kept sorted by creation and name.
        stopping: When it turns Stopping; None if it never does.
        ended: When it reaches `status`; None: it runs for ever.
        status: The last status: Completed, Failed, Stopped, or one unheard of.
        strategy: Bayesian, Random, Hyperband or Grid.
        max_trials: `MaxNumberOfTrainingJobs`; None: absent.
        parallel: `MaxParallelTrainingJobs`.
        max_runtime_seconds: `MaxRuntimeInSeconds`; None: absent.
        metric_name: Name of the objective metric, in its description.
        metric_type: Maximize or Minimize; shown in the description only.
        definitions: What its trials run; one at least.
        config: Further members of its `HyperParameterTuningJobConfig`, as they are:
            `RandomSeed`, `TuningJobCompletionCriteria`, …
        parents: Names of the tuning jobs that it was warm-started from.
        warm_start_type: IdenticalDataAndAlgorithm or TransferLearning.
        converged: `ConvergenceDetectedTime`; None: absent.
        tags: `Tags`, of its trials too; Search shows them.
        cased_arns: Descriptions show its ARN with the case of its name.
        failure_reason: Shown in the description from the end on.
        listed_after_seconds: How long a listing lags behind its creation.
        counters_lag_seconds: How old the counters are.
        sparse_counters: Counters that are 0 are left out.
        deleting: When it turns Deleting; None if it never does.
        deleted: When it vanishes, its trials with it; None: never.
        description: Members of the description, as they are, instead of what
            it would show: a created job's own definitions, or `Autotune`.
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
    metric_type: str = "Maximize"
    definitions: tuple[Definition, ...] = (Definition(),)
    config: Mapping[str, Any] = field(default_factory=lambda: CONFIG)
    parents: tuple[str, ...] = ()
    warm_start_type: str = "IdenticalDataAndAlgorithm"
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
        """Sort the trials by creation, then name; note what it comes to in the end."""
        ordered = sorted(self.trials, key=lambda trial: (trial.created, trial.name))
        object.__setattr__(self, "trials", tuple(ordered))
        own = (self.created, self.stopping, self.ended, self.deleting)
        instants = [instant for instant in own if instant is not None]
        for trial in ordered:
            instants.extend(trial.instants())
        object.__setattr__(self, "_last", max(instants))
        object.__setattr__(self, "_counted", self._count(self._last))

    def exists(self, at: datetime) -> bool:
        """Whether it can be described at `at`."""
        return self.created <= at and not reached(self.deleted, at)

    def listed(self, at: datetime) -> bool:
        """Whether a listing shows it at `at`."""
        late = timedelta(seconds=self.listed_after_seconds)
        return self.created + late <= at and not reached(self.deleted, at)

    def status_at(self, at: datetime) -> str:
        """`HyperParameterTuningJobStatus` at `at`."""
        if reached(self.deleting, at):
            return "Deleting"
        if reached(self.ended, at):
            return self.status
        return "Stopping" if reached(self.stopping, at) else "InProgress"

    def modified_at(self, at: datetime) -> datetime:
        """`LastModifiedTime` at `at`: the last instant at which anything changed."""
        if self._last <= at:
            return self._last
        own = (self.created, self.stopping, self.ended, self.deleting)
        seen = [instant for instant in own if instant is not None and instant <= at]
        for trial in self.trials:
            seen.extend(instant for instant in trial.instants() if instant <= at)
        return max(seen)

    def counters(self, at: datetime) -> Counted:
        """Both counters at `at`, of all trials ever created, deleted ones included."""
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
        """`ResourceLimits`."""
        limits = {"MaxParallelTrainingJobs": self.parallel}
        if self.max_trials is not None:
            limits["MaxNumberOfTrainingJobs"] = self.max_trials
        if self.max_runtime_seconds is not None:
            limits["MaxRuntimeInSeconds"] = self.max_runtime_seconds
        return limits

    def objective(self) -> dict[str, str]:
        """`HyperParameterTuningJobObjective`."""
        return {"Type": self.metric_type, "MetricName": self.metric_name}

    def described_arn(self, home: Home) -> str:
        """Its ARN in a description, and in those of its trials."""
        if self.cased_arns:
            return home.arn("hyper-parameter-tuning-job", self.name)
        return self.arn(home)

    def arn(self, home: Home | None = None) -> str:
        """Its ARN; lower-cased, as recorded ARNs of tuning jobs are."""
        return (home or Home()).arn("hyper-parameter-tuning-job", self.name.lower())

    def view(self, at: datetime, home: Home | None = None) -> dict[str, Any] | None:
        """The tuning job's summary at `at`, or None where the API does not know it.

        Its times are cut to milliseconds.
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
    """The instant, cut to whole milliseconds."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
