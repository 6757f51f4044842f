"""Lists the CloudWatch series that a trial can have, and builds their queries.

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

ALGORITHM = "algorithm"
"""The host of a metric that the algorithm emits. Not empty text, which some targets
load as null, since the host is part of a key."""

LATENESS = timedelta(minutes=5)
"""How long after a trial's end points can still arrive."""

_NAMESPACE = "/aws/sagemaker/TrainingJobs"  # fact 78
_MINUTE, _FIVE_MINUTES = 60, 300  # seconds
_KEPT_BY_THE_MINUTE = timedelta(days=15)
_KEPT = timedelta(days=63)
"""How long CloudWatch keeps one-minute points, and five-minute points:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""
_MARGIN = timedelta(minutes=10)
"""Points that CloudWatch deletes within this time are not requested: they could be
gone after some retries."""

_OF_MACHINES = ("CPUUtilization", "DiskUtilization", "MemoryUtilization")
_OF_GPUS = ("GPUMemoryUtilization", "GPUUtilization")
_HAS_GPUS = re.compile(r"ml\.[gp]\d")


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which a trial ran, in whole periods.

    Attributes:
        start: The start of its first period.
        end: The end of its last period.
        period: The length of a period in seconds.
    """

    start: datetime
    end: datetime
    period: int

    @classmethod
    def of(cls, start: str, end: str, now: str) -> Window | None:
        """Build the window of a trial, with the shortest period that CloudWatch keeps.

        Args:
            start: When the trial started.
            end: When it ended.
            now: The service's time.

        Returns:
            The window, with `LATENESS` after the end; None: the trial ended too long
            ago.
        """
        if end < shift(now, -_KEPT):
            return None
        is_new = start >= shift(now, _MARGIN - _KEPT_BY_THE_MINUTE)
        period = _MINUTE if is_new else _FIVE_MINUTES  # facts 83, 84
        first = max(start, shift(now, _MARGIN - _KEPT))
        last = shift(max(end, first), LATENESS + timedelta(seconds=period))  # fact 48
        return cls(_floor(first, period), _floor(last, period), period)

    def joined(self, other: Window) -> Window:
        """The smallest window around both, which must have the same period."""
        start, end = min(self.start, other.start), max(self.end, other.end)
        return Window(start, end, self.period)

    @property
    def periods(self) -> int:
        """The number of periods in it."""
        return (self.end - self.start) // timedelta(seconds=self.period)


def _floor(time: str, period: int) -> datetime:
    """The start of the period around a time; periods are aligned to 1970."""
    at = moment(time)
    return at - timedelta(
        seconds=int(at.timestamp()) % period,
        microseconds=at.microsecond,  # fact 81
    )


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of a trial, or of one of its instances.

    Attributes:
        trial: The trial's name.
        metric_name: The metric's name.
        host: The instance, such as `algo-1`, or `ALGORITHM`.
        window: The time in which the trial ran.
    """

    trial: str
    metric_name: str
    host: str
    window: Window

    def query(self, of_answer: str) -> dict[str, Any]:
        """Return its MetricDataQuery for a GetMetricData call.

        Args:
            of_answer: The Id of the query and of its results.
        """
        name, value = "TrainingJobName", self.trial
        if self.host != ALGORITHM:
            name, value = "Host", f"{self.trial}/{self.host}"  # fact 79
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
    """The metrics of each trial of a definition.

    Attributes:
        by_algorithm: Names of the metrics that the algorithm emits.
        of_hosts: Names of the metrics of each instance.
        hosts: The most instances that a trial can have.
    """

    by_algorithm: tuple[str, ...]
    of_hosts: tuple[str, ...]
    hosts: int

    def series(self, trial: str, window: Window) -> Iterator[Series]:
        """Yield every series that a trial can have."""
        for name in self.by_algorithm:
            yield Series(trial, name, ALGORITHM, window)
        for number in range(1, self.hosts + 1):
            for name in self.of_hosts:
                yield Series(trial, name, f"algo-{number}", window)


def measured(described: Summary) -> dict[str | None, Measured]:
    """Find the metrics of a tuning job's trials in its description.

    Args:
        described: A response of DescribeHyperParameterTuningJob.

    Returns:
        The metrics of each definition's trials, by the definition's name; and under
        None, those of trials that do not name their definition.

    Raises:
        UnreadableError: The description is malformed.
    """
    with readable("its description"):
        return _measured(described)


def _measured(described: Summary) -> dict[str | None, Measured]:
    single = described.get("TrainingJobDefinition")
    several = items(described.get("TrainingJobDefinitions") or [])
    config = members(described.get("HyperParameterTuningJobConfig") or {})
    objective = config.get("HyperParameterTuningJobObjective")
    by_definition: dict[str | None, Measured] = {}
    for definition in map(members, filter(None, [single, *several])):
        name = text_or_none(definition.get("DefinitionName"))
        by_definition[name] = _of_definition(definition, objective)
    by_definition[None] = Measured(  # fact 43
        _distinct(each.by_algorithm for each in by_definition.values()),
        _distinct([_OF_MACHINES, *(each.of_hosts for each in by_definition.values())]),
        max((each.hosts for each in by_definition.values()), default=1),
    )
    return by_definition


def _distinct(names: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(names)))


def _of_definition(definition: dict[str, Any], objective: Any) -> Measured:
    algorithm = members(definition.get("AlgorithmSpecification") or {})
    metrics = [*items(algorithm.get("MetricDefinitions") or [])]  # fact 90
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
    """Yield each instance type that a trial can have, with its number of instances.

    The description does not show which of several types SageMaker chose for a trial, so
    all are included; a series that does not exist has no points.
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
    """A series of the last five minutes, to test the permission with."""
    now = datetime.now(tz=UTC)
    window = Window(now - LATENESS, now, _MINUTE)
    return Series(trial, _OF_MACHINES[0], ALGORITHM, window)
