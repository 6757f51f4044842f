"""Decides what one stream reads in one scope, and advances its state.

The package's docstring has the reasons, and the laws it keeps. Pure: no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.replication.judge import (
    PATIENCE,
    failed_again,
    is_long_unread,
    retry_times,
)
from tap_sagemaker_tuning.replication.listing import Wanted, same_second
from tap_sagemaker_tuning.replication.state import OpenJob
from tap_sagemaker_tuning.values import shift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_sagemaker_tuning.replication.listing import ListedJob, Listing
    from tap_sagemaker_tuning.replication.state import Filters, ReadOnce, ScopeState
    from tap_sagemaker_tuning.replication.tally import Tally

LOOKBACK_WINDOW = timedelta(hours=1)
"""How far behind the high-water mark tuning jobs are listed again."""

COUNTERS_LAG = timedelta(minutes=1)  # facts 36, 37, 38
"""How long after a tuning job's end its counters and trial listing may be outdated."""

PATIENCE_WITH_COUNTERS = timedelta(days=1)
"""How long an ended tuning job stays open while its counters and trials disagree."""

_LOOKS = 2
"""The most full re-reads before a counter mismatch is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A tuning job to read.

    Attributes:
        job: The tuning job.
        since: The creation time down to which its trials are read; None: all.
        read_once: Which trials have been read, for a stream that reads each only once;
            None: no previous visit, or everything is read again.
    """

    job: ListedJob
    since: str | None
    read_once: ReadOnce | None = None


