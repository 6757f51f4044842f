"""Enumerates every history of a few syncs of one service.

What a sync writes and saves depends only on the state that it starts with and on what
the service shows while it runs. So no sync runs twice with the same state and the same
answers, not even for another service, and histories that lead to the same state and the
same tables continue as one. The explorer counts how many histories that stands for.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.replication.judge import PATIENCE
from tests.laws.laws import (
    check_completeness,
    check_open,
    check_quiet,
    check_tables,
    check_warnings,
)
from tests.laws.small import End, How, Left, Saved, odd_ways, warehouse
from tests.laws.strategies import DAY, HOUR
from tests.laws.warehouse import Circumstances, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.laws.service import Row
    from tests.laws.small import Recorder, Slot, Small

SYNCS = 3
"""The most syncs in a history, not counting the one that settles it."""
_SELDOM = 10**9  # events between two STATE messages: only first and last


class Explorer:
    """Explores all histories of small services.

    Attributes:
        services: How many services were explored.
        histories: How many histories they had.
        lefts: How many distinct outcomes these histories led to.
        syncs: How many syncs were run for them.
    """

    def __init__(self) -> None:
        """Start with nothing explored."""
        self.services = self.histories = self.lefts = self.syncs = 0
        self._saved: dict[str, Saved] = {}
        self._rows: dict[str, Row] = {}
        self._lefts: dict[Any, Left] = {}
        self._ends: dict[Any, list[End]] = {}
        self._afters: dict[tuple[Left, End], Left] = {}
        self._quiet: set[Any] = set()

    def __str__(self) -> str:
        """How much was checked, and how few syncs that took."""
        return (
            f"{self.histories:,} histories of {self.services} services, which lead to "
            f"{self.lefts:,} states with their tables: {self.syncs:,} syncs were run"
        )

    def explore(self, small: Small) -> None:
        """Check the laws on every history of a service.

        Raises:
            AssertionError: A law is broken; a note has the history that broke it.
        """
        walk = _Walk(self, small)
        for time in small.moments:
            walk.sync_at(time)
        walk.settle()
        self.services += 1
        self.histories += walk.histories

    def nothing(self) -> Left:
        """The state and tables before the first sync."""
        return self._left(self._save({}, {}), {}, frozenset())

    def ends(
        self, small: Small, saved: Saved, time: float, shown: str, how: How
    ) -> list[End]:
        """All ways for a sync to end: complete, or killed or stopped after any
        record."""
        key = saved, shown, how
        if key not in self._ends:
            self._ends[key] = list(self._run(small, saved, time, how))
        return self._ends[key]

    def after(self, left: Left, end: End) -> Left:
        """The state and tables after a sync that ended this way."""
        key = left, end
        if key not in self._afters:
            self._afters[key] = self._left(
                end.saved, {**left.rows, **end.rows}, left.warnings | end.warnings
            )
        return self._afters[key]

    def check_quiet(self, small: Small, left: Left, time: float) -> None:
        """After a week, one more sync has nothing to do."""
        how = How(streams=small.streams)
        time += PATIENCE.days * DAY + HOUR
        shown = small.shown(time)
        if (left, shown) in self._quiet:
            return
        self._quiet.add((left, shown))
        for _ in range(3):  # a counter mismatch is checked once more
            (end,) = self.ends(small, left.saved, time, shown, how)
            left = self.after(left, end)
        check_quiet(warehouse(small, left, time), Circumstances(streams=how.streams))

    def _run(self, small: Small, saved: Saved, time: float, how: How) -> Iterator[End]:
        whole = self._sync(small, saved, time, how, None)
        yield self._end(whole, len(whole.output), f"at {time}: {how}")
        if how.is_odd:
            return
        for number, (_, _, states) in enumerate(whole.output, 1):
            whole.states, whole.complete_as_of = states, {}
            yield self._end(whole, number, f"at {time}: killed after record {number}")
        for number in range(len(whole.output)):
            stopped = self._sync(small, saved, time, how, number)
            yield self._end(stopped, number, f"at {time}: stopped after {number}")

    def _sync(
        self, small: Small, saved: Saved, time: float, how: How, stop: int | None
    ) -> Recorder:
        """Run a sync."""
        self.syncs += 1
        left = Left(saved=saved, rows={}, warnings=frozenset())
        tap = warehouse(small, left, time)
        tap.service.denied = set(how.denied)
        tap.service.may_describe = how.may_describe
        circumstances = Circumstances(
            streams=how.streams, kill_after=stop, is_stop=True, save_every=_SELDOM
        )
        try:
            tap.sync(circumstances)
        except Killed:
            assert stop is not None
        assert tap.restarted == []
        return tap

    def _end(self, tap: Recorder, records: int, said: str) -> End:
        """The outcome of a sync that ended after this many records."""
        return End(
            saved=self._save(tap.states, tap.starts),
            rows={slot: self._row(row) for slot, row, _ in tap.output[:records]},
            warnings=frozenset(tap.warnings),
            now=tap.service.now,
            calls=frozenset(tap.service.calls),
            complete=dict(tap.complete_as_of),
            said=said,
        )

    def _save(self, states: Mapping[str, str], starts: Mapping[str, str]) -> Saved:
        found = Saved(states=dict(states), starts=dict(starts))
        key = json.dumps([found.states, found.starts], sort_keys=True)
        return self._saved.setdefault(key, found)

    def _row(self, row: Row) -> Row:
        return self._rows.setdefault(json.dumps(row, sort_keys=True), row)

    def _left(
        self, saved: Saved, rows: Mapping[Slot, Row], warnings: frozenset[str]
    ) -> Left:
        written = frozenset((slot, id(row)) for slot, row in rows.items())
        found = Left(saved=saved, rows=rows, warnings=warnings)
        return self._lefts.setdefault((saved, written, warnings), found)


Ways = Counter[tuple[int, bool]]
"""How many histories lead to an outcome, by the number of syncs so far and by whether
one of them was odd."""


class _Walk:
    """Walks through all histories of one service, moment by moment."""

    def __init__(self, explorer: Explorer, small: Small) -> None:
        self.histories = 0
        self._explorer = explorer
        self._small = small
        nothing = explorer.nothing()
        self._ways: dict[Left, Ways] = {nothing: Counter({(0, False): 1})}
        self._paths: dict[Left, tuple[str, ...]] = {nothing: ()}
        self._running: list[tuple[Left, float, Ways]] = []
        self._checked: set[Any] = set()

    def sync_at(self, time: float) -> None:
        """Continue each history with a sync at this moment, and also without one."""
        self._let_end(time)
        shown = self._small.shown(time)
        for left, ways in self._ways.items():
            goes_on = {odd for syncs, odd in ways if syncs < SYNCS}
            for end, is_odd in self._ends(left, time, shown, goes_on):
                after: Ways = Counter()
                for (syncs, was_odd), number in ways.items():
                    if syncs < SYNCS and not (was_odd and is_odd):
                        after[syncs + 1, was_odd or is_odd] += number
                found = self._explorer.after(left, end)
                self._check(left, end, found, time)
                self._running.append((found, end.now, after))

    def settle(self) -> None:
        """Sync again when all is over, until a sync has nothing to do."""
        self._let_end(math.inf)
        small = self._small
        time = small.history.over + 2 * DAY
        shown = small.shown(time)
        how = How(streams=small.streams)
        settled: dict[Left, Left] = {}
        for left, ways in self._ways.items():
            self.histories += ways.total()
            (end,) = self._explorer.ends(small, left.saved, time, shown, how)
            settled.setdefault(self._explorer.after(left, end), left)
        self._explorer.lefts += len(self._ways)
        for left, before in settled.items():
            tap = warehouse(small, left, time)
            try:
                check_tables(small.history, tap)
                check_open(tap)
                check_warnings(small.history, tap)
                self._explorer.check_quiet(small, left, time)
            except AssertionError as error:
                self._blame(error, before, "and when all is over")
                raise

    def _ends(
        self, left: Left, time: float, shown: str, goes_on: set[bool]
    ) -> Iterator[tuple[End, bool]]:
        """All ways for the next sync to end, and whether it is an odd one."""
        if not goes_on:
            return
        small, ends = self._small, self._explorer.ends
        usual = How(streams=small.streams, is_odd=False)
        calls: frozenset[str] = frozenset()
        for end in ends(small, left.saved, time, shown, usual):
            calls |= end.calls
            yield end, False
        if False in goes_on:
            for how in odd_ways(small.streams, calls):
                for end in ends(small, left.saved, time, shown, how):
                    yield end, True

    def _let_end(self, time: float) -> None:
        """Finish the syncs that end by this time."""
        running, self._running = self._running, []
        for left, now, ways in running:
            if now > time:
                self._running.append((left, now, ways))
            else:
                self._ways.setdefault(left, Counter()).update(ways)

    def _check(self, before: Left, end: End, left: Left, time: float) -> None:
        """Check that `complete_as_of` is true."""
        self._paths.setdefault(left, (*self._paths[before], end.said))
        key = left, time, *end.complete
        if not end.complete or key in self._checked:
            return
        self._checked.add(key)
        tap = warehouse(self._small, left, time)
        tap.service.now = end.now
        tap.complete_as_of = dict(end.complete)
        try:
            check_completeness(self._small.history, tap)
        except AssertionError as error:
            self._blame(error, before, end.said)
            raise

    def _blame(self, error: AssertionError, left: Left, said: str) -> None:
        for sentence in (*self._paths[left], said):
            error.add_note(sentence)
        error.add_note(repr(self._small))
