"""What a trial reports to CloudWatch: learning curves and utilization. Pure.

The algorithm's metrics come from its definition; those of each instance have fixed
names. There is one sample per minute from the trial's start to its end. Some are
missing, and each becomes readable with a delay. The schedule and the trial's name
determine it all.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sagemaker_tuning_emulator import descriptions
from sagemaker_tuning_emulator.definitions import MAX_RUNTIME_SECONDS
from sagemaker_tuning_emulator.machines import machine
from sagemaker_tuning_emulator.wire import widened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sagemaker_tuning_emulator.homes import Home
    from sagemaker_tuning_emulator.jobs import Trial, TuningJob

MINUTE = 60
PERIODS = (60, 300)
"""The periods that `truth` returns, in seconds."""

LATE = (5.0, 230.0)
"""Time from a trial's end until all its points can be read, in seconds."""

CPU, MEMORY, DISK = "CPUUtilization", "MemoryUtilization", "DiskUtilization"
GPU, GPU_MEMORY = "GPUUtilization", "GPUMemoryUtilization"
_FALLING = ("loss", "error", "rmse")
_WITH_GAPS, _GAP = 0.25, 0.15
_CRASH = 0.6
"""Fraction of a failed trial's time after which its curves stop."""


class Point(NamedTuple):
    """A sample of a metric.

    Attributes:
        at: Start of its minute, in seconds since 1970.
        value: The value; can be nan or infinite.
        seen: When it becomes readable, in seconds since 1970.
    """

    at: int
    value: float
    seen: float


