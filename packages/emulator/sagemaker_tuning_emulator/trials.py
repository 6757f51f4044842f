"""The schedule of one training job of a tuning job. Pure, like `jobs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeGuard

from sagemaker_tuning_emulator.homes import Home
from sagemaker_tuning_emulator.wire import widened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

FAILURE_REASON_LIMIT = 1024
"""The most characters of `FailureReason`; the service cuts longer ones mid-word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The schedule of one training job that a tuning job launches.

    Attributes:
        name: `TrainingJobName`; its case is preserved.
        created: When it is created, with the status InProgress.
        started: When training starts; None for never.
        stopping: When its status becomes Stopping; None for never.
        ended: When it ends with `status`; None if it runs forever.
        objective_settled: When its objective is no longer Pending; None for its end.
        status: The final status: Completed, Failed, Stopped, or any other text.
        objective_status: The final `ObjectiveStatus`; None to omit it at all times.
        metric_name: Name of the objective metric.
        value: The metric as sent: a float (shown as a float32 widened to double; nan
            and infinity as bare literals), text such as "NaN", or None for no metric.
            Shown once the objective has settled.
        metric_type: `Type` of the metric; None to omit it, like every recorded answer.
        metrics: Other final metrics by name; only in the description.
        metrics_in_1970: Whether the final metrics' times are milliseconds ÷ 1000.
        billable_fraction: Billed fraction of the training time; spot saves the rest.
        touched_after_seconds: When `LastModifiedTime` in the description changes again,
            in seconds after the end; None for never.
        hyperparameters: `TunedHyperParameters`.
        definition_name: `TrainingJobDefinitionName`; None to omit it.
        failure_reason: Shown once it has ended, cut to 1024 characters.
        retryable: Whether a failure counts as RetryableError.
        listed_after_seconds: Delay between its creation and its first listing; counters
            and descriptions have it at once.
        deleted: When it disappears (`DeleteTrainingJob`); None for never.
        lower_cased_arn: Whether its ARN is in lower case although its name is not.
        curves: Values in CloudWatch of metrics of its algorithm: one per minute from
            its start, None for a gap. Other metrics get a curve that suits its outcome.
        metrics_late_seconds: Time from its end until all its points are in CloudWatch;
            None for a time that depends on its name, at most four minutes.
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
        """When it becomes final; None for never."""
        if self.ended is None or self.objective_settled is None:
            return self.ended
        return max(self.ended, self.objective_settled)

    def exists(self, at: datetime) -> bool:
        """Return whether it exists at `at`."""
        return self.created <= at and not reached(self.deleted, at)

    def listed(self, at: datetime) -> bool:
        """Return whether listings include it at `at`."""
        late = timedelta(seconds=self.listed_after_seconds)
        return self.created + late <= at and not reached(self.deleted, at)

    def status_at(self, at: datetime) -> str:
        """Return its `TrainingJobStatus` at `at`."""
        if reached(self.ended, at):
            return self.status
        return "Stopping" if reached(self.stopping, at) else "InProgress"

    def metric_at(self, at: datetime) -> float | str | None:
        """Return the objective metric's value at `at`; None while there is none."""
        return self.value if reached(self.settled, at) else None

    def view(self, at: datetime, home: Home | None = None) -> dict[str, Any] | None:
        """Return its summary at `at`; None if it does not exist then.

        Times are truncated to whole seconds. There is no `TuningJobName`, because the
        service omits it in listings.
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
        """Return the two counters that include it: for its status and its objective."""
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
        """Yield every time at which it changes, in no particular order."""
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
    """Return whether a time, which can be None for never, has come by `at`."""
    return instant is not None and instant <= at
