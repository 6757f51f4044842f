"""The table of operations matches the service models that botocore ships."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import botocore.session
import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS, OPERATIONS, Operation
from tap_sagemaker_tuning.streams import STREAMS

PREFIXES = {"monitoring": "cloudwatch"}
"""IAM action prefixes that differ from the signing name:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html"""
OF_STREAMS = {call for stream in STREAMS for call in stream.operations}
LIMITS = {"GetMetricData": 500}
"""Page limits that only the documentation has:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
SESSION = botocore.session.get_session()
every_operation = pytest.mark.parametrize(
    "operation", OPERATIONS.values(), ids=lambda operation: operation.name
)


def model(service: str) -> Any:
    """Botocore's model of a service."""
    return SESSION.get_service_model(service)


@every_operation
def test_each_is_in_the_model(operation: Operation) -> None:
    """Each operation exists, returns what the table has, and is signed as its IAM
    action."""
    service = model(operation.service)
    answer = service.operation_model(operation.name).output_shape
    assert operation.result in answer.members
    prefix = PREFIXES.get(service.signing_name, service.signing_name)
    assert operation.iam_action == f"{prefix}:{operation.name}"


def test_streams_call_what_is_in_the_table() -> None:
    """No stream calls an operation that another declaration of its name hides, or that
    the connection test leaves out."""
    assert set(OPERATIONS.values()) >= OF_STREAMS
    assert [call.name for call in OF_STREAMS if call.probe is None] == []


@every_operation
def test_page_limits_are_the_apis(operation: Operation) -> None:
    """The page sizes are within the model's bounds, if the operation has pages."""
    given = model(operation.service).operation_model(operation.name).input_shape
    member = given.members.get("MaxResults")
    bounds = member.metadata if member else {}
    most = bounds.get("max", LIMITS.get(operation.name, operation.page_limit))
    assert operation.page_limit == most
    assert operation.page_minimum == max(1, bounds.get("min", 1))


def test_a_page_size_within_bounds() -> None:
    """A page size that the API does not accept becomes the nearest that it does."""
    operation = replace(LIST_TRIALS, page_minimum=50)
    assert [operation.page_size(wanted) for wanted in (1, 70, 500)] == [50, 70, 100]


@every_operation
def test_methods_are_botocores(operation: Operation) -> None:
    """The method is boto3's, and so is the paginator if the operation has pages."""
    paginators = SESSION.get_paginator_model(operation.service)
    service = SESSION.create_client(
        operation.service,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="s",  # noqa: S106 - no call is made
    )
    assert callable(getattr(service, operation.method))
    assert (operation.page_limit is not None) == service.can_paginate(operation.method)
    assert paginators is not None
