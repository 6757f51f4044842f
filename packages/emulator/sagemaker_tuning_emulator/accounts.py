"""AWS Organizations' listings, and ListRegions of AWS Account Management."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.organization import MANAGEMENT, ROOT

if TYPE_CHECKING:
    from sagemaker_tuning_emulator.request import Request

MAX_RESULTS = 20


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
