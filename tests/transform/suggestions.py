"""What a tuning job's results say about its hyperparameters and their ranges."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from statistics import correlation, mean
from typing import TYPE_CHECKING, Any

from tests.transform.rows import (
    TUNING_JOB,
    Row,
    bare,
    grouped,
    home,
    number,
    own_rows,
    part,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.transform.tables import Job, Known

Scale = "Callable[[float], float]"


def hyper_parameters(known: Known) -> list[Row]:
    """One row per trial and parameter."""
    return [
        {
            **home(trial.job),
            "training_job_name": trial.name,
            "training_job_arn": trial.summary["TrainingJobArn"],
            "name": name,
            "value": bare(text),
            "number": number(bare(text)),
        }
        for trial in known.trials.values()
        for name, text in trial.summary["TunedHyperParameters"].items()
    ]


def importance(known: Known) -> list[Row]:
    """How much each parameter explains and in which direction, by definition."""
    rows = []
    for tried in _tried(known):
        is_numeric, used = _kind(tried)
        strategy = known.jobs[tried[0]["tuning_job_arn"]].summary["Strategy"]
        correlated, _, _ = _effect(used) if is_numeric else (None, None, None)
        rows.append(
            {
                **part(tried[0], *TUNING_JOB, "definition_name", "name"),
                "kind": "numeric" if is_numeric else "categorical",
                "trials": len(used),
                **importance_of(used, is_numeric=is_numeric),
                "is_adaptive": strategy not in {"Random", "Grid"},
                "rank_correlation": correlated,
            }
        )
    return rows


def hyper_parameter_effects(known: Known) -> list[Row]:
    """How each numeric parameter relates to the objective, by definition."""
    rows = []
    for tried in _tried(known):
        is_numeric, used = _kind(tried)
        if is_numeric:
            correlated, low, high = _effect(used)
            rows.append(
                {
                    **part(tried[0], *TUNING_JOB, "definition_name", "name"),
                    "trials": len(used),
                    "rank_correlation": correlated,
                    "best_quarter_low": low,
                    "best_quarter_high": high,
                }
            )
    return rows


def _tried(known: Known) -> list[list[Row]]:
    """The trials with an objective value, with each parameter, by definition."""
    rated = {
        row["training_job_arn"]: row
        for row in own_rows(known)
        if row["objective_value"] is not None
    }
    values = [
        {**rated[each["training_job_arn"]], **each}
        for each in hyper_parameters(known)
        if each["training_job_arn"] in rated
    ]
    key = ("tuning_job_arn", "definition_name", "name")
    return [*grouped(values, *key).values()]


def _kind(tried: list[Row]) -> tuple[bool, list[Row]]:
    """Whether a parameter is numeric, and the trials that count."""
    numbers = [row for row in tried if row["number"] is not None]
    words = [row for row in tried if row["number"] is None]
    is_numeric = bool(numbers) and all(row["outcome"] == "failed" for row in words)
    return is_numeric, numbers if is_numeric else tried


def importance_of(rows: list[Row], *, is_numeric: bool) -> dict[str, float | None]:
    """Kruskal and Wallis's H by its textbook formula, the importance from it, and from
    the H that chance alone exceeds once in twenty times."""
    count = len(rows)
    objectives = [row["objective_value"] for row in rows]
    ranks = _ranks(objectives)
    bins: dict[Any, list[float]] = {}
    for row, rank in zip(rows, ranks, strict=True):
        where = row["value"]
        if is_numeric:
            less = sum(other["number"] < row["number"] for other in rows)
            where = 5 * less // count
        bins.setdefault(where, []).append(rank)
    if count < 10 or len(bins) < 2 or count <= len(bins) or len(set(objectives)) == 1:
        return {"importance": None, "chance_level": None}
    ties = [objectives.count(value) for value in set(objectives)]
    spread = sum(sum(each) ** 2 / len(each) for each in bins.values())
    h = 12 / (count * (count + 1)) * spread - 3 * (count + 1)
    h /= 1 - sum(tie**3 - tie for tie in ties) / (count**3 - count)
    freedom = len(bins) - 1
    spread = 2 / (9 * freedom)
    by_chance = freedom * (1 - spread + 1.645 * math.sqrt(spread)) ** 3
    return {
        name: max(0, (statistic - freedom) / (count - len(bins)))
        for name, statistic in (("importance", h), ("chance_level", by_chance))
    }


def _effect(rows: list[Row]) -> tuple[float | None, float | None, float | None]:
    numbers = [row["number"] for row in rows]
    direction = rows[0]["objective_direction"]
    if direction is None:
        return None, None, None
    sign = -1 if direction == "Minimize" else 1
    goods = [sign * row["objective_value"] for row in rows]
    limit = sorted(goods, reverse=True)[math.ceil(len(goods) / 4) - 1]
    best = [n for n, good in zip(numbers, goods, strict=True) if good >= limit]
    correlated = None
    if len(set(numbers)) > 1 and len(set(goods)) > 1:
        correlated = correlation(_ranks(numbers), _ranks(goods))
    return correlated, min(best), max(best)


def _ranks(values: list[float]) -> list[float]:
    """Each value's rank; equal values share the mean of their ranks."""
    ordered = sorted(values)
    return [
        mean((ordered.index(value) + 1, ordered.index(value) + ordered.count(value)))
        for value in values
    ]


