"""Which tuning jobs a scope has, with as few calls as the state of its streams allows.

Newest first, down to the overlap behind the frontier; an open tuning job that is not
met on the way is asked for by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import is_denied
from tap_sagemaker_tuning.replication.tally import job_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.replication.plan import Plan
    from tap_sagemaker_tuning.replication.state import Filters
    from tap_sagemaker_tuning.values import Summary


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


class Source(Protocol):
    """What is asked: see `client.Client`."""

    def tuning_jobs(self, name_contains: str | None) -> Iterator[list[Summary]]:
        """Pages of tuning jobs, newest first."""

    def tuning_job(self, name: str) -> Summary | None:
        """One tuning job; None if there is none of that name."""


Unread = list[tuple[str, ClientError]]
"""Names of tuning jobs that may not be asked for, and what the service said."""


def list_tuning_jobs(
    source: Source,
    plans: Sequence[Plan],
    filters: Filters,
    *,
    first_page_only: bool = False,
) -> tuple[Listing, Unread]:
    """List the tuning jobs of a scope.

    Args:
        source: Where from.
        plans: What the streams want of it.
        filters: What the sync is limited by. With `tuning_job_names` these are asked
            for, and nothing is listed: that needs no account-wide permission.
        first_page_only: List one page only: a connection test.

    Returns:
        The listing, and what may not be read of it.

    Raises:
        ClientError: The service refused something else than one tuning job.
    """
    listing = Listing(plans)
    if filters.tuning_job_names is not None:
        return listing, _ask_for(source, filters.tuning_job_names, listing)
    pages = source.tuning_jobs(filters.name_contains)
    for page in pages:
        if not listing.add(page) or first_page_only:
            break
    else:
        listing.is_whole = True
    if first_page_only or not _ask_for(source, listing.unmet(), listing, most=1):
        return listing, []
    # They may not be asked for by name: the listing goes on instead.
    for page in pages:
        listing.add(page)
        if not listing.unmet():
            return listing, []
    listing.is_whole = True
    return listing, []


def _ask_for(
    source: Source, names: Sequence[str], listing: Listing, most: int | None = None
) -> Unread:
    """Ask for tuning jobs by name, until so many were denied.

    Raises:
        ClientError: Several were asked for, all without success.
    """
    denied: Unread = []
    for name in names:
        try:
            job = source.tuning_job(name)
        except ClientError as error:
            if not is_denied(error):
                raise
            denied.append((name, error))
            if len(denied) == most:
                break
            continue
        if job is None:
            listing.gone.add(name.lower())
        else:
            listing.meet(job)
    if most is None and len(denied) == len(names) > 1:
        raise denied[0][1]
    return denied
