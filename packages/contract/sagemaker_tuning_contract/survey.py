"""The calls made in a scope, chosen to show the facts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract import choices
from sagemaker_tuning_contract.calls import SpentError
from sagemaker_tuning_contract.exchanges import JOB, TOKEN, TRIAL, Exchange
from sagemaker_tuning_contract.fact import ODD
from sagemaker_tuning_contract.facts.errors import NOBODY
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    GET_METRIC_DATA,
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.aws.pricing import ENDPOINTS
from tap_sagemaker_tuning.aws.trial_search import expression

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_contract.calls import Caller
    from sagemaker_tuning_contract.exchanges import Item
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.settings import Settings

_NEWEST = {"SortBy": "CreationTime", "SortOrder": "Descending"}
_OLDEST = {"SortBy": "CreationTime", "SortOrder": "Ascending"}
_MOST = 100
_JOBS = 5  # tuning jobs to look into
_TRIALS = 6  # trials to describe
_SMALL_PAGES = 4
_FEW = 30  # trials: their names fit into two filters


def survey(caller: Caller, settings: Settings, partition: str) -> None:
    """Make the calls in a scope that the facts need, within the limit of calls.

    Args:
        caller: Makes and records the calls.
        settings: Settings whose filters decide which tuning jobs to look into.
        partition: The scope's partition, such as `aws`.
    """
    with suppress(SpentError):
        _Survey(caller, settings).run(partition)


class _Survey:
    """The calls, most valuable first, since the limit can cut off the last."""

    def __init__(self, caller: Caller, settings: Settings) -> None:
        self._caller = caller
        self._settings = settings
        self._jobs: list[Item] = []
        self._chosen: list[str] = []
        self._listed: dict[str, list[Item]] = {}
        self._described: list[Item] = []

    def run(self, partition: str) -> None:
        """Make the calls."""
        steps: list[Callable[[], None]] = [
            self._list_jobs,
            self._missing_ones,
            self._choose,
            # Early, so that two calls are left for it even in a busy account.
            lambda: self._prices(partition),
            self._compare_one,
            lambda: self._search(self._listed[self._chosen[0]], _MOST),
            lambda: self._search(choices.recent(self._listed, self._now), 0),
            self._describe_trials,
            self._metrics,
            self._look_into_more,
        ]
        for step in steps:
            # A malformed answer breaks a fact, not the survey.
            with suppress(*ODD):
                step()

    @property
    def _now(self) -> float:
        """The service's time, in seconds since 1970; 0 if unknown."""
        return max((one.at or 0.0 for one in self._caller.exchanges), default=0.0)

    def _choose(self) -> None:
        """Choose tuning jobs, and look into them."""
        self._chosen = choices.tuning_jobs(self._jobs, self._settings, _JOBS, self._now)
        for name in self._chosen:
            self._listed[name] = self._look_into(name)

    def _look_into_more(self) -> None:
        """Look into more tuning jobs, while calls are left."""
        more = choices.tuning_jobs(self._jobs, self._settings, 2 * _JOBS, self._now)
        for name in more[len(self._chosen) :]:
            self._look_into(name)

    def _compare_one(self) -> None:
        """List one tuning job in several ways, and describe it in another case."""
        if self._listed:
            best = choices.to_compare(self._jobs, self._listed)
            self._ask(DESCRIBE_TUNING_JOB, **{JOB: best.swapcase()})
            self._compare(best, self._listed[best])

    def _describe_trials(self) -> None:
        for item in choices.trials(self._listed, _TRIALS, self._now):
            answer = self._ask(DESCRIBE_TRIAL, **{TRIAL: item[TRIAL]})
            if answer and answer.is_fine:
                self._described.append(answer.answer)

    def _ask(self, operation: Operation, **request: Any) -> Exchange | None:
        return self._caller.ask(operation, **request)

    def _pages(
        self, operation: Operation, most: int, **request: Any
    ) -> tuple[list[Item], str | None]:
        """List some pages; returns the items, and the token in the first page."""
        items: list[Item] = []
        tokens: list[str] = []
        for _ in range(most):
            more = {TOKEN: tokens[-1]} if tokens else {}
            page = self._ask(operation, **request, **more)
            if page is None or not page.is_fine:
                break
            items += page.items
            token = page.token
            if not isinstance(token, str) or token in tokens:
                break
            tokens.append(token)
        return items, tokens[0] if tokens else None

    def _list_jobs(self) -> None:
        """List tuning jobs in all the ways that facts need."""
        self._jobs, _ = self._pages(LIST_TUNING_JOBS, 3, **_NEWEST, MaxResults=_MOST)
        self._around(LIST_TUNING_JOBS, self._jobs, {})
        if self._jobs:
            name = choices.to_find(self._jobs)
            self._pages(
                LIST_TUNING_JOBS, 1, NameContains=name.swapcase(), MaxResults=_MOST
            )

    def _around(self, operation: Operation, items: list[Item], of: Item) -> None:
        """List again with other orders, page sizes, a filter and a foreign token."""
        self._pages(operation, 1, **of, **_OLDEST, MaxResults=_MOST)
        self._pages(operation, 1, **of)
        size = choices.small_size(items)
        _, token = self._pages(
            operation, _SMALL_PAGES, **of, **_NEWEST, MaxResults=size
        )
        if status := choices.usual_status(items):
            self._pages(operation, 2, **of, StatusEquals=status, MaxResults=_MOST)
        self._ask(operation, **of, **_NEWEST, MaxResults=_MOST + 1)
        if token:
            self._ask(operation, **of, **_OLDEST, MaxResults=size, NextToken=token)

    def _missing_ones(self) -> None:
        """Request a tuning job and a trial that do not exist."""
        self._ask(DESCRIBE_TUNING_JOB, **{JOB: NOBODY})
        self._ask(LIST_TRIALS, **{JOB: NOBODY})
        self._ask(DESCRIBE_TRIAL, **{TRIAL: NOBODY})

    def _look_into(self, name: str) -> list[Item]:
        """Describe a tuning job and list its trials."""
        self._ask(DESCRIBE_TUNING_JOB, **{JOB: name})
        items, _ = self._pages(
            LIST_TRIALS, 2, **{JOB: name}, **_NEWEST, MaxResults=_MOST
        )
        return items

    def _compare(self, name: str, items: list[Item]) -> None:
        """List a tuning job's trials in all the ways that facts need."""
        self._around(LIST_TRIALS, items, {JOB: name})
        self._pages(
            LIST_TRIALS,
            1,
            **{JOB: name},
            SortBy="FinalObjectiveMetricValue",
            SortOrder="Descending",
            MaxResults=_MOST,
        )

    def _search(self, trials: list[Item], size: int) -> None:
        """Search for up to `size` trials; with size 0, for a few, in small pages."""
        names = [item[TRIAL] for item in trials[: size or _FEW] if item.get(TRIAL)]
        if names:
            most = size or max(1, -(-len(names) // 2))
            self._pages(
                SEARCH,
                2 if size else 3,
                Resource="TrainingJob",
                SearchExpression=expression(names) if size else _in_two(names),
                MaxResults=most,
            )

    def _metrics(self) -> None:
        """Request metrics of described trials from CloudWatch."""
        for request in choices.metrics(self._described, self._now):
            self._ask(GET_METRIC_DATA, **request)

    def _prices(self, partition: str) -> None:
        """Request the prices of training in the scope's region."""
        if partition not in ENDPOINTS:
            return
        region = ENDPOINTS[partition]
        wanted = {"regionCode": self._caller.region, "component": "Training"}
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in wanted.items()
        ]
        request: Item = {"ServiceCode": "AmazonSageMaker", "Filters": filters}
        request["MaxResults"] = _MOST
        page = self._caller.ask(GET_PRODUCTS, region, **request)
        if page and page.token:
            self._caller.ask(GET_PRODUCTS, region, **request, NextToken=page.token)


def _in_two(names: list[str]) -> Item:
    """A search expression with two filters: one page of names rarely needs two."""
    half = max(1, len(names) // 2)
    filters = [
        {"Name": TRIAL, "Operator": "In", "Value": ",".join(part)}
        for part in (names[:half], names[half:])
        if part
    ]
    return {"Operator": "Or", "Filters": filters}
