"""The trials of a tuning job: counted whole, and drawn as far as a page can bear it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from report.slots import slots
from report.values import moment, number, outcome, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.warehouse import Row

MOST = 1000
"""How many trials one picture shows."""
_TIMES = ("created_at", "started_at", "ended_at")


class Trials:
    """Rows of the model `trials`, in the order of their creation.

    Args:
        rows: The rows.
        as_of: When they were read: until then a running trial has run. None: the
            latest time in them.
    """

    def __init__(self, rows: Sequence[Row], as_of: int | None) -> None:
        self.rows = sorted(rows, key=_in_order)
        times = (moment(row[name]) or 0 for row in rows for name in _TIMES)
        self.as_of = max(times, default=0) if as_of is None else as_of
        self._spans = [self._span(row) for row in self.rows]
        self._slots = slots(self._spans)

    def of(self, definition: str | None) -> Trials:
        """Those of a training job definition."""
        rows = [row for row in self.rows if text(row["definition_name"]) == definition]
        return Trials(rows, self.as_of)

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

    def shown(self) -> list[int]:
        """Which are shown: all, or the best placed, and of the others every n-th."""
        every = range(len(self.rows))
        if len(every) <= MOST:
            return [*every]
        placed = [index for index in every if self.rows[index]["place"] is not None]
        best = sorted(placed, key=lambda index: self.rows[index]["place"])[: MOST // 2]
        others = sorted({*every} - {*best})
        room = MOST - len(best)
        spread = [others[n * len(others) // room] for n in range(room)]
        return sorted({*best, *spread})

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
            "slot": [self._slots[index] for index in shown],
            "seconds": [number(row["duration_seconds"]) for row in rows],
            "cost": [number(row.get("cost")) for row in rows],
            "instance": [_instance(row) for row in rows],
            "failure": [
                _failure(row) if row["outcome"] == "failed" else None for row in rows
            ],
            "group": [
                _group(row) if row["outcome"] == "failed" else None for row in rows
            ],
        }

    def _span(self, row: Row) -> tuple[int, int] | None:
        """When a trial ran; None: it has not started.

        Nobody knows when a deleted one ended: it is a moment.
        """
        started, ended = moment(row["started_at"]), moment(row["ended_at"])
        begun = started if started is not None else ended and moment(row["created_at"])
        if begun is None:
            return None
        still = begun if row["outcome"] == "deleted" else self.as_of
        return begun, max(begun, still if ended is None else ended)


def _in_order(row: Row) -> tuple[int, str]:
    return moment(row["created_at"]) or 0, row["training_job_name"]


def _failure(row: Row) -> str:
    return text(row["failure"]) or "no reason given"


def _group(row: Row) -> str:
    """What failures that differ in numbers and paths alone have in common."""
    return text(row.get("failure_group")) or _failure(row)


def _instance(row: Row) -> str | None:
    kind = text(row.get("instance_type"))
    many = number(row.get("instance_count")) or 1
    return f"{many:g} × {kind}" if kind and many > 1 else kind  # noqa: RUF001 - meant
