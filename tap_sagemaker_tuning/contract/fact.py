"""A fact about the service, and what a recording says of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_sagemaker_tuning.contract.exchanges import Recording

Check = Callable[["Recording"], Iterator[bool]]

MODEL = "AWS's service model"
DOCS = "AWS's documentation"
RECORDED = "recorded responses, by a test"
READ = "read in recorded responses"
ASSUMED = "assumed, and built into the emulator"

ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What is raised over answers that are not as they should be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What recordings say of a fact.

    Attributes:
        seen: In how many places it could be looked at.
        broken: In how many of them it does not hold.
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
        number: Its number, which stays.
        statement: The fact.
        source: Where it is known from.
        breaks: What it means for a user's data if it is false.
        check: Looks at a recording, and yields for each place where the fact shows
            whether it holds there.
    """

    number: int
    statement: str
    source: str
    breaks: str
    check: Check

    def judge(self, recordings: Iterable[Recording]) -> Verdict:
        """Look at recordings, one per scope."""
        seen = broken = 0
        for recording in recordings:
            try:
                for holds in self.check(recording):
                    seen += 1
                    broken += not holds
            except ODD:
                # An answer so odd that it cannot be looked at confirms nothing.
                seen += 1
                broken += 1
        return Verdict(seen, broken)


def fact(
    number: int, statement: str, *, source: str, breaks: str
) -> Callable[[Check], Fact]:
    """Make a fact of a check: see `Fact`."""

    def made(check: Check) -> Fact:
        return Fact(number, statement, source, breaks, check)

    return made
