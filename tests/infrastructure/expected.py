"""What the role must allow, independent of the generator of the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.operations import (
    LIST_ACCOUNTS,
    LIST_ACCOUNTS_FOR_PARENT,
    LIST_REGIONS,
    LIST_UNITS_FOR_PARENT,
)
from tap_tools.generated.policies import streams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_sagemaker_tuning.aws.operations import Operation

ALL = [stream.name for stream in streams()]
DEFAULT = [stream.name for stream in streams() if stream.selected_by_default]
CHOICES = [DEFAULT, ALL, *([name] for name in ALL)]
"""Selections of streams: the default, all, and each alone."""

ORGANIZATION = {LIST_ACCOUNTS, LIST_ACCOUNTS_FOR_PARENT, LIST_UNITS_FOR_PARENT}

Grant = tuple[str, str]
"""An action, and the resource on which it is allowed."""


def called(
    names: Iterable[str], *, list_regions: bool, list_accounts: bool
) -> set[Operation]:
    """The operations of these streams and switches."""
    operations = {
        call
        for stream in streams()
        if stream.name in set(names)
        for call in stream.operations
    }
    operations |= {LIST_REGIONS} if list_regions else set()
    return operations | (ORGANIZATION if list_accounts else set())


def grants(
    operations: Iterable[Operation], account: str, partition: str = "aws"
) -> set[Grant]:
    """The grants for some operations in one account."""
    resources = {
        "*": "*",
        "hyper-parameter-tuning-job/*": (
            f"arn:{partition}:sagemaker:*:{account}:hyper-parameter-tuning-job/*"
        ),
        "training-job/*": f"arn:{partition}:sagemaker:*:{account}:training-job/*",
    }
    return {(call.iam_action, resources[call.resource]) for call in operations}


def stated(statements: Iterable[dict[str, Any]]) -> set[Grant]:
    """The grants in policy statements; each must be an Allow."""
    grants = set()
    for statement in statements:
        assert set(statement) == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        grants |= {(action, statement["Resource"]) for action in statement["Action"]}
    return grants
