"""Lists the accounts of an organization, and chooses among an account's regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_sagemaker_tuning.aws.operations import (
    LIST_ACCOUNTS,
    LIST_ACCOUNTS_FOR_PARENT,
    LIST_UNITS_FOR_PARENT,
)
from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.values import Summary, members, required_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Listing = Callable[..., Iterator[Summary]]
"""Calls an operation with its parameters, and yields the items of all pages."""

_ENABLED = {"ENABLED", "ENABLED_BY_DEFAULT"}


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


class AccountLister:
    """Lists the accounts of an organization."""

    def __init__(self, listed: Listing) -> None:
        """Prepare to list.

        Args:
            listed: Calls the API.
        """
        self._listed = listed

    def members(self, units: Sequence[str] | None) -> list[Member]:
        """List accounts.

        Args:
            units: IDs of organizational units, or of a root, whose accounts to list, at
                any depth; None: all accounts of the organization.

        Returns:
            The accounts, each once, sorted by ID.

        Raises:
            BotoCoreError, ClientError, TapError: They cannot be listed.
        """
        if units is None:
            items = list(self._listed(LIST_ACCOUNTS))
        else:
            items = list(self._in_units(units))
        with readable("an account of the organization"):
            found = {member.account_id: member for member in map(_member, items)}
        return [found[account_id] for account_id in sorted(found)]

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
    arn = required_text(account, "Arn").split(":")
    # AWS is replacing `Status` with `State`.
    state = account.get("State") or account.get("Status")
    return Member(required_text(account, "Id"), arn[1], is_active=state == "ACTIVE")


def enabled(regions: Iterable[Any], have_it: Iterable[str]) -> list[str]:
    """Choose the regions that are enabled and have SageMaker.

    Args:
        regions: The items of account:ListRegions.
        have_it: The names of the regions that have SageMaker.

    Returns:
        The names of those that are both, sorted.

    Raises:
        UnreadableError: An item is malformed.
    """
    with readable("a region of the account"):
        found = {
            required_text(members(region), "RegionName")
            for region in regions
            if members(region).get("RegionOptStatus") in _ENABLED
        }
    return sorted(found.intersection(have_it))
