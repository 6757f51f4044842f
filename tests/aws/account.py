"""Fills an account, and summarizes what its listings returned and what was called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from sagemaker_tuning_emulator import Trial, TuningJob

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.pages import Page

ROLE = "arn:aws:iam::222222222222:role/team/tuning-reader"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # the emulator's clock


def add_jobs(emulator: Emulator, number: int) -> list[str]:
    """Add tuning jobs, an hour apart, the last one an hour ago, and return their
    names."""
    scope = emulator.scope()
    for index in range(number):
        created = START - timedelta(hours=number - index)
        ended = created + timedelta(minutes=30)
        scope.add(TuningJob(name=f"job-{index:02}", created=created, ended=ended))
    return [f"job-{index:02}" for index in range(number)]


def add_trials(emulator: Emulator, number: int, job: str = "job") -> list[str]:
    """Add a tuning job with trials a minute apart, and return the trials' names."""
    born = START - timedelta(days=1)
    trials = tuple(
        Trial(
            name=f"{job}-{index:03}",
            created=born + timedelta(minutes=index),
            ended=born + timedelta(minutes=index + 1),
            value=0.5,
        )
        for index in range(number)
    )
    emulator.scope().add(
        TuningJob(
            name=job, created=born, trials=trials, ended=born + timedelta(hours=20)
        )
    )
    return [trial.name for trial in trials]


def job_names(pages: Iterable[Page]) -> list[list[str]]:
    """Names of tuning jobs, page by page."""
    return [
        [job["HyperParameterTuningJobName"] for job in page.items] for page in pages
    ]


def trial_names(pages: Iterable[Page]) -> list[list[str]]:
    """Names of trials, page by page."""
    return [[trial["TrainingJobName"] for trial in page.items] for page in pages]


def flat(pages: Iterable[list[str]]) -> list[str]:
    """The items of all pages."""
    return list(chain.from_iterable(pages))


def statuses(emulator: Emulator) -> list[int]:
    """The HTTP statuses of all calls so far."""
    return [call.status for call in emulator.calls]


def roles_assumed(emulator: Emulator) -> list[str]:
    """The roles of the AssumeRole calls so far, in order."""
    return [
        call.params["RoleArn"]
        for call in emulator.calls
        if call.operation == "AssumeRole"
    ]
