"""The API: pages of tuning jobs and trials of one scope, over HTTP.

A scope is one account in one region. The API's quotas, listings and failures are per
scope, so each has a client of its own.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws

from tap_sagemaker_tuning.aws.errors import NOT_FOUND, NoListError, code
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    RESULT,
    THROTTLED,
    is_passing,
    no_result,
    parse_trials,
)
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sagemaker import SageMakerClient

    from tap_sagemaker_tuning.values import Summary

MOST_ITEMS_A_PAGE = 100
"""The API's own limit: MaxResults of both listings."""

IAM_ACTIONS = {
    LIST_TUNING_JOBS: "*",
    LIST_TRIALS: "hyper-parameter-tuning-job/*",
    DESCRIBE_TUNING_JOB: "hyper-parameter-tuning-job/*",
}
"""The operations that are called, and the resource that a policy must allow each on."""

_LOGGER = logging.getLogger("tap-sagemaker-tuning")
_SUMMARY = {
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobStatus",
    "Strategy",
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
    "ResourceLimits",
}
_LONGEST_DELAY = 5.0  # seconds


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One account in one region."""

    account_id: str
    region: str

    def __str__(self) -> str:
        """Say which, for a person."""
        return f"account {self.account_id}, {self.region}"

    @property
    def context(self) -> dict[str, str]:
        """The scope as Singer's state knows it."""
        return {"account_id": self.account_id, "region": self.region}


