"""The metrics of a trial: the curves that follow from its schedule."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Chances, Clock, Definition, Home, Scope, metrics
from sagemaker_tuning_emulator.wire import widened

from .calling import START, after, trial, tuning_job

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Trial, TuningJob
    from sagemaker_tuning_emulator.metrics import Point

HOME = Home()
OBJECTIVE = "validation:auc"


def planned(**options: Any) -> TuningJob:
    """A tuning job of 60 trials that each run for at least ten minutes."""
    scope = Scope(HOME, Clock(START), seed=7)
    usual: dict[str, Any] = {
        "trials": 60,
        "parallel": 4,
        "trial_seconds": (600.0, 1500.0),
        "chances": Chances(failed=0.2, stopped_early=0.3),
    }
    return scope.plan("churn", **{**usual, **options})


def curve(job: TuningJob, one: Trial, name: str = OBJECTIVE) -> list[float]:
    """The values of a metric of the algorithm."""
    points = metrics.source(job, one, HOME).points(name, "")
    return [point.value for point in points]


def minutes(one: Trial) -> int:
    """How many minutes a trial ran, counting partial ones."""
    assert one.started is not None
    assert one.ended is not None
    first = one.started.timestamp() // 60
    return math.ceil(one.ended.timestamp() / 60 - first)


@pytest.mark.parametrize(("goal", "best"), [("Maximize", max), ("Minimize", min)])
def test_the_objective_ends_at_its_final_value(goal: str, best: Any) -> None:
    """The last point is the best one, and equals the final objective as a float32."""
    job = planned(metric_type=goal)
    rated = [one for one in job.trials if one.value is not None]
    assert len(rated) > 30
    for one in rated:
        assert isinstance(one.value, float)
        values = curve(job, one)
        assert values[-1] == widened(one.value) == best(values)


def test_other_metrics_end_at_their_final_values() -> None:
    """Other metrics also end at their final values."""
    job = planned()
    started = [one for one in job.trials if one.started and one.status != "Failed"]
    ends = [curve(job, one, "train:loss")[-1] for one in started]
    assert ends == [widened(float(one.metrics["train:loss"])) for one in started]


def test_a_failed_trial_stops_early() -> None:
    """A failed trial's curves stop before its end, but its instances' metrics do
    not."""
    job = planned(chances=Chances(failed=1.0))
    for one in job.trials:
        assert one.ended is not None
        source = metrics.source(job, one, HOME)
        last = int(one.ended.timestamp()) // 60 * 60
        for name in source.names:
            assert all(each.at < last for each in source.points(name, ""))
        assert source.points("CPUUtilization", "algo-1")[-1].at == last


@pytest.mark.parametrize("goal", ["Maximize", "Minimize"])
def test_an_early_stopped_trial_is_worse_than_the_median(goal: str) -> None:
    """Up to its stop, its average is worse than the others' median at that minute."""
    job = planned(metric_type=goal)
    sign = {"Maximize": 1, "Minimize": -1}[goal]
    others = [curve(job, one) for one in job.trials if one.status == "Completed"]
    stopped = [
        values
        for one in job.trials
        for values in [curve(job, one)]
        if one.status == "Stopped" and len(values) > 3
    ]
    assert len(stopped) > 5
    for values in stopped:
        so_far = values[:-1]
        usual = median(fmean(other[: len(so_far)]) for other in others)
        assert sign * fmean(so_far) < sign * usual


@pytest.mark.parametrize("goal", ["Maximize", "Minimize"])
def test_a_curve_has_no_jump_at_its_end(goal: str) -> None:
    """The last step of a curve is at most twice as long as its longest step before,
    also if the trial was stopped early."""
    job = planned(metric_type=goal)
    curves = [values for one in job.trials if len(values := curve(job, one)) > 4]
    assert len(curves) > 30
    for values in curves:
        steps = [abs(later - earlier) for earlier, later in pairwise(values)]
        assert steps[-1] <= 2 * max(steps[:-1])


def test_no_objective() -> None:
    """A trial that stopped without an objective has no curve for it."""
    job = planned(chances=Chances(stopped_without=0.5, never_started=0.4, failed=0.0))
    without = [one for one in job.trials if one.value is None]
    assert len(without) > 30
    for one in without:
        assert curve(job, one) == []
        hosts = metrics.source(job, one, HOME).points("CPUUtilization", "algo-1")
        assert bool(hosts) == (one.started is not None)


def test_a_value_that_is_no_number() -> None:
    """If the objective is NaN, the curve ends at NaN and is finite before."""
    one = trial(ended=after(600), objective_settled=after(605), value="NaN")
    values = curve(tuning_job(one), one)
    assert math.isnan(values[-1])
    assert all(math.isfinite(value) for value in values[:-1])


