"""Changes to a schedule from a given time on: stop, delete. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sagemaker_tuning_emulator.jobs import Trial, TuningJob


def stopped(job: TuningJob, at: datetime, seconds: float = 20.0) -> TuningJob:
    """Return the tuning job, stopped at `at`.

    No more trials are created. Running trials stop within `seconds`, and keep their
    metric if they have started training. The tuning job ends last.
    """
    end = at + timedelta(seconds=seconds)
    trials = tuple(
        _stopped(trial, at, end) for trial in job.trials if trial.created <= at
    )
    return replace(
        job,
        trials=trials,
        stopping=at,
        ended=end + timedelta(seconds=1),
        status="Stopped",
    )


def _stopped(trial: Trial, at: datetime, end: datetime) -> Trial:
    if trial.ended is not None and trial.ended <= at:
        return trial
    trained = (
        trial.started is not None and trial.started <= at and trial.value is not None
    )
    return replace(
        trial,
        started=trial.started
        if trial.started is not None and trial.started <= at
        else None,
        stopping=at,
        ended=end,
        objective_settled=end,
        status="Stopped",
        objective_status="Succeeded" if trained else "Failed",
        value=trial.value if trained else None,
        failure_reason=None,
    )


def deleted(job: TuningJob, at: datetime, deleting_seconds: float = 0.0) -> TuningJob:
    """Return the tuning job, Deleting from `at` and gone `deleting_seconds` later."""
    gone = at + timedelta(seconds=deleting_seconds)
    return replace(job, deleting=at, deleted=gone)


def without_trial(job: TuningJob, trial_name: str, at: datetime) -> TuningJob:
    """Return the tuning job, with a trial deleted at `at` but still counted."""
    wanted = trial_name.lower()
    trials = tuple(
        replace(trial, deleted=at)
        if trial.name.lower() == wanted and trial.exists(at)
        else trial
        for trial in job.trials
    )
    return replace(job, trials=trials)
