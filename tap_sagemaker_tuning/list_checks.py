"""Checks settings that are lists, with one sentence per problem."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence


def list_problems(
    name: str,
    values: Sequence[str] | None,
    pattern: re.Pattern[str],
    example: str,
    *,
    fold: bool = False,
) -> Iterator[str]:
    """Find what is wrong with a list.

    Args:
        name: The setting.
        values: The list; None: it is not set.
        pattern: The pattern that each value must match.
        example: A value that does.
        fold: Whether values that differ only in case are duplicates.

    Yields:
        One sentence per problem.
    """
    if values is None:
        return
    if not values:
        yield f"{name}: is empty: leave it out, or name one"
    for value in values:
        if not pattern.fullmatch(value):
            yield f"{name}: {value!r} is not of the form {example}"
    counted = Counter(value.lower() if fold else value for value in values)
    for value, times in counted.items():
        if times > 1:
            yield f"{name}: {value!r} is listed {times} times"
