"""The report on the facts, in words and counts, without any names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_contract.facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sagemaker_tuning_contract.exchanges import Recording
    from sagemaker_tuning_contract.fact import Fact, Verdict

_WIDTH = 13  # of a verdict


def judged(recordings: Sequence[Recording]) -> list[tuple[Fact, Verdict]]:
    """Check every fact against recordings, one per scope."""
    return [(fact, fact.judge(recordings)) for fact in FACTS]


def broken(verdicts: Sequence[tuple[Fact, Verdict]]) -> list[int]:
    """The numbers of the facts that do not hold."""
    return [fact.number for fact, verdict in verdicts if verdict.broken]


def lines(verdicts: Sequence[tuple[Fact, Verdict]]) -> Iterator[str]:
    """Yield the report: a line per fact, then a paragraph per fact that does not hold.

    Args:
        verdicts: All facts with their verdicts.
    """
    for fact, verdict in verdicts:
        count = (
            f"{verdict.broken} of {verdict.seen}" if verdict.broken else verdict.seen
        )
        yield f"{fact.number:>3}  {verdict.word:<{_WIDTH}}  {count or '':>9}  " + (
            fact.statement
        )
    words = [verdict.word for _, verdict in verdicts]
    yield ""
    yield ", ".join(
        f"{words.count(word)} {rest}"
        for word, rest in (
            ("holds", "hold"),
            ("was not seen", "were not seen"),
            ("does not hold", "do not hold"),
        )
    )
    for fact, verdict in verdicts:
        if verdict.broken:
            yield ""
            yield (
                f"Fact {fact.number} does not hold, in {verdict.broken} of "
                f"{verdict.seen} places: {fact.statement}"
            )
            yield f"What it means for your data: {fact.breaks}"
