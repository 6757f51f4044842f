"""Planned tuning jobs: their options, and the laws that hold for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_tuning_emulator import Chances, Emulator, TuningJob

from .calling import START, after

if TYPE_CHECKING:
    from datetime import datetime


class TestPlan:
    """Options of a planned tuning job."""

    def test_options_reach_the_schedule(self) -> None:
        """Options of both the plan and the tuning job are applied."""
        fates = ("failed", "stopped_early", "stopped_without", "never_started")
        certain = dict.fromkeys(fates, 0.0)
        job = (
            Emulator(START)
            .scope()
            .plan(
                "Churn",
                trials=3,
                strategy="Grid",
                lower_cased_arns=True,
                definition_name="xgb",
                chances=Chances(**certain, non_finite=1.0),
                counters_lag_seconds=5.0,
            )
        )
        assert (job.strategy, job.counters_lag_seconds) == ("Grid", 5.0)
        assert [each.value for each in job.trials] == ["NaN"] * 3
        assert {each.definition_name for each in job.trials} == {"xgb"}
        assert all(each.lower_cased_arn for each in job.trials)

    def test_unknown_option(self) -> None:
        """An unknown option is refused."""
        with pytest.raises(TypeError, match="trails"):
            Emulator(START).scope().plan("churn", trails=3)


moments = st.integers(0, 4000).map(after)


@st.composite
def jobs(draw: st.DrawFn) -> TuningJob:
    """Planned tuning jobs with any seed and size."""
    scope = Emulator(START, seed=draw(st.integers(0, 10_000))).scope()
    chances = Chances(failed=0.2, stopped_early=0.2, stopped_without=0.1)
    return scope.plan(
        "churn",
        trials=draw(st.integers(0, 6)),
        parallel=draw(st.integers(1, 3)),
        trial_seconds=(1.0, 900.0),
        chances=chances,
    )


@settings(max_examples=150, deadline=None)
@given(jobs(), moments, moments)
def test_views_are_monotone(job: TuningJob, one: datetime, other: datetime) -> None:
    """What is final and when it was created never change, and counters count each
    trial."""
    early, late = sorted((one, other))
    final = [
        each
        for each in job.trials
        if each.exists(early) and each.settled is not None and each.settled <= early
    ]
    assert [each.view(early) for each in final] == [each.view(late) for each in final]
    existing = [each for each in job.trials if each.exists(early)]
    for each in existing:
        before, then = each.view(early) or {}, each.view(late) or {}
        fixed = ("TrainingJobName", "CreationTime", "TunedHyperParameters")
        assert [before[name] for name in fixed] == [then[name] for name in fixed]
        assert before.keys() <= then.keys()
    shown = job.view(early) or {}
    for counters in ("TrainingJobStatusCounters", "ObjectiveStatusCounters"):
        assert sum(shown[counters].values()) == len(existing)
    assert shown["LastModifiedTime"] <= (job.view(late) or {})["LastModifiedTime"]
    assert shown["CreationTime"] == START


@given(jobs())
def test_slots_and_order(job: TuningJob) -> None:
    """No more trials run at once than allowed, and the job ends after all of them."""
    for each in job.trials:
        assert each.ended is not None
        assert job.ended is not None
        assert job.created <= each.created <= each.ended <= job.ended
        running = [
            other
            for other in job.trials
            if other.created <= each.created < (other.ended or other.created)
        ]
        assert len(running) <= job.parallel
