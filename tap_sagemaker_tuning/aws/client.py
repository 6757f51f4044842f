"""The API: pages of tuning jobs and trials of one scope, over HTTP."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws

from tap_sagemaker_tuning.aws import trial_pages
from tap_sagemaker_tuning.aws.error_table import CODES, UNKNOWN, Kind
from tap_sagemaker_tuning.aws.errors import is_no_trial, meaning
from tap_sagemaker_tuning.aws.metric_data import MetricData
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.aws.pages import (
    Page,
    check_result,
    checked,
    parsed,
    time_of,
    until,
)
from tap_sagemaker_tuning.aws.search import TrialSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_sagemaker import SageMakerClient

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.aws.retries import Retries
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.values import Summary

_MOST_SEARCH_PAGES = 50  # a page of trials takes one, and empty ones come between


class Client:
    """SageMaker's tuning API in one scope.

    It can be called while it is open, from several threads, as botocore's clients can.
    Methods raise botocore's exceptions, after its retries, and `NoResultError`.

    Attributes:
        scope: The account and region.
        partition: The partition of its region: aws, aws-cn, ….
        retries: Which calls are retried.
        trial_search: Finds details of trials.
        metric_data: Reads metrics of trials.
        calls: Answers so far, retried ones included.
        throttled: How many of them were refused for coming too fast.
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
        """Take note of how to reach a scope.

        Args:
            scope: The account and region.
            partition: The partition of its region.
            connect: Makes a boto3 client of a service in a region, with the scope's
                credentials, whose timestamps are parsed by `values.timestamp_or_none`.
            page_size: Items asked for in one call.
            retries: Which calls are retried.
        """
        self.scope = scope
        self.partition = partition
        self._connect = connect
        self.retries = retries
        self.calls = 0
        self.throttled = 0
        cloudwatch = partial(self.connected, "cloudwatch", scope.region)
        self.metric_data = MetricData(scope, cloudwatch, retries)
        self._page_size = page_size
        self._lock = threading.Lock()

    def open(self) -> None:
        """Make the boto3 client.

        Raises:
            BotoCoreError, ValueError: It cannot be made.
        """
        self._api = self.connected("sagemaker", self.scope.region)
        self.trial_search = TrialSearch(self.scope, self.search_trials)
        events: Any = self._api.meta.events  # its stubs know no handler with an answer
        for operation in trial_pages.TIMES:
            read = trial_pages.reader(operation)
            events.register(f"before-parse.sagemaker.{operation.name}", read)

    def connected(self, service: str, region: str) -> Any:
        """Make a boto3 client whose calls are counted here, and retried as these are.

        Args:
            service: boto3's name of the service.
            region: The region that is asked.
        """
        api = self._connect(service, region)
        api.meta.events.register(f"response-received.{service}", self._count)
        self.retries.register(api.meta.events, service)
        return api

    def close(self) -> None:
        """Let go of the boto3 client and its connections; the counts stay.

        An answer that somebody still waits for is lost to them.
        """
        self.metric_data.close()
        if "_api" in vars(self):
            self._api.close()
            del self._api, self.trial_search

    def tuning_jobs(self, name_contains: str | None = None) -> Iterator[Page]:
        """List the tuning jobs, newest first: pages of HyperParameterTuningJobSummary.

        Args:
            name_contains: Only those whose name contains this.
        """
        only = {} if name_contains is None else {"NameContains": name_contains}
        # The default order is not the documented one: it is always asked for.
        order = {"SortBy": "CreationTime", "SortOrder": "Descending"}
        yield from self._pages(LIST_TUNING_JOBS, **only, **order)

    def tuning_job(self, name: str) -> tuple[Summary | None, str]:
        """Ask for one tuning job by name.

        Returns:
            What DescribeHyperParameterTuningJob says, None if there is none of that
            name; and the service's time when it did.
        """
        try:
            with parsed(DESCRIBE_TUNING_JOB):
                found: Any = self._api.describe_hyper_parameter_tuning_job(
                    HyperParameterTuningJobName=name
                )
        except aws.ClientError as error:
            if meaning(error).kind is Kind.MISSING:
                return None, time_of(error.response)
            raise
        check_result(DESCRIBE_TUNING_JOB, found)
        return found, time_of(found)

    def trials(self, tuning_job_name: str, since: str | None = None) -> Iterator[Page]:
        """List a tuning job's trials, newest first.

        Args:
            tuning_job_name: The tuning job.
            since: The creation time down to which pages are asked for; None: all.

        Yields:
            Pages of HyperParameterTrainingJobSummary; the last can hold older ones.
        """
        pages = self._pages(
            LIST_TRIALS,
            HyperParameterTuningJobName=tuning_job_name,
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        yield from until(pages, since)

    def trial(self, name: str) -> Summary | None:
        """Ask for one trial by name.

        Returns:
            What DescribeTrainingJob says; None if there is none of that name.
        """
        try:
            with parsed(DESCRIBE_TRIAL):
                found: Any = self._api.describe_training_job(TrainingJobName=name)
        except aws.ClientError as error:
            if is_no_trial(error):
                return None
            raise
        check_result(DESCRIBE_TRIAL, found)
        return dict(found)

    def search_trials(self, expression: Mapping[str, Any]) -> list[Summary]:
        """Search for trials: all pages, some of them possibly empty.

        Args:
            expression: A SearchExpression of TrainingJob.

        Returns:
            What Search has of them, in members of DescribeTrainingJob's answer.

        Raises:
            PaginationError: Its pages do not end.
        """
        pages = self._paginator(SEARCH).paginate(
            Resource="TrainingJob",
            SearchExpression=expression,
            PaginationConfig={"PageSize": SEARCH.page_limit},
        )
        found: list[Summary] = []
        with parsed(SEARCH):
            for number, page in enumerate(checked(SEARCH, pages, self.scope), start=1):
                items = [item for item in page.items if item]
                found += [it["TrainingJob"] for it in items if it.get("TrainingJob")]
                if number > _MOST_SEARCH_PAGES:
                    msg = f"{SEARCH.name}: its pages do not end"
                    raise aws.PaginationError(message=msg)
        return found

    def paginate_trials(
        self, tuning_job_name: str, settings: Settings, token: str | None
    ) -> Iterator[tuple[Page, str | None]]:
        """List a tuning job's trials as boto3's paginator does with its own knobs.

        Args:
            tuning_job_name: The tuning job.
            settings: Of the settings sort_by, sort_order, status_equals, max_items.
            token: Where to start.

        Yields:
            Pages with None, and last an empty one with the token to go on with where
            max_items ended the listing, or None at its end.
        """
        status = settings.status_equals
        only = {} if status is None else {"StatusEquals": status}
        pages = self._paginator(LIST_TRIALS).paginate(
            HyperParameterTuningJobName=tuning_job_name,
            SortBy=settings.sort_by or "CreationTime",
            SortOrder=settings.sort_order or "Ascending",
            PaginationConfig={
                "PageSize": self._page_size,
                "MaxItems": settings.max_items,
                "StartingToken": token,
            },
            **only,
        )
        for page in checked(LIST_TRIALS, pages, self.scope):
            yield page, None
        # Only now: on a page's boundary botocore sets it after it gave the page.
        yield Page([], ""), pages.resume_token

    def _paginator(self, operation: Operation) -> Any:
        name: Any = operation.method  # its stubs know literals only
        return self._api.get_paginator(name)

    def _pages(self, operation: Operation, **parameters: Any) -> Iterator[Page]:
        pages = self._paginator(operation).paginate(
            PaginationConfig={"PageSize": self._page_size}, **parameters
        )
        with parsed(operation):
            yield from checked(operation, pages, self.scope)

    def _count(
        self, response_dict: Mapping[str, Any] | None, parsed_response: Any, **_: Any
    ) -> None:
        """Count an answer (botocore's event)."""
        if response_dict is None:
            return
        error_code = parsed_response.get("Error", {}).get("Code")
        throttled = CODES.get(error_code, UNKNOWN).kind is Kind.THROTTLED
        with self._lock:
            self.calls += 1
            self.throttled += throttled
