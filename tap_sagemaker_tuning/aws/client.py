"""Calls SageMaker's tuning API in one scope."""

from __future__ import annotations

import threading
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws

from tap_sagemaker_tuning.aws import trial_pages
from tap_sagemaker_tuning.aws.error_table import CODES, UNKNOWN, Kind
from tap_sagemaker_tuning.aws.errors import DATA, boto3_runs, is_no_trial, meaning
from tap_sagemaker_tuning.aws.metric_data import MetricData
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.aws.outage import Outage
from tap_sagemaker_tuning.aws.pages import (
    Page,
    check_result,
    checked,
    time_of,
)
from tap_sagemaker_tuning.aws.pricing import PriceList
from tap_sagemaker_tuning.aws.service_clock import ServiceClock
from tap_sagemaker_tuning.aws.trial_search import TrialSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_sagemaker import SageMakerClient

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.aws.retries import Retries
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.values import Summary

_MOST_OUTAGES = 9
"""The most trials in a row that cannot be described: three in each of three tuning
jobs, so that a single tuning job is not taken for an outage."""


class Client:
    """SageMaker's tuning API in one scope.

    Call its methods while it is open; they are thread-safe. They raise only what is in
    `errors.DATA`, after retries.

    Attributes:
        scope: The account and region.
        partition: The partition of its region: aws, aws-cn, ….
        retries: Decides which calls are retried.
        trial_search: Finds details of trials.
        metric_data: Reads metrics of trials.
        prices: The price list of its partition, which needs no open client.
        calls: Responses so far, including those that were retried.
        throttled: How many of these responses were throttled.
        clock: The service's clock.
    """

    trial_search: TrialSearch
    _api: SageMakerClient

    def __init__(
        self,
        scope: Scope,
        partition: str,
        connect: Callable[[str, str], Any],
        page_size: int,
        retries: Retries,
    ) -> None:
        """Prepare to call the API, without a connection.

        Args:
            scope: The account and region.
            partition: The partition of its region.
            connect: Returns a boto3 client for a service in a region. It uses the
                scope's credentials, and parses times with `values.timestamp_or_none`.
            page_size: Items to request per call.
            retries: Decides which calls are retried.
        """
        self.scope = scope
        self.partition = partition
        self._connect = connect
        self.retries = retries
        self.calls = 0
        self.throttled = 0
        self._succeeded: set[str] = set()  # names of operations
        self._passed: dict[str, set[str]] = {}  # by operation, keys of tuning jobs
        self.clock = ServiceClock()
        cloudwatch = partial(self.connected, "cloudwatch", scope.region)
        self.metric_data = MetricData(scope, cloudwatch, retries)
        self.prices = PriceList(scope, partition, self.connected)
        self._describing = Outage(_MOST_OUTAGES)
        self._page_size = page_size
        self._lock = threading.Lock()

    def open(self) -> None:
        """Create the boto3 client.

        Raises:
            BotoCoreError, CallError: It cannot be created.
        """
        self._api = self.connected("sagemaker", self.scope.region)
        self.trial_search = TrialSearch(self.scope, self.search_trials)
        events: Any = self._api.meta.events  # the stubs lack handlers that return
        for operation in trial_pages.TIMES:
            read = trial_pages.reader(operation)
            events.register(f"before-parse.sagemaker.{operation.name}", read)

    def connected(self, service: str, region: str) -> Any:
        """Create a boto3 client that shares this client's counts and retries.

        Args:
            service: boto3's name of the service.
            region: The region to call.
        """
        with boto3_runs():
            api = self._connect(service, region)
        api.meta.events.register(f"response-received.{service}", self._count)
        self.retries.register(api.meta.events, service)
        return api

    def close(self) -> None:
        """Close the boto3 clients and their connections, but keep the counts.

        Calls in flight lose their responses.
        """
        self.metric_data.close()
        if "_api" in vars(self):
            self._api.close()
            del self._api, self.trial_search

    def tuning_job_arn(self, name: str) -> str:
        """The ARN that a tuning job of this name has. Use the listed one, if any."""
        place = f"{self.scope.region}:{self.scope.account_id}"
        return (
            f"arn:{self.partition}:sagemaker:{place}:hyper-parameter-tuning-job/{name}"
        )

    def tuning_jobs(self, name_contains: str | None = None) -> Iterator[Page]:
        """List the tuning jobs, newest first: pages of HyperParameterTuningJobSummary.

        Args:
            name_contains: List only tuning jobs whose name contains this.
        """
        # Fact 14.
        only = {} if name_contains is None else {"NameContains": name_contains}
        # Always explicit: the API's default order differs from the documented one.
        order = {"SortBy": "CreationTime", "SortOrder": "Descending"}
        yield from self.pages(LIST_TUNING_JOBS, **only, **order)

    def tuning_job(self, name: str) -> tuple[Summary | None, str]:
        """Describe a tuning job.

        Returns:
            What DescribeHyperParameterTuningJob returned, None if the tuning job does
            not exist; and the service's time of the response.
        """
        try:
            description = self.call(
                DESCRIBE_TUNING_JOB, HyperParameterTuningJobName=name
            )
        except aws.ClientError as error:
            if meaning(error).kind is Kind.MISSING:  # facts 28, 88
                return None, self.clock.at(time_of(error.response))
            raise
        return description, self.clock.at(time_of(description))

    def trials(self, tuning_job_name: str) -> Iterator[Page]:
        """List a tuning job's trials, newest first.

        Args:
            tuning_job_name: The tuning job.

        Returns:
            Pages of HyperParameterTrainingJobSummary.
        """
        return self.pages(
            LIST_TRIALS,
            HyperParameterTuningJobName=tuning_job_name,
            SortBy="CreationTime",
            SortOrder="Descending",
        )

    def trial(self, name: str) -> Summary | None:
        """Describe a trial.

        After nine outages in a row, every further call fails at once.

        Returns:
            What DescribeTrainingJob returned; None if the trial does not exist.
        """
        self._describing.check()
        try:
            description = self.call(DESCRIBE_TRIAL, TrainingJobName=name)
        except DATA as error:
            is_missing = isinstance(error, aws.ClientError) and is_no_trial(error)
            self._describing.note(None if is_missing else error)
            if is_missing:
                return None
            raise
        self._describing.note(None)
        return description

    def search_trials(self, expression: Mapping[str, Any]) -> list[Summary]:
        """Search for trials, on all pages.

        Args:
            expression: A SearchExpression for the resource TrainingJob.

        Returns:
            Search's records of them, with the members of a DescribeTrainingJob
            response.

        Raises:
            UnboundedError: There are more than 50 pages.
        """
        pages = self._paginator(SEARCH).paginate(
            Resource="TrainingJob",
            SearchExpression=expression,
            PaginationConfig={"PageSize": SEARCH.page_limit},
        )
        trials: list[Summary] = []
        for page in checked(SEARCH, pages, self.scope):
            items = [item for item in page.items if item]
            trials += [it["TrainingJob"] for it in items if it.get("TrainingJob")]
        return trials

    def paginate_trials(
        self, tuning_job_name: str, settings: Settings, token: str | None
    ) -> Iterator[tuple[Page, str | None]]:
        """List a tuning job's trials with the parameters of boto3's paginator.

        Args:
            tuning_job_name: The tuning job.
            settings: Has sort_by, sort_order, status_equals and max_items.
            token: The token of the page to start with; None: the first page.

        Yields:
            Each page, with None. Then an empty page, with the token to resume from if
            max_items cut the listing, else None.
        """
        status = settings.status_equals
        only = {} if status is None else {"StatusEquals": status}  # facts 15, 16
        pages = self._paginator(LIST_TRIALS).paginate(
            HyperParameterTuningJobName=tuning_job_name,
            SortBy=settings.sort_by or "CreationTime",  # fact 17
            SortOrder=settings.sort_order or "Ascending",  # fact 3
            PaginationConfig={
                "PageSize": self._page_size,
                "MaxItems": settings.max_items,
                "StartingToken": token,
            },
            **only,
        )
        for page in checked(LIST_TRIALS, pages, self.scope):
            yield Page(page.items, self.clock.at(page.seen)), None
        # Not earlier: at a page boundary botocore sets it after yielding the page.
        yield Page([], ""), pages.resume_token

    def _paginator(self, operation: Operation) -> Any:
        name: Any = operation.method  # the stubs accept only literals
        return self._api.get_paginator(name)

    def call(self, operation: Operation, **parameters: Any) -> Summary:
        """Call one of SageMaker's operations.

        Args:
            operation: The operation.
            **parameters: The API's parameters.

        Returns:
            The response's members.
        """
        method = getattr(self._api, operation.method)
        with boto3_runs(operation.name):
            answer = method(**parameters)
        check_result(operation, answer)
        self._note_passed(operation, parameters)
        return dict(answer)

    def pages(self, operation: Operation, **parameters: Any) -> Iterator[Page]:
        """List with one of SageMaker's operations, on all pages.

        Args:
            operation: The operation, which has pages.
            **parameters: The API's parameters, except those of its pages.

        Yields:
            Each page, with the time of the response.
        """
        size = operation.page_size(self._page_size)
        pages = self._paginator(operation).paginate(
            PaginationConfig={"PageSize": size}, **parameters
        )
        for page in checked(operation, pages, self.scope):  # facts 6, 9, 11
            self._note_passed(operation, parameters)
            yield Page(page.items, self.clock.at(page.seen))

    def has_passed(self, operation: str, key: str) -> bool:
        """Whether an operation has succeeded, for any tuning job but one.

        Args:
            operation: Its name. One that takes no tuning job's name passes for all.
            key: The tuning job's name in lower case.
        """
        if operation in self._passed:
            return not self._passed[operation] <= {key}
        return operation in self._succeeded

    def _note_passed(self, operation: Operation, parameters: Mapping[str, Any]) -> None:
        """Note for which tuning job a call has succeeded; two are enough."""
        if name := parameters.get("HyperParameterTuningJobName"):
            passed = self._passed.setdefault(operation.name, set())
            if len(passed) < 2:  # noqa: PLR2004
                passed.add(name.lower())

    def _count(
        self,
        response_dict: Mapping[str, Any] | None,
        parsed_response: Any,
        event_name: str,
        **_: Any,
    ) -> None:
        """Count a response (a handler of botocore's event `response-received`)."""
        if response_dict is None:
            return
        error_code = parsed_response.get("Error", {}).get("Code")
        throttled = CODES.get(error_code, UNKNOWN).kind is Kind.THROTTLED
        with self._lock:
            self.calls += 1
            self.throttled += throttled
            if response_dict["status_code"] == HTTPStatus.OK:
                self._succeeded.add(event_name.rpartition(".")[2])
