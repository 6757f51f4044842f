"""SageMaker's tuning operations on a scope: checked parameters in, an answer out."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from emulator import creation, validation
from emulator.errors import ServiceError, invalid
from emulator.paging import Position, Tokens, Wanted, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from emulator.jobs import Trial, TuningJob
    from emulator.paging import Place
    from emulator.scopes import Scope

Item = TypeVar("Item")
DEFAULT_PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a tuning operation.

    Attributes:
        operation: The API's name of it.
        params: Its checked parameters, timestamps as datetimes.
        scope: The account and region that it was signed for.
        now: The emulated instant at which it is answered.
        tokens: What makes and reads NextTokens.
        page_fault: Whether a fault of that kind strikes the page being made.
    """

    operation: str
    params: Mapping[str, Any]
    scope: Scope
    now: datetime
    tokens: Tokens
    page_fault: Callable[[str], bool]

    def bound(self) -> str:
        """What a NextToken is bound to: everything but itself."""
        params = {name: self.params[name] for name in sorted(self.params)}
        params.pop("NextToken", None)
        home = self.scope.home
        return json.dumps(
            [home.account, home.region, self.operation, params], default=str
        )


def answer(request: Request) -> dict[str, Any]:
    """The answer's members, times as datetimes.

    Raises:
        ServiceError: The service's own error.
    """
    return OPERATIONS[request.operation](request)


def checked(operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The request's parameters, checked against the service model."""
    return validation.checked(operation, body)


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
    job = _named(request)
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


def describe_tuning_job(request: Request) -> dict[str, Any]:
    """DescribeHyperParameterTuningJob."""
    job = _named(request)
    return creation.description(job, request.now, request.scope.home)


def create_tuning_job(request: Request) -> dict[str, Any]:
    """CreateHyperParameterTuningJob: the job lives on, as a planned one does."""
    job = creation.create(request.scope, request.params)
    return {"HyperParameterTuningJobArn": job.arn(request.scope.home)}


def stop_tuning_job(request: Request) -> dict[str, Any]:
    """StopHyperParameterTuningJob."""
    request.scope.stop(request.params["HyperParameterTuningJobName"])
    return {}


def delete_tuning_job(request: Request) -> dict[str, Any]:
    """DeleteHyperParameterTuningJob."""
    request.scope.delete(request.params["HyperParameterTuningJobName"])
    return {}


def delete_trial(request: Request) -> dict[str, Any]:
    """DeleteTrainingJob, of an ended trial only."""
    name = request.params["TrainingJobName"]
    job = request.scope.owner(name)
    if job is None:
        message = "Requested resource not found."
        raise invalid(message)
    trial = next(
        trial
        for trial in job.trials
        if trial.name.lower() == name.lower() and trial.exists(request.now)
    )
    if trial.ended is None or trial.ended > request.now:
        code = "ResourceInUse"
        status = trial.status_at(request.now)
        message = f"Training job {trial.name} is in status {status}."
        raise ServiceError(code, message)
    request.scope.delete_trial(job.name, name)
    return {}


OPERATIONS: Mapping[str, Callable[[Request], dict[str, Any]]] = {
    "CreateHyperParameterTuningJob": create_tuning_job,
    "DeleteHyperParameterTuningJob": delete_tuning_job,
    "DeleteTrainingJob": delete_trial,
    "DescribeHyperParameterTuningJob": describe_tuning_job,
    "ListHyperParameterTuningJobs": list_tuning_jobs,
    "ListTrainingJobsForHyperParameterTuningJob": list_trials,
    "StopHyperParameterTuningJob": stop_tuning_job,
}


def _named(request: Request) -> TuningJob:
    """The tuning job that a request names."""
    name = request.params["HyperParameterTuningJobName"]
    return request.scope.job(name, request.now)


def _page(
    request: Request,
    items: Sequence[Item],
    kept: Callable[[Item], bool],
    places: Mapping[str, Callable[[Item], Place]],
    status: Callable[[Item], str],
) -> tuple[list[Item], dict[str, str]]:
    """One page in the order asked for, and its NextToken, if any, as a member.

    Without `SortBy` the newest come first, as recorded listings do whatever the
    documentation says; with it, the order is ascending unless told otherwise.

    Args:
        request: The call.
        items: All there are, oldest first.
        kept: Whether the listing has an item at all.
        places: An item's place in each order that can be asked for.
        status: An item's status.
    """
    params, scope = request.params, request.scope
    sort_by = params.get("SortBy", "CreationTime")
    place = places[sort_by]
    order = "Ascending" if "SortBy" in params else "Descending"
    descending = params.get("SortOrder", order) == "Descending"
    size = params.get("MaxResults", DEFAULT_PAGE_SIZE)
    asked = params.get("NextToken")
    bound = request.bound()
    position = Position()
    if asked:
        position = request.tokens.read(bound, asked, request.now)

    def token(next_position: Position) -> dict[str, str]:
        issued = request.tokens.issue(bound, next_position, request.now)
        return {"NextToken": issued}

    if not position.passed_empty and request.page_fault("empty_pages"):
        return [], token(Position(position.after, passed_empty=True))
    wanted = params.get("StatusEquals")

    def fits(item: Item) -> bool:
        return wanted is None or status(item) == wanted

    if sort_by != "CreationTime":
        items = sorted(filter(kept, items), key=place)
    page = cut(
        items,
        place,
        lambda item: kept(item) and (scope.filter_after_cut or fits(item)),
        Wanted(position.after, descending, size),
    )
    last: Place | int | None = page.last
    if last is None and scope.empty_last_page and len(page.items) == size:
        last = place(page.items[-1])
    if last is not None and request.tokens.offsets:
        begun = position.after if isinstance(position.after, int) else 0
        last = begun + len(page.items)
    found = [item for item in page.items if fits(item)]
    if asked and request.page_fault("repeat_token"):
        return found, {"NextToken": asked}
    return found, {} if last is None else token(Position(last))


def _between(value: datetime, params: Mapping[str, Any], name: str) -> bool:
    """Whether an instant lies strictly between the filters `After` and `Before`."""
    after, before = params.get(f"{name}After"), params.get(f"{name}Before")
    return (after is None or value > after) and (before is None or value < before)


def _rank(value: float | str | None) -> float:
    """A metric's place in an order; what is not a number comes first."""
    number = float(value) if value is not None else math.nan
    return -math.inf if math.isnan(number) else number
