"""Reads one tuning job once for all streams that want it.

Every stream that shares the listing gets each page of trials, and fails on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.exceptions import GoneError, readable
from tap_sagemaker_tuning.replication.tally import Tally, creation_time
from tap_sagemaker_tuning.sync.outcomes import Read, Records, Visited, outcome_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.listing import ListedJob
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.readers import (
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
    sharing: list[_Trials] = []
    describe = _described(client, next(iter(visits.values())).job)
    for stream, visit in visits.items():
        reader = readers[stream]
        try:
            with readable("the tuning job"):
                tally = Tally(visit.job.summary)
            if reader.of_trials:
                reading = reader.start(client, visit, describe)
                trials = _Trials(stream, visit, tally, reading)
                if reading.own_pages is None:
                    sharing.append(trials)
                else:
                    yield from _read_trials(reading.own_pages, [trials])
                continue
            for records in reader.rows(client, visit, describe):
                yield Records(stream, records)
        except Exception as error:  # noqa: BLE001 - the commit loop looks at it
            yield Visited(stream, visit, outcome_of(error))
        else:
            yield Visited(stream, visit, Read(tally))
    if sharing:
        since = _earliest(sharing)
        pages = client.trials(sharing[0].visit.job.name, since)
        yield from _read_trials(pages, sharing)


def _described(client: Client, job: ListedJob) -> Describe:
    """Return a function that describes a tuning job with at most one call."""

    @cache
    def describe() -> Summary:
        if job.description:  # the listing had to describe it
            return job.description
        found, _ = client.tuning_job(job.name)
        if found is None or found.get("CreationTime") != job.created:
            msg = f"tuning job {job.name} (created {job.created}) was deleted"
            raise GoneError(msg)
        return found

    return describe


def _read_trials(
    pages: Iterator[Page], sharing: Sequence[_Trials]
) -> Iterator[Records | Visited]:
    """Read a tuning job's trials for the streams that share a listing."""
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
    except Exception as error:  # noqa: BLE001 - the commit loop looks at it
        failure = error
    for trials in left:
        yield from trials.end(failure)


def _earliest(sharing: Sequence[_Trials]) -> str | None:
    """The creation time down to which the trials are listed; None: all."""
    found = [trials.visit.since for trials in sharing]
    return None if None in found else min(since for since in found if since)


@dataclass(frozen=True, slots=True)
class _Trials:
    """One stream's visit, fed from a listing of the tuning job's trials."""

    stream: str
    visit: Visit
    tally: Tally
    reading: TrialVisit

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
                is_past = bool(page.items) and creation_time(page.items[-1]) < since
            yield from self._records(self.reading.rows(Page(wanted, page.seen)))
        except Exception as error:  # noqa: BLE001 - the commit loop looks at it
            yield from self.end(error)
            return True
        # A stream's own listing may be in any order.
        is_done = is_past and self.reading.own_pages is None
        if is_done:
            yield from self.end(None)
        return is_done

    def end(self, failure: Exception | None) -> Iterator[Records | Visited]:
        """Yield the records held back and the end of the visit."""
        if failure is None:
            try:
                yield from self._records(self.reading.end())
            except Exception as error:  # noqa: BLE001 - the commit loop looks at it
                failure = error
        self.tally.read_at = self.reading.read_at
        outcome = outcome_of(failure) if failure else Read(self.tally)
        yield Visited(self.stream, self.visit, outcome)

    def _records(self, found: Iterator[TrialRows]) -> Iterator[Records]:
        for rows in found:
            for name in rows.unsettled:
                self.tally.keep_open(name)
            if rows.records:
                yield Records(self.stream, rows.records)
