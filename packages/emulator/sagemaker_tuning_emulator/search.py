"""Search for training jobs: expressions, their limits, sorting and pages."""

from __future__ import annotations

import operator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.clock import instant
from sagemaker_tuning_emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sagemaker_tuning_emulator.index import Record
    from sagemaker_tuning_emulator.jobs import Trial, TuningJob
    from sagemaker_tuning_emulator.request import Request
    from sagemaker_tuning_emulator.scopes import Scope

    Expression = Mapping[str, Any]

DEFAULT_PAGE_SIZE = 10
NAME = "TrainingJobName"
TREE_LIMIT = 50
"""The most filters in a whole expression, including its parts.

The service model limits those of each part, and the length of values."""

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
    "Contains": lambda found, wanted: wanted.lower() in found.lower(),
}


def training_jobs(request: Request) -> dict[str, Any]:
    """Search, for the resource TrainingJob.

    Raises:
        ServiceError: The resource or the expression is not supported, or the expression
            is too large.
    """
    params, scope = request.params, request.scope
    if params["Resource"] != "TrainingJob":
        message = f"No {params['Resource']} can be searched for here."
        raise invalid(message)
    expression = params.get("SearchExpression", {})
    filters = len(list(_filters(expression)))
    if filters > TREE_LIMIT:
        message = (
            f"The search expression has {filters} filters; {TREE_LIMIT} are allowed."
        )
        raise invalid(message)
    records = scope.index.records(
        _candidates(scope, _names(expression)), request.now, scope.home
    )
    found = [record for record in records if _fits(record, expression)]
    sort_by = params.get("SortBy", "LastModifiedTime")
    descending = params.get("SortOrder", "Descending") == "Descending"
    values = [_member(record, sort_by) for record in found]
    order = sorted(  # stable: ties keep the index's order
        (index for index, value in enumerate(values) if value is not None),
        key=lambda index: values[index],
        reverse=descending,
    )
    order += [index for index, value in enumerate(values) if value is None]
    size = params.get("MaxResults", DEFAULT_PAGE_SIZE)
    page, token = request.rows([found[index] for index in order], size)
    return {"Results": [{"TrainingJob": record} for record in page], **token}


def _filters(expression: Expression) -> Iterator[Mapping[str, str]]:
    """Yield all filters of an expression, including those of its parts."""
    if expression.get("NestedFilters"):
        message = "Nested filters are not known here."
        raise invalid(message)
    yield from expression.get("Filters", ())
    for part in expression.get("SubExpressions", ()):
        yield from _filters(part)


def _names(expression: Expression) -> set[str] | None:
    """Return the only names that an expression can match; None for any.

    An optimization: accounts have many trials, and most searches ask for a few by name.
    """
    parts = [_named(each) for each in expression.get("Filters", ())]
    parts += [_names(each) for each in expression.get("SubExpressions", ())]
    known = [names for names in parts if names is not None]
    if expression.get("Operator") == "Or":
        return set().union(*known) if len(known) == len(parts) > 0 else None
    return set.intersection(*known) if known else None


def _named(one: Mapping[str, str]) -> set[str] | None:
    """Return the names that a filter allows; None for any."""
    if one["Name"] != NAME or one.get("Operator", "Equals") not in {"Equals", "In"}:
        return None
    return set(_values(one))


def _values(one: Mapping[str, str]) -> list[str]:
    text = one.get("Value", "")
    if one.get("Operator") != "In":
        return [text]
    return [value.strip() for value in text.split(",")]


def _candidates(
    scope: Scope, names: set[str] | None
) -> Iterator[tuple[TuningJob, Trial]]:
    """Yield trials with their tuning jobs: those with these names, or all."""
    for job, trial in scope.trials(names):
        if names is None or trial.name in names:
            yield job, trial


def _fits(record: Record, expression: Expression) -> bool:
    """Return whether a record matches an expression."""
    verdicts = [_passes(record, each) for each in expression.get("Filters", ())]
    verdicts += [_fits(record, each) for each in expression.get("SubExpressions", ())]
    if expression.get("Operator") == "Or":
        return any(verdicts) or not verdicts
    return all(verdicts)


def _passes(record: Record, one: Mapping[str, str]) -> bool:
    found = _member(record, one["Name"])
    operator_name = one.get("Operator", "Equals")
    if operator_name in {"Exists", "NotExists"}:
        return (found is not None) == (operator_name == "Exists")
    if found is None:
        return operator_name == "NotEquals"
    if operator_name == "In":
        return str(found) in _values(one)
    wanted = _like(found, one["Name"], one.get("Value", ""))
    return COMPARISONS[operator_name](found, wanted)


def _like(found: Any, name: str, text: str) -> Any:
    """Convert a filter's value to the type that it is compared with."""
    try:
        match found:
            case bool():
                return text.lower() == "true"
            case int() | float():
                return float(text)
            case datetime():
                return instant(text)
            case _:
                return text
    except ValueError as error:
        message = f"Invalid value for {name}: {text}"
        raise invalid(message) from error


def _member(record: Record, path: str) -> Any:
    """Return a record's member by dotted name, including `Tags.KEY`; None if absent."""
    found: Any = record
    for name in path.split("."):
        if isinstance(found, list):
            tagged = [tag["Value"] for tag in found if tag.get("Key") == name]
            found = tagged[0] if tagged else None
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return found
