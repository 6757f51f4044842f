"""Which scopes a sync reads, and what each failure to find them costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import botocore.exceptions as aws
import pytest

from tap_sagemaker_tuning.aws.credentials import Account
from tap_sagemaker_tuning.aws.operations import LIST_ACCOUNTS, LIST_REGIONS
from tap_sagemaker_tuning.aws.organization import Member, Members, Regions
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.settings.roles import Role
from tap_sagemaker_tuning.sync.discovery import Discovered, discover
from tests.sync.factories import answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ONE, TWO, THREE = "111111111111", "222222222222", "333333333333"
OWN = "123456789012"
EAST, WEST = "us-east-1", "us-west-2"
DENIED = answer("AccessDeniedException", LIST_REGIONS)


class Client:
    """The client of a scope."""

    def __init__(self, account: Account, region: str) -> None:
        """Take the scope."""
        self.scope = Scope(account.account_id, region)


@dataclass
class Sessions:
    """Accounts and regions as AWS would list them.

    Attributes:
        regions_of: What listing the regions of an account returns or raises.
        organized: What listing the accounts of the organization returns or raises.
        own: The caller's own account, or why it is unknown.
        chain: The region that boto3 is configured with.
        lister: The account that listed the organization; None: the caller's.
    """

    regions_of: Mapping[str, Regions | Exception] = field(default_factory=dict)
    organized: Members | Exception | None = None
    own: str | Exception = OWN
    chain: str | None = EAST
    lister: str | None = None

    def regions(self, chosen: Sequence[str] | None) -> Sequence[str]:
        """The chosen regions, or that of the chain."""
        if not (chosen or self.chain):
            raise aws.NoRegionError
        return chosen or [str(self.chain)]

    def own_account(self, _: str) -> Account:
        """The caller's account."""
        return Account(returned(self.own), "aws", None)

    def assumed(self, role: Any, _: str | None) -> Account:
        """A role's account."""
        found = Role.parse(role.role_arn)
        return Account(found.account_id, found.partition, None)

    def enabled_regions(self, account: Account) -> Any:
        """The regions of an account."""
        return returned(self.regions_of[account.account_id])

    def organization(self, lister: Account | None) -> Sessions:
        """Lists accounts, through an account if there is one."""
        self.lister = lister.account_id if lister else None
        return self

    def members(self, _: Any) -> Any:
        """The accounts of the organization."""
        return returned(self.organized)

    def client(self, account: Account, region: str) -> Client:
        """The client of a scope."""
        return Client(account, region)


def returned(found: Any) -> Any:
    """Return a value, or raise it if it is an error."""
    if isinstance(found, Exception):
        raise found
    return found


class Find(Protocol):
    """Discovers what AWS lists, under some settings."""

    def __call__(
        self, settings: Settings, sessions: Sessions | None = None
    ) -> Discovered:
        """Discover it."""


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Find:
    """Discovers what AWS lists, under some settings."""

    def find(settings: Settings, sessions: Sessions | None = None) -> Discovered:
        listed = sessions or Sessions()
        place = "tap_sagemaker_tuning.aws.sessions.Sessions"
        monkeypatch.setattr(place, lambda _: listed)
        return discover(settings, lambda: None)

    return find


def settings(**config: Any) -> Settings:
    """Settings, as a configuration has them."""
    return Settings.of(config)


def role(account: str, **more: Any) -> dict[str, Any]:
    """An entry of assume_roles."""
    return {"role_arn": f"arn:aws:iam::{account}:role/reader", **more}


def scopes(found: Discovered) -> list[Scope]:
    """The scopes to read, in order."""
    return [client.scope for client in found.clients]


def members(*accounts: str, **others: Any) -> Members:
    """Active accounts of an organization."""
    active = [Member(account, "aws", is_active=True) for account in accounts]
    return Members(active, others.get("malformed", []))


ORGANIZATION: dict[str, Any] = {"organization": {"role_name": "reader"}}


