"""Which series a trial can have, and over which time."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_sagemaker_tuning.aws.metric_data import fit
from tap_sagemaker_tuning.aws.series import (
    ALGORITHM,
    LATENESS,
    Series,
    Window,
    measured,
)
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.values import moment, timestamp
from tests.recorded import described_jobs, needs_them
from tests.strategies import odd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NOW = 1_772_442_000  # 2026-03-02T09:00:00Z
DAY = 86_400
MACHINES = ("CPUUtilization", "DiskUtilization", "MemoryUtilization")
GPUS = ("GPUMemoryUtilization", "GPUUtilization")


def window(start: float, seconds: float) -> Window | None:
    """The window of a trial that started this many seconds ago and ran for this
    long."""
    begun = timestamp(NOW - start)
    return Window.of(begun, timestamp(NOW - start + seconds), timestamp(NOW))


def definition(**members: Any) -> dict[str, Any]:
    """A tuning job's description with one definition."""
    return {"TrainingJobDefinition": {"RoleArn": "arn:…", **members}}


@given(start=st.floats(600, 64 * DAY), share=st.floats(0, 1), late=st.floats(0, 300))
def test_a_window_holds_its_trial(start: float, share: float, late: float) -> None:
    """A window reaches from the trial's start, or what CloudWatch still has of it, to
    its last late point, in whole periods."""
    of_trial = window(start, share * (start - 300))
    if_kept = (start - share * (start - 300)) <= 63 * DAY
    assert (of_trial is not None) == if_kept or abs(start - 63 * DAY) < 1
    for kept_window in filter(None, [of_trial]):
        begun, ended = at(-start), at(-start + share * (start - 300) + late)
        kept = at(-63 * DAY)
        assert kept_window.start <= max(begun, kept + timedelta(minutes=10))
        assert ended < kept_window.end <= at(0) + LATENESS + timedelta(minutes=5)
        for edge in (kept_window.start, kept_window.end):
            assert edge.timestamp() % kept_window.period == 0
        assert kept_window.start > kept
        assert kept_window.period == 300 or kept_window.start > at(-15 * DAY)


def at(seconds: float) -> datetime:
    """A time this many seconds from now."""
    return moment(timestamp(NOW + seconds))


@pytest.mark.parametrize(
    ("start", "seconds", "period"),
    [
        (14.9 * DAY, 60, 60),
        (15.1 * DAY, 60, 300),
        (16 * DAY, 15 * DAY, 300),
        (62.9 * DAY, 60, 300),
        (70 * DAY, 10 * DAY, 300),
    ],
)
def test_periods(start: float, seconds: float, period: int) -> None:
    """One-minute periods if all of the trial lies within 15 days, or else five
    minutes."""
    of_trial = window(start, seconds)
    assert of_trial is not None
    assert of_trial.period == period


def test_what_is_gone() -> None:
    """A trial that ended more than 63 days ago is not requested."""
    assert window(63.1 * DAY, 60) is None