def range_edges(known: Known) -> list[Row]:
    """At which end of each numeric range the best values lie, by definition."""
    rows = []
    every = _placed(known)
    for job, definition, kind, given in _ranges(known):
        if kind == "categorical":
            continue
        placed = every.get((job.arn, definition.get("DefinitionName")), [])
        best = _values(known, placed[:1], given["Name"])
        good = _values(known, _best(placed, 10, 3), given["Name"])
        rows.append(
            {
                **home(job),
                "definition_name": definition.get("DefinitionName"),
                "name": given["Name"],
                "range_min": float(given["MinValue"]),
                "range_max": float(given["MaxValue"]),
                "scaling_type": given.get("ScalingType"),
                "best_value": best[0] if best else None,
                "edge": edge_of(given, good) if len(placed) >= 10 else None,
                "trials": len(placed),
                "best_trials": len(good),
            }
        )
    return rows


def next_ranges(known: Known) -> list[Row]:
    """What to try next for each range, by definition."""
    effects = {
        tuple(row[name] for name in ("tuning_job_arn", "definition_name", "name")): row
        for row in importance(known)
    }
    rows = []
    every = _placed(known)
    for job, definition, kind, given in _ranges(known):
        name = definition.get("DefinitionName")
        placed = every.get((job.arn, name), [])
        suggested = (
            _next_values(known, placed, given)
            if kind == "categorical"
            else _next_range(known, placed, kind, given)
        )
        effect = effects.get((job.arn, name, given["Name"]), {})
        rows.append(
            {
                **home(job),
                "definition_name": name,
                "kind": kind,
                "name": given["Name"],
                **suggested,
                "trials": len(placed),
                "importance": effect.get("importance"),
            }
        )
    return rows


def _ranges(known: Known) -> list[tuple[Job, Row, str, Row]]:
    return [
        (job, definition, kind, given)
        for job in known.jobs.values()
        for definition in job.definitions
        for kind in ("integer", "continuous", "categorical")
        for given in definition["HyperParameterRanges"].get(
            f"{kind.capitalize()}ParameterRanges", []
        )
    ]


def _placed(known: Known) -> dict[tuple[Any, ...], list[Row]]:
    """The trials that have a place, best first, by tuning job and definition."""
    rows = [row for row in own_rows(known) if row["place"] is not None]
    key = ("place", "created_at", "training_job_name")
    rows.sort(key=lambda row: tuple(row[name] for name in key))
    return grouped(rows, "tuning_job_arn", "definition_name")


def _best(placed: list[Row], share: int, least: int) -> list[Row]:
    """The best tenth, quarter and so on, including ties with the last one."""
    wanted = max(least, math.ceil(len(placed) / share))
    return [row for row in placed if row["place"] <= wanted]


def _texts(known: Known, rows: list[Row], name: str) -> list[str]:
    given = [known.trials[row["training_job_arn"]].summary for row in rows]
    tuned = [each["TunedHyperParameters"] for each in given]
    return [bare(each[name]) for each in tuned if name in each]


def _values(known: Known, rows: list[Row], name: str) -> list[float]:
    numbers = [number(text) for text in _texts(known, rows, name)]
    return [each for each in numbers if each is not None]


def _scale(given: Row) -> tuple[Any, Any]:
    """Functions that convert a value to the range's scale and back."""
    match given.get("ScalingType"):
        case "Logarithmic":
            return math.log, math.exp
        case "ReverseLogarithmic":
            return (lambda x: -math.log(1 - x)), (lambda x: 1 - math.exp(-x))
        case _:
            return Fraction, float


