"""The trials of a tuning job: all are counted, and a limited number is drawn."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from sagemaker_tuning_report.failures import NO_REASON, total
from sagemaker_tuning_report.slots import slots
from sagemaker_tuning_report.values import cost, moment, number, outcome, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker_tuning_report.warehouse import Row

MOST_DRAWN = 1000
"""The most trials in one chart."""
MOST = 10_000
"""The most trials per definition on a page."""
_TIMES = ("created_at", "started_at", "ended_at")


class Trials:
    """Rows of the model `trials`, in order of creation.

    Times are in milliseconds since 1970.

    Args:
        rows: The rows.
        as_of: When their scope was last complete, if known. Running trials are drawn up
            to then or to the latest time in the rows, whichever is later.
        seen: When a sync last saw each trial of a deleted tuning job, by ARN.
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
        """Return the trials of a training job definition."""
        rows = [row for row in self.rows if text(row["definition_name"]) == definition]
        return Trials(rows, self.as_of, self._seen)

    def ranked_together(self, direction: str) -> Trials:
        """Return all trials, with places across definitions."""
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
        """Return counts and totals over all trials, including those not shown."""
        return {
            "outcomes": dict(Counter(outcome(row["outcome"]) for row in self.rows)),
            "measured": sum(
                number(row["objective_value"]) is not None for row in self.rows
            ),
            "ranked": sum(row["place"] is not None for row in self.rows),
            "last_place": max((int(row["place"] or 0) for row in self.rows), default=0),
            "slots": len({slot for slot in self._slots if slot is not None}),
            "seconds": total([row["duration_seconds"] for row in self.rows]),
            "ended": sum(row["ended_at"] is not None for row in self.rows),
            "never_started": sum(
                row["ended_at"] is not None and row["started_at"] is None
                for row in self.rows
            ),
            "cost": total([row.get("cost") for row in self.rows]),
            "with_cost": sum(number(row.get("cost")) is not None for row in self.rows),
        }

    def failures(self) -> list[Row]:
        """Return the failures, most frequent first."""
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
        """Return up to `most` indexes: half the best, half spread over the others."""
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
        """Return the indexes of the trials that the page carries."""
        return self.best(MOST)

    def drawn(self) -> list[int] | None:
        """Return which of the carried trials to draw, as indexes; None for all."""
        if len(self.rows) <= MOST_DRAWN:
            return None
        drawn = {*self.best(MOST_DRAWN)}
        return [at for at, index in enumerate(self.carried()) if index in drawn]

    def pick(self, shown: Sequence[int]) -> list[Row]:
        """Return the rows at these indexes."""
        return [self.rows[index] for index in shown]

    def columns(self, shown: Sequence[int]) -> Row:
        """Return rows as columns, and repeated texts by their index.

        That makes the JSON a quarter as large.
        """
        rows = self.pick(shown)
        return {
            "name": [row["training_job_name"] for row in rows],
            "outcome": _coded([outcome(row["outcome"]) for row in rows]),
            "value": [number(row["objective_value"]) for row in rows],
            "place": [number(row["place"]) for row in rows],
            "started": [moment(row["started_at"]) for row in rows],
            # Seconds from its creation until it started, or ended without a start.
            "waited": [self._waited(index) for index in shown],
            "ended": [moment(row["ended_at"]) for row in rows],
            "until": [self._until(index) for index in shown],
            "slot": [self._slots[index] for index in shown],
            "seconds": [number(row["duration_seconds"]) for row in rows],
            "cost": [cost(row.get("cost")) for row in rows],
            "instance": _coded([_instance(row) for row in rows]),
            "failure": _coded(
                [_failure(row) if row["outcome"] == "failed" else None for row in rows]
            ),
            # Usually the same as the failure, and left out then.
            "group": _coded(
                [
                    _group(row)
                    if row["outcome"] == "failed" and _group(row) != _failure(row)
                    else None
                    for row in rows
                ]
            ),
        }

    def models(self, shown: Sequence[int]) -> Row:
        """Return where the trials' models are: addresses, and one index per trial.

        {name} stands for a trial's name, so that most trials share an address.
        """
        known: dict[str, int] = {}
        indexes = []
        for row in self.pick(shown):
            address = _artifact(row.get("model_artifacts"))
            short = address and address.replace(row["training_job_name"], "{name}")
            indexes.append(known.setdefault(short, len(known)) if short else None)
        return {"models": [*known], "model": indexes if known else []}

    def _until(self, index: int) -> int | None:
        """Return the time up to which a trial without an end is drawn."""
        span = self._spans[index]
        return None if span is None or self.rows[index]["ended_at"] else span[1]

    def _waited(self, index: int) -> int | None:
        """Return how many seconds a trial waited for its machines."""
        span = self._spans[index]
        if span is None:
            return None
        started = moment(self.rows[index]["started_at"])
        return max(
            0, round(((span[1] if started is None else started) - span[0]) / 1000)
        )

    def _span(self, row: Row) -> tuple[int, int] | None:
        """Return when a trial was created and ended; None if neither is known.

        From its creation, a trial takes up one of the tuning job's slots. The end of a
        deleted trial is unknown: it ran at least until a sync last saw it.
        """
        started, ended = moment(row["started_at"]), moment(row["ended_at"])
        created = moment(row["created_at"])
        begun = started if created is None else created
        if begun is None:
            return None
        seen = self._seen.get(row["training_job_arn"]) or begun
        still = min(seen, self.as_of) if row["outcome"] == "deleted" else self.as_of
        return begun, max(begun, started or begun, still if ended is None else ended)


def _in_order(row: Row) -> tuple[int, str]:
    return moment(row["created_at"]) or 0, row["training_job_name"]


def _failure(row: Row) -> str:
    return text(row["failure"]) or NO_REASON


def _group(row: Row) -> str:
    """Return the text shared by failures that differ only in numbers and paths."""
    return text(row.get("failure_group")) or _failure(row)


def _coded(texts: Sequence[str | None]) -> Row:
    """Return texts as the distinct ones, and the index of each."""
    known = {value: at for at, value in enumerate(dict.fromkeys(texts))}
    return {"of": [*known], "at": [known[value] for value in texts]}


def _artifact(value: object) -> str | None:
    """Return an address in S3, also from a JSON object that has it."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, dict):
        value = next(iter(value.values()), None)
    return text(value)


def _instance(row: Row) -> str | None:
    kind = text(row.get("instance_type"))
    many = number(row.get("instance_count")) or 1
    return f"{many:g} × {kind}" if kind and many > 1 else kind  # noqa: RUF001 - meant
