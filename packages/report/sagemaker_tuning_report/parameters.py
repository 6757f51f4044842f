"""Content about a tuning job's hyperparameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from sagemaker_tuning_report.axes import axis
from sagemaker_tuning_report.values import number, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker_tuning_report.warehouse import Row

    Models: TypeAlias = Mapping[str, list[Row]]

ALL = "*"
"""The name for all definitions together. No definition can have this name."""


def parameters(
    models: Models,
    definition: str | None,
    trials: Sequence[Row],
    drawn: Sequence[int] | None,
    values: Mapping[str, Mapping[str, Row]],
) -> list[Row]:
    """Return the hyperparameters of a definition, most important first.

    Args:
        models: The tuning job's rows by model.
        definition: The definition's name; ALL for all definitions.
        trials: Rows of `trials`.
        drawn: Indexes of the trials to draw; None for all.
        values: Rows of `hyper_parameters` by name and trial.
    """
    effects = _by_name(models["hyper_parameter_effects"], definition)
    edges = (
        _shared(models["range_edges"])
        if definition == ALL
        else _by_name(models["range_edges"], definition)
    )
    weights = _by_name(models["importance"], definition)
    parameters = []
    for name, by_trial in values.items():
        rows = [by_trial.get(trial["training_job_arn"], {}) for trial in trials]
        if any(rows):
            effect, edge = effects.get(name, {}), edges.get(name, {})
            made = _parameter(name, rows, drawn, effect, edge)
            made["importance"] = number(weights.get(name, {}).get("importance"))
            made["chance"] = number(weights.get(name, {}).get("chance_level"))
            made["trials"] = whole(weights.get(name, effect).get("trials"))
            parameters.append(made)
    return sorted(parameters, key=lambda row: (*_strength(row), row["name"]))


def ranges(
    models: Models,
    definition: str | None,
    trials: Sequence[Row],
    values: Mapping[str, Mapping[str, Row]],
) -> Row | None:
    """Return the ranges to try next, most important hyperparameter first.

    Args:
        models: The tuning job's rows by model.
        definition: The definition's name.
        trials: Rows of `trials`.
        values: Rows of `hyper_parameters` by name and trial.

    Returns:
        The rows and the JSON for the API; None if there are no suggestions.
    """
    rows = _by_name(models["next_ranges"], definition)
    if not rows:
        return None
    weights = _by_name(models["importance"], definition)
    given = next((text(row["parameter_ranges"]) for row in rows.values()), None)
    ranked = [row for row in trials if row["place"] is not None]
    best_first = sorted(ranked, key=lambda row: row["place"])
    suggestions = [
        {
            "name": name,
            "now": _range(row, "range"),
            "next": _range(row, "next"),
            "scale": text(row["scaling_type"]),
            "reason": text(row["reason"]),
            "trials": whole(row["trials"]),
            "best_trials": number(row.get("best_trials")),
            "importance": number(weights.get(name, {}).get("importance")),
            **_bars(row, best_first, values.get(name, {})),
        }
        for name, row in sorted(rows.items())
    ]
    return {
        "rows": sorted(suggestions, key=lambda row: -(row["importance"] or 0)),
        "json": given and json.dumps(json.loads(given), indent=2, ensure_ascii=False),
    }


def _bars(row: Row, best_first: Sequence[Row], values: Mapping[str, Row]) -> Row:
    """Return where the ranges and the trials that decided lie on the range's scale.

    All are between 0 and 1, the ends of both ranges together. A categorical
    hyperparameter has none.
    """
    now, following = _range(row, "range"), _range(row, "next")
    numeric = [
        ends for ends in (now, following) if ends and not isinstance(ends[0], str)
    ]
    if len(numeric) < 2:  # noqa: PLR2004 - both ranges
        return {"bars": None, "dots": []}
    deciding = best_first[: whole(row.get("best_trials"))]
    numbers = [
        number(values.get(trial["training_job_arn"], {}).get("number"))
        for trial in deciding
    ]
    ends = [*numeric[0], *numeric[1]]
    every: list[float | None] = [*ends, *numbers]
    scale = axis([*map(text, every)], every, (None, None), text(row["scaling_type"]))
    places = scale.positions
    return {
        "bars": [places[:2], places[2:4]],
        "dots": [place for place in places[4:] if place is not None],
    }


def _range(row: Row, which: str) -> Any:
    """Return the two ends, or the values of a categorical hyperparameter."""
    listed = text(row.get(f"{which}_values"))
    if listed is not None:
        return json.loads(listed)
    ends = [number(row[f"{which}_min"]), number(row[f"{which}_max"])]
    return None if None in ends else ends


def _by_name(rows: list[Row], definition: str | None) -> dict[str, Row]:
    return {
        row["name"]: row
        for row in rows
        if text(row.get("definition_name", definition)) == definition
    }


def _shared(rows: list[Row]) -> dict[str, Row]:
    """Return the ranges that are the same in every definition that has them."""
    fields = ("name", "range_min", "range_max", "scaling_type")
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        known = {field: row[field] for field in fields}
        if known not in (same := by_name.setdefault(row["name"], [])):
            same.append(known)
    return {name: same[0] for name, same in by_name.items() if len(same) == 1}


def _parameter(
    name: str,
    rows: list[Row],
    drawn: Sequence[int] | None,
    effect: Row,
    edge: Row,
) -> Row:
    """Return one hyperparameter, with its values in the order of the trials."""
    bounds = (number(edge.get("range_min")), number(edge.get("range_max")))
    made = axis(
        [text(row.get("value")) for row in rows],
        [number(row.get("number")) for row in rows],
        bounds,
        text(edge.get("scaling_type")),
    )
    places = range(len(rows)) if drawn is None else drawn
    return {
        "name": name,
        "kind": made.kind,
        "values": made.values,
        "positions": [made.positions[index] for index in places],
        "ticks": made.ticks,
        "range": None if None in bounds else bounds,
        "edge": text(edge.get("edge")),
        "correlation": number(effect.get("rank_correlation")),
        "best_quarter": [
            number(effect.get("best_quarter_low")),
            number(effect.get("best_quarter_high")),
        ],
    }


def _strength(parameter: Row) -> tuple[float, float]:
    """Sort key: by importance, then by strength of correlation; unknown comes last."""
    weight, correlation = parameter["importance"], parameter["correlation"]
    return (
        1.0 if weight is None else -weight,
        1.0 if correlation is None else -abs(correlation),
    )
