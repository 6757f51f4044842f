"""The axis of a hyperparameter: the position of each value, and its ticks.

Positions are between 0 and 1.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MANY_TIMES = 1000
"""A range with an unknown scale gets a log axis if its ends differ by this factor."""
MOST_CATEGORIES = 8
LONGEST_CATEGORY = 14


@dataclass(frozen=True, kw_only=True)
class Axis:
    """An axis.

    Args:
        kind: `linear`, `log`, `reverse` (a log axis of the distance to 1) or
            `category`.
        values: The value of each trial: a number, or text on an axis of categories.
        positions: The position of each value.
        ticks: Positions with their labels.
        low: The smallest value of a numeric axis.
        high: The largest value of a numeric axis.
    """

    kind: str
    values: list[Any]
    positions: list[float | None]
    ticks: list[tuple[float, str]]
    low: float | None = None
    high: float | None = None


def axis(
    texts: Sequence[str | None],
    numbers: Sequence[float | None],
    bounds: tuple[float | None, float | None] = (None, None),
    scaling: str | None = None,
) -> Axis:
    """Build the axis of a hyperparameter.

    Args:
        texts: The value of each trial; None if it has none.
        numbers: The same values as numbers; None if a value is not a number.
        bounds: The ends of its range, if known.
        scaling: Its scaling type in the tuning job, if known.
    """
    pairs = list(zip(texts, numbers, strict=True))
    if any(value is not None and figure is None for value, figure in pairs):
        return _categories(texts)
    every = [figure for figure in (*numbers, *bounds) if figure is not None]
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    if scaling == "ReverseLogarithmic" and low < high < 1:
        return _numeric("reverse", numbers, low, high)
    if _is_log(low, high, scaling):
        return _numeric("log", numbers, low, high)
    return _numeric("linear", numbers, low, high)


def _is_log(low: float, high: float, scaling: str | None) -> bool:
    if low <= 0 or low == high:
        return False
    if scaling in {None, "Auto"}:
        return high / low >= MANY_TIMES
    return scaling == "Logarithmic"


def _numeric(
    kind: str, numbers: Sequence[float | None], low: float, high: float
) -> Axis:
    scale = _SCALES[kind]
    ends = [scale(end) for end in (low, high)]
    length = ends[1] - ends[0]

    def position(value: float | None) -> float | None:
        if value is None:
            return None
        if not length:
            return 0.5
        return round((scale(value) - ends[0]) / length, 4)

    between = [low] if low == high else [low, *_marked(kind, low, high), high]
    ticks = [(position(value) or 0.0, _label(value)) for value in between]
    if kind == "linear" and length:
        middle = _middle(ends, [low, high, *numbers])
        ticks.insert(1, (position(middle) or 0.0, _label(middle)))
    return Axis(
        kind=kind,
        values=list(numbers),
        positions=[position(value) for value in numbers],
        ticks=_apart(ticks),
        low=low,
        high=high,
    )


def _middle(halves: list[float], every: Sequence[float | None]) -> float:
    """Return the value in the middle of a linear axis, whole if all values are."""
    middle = sum(halves)
    is_whole = all(value is None or float(value).is_integer() for value in every)
    return math.floor(middle) if is_whole else middle


_SCALES: dict[str, Callable[[float], float]] = {
    # Halved, because the length of the axis can exceed the largest double.
    "linear": lambda value: value / 2,
    "log": math.log,
    "reverse": lambda value: -math.log1p(-value),
}


def _marked(kind: str, low: float, high: float) -> list[float]:
    """Return the values between the ends of a numeric axis that get a label."""
    if kind == "log":
        return _decades(low, high)
    if kind == "reverse":
        missing = _decades(1 - high, 1 - low)
        return [float(f"{1 - value:.12g}") for value in reversed(missing)]
    return []


def _decades(low: float, high: float) -> list[float]:
    """Return up to three powers of ten between two values."""
    first, last = math.floor(math.log10(low)) + 1, math.ceil(math.log10(high)) - 1
    step = max(1, math.ceil((last - first + 1) / 3))
    return [10.0**power for power in range(first, last + 1, step)]


def _apart(ticks: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Drop ticks that are too close to another, but keep both ends."""
    kept = ticks[:1]
    for tick in ticks[1:-1]:
        if tick[0] - kept[-1][0] >= 0.2 and ticks[-1][0] - tick[0] >= 0.2:  # noqa: PLR2004
            kept.append(tick)
    return kept + ticks[1:][-1:]


def _categories(texts: Sequence[str | None]) -> Axis:
    counted = Counter(value for value in texts if value is not None)
    names = sorted(counted, key=_in_order)
    last = max(1, len(names) - 1)
    places = {
        name: 0.5 if len(names) == 1 else round(index / last, 4)
        for index, name in enumerate(names)
    }
    step = math.ceil(len(names) / MOST_CATEGORIES)
    return Axis(
        kind="category",
        values=list(texts),
        positions=[None if value is None else places[value] for value in texts],
        ticks=[(places[name], _short(name)) for name in names[::step]],
    )


def _in_order(name: str) -> tuple[bool, float, str]:
    """Sort key: numbers by value, then text. NaN and infinity count as text."""
    try:
        size = float(name)
    except ValueError:
        size = math.nan
    return (False, size, name) if math.isfinite(size) else (True, 0.0, name)


def _short(name: str) -> str:
    if len(name) <= LONGEST_CATEGORY:
        return name
    return name[: LONGEST_CATEGORY - 1] + "…"


def _label(value: float) -> str:
    """Format a number in few characters: 0.001, 1e-5, 20, 12,000."""
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e6:  # noqa: PLR2004
        digits, _, power = f"{value:.2e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return f"{value:.4g}" if size < 1e4 else f"{value:,.0f}"  # noqa: PLR2004
