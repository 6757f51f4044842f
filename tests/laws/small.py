"""A small service, how a sync of it can go, and what the sync leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.laws.warehouse import KEYS, STREAMS, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.laws.service import Row
    from tests.laws.strategies import History

_CALLS = 16  # more than a sync of two tuning jobs writes

Slot = tuple[str, str]
"""A row's stream and key."""


@dataclass(frozen=True, kw_only=True)
class Small:
    """A small service, and when it is synced.

    Attributes:
        history: What happens; the explorer enumerates its syncs.
        streams: The streams.
        moments: When a sync can begin, in order.
    """

    history: History
    streams: tuple[str, ...]
    moments: tuple[int, ...]

    def shown(self, time: float) -> str:
        """Everything a sync can see: what the service shows from a time on, and the
        settings."""
        history = self.history
        times = [time + call * history.tick for call in range(_CALLS)]
        views: list[Any] = [history.filters(time), history.page_size]
        for now in times if history.tick else times[:1]:
            views.append(now)
            for job in history.jobs:
                trials = [t.details(now) for t in job.trials if t.is_shown(now)]
                is_there = job.exists(now), job.is_shown(now)
                views.append((is_there, is_there[0] and job.view(now), trials))
        return repr(views)


@dataclass(frozen=True, kw_only=True, eq=False)
class Saved:
    """What the next sync starts from. The explorer keeps one object per distinct value.

    Attributes:
        states: The saved states, by stream.
        starts: The start_date of each stream's first sync.
    """

    states: Mapping[str, str]
    starts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Left:
    """What a sync left behind. The explorer keeps one object per distinct value.

    Attributes:
        saved: What it saved.
        rows: The rows that it wrote.
        warnings: Its warnings about tuning jobs.
    """

    saved: Saved
    rows: Mapping[Slot, Row]
    warnings: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class How:
    """How a sync goes. At most one sync of a history is odd.

    Attributes:
        streams: The selected streams.
        denied: The tuning jobs whose trials must not be listed.
        may_describe: Whether Describe of a tuning job is allowed.
        is_odd: Whether it differs from the usual sync; an odd sync is never killed.
    """

    streams: tuple[str, ...]
    denied: frozenset[str] = frozenset()
    may_describe: bool = True
    is_odd: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class End:
    """How a sync ended.

    Attributes:
        saved: What had been saved by then.
        rows: The rows that it wrote.
        warnings: Its warnings about tuning jobs.
        now: When it ended.
        calls: The calls that it made.
        complete: `complete_as_of` of the streams that it read completely.
        said: A summary for people to read.
    """

    saved: Saved
    rows: Mapping[Slot, Row]
    warnings: frozenset[str]
    now: float
    calls: frozenset[str]
    complete: Mapping[str, str]
    said: str


@dataclass
class Recorder(Warehouse):
    """A warehouse that records each row, with what a kill after it would leave.

    Attributes:
        output: The records, each with the states that had been saved by then.
    """

    output: list[tuple[Slot, Row, dict[str, str]]] = field(default_factory=list)

    def write(self, stream: str, record: Row) -> None:
        """Record a row."""
        super().write(stream, record)
        slot = stream, KEYS[stream](record)
        self.output.append((slot, record, dict(self.states)))


def odd_ways(streams: tuple[str, ...], calls: frozenset[str]) -> Iterator[How]:
    """The odd variants of a sync that usually makes these calls."""
    if len(streams) > 1:
        for stream in streams:
            yield How(streams=tuple(each for each in streams if each != stream))
    for call in sorted(calls):
        if call.startswith("trials "):
            denied = call.removeprefix("trials ")
            yield How(streams=streams, denied=frozenset({denied}))
    if "describe" in calls:
        yield How(streams=streams, may_describe=False)


def warehouse(small: Small, left: Left, time: float) -> Recorder:
    """The warehouse that a sync left behind, at a later time."""
    service, filters = small.history.service(), small.history.filters(time)
    service.now = time
    tables: dict[str, dict[str, Row]] = {stream: {} for stream in STREAMS}
    for (stream, key), row in left.rows.items():
        tables[stream][key] = row
    return Recorder(
        service,
        filters,
        tables=tables,
        states=dict(left.saved.states),
        warnings=list(left.warnings),
        starts=dict(left.saved.starts),
        made_under=dict.fromkeys(small.streams, filters),
        followed={stream: set(rows) for stream, rows in tables.items()},
    )
