"""The two listings: filters, sorting and pages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from sagemaker_tuning_emulator.paging import Page, Wanted, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sagemaker_tuning_emulator.jobs import Trial, TuningJob
    from sagemaker_tuning_emulator.paging import Place
    from sagemaker_tuning_emulator.request import Request

Item = TypeVar("Item")
DEFAULT_PAGE_SIZE = 10


def list_tuning_jobs(request: Request) -> dict[str, Any]:
    """ListHyperParameterTuningJobs."""
    params, now = request.params, request.now
    part = params.get("NameContains", "").lower()
    modified = params.keys() & {"LastModifiedTimeAfter", "LastModifiedTimeBefore"}

    def kept(job: TuningJob) -> bool:
        return (
            job.listed(now)
            and part in job.name.lower()
            and _between(job.created, params, "CreationTime")
            and (
                not modified
                or _between(job.modified_at(now), params, "LastModifiedTime")
            )
        )

    places: dict[str, Callable[[TuningJob], Place]] = {
        "CreationTime": lambda job: (job.created.timestamp(), job.name),
        "Name": lambda job: (job.name.lower(), job.created.timestamp()),
        "Status": lambda job: (job.status_at(now), job.created.timestamp(), job.name),
    }
    items, token = _page(
        request,
        request.scope.jobs(),
        kept,
        places,
        lambda job: job.status_at(now),
    )
    views = [job.view(now, request.scope.home) for job in items]
    return {**token, "HyperParameterTuningJobSummaries": views}


def list_trials(request: Request) -> dict[str, Any]:
    """ListTrainingJobsForHyperParameterTuningJob."""
    now = request.now
    job = request.scope.job(request.params["HyperParameterTuningJobName"], now)
    rated = request.params.get("SortBy") == "FinalObjectiveMetricValue"

    def kept(trial: Trial) -> bool:
        return trial.listed(now) and (not rated or trial.metric_at(now) is not None)

    places: dict[str, Callable[[Trial], Place]] = {
        "CreationTime": lambda trial: (trial.created.timestamp(), trial.name),
        "Name": lambda trial: (trial.name.lower(),),
        "Status": lambda trial: (
            trial.status_at(now),
            trial.created.timestamp(),
            trial.name,
        ),
        "FinalObjectiveMetricValue": lambda trial: (
            _rank(trial.metric_at(now)),
            trial.created.timestamp(),
            trial.name,
        ),
    }
    items, token = _page(
        request, job.trials, kept, places, lambda trial: trial.status_at(now)
    )
    views = [trial.view(now, request.scope.home) for trial in items]
    return {**token, "TrainingJobSummaries": views}


def _page(
    request: Request,
    items: Sequence[Item],
    kept: Callable[[Item], bool],
    places: Mapping[str, Callable[[Item], Place]],
    status: Callable[[Item], str],
) -> tuple[list[Item], dict[str, str]]:
    """Return a page in the requested order, and its NextToken, if any, as a member.

    Without `SortBy` the newest come first, like in recorded listings, although the
    documentation says otherwise. With `SortBy`, the default order is ascending.

    Args:
        request: The call.
        items: All items, oldest first.
        kept: Returns whether the listing includes an item.
        places: Functions that return an item's sort key, by `SortBy`.
        status: Returns an item's status.
    """
    params, scope = request.params, request.scope
    sort_by = params.get("SortBy", "CreationTime")
    place = places[sort_by]
    order = "Ascending" if "SortBy" in params else "Descending"
    descending = params.get("SortOrder", order) == "Descending"
    size = params.get("MaxResults", DEFAULT_PAGE_SIZE)
    wanted = params.get("StatusEquals")

    def fits(item: Item) -> bool:
        return wanted is None or status(item) == wanted

    ordered = items
    if sort_by != "CreationTime":
        ordered = sorted(filter(kept, items), key=place)

    def page(after: Place | int | None) -> Page[Item]:
        found = cut(
            ordered,
            place,
            lambda item: kept(item) and (scope.filter_after_cut or fits(item)),
            Wanted(after, descending, size),
        )
        last = found.last
        if last is None and scope.empty_last_page and len(found.items) == size:
            last = place(found.items[-1])
        if last is not None and request.tokens.offsets:
            last = (after if isinstance(after, int) else 0) + size
        return Page([item for item in found.items if fits(item)], last)

    return request.page(page)


def _between(value: datetime, params: Mapping[str, Any], name: str) -> bool:
    """Return whether a time is strictly between the filters `After` and `Before`."""
    after, before = params.get(f"{name}After"), params.get(f"{name}Before")
    return (after is None or value > after) and (before is None or value < before)


def _rank(value: float | str | None) -> float:
    """Return the sort key of a metric; NaN comes first."""
    number = float(value) if value is not None else math.nan
    return -math.inf if math.isnan(number) else number
