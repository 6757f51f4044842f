"""What one stream reads in one scope in one sync, and how its state moves on.

Why, and the laws that it keeps, are in the package's docstring. Pure: no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.replication.state import OpenJob
from tap_sagemaker_tuning.values import shift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.replication.listing import ListedJob, Listing
    from tap_sagemaker_tuning.replication.state import Filters, ScopeState
    from tap_sagemaker_tuning.replication.tally import Tally

LOOKBACK_WINDOW = timedelta(hours=1)
"""How far behind the high-water mark tuning jobs are listed again."""

COUNTERS_LAG = timedelta(minutes=1)
"""How long after its end a tuning job's counters, and the listing of its trials, may
be those of before."""

PATIENCE_WITH_COUNTERS = timedelta(days=1)
"""How long after its end a tuning job stays open if counters and trials disagree."""

_LOOKS = 2
"""Full re-reads before a counter mismatch is accepted."""

PATIENCE = timedelta(days=7)
"""How long a tuning job stays open, since it was first seen to have ended, that does
not settle or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A tuning job to read.

    Attributes:
        job: The tuning job.
        since: The creation time down to which its trials are read; None: all.
        read_at: When it was last visited, if its trials are read only once.
    """

    job: ListedJob
    since: str | None
    read_at: str | None = None


class Plan:
    """What one stream reads in one scope in one sync, and how its state moves on.

    Call `visits`, then for each of them one of `visited`, `failed` and `gone`, each
    after what was read has been written; then `drop_gone` and `drop_unlisted`, and in
    the end `finish`.

    Attributes:
        state: The state as of what was written so far.
    """

    def __init__(self, state: ScopeState, filters: Filters, *, of_trials: bool) -> None:
        """Plan from what the last sync left.

        Args:
            state: That; its filters' start_date holds until `finish`.
            filters: What this sync is limited by, which follow the state's.
            of_trials: Whether the stream's rows are trials, or else tuning jobs.
        """
        self.state = state
        self._filters = filters
        self._of_trials = of_trials
        self._furthest: str | None = None
        self._start = state.filters.start_date
        self._boundary = self._listed_from()

    @property
    def wanted(self) -> Wanted:
        """What this plan wants of the listing."""
        open_jobs = {(key, job.created): job for key, job in self.state.open.items()}
        names = {which: job.name for which, job in open_jobs.items()}
        arns = {which: job.arn for which, job in open_jobs.items() if job.arn}
        return Wanted(self._boundary, names, arns)

    def visits(self, listing: Listing) -> Iterator[Visit]:
        """Say which of the listed tuning jobs to visit, oldest first."""
        # Nothing past an unreadable item counts as seen: nobody knows when that was
        # created. But it must not hold up the high-water mark for ever.
        if listing.unreadable and listing.began:
            self._furthest = shift(listing.began, -PATIENCE)
        for job in listing.jobs():
            if self._is_open(job) or self._is_new(job):
                # A trial that was written is followed until it is final, also when
                # start_date has moved past it since.
                known = self._known(job)
                since = known.since or _cut(self._start, job.created)
                yield Visit(job=job, since=since, read_at=known.read_at)

    def visited(self, visit: Visit, tally: Tally) -> str | None:
        """Note that a tuning job was read, and that what was read is written.

        Returns:
            A warning, if the tuning job was abandoned.
        """
        job = visit.job
        known = replace(self._known(job), failed=None)
        if known.ended and job.seen > shift(_end(job, known.ended), COUNTERS_LAG):
            is_final = tally.is_quiet and (
                tally.all_final if self._of_trials else not tally.is_deleting
            )
            if is_final and self._agree(job, known, tally):
                return self._settle(job)
            if is_final:
                end = _end(job, known.ended)
                return self._reread_or_abandon(visit, known, tally, end)
            if job.seen > shift(known.ended, PATIENCE):
                return self._settle(job, "it ended 7 days ago and has not settled")
        self._stay_open(_read_on(known, visit, tally))
        return None

    def failed(self, visit: Visit) -> str | None:
        """Note that a tuning job could not be read: it stays open.

        Returns:
            A warning, if the tuning job was abandoned.
        """
        job, known = visit.job, self._known(visit.job)
        failed = known.failed or job.seen
        if known.ended and job.seen > shift(max(known.ended, failed), PATIENCE):
            return self._settle(job, "it ended, and for 7 days it could not be read")
        self._stay_open(replace(known, failed=failed))
        return None

    def gone(self, visit: Visit) -> None:
        """Note that a tuning job was deleted before it was read to the end."""
        self.state.open.pop(visit.job.key, None)
        self._advance_high_water_mark(visit.job.created)

    def drop_gone(self, listing: Listing) -> Iterator[str]:
        """Forget the open tuning jobs that the service does not have any more.

        Yields:
            A sentence about each.
        """
        for key, job in list(self.state.open.items()):
            listed = listing.find(job.name)
            if key in listing.gone or (listed and listed.created > job.created):
                del self.state.open[key]
                yield f"tuning job {job.name} of {job.created} was deleted"

    def drop_unlisted(self, listing: Listing) -> Iterator[str]:
        """Abandon the open tuning jobs that for 7 days were in no whole listing.

        Yields:
            A warning about each.
        """
        if not listing.is_whole:
            return
        for key, job in list(self.state.open.items()):
            if listing.find(job.name):
                continue
            failed = job.failed or listing.began
            self.state.open[key] = replace(job, failed=failed)
            if listing.began > shift(failed, PATIENCE):
                del self.state.open[key]
                yield (
                    f"tuning job {job.name} of {job.created} is abandoned: it is in no "
                    "listing, and may not be asked for by name"
                )

    def finish(self, listing: Listing) -> None:
        """Note that all visits were made: all that was listed has been seen."""
        for job in listing.jobs():
            self._advance_high_water_mark(job.created)
        if not listing.unreadable:
            self._let_start_date_take_over()
        self.prune()

    def prune(self) -> None:
        """Forget the settled tuning jobs that are not listed again."""
        boundary = self._listed_from()
        settled = self.state.settled.items()
        self.state.settled = {
            key: created for key, created in settled if created >= boundary
        }

    def _listed_from(self) -> str:
        """The creation time down to which tuning jobs are listed; "": all."""
        # Tuning jobs that are asked for by name are never passed over by their age:
        # one that could not be described had no creation time to be remembered by.
        if self.state.high_water_mark is None or self.state.filters.tuning_job_names:
            return ""
        return shift(self.state.high_water_mark, -LOOKBACK_WINDOW)

    def _is_open(self, job: ListedJob) -> bool:
        known = self.state.open.get(job.key)
        return known is not None and known.created == job.created

    def _is_new(self, job: ListedJob) -> bool:
        known = self.state.open.get(job.key)
        # A name used again, of a tuning job that was open, may lie behind the boundary.
        is_again = known is not None and known.created < job.created
        return (
            (job.created >= self._boundary or is_again)
            and self.state.settled.get(job.key) != job.created
            and not (self._start and job.end and job.end < self._start)
        )

    def _known(self, job: ListedJob) -> OpenJob:
        """What is remembered of a tuning job, and whether it is seen to have ended."""
        known = OpenJob(name=job.name, created=job.created)
        if self._is_open(job):
            known = self.state.open[job.key]
        ended = (known.ended or job.seen) if job.has_ended else None
        return replace(known, arn=known.arn or job.arn, ended=ended)

    def _agree(self, job: ListedJob, known: OpenJob, tally: Tally) -> bool:
        """Whether the counters agree with the trials: a free checksum."""
        if not self._of_trials or _cut(self._start, job.created):
            return True  # what start_date cuts off, the counters count
        return known.rows + tally.rows == tally.counted

    def _reread_or_abandon(
        self, visit: Visit, known: OpenJob, tally: Tally, end: str
    ) -> str | None:
        """Decide on a tuning job whose counters disagree with its listed trials.

        It is read whole once more, and again before it is abandoned: a trial can be
        listed late, behind the watermark, or be passed over between two pages.
        """
        job = visit.job
        is_late = job.seen > shift(end, PATIENCE_WITH_COUNTERS)
        is_whole = visit.since is None
        if is_late and is_whole and known.checked == _LOOKS:
            counted = f"its counters report {tally.counted} trials"
            return self._settle(job, f"{counted}, but {tally.rows} are listed")
        if is_late or not known.checked:
            checked = _LOOKS if is_late else 1
            whole = replace(known, since=None, rows=0, read_at=None)
            self._stay_open(replace(whole, checked=checked))
        else:
            self._stay_open(replace(_read_on(known, visit, tally), checked=1))
        return None

    def _stay_open(self, known: OpenJob) -> None:
        self.state.open[known.name.lower()] = known
        self._advance_high_water_mark(known.created)

    def _settle(self, job: ListedJob, reason: str | None = None) -> str | None:
        self.state.open.pop(job.key, None)
        self.state.settled[job.key] = job.created
        self._advance_high_water_mark(job.created)
        if reason is None:
            return None
        return f"tuning job {job.name} of {job.created} is abandoned: {reason}"

    def _advance_high_water_mark(self, created: str) -> None:
        reached = min(created, self._furthest or created)
        self.state.high_water_mark = max(self.state.high_water_mark or "", reached)

    def _let_start_date_take_over(self) -> None:
        """From the next sync on, a later start_date holds: all before it is read.

        What is open keeps the start that the earlier one gave it.
        """
        for job in list(self.state.open.values()):
            if job.since is None and _cut(self._filters.start_date, job.created):
                begin = _cut(self._start, job.created) or _to_the_second(job.created)
                self._stay_open(replace(job, since=begin))
        self.state.filters = self._filters


def _cut(start: str | None, created: str) -> str | None:
    """From when on start_date lets in a tuning job's trials; None: all of them."""
    first = start and _to_the_second(start)
    return first if first and first > created else None


def _end(job: ListedJob, first_seen: str) -> str:
    """Its end time, capped at when we first saw it ended."""
    return min(job.end or first_seen, first_seen)


def _to_the_second(time: str) -> str:
    """The second of a time: the service cuts a trial's times to it."""
    return f"{time[:19]}.000Z"


def _read_on(known: OpenJob, visit: Visit, tally: Tally) -> OpenJob:
    """Move the watermark of an open tuning job to where reading goes on."""
    known = replace(known, read_at=tally.read_at)
    if tally.since is None:
        return known
    since = max(visit.since or "", tally.since)
    return replace(known, since=since, rows=known.rows + tally.rows_before(since))