@pytest.mark.parametrize(
    ("members", "hosts", "of_hosts"),
    [
        ({}, 1, MACHINES),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large"}}, 1, MACHINES),
        (
            {"ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 4}},
            4,
            MACHINES + GPUS,
        ),
        (
            {
                "ResourceConfig": {
                    "InstanceGroups": [
                        {"InstanceType": "ml.c5.large", "InstanceCount": 2},
                        {"InstanceType": "ml.g5.xlarge", "InstanceCount": 3},
                    ]
                }
            },
            5,
            MACHINES + GPUS,
        ),
        (
            {
                "HyperParameterTuningResourceConfig": {
                    "InstanceConfigs": [
                        {"InstanceType": "ml.c5.large", "InstanceCount": 2},
                        {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
                    ]
                }
            },
            2,
            MACHINES + GPUS,
        ),
        (
            {
                "HyperParameterTuningResourceConfig": {
                    "InstanceType": "ml.trn1.2xlarge",
                    "InstanceCount": 2,
                }
            },
            2,
            MACHINES,
        ),
    ],
)
def test_machines(
    members: dict[str, Any], hosts: int, of_hosts: tuple[str, ...]
) -> None:
    """Each possible instance has series, with GPU metrics if it can have GPUs."""
    machines = measured(definition(**members))[None]
    assert (machines.hosts, set(machines.of_hosts)) == (hosts, set(of_hosts))


def test_metrics_of_the_algorithm() -> None:
    """Each definition's own metrics and its objective, once each, with case-sensitive
    names."""
    by_definition = measured(
        {
            "HyperParameterTuningJobConfig": {
                "HyperParameterTuningJobObjective": {"MetricName": "auc"}
            },
            "TrainingJobDefinitions": [
                {
                    "DefinitionName": "one",
                    "AlgorithmSpecification": {
                        "MetricDefinitions": [{"Name": "auc"}, {"Name": "AUC"}]
                    },
                },
                {
                    "DefinitionName": "two",
                    "TuningObjective": {"MetricName": "b c"},
                    "AlgorithmSpecification": {"TrainingImage": "image"},
                },
            ],
        }
    )
    assert {name: each.by_algorithm for name, each in by_definition.items()} == {
        "one": ("auc", "AUC"),
        "two": ("b c",),
        None: ("auc", "AUC", "b c"),
    }


@needs_them
@pytest.mark.parametrize("name", described_jobs())
def test_recorded_descriptions(name: str) -> None:
    """Real descriptions can be read; complete ones name their metrics, even of built-in
    algorithms."""
    described = described_jobs()[name]
    metrics = measured(described)[None]
    single = described.get("TrainingJobDefinition")
    whole = [single, *(described.get("TrainingJobDefinitions") or [])]
    defined = [each["AlgorithmSpecification"] for each in whole if each]
    names = {m["Name"] for each in defined for m in each["MetricDefinitions"]}
    assert names <= set(metrics.by_algorithm)
    assert metrics.hosts >= 1


@given(
    odd(
        definition(
            AlgorithmSpecification={"MetricDefinitions": [{"Name": "a"}]},
            ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 2},
        )
    ).filter(lambda described: isinstance(described, dict))
)
def test_odd_descriptions(described: Any) -> None:
    """Any description is refused with a message, or read: metrics whose names are text,
    on at least one host."""
    with suppress(UnreadableError):
        for metrics in measured(described).values():
            assert metrics.hosts >= 1
            names = (*metrics.by_algorithm, *metrics.of_hosts)
            assert {type(name) for name in names} <= {str}


def fits(series: Sequence[Series]) -> bool:
    """Whether a call with these series is within CloudWatch's quota and one page."""
    windows = [each.window for each in series]
    span = max(each.end for each in windows) - min(each.start for each in windows)
    return (
        len(series) <= 500
        and len(series) * span.total_seconds() / 60 <= 180_000
        and sum(each.periods for each in windows) <= 25_200
    )


@pytest.mark.parametrize(
    ("begun", "seconds"),
    [(14 * DAY, 60), (DAY // 4, DAY), (DAY, 900), (60, 900)],
    ids=["far apart", "long and overlapping", "short", "at once"],
)
@given(data=st.data())
def test_a_call_fits(begun: int, seconds: int, data: st.DataObject) -> None:
    """A call has the most series that have at most 180,000 periods in all and points
    for a quarter of a response, but at least one and at most 500."""
    times = st.tuples(st.integers(0, begun), st.integers(0, seconds))
    trials = data.draw(st.lists(times, min_size=1, max_size=60))
    series = [
        Series(f"trial-{number}", "loss", ALGORITHM, each)
        for number, (ago, lasts) in enumerate(trials)
        for each in [
            Window.of(
                timestamp(NOW - ago - lasts), timestamp(NOW - ago), timestamp(NOW)
            )
        ]
        if each
    ] * 9
    most = fit(series)
    assert most == 1 or fits(series[:most])
    assert most == len(series) or not fits(series[: most + 1])
