"""What to read again, and the state that tells it: the reason why this tap exists.

CreationTime alone can not tell that an old trial has ended: a trial is created, starts,
ends, and gets its final objective metric, each at a later time, and its CreationTime
never moves. So the state of one stream in one scope (one account in one region) is

- a *frontier*: every tuning job created before it has been visited;
- the *open* tuning jobs, which can still change, each with the creation time *since*
  which its trials are read again: that of its earliest trial that is not final, or of
  its newest trial when all are (none yet: it is read whole);
- the *settled* ones among those created within `OVERLAP` behind the frontier: listings
  are eventually consistent, so that much is listed again each time.

The laws, for any interleaving of time, syncs, faults and kills:

1. Nothing is lost: what was written, the last one winning by key, equals a full read
   once all is over and one more sync has run.
2. Nothing is stale: after a complete sync, no trial that was final when its tuning job
   was read is held as something else.
3. State moves only over what was written.
4. When nothing changed and nothing is open, the overlap is listed, nothing is visited.
5. The state is bounded by the open tuning jobs and the overlap, never by history.
6. What never settles ends with a warning, not in a loop.
7. An open tuning job is never given up for being absent from a listing; a name used
   again, with a later creation time, is another tuning job.

Pure: no I/O, and neither boto3 nor singer_sdk. Summaries are the API's; times are text
as `values.timestamp` writes it, which sorts as time. A tuning job's name is unique
without regard to case in its scope at any one time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.replication.state import OpenJob
from tap_sagemaker_tuning.replication.tally import (
    Tally,
    counted,
    end_of,
    has_ended,
    is_quiet,
    job_key,
    status,
)
from tap_sagemaker_tuning.values import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.state import ScopeState
    from tap_sagemaker_tuning.values import Summary

OVERLAP = timedelta(hours=1)
"""How far behind the frontier tuning jobs are listed again."""

COUNTERS_LAG = timedelta(minutes=1)
"""How long after its end a tuning job's counters may be those of before."""

PATIENCE_WITH_COUNTERS = timedelta(days=1)
"""How long after its end a tuning job stays open whose counters and trials disagree."""

PATIENCE = timedelta(days=7)
"""How long after its end a tuning job stays open that does not settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A tuning job to read, and the creation time down to which; None: all of it."""

    job: Summary
    since: str | None


