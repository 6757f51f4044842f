"""Finds the accounts and regions that a sync reads: named in settings, or from AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.exceptions import NotReadError, SettingsError
from tap_sagemaker_tuning.settings import ENABLED, RoleToAssume
from tap_sagemaker_tuning.settings.roles import Role
from tap_sagemaker_tuning.sync.failures import Failure, some_of
from tap_sagemaker_tuning.sync.interruptible import interruptible, side_by_side

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Iterable,
        Iterator,
        Sequence,
    )

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.credentials import Account
    from tap_sagemaker_tuning.aws.organization import Member, Members, Regions
    from tap_sagemaker_tuning.aws.sessions import Sessions
    from tap_sagemaker_tuning.settings import Organization, Settings

_NO_ACCOUNT = (
    "organization: there is no active account to read. Check organizational_units and "
    "exclude_accounts"
)
_NO_REGION = (
    "ListRegions: there is no region to read: none of those listed is enabled and has "
    "SageMaker. Enable one, or name the regions to read"
)
_AT_ONCE = 16  # accounts whose regions are listed concurrently


@dataclass
class Discovered:
    """The accounts and regions that a sync reads.

    Attributes:
        clients: One per account and region, in order, not yet opened.
        failures: What could not be discovered: everything, an account, or its regions.
        roles: The role to assume in each scope, except the caller's own account.
        uncertain: Why a scope in an enabled region is not read.
        undecided: Why it is not known whether a scope's region is enabled: its account
            has failed.
        listed: Sentences for the log about what AWS listed.
        is_of_organization: Whether accounts come and go with the organization.
        accounts: IDs of the accounts to read, including any whose regions are unknown.
        with_all_regions: IDs of the accounts that are read in all enabled regions.
    """

    clients: list[Client] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    roles: dict[Scope, RoleToAssume] = field(default_factory=dict)
    uncertain: dict[Scope, str] = field(default_factory=dict)
    undecided: dict[Scope, str] = field(default_factory=dict)
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

    def error_in(self, scope: Scope) -> Exception | None:
        """The error that leaves it unknown whether to read a scope, if any."""
        reasons = self.uncertain | self.undecided
        if scope in reasons:
            return NotReadError(f"Nothing was read: {reasons[scope]}")
        accounts = {None, scope.account_id}
        errors = (of.error for of in self.failures if of.account_id in accounts)
        return next(errors, None)

    @property
    def warnings(self) -> list[str]:
        """Sentences about the regions in `uncertain`."""
        accounts: dict[tuple[str, str], list[str]] = {}
        for scope, reason in self.uncertain.items():
            accounts.setdefault((scope.region, reason), []).append(scope.account_id)
        return [
            f"regions: {region} of account {some_of(listed)} is not read: {reason}"
            for (region, reason), listed in accounts.items()
        ]

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

    discovered = Discovered(is_of_organization=settings.organization is not None)
    try:
        sessions = Sessions(settings)
        chosen = interruptible(
            lambda: list(_accounts(settings, sessions, discovered)), check_signal
        )
    except Exception as error:  # noqa: BLE001 - it is reported in the end
        discovered.fail(error)
        return discovered
    discovered.accounts = {account.account_id for account, _, _ in chosen}
    asked = [account for account, regions, _ in chosen if ENABLED in regions]
    discovered.with_all_regions = {account.account_id for account in asked}
    listed = side_by_side(sessions.enabled_regions, asked, _AT_ONCE, check_signal)
    enabled = _enabled(listed, discovered)
    reached: set[Scope] = set()
    for account, regions, role in chosen:
        is_asked = ENABLED in regions
        read = enabled.get(account.account_id, ()) if is_asked else regions
        clients = [sessions.client(account, region) for region in read]
        for client in clients:
            if client.scope in reached:
                msg = f"assume_roles: 2 entries reach {client.scope}"
                discovered.fail(SettingsError(msg))
                continue
            reached.add(client.scope)
            discovered.clients.append(client)
            if role:
                discovered.roles[client.scope] = role
    if enabled:
        regions_found = sum(map(len, enabled.values()))
        accounts = "1 account" if len(enabled) == 1 else f"{len(enabled)} accounts"
        discovered.listed.append(f"regions: {regions_found} enabled in {accounts}")
    return discovered


def _accounts(
    settings: Settings, sessions: Sessions, discovered: Discovered
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
            discovered.fail(error)
        else:
            for account_id, problem in listed.malformed:
                discovered.fail(problem, account_id)
            roles += _roles(settings.organization, listed.read, roles, discovered)
    elif settings.assume_roles is None:
        regions = sessions.regions(settings.regions)
        yield sessions.own_account(regions[0]), regions, None
    for role in roles:
        regions = sessions.regions(role.regions or settings.regions)
        first = None if ENABLED in regions else regions[0]
        yield sessions.assumed(role, first), regions, role


def _enabled(
    listed: Iterable[tuple[Account, Regions | Exception]], discovered: Discovered
) -> dict[str, list[str]]:
    """Return the regions to read, by account ID, and note what cannot be read."""
    to_read: dict[str, list[str]] = {}
    for account, regions in listed:
        if isinstance(regions, Exception):
            discovered.fail(regions, account.account_id)
            continue
        if regions.to_read:
            to_read[account.account_id] = regions.to_read
        else:
            discovered.fail(NotReadError(_NO_REGION), account.account_id)
        for region, reason in regions.uncertain.items():
            discovered.uncertain[Scope(account.account_id, region)] = reason
        for region, reason in regions.undecided.items():
            discovered.undecided[Scope(account.account_id, region)] = reason
            msg = f"{region} is not read: {reason}. Update the tap, or name the regions"
            discovered.fail(NotReadError(msg), account.account_id)
    return to_read


def _members(organization: Organization, sessions: Sessions) -> Members:
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
    discovered: Discovered,
) -> list[RoleToAssume]:
    """Return the roles of the accounts to read that have no `assume_roles` entry."""
    excluded = organization.exclude_accounts or ()
    active = [member for member in listed if member.is_active]
    wanted = [member for member in active if member.account_id not in excluded]
    discovered.listed.append(
        f"organization: {len(wanted)} accounts to read, "
        f"{len(listed) - len(active)} not active, {len(active) - len(wanted)} excluded"
    )
    if not wanted:
        discovered.fail(NotReadError(_NO_ACCOUNT))
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
