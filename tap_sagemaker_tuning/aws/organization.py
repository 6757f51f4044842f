"""Lists the accounts of an organization, and chooses among an account's regions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore

from tap_sagemaker_tuning.aws.operations import (
    LIST_ACCOUNTS,
    LIST_ACCOUNTS_FOR_PARENT,
    LIST_UNITS_FOR_PARENT,
)
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.printable import printable
from tap_sagemaker_tuning.settings.roles import ACCOUNT
from tap_sagemaker_tuning.values import OddError, Summary, members, required_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Listing = Callable[..., Iterator[Summary]]
"""Calls an operation with its parameters, and yields the items of all pages."""

_ARN = re.compile(r"arn:(aws[a-z-]*):organizations::")
_ENABLED = {"ENABLED", "ENABLED_BY_DEFAULT"}
_NOT_ENABLED = {"DISABLED", "DISABLING", "ENABLING"}
_LONGEST_STATUS = 50  # characters
_NOT_IN_BOTOCORE = (
    f"botocore {botocore.__version__} does not know it: update boto3, or name the "
    "regions to read"
)


class Regions(NamedTuple):
    """The regions of an account.

    Attributes:
        to_read: The names of those that are enabled and have SageMaker, sorted.
        uncertain: Why a region that is enabled is not read, by its name.
        undecided: Why it is not known whether a region is enabled, by its name.
    """

    to_read: list[str]
    uncertain: dict[str, str]
    undecided: dict[str, str]


class Member(NamedTuple):
    """An account of an organization.

    Attributes:
        account_id: Its ID.
        partition: Its partition, such as `aws`.
        is_active: Whether it is active: not suspended, closed or still being created.
    """

    account_id: str
    partition: str
    is_active: bool


class Members(NamedTuple):
    """The accounts of an organization.

    Attributes:
        read: The accounts, each once, sorted by ID.
        malformed: The error of each account that cannot be parsed, after its ID if that
            is known.
    """

    read: list[Member]
    malformed: list[tuple[str | None, UnreadableError]]


class AccountLister:
    """Lists the accounts of an organization."""

    def __init__(self, listed: Listing) -> None:
        """Prepare to list.

        Args:
            listed: Calls the API.
        """
        self._listed = listed

    def members(self, units: Sequence[str] | None) -> Members:
        """List accounts.

        Args:
            units: IDs of organizational units, or of a root, whose accounts to list, at
                any depth; None: all accounts of the organization.

        Returns:
            The accounts, and those that cannot be parsed.

        Raises:
            BotoCoreError, ClientError, TapError: They cannot be listed.
        """
        if units is None:
            items = list(self._listed(LIST_ACCOUNTS))
        else:
            items = list(self._in_units(units))
        by_id: dict[str, Member] = {}
        malformed: list[tuple[str | None, UnreadableError]] = []
        for item in items:
            try:
                with readable("an account of the organization"):
                    member = _member(item)
            except UnreadableError as error:
                malformed.append((_account_id(item), error))
            else:
                by_id[member.account_id] = member
        return Members([by_id[account_id] for account_id in sorted(by_id)], malformed)

    def _in_units(self, units: Iterable[str]) -> Iterator[Summary]:
        left, seen = list(units), set(units)
        while left:
            parent = left.pop()
            yield from self._listed(LIST_ACCOUNTS_FOR_PARENT, ParentId=parent)
            for unit in self._listed(LIST_UNITS_FOR_PARENT, ParentId=parent):
                with readable("an organizational unit"):
                    unit_id = required_text(members(unit), "Id")
                if unit_id not in seen:
                    seen.add(unit_id)
                    left.append(unit_id)


def _member(item: Any) -> Member:
    account = members(item)
    account_id, arn = _account_id(item), _ARN.match(required_text(account, "Arn"))
    # AWS is replacing `Status` with `State`.
    state = account.get("State") or account.get("Status")
    if not (account_id and arn and state):
        msg = "it lacks its ID of 12 digits, its ARN or its state"
        raise OddError(msg)
    return Member(account_id, arn[1], is_active=state == "ACTIVE")


def _account_id(item: Any) -> str | None:
    """The ID of an account, if it has one."""
    account_id = item.get("Id") if isinstance(item, dict) else None
    is_fine = isinstance(account_id, str) and ACCOUNT.fullmatch(account_id)
    return account_id if is_fine else None


def enabled(
    regions: Iterable[Any], have_it: Collection[str], known: Collection[str]
) -> Regions:
    """Choose the regions that are enabled and have SageMaker.

    Args:
        regions: The items of account:ListRegions.
        have_it: The names of the regions that have SageMaker.
        known: The names of all regions that botocore knows.

    Returns:
        The regions to read, and those that may have to be read.

    Raises:
        UnreadableError: An item is malformed.
    """
    with readable("a region of the account"):
        statuses = {
            required_text(members(region), "RegionName"): region.get("RegionOptStatus")
            for region in regions
        }
    choice = Regions([], {}, {})
    for name, status in sorted(statuses.items()):
        if status in _ENABLED and name in have_it:
            choice.to_read.append(name)
        elif status in _ENABLED and name not in known:
            choice.uncertain[name] = _NOT_IN_BOTOCORE
        elif status not in _ENABLED | _NOT_ENABLED:
            shown = printable(str(status), _LONGEST_STATUS)
            choice.undecided[name] = f"its status {shown} is unknown to the tap"
    return choice
