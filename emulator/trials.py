"""What one training job of a tuning job does over time: pure, as `emulator.jobs` is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeGuard

from emulator.homes import Home
from emulator.wire import widened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

FAILURE_REASON_LIMIT = 1024
"""Characters; `FailureReason` in the service model. Longer ones are cut mid-word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The schedule of one training job that a tuning job launches.

    Attributes:
        name: `TrainingJobName`; kept as it is, upper case included.
        created: When it appears, InProgress.
        started: When training starts; None if it never does.
        stopping: When it turns Stopping; None if it never does.
        ended: When it reaches `status`; None: it runs for ever.
        objective_settled: When its objective leaves Pending; None: when it ends.
        status: The last status: Completed, Failed or Stopped (or one unheard of).
        objective_status: The last one; None: the member is absent at all times.
        metric_name: Name of the objective metric.
        value: The metric as sent: a float (shown as a float32 widened to double; nan
            and infinity as bare literals), text such as "NaN", or None: no metric.
            Shown once the objective has settled.
        metric_type: `Type` of the metric; None: absent, as in every recorded answer.
        metrics: Further final metrics by name; shown in the description only.
        metrics_in_1970: The final metrics' times are milliseconds ÷ 1000.
        billable_fraction: What is billed of the training time; spot saves the rest.
        touched_after_seconds: How long after the end `LastModifiedTime` moves once
            more, in the description; None: it does not.
        hyperparameters: `TunedHyperParameters`: text to text.
        definition_name: `TrainingJobDefinitionName`; None: absent.
        failure_reason: Shown from the end on, cut at 1024 characters.
        retryable: A failure counts as RetryableError.
        listed_after_seconds: How long a listing lags behind its creation; it is
            counted, and can be described, from its creation on.
        deleted: When it vanishes (`DeleteTrainingJob`); None: never.
        lower_cased_arn: Its ARN is lower-cased though its name is not.
        curves: Metrics of its algorithm with values of their own in CloudWatch: one a
            minute from its start on, None: a gap. Others have a curve that belongs to
            how it ends.
        metrics_late_seconds: From its end until all its points are in CloudWatch;
            None: it depends on its name, four minutes at most.
    """

    name: str
    created: datetime
    started: datetime | None = None
    stopping: datetime | None = None
    ended: datetime | None = None
    objective_settled: datetime | None = None
    status: str = "Completed"
    objective_status: str | None = "Succeeded"
    metric_name: str = "validation:auc"
    value: float | str | None = None
    metric_type: str | None = None
    metrics: Mapping[str, float | str] = field(default_factory=dict)
    metrics_in_1970: bool = False
    billable_fraction: float = 1.0
    touched_after_seconds: float | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    definition_name: str | None = None
    failure_reason: str | None = None
    retryable: bool = False
    listed_after_seconds: float = 0.0
    deleted: datetime | None = None
    lower_cased_arn: bool = False
    curves: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    metrics_late_seconds: float | None = None

    @property
    def settled(self) -> datetime | None:
        """The instant from which it is final; None: it never is."""
        if self.ended is None or self.objective_settled is None:
            return self.ended
        return max(self.ended, self.objective_settled)

    def exists(self, at: datetime) -> bool:
        """Whether the API knows it at `at`."""
        return self.created <= at and not reached(self.deleted, at)

    def listed(self, at: datetime) -> bool:
        """Whether a listing shows it at `at`."""
        late = timedelta(seconds=self.listed_after_seconds)
        return self.created + late <= at and not reached(self.deleted, at)

    def status_at(self, at: datetime) -> str:
        """`TrainingJobStatus` at `at`."""
        if reached(self.ended, at):
            return self.status
        return "Stopping" if reached(self.stopping, at) else "InProgress"

    def metric_at(self, at: datetime) -> float | str | None:
        """The objective metric's value at `at`; None while there is none."""
        return self.value if reached(self.settled, at) else None

    def view(self, at: datetime, home: Home | None = None) -> dict[str, Any] | None:
        """The trial's summary at `at`, or None where the API does not know it.

        Its times are cut to whole seconds. `TuningJobName` is left out, as the
        service leaves it out of the items of a list.
        """
        if not self.exists(at):
            return None
        arn = (home or Home()).arn("training-job", self.name)
        shown: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobArn": arn.lower() if self.lower_cased_arn else arn,
            "CreationTime": self.created.replace(microsecond=0),
            "TrainingJobStatus": self.status_at(at),
            "TunedHyperParameters": dict(self.hyperparameters),
        }
        if self.definition_name is not None:
            shown["TrainingJobDefinitionName"] = self.definition_name
        if self.started is not None and self.started <= at:
            shown["TrainingStartTime"] = self.started.replace(microsecond=0)
        if self.ended is not None and self.ended <= at:
            shown["TrainingEndTime"] = self.ended.replace(microsecond=0)
            if self.failure_reason is not None:
                shown["FailureReason"] = self.failure_reason[:FAILURE_REASON_LIMIT]
        if self.objective_status is not None:
            settled = reached(self.settled, at)
            shown["ObjectiveStatus"] = self.objective_status if settled else "Pending"
        value = self.metric_at(at)
        if value is not None:
            sent = widened(value) if isinstance(value, float) else value
            metric: dict[str, Any] = {"MetricName": self.metric_name, "Value": sent}
            if self.metric_type is not None:
                metric["Type"] = self.metric_type
            shown["FinalHyperParameterTuningJobObjectiveMetric"] = metric
        return shown

    def counted_as(self, at: datetime) -> tuple[str, str]:
        """The two counters that it adds to: of its status, and of its objective."""
        if not reached(self.ended, at):
            return "InProgress", "Pending"
        status = self.status
        if status == "Failed":
            status = "RetryableError" if self.retryable else "NonRetryableError"
        if not reached(self.settled, at):
            return status, "Pending"
        without = "Failed" if self.value is None else "Succeeded"
        return status, self.objective_status or without

    def instants(self) -> Iterator[datetime]:
        """Every instant at which it changes, in no particular order."""
        for instant in (
            self.created,
            self.started,
            self.stopping,
            self.ended,
            self.objective_settled,
        ):
            if instant is not None:
                yield instant


def reached(instant: datetime | None, at: datetime) -> TypeGuard[datetime]:
    """Whether an instant that may never come has come by `at`."""
    return instant is not None and instant <= at
