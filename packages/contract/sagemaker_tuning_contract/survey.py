"""The calls made in a scope, chosen to show the facts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sagemaker_tuning_contract import choices
from sagemaker_tuning_contract.calls import SpentError
from sagemaker_tuning_contract.exchanges import JOB, TRIAL
from sagemaker_tuning_contract.fact import ODD, Calls
from sagemaker_tuning_contract.facts.errors import NOBODY
from tap_sagemaker_tuning.aws.found_trials import expression
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_contract.calls import Caller
    from sagemaker_tuning_contract.exchanges import Exchange, Item
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
        self._ask, self._pages = caller.ask, caller.pages
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
        return max(
            (exchange.at or 0.0 for exchange in self._caller.exchanges), default=0.0
        )

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
        if not self._listed:
            return
        best = choices.to_compare(self._jobs, self._listed)
        self._ask(Calls.OTHER_CASE, DESCRIBE_TUNING_JOB, **{JOB: best.swapcase()})
        self._around(LIST_TRIALS, self._listed[best], {JOB: best})
        by_metric = {"SortBy": "FinalObjectiveMetricValue", "SortOrder": "Descending"}
        self._pages(Calls.METRIC, LIST_TRIALS, 1, _MOST, **{JOB: best}, **by_metric)

    def _describe_trials(self) -> None:
        for item in choices.trials(self._listed, _TRIALS, self._now):
            answer = self._ask(Calls.DESCRIBED, DESCRIBE_TRIAL, **{TRIAL: item[TRIAL]})
            if answer and answer.is_fine:
                self._described.append(answer.answer)

    def _list_jobs(self) -> None:
        """List tuning jobs in all the ways that facts need."""
        pages = self._pages(Calls.JOBS, LIST_TUNING_JOBS, 3, _MOST, **_NEWEST)
        self._jobs = _items(pages)
        self._around(LIST_TUNING_JOBS, self._jobs, {})
        if self._jobs:
            name = choices.to_find(self._jobs).swapcase()
            self._pages(Calls.NAME, LIST_TUNING_JOBS, 1, _MOST, NameContains=name)

    def _around(self, operation: Operation, items: list[Item], of: Item) -> None:
        """List again with other orders, page sizes, a filter and a foreign token."""
        self._pages(Calls.OLDEST, operation, 1, _MOST, **of, **_OLDEST)
        self._pages(Calls.DEFAULTS, operation, 1, None, **of)
        size = choices.small_size(items)
        pages = self._pages(
            Calls.SMALL_PAGES, operation, _SMALL_PAGES, size, **of, **_NEWEST
        )
        if status := choices.usual_status(items):
            self._pages(Calls.STATUS, operation, 2, _MOST, **of, StatusEquals=status)
        too_large = {"MaxResults": _MOST + 1}
        self._ask(Calls.TOO_LARGE, operation, **of, **_NEWEST, **too_large)
        if pages and (token := pages[0].token):
            foreign = {"MaxResults": size, "NextToken": token}
            self._ask(Calls.FOREIGN_TOKEN, operation, **of, **_OLDEST, **foreign)

    def _missing_ones(self) -> None:
        """Request a tuning job and a trial that do not exist."""
        for operation, member in (
            (DESCRIBE_TUNING_JOB, JOB),
            (LIST_TRIALS, JOB),
            (DESCRIBE_TRIAL, TRIAL),
        ):
            self._ask(Calls.NOBODY, operation, **{member: NOBODY})

    def _look_into(self, name: str) -> list[Item]:
        """Describe a tuning job and list its trials."""
        self._ask(Calls.TRIALS, DESCRIBE_TUNING_JOB, **{JOB: name})
        pages = self._pages(
            Calls.TRIALS, LIST_TRIALS, 2, _MOST, **{JOB: name}, **_NEWEST
        )
        return _items(pages)

    def _search(self, trials: list[Item], size: int) -> None:
        """Search for up to `size` trials; with size 0, for a few, in small pages."""
        names = [item[TRIAL] for item in trials[: size or _FEW] if item.get(TRIAL)]
        if names:
            self._pages(
                Calls.SEARCH,
                SEARCH,
                2 if size else 3,
                size or max(1, -(-len(names) // 2)),
                Resource="TrainingJob",
                SearchExpression=expression(names) if size else _in_two(names),
            )

    def _metrics(self) -> None:
        """Request metrics of described trials from CloudWatch."""
        for request in choices.metrics(self._described, self._now):
            self._ask(Calls.POINTS, GET_METRIC_DATA, **request)

    def _prices(self, partition: str) -> None:
        """Request the prices of training in the scope's region."""
        if partition not in ENDPOINTS:
            return
        wanted = {"regionCode": self._caller.region, "component": "Training"}
        self._pages(
            Calls.PRICES,
            GET_PRODUCTS,
            2,
            _MOST,
            region=ENDPOINTS[partition],
            ServiceCode="AmazonSageMaker",
            Filters=[
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in wanted.items()
            ],
        )


def _items(pages: list[Exchange]) -> list[Item]:
    return [item for page in pages for item in page.items]


def _in_two(names: list[str]) -> Item:
    """A search expression with two filters: one page of names rarely needs two."""
    half = max(1, len(names) // 2)
    filters = [
        {"Name": TRIAL, "Operator": "In", "Value": ",".join(part)}
        for part in (names[:half], names[half:])
        if part
    ]
    return {"Operator": "Or", "Filters": filters}
