"""Slots for trials, so that concurrent trials are drawn side by side."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def slots(spans: Sequence[tuple[int, int] | None]) -> list[int | None]:
    """Assign each span the lowest slot that is free when it starts.

    Args:
        spans: The start and end of each trial; None if it has not started.

    Returns:
        The slot of each span, counted from 0; None if it has not started.
    """
    given: list[int | None] = [None] * len(spans)
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    many = 0
    known = [(span, index) for index, span in enumerate(spans) if span]
    for (start, end), index in sorted(known):
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            heapq.heappush(free, many)
            many += 1
        slot = given[index] = heapq.heappop(free)
        heapq.heappush(busy, (end, slot))
    return given
