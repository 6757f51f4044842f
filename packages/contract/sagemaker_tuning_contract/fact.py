"""Facts about AWS, and how recordings judge them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sagemaker_tuning_contract.exchanges import Recording

Check = Callable[["Recording"], Iterator[bool]]

MODEL = "AWS's service model"
DOCS = "AWS's documentation"
RECORDED = "recorded responses, by a test"
READ = "read in recorded responses"
ASSUMED = "assumed, and built into the emulator"


class Calls(Enum):
    """What the survey calls for, most valuable first."""

    JOBS = auto()
    """The newest tuning jobs are listed."""
    OLDEST = auto()
    """Tuning jobs, and the trials of one of them, are listed in the other order."""
    DEFAULTS = auto()
    """Both are listed without an order and a page size."""
    SMALL_PAGES = auto()
    """Both are listed in small pages."""
    STATUS = auto()
    """Both are listed with a status."""
    TOO_LARGE = auto()
    """Both are listed in pages that are too large."""
    FOREIGN_TOKEN = auto()
    """Both are listed with the token of another request."""
    NAME = auto()
    """Tuning jobs are listed by a part of their name, in another case."""
    NOBODY = auto()
    """A tuning job and a trial that do not exist are requested."""
    TRIALS = auto()
    """Some tuning jobs are described, and their newest trials are listed."""
    PRICES = auto()
    """The prices of training are listed."""
    OTHER_CASE = auto()
    """A tuning job is described by its name in another case."""
    METRIC = auto()
    """The trials of one tuning job are listed by their metric."""
    SEARCH = auto()
    """Trials are searched for, in large and in small pages."""
    DESCRIBED = auto()
    """Trials are described."""
    POINTS = auto()
    """Metrics of described trials are requested."""


ODD = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError),
    ValueError,
)
"""Exceptions that malformed answers cause."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of checking a fact against recordings.

    Attributes:
        seen: The number of places where the fact could be checked.
        broken: The number of these where it does not hold.
    """

    seen: int
    broken: int

    @property
    def word(self) -> str:
        """The verdict in words."""
        if self.broken:
            return "does not hold"
        return "holds" if self.seen else "was not seen"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the tap, the emulator or the models rely on.

    Attributes:
        number: Its number, which never changes.
        statement: The fact, in a sentence.
        source: How it is known.
        breaks: What it means for a user's data if the fact is false.
        needs: The calls that show it, if any do.
        check: Checks a recording: yields, for each place where the fact can be
            checked, whether it holds there.
    """

    number: int
    statement: str
    source: str
    breaks: str
    needs: frozenset[Calls]
    check: Check

    def judge(self, recordings: Iterable[Recording]) -> Verdict:
        """Check the fact against recordings, one per scope."""
        seen = broken = 0
        for recording in recordings:
            try:
                for holds in self.check(recording):
                    seen += 1
                    broken += not holds
            except ODD:
                # An answer too malformed to check counts as broken.
                seen += 1
                broken += 1
        return Verdict(seen, broken)


def fact(
    number: int, statement: str, *, source: str, breaks: str, needs: Iterable[Calls]
) -> Callable[[Check], Fact]:
    """Decorate a check to turn it into a fact; see `Fact` for the arguments."""

    def made(check: Check) -> Fact:
        return Fact(number, statement, source, breaks, frozenset(needs), check)

    return made
