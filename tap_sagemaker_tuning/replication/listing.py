"""What a listing showed of a scope's tuning jobs, and how far it has to go.

Pure: no I/O. It is held while a whole scope is read, so a tuning job takes less than a
kilobyte of it: its summary is kept packed.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.replication.tally import creation_time, has_ended
from tap_sagemaker_tuning.values import OddError, required_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_sagemaker_tuning.values import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A tuning job as one answer showed it.

    Attributes:
        name: Its name, as the API returned it.
        created: Its creation time.
        seen: The service's time when it was shown: counters and status are of then,
            however much later its trials are read.
        has_ended: Whether it launches no more trials.
        end: When it ended; None where the service did not tell.
        packed: Its summary, as compressed JSON.
        packed_description: What DescribeHyperParameterTuningJob said of it, likewise;
            None: it was not asked for by name.
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
        """Take it from a summary.

        Raises:
            OddError: It has no name or creation time, or an odd status.
        """
        created = creation_time(summary)
        return cls(
            name=required_text(summary, "HyperParameterTuningJobName"),
            created=created,
            seen=seen,
            has_ended=has_ended(summary),
            end=summary.get("HyperParameterTuningEndTime"),
            packed=_packed(summary),
            packed_description=None if description is None else _packed(description),
        )

    @property
    def key(self) -> str:
        """Its name without case, which is unique in its scope at any one time."""
        return self.name.lower()

    @property
    def arn(self) -> str | None:
        """Its ARN, as the API returned it; None: it did not."""
        found: str | None = self.summary.get("HyperParameterTuningJobArn")
        return found

    @property
    def summary(self) -> Summary:
        """What the API said of it."""
        return _unpacked(self.packed)

    @property
    def description(self) -> Summary | None:
        """The same, with all that a description has; None: it was not asked for."""
        packed = self.packed_description
        return None if packed is None else _unpacked(packed)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the state of some streams wants of a listing.

    Attributes:
        boundary: The creation time down to which tuning jobs are listed; "": all.
        open: Names of the open tuning jobs, by key and creation time.
        arns: Their ARNs as they were listed, likewise, where these are known: a
            description can show one in another case.
    """

    boundary: str = ""
    open: dict[tuple[str, str], str] = field(default_factory=dict)
    arns: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_all(cls, parts: Sequence[Wanted]) -> Wanted:
        """What serves each of them: at least one."""
        together = cls(min(part.boundary for part in parts))
        for part in parts:
            together.open.update(part.open)
            together.arns.update(part.arns)
        return together


class Listing:
    """The tuning jobs of one scope as one sync sees them, for all of its streams.

    Attributes:
        began: The service's time when it began.
        gone: Keys of those that the service said do not exist.
        is_whole: Whether it shows all that the scope has.
        unreadable: Names of what was shown or asked for and could not be taken, and
            why; while there is any it cannot be said that all was seen.
        denied: Names of the open tuning jobs that were not listed and may not be asked
            for by name, and why.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._jobs: dict[str, ListedJob] = {}
        self.began = ""
        self.gone: set[str] = set()
        self.is_whole = False
        self.unreadable: list[tuple[str, Exception]] = []
        self.denied: list[tuple[str, Exception]] = []

    def add(self, jobs: Iterable[ListedJob]) -> None:
        """Take tuning jobs; of two with one name, the later created is there."""
        for job in jobs:
            known = self._jobs.get(job.key)
            if known is None or known.created <= job.created:
                self._jobs[job.key] = job

    def __len__(self) -> int:
        """How many tuning jobs it shows."""
        return len(self._jobs)

    def find(self, name: str) -> ListedJob | None:
        """The listed tuning job of this name; None: not listed."""
        return self._jobs.get(name.lower())

    def jobs(self) -> list[ListedJob]:
        """The tuning jobs, oldest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.created, job.key))

    def unmet(self, wanted: Wanted) -> list[str]:
        """Names of the open tuning jobs that were neither listed nor found gone."""
        names = {
            key: name
            for (key, _), name in wanted.open.items()
            if key not in self._jobs and key not in self.gone
        }
        return sorted(names.values())


def needs_more(listing: Listing, page: Sequence[ListedJob], wanted: Wanted) -> bool:
    """Whether the page after this one, which was added, is needed: newest come first.

    It is until the lookback window behind every high-water mark has been seen, and from
    there as long as a page still shows an open tuning job while others were not met.
    """
    if not page or page[-1].created >= wanted.boundary:
        return True
    shows_open = any((job.key, job.created) in wanted.open for job in page)
    return shows_open and bool(listing.unmet(wanted))


def _packed(members: Summary) -> bytes:
    try:
        text = json.dumps(members, separators=(",", ":"))
    except RecursionError as error:  # nested too deep
        raise OddError(str(error)) from error
    return zlib.compress(text.encode(), level=1)


def _unpacked(packed: bytes) -> Summary:
    found: Summary = json.loads(zlib.decompress(packed))
    return found