def test_gaps() -> None:
    """Some series have every minute, others have gaps, and none lacks the last
    point."""
    job = planned(chances=Chances(failed=0.0))
    lacking = []
    for one in [each for each in job.trials if each.started]:
        source = metrics.source(job, one, HOME)
        for name in ("CPUUtilization", "MemoryUtilization"):
            points = source.points(name, "algo-1")
            lacking.append(minutes(one) - len(points))
            assert one.ended is not None
            assert points[-1].at + 60 >= one.ended.timestamp()
    assert 0 < sum(number > 0 for number in lacking) < len(lacking) / 2


@pytest.mark.parametrize(
    ("instance_type", "most"),
    [
        ("ml.m5.4xlarge", {"CPU": 1600}),
        ("ml.p3.8xlarge", {"CPU": 3200, "GPU": 400, "GPUMemory": 400}),
        ("ml.g9.huge", {"CPU": 400, "GPU": 100, "GPUMemory": 100}),
    ],
)
def test_utilization(instance_type: str, most: dict[str, int]) -> None:
    """Each instance has its own metrics, with cores and GPUs added up, and GPU metrics
    only if it has GPUs."""
    job = planned(instance_type=instance_type, instance_count=2)
    limits = {f"{name}Utilization": top for name, top in most.items()}
    limits |= {"MemoryUtilization": 100, "DiskUtilization": 100}
    highest = dict.fromkeys(limits, 0.0)
    for one in job.trials:
        source = metrics.source(job, one, HOME)
        hosted = [each for each in source.series() if each[1]]
        assert set(hosted) == {
            (name, host) for name in limits for host in ("algo-1", "algo-2")
        }
        for name, host in hosted:
            values = [each.value for each in source.points(name, host)]
            assert all(0 <= value <= limits[name] for value in values)
            highest[name] = max([highest[name], *values])
    assert all(highest[name] > top * 0.8 for name, top in limits.items())


def test_instance_groups() -> None:
    """Hosts are numbered across all groups, and each has the metrics of its instance
    type."""
    groups = {"ml.m5.xlarge": 2, "ml.p3.2xlarge": 1}
    job = planned(definitions=(Definition(instance_groups=groups),))
    series = metrics.source(job, job.trials[0], HOME).series()
    assert {host for name, host in series if name == "CPUUtilization"} == {
        "algo-1",
        "algo-2",
        "algo-3",
    }
    assert [host for name, host in series if name == "GPUUtilization"] == ["algo-3"]


def test_the_same_name_has_the_same_metrics() -> None:
    """Curves depend only on the trial, not on when or how they are read."""
    first, second = planned(), planned()
    assert [curve(first, one) for one in first.trials] == [
        curve(second, one) for one in second.trials
    ]
    here = metrics.source(first, first.trials[0], HOME)
    other = replace(first.trials[0], name="another")
    there = metrics.source(first, other, HOME)
    assert here.points("CPUUtilization", "algo-1") != there.points(
        "CPUUtilization", "algo-1"
    )


def test_lateness() -> None:
    """All points can be read a few minutes after a trial's end, and no point before its
    own minute is over."""
    job = planned()
    waits = []
    for one in [each for each in job.trials if each.started]:
        assert one.ended is not None
        source = metrics.source(job, one, HOME)
        points: list[Point] = source.points("CPUUtilization", "algo-1")
        assert all(
            each.seen >= min(each.at + 60, one.ended.timestamp()) for each in points
        )
        waits.append(max(each.seen for each in points) - one.ended.timestamp())
    assert 0 < min(waits) < max(waits) <= 240


def test_a_deleted_trial_sends_no_more() -> None:
    """A deleted trial has no points after its deletion and keeps the earlier ones."""
    gone = after(300)
    whole = trial(ended=after(600), objective_settled=after(605))
    cut = replace(whole, deleted=gone)
    points = metrics.source(tuning_job(whole), whole, HOME).points(OBJECTIVE, "")
    left = metrics.source(tuning_job(cut), cut, HOME).points(OBJECTIVE, "")
    assert left == [each for each in points if each.at < gone.timestamp()] != points


def test_five_minutes_are_the_average_of_one() -> None:
    """A point at 300 s is the mean of its minutes."""
    job = planned(trials=5)
    for one in job.trials:
        for series in metrics.truth(job, one, HOME):
            by_minute = series["Averages"][60]
            for start, value in series["Averages"][300]:
                inside = [
                    each
                    for at, each in by_minute
                    if 0 <= (at - start).total_seconds() < 300
                ]
                assert value == math.fsum(inside) / len(inside)
                assert start == datetime.fromtimestamp(
                    start.timestamp() // 300 * 300, UTC
                )
