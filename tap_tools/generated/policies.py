"""Which stream calls what, and the least-privilege IAM policies that follow.

The documentation and the templates of `infrastructure/` use these policies.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.operations import (
    LIST_ACCOUNTS,
    LIST_ACCOUNTS_FOR_PARENT,
    LIST_REGIONS,
    LIST_UNITS_FOR_PARENT,
)
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.streams.base import TapStream

ACCOUNT = "123456789012"
"""The account in the documentation's policies."""

Statement = dict[str, Any]

SWITCHES: dict[str, tuple[Operation, ...]] = {
    "list_regions": (LIST_REGIONS,),
    "list_accounts": (LIST_ACCOUNTS, LIST_ACCOUNTS_FOR_PARENT, LIST_UNITS_FOR_PARENT),
}
"""The operations that find regions and accounts, by their switch in the templates."""


@cache
def streams() -> list[TapStream]:
    """All streams of the tap, in the order of `STREAMS`."""
    return list(TapSageMakerTuning(setup_mapper=False).discover_streams())


def summaries() -> list[TapStream]:
    """The streams that are selected by default."""
    return [stream for stream in streams() if stream.selected_by_default]


def operations(some: Iterable[TapStream]) -> list[Operation]:
    """The operations that some streams call, each once."""
    calls = {call.name: call for stream in some for call in stream.operations}
    return list(calls.values())


def policy(some: Iterable[TapStream]) -> dict[str, Any]:
    """The least-privilege policy for some streams."""
    return policy_of(operations(some))


def policy_of(calls: Iterable[Operation]) -> dict[str, Any]:
    """The least-privilege policy for some operations."""
    allowed = statements(calls, partition="aws", account=ACCOUNT)
    return {"Version": "2012-10-17", "Statement": allowed}


def statements(
    calls: Iterable[Operation], *, partition: str, account: str
) -> list[Statement]:
    """The statements that allow some operations and nothing else: one per resource.

    Args:
        calls: The operations to allow.
        partition: The partition of the resources, or a template's expression for it.
        account: The account of the resources, or a template's expression for it.
    """
    actions: dict[str, list[str]] = {}
    for call in calls:
        arn = f"arn:{partition}:{call.service}:*:{account}:{call.resource}"
        resource = call.resource if call.resource == "*" else arn
        actions.setdefault(resource, []).append(call.iam_action)
    return [
        {"Effect": "Allow", "Action": allowed, "Resource": resource}
        for resource, allowed in actions.items()
    ]