class Plan:
    """What one stream reads of one scope in one sync, and what becomes of its state.

    Call `visits`, then for each of them one of `visited`, `failed` and `gone`, each
    after what was read has been written, and in the end `finish`.

    Attributes:
        state: The state as of what was written so far.
        boundary: The creation time down to which tuning jobs are listed; "": all.
        visited_jobs: How many tuning jobs were visited in this sync.
        settled: How many of them have settled.
        gone_jobs: How many were found to be deleted.
    """

    def __init__(self, state: ScopeState) -> None:
        """Plan from what the last sync left."""
        self.state = state
        start = state.filters.start_date or ""
        self._start = start
        # The service cuts a trial's times to the second.
        self._first_second = f"{start[:19]}.000Z" if start else None
        self.boundary = self._boundary()
        self.visited_jobs = 0
        self.settled = 0
        self.gone_jobs = 0

    def is_open(self, job: Summary) -> bool:
        """Whether this tuning job is known and open."""
        known = self.state.open.get(job_key(job))
        return known is not None and known.created == job["CreationTime"]

    def visits(self, listing: Listing) -> Iterator[Visit]:
        """Say which of the listed tuning jobs to visit, oldest first."""
        for job in listing.jobs():
            if self.is_open(job):
                known = self.state.open[job_key(job)]
                # A trial that was written is followed until it is final, also when
                # start_date has moved past it since.
                yield Visit(job=job, since=known.since or self._first_second)
            elif self._is_new(job):
                yield Visit(job=job, since=self._first_second)

    def drop_gone(self, listing: Listing) -> Iterator[str]:
        """Forget the open tuning jobs that the service does not have any more.

        Args:
            listing: All that was listed and asked for.

        Yields:
            A sentence about each.
        """
        for key, job in list(self.state.open.items()):
            created = listing.created(job.name)
            if key in listing.gone or (created is not None and created > job.created):
                del self.state.open[key]
                self.gone_jobs += 1
                yield f"tuning job {job.name} of {job.created} was deleted"

    def drop_unlisted(self, listing: Listing, now: str) -> Iterator[str]:
        """Give up the open tuning jobs that can neither be listed nor asked for.

        Args:
            listing: All that was listed and asked for.
            now: The service's time.

        Yields:
            A warning about each.
        """
        for key, job in list(self.state.open.items()):
            is_unmet = listing.is_whole and listing.created(job.name) is None
            if is_unmet and now > _shift(job.since or job.created, PATIENCE):
                del self.state.open[key]
                yield (
                    f"tuning job {job.name} of {job.created} is given up: it is in no "
                    "listing, and may not be asked for by name"
                )

    def visited(self, visit: Visit, tally: Tally | None, now: str) -> str | None:
        """Note that a tuning job was read, and that what was read is written.

        Args:
            visit: The visit.
            tally: Its trials; None for a stream of tuning jobs, where the tuning
                job's own record is all there is to read.
            now: The service's time.

        Returns:
            A warning, if the tuning job was given up.
        """
        self.visited_jobs += 1
        job, known = visit.job, replace(self._known(visit.job), failed=None)
        if has_ended(job) and now > _shift(end_of(job), COUNTERS_LAG):
            is_final = is_quiet(job) and (
                tally.all_final if tally else status(job) != "Deleting"
            )
            if is_final and (tally is None or self._agree(job, known, tally)):
                return self._settle(job)
            if is_final and tally is not None:
                return self._look_into(job, known, tally, now)
            if now > _shift(end_of(job), PATIENCE):
                return self._settle(job, "it ended 7 days ago and has not settled")
        self._keep(job, _read_on(known, tally))
        return None

    def failed(self, visit: Visit, now: str) -> str | None:
        """Note that a tuning job could not be read: it stays open.

        Returns:
            A warning, if the tuning job was given up.
        """
        job, known = visit.job, self._known(visit.job)
        known = replace(known, failed=known.failed or now)
        since = max(end_of(job), known.failed or now)
        if has_ended(job) and now > _shift(since, PATIENCE):
            return self._settle(job, "it ended, and for 7 days it could not be read")
        self._keep(job, known)
        return None

    def gone(self, visit: Visit) -> None:
        """Note that a tuning job was deleted before it was read to the end."""
        self.state.open.pop(job_key(visit.job), None)
        self.gone_jobs += 1
        self._pass(visit.job)

    def finish(self, listing: Listing) -> None:
        """Note that all visits were made: all that was listed has been seen."""
        for job in listing.jobs():
            self._pass(job)
        self.prune()

    def prune(self) -> None:
        """Forget the settled tuning jobs that are not listed again."""
        boundary = self._boundary()
        settled = self.state.settled.items()
        self.state.settled = {
            key: created for key, created in settled if created >= boundary
        }

    def _boundary(self) -> str:
        # Tuning jobs that are asked for by name are never passed over by their age:
        # one that could not be described had no creation time to be remembered by.
        if self.state.frontier is None or self.state.filters.tuning_job_names:
            return ""
        return _shift(self.state.frontier, -OVERLAP)

    def _is_new(self, job: Summary) -> bool:
        created = job["CreationTime"]
        known = self.state.open.get(job_key(job))
        return (
            # The second: a name used again, of a tuning job that was open.
            (
                created >= self.boundary
                or (known is not None and known.created < created)
            )
            and self.state.settled.get(job_key(job)) != created
            and job.get("HyperParameterTuningEndTime", self._start) >= self._start
        )

    def _known(self, job: Summary) -> OpenJob:
        if self.is_open(job):
            return self.state.open[job_key(job)]
        name = job["HyperParameterTuningJobName"]
        return OpenJob(name=name, created=job["CreationTime"])

    def _agree(self, job: Summary, known: OpenJob, tally: Tally) -> bool:
        """Whether there are as many trials as the counters tell: a free checksum."""
        if self._first_second and job["CreationTime"] < self._first_second:
            return True  # start_date cuts the trials; the counters count them all
        return known.rows + tally.rows == counted(job)

    def _look_into(
        self, job: Summary, known: OpenJob, tally: Tally, now: str
    ) -> str | None:
        """Decide on a tuning job whose counters tell of other trials than are listed.

        It is read whole once, and once more before it is given up: a trial can be
        listed late, behind the watermark.
        """
        is_late = now > _shift(end_of(job), PATIENCE_WITH_COUNTERS)
        was_whole, looks = known.since is None, 1 + is_late
        if was_whole and is_late:
            return self._settle(
                job,
                f"its counters tell of {counted(job)} trials, and {tally.rows} are "
                "listed",
            )
        if not was_whole and known.checked < looks:
            known = OpenJob(name=known.name, created=known.created, checked=looks)
        else:
            known = replace(_read_on(known, tally), checked=max(1, known.checked))
        self._keep(job, known)
        return None

    def _keep(self, job: Summary, known: OpenJob) -> None:
        self.state.open[job_key(job)] = known
        self._pass(job)

    def _settle(self, job: Summary, reason: str | None = None) -> str | None:
        self.state.open.pop(job_key(job), None)
        self.state.settled[job_key(job)] = job["CreationTime"]
        self.settled += 1
        self._pass(job)
        if reason is None:
            return None
        name, created = job["HyperParameterTuningJobName"], job["CreationTime"]
        return f"tuning job {name} of {created} is given up: {reason}"

    def _pass(self, job: Summary) -> None:
        self.state.frontier = max(self.state.frontier or "", job["CreationTime"])


def _read_on(known: OpenJob, tally: Tally | None) -> OpenJob:
    """Move the watermark of an open tuning job to where reading goes on."""
    if tally is None or tally.since is None:
        return known
    rows = known.rows + tally.rows_before(tally.since)
    return replace(known, since=tally.since, rows=rows)


def _shift(time: str, by: timedelta) -> str:
    return timestamp((moment(time) + by).isoformat())
