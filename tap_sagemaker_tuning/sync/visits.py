"""Reads one tuning job once for all streams that want it.

Every stream that shares the listing gets each page of trials, and fails on its own.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.errors import DATA, meaning
from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.exceptions import GoneError, UnreadableError, readable
from tap_sagemaker_tuning.replication.listing import same_second
from tap_sagemaker_tuning.replication.tally import Tally, creation_time
from tap_sagemaker_tuning.sync.interfaces import OwnListing
from tap_sagemaker_tuning.sync.outcomes import Failed, Gone, Read, Records, Visited

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.listing import ListedJob
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import (
        Describe,
        Reader,
        TrialRows,
        TrialVisit,
    )
    from tap_sagemaker_tuning.values import Summary


def read_tuning_job(
    client: Client, visits: Mapping[str, Visit], readers: Mapping[str, Reader]
) -> Generator[Records | Visited, None, None]:
    """Read a tuning job for all streams that want it.

    Args:
        client: The scope's client.
        visits: The visit of each stream that wants it, by the stream's name.
        readers: All streams, by name.

    Yields:
        Records, and one `Visited` per stream after all of its records.
    """
    sharing: list[_FedVisit] = []
    job = next(iter(visits.values())).job
    describe = _described(client, job)

    @cache
    def is_gone() -> bool:
        return _description(client, job) is None

    for stream, visit in visits.items():
        reader = readers[stream]
        tally = Tally(visit.job.summary)
        try:
            if reader.of_trials:
                started = reader.start(client, visit, describe)
                if isinstance(started, OwnListing):
                    own = _FedVisit(
                        stream, visit, tally, started.visit, is_gone, is_sharing=False
                    )
                    yield from _read_trials(started.pages, [own])
                else:
                    sharing.append(_FedVisit(stream, visit, tally, started, is_gone))
                continue
            for records in reader.rows(client, visit, describe):
                yield Records(stream, records)
        except DATA as error:
            yield Visited(stream, visit, _outcome_of(error, is_gone))
        else:
            yield Visited(stream, visit, Read(tally))
    if sharing:
        yield from _read_trials(client.trials(job.name), sharing)


def _described(client: Client, job: ListedJob) -> Describe:
    """Return a function that describes a tuning job with at most one call."""

    @cache
    def describe() -> Summary:
        if job.description:  # the listing had to describe it
            return job.description
        description = _description(client, job)
        if description is None:
            msg = f"tuning job {job.name} (created {job.created}) was deleted"
            raise GoneError(msg)
        return description

    return describe


def _description(client: Client, job: ListedJob) -> Summary | None:
    """Describe a tuning job; None if it, or the one of this creation time, is gone.

    Raises:
        UnreadableError: Its creation time is malformed, or earlier than listed.
    """
    description, _ = client.tuning_job(job.name)
    if description is None:
        return None
    with readable("its description"):
        created = creation_time(description)
    if same_second(created, job.created):
        return description
    if created > job.created:
        return None
    msg = f"it was listed with CreationTime {job.created}, but described with {created}"
    raise UnreadableError(msg)


def _outcome_of(error: Exception, is_gone: Callable[[], bool]) -> Gone | Failed:
    """Classify what ended a visit as a deleted tuning job or a failure.

    One call that does not find a listed tuning job proves nothing: a description has
    to agree.

    Args:
        error: What ended the visit.
        is_gone: Describes the tuning job; returns whether it does not exist.
    """
    if isinstance(error, GoneError):
        return Gone()
    if meaning(error).kind is Kind.MISSING:
        with suppress(*DATA):
            if is_gone():
                return Gone()
    return Failed(error)


def _read_trials(
    pages: Iterator[Page], sharing: Sequence[_FedVisit]
) -> Iterator[Records | Visited]:
    """Read a tuning job's trials for the streams that share a listing.

    The listing is newest first, and ends with the last stream that needs more of it.
    """
    left = list(sharing)
    failure = None
    try:
        for page in pages:
            for trials in tuple(left):
                is_done = yield from trials.take(page)
                if is_done:
                    left.remove(trials)
            if not left:
                return
    except DATA as error:
        failure = error
    for trials in left:
        yield from trials.end(failure)


@dataclass(frozen=True, slots=True)
class _FedVisit:
    """One stream's visit, fed from a listing of the tuning job's trials."""

    stream: str
    visit: Visit
    tally: Tally
    reading: TrialVisit
    is_gone: Callable[[], bool]
    is_sharing: bool = True

    def take(self, page: Page) -> Generator[Records | Visited, None, bool]:
        """Yield the records of the page's trials that the stream wants.

        Returns:
            Whether the visit has ended: the page failed, or reaches back past the
            stream's watermark.
        """
        since = self.visit.since or ""
        try:
            with readable("a trial"):
                wanted = [
                    trial
                    for trial in page.items
                    if not since or creation_time(trial) >= since
                ]
                for trial in wanted:
                    self.tally.add(trial)
                # Fact 2: newest first.
                is_past = bool(page.items) and creation_time(page.items[-1]) < since
            yield from self._records(self.reading.rows(Page(wanted, page.seen)))
        except DATA as error:
            yield from self.end(error)
            return True
        # A stream's own listing may be in any order.
        is_done = is_past and self.is_sharing
        if is_done:
            yield from self.end(None)
        return is_done

    def end(self, failure: Exception | None) -> Iterator[Records | Visited]:
        """Yield the records held back and the end of the visit."""
        if failure is None:
            try:
                yield from self._records(self.reading.end())
            except DATA as error:
                failure = error
        outcome: Read | Gone | Failed = Read(self.tally)
        if failure:
            outcome = _outcome_of(failure, self.is_gone)
        yield Visited(self.stream, self.visit, outcome)

    def _records(self, parts: Iterator[TrialRows]) -> Iterator[Records]:
        for rows in parts:
            self.tally.read_once = rows.read_once or self.tally.read_once
            self.tally.is_partial |= rows.is_partial
            for name in rows.unsettled:
                self.tally.keep_open(name)
            for name in rows.missing:
                self.tally.miss(name)
            if rows.records:
                yield Records(self.stream, rows.records, rows.points)
