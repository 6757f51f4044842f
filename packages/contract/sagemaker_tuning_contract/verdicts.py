"""The report on the facts, in words and counts, without any names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_contract.facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sagemaker_tuning_contract.exchanges import Recording
    from sagemaker_tuning_contract.fact import Fact, Verdict

_WIDTH = 13  # of a verdict
_HUES = {"holds": "green", "does not hold": "red", "was not seen": "yellow"}


def judged(recordings: Sequence[Recording]) -> list[tuple[Fact, Verdict]]:
    """Check every fact against recordings, one per scope."""
    return [(fact, fact.judge(recordings)) for fact in FACTS]


def broken(verdicts: Sequence[tuple[Fact, Verdict]]) -> list[int]:
    """The numbers of the facts that do not hold."""
    return [fact.number for fact, verdict in verdicts if verdict.broken]


def lines(
    verdicts: Sequence[tuple[Fact, Verdict]],
) -> Iterator[tuple[str, str, str | None]]:
    """Yield the report: a line per fact, then a paragraph per fact that does not hold.

    Args:
        verdicts: All facts with their verdicts.

    Yields:
        The beginning of each line, its rest, and the color of the beginning.
    """
    for fact, verdict in verdicts:
        count = (
            f"{verdict.broken} of {verdict.seen}" if verdict.broken else verdict.seen
        )
        head = f"{fact.number:>3}  {verdict.word:<{_WIDTH}}  {count or '':>9}  "
        yield head, fact.statement, _HUES[verdict.word]
    words = [verdict.word for _, verdict in verdicts]
    yield "", "", None
    totals = ", ".join(
        f"{words.count(word)} {rest}"
        for word, rest in (
            ("holds", "hold"),
            ("was not seen", "were not seen"),
            ("does not hold", "do not hold"),
        )
    )
    yield "", totals, None
    for fact, verdict in verdicts:
        if verdict.broken:
            yield "", "", None
            where = f"in {verdict.broken} of {verdict.seen} places"
            head = f"Fact {fact.number} does not hold, "
            yield head, f"{where}: {fact.statement}", "red"
            yield "What it means for your data: ", fact.breaks, None
