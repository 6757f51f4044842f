"""What the API shows of a tuning job and its trials, as far as replication looks.

Pure: no I/O.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_sagemaker_tuning.values import Summary

FINAL_STATUSES = ("Completed", "Failed", "Stopped")
"""Statuses of a trial that has ended."""

_ENDED = frozenset({*FINAL_STATUSES, "Deleting", "DeleteFailed"})


class Tally:
    """What a visit saw of a tuning job's trials, whatever their order and number."""

    def __init__(self, job: Summary) -> None:
        """Start counting the trials of a tuning job."""
        self._has_ended = has_ended(job)
        self._created: Counter[str] = Counter()
        self._earliest_open: str | None = None

    def add(self, trial: Summary) -> None:
        """Count a trial.

        One without an objective status is final only once the tuning job has ended.
        """
        created = trial["CreationTime"]
        self._created[created] += 1
        objective = trial.get("ObjectiveStatus")
        is_final = trial["TrainingJobStatus"] in FINAL_STATUSES and (
            self._has_ended if objective is None else objective != "Pending"
        )
        if not is_final:
            self._earliest_open = min(created, self._earliest_open or created)

    @property
    def rows(self) -> int:
        """How many trials were seen."""
        return self._created.total()

    @property
    def all_final(self) -> bool:
        """Whether none of them can change any more."""
        return self._earliest_open is None

    @property
    def since(self) -> str | None:
        """From which creation time on to read again; None if no trial was seen."""
        return self._earliest_open or max(self._created, default=None)

    def rows_before(self, since: str) -> int:
        """How many trials were created before that."""
        return sum(rows for created, rows in self._created.items() if created < since)


def status(job: Summary) -> str:
    """The status of a tuning job."""
    return str(job["HyperParameterTuningJobStatus"])


def has_ended(job: Summary) -> bool:
    """Whether a tuning job launches no more trials. Unknown states have not ended."""
    return status(job) in _ENDED


def is_quiet(job: Summary) -> bool:
    """Whether a tuning job's counters tell of nothing that can still change."""
    trials = job.get("TrainingJobStatusCounters", {})
    objectives = job.get("ObjectiveStatusCounters", {})
    return not trials.get("InProgress") and not objectives.get("Pending")


def counted(job: Summary) -> int:
    """How many trials a tuning job's counters tell of."""
    return sum(job.get("TrainingJobStatusCounters", {}).values())


def end_of(job: Summary) -> str:
    """When an ended tuning job ended, as well as the service tells."""
    last = job.get("LastModifiedTime", job["CreationTime"])
    return str(job.get("HyperParameterTuningEndTime", last))


def job_key(job: Summary) -> str:
    """A tuning job's name, which is unique without regard to case in its scope."""
    return str(job["HyperParameterTuningJobName"]).lower()
