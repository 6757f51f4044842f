"""The trials of a tuning job: counted whole, and drawn if a page can bear it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from report.failures import NO_REASON, total
from report.slots import slots
from report.values import moment, number, outcome, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.warehouse import Row

MOST_DRAWN = 1000
"""How many trials one picture shows."""
MOST = 10_000
"""How many trials a page has for each definition."""
_TIMES = ("created_at", "started_at", "ended_at")


class Trials:
    """Rows of the model `trials`, in the order of their creation.

    Args:
        rows: The rows.
        as_of: As of when they are known to be complete, if that is known: until then,
            or the latest time in them, a running trial has run.
        seen: When a sync last saw the trials of deleted tuning jobs, by ARN.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        as_of: int | None,
        seen: Mapping[str, int | None] | None = None,
    ) -> None:
        self.rows = sorted(rows, key=_in_order)
        self._seen = seen or {}
        times = (moment(row[name]) or 0 for row in rows for name in _TIMES)
        self.as_of = max(as_of or 0, *times, 0)
        self._spans = [self._span(row) for row in self.rows]
        self._slots = slots(self._spans)

    def of(self, definition: str | None) -> Trials:
        """Those of a training job definition."""
        rows = [row for row in self.rows if text(row["definition_name"]) == definition]
        return Trials(rows, self.as_of, self._seen)

    def ranked_together(self, direction: str) -> Trials:
        """All of them, placed among each other and not within their definitions."""
        sign = 1 if direction == "Minimize" else -1
        known = sorted(
            sign * value
            for row in self.rows
            if row["place"] is not None
            and (value := number(row["objective_value"])) is not None
        )
        places: dict[float, int] = {}
        for place, value in enumerate(known, 1):
            places.setdefault(value, place)
        rows = [
            {**row, "place": places.get(sign * (number(row["objective_value"]) or 0))}
            if row["place"] is not None
            else row
            for row in self.rows
        ]
        return Trials(rows, self.as_of, self._seen)

    def counts(self) -> Row:
        """How many there are, those included that are not shown."""
        return {
            "outcomes": dict(Counter(outcome(row["outcome"]) for row in self.rows)),
            "measured": sum(
                number(row["objective_value"]) is not None for row in self.rows
            ),
            "ranked": sum(row["place"] is not None for row in self.rows),
            "last_place": max((int(row["place"] or 0) for row in self.rows), default=0),
            "slots": len({slot for slot in self._slots if slot is not None}),
            "seconds": total([row["duration_seconds"] for row in self.rows]),
            "ended": sum(row["duration_seconds"] is not None for row in self.rows),
            "cost": total([row.get("cost") for row in self.rows]),
            "with_cost": sum(number(row.get("cost")) is not None for row in self.rows),
        }

    def failures(self) -> list[Row]:
        """Why trials failed, the most frequent first."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            if row["outcome"] == "failed":
                groups.setdefault(_group(row), []).append(row)
        return [
            {
                "failure": failure,
                "trials": len(rows),
                "seconds": sum(number(row["duration_seconds"]) or 0 for row in rows),
                "newest": rows[-1]["training_job_name"],
            }
            for failure, rows in sorted(
                groups.items(), key=lambda group: (-len(group[1]), group[0])
            )
        ]

    def best(self, most: int) -> list[int]:
        """So many at most: all, or the best placed, and of the others every n-th."""
        every = range(len(self.rows))
        if len(every) <= most:
            return [*every]
        placed = [index for index in every if self.rows[index]["place"] is not None]
        best = sorted(placed, key=lambda index: self.rows[index]["place"])[: most // 2]
        others = sorted({*every} - {*best})
        room = most - len(best)
        spread = [others[n * len(others) // room] for n in range(room)]
        return sorted({*best, *spread})

    def carried(self) -> list[int]:
        """Which the page has."""
        return self.best(MOST)

    def drawn(self) -> list[int] | None:
        """Which of those that the page has are drawn, by their place among them.

        None: all.
        """
        if len(self.rows) <= MOST_DRAWN:
            return None
        drawn = {*self.best(MOST_DRAWN)}
        return [at for at, index in enumerate(self.carried()) if index in drawn]

    def pick(self, shown: Sequence[int]) -> list[Row]:
        """The rows at these places in the order."""
        return [self.rows[index] for index in shown]

    def columns(self, shown: Sequence[int]) -> Row:
        """These rows as columns: the JSON is a third of what it would be as rows."""
        rows = self.pick(shown)
        return {
            "name": [row["training_job_name"] for row in rows],
            "outcome": [outcome(row["outcome"]) for row in rows],
            "value": [number(row["objective_value"]) for row in rows],
            "place": [number(row["place"]) for row in rows],
            "started": [(self._spans[index] or (None,))[0] for index in shown],
            "ended": [moment(row["ended_at"]) for row in rows],
            "until": [self._until(index) for index in shown],
            "slot": [self._slots[index] for index in shown],
            "seconds": [number(row["duration_seconds"]) for row in rows],
            "cost": [number(row.get("cost")) for row in rows],
            "instance": [_instance(row) for row in rows],
            "failure": [
                _failure(row) if row["outcome"] == "failed" else None for row in rows
            ],
            # Mostly the same: then it is not said twice.
            "group": [
                _group(row)
                if row["outcome"] == "failed" and _group(row) != _failure(row)
                else None
                for row in rows
            ],
        }

    def _until(self, index: int) -> int | None:
        """Until when a trial without an end is drawn."""
        span = self._spans[index]
        return None if span is None or self.rows[index]["ended_at"] else span[1]

    def _span(self, row: Row) -> tuple[int, int] | None:
        """When a trial ran; None: it has not started.

        Nobody knows when a deleted one ended: it ran at least until a sync saw it last.
        """
        started, ended = moment(row["started_at"]), moment(row["ended_at"])
        begun = started if started is not None else ended and moment(row["created_at"])
        if begun is None:
            return None
        seen = self._seen.get(row["training_job_arn"]) or begun
        still = min(seen, self.as_of) if row["outcome"] == "deleted" else self.as_of
        return begun, max(begun, still if ended is None else ended)


def _in_order(row: Row) -> tuple[int, str]:
    return moment(row["created_at"]) or 0, row["training_job_name"]


def _failure(row: Row) -> str:
    return text(row["failure"]) or NO_REASON


def _group(row: Row) -> str:
    """What failures that differ in numbers and paths alone have in common."""
    return text(row.get("failure_group")) or _failure(row)


def _instance(row: Row) -> str | None:
    kind = text(row.get("instance_type"))
    many = number(row.get("instance_count")) or 1
    return f"{many:g} × {kind}" if kind and many > 1 else kind  # noqa: RUF001 - meant
