"""Content of a tuning job's page: its trials, its curve, its hyperparameters."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.parameters import ALL, parameters, ranges
from sagemaker_tuning_report.series import Series
from sagemaker_tuning_report.trials import Trials
from sagemaker_tuning_report.values import moment, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker_tuning_report.warehouse import Row, Warehouse

MANY_TIMES = 1000
"""Positive objectives that differ by at least this factor get a log axis."""

FACTS = ("utilisation", "early_stopping", "lineage", "freshness", "completeness")
"""Models with one or few rows per tuning job, which the page shows as text."""
READ = (
    "trials",
    "progress",
    "hyper_parameters",
    "hyper_parameter_effects",
    "importance",
    "range_edges",
    "next_ranges",
)
_PICKS = {"Maximize": max, "Minimize": min}


class Details:
    """Rows of the models for some tuning jobs.

    Args:
        warehouse: The warehouse with the models.
        jobs: The tuning jobs, from `fleet.tuning_jobs`.
    """

    def __init__(self, warehouse: Warehouse, jobs: Sequence[Row]) -> None:
        arns = [job["key"] for job in jobs]
        self._rows = {
            mart: _by_job(warehouse.read(mart, arns)) for mart in (*READ, *FACTS)
        }
        self._series = Series(warehouse)
        deleted = [job["key"] for job in jobs if job["deleted"]]
        self._seen = {
            row["training_job_arn"]: moment(row["_sdc_extracted_at"])
            for row in warehouse.read("training_job_summaries", deleted)
        }

    def rows(self, mart: str, arn: str) -> list[Row]:
        """Return the rows of a model for a tuning job; none if the model is missing."""
        return self._rows[mart].get(arn, [])

    def view(self, job: Row, as_of: int | None) -> Row:
        """Return what the page shows of a tuning job.

        Args:
            job: The tuning job, from `fleet.tuning_jobs`.
            as_of: When its scope was last complete, in milliseconds since 1970, if
                known.
        """
        arn = job["key"]
        loaded = self.rows("trials", arn)
        # A newer tuning job can reuse a deleted one's ARN, but does not own its trials.
        own = [row for row in loaded if not row.get("is_of_deleted_namesake")]
        every = Trials(own, as_of, self._seen)
        values = self._values(arn)
        return {
            "as_of": every.as_of,
            "namesakes": len(loaded) - len(own),
            "facts": {mart: _facts(self.rows(mart, arn)) for mart in FACTS},
            "definitions": [
                {
                    **definition,
                    **self._definition(
                        arn, definition["name"], every.of(definition["name"]), values
                    ),
                }
                for definition in job["definitions"]
            ],
            "together": self._together(job, every, values),
            "series": self._series.of(every),
        }

    def _definition(
        self,
        arn: str,
        name: str | None,
        trials: Trials,
        values: dict[str, dict[str, Row]],
    ) -> Row:
        """Return what the page shows of one training job definition, or of all."""
        carried = trials.carried()
        drawn = trials.drawn()
        measured = [number(row["objective_value"]) for row in trials.rows]
        progress = self.rows("progress", arn)
        models = {mart: self.rows(mart, arn) for mart in READ}
        models_of = trials.models(carried)
        return {
            "is_log": _spreads([value for value in measured if value is not None]),
            **trials.counts(),
            "failures": trials.failures(),
            "trials": {**trials.columns(carried), "model": models_of["model"]},
            "models": models_of["models"],
            "is_adaptive": any(row.get("is_adaptive") for row in models["importance"]),
            "drawn": drawn,
            "curve": [] if name == ALL else _curve(progress, trials.rows, name),
            "parameters": parameters(models, name, trials.pick(carried), drawn, values),
            "ranges": ranges(models, name, trials.rows, values),
        }

    def _together(
        self, job: Row, every: Trials, values: dict[str, dict[str, Row]]
    ) -> Row | None:
        """Combine all definitions; None if there is one or their objectives differ."""
        aims = {(row["metric"], row["direction"]) for row in job["definitions"]}
        if len(job["definitions"]) == 1 or len(aims) != 1:
            return None
        ((metric, direction),) = aims
        if metric is None:
            return None
        trials = every.ranked_together(direction) if direction else every
        first = [row for row in trials.rows if row["place"] == 1]
        return {
            "name": ALL,
            "metric": metric,
            "direction": direction,
            "best": number(first[0]["objective_value"]) if first else None,
            "best_trials": sorted(row["training_job_name"] for row in first),
            **self._definition(job["key"], ALL, trials, values),
            "curve": _recomputed(trials.rows, direction),
        }

    def _values(self, arn: str) -> dict[str, dict[str, Row]]:
        """Return the rows of hyperparameters, by name and trial."""
        values: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in self.rows("hyper_parameters", arn):
            values[row["name"]][row["training_job_arn"]] = row
        return values


def _by_job(rows: list[Row]) -> dict[str, list[Row]]:
    by_job: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_job[row["tuning_job_arn"]].append(row)
    return by_job


def _spreads(values: list[float]) -> bool:
    return (
        bool(values) and min(values) > 0 and max(values) / min(values) >= (MANY_TIMES)
    )


def _curve(rows: list[Row], trials: list[Row], definition: str | None) -> list[Any]:
    """Return each change of the best so far: time, value, number of the trial."""
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


def _recomputed(trials: list[Row], direction: str | None) -> list[Any]:
    """Return the curve for all definitions; the models have one per definition."""
    pick = _PICKS.get(direction or "")
    ended = sorted(
        (moment(row["ended_at"]) or 0, row["training_job_name"], value)
        for row in trials
        if row["ended_at"] and (value := number(row["objective_value"])) is not None
    )
    points: list[Any] = []
    for count, (at, _, value) in enumerate(ended, 1):
        if pick and (not points or pick(value, points[-1][1]) != points[-1][1]):
            points.append([at, value, count])
    return points


def _facts(rows: list[Row]) -> list[Row]:
    """Return a model's rows without the columns that identify the tuning job."""
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
