"""The tuning jobs that a scope listed, and whether to list further.

Pure: no I/O. A listing stays in memory while its scope is read, so summaries are
compressed: a tuning job takes less than a kilobyte.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.replication.tally import (
    check_end,
    creation_time,
    has_ended,
)
from tap_sagemaker_tuning.values import OddError, required_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_sagemaker_tuning.values import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A tuning job as one response showed it.

    Attributes:
        name: Its name, as the API returned it.
        created: Its creation time.
        seen: The service's time of the response. Its counters and status are from this
            moment, however much later its trials are read.
        has_ended: Whether it launches no more trials.
        end: When it ended; None: the service did not say.
        packed: Its summary, as compressed JSON.
        packed_description: What DescribeHyperParameterTuningJob returned, without
            environments, as compressed JSON; None: it was listed, not described.
    """

    name: str
    created: str
    seen: str
    has_ended: bool
    end: str | None
    packed: bytes
    packed_description: bytes | None

    @classmethod
    def of(
        cls, summary: Summary, seen: str, description: Summary | None = None
    ) -> ListedJob:
        """Build it from a summary, and a description if there is one.

        Raises:
            OddError: It has no name or creation time, a malformed status, or an end
                before there was a SageMaker.
        """
        created = creation_time(summary)
        end = summary.get("HyperParameterTuningEndTime")
        check_end(end)
        return cls(
            name=required_text(summary, "HyperParameterTuningJobName"),
            created=created,
            seen=seen,
            has_ended=has_ended(summary),
            end=end,
            packed=_packed(summary),
            packed_description=None if description is None else _packed(description),
        )

    @property
    def key(self) -> str:
        """Its name in lower case: unique in its scope at any one time."""
        return self.name.lower()

    @property
    def arn(self) -> str | None:
        """Its ARN, if the API returned one that is text."""
        arn = self.summary.get("HyperParameterTuningJobArn")
        return arn if isinstance(arn, str) else None

    @property
    def summary(self) -> Summary:
        """The API's HyperParameterTuningJobSummary."""
        return _unpacked(self.packed)

    @property
    def description(self) -> Summary | None:
        """The description without environments; None: it was not described."""
        packed = self.packed_description
        return None if packed is None else _unpacked(packed)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A listed tuning job that could not be parsed.

    Attributes:
        name: Its name, or a stand-in.
        error: Why.
        created: Its creation time; None: unknown.
    """

    name: str
    error: Exception
    created: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tuning jobs that some streams need a listing to show.

    Attributes:
        boundary: The creation time down to which tuning jobs are listed; "": all.
        open: Names of the open tuning jobs, by key and creation time.
        arns: Their ARNs as first listed, where known, by key and creation time: a
            description can show an ARN in another case.
        retry_at: The time from which an open tuning job is needed at all, by key and
            creation time, if it could not be read for long.
    """

    boundary: str = ""
    open: dict[tuple[str, str], str] = field(default_factory=dict)
    arns: dict[tuple[str, str], str] = field(default_factory=dict)
    retry_at: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_all(cls, parts: Sequence[Wanted]) -> Wanted:
        """Combine at least one, so that a single listing serves each of them."""
        together = cls(min(part.boundary for part in parts))
        for part in parts:
            together.open.update(part.open)
            together.arns.update(part.arns)
        for which in together.open:
            times = [p.retry_at.get(which, "") for p in parts if which in p.open]
            if earliest := min(times):
                together.retry_at[which] = earliest
        return together

    def created(self, name: str, time: str) -> str:
        """The creation time of an open tuning job, as it was listed.

        Args:
            name: The name of a tuning job.
            time: A creation time that may be cut to the second, as some responses are.

        Returns:
            The time as listed, if a tuning job of this name and second is open; else
            the given one.
        """
        known = (at for key, at in self.open if key == name.lower())
        return next((at for at in known if same_second(at, time)), time)

    def has_later(self, name: str, time: str) -> bool:
        """Whether an open tuning job of this name was listed with a later time."""
        known = [at for key, at in self.open if key == name.lower()]
        return any(_second(time) < _second(at) for at in known)

    def arn(self, name: str, created: str) -> str | None:
        """The ARN of an open tuning job as first listed, with this time or a later.

        Args:
            name: Its name in lower case.
            created: Its creation time.
        """
        known = sorted((at, arn) for (key, at), arn in self.arns.items() if key == name)
        return next((arn for at, arn in known if at >= created), None)


