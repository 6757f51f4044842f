"""The connection test: one small call per operation that the selected streams need."""

from __future__ import annotations

from dataclasses import dataclass
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
from tap_sagemaker_tuning.printable import printable
from tap_sagemaker_tuning.sync.interruptible import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.metric_data import Answers
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.values import Summary

_AT_ONCE = 16  # scopes tested concurrently
_JOB = "HyperParameterTuningJobName"
_TRIAL = "TrainingJobName"
_NOBODY = "tap-sagemaker-tuning-test"
"""A stand-in if no name is known: AWS checks the permission before the name."""


@dataclass(frozen=True, slots=True)
class Probed:
    """The result of testing one scope, or of finding the scopes.

    Attributes:
        where: The scope, or what AWS listed; empty if nothing is known.
        problems: What is wrong, one sentence per cause; empty if nothing is.
        tuning_job: Which tuning job was found, if any; empty if none was looked for.
    """

    where: str
    problems: Sequence[str] = ()
    tuning_job: str = ""

    @property
    def lines(self) -> list[str]:
        """One line per problem, or a line that says OK."""
        told = ", ".join(["OK", self.tuning_job] if self.tuning_job else ["OK"])
        where = f"{self.where}: " if self.where else ""
        return [f"{where}{what}" for what in self.problems or [told]]


def probe(
    clients: Sequence[Client],
    operations: set[Operation],
    settings: Settings,
    check_signal: Callable[[], None],
) -> Iterator[Probed]:
    """Test whether each scope can be read.

    Args:
        clients: One per scope.
        operations: The operations that the selected streams call.
        settings: The settings.
        check_signal: Raises SystemExit if the test should stop.

    Yields:
        The result for each client, in this order.
    """

    def look(client: Client) -> Probed:
        client.open()
        try:
            found = _Look(client, operations, settings)
            if GET_PRODUCTS in operations and client.partition in ENDPOINTS:
                prices, region = PriceList(client), client.scope.region
                found.call(lambda: prices.training(region, at_most=1))
        finally:
            client.close()
        return Probed(str(client.scope), found.problems, found.tuning_job)

    for client, found in side_by_side(look, clients, _AT_ONCE, check_signal):
        if isinstance(found, Exception):
            yield Probed(str(client.scope), [explain(found)])
        else:
            yield found


class _Look:
    """Tests one scope with one call per operation, and collects problems."""

    def __init__(
        self, client: Client, operations: set[Operation], settings: Settings
    ) -> None:
        self.problems: list[str] = []
        self.tuning_job = ""
        self._is_denied = False
        self._is_out_of_reach = False
        name = next(iter(settings.tuning_job_names or ()), None)
        if LIST_TUNING_JOBS in operations and name is None:
            pages = client.tuning_jobs(settings.name_contains)
            newest = self.call(lambda: _first(pages, _JOB))
            self.tuning_job = _shown("newest tuning job", newest)
            name = newest and newest[_JOB]
        tuning_job = str(name or _NOBODY)
        if DESCRIBE_TUNING_JOB in operations:
            described = self.call(lambda: client.tuning_job(tuning_job))
            if settings.tuning_job_names:
                self.tuning_job = _shown("tuning job", described and described[0], name)
        trial = _NOBODY
        if LIST_TRIALS in operations:
            listed = self.call(lambda: _first(client.trials(tuning_job), _TRIAL))
            trial = str(listed[_TRIAL]) if listed else _NOBODY
        if SEARCH in operations:
            self.call(lambda: client.search_trials(expression([trial])))
        if DESCRIBE_TRIAL in operations:
            self.call(lambda: client.trial(trial))
        if GET_METRIC_DATA in operations:
            series = [probe_of(trial)]
            answers: Answers | None
            answers = self.call(lambda: client.metric_data.points(series))
            if answers:
                errors = [*answers.failed.values(), *answers.refused.values()]
                self.problems += map(explain, errors)

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
            is_repeated = self._is_denied and kind is Kind.DENIED
            self.problems.append(explain(error, is_quoted=not is_repeated))
            self._is_denied |= kind is Kind.DENIED
            # Anything other than a denial would fail every call alike.
            self._is_out_of_reach = kind is not Kind.DENIED
            return None


def _first(pages: Iterable[Page], member: str) -> Summary | None:
    """The first item with a name, on the first page that has items."""
    items: list[Any] = next((page.items for page in pages if page.items), [])
    return next((of for of in items if isinstance(of, dict) and of.get(member)), None)


def _shown(what: str, job: Summary | None, name: str | None = None) -> str:
    """Format a tuning job with its date for people; `name` is that of a missing one."""
    if job is None:
        return f"no tuning job {name}" if name else "no tuning job"
    created = job.get("CreationTime")
    date = f" of {created[:10]}" if isinstance(created, str) else ""
    return f"{what} {printable(str(job.get(_JOB)))}{date}"
