"""What the API answers: which operation must hold what, and what passes by itself."""

from __future__ import annotations

import json
from typing import Any

import botocore.exceptions as aws

from tap_sagemaker_tuning.values import timestamp

LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE_TUNING_JOB = "DescribeHyperParameterTuningJob"

# What a response must hold. A proxy's error page with status 200 holds none of it, and
# would read as an empty listing.
RESULT = {
    LIST_TUNING_JOBS: "HyperParameterTuningJobSummaries",
    LIST_TRIALS: "TrainingJobSummaries",
    DESCRIBE_TUNING_JOB: "HyperParameterTuningJobName",
}

THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException"})
"""Codes of calls that came too fast."""

_TIMES = {"CreationTime", "TrainingStartTime", "TrainingEndTime"}
_SERVER_ERROR = 500  # HTTP status


def is_passing(operation: str, response: Any, error: Exception | None) -> bool:
    """Whether a call that failed is worth another try.

    Args:
        operation: The API's name of it.
        response: botocore's HTTP response and what it parsed of it; None: none came.
        error: Why none came.
    """
    if response is None:
        is_network = isinstance(error, aws.HTTPClientError | aws.ConnectionError)
        return is_network and not isinstance(error, aws.SSLError)
    http, parsed = response
    code = parsed.get("Error", {}).get("Code")
    is_answer = code is not None or RESULT.get(operation, "") in parsed
    return http.status_code >= _SERVER_ERROR or code in THROTTLED or not is_answer


def parse_trials(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Read a page of trials in place of botocore (its event).

    botocore walks each item along the shapes of its model: half of what a record costs
    (measured in November 2026, see benchmarks/README.md). What is left for it is an
    empty answer, and whatever is not the page that it should be.
    """
    member = RESULT[LIST_TRIALS]
    try:
        page = json.loads(response_dict["body"])
        items = page[member]
        for item in items:
            for name in _TIMES & item.keys():
                item[name] = timestamp(item[name])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return
    customized_response_dict[member] = items
    if page.get("NextToken") is not None:
        customized_response_dict["NextToken"] = page["NextToken"]
    response_dict["body"] = b"{}"


def no_result(operation: str) -> str:
    """Say that an answer is not SageMaker's."""
    return (
        f"{operation}: status 200 without {RESULT[operation]}: not SageMaker. "
        "Check aws_endpoint_url and HTTPS_PROXY"
    )
