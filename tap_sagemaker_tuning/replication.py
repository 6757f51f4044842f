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
as `records.timestamp` writes it, which sorts as time. A tuning job's name is unique
without regard to case in its scope at any one time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.records import moment, timestamp
from tap_sagemaker_tuning.state import OpenJob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.listing import Listing
    from tap_sagemaker_tuning.records import Summary
    from tap_sagemaker_tuning.state import ScopeState

OVERLAP = timedelta(hours=1)
"""How far behind the frontier tuning jobs are listed again."""

PATIENCE_WITH_COUNTERS = timedelta(days=1)
"""How long after its end a tuning job stays open whose counters and trials disagree."""

PATIENCE = timedelta(days=7)
"""How long after its end a tuning job stays open that does not settle."""

FINAL_STATUSES = ("Completed", "Failed", "Stopped")
"""Statuses of a trial that has ended."""

_ENDED = frozenset({*FINAL_STATUSES, "Deleting", "DeleteFailed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A tuning job to read, and the creation time down to which; None: all of it."""

    job: Summary
    since: str | None


class Tally:
    """What a visit saw of a tuning job's trials, whatever their order and number."""

    def __init__(self, job: Summary) -> None:
        """Start counting the trials of a tuning job."""
        self._has_ended = _has_ended(job)
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


class Plan:
    """What one stream reads of one scope in one sync, and what becomes of its state.

    Call `visits`, then for each of them one of `visited`, `failed` and `gone`, each
    after what was read has been written, and in the end `finish`.

    Attributes:
        state: The state as of what was written so far.
        boundary: The creation time down to which tuning jobs are listed; "": all.
        settled: How many tuning jobs have settled in this sync.
        gone_jobs: How many open ones were found to be deleted.
    """

    def __init__(self, state: ScopeState) -> None:
        """Plan from what the last sync left."""
        self.state = state
        start = state.filters.start_date or ""
        self._start = start
        # The service cuts a trial's times to the second.
        self._first_second = f"{start[:19]}.000Z" if start else None
        self.boundary = self._boundary()
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
        job, known = visit.job, self._known(visit.job)
        if _has_ended(job):
            is_final = _is_quiet(job) and (tally is None or tally.all_final)
            if is_final and (tally is None or self._agree(job, known, tally)):
                return self._settle(job)
            was_whole = known.since is None or bool(known.checked)
            if is_final and not was_whole:
                known = OpenJob(name=known.name, created=known.created)
                self._keep(job, known)
                return None
            if is_final and tally and now > _shift(_end(job), PATIENCE_WITH_COUNTERS):
                return self._settle(
                    job,
                    f"its counters tell of {_counted(job)} trials, and "
                    f"{known.rows + tally.rows} are listed",
                )
            if now > _shift(_end(job), PATIENCE):
                return self._settle(job, "it ended 7 days ago and has not settled")
            if is_final:
                known = replace(known, checked=1)
        if tally is not None and tally.since is not None:
            rows = known.rows + tally.rows_before(tally.since)
            known = replace(known, since=tally.since, rows=rows)
        self._keep(job, known)
        return None

    def failed(self, visit: Visit, now: str) -> str | None:
        """Note that a tuning job could not be read: it stays open.

        Returns:
            A warning, if the tuning job was given up.
        """
        job = visit.job
        if _has_ended(job) and now > _shift(_end(job), PATIENCE):
            return self._settle(job, "it ended 7 days ago and can not be read")
        self._keep(job, self._known(job))
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
        return known.rows + tally.rows == _counted(job)

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


def _has_ended(job: Summary) -> bool:
    """Whether a tuning job launches no more trials. Unknown states have not ended."""
    return job["HyperParameterTuningJobStatus"] in _ENDED


def _is_quiet(job: Summary) -> bool:
    """Whether a tuning job's counters tell of nothing that can still change."""
    trials = job.get("TrainingJobStatusCounters", {})
    objectives = job.get("ObjectiveStatusCounters", {})
    return not trials.get("InProgress") and not objectives.get("Pending")


def _counted(job: Summary) -> int:
    """How many trials a tuning job's counters tell of."""
    return sum(job.get("TrainingJobStatusCounters", {}).values())


def _end(job: Summary) -> str:
    """When an ended tuning job ended, as well as the service tells."""
    last = job.get("LastModifiedTime", job["CreationTime"])
    return str(job.get("HyperParameterTuningEndTime", last))


def job_key(job: Summary) -> str:
    """A tuning job's name, which is unique without regard to case in its scope."""
    return str(job["HyperParameterTuningJobName"]).lower()


def _shift(time: str, by: timedelta) -> str:
    return timestamp((moment(time) + by).isoformat())
