"""IAM policies, made from the table of operations: who calls what, on which resource.

The templates of this folder and the policies in the documentation come from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.operations import (
    LIST_ACCOUNTS,
    LIST_ACCOUNTS_FOR_PARENT,
    LIST_REGIONS,
    LIST_UNITS_FOR_PARENT,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_sagemaker_tuning.aws.operations import Operation

Statement = dict[str, Any]

SWITCHES: dict[str, tuple[Operation, ...]] = {
    "list_regions": (LIST_REGIONS,),
    "list_accounts": (LIST_ACCOUNTS, LIST_ACCOUNTS_FOR_PARENT, LIST_UNITS_FOR_PARENT),
}
"""What finds regions and accounts, by the name of what allows it in the templates."""


def statements(
    calls: Iterable[Operation], *, partition: str, account: str
) -> list[Statement]:
    """The least statements that allow some calls: one per resource.

    Args:
        calls: The operations to allow.
        partition: The partition of the resources, or what stands for it in a template.
        account: The account of the resources, or what stands for it.
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