def edge_of(given: Row, values: list[float]) -> str | None:
    """The end of the range, on its scale, at which most of some values lie."""
    sides = [_side(given, value) for value in values]
    for side in ("low", "high"):
        if 2 * sides.count(side) > len(values):
            return side
    return None


def _side(given: Row, value: float) -> str | None:
    low, high = float(given["MinValue"]), float(given["MaxValue"])
    if low >= high:
        return None
    on_scale, _ = _scale(given)
    try:
        least, most, here = on_scale(low), on_scale(high), on_scale(value)
        position = float((here - least) / (most - least))
    except (ValueError, ZeroDivisionError):  # the scale lacks one of them, or
        return None  # cannot tell the ends apart
    except OverflowError:
        return "low" if here < least else "high"
    return "low" if position <= 0.05 else "high" if position >= 0.95 else None


def _next_range(known: Known, placed: list[Row], kind: str, given: Row) -> Row:
    low, high = float(given["MinValue"]), float(given["MaxValue"])
    good = _values(known, _best(placed, 5, 5), given["Name"])
    edge = _values(known, _best(placed, 10, 3), given["Name"])
    new, reason = (low, high), "kept"
    if len(placed) >= 10 and good and low < high:
        side = edge_of(given, edge)
        found = suggested(kind, given, good, side)
        if found is not None and found[0] < found[1] and found != new:
            new, reason = found, f"widened_{side}" if side else "narrowed"
    return {
        "range_min": low,
        "range_max": high,
        "next_min": new[0],
        "next_max": new[1],
        "scaling_type": given.get("ScalingType"),
        "range_values": None,
        "next_values": None,
        "reason": reason,
        "best_trials": len(good),
    }


def suggested(
    kind: str, given: Row, good: list[float], side: str | None
) -> tuple[float, float] | None:
    """The new ends, or None if the scale or a double cannot represent them."""
    low, high = float(given["MinValue"]), float(given["MaxValue"])
    to_scale, from_scale = _scale(given)
    try:
        least, most = to_scale(low), to_scale(high)
        here = [to_scale(value) for value in good]
        width = most - least
        margin = max((max(here) - min(here)) / 4, width / 10)
        start, end = min(here) - margin, max(here) + margin
        if end - start < width / 2:
            middle = (start + end) / 2
            start, end = middle - width / 4, middle + width / 4
        ends: list[float] = [low, high]
        if side == "low" or start > least:
            place = least - width / 5 if side == "low" else start
            ends[0] = _checked(from_scale(place), place, given)
            ends[0] = _whole(ends[0], math.floor) if kind == "integer" else ends[0]
        if side == "high" or end < most:
            place = most + width / 5 if side == "high" else end
            ends[1] = _checked(from_scale(place), place, given)
            ends[1] = _whole(ends[1], math.ceil) if kind == "integer" else ends[1]
    except (ValueError, OverflowError):
        return None
    return ends[0], ends[1]


def _checked(value: float, place: float, given: Row) -> float:
    """The value, if a range can have it and there is room to compute it."""
    is_linear = given.get("ScalingType") not in {"Logarithmic", "ReverseLogarithmic"}
    if abs(place) >= (1.6e308 if is_linear else 700):
        raise OverflowError
    if given.get("ScalingType") == "ReverseLogarithmic" and value >= 1:
        raise ValueError
    return value


def _whole(value: float, outwards: Callable[[float], int]) -> float:
    """The value rounded outwards, unless it is already whole except for the last
    digits."""
    nearest = round(value)
    is_whole = math.isclose(value, nearest, rel_tol=1e-9, abs_tol=1e-9)
    return float(nearest if is_whole else outwards(value))


def _next_values(known: Known, placed: list[Row], given: Row) -> Row:
    old = list(given["Values"])
    good = _texts(known, _best(placed, 4, 1), given["Name"])
    new = [value for value in old if bare(value) in good]
    is_new = len(placed) >= 10 and bool(new) and new != old
    return {
        "range_min": None,
        "range_max": None,
        "next_min": None,
        "next_max": None,
        "scaling_type": None,
        "range_values": json.dumps(old, separators=(",", ":")),
        "next_values": json.dumps(new if is_new else old, separators=(",", ":")),
        "reason": "narrowed" if is_new else "kept",
        "best_trials": sum(bare(value) in map(bare, old) for value in good),
    }
