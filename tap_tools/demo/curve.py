"""A best-so-far curve as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT = 8
STEP = 2
"""Columns per trial."""


def curve(metrics: Sequence[float], bests: Sequence[float]) -> str:
    """Draw trials from left to right, in the order in which they ended.

    Args:
        metrics: Each trial's, drawn as `.`.
        bests: The best one up to each, drawn as `=`; not empty.
    """
    low, high = min(*metrics, *bests), max(*metrics, *bests)
    grid = [[" "] * (STEP * len(bests)) for _ in range(HEIGHT)]

    def row(value: float) -> list[str]:
        return grid[round((HEIGHT - 1) * (high - value) / ((high - low) or 1))]

    for number, (metric, best) in enumerate(zip(metrics, bests, strict=True)):
        column = STEP * number
        row(metric)[column] = "."
        row(best)[column : column + STEP] = "=" * STEP
    labels = [f"{high:.4f}", *[""] * (HEIGHT - 2), f"{low:.4f}"]
    lines = [
        f"{label:>8} |{''.join(cells)}".rstrip()
        for label, cells in zip(labels, grid, strict=True)
    ]
    axis = f"{'':8} +{'-' * STEP * len(bests)}"
    legend = f"{'':9} trials as they ended:  . objective  = best so far"
    return "\n".join([*lines, axis, legend])
