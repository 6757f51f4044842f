"""What the API shows of a tuning job and its trials, as far as replication looks.

Pure: no I/O. What is odd raises KeyError, TypeError, AttributeError or ValueError.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.values import shift

if TYPE_CHECKING:
    from tap_sagemaker_tuning.values import Summary

FINAL_STATUSES = ("Completed", "Failed", "Stopped")
"""Statuses of a trial that has ended."""

SLACK = timedelta(minutes=1)
"""How far behind the newest trial one may still be listed that was created before."""

_ENDED = frozenset({*FINAL_STATUSES, "Deleting", "DeleteFailed"})


class Tally:
    """What a visit saw of a tuning job and of its trials, whatever their order.

    A trial that was shown twice counts once: tokens may be offsets into rows that
    shift while pages are read.

    Attributes:
        is_quiet: Whether the counters tell of nothing that can still change.
        is_deleting: Whether the tuning job is being deleted, which may yet fail.
        counted: How many trials the counters tell of.
        all_final: Whether none of the trials seen can change any more.
    """

    def __init__(self, job: Summary) -> None:
        """Start counting the trials of a tuning job."""
        trials = job.get("TrainingJobStatusCounters") or {}
        objectives = job.get("ObjectiveStatusCounters") or {}
        self.is_quiet = not trials.get("InProgress") and not objectives.get("Pending")
        self.is_deleting = status(job) == "Deleting"
        self.counted = sum(rows or 0 for rows in trials.values())
        self._has_ended = has_ended(job)
        self._created: dict[str, str] = {}  # by the trial's name
        self._earliest_open: str | None = None

    def add(self, trial: Summary, *, may_change: bool = False) -> None:
        """Count a trial.

        One without an objective status is final only once the tuning job has ended.

        Args:
            trial: What its tuning job lists of it.
            may_change: Whether something of it can still change that is not listed.
        """
        created = text(trial["CreationTime"])
        self._created[text(trial["TrainingJobName"])] = created
        objective = trial.get("ObjectiveStatus")
        is_final = trial.get("TrainingJobStatus") in FINAL_STATUSES and (
            self._has_ended if objective is None else objective != "Pending"
        )
        if may_change or not is_final:
            self._earliest_open = min(created, self._earliest_open or created)

    @property
    def rows(self) -> int:
        """How many trials were seen."""
        return len(self._created)

    @property
    def all_final(self) -> bool:
        """Whether none of them can change any more."""
        return self._earliest_open is None

    @property
    def since(self) -> str | None:
        """From which creation time on to read again; None if no trial was seen."""
        if not self._created:
            return None
        behind_newest = shift(max(self._created.values()), -SLACK)
        return min(behind_newest, self._earliest_open or behind_newest)

    def rows_before(self, since: str) -> int:
        """How many trials were created before that."""
        return sum(created < since for created in self._created.values())


def text(value: object) -> str:
    """Check what has to be text: names and times.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, str):
        msg = f"{value!r} is not text"
        raise TypeError(msg)
    return value


def status(job: Summary) -> str | None:
    """The status of a tuning job; None: the service did not tell."""
    found: str | None = job.get("HyperParameterTuningJobStatus")
    return found


def has_ended(job: Summary) -> bool:
    """Whether a tuning job launches no more trials: an end time means so too."""
    return status(job) in _ENDED or bool(job.get("HyperParameterTuningEndTime"))
