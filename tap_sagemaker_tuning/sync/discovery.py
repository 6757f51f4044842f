"""Finds the accounts and regions that a sync reads: named in settings, or from AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.scope import Role
from tap_sagemaker_tuning.exceptions import NotReadError, SettingsError
from tap_sagemaker_tuning.settings import ENABLED, RoleToAssume
from tap_sagemaker_tuning.sync.failures import Failure
from tap_sagemaker_tuning.sync.interruptible import interruptible, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.credentials import Account
    from tap_sagemaker_tuning.aws.organization import Member
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.aws.sessions import Sessions
    from tap_sagemaker_tuning.settings import Organization, Settings

_NO_ACCOUNT = (
    "organization: there is no active account to read. Check organizational_units and "
    "exclude_accounts"
)
_AT_ONCE = 16  # accounts whose regions are listed concurrently


@dataclass
class Discovered:
    """The accounts and regions that a sync reads.

    Attributes:
        clients: One per account and region, in order, not yet opened.
        failures: What could not be discovered: everything, an account, or its regions.
        roles: The role to assume in each scope, except the caller's own account.
        listed: Sentences for the log about what AWS listed.
        is_of_organization: Whether accounts come and go with the organization.
        accounts: IDs of the accounts to read, including any whose regions are unknown.
        with_all_regions: IDs of the accounts that are read in all enabled regions.
    """

    clients: list[Client] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    roles: dict[Scope, RoleToAssume] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    is_of_organization: bool = False
    accounts: set[str] = field(default_factory=set)
    with_all_regions: set[str] = field(default_factory=set)

    def fail(self, error: Exception, account_id: str | None = None) -> None:
        """Record a failure to discover one account or its regions, or everything."""
        failure = Failure(
            scope=None, tuning_job=None, error=error, account_id=account_id
        )
        self.failures.append(failure)

    def failure_in(self, account_id: str) -> Failure | None:
        """The failure that leaves an account or its regions unknown, if any."""
        found = (of for of in self.failures if of.account_id in {None, account_id})
        return next(found, None)

    def has_left(self, account_id: str) -> bool:
        """Whether AWS, and not the settings, leaves out a scope that has no client.

        Args:
            account_id: The account of the scope, which an earlier sync read.
        """
        if account_id in self.with_all_regions:
            return True
        return self.is_of_organization and account_id not in self.accounts

    def has_none_of(self, accounts: Collection[str]) -> bool:
        """Whether all these accounts, which earlier syncs read, left the organization.

        Args:
            accounts: Their IDs.
        """
        return self.is_of_organization and self.accounts.isdisjoint(accounts)


def discover(settings: Settings, check_signal: Callable[[], None]) -> Discovered:
    """Find the accounts and regions that the settings choose.

    Args:
        settings: The settings.
        check_signal: Raises SystemExit if the sync should stop.

    Returns:
        What was found. Its `failures` are what could not be found; they do not stop
        the rest.
    """
    # Imported here because it loads boto3, which --version, --about and --discover do
    # without.
    from tap_sagemaker_tuning.aws.sessions import Sessions  # noqa: PLC0415

    found = Discovered(is_of_organization=settings.organization is not None)
    try:
        sessions = Sessions(settings)
        chosen = interruptible(
            lambda: list(_accounts(settings, sessions, found)), check_signal
        )
    except Exception as error:  # noqa: BLE001 - it is reported in the end
        found.fail(error)
        return found
    found.accounts = {account.account_id for account, _, _ in chosen}
    asked = [account for account, regions, _ in chosen if ENABLED in regions]
    found.with_all_regions = {account.account_id for account in asked}
    enabled: dict[str, list[str]] = {}
    for account, answer in side_by_side(
        sessions.enabled_regions, asked, _AT_ONCE, check_signal
    ):
        if isinstance(answer, Exception):
            found.fail(answer, account.account_id)
        else:
            enabled[account.account_id] = answer
    reached: set[Scope] = set()
    for account, regions, role in chosen:
        is_asked = ENABLED in regions
        read = enabled.get(account.account_id, ()) if is_asked else regions
        clients = [sessions.client(account, region) for region in read]
        for client in clients:
            if client.scope in reached:
                msg = f"assume_roles: 2 entries reach {client.scope}"
                found.fail(SettingsError(msg))
                continue
            reached.add(client.scope)
            found.clients.append(client)
            if role:
                found.roles[client.scope] = role
    if asked:
        regions_found = sum(map(len, enabled.values()))
        found.listed.append(
            f"regions: {regions_found} enabled in {len(enabled)} accounts"
        )
    return found


def _accounts(
    settings: Settings, sessions: Sessions, found: Discovered
) -> Iterator[tuple[Account, Sequence[str], RoleToAssume | None]]:
    """Yield the accounts, each with its regions and the role to assume.

    Raises:
        NoRegionError: Neither the settings nor the AWS configuration name a region.
        BotoCoreError, ClientError: The caller's own account cannot be determined.
    """
    roles = list(settings.assume_roles or ())
    if settings.organization:
        try:
            listed = _members(settings.organization, sessions)
        except Exception as error:  # noqa: BLE001 - the other accounts are read
            found.fail(error)
        else:
            roles += _roles(settings.organization, listed, roles, found)
    elif settings.assume_roles is None:
        regions = sessions.regions(settings.regions)
        yield sessions.own_account(regions[0]), regions, None
    for role in roles:
        regions = sessions.regions(role.regions or settings.regions)
        first = None if ENABLED in regions else regions[0]
        yield sessions.assumed(role, first), regions, role


def _members(organization: Organization, sessions: Sessions) -> list[Member]:
    """List the accounts of an organization."""
    lister = None
    if organization.list_role_arn:
        role = RoleToAssume(
            role_arn=organization.list_role_arn, external_id=organization.external_id
        )
        lister = sessions.assumed(role, None)
    units = organization.organizational_units
    return sessions.organization(lister).members(units)


def _roles(
    organization: Organization,
    listed: Sequence[Member],
    entries: Sequence[RoleToAssume],
    found: Discovered,
) -> list[RoleToAssume]:
    """Return the roles of the accounts to read that have no `assume_roles` entry."""
    excluded = organization.exclude_accounts or ()
    active = [member for member in listed if member.is_active]
    wanted = [member for member in active if member.account_id not in excluded]
    found.listed.append(
        f"organization: {len(wanted)} accounts to read, "
        f"{len(listed) - len(active)} not active, {len(active) - len(wanted)} excluded"
    )
    if not wanted:
        found.fail(NotReadError(_NO_ACCOUNT))
    have_entry = {Role.parse(entry.role_arn).account_id for entry in entries}
    return [
        RoleToAssume(
            role_arn=f"arn:{member.partition}:iam::{member.account_id}:role/"
            + organization.role_name,
            external_id=organization.external_id,
        )
        for member in wanted
        if member.account_id not in have_entry
    ]