@dataclass(frozen=True, slots=True)
class Source:
    """A trial, as CloudWatch sees it.

    Attributes:
        trial: The trial.
        maximize: Whether its objective is maximized.
        names: The metrics of its algorithm.
        instance_types: The instance type of each host, starting with `algo-1`.
    """

    trial: Trial
    maximize: bool
    names: tuple[str, ...]
    instance_types: tuple[str, ...]

    def series(self) -> list[tuple[str, str]]:
        """Return name and host of each metric; the algorithm's have an empty host."""
        found = [(name, "") for name in self.names]
        for number, kind in enumerate(self.instance_types, 1):
            gpus = (GPU, GPU_MEMORY) if machine(kind).gpu else ()
            found += [(name, f"algo-{number}") for name in (CPU, MEMORY, DISK, *gpus)]
        return found

    def points(self, name: str, host: str) -> list[Point]:
        """Return a metric's samples in order of time; none for an unknown metric."""
        trial, started = self.trial, self.trial.started
        if started is None or (name, host) not in self.series():
            return []
        begun = started.timestamp()
        ended = begun + MAX_RUNTIME_SECONDS
        if trial.ended is not None:
            ended = trial.ended.timestamp()
        first = int(begun // MINUTE) * MINUTE
        minutes = range(first, max(math.ceil(ended), first + 1), MINUTE)
        rng = random.Random(f"{trial.name}/{host}/{name}")  # noqa: S311 - a curve
        late = random.Random(f"{trial.name}/late").uniform(*LATE)  # noqa: S311 - as above
        if trial.metrics_late_seconds is not None:
            late = trial.metrics_late_seconds
        values: Sequence[float | None]
        if name in trial.curves and not host:
            values = trial.curves[name]
        elif host:
            values = _with_gaps(self._utilization(name, host, len(minutes), rng), rng)
        else:
            values = _with_gaps(self._curve(name, len(minutes), rng), rng)
        gone = math.inf if trial.deleted is None else trial.deleted.timestamp()
        last = min(len(values), len(minutes)) - 1
        return [
            Point(
                minute,
                widened(value),
                min(minute + MINUTE, ended)
                + late * (1 if index == last else rng.random()),
            )
            for index, (minute, value) in enumerate(zip(minutes, values, strict=False))
            if value is not None and minute < gone
        ]

    def _curve(self, name: str, count: int, rng: random.Random) -> list[float]:
        """Generate a curve that ends at the metric's final value, which is its best.

        A trial that was stopped early improves slowly until then, which is why.
        """
        trial = self.trial
        is_objective = name == trial.metric_name
        failed = trial.status == "Failed"
        target = trial.value if is_objective else trial.metrics.get(name)
        guess = rng.uniform(0.5, 0.9)
        if is_objective and target is None and trial.ended is not None and not failed:
            return []
        if failed:
            count = int(count * _CRASH)
        final = guess if target is None else widened(float(target))
        level = final if math.isfinite(final) else guess
        rises = not any(word in name.lower() for word in _FALLING)
        sign = -1 if (self.maximize if is_objective else rises) else 1
        stopped_early = trial.status == "Stopped" and trial.value is not None
        depth = rng.uniform(0.6, 0.8) if stopped_early else rng.uniform(0.1, 0.3)
        speed = rng.uniform(3.0, 6.0)
        far = sign * max(abs(level), 0.5) * depth
        values = [
            level
            + far
            * (
                1 - (index + 1) / count
                if stopped_early
                else math.exp(-speed * index / count)
            )
            * rng.uniform(0.9, 1.1)
            for index in range(count)
        ]
        return [*values[:-1], final] if values else []

    def _utilization(
        self, name: str, host: str, count: int, rng: random.Random
    ) -> list[float]:
        """Generate percentages summed over cores or GPUs: 4 cores reach 400."""
        kind = self.instance_types[int(host.removeprefix("algo-")) - 1]
        size = machine(kind)
        parts = {CPU: size.vcpu, GPU: size.gpu, GPU_MEMORY: size.gpu}.get(name, 1)
        level = rng.uniform(0.05, 0.95)
        return [
            100.0
            * parts
            * min(1.0, level * rng.uniform(0.9, 1.1) * (0.3, 1)[index > 0])
            for index in range(count)
        ]


def source(job: TuningJob, trial: Trial, home: Home) -> Source:
    """Return the CloudWatch source for a trial."""
    shown = descriptions.definition(job, trial, home)
    goal = shown.get("TuningObjective", {}).get("Type", job.metric_type)
    defined = shown.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
    names = tuple(dict.fromkeys(each["Name"] for each in defined))
    return Source(trial, goal != "Minimize", names, tuple(_types(shown)))


def aggregated(
    points: Iterable[Point], period: int, statistic: str = "Average"
) -> list[tuple[int, float]]:
    """Aggregate samples by period, in order of time.

    Args:
        points: Samples in order of time.
        period: Length of a period in seconds; periods begin at its multiples since
            1970.
        statistic: One of `STATISTICS`.

    Returns:
        The start, in seconds since 1970, and the statistic of each period with samples.
    """
    of_all = STATISTICS[statistic]
    return [
        (start, of_all([point.value for point in group]))
        for start, group in groupby(points, lambda point: point.at // period * period)
    ]


def truth(job: TuningJob, trial: Trial, home: Home) -> list[dict[str, Any]]:
    """Return all series of an ended trial in their final form: see `Scope.metrics`."""
    found = []
    of_trial = source(job, trial, home)
    for name, host in of_trial.series():
        points = of_trial.points(name, host)
        averages = {
            period: [
                (datetime.fromtimestamp(start, UTC), sent(value))
                for start, value in aggregated(points, period)
            ]
            for period in PERIODS
        }
        found.append({"MetricName": name, "Host": host, "Averages": averages})
    return found


def sent(value: float) -> float | str:
    """Convert a value for the JSON protocol, where nan and infinity are text."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _types(shown: Mapping[str, Any]) -> list[str]:
    """Return the instance type of each host of a cluster."""
    config = shown.get("ResourceConfig", {})
    groups = config.get("InstanceGroups") or [config] * bool(config)
    return [
        group["InstanceType"] for group in groups for _ in range(group["InstanceCount"])
    ]


def _with_gaps(values: list[float], rng: random.Random) -> list[float | None]:
    """Return the values, for some metrics with gaps, but never at the end."""
    if rng.random() >= _WITH_GAPS:
        return list(values)
    return [
        None if rng.random() < _GAP and index < len(values) - 1 else value
        for index, value in enumerate(values)
    ]


def _sum(values: list[float]) -> float:
    """Return the sum, rounded only once, so that the order does not matter."""
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)


STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Average": lambda values: _sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": lambda values: float(len(values)),
    "Sum": _sum,
}