class Plan:
    """What one stream reads in one scope in one sync, and how its state advances.

    Call `visits`. After the records of a visit are written, call `visited`, `failed`
    or `stays_open` for it. After the last visit, call `drop_gone`, `note_unlisted` and
    `finish`.

    Attributes:
        state: The state, up to the records written so far.
        postponed: The open tuning jobs that `visits` left out, because they could not
            be read for long and are not due.
    """

    def __init__(self, state: ScopeState, filters: Filters, *, of_trials: bool) -> None:
        """Plan from the state of the last sync.

        Args:
            state: The state; the `start_date` of its filters applies until `finish`.
            filters: The filters of this sync, which follow the state's.
            of_trials: True if the stream's rows are trials, False for tuning jobs.
        """
        self.state = state
        self.postponed: list[OpenJob] = []
        self._filters = filters
        self._of_trials = of_trials
        self._furthest: str | None = None
        self._start = state.filters.start_date
        self._boundary = self._listed_from()
        self._retry_at = retry_times(state.open)

    @property
    def wanted(self) -> Wanted:
        """What this plan needs the listing to show."""
        needed = {
            (key, job.created): job
            for key, job in self.state.open.items()
            if self._retry_at.get(key, "") is not None
        }
        return Wanted(
            self._boundary,
            {which: job.name for which, job in needed.items()},
            {which: job.arn for which, job in needed.items() if job.arn},
            {which: at for which in needed if (at := self._retry_at.get(which[0]))},
        )

    def is_long_denied(self, key: str) -> bool:
        """Whether an open tuning job was denied for `PATIENCE` when last asked for.

        Args:
            key: Its name in lower case.
        """
        job = self.state.open.get(key)
        return job is not None and job.denied > 0 and is_long_unread(job)

    def visits(self, listing: Listing) -> Iterator[Visit]:
        """Yield the listed tuning jobs to visit, oldest first."""
        # Neither a creation time in the future nor an unreadable item may hide what
        # is created before it. Without a known bound, the mark stays where it is.
        bounds = (listing.began or None, listing.readable_until)
        self._furthest = min((b for b in bounds if b is not None), default=None)
        self.postponed = [
            job
            for key, job in self.state.open.items()
            if not self._is_due(key, listing)
        ]
        later = {job.name.lower(): job.created for job in self.postponed}
        self._correct(listing)
        for job in listing.jobs():
            if same_second(later.get(job.key, ""), job.created):
                continue
            if self._is_open(job) or self._is_new(job):
                # A trial that was written is followed until it is final, even if
                # start_date has moved past it.
                known = self._known(job)
                since = known.since or _cut(self._start, job.created)
                yield Visit(job=job, since=since, read_once=known.read_once)

    def _correct(self, listing: Listing) -> None:
        """Take the earlier creation time of open tuning jobs that were listed wrongly.

        They are read whole again: their watermarks may be wrong as well.
        """
        for key in listing.corrected & self.state.open.keys():
            known, job = self.state.open[key], listing.find(key)
            if job and job.created < known.created:
                correct = OpenJob(name=known.name, created=job.created, arn=known.arn)
                self.state.open[key] = correct

    def visited(self, visit: Visit, tally: Tally) -> str | None:
        """Record that a tuning job was read and its records are written.

        Returns:
            A warning if the tuning job is abandoned.
        """
        job = visit.job
        known = replace(self._known(job), failed=None, asked=None, denied=0)
        if known.ended and job.seen > shift(_end(job, known.ended), COUNTERS_LAG):
            is_final = tally.is_quiet and (
                tally.all_final if self._of_trials else not tally.is_deleting
            )
            if is_final and self._agree(job, known, tally):
                return self._settle(job)
            if is_final:
                end = _end(job, known.ended)
                return self._reread_or_abandon(visit, known, tally, end)
            is_whole = not tally.missing
            if is_whole and job.seen > shift(known.ended, PATIENCE):
                return self._settle(job, "it ended 7 days ago and has not settled")
        self._stay_open(_read_on(known, visit, tally))
        return None

    def failed(self, visit: Visit, *, is_denied: bool) -> None:
        """Record that a tuning job could not be read; it stays open for the next sync.

        Args:
            visit: The visit.
            is_denied: Whether AWS denies access to this tuning job, but not to others.
        """
        known = self._known(visit.job)
        self._stay_open(failed_again(known, visit.job.seen, is_denied=is_denied))

    def stays_open(self, visit: Visit) -> None:
        """Record a visit whose outcome is not decided yet.

        A tuning job that may have been deleted stays open until a later listing lacks
        it, and a description confirms that.
        """
        self._stay_open(self._known(visit.job))

    def drop_gone(self, listing: Listing) -> Iterator[str]:
        """Forget the open tuning jobs that were deleted.

        Yields:
            A sentence about each.
        """
        for key, job in list(self.state.open.items()):
            if key in listing.gone or _is_replaced(job, listing.find(job.name)):
                del self.state.open[key]
                yield f"tuning job {job.name} (created {job.created}) was deleted"

    def note_unlisted(
        self, listing: Listing, may_describe: Callable[[str], bool]
    ) -> None:
        """Record which open tuning jobs were neither listed nor could be described.

        They stay open: a listing can lack a tuning job for a while.

        Args:
            listing: The listing.
            may_describe: Returns whether AWS allows describing any but this one.
        """
        later = {job.name.lower() for job in self.postponed}
        failed = {name.lower() for name, _ in listing.failed}
        denied = {name.lower() for name, _ in listing.denied}
        for key, job in list(self.state.open.items()):
            is_missing = listing.is_whole and not listing.shows(key, job.created)
            if key not in later and (is_missing or key in failed):
                is_alone = key in denied and may_describe(key)
                unread = failed_again(job, listing.began, is_denied=is_alone)
                self.state.open[key] = unread

    def finish(self, listing: Listing) -> None:
        """Move the high-water mark over everything listed, after the last visit."""
        for job in listing.jobs():
            self._advance_high_water_mark(job.created)
        if not listing.unread:
            self._let_start_date_take_over()
        self.prune()

    def prune(self) -> None:
        """Forget the settled tuning jobs that have left the lookback window."""
        boundary = self._listed_from()
        settled = self.state.settled.items()
        self.state.settled = {
            key: created for key, created in settled if created >= boundary
        }

    def _listed_from(self) -> str:
        """The creation time down to which tuning jobs are listed; "": all."""
        # Age never excludes a tuning job requested by name: one that could not be
        # described has no known creation time.
        if self.state.high_water_mark is None or self.state.filters.tuning_job_names:
            return ""
        return shift(self.state.high_water_mark, -LOOKBACK_WINDOW)

    def _is_due(self, key: str, listing: Listing) -> bool:
        at = self._retry_at.get(key, "")
        return at is not None and listing.began >= at

    def _is_open(self, job: ListedJob) -> bool:
        known = self.state.open.get(job.key)
        return known is not None and same_second(known.created, job.created)

    def _is_new(self, job: ListedJob) -> bool:
        known = self.state.open.get(job.key)
        # A tuning job that reuses an open one's name may lie behind the boundary.
        is_again = known is not None and known.created < job.created
        return (
            (job.created >= self._boundary or is_again)
            and self.state.settled.get(job.key) != job.created
            and not (self._start and job.end and job.end < self._start)
        )

    def _known(self, job: ListedJob) -> OpenJob:
        """The entry of a tuning job for the state, with its ARN and end if seen."""
        known = OpenJob(name=job.name, created=job.created)
        if self._is_open(job):
            known = self.state.open[job.key]
        ended = (known.ended or job.seen) if job.has_ended else None
        return replace(known, arn=known.arn or job.arn, ended=ended)

    def _agree(self, job: ListedJob, known: OpenJob, tally: Tally) -> bool:
        """Whether the counters agree with the trials: a free checksum."""
        if not self._of_trials or _cut(self._start, job.created):
            return True  # the counters include trials that start_date cuts off
        return known.rows + tally.rows == tally.counted

    def _reread_or_abandon(
        self, visit: Visit, known: OpenJob, tally: Tally, end: str
    ) -> str | None:
        """Handle an ended tuning job whose counters disagree with its listed trials.

        Reread it whole at the first mismatch, and before abandoning it: a trial can be
        listed late, behind the watermark, or fall between two pages.
        """
        job = visit.job
        is_late = job.seen > shift(end, PATIENCE_WITH_COUNTERS)
        is_whole = visit.since is None
        if is_late and is_whole and known.checked == _LOOKS:
            counted = f"its counters report {tally.counted} trials"
            return self._settle(job, f"{counted}, but the listing has {tally.rows}")
        if is_late or not known.checked:
            checked = _LOOKS if is_late else 1
            whole = replace(known, since=None, rows=0, read_once=None)
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
        return f"tuning job {job.name} (created {job.created}) is abandoned: {reason}"

    def _advance_high_water_mark(self, created: str) -> None:
        reached = created if self._furthest is None else min(created, self._furthest)
        if reached > (self.state.high_water_mark or ""):
            self.state.high_water_mark = reached

    def _let_start_date_take_over(self) -> None:
        """Apply a later start_date from the next sync on; open tuning jobs keep theirs.

        Everything that the earlier one let in has been read.
        """
        for job in list(self.state.open.values()):
            if job.since is None and _cut(self._filters.start_date, job.created):
                begin = _cut(self._start, job.created) or _to_the_second(job.created)
                self._stay_open(replace(job, since=begin))
        self.state.filters = self._filters


def _is_replaced(job: OpenJob, listed: ListedJob | None) -> bool:
    """Whether a later tuning job has taken an open one's name."""
    return (
        listed is not None
        and listed.created > job.created
        and not same_second(listed.created, job.created)
    )


def _cut(start: str | None, created: str) -> str | None:
    """The creation time where start_date cuts a tuning job's trials; None: no cut."""
    first = start and _to_the_second(start)
    return first if first and first > created else None


def _end(job: ListedJob, first_seen: str) -> str:
    """Its end time, capped at when it was first seen to have ended."""
    return min(job.end or first_seen, first_seen)  # fact 34


def _to_the_second(time: str) -> str:
    """Truncate a time to the second, as the service does with a trial's times."""
    return f"{time[:19]}.000Z"  # fact 19


def _read_on(known: OpenJob, visit: Visit, tally: Tally) -> OpenJob:
    """Move an open tuning job's watermark to where the next sync starts reading."""
    known = replace(known, read_once=tally.read_once)
    if tally.since is None:
        return known
    since = max(visit.since or "", tally.since)
    return replace(known, since=since, rows=known.rows + tally.rows_before(since))
