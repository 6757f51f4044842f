"""An AWS organization: its accounts and units, and the regions of each account.

Emulates the listings of AWS Organizations, and ListRegions of AWS Account Management.
There is no public recording of either; shapes and names come from the service model.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.errors import ServiceError

if TYPE_CHECKING:
    from emulator.request import Request

ROOT = "r-emul"
MANAGEMENT = "123456789012"
MAX_RESULTS = 20
_BY_DEFAULT = ("ap-southeast-2", "eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
_OPT_IN = ("af-south-1", "eu-south-1", "me-south-1")


@dataclass
class Organization:
    """An organization, which tests can change at any time.

    Attributes:
        accounts: The state of each account, by id: ACTIVE, SUSPENDED, ….
        unit_of: The parent of each account, by id; the root by default.
        parents: The parent of each organizational unit.
        regions: Opt status of regions that differ from the default, by account id.
        with_state: Whether accounts have the newer member `State`.
    """

    accounts: dict[str, str] = field(default_factory=dict)
    unit_of: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    regions: dict[str, dict[str, str]] = field(default_factory=dict)
    with_state: bool = True
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def join(self, account: str, unit: str = ROOT) -> None:
        """Add an active account."""
        with self._lock:
            self.accounts[account] = "ACTIVE"
            self.unit_of[account] = unit

    def leave(self, account: str) -> None:
        """Remove an account."""
        with self._lock:
            del self.accounts[account]

    def members(self, parent: str | None = None) -> list[str]:
        """Return ids of all accounts, or of a unit's direct members, in no order."""
        with self._lock:
            return [
                account
                for account in reversed(self.accounts)
                if parent in {None, self.unit_of.get(account, ROOT)}
            ]

    def shown(self, account: str) -> dict[str, Any]:
        """Return an account as listings show it."""
        owner = f"arn:aws:organizations::{MANAGEMENT}:account/o-emulated01"
        state = self.accounts[account]
        of_old = "SUSPENDED" if state == "CLOSED" else state
        return {
            "Id": account,
            "Arn": f"{owner}/{account}",
            "Email": f"aws+{account}@example.com",
            "Name": f"account {account}",
            "Status": of_old,
            **({"State": state} if self.with_state else {}),
            "JoinedMethod": "CREATED",
        }

    def opt_status(self, account: str) -> dict[str, str]:
        """Return the opt status of every region in an account."""
        usual = dict.fromkeys(_BY_DEFAULT, "ENABLED_BY_DEFAULT")
        return (
            usual | dict.fromkeys(_OPT_IN, "DISABLED") | self.regions.get(account, {})
        )


def list_accounts(request: Request) -> dict[str, Any]:
    """ListAccounts."""
    return _accounts(request, None)


def list_accounts_for_parent(request: Request) -> dict[str, Any]:
    """ListAccountsForParent."""
    return _accounts(request, _parent(request))


def list_units_for_parent(request: Request) -> dict[str, Any]:
    """ListOrganizationalUnitsForParent."""
    _require_membership(request)
    parents, parent = request.organization.parents, _parent(request)
    inside = [unit for unit, its in parents.items() if its == parent]
    found, token = request.rows(inside, request.params.get("MaxResults", MAX_RESULTS))
    units = [{"Id": unit, "Name": f"unit {unit}"} for unit in found]
    return {"OrganizationalUnits": units, **token}


def list_regions(request: Request) -> dict[str, Any]:
    """ListRegions of AWS Account Management, for the caller's own account."""
    status = request.organization.opt_status(request.scope.home.account)
    wanted = request.params.get("RegionOptStatusContains") or set(status.values())
    rows = [
        {"RegionName": region, "RegionOptStatus": status[region]}
        for region in sorted(status)
        if status[region] in wanted
    ]
    found, token = request.rows(rows, request.params.get("MaxResults", 50))
    return {"Regions": found, **token}


def _accounts(request: Request, parent: str | None) -> dict[str, Any]:
    _require_membership(request)
    organization = request.organization
    rows = organization.members(parent)
    found, token = request.rows(rows, request.params.get("MaxResults", MAX_RESULTS))
    return {"Accounts": [organization.shown(account) for account in found], **token}


def _parent(request: Request) -> str:
    parent = str(request.params["ParentId"])
    if parent not in {ROOT, *request.organization.parents}:
        code = "ParentNotFoundException"
        raise ServiceError(
            code, f"You specified a parent that does not exist: {parent}"
        )
    return parent


def _require_membership(request: Request) -> None:
    """Refuse callers that are not in the management account."""
    if not request.organization.accounts:
        code = "AWSOrganizationsNotInUseException"
        raise ServiceError(code, "Your account is not a member of an organization.")
    if request.scope.home.account != MANAGEMENT:
        code = "AccessDeniedException"
        message = "You don't have permissions to access this resource."
        raise ServiceError(code, message)