class TestScopes:
    """What is found where nothing fails."""

    def test_the_callers_own_account(self, find: Find) -> None:
        """Without roles and an organization, the caller's account is read, without a
        role, in the chosen regions or in that of the chain."""
        for chosen, regions in (
            ({}, [EAST]),
            ({"regions": [WEST, EAST]}, [WEST, EAST]),
        ):
            found = find(settings(**chosen))
            assert scopes(found) == [Scope(OWN, region) for region in regions]
            assert (found.roles, found.failures, found.accounts) == ({}, [], {OWN})

    def test_roles(self, find: Find) -> None:
        """Each role is read in its own regions, or else in those of the settings, in
        order."""
        roles = [role(TWO), role(ONE, regions=[WEST])]
        found = find(settings(assume_roles=roles, regions=[EAST]))
        assert scopes(found) == [Scope(TWO, EAST), Scope(ONE, WEST)]
        assert {scope: of.role_arn for scope, of in found.roles.items()} == {
            Scope(TWO, EAST): roles[0]["role_arn"],
            Scope(ONE, WEST): roles[1]["role_arn"],
        }

    def test_enabled_regions(self, find: Find) -> None:
        """Each account is read in the regions that are enabled there."""
        listed = {ONE: Regions([EAST, WEST], {}, {}), TWO: Regions([WEST], {}, {})}
        config = {"assume_roles": [role(ONE), role(TWO)], "regions": ["enabled"]}
        found = find(settings(**config), Sessions(listed))
        assert scopes(found) == [Scope(ONE, EAST), Scope(ONE, WEST), Scope(TWO, WEST)]
        assert found.listed == ["regions: 3 enabled in 2 accounts"]
        assert found.with_all_regions == {ONE, TWO}

    def test_an_organization(self, find: Find) -> None:
        """Active accounts that are not excluded are read, each by the role of its
        partition, or by its own entry of assume_roles."""
        listed = members(ONE, TWO, THREE)
        listed.read.append(Member("4" * 12, "aws", is_active=False))
        listed.read.append(Member("5" * 12, "aws-cn", is_active=True))
        of = {"role_name": "team/reader", "exclude_accounts": [TWO]}
        config = {"organization": of, "assume_roles": [role(ONE, regions=[WEST])]}
        found = find(settings(**config), Sessions(organized=listed))
        assert [found.roles[scope].role_arn for scope in scopes(found)] == [
            role(ONE)["role_arn"],
            f"arn:aws:iam::{THREE}:role/team/reader",
            f"arn:aws-cn:iam::{'5' * 12}:role/team/reader",
        ]
        assert found.listed == [
            "organization: 3 accounts to read, 1 not active, 1 excluded"
        ]

    def test_who_lists_the_organization(self, find: Find) -> None:
        """The accounts are listed by the caller, or through the role for that."""
        of: dict[str, Any] = {"role_name": "reader"}
        lister = {"list_role_arn": role(THREE)["role_arn"]}
        for more, account in (({}, None), (lister, THREE)):
            sessions = Sessions(organized=members(ONE))
            found = find(settings(organization={**of, **more}), sessions)
            assert scopes(found) == [Scope(ONE, EAST)]
            assert sessions.lister == account


