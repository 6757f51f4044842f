"""What the page says of one tuning job: its trials, its curve, its hyperparameters."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from report.axes import axis
from report.trials import Trials
from report.values import moment, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.warehouse import Row, Warehouse

MANY_TIMES = 1000
"""Objectives that differ by this factor, all above 0, are shown on a log axis."""

FACTS = ("utilisation", "early_stopping", "lineage", "freshness", "completeness")
"""Models of a row or a few a tuning job, of which the page tells in words."""
READ = ("trials", "progress", "hyper_parameters", "hyper_parameter_effects")


class Details:
    """The models' rows of some tuning jobs, by tuning job.

    Args:
        warehouse: Where they are.
        arns: The tuning jobs.
    """

    def __init__(self, warehouse: Warehouse, arns: Sequence[str]) -> None:
        self._rows: dict[str, dict[str, list[Row]]] = {}
        for mart in (*READ, *FACTS, "range_edges"):
            by_job: dict[str, list[Row]] = defaultdict(list)
            for row in warehouse.read(mart, arns):
                by_job[row["tuning_job_arn"]].append(row)
            self._rows[mart] = by_job

    def rows(self, mart: str, arn: str) -> list[Row]:
        """The rows of a model, none if there is no such model."""
        return self._rows[mart].get(arn, [])

    def view(self, job: Row, as_of: int | None) -> Row:
        """All that the page draws of a tuning job.

        Args:
            job: As the fleet has it.
            as_of: When its scope was last read: until then a running trial has run.
        """
        arn = job["key"]
        loaded = self.rows("trials", arn)
        # A deleted tuning job's ARN can be another's since: those trials are not its.
        own = [row for row in loaded if not row.get("is_of_deleted_namesake")]
        every = Trials(own, as_of)
        values = self._values(arn)
        return {
            "as_of": every.as_of,
            "namesakes": len(loaded) - len(own),
            "facts": {mart: _facts(self.rows(mart, arn)) for mart in FACTS},
            "definitions": [
                {
                    **definition,
                    **self._definition(arn, definition["name"], every, values),
                }
                for definition in job["definitions"]
            ],
        }

    def _definition(
        self,
        arn: str,
        name: str | None,
        every: Trials,
        values: dict[str, dict[str, Row]],
    ) -> Row:
        """What is said and drawn of one training job definition."""
        trials = every.of(name)
        shown = trials.shown()
        measured = [number(row["objective_value"]) for row in trials.rows]
        return {
            "is_log": _spreads([value for value in measured if value is not None]),
            **trials.counts(),
            "failures": trials.failures(),
            "trials": trials.columns(shown),
            "curve": _curve(self.rows("progress", arn), trials.rows, name),
            "parameters": self._parameters(arn, name, trials.pick(shown), values),
        }

    def _values(self, arn: str) -> dict[str, dict[str, Row]]:
        """The hyperparameters' rows, by name and trial."""
        values: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in self.rows("hyper_parameters", arn):
            values[row["name"]][row["training_job_arn"]] = row
        return values

    def _parameters(
        self,
        arn: str,
        definition: str | None,
        trials: list[Row],
        values: dict[str, dict[str, Row]],
    ) -> list[Row]:
        """The hyperparameters, those first that the objective follows most."""
        effects = _by_name(self.rows("hyper_parameter_effects", arn), definition)
        ranges = _by_name(self.rows("range_edges", arn), definition)
        found = []
        for name, by_trial in values.items():
            rows = [by_trial.get(trial["training_job_arn"], {}) for trial in trials]
            if not any(rows):
                continue
            found.append(_parameter(name, rows, effects.get(name), ranges.get(name)))
        found.sort(key=lambda parameter: (_strength(parameter), parameter["name"]))
        return found


def _spreads(values: list[float]) -> bool:
    return (
        bool(values) and min(values) > 0 and max(values) / min(values) >= (MANY_TIMES)
    )


def _curve(rows: list[Row], trials: list[Row], definition: str | None) -> list[Any]:
    """Where the best so far changed: time, value, number of the trial."""
    arns = {row["training_job_arn"] for row in trials}
    points: list[Any] = []
    for row in sorted(rows, key=lambda row: int(row["trial_number"])):
        if "definition_name" in row:
            is_of_it = text(row["definition_name"]) == definition
        else:
            is_of_it = row.get("training_job_arn") in arns
        best = number(row["best_so_far"])
        if is_of_it and best is not None and (not points or points[-1][1] != best):
            points.append([moment(row["ended_at"]), best, int(row["trial_number"])])
    return points


def _by_name(rows: list[Row], definition: str | None) -> dict[str, Row]:
    return {
        row["name"]: row
        for row in rows
        if text(row.get("definition_name", definition)) == definition
    }


def _parameter(name: str, rows: list[Row], effect: Row | None, edge: Row | None) -> Row:
    """One hyperparameter, its values in the trials' order."""
    effect, edge = effect or {}, edge or {}
    bounds = (number(edge.get("range_min")), number(edge.get("range_max")))
    made = axis(
        [text(row.get("value")) for row in rows],
        [number(row.get("number")) for row in rows],
        bounds,
        text(edge.get("scaling_type")),
    )
    return {
        "name": name,
        "kind": made.kind,
        "values": made.values,
        "positions": made.positions,
        "ticks": made.ticks,
        "range": None if None in bounds else bounds,
        "edge": text(edge.get("edge")),
        "correlation": number(effect.get("rank_correlation")),
        "best_quarter": [
            number(effect.get("best_quarter_low")),
            number(effect.get("best_quarter_high")),
        ],
    }


def _strength(parameter: Row) -> float:
    """Small for a strong correlation; nothing known comes last."""
    correlation = parameter["correlation"]
    return 1.0 if correlation is None else -abs(correlation)


def _facts(rows: list[Row]) -> list[Row]:
    """A model's rows without what the page knows already."""
    facts = [
        {name: _plain(value) for name, value in row.items() if name not in _KNOWN}
        for row in rows
    ]
    return sorted(facts, key=str)


_KNOWN = {"account_id", "region", "tuning_job_name", "tuning_job_arn"}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    return moment(value) if hasattr(value, "timestamp") else number(value)