class Client:
    """SageMaker's tuning API in one scope.

    Safe for several threads, as botocore's clients are. Methods raise botocore's
    exceptions, after its retries, and `NoListError`.

    Attributes:
        scope: The account and region.
        calls: Answers so far, retried ones included.
        throttled: How many of them were refused for coming too fast.
    """

    def __init__(
        self, scope: Scope, api: SageMakerClient, config: Mapping[str, Any]
    ) -> None:
        """Wrap a boto3 client.

        Args:
            scope: The account and region that it reaches.
            api: A boto3 client whose timestamps are parsed by `values.timestamp`.
            config: The settings: page_size and max_attempts.
        """
        self.scope = scope
        self.calls = 0
        self.throttled = 0
        self._api = api
        self._page_size = config["page_size"]
        self._max_attempts = config["max_attempts"]
        self._now: str | None = None
        self._lock = threading.Lock()
        api.meta.events.register("response-received.sagemaker", self._received)
        events: Any = api.meta.events  # its stubs know no handler with an answer
        events.register("needs-retry.sagemaker", self._retry_delay)
        events.register(f"before-parse.sagemaker.{LIST_TRIALS}", parse_trials)

    @property
    def now(self) -> str:
        """The service's time, from its last answer; this machine's before the first."""
        return self._now or timestamp(datetime.now(tz=UTC).isoformat())

    def tuning_jobs(self, name_contains: str | None = None) -> Iterator[list[Summary]]:
        """List the tuning jobs, newest first: pages of HyperParameterTuningJobSummary.

        Args:
            name_contains: Only those whose name contains this.
        """
        only = {} if name_contains is None else {"NameContains": name_contains}
        # The default order is not the documented one: it is always asked for.
        order = {"SortBy": "CreationTime", "SortOrder": "Descending"}
        yield from self._pages(LIST_TUNING_JOBS, **only, **order)

    def tuning_job(self, name: str) -> Summary | None:
        """Ask for one tuning job by name.

        Returns:
            Its HyperParameterTuningJobSummary; None if there is none of that name.
        """
        try:
            detail = self._api.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )
        except aws.ClientError as error:
            if code(error) in NOT_FOUND:
                return None
            raise
        if RESULT[DESCRIBE_TUNING_JOB] not in detail:
            raise NoListError(no_result(DESCRIBE_TUNING_JOB))
        whole: Summary = {**detail, **detail["HyperParameterTuningJobConfig"]}
        return {member: whole[member] for member in _SUMMARY & whole.keys()}

    def trials(self, tuning_job_name: str) -> Iterator[list[Summary]]:
        """List a tuning job's trials, newest first.

        Yields:
            Pages of HyperParameterTrainingJobSummary.
        """
        yield from self._pages(
            LIST_TRIALS,
            HyperParameterTuningJobName=tuning_job_name,
            SortBy="CreationTime",
            SortOrder="Descending",
        )

    def paginate_trials(
        self, tuning_job_name: str, config: Mapping[str, Any], token: str | None
    ) -> Iterator[tuple[list[Summary], str | None]]:
        """List a tuning job's trials as boto3's paginator does with its own knobs.

        Args:
            tuning_job_name: The tuning job.
            config: The settings: sort_by, sort_order, status_equals, max_items.
            token: Where to start.

        Yields:
            Pages with None, and last the token to go on with where max_items ended the
            listing (no page comes with it), or None at its end.
        """
        only = {}
        if "status_equals" in config:
            only["StatusEquals"] = config["status_equals"]
        pages = self._api.get_paginator(_snake(LIST_TRIALS)).paginate(
            HyperParameterTuningJobName=tuning_job_name,
            SortBy=config.get("sort_by", "CreationTime"),
            SortOrder=config.get("sort_order", "Ascending"),
            PaginationConfig={
                "PageSize": self._page_size,
                "MaxItems": config.get("max_items"),
                "StartingToken": token,
            },
            **only,
        )
        for page in self._checked(LIST_TRIALS, pages):
            yield page, None
        # Only now: on a page's boundary botocore sets it after it gave the page.
        yield [], pages.resume_token

    def _pages(self, operation: str, **parameters: Any) -> Iterator[list[Summary]]:
        pages = self._api.get_paginator(_snake(operation)).paginate(
            PaginationConfig={"PageSize": self._page_size}, **parameters
        )
        yield from self._checked(operation, pages)

    def _checked(self, operation: str, pages: Any) -> Iterator[list[Summary]]:
        """Pass on the pages' items, if there are any and they go in no circle."""
        seen: set[str] = set()
        for page in pages:
            if RESULT[operation] not in page:
                raise NoListError(no_result(operation))
            items = page[RESULT[operation]]
            _LOGGER.debug("%s: %s: a page of %d", self.scope, operation, len(items))
            yield items
            token = page.get("NextToken")
            if token is not None:
                if token in seen:
                    msg = f"{operation}: the service gave the same NextToken twice"
                    raise aws.PaginationError(message=msg)
                seen.add(token)

    def _received(
        self, response_dict: Mapping[str, Any] | None, parsed_response: Any, **_: Any
    ) -> None:
        """Count an answer, and note the service's time (botocore's event)."""
        if response_dict is None:
            return
        date = response_dict["headers"].get("date")
        throttled = parsed_response.get("Error", {}).get("Code") in THROTTLED
        with self._lock:
            self.calls += 1
            self.throttled += throttled
            with contextlib.suppress(TypeError, ValueError):  # absent, or no date
                self._now = timestamp(parsedate_to_datetime(date).isoformat())

    def _retry_delay(
        self,
        attempts: int,
        response: Any,
        caught_exception: Any,
        operation: Any,
        **_: Any,
    ) -> float | None:
        """Say in how many seconds to try again, where botocore's own retries do not.

        botocore's retry quota is one bucket for all calls of a client: when several
        fail together it ends long before max_attempts (botocore 1.44: with 8 calls in
        flight, one second of HTTP 500 lost 7). This is asked after botocore's own
        handler, and counts when that gives up.
        """
        if attempts >= self._max_attempts:
            return None
        if not is_passing(operation.name, response, caught_exception):
            return None
        delay: float = min(_LONGEST_DELAY, 0.1 * 2**attempts)
        return delay * (1 + random.random()) / 2  # noqa: S311 - jitter, not a secret


def _snake(operation: str) -> Any:
    """The method's name of an operation of ours, as boto3 has it."""
    return {
        LIST_TUNING_JOBS: "list_hyper_parameter_tuning_jobs",
        LIST_TRIALS: "list_training_jobs_for_hyper_parameter_tuning_job",
    }[operation]
