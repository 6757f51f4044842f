"""Which series CloudWatch can have of a trial, and how to ask for them.

Pure. SageMaker publishes to the namespace /aws/sagemaker/TrainingJobs once a minute:
https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html#cloudwatch-metrics-jobs
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.values import (
    as_integer,
    as_text,
    items,
    members,
    moment,
    shift,
    text_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_sagemaker_tuning.values import Summary

STATISTIC = "Average"

LATENESS = timedelta(minutes=5)
"""How long after a trial's end its points can still arrive."""

_NAMESPACE = "/aws/sagemaker/TrainingJobs"
_MINUTE, _FIVE_MINUTES = 60, 300  # seconds
_KEPT_BY_THE_MINUTE = timedelta(days=15)
_KEPT = timedelta(days=63)
"""How long CloudWatch keeps points by the minute, and by five minutes:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""
_MARGIN = timedelta(minutes=10)
"""How long before points go they are not counted on: a call can be retried."""

_OF_MACHINES = ("CPUUtilization", "DiskUtilization", "MemoryUtilization")
_OF_GPUS = ("GPUMemoryUtilization", "GPUUtilization")
_HAS_GPUS = re.compile(r"ml\.[gp]\d")


@dataclass(frozen=True, slots=True)
class Window:
    """When a trial ran, in whole periods.

    Attributes:
        start: When its first period starts.
        end: When its last period ends.
        period: The length of a period in seconds.
    """

    start: datetime
    end: datetime
    period: int

    @classmethod
    def of(cls, start: str, end: str, now: str) -> Window | None:
        """Choose the shortest period that CloudWatch still has of a whole trial.

        Args:
            start: When the trial started.
            end: When it ended.
            now: The service's time.

        Returns:
            The window; None: the trial ended too long ago.
        """
        if end < shift(now, -_KEPT):
            return None
        is_new = start >= shift(now, _MARGIN - _KEPT_BY_THE_MINUTE)
        period = _MINUTE if is_new else _FIVE_MINUTES
        first = max(start, shift(now, _MARGIN - _KEPT))
        last = shift(max(end, first), LATENESS + timedelta(seconds=period))
        return cls(_floor(first, period), _floor(last, period), period)

    def joined(self, other: Window) -> Window:
        """The window that holds both, which have the same period."""
        start, end = min(self.start, other.start), max(self.end, other.end)
        return Window(start, end, self.period)

    @property
    def periods(self) -> int:
        """How many periods it has."""
        return (self.end - self.start) // timedelta(seconds=self.period)


def _floor(time: str, period: int) -> datetime:
    """When the period of a time started: periods are counted from 1970 on."""
    at = moment(time)
    return at - timedelta(
        seconds=int(at.timestamp()) % period, microseconds=at.microsecond
    )


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of a trial, or of one of its instances.

    Attributes:
        trial: The trial's name.
        metric_name: The metric's name.
        host: The instance, such as `algo-1`; empty for a metric of the algorithm.
        window: When the trial ran.
    """

    trial: str
    metric_name: str
    host: str
    window: Window

    def query(self, of_answer: str) -> dict[str, Any]:
        """Ask for it in a GetMetricData call: a MetricDataQuery.

        Args:
            of_answer: The Id that its answer is to have.
        """
        name, value = "TrainingJobName", self.trial
        if self.host:
            name, value = "Host", f"{self.trial}/{self.host}"
        return {
            "Id": of_answer,
            "MetricStat": {
                "Metric": {
                    "Namespace": _NAMESPACE,
                    "MetricName": self.metric_name,
                    "Dimensions": [{"Name": name, "Value": value}],
                },
                "Period": self.window.period,
                "Stat": STATISTIC,
            },
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured of each trial of a definition.

    Attributes:
        by_algorithm: Names of the metrics that the algorithm writes.
        of_hosts: Names of the metrics of each instance.
        hosts: How many instances a trial has.
    """

    by_algorithm: tuple[str, ...]
    of_hosts: tuple[str, ...]
    hosts: int

    def series(self, trial: str, window: Window) -> Iterator[Series]:
        """Every series that there can be of a trial."""
        for name in self.by_algorithm:
            yield Series(trial, name, "", window)
        for number in range(1, self.hosts + 1):
            for name in self.of_hosts:
                yield Series(trial, name, f"algo-{number}", window)


def measured(described: Summary) -> dict[str | None, Measured]:
    """Read what is measured out of a tuning job's description.

    Args:
        described: An answer of DescribeHyperParameterTuningJob.

    Returns:
        By the name of a definition, what is measured of its trials; and by None, what
        is of those that do not say which definition is theirs.

    Raises:
        UnreadableError: It is not of the form that the API documents.
    """
    with readable("its description"):
        return _measured(described)


def _measured(described: Summary) -> dict[str | None, Measured]:
    one = described.get("TrainingJobDefinition")
    several = items(described.get("TrainingJobDefinitions") or [])
    config = members(described.get("HyperParameterTuningJobConfig") or {})
    objective = config.get("HyperParameterTuningJobObjective")
    found: dict[str | None, Measured] = {}
    for definition in map(members, filter(None, [one, *several])):
        name = text_or_none(definition.get("DefinitionName"))
        found[name] = _of_definition(definition, objective)
    found[None] = Measured(
        _distinct(each.by_algorithm for each in found.values()),
        _distinct([_OF_MACHINES, *(each.of_hosts for each in found.values())]),
        max((each.hosts for each in found.values()), default=1),
    )
    return found


def _distinct(names: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(names)))


def _of_definition(definition: dict[str, Any], objective: Any) -> Measured:
    algorithm = members(definition.get("AlgorithmSpecification") or {})
    metrics = [*items(algorithm.get("MetricDefinitions") or [])]
    names = [as_text(members(metric).get("Name")) for metric in metrics]
    aim = members(definition.get("TuningObjective") or objective or {})
    if aim.get("MetricName"):
        names.append(as_text(aim["MetricName"]))
    machines = list(_machines(definition))
    has_gpus = any(_HAS_GPUS.match(str(kind)) for kind, _ in machines)
    return Measured(
        _distinct([names]),
        _OF_MACHINES + (_OF_GPUS if has_gpus else ()),
        max((count for _, count in machines), default=1),
    )


def _machines(definition: dict[str, Any]) -> Iterator[tuple[Any, int]]:
    """Every instance type that a trial can have, and of how many instances in all.

    Of several that SageMaker may choose from, nobody knows which a trial got: what is
    asked for in vain has no points.
    """
    fixed = members(definition.get("ResourceConfig") or {})
    groups = [members(group) for group in items(fixed.get("InstanceGroups") or [])]
    in_groups = sum(as_integer(group.get("InstanceCount") or 0) for group in groups)
    yield from ((group.get("InstanceType"), in_groups) for group in groups)
    choice = members(definition.get("HyperParameterTuningResourceConfig") or {})
    choices = items(choice.get("InstanceConfigs") or [])
    for each in (fixed, choice, *map(members, choices)):
        if each.get("InstanceType"):
            yield each["InstanceType"], as_integer(each.get("InstanceCount") or 1)


def probe_of(trial: str) -> Series:
    """One series of a trial in its last minutes: enough to see whether it is denied."""
    now = datetime.now(tz=UTC)
    window = Window(now - LATENESS, now, _MINUTE)
    return Series(trial, _OF_MACHINES[0], "", window)
