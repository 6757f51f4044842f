"""The connection test: one small call per operation that the selected streams need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.errors import explain, meaning
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    GET_METRIC_DATA,
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.aws.pricing import ENDPOINTS, PriceList
from tap_sagemaker_tuning.aws.series import probe_of
from tap_sagemaker_tuning.aws.trial_search import expression
from tap_sagemaker_tuning.sync.interruptible import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.settings import Settings

_AT_ONCE = 16  # scopes tested concurrently
_NOBODY = "tap-sagemaker-tuning-test"
"""A stand-in if no name is known: AWS checks the permission before the name."""


def probe(
    clients: Sequence[Client],
    operations: set[Operation],
    settings: Settings,
    check_signal: Callable[[], None],
) -> Iterator[tuple[Client, list[str]]]:
    """Test whether each scope can be read.

    Args:
        clients: One per scope.
        operations: The operations that the selected streams call.
        settings: The settings.
        check_signal: Raises SystemExit if the test should stop.

    Yields:
        Each client, in this order, with its problems as sentences; an empty list if
        there are none.
    """

    def look(client: Client) -> list[str]:
        client.open()
        try:
            found = _Look(client, operations, settings.tuning_job_names or ())
            if GET_PRODUCTS in operations and client.partition in ENDPOINTS:
                prices, region = PriceList(client), client.scope.region
                found.call(lambda: prices.training(region, at_most=1))
        finally:
            client.close()
        return found.problems

    for client, found in side_by_side(look, clients, _AT_ONCE, check_signal):
        yield client, [explain(found)] if isinstance(found, Exception) else found


class _Look:
    """Tests one scope with at most one call per operation, and collects problems."""

    def __init__(
        self, client: Client, operations: set[Operation], names: Sequence[str]
    ) -> None:
        self.problems: list[str] = []
        self._is_out_of_reach = False
        name = names[0] if names else None
        if LIST_TUNING_JOBS in operations and name is None:
            page = self.call(lambda: next(client.tuning_jobs(), None))
            name = _first(page, "HyperParameterTuningJobName")
        tuning_job = name or _NOBODY
        if DESCRIBE_TUNING_JOB in operations:
            self.call(lambda: client.tuning_job(tuning_job))
        trial = _NOBODY
        if LIST_TRIALS in operations:
            page = self.call(lambda: next(client.trials(tuning_job), None))
            trial = _first(page, "TrainingJobName") or _NOBODY
        if SEARCH in operations:
            self.call(lambda: client.search_trials(expression([trial])))
        if DESCRIBE_TRIAL in operations:
            self.call(lambda: client.trial(trial))
        if GET_METRIC_DATA in operations:
            self.call(lambda: client.metric_data.points([probe_of(trial)]))

    def call(self, call: Callable[[], Any]) -> Any:
        """Make a call; None if it fails, or if the scope is known to be unreachable."""
        if self._is_out_of_reach:
            return None
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - every failure is reported
            kind = meaning(error).kind
            if kind is Kind.MISSING:
                return None
            self.problems.append(explain(error))
            # Anything other than a denial would fail every call alike.
            self._is_out_of_reach = kind is not Kind.DENIED
            return None


def _first(page: Any, member: str) -> str | None:
    """The name of the first item of a page that has one."""
    items = page.items if page else []
    names = (item.get(member) for item in items if isinstance(item, dict))
    return next((str(name) for name in names if name), None)
