"""How far the tuning jobs of a scope are listed. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_sagemaker_tuning.replication import job_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_sagemaker_tuning.records import Summary
    from tap_sagemaker_tuning.replication import Plan


class Listing:
    """The tuning jobs of one scope as one sync sees them, shared by its streams.

    Pages are added, newest first, until the state of each stream has what it needs;
    then the open ones that were not met are asked for by name.
    """

    def __init__(self, plans: Sequence[Plan]) -> None:
        """Start a listing that serves these plans."""
        self._plans = plans
        self._jobs: dict[str, Summary] = {}
        self.gone: set[str] = set()
        self.is_whole = False

    def add(self, page: Sequence[Summary]) -> bool:
        """Take a page, newest first, and say whether the next one is needed.

        It is until the overlap behind every frontier has been seen, and from there as
        long as a page still shows an open tuning job while others were not met.
        """
        for job in page:
            self.meet(job)
        if not page:
            return True
        oldest = page[-1]["CreationTime"]
        if any(oldest >= plan.boundary for plan in self._plans):
            return True
        shows_open = any(plan.is_open(job) for plan in self._plans for job in page)
        return shows_open and bool(self.unmet())

    def meet(self, job: Summary) -> None:
        """Take one tuning job; of two with one name, the later created is there."""
        known = self._jobs.get(job_key(job))
        if known is None or known["CreationTime"] <= job["CreationTime"]:
            self._jobs[job_key(job)] = job

    def unmet(self) -> list[str]:
        """Names of the open tuning jobs that were neither listed nor found gone."""
        names = {
            key: job.name
            for plan in self._plans
            for key, job in plan.state.open.items()
            if key not in self._jobs and key not in self.gone
        }
        return sorted(names.values())

    def created(self, name: str) -> str | None:
        """When the listed tuning job of this name was created; None: not listed."""
        job = self._jobs.get(name.lower())
        return None if job is None else str(job["CreationTime"])

    def jobs(self) -> list[Summary]:
        """The tuning jobs, oldest first."""
        return sorted(
            self._jobs.values(), key=lambda job: (job["CreationTime"], job_key(job))
        )
