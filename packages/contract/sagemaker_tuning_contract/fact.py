"""Facts about AWS, and how recordings judge them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
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
        check: Checks a recording: yields, for each place where the fact can be
            checked, whether it holds there.
    """

    number: int
    statement: str
    source: str
    breaks: str
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
    number: int, statement: str, *, source: str, breaks: str
) -> Callable[[Check], Fact]:
    """Decorate a check to turn it into a fact; see `Fact` for the arguments."""

    def made(check: Check) -> Fact:
        return Fact(number, statement, source, breaks, check)

    return made