class Listing:
    """The tuning jobs of one scope as one sync sees them, shared by all streams.

    Attributes:
        began: The service's time when it began.
        gone: Keys of tuning jobs that do not exist, according to the service.
        is_whole: Whether it ended without a further token, and everything on its pages
            could be parsed.
        unread: Names of tuning jobs that could not be parsed, or, with
            `tuning_job_names`, that could not be described, each with its error. If
            there are any, the listing counts as incomplete.
        denied: Names of open tuning jobs that were not listed and that IAM does not
            allow describing, each with its error.
        failed: Names of open tuning jobs that were not listed and could not be
            described for another reason, each with its error.
        corrected: Keys of the open tuning jobs that a description shows to have been
            created earlier than they were listed.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._jobs: dict[str, ListedJob] = {}
        self._is_past = False  # whether a page has reached back past the boundary
        self._is_bounded = True  # whether `_unreadable_from` takes account of all items
        self.began = ""
        self.gone: set[str] = set()
        self.is_whole = False
        self.unread: list[tuple[str, Exception]] = []
        self._unreadable_from: str | None = None
        self.denied: list[tuple[str, Exception]] = []
        self.failed: list[tuple[str, Exception]] = []
        self.corrected: set[str] = set()

    def add(self, jobs: Iterable[ListedJob]) -> None:
        """Add tuning jobs; of two with the same name, keep the one created later."""
        for job in jobs:
            known = self._jobs.get(job.key)
            if known is None or known.created <= job.created:
                self._jobs[job.key] = job

    def add_page(
        self, jobs: Iterable[ListedJob | Unreadable], boundary: str = ""
    ) -> None:
        """Add the next page, and what on it cannot be parsed.

        Args:
            jobs: Its tuning jobs, newest first.
            boundary: The creation time before which nothing is new.
        """
        for job in jobs:
            if isinstance(job, ListedJob):
                if not self._is_bounded:  # what cannot be parsed is not older than this
                    self._bound(job.created)
                self._is_past = self._is_past or job.created < boundary
                self.add([job])
                continue
            self.unread.append((job.name, job.error))
            if self._is_past:
                continue
            if job.created is None:
                self._is_bounded = False
            elif job.created >= boundary:
                self._bound(job.created)

    def _bound(self, created: str) -> None:
        self._is_bounded = True
        self._unreadable_from = min(created, self._unreadable_from or created)

    @property
    def readable_until(self) -> str | None:
        """The creation time before which every new tuning job could be parsed.

        "" if unknown; None if all could be parsed.
        """
        return self._unreadable_from if self._is_bounded else ""

    def __len__(self) -> int:
        """How many tuning jobs it shows."""
        return len(self._jobs)

    def find(self, name: str) -> ListedJob | None:
        """The tuning job of this name, ignoring case; None: not listed."""
        return self._jobs.get(name.lower())

    def jobs(self) -> list[ListedJob]:
        """The tuning jobs, oldest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.created, job.key))

    def unmet(self, wanted: Wanted) -> list[str]:
        """Names of the open tuning jobs that are due, but neither listed nor `gone`."""
        names = {
            key: name
            for (key, created), name in wanted.open.items()
            if not self.shows(key, created)
            and key not in self.gone
            and self.began >= wanted.retry_at.get((key, created), "")
        }
        return sorted(names.values())

    def shows(self, key: str, created: str) -> bool:
        """Whether it shows a tuning job, or a later one that has taken its name."""
        job = self._jobs.get(key)
        return job is not None and _second(job.created) >= _second(created)


def needs_more(listing: Listing, page: Sequence[ListedJob], wanted: Wanted) -> bool:
    """Whether to fetch the page after this one, given that the newest come first.

    True until the lookback window of every stream has been listed; after that, while
    pages still show open tuning jobs and others are missing.

    Args:
        listing: The listing, with this page added.
        page: The tuning jobs of this page.
        wanted: What the streams need.
    """
    if not page or page[-1].created >= wanted.boundary:  # fact 1
        return True
    shows_open = any((job.key, job.created) in wanted.open for job in page)
    return shows_open and bool(listing.unmet(wanted))


def same_second(time: str, other: str) -> bool:
    """Whether two times are the same to the second, to which some responses cut them.

    A tuning job's name cannot be used again within a second.
    """
    return _second(time) == _second(other)


def _second(time: str) -> str:
    return time[: len("2026-03-02T09:00:00")]


def _packed(members: Summary) -> bytes:
    try:
        text = json.dumps(members, separators=(",", ":"))
    except RecursionError as error:  # nested too deep
        raise OddError(str(error)) from error
    return zlib.compress(text.encode(), level=1)


def _unpacked(packed: bytes) -> Summary:
    summary: Summary = json.loads(zlib.decompress(packed))
    return summary