class TestFailures:
    """A failure costs what it hides, and nothing else."""

    @pytest.mark.parametrize(
        "sessions",
        [Sessions(own=DENIED), Sessions(chain=None)],
        ids=["account", "region"],
    )
    def test_nothing_is_known(self, find: Find, sessions: Sessions) -> None:
        """If the caller's account or region is unknown, there is no scope, and nobody
        knows whether to read any."""
        found = find(settings(), sessions)
        (failure,) = found.failures
        assert (scopes(found), failure.account_id) == ([], None)
        assert found.error_in(Scope(OWN, EAST)) is failure.error

    def test_regions_of_one_account(self, find: Find) -> None:
        """If the regions of an account cannot be listed, or there is none to read, the
        others are read."""
        accounts: dict[str, Regions | Exception]
        accounts = {
            ONE: DENIED,
            TWO: Regions([EAST], {}, {}),
            THREE: Regions([], {}, {}),
        }
        config = {"assume_roles": [*map(role, accounts)], "regions": ["enabled"]}
        found = find(settings(**config), Sessions(accounts))
        assert scopes(found) == [Scope(TWO, EAST)]
        denied, empty = found.failures
        assert (denied.account_id, denied.error) == (ONE, DENIED)
        assert (empty.account_id, "no region to read" in str(empty)) == (THREE, True)
        assert found.error_in(Scope(ONE, WEST)) is DENIED
        assert found.error_in(Scope(TWO, WEST)) is None
        assert found.accounts == {ONE, TWO, THREE}
        assert found.listed == ["regions: 1 enabled in 1 account"]

    def test_a_region_that_is_not_understood(self, find: Find) -> None:
        """A region that may have to be read is not read; one warning names it for all
        accounts."""
        listed = Regions([EAST], {"xx-moon-1": "it is unknown"}, {})
        config = {"assume_roles": [role(ONE), role(TWO)], "regions": ["enabled"]}
        found = find(settings(**config), Sessions({ONE: listed, TWO: listed}))
        assert scopes(found) == [Scope(ONE, EAST), Scope(TWO, EAST)]
        assert found.failures == []
        assert found.warnings == [
            f"regions: xx-moon-1 of account {ONE}, {TWO} is not read: it is unknown"
        ]
        error = found.error_in(Scope(ONE, "xx-moon-1"))
        assert str(error) == "Nothing was read: it is unknown"

    def test_an_organization_that_cannot_be_listed(self, find: Find) -> None:
        """If the organization cannot be listed, entries of assume_roles are read."""
        denied = answer("AccessDeniedException", LIST_ACCOUNTS)
        config = {**ORGANIZATION, "assume_roles": [role(ONE)]}
        found = find(settings(**config), Sessions(organized=denied))
        assert scopes(found) == [Scope(ONE, EAST)]
        assert [failure.error for failure in found.failures] == [denied]
        assert found.error_in(Scope(TWO, EAST)) is denied

    def test_a_malformed_account(self, find: Find) -> None:
        """A malformed account fails by its ID, and the others are read."""
        odd = UnreadableError("odd")
        found = find(
            settings(**ORGANIZATION),
            Sessions(organized=members(ONE, malformed=[(TWO, odd)])),
        )
        assert scopes(found) == [Scope(ONE, EAST)]
        (failure,) = found.failures
        assert (failure.account_id, failure.error) == (TWO, odd)

    def test_nobody_to_read(self, find: Find) -> None:
        """An organization without an account to read is a failure."""
        found = find(settings(**ORGANIZATION), Sessions(organized=members()))
        (failure,) = found.failures
        assert "no active account" in str(failure)

    def test_two_entries_of_one_scope(self, find: Find) -> None:
        """A scope that two entries reach is read once, and that is a failure."""
        roles = [role(ONE), role(ONE, regions=[EAST])]
        found = find(settings(assume_roles=roles))
        assert scopes(found) == [Scope(ONE, EAST)]
        (failure,) = found.failures
        assert f"2 entries reach account {ONE}, {EAST}" in str(failure)


class TestRemoved:
    """Who decides that a scope is no longer read: AWS or the settings."""

    @pytest.mark.parametrize(
        ("found", "has_left"),
        [
            (Discovered(accounts={TWO}), False),
            (Discovered(accounts={ONE, TWO}, with_all_regions={ONE}), True),
            (Discovered(accounts={TWO}, is_of_organization=True), True),
            (Discovered(accounts={ONE}, is_of_organization=True), False),
        ],
        ids=["role", "region", "account", "other region"],
    )
    def test_has_left(self, found: Discovered, *, has_left: bool) -> None:
        """A region is no longer enabled, or an account has left the organization;
        otherwise, the settings leave a scope out."""
        assert found.has_left(ONE) is has_left

    @pytest.mark.parametrize(
        ("found", "is_so"),
        [
            (Discovered(accounts={THREE}, is_of_organization=True), True),
            (Discovered(accounts={TWO, THREE}, is_of_organization=True), False),
            (Discovered(accounts={THREE}), False),
        ],
        ids=["all", "some", "roles"],
    )
    def test_has_none_of(self, found: Discovered, *, is_so: bool) -> None:
        """All accounts of earlier syncs have left the organization."""
        assert found.has_none_of({ONE, TWO}) is is_so
