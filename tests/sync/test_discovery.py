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
        parsed = Role.parse(role.role_arn)
        return Account(parsed.account_id, parsed.partition, None)

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


def returned(answer: Any) -> Any:
    """Return a value, or raise it if it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer


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


def scopes(discovered: Discovered) -> list[Scope]:
    """The scopes to read, in order."""
    return [client.scope for client in discovered.clients]


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
            discovered = find(settings(**chosen))
            assert scopes(discovered) == [Scope(OWN, region) for region in regions]
            assert (discovered.roles, discovered.failures, discovered.accounts) == (
                {},
                [],
                {OWN},
            )

    def test_roles(self, find: Find) -> None:
        """Each role is read in its own regions, or else in those of the settings, in
        order."""
        roles = [role(TWO), role(ONE, regions=[WEST])]
        discovered = find(settings(assume_roles=roles, regions=[EAST]))
        assert scopes(discovered) == [Scope(TWO, EAST), Scope(ONE, WEST)]
        assert {scope: of.role_arn for scope, of in discovered.roles.items()} == {
            Scope(TWO, EAST): roles[0]["role_arn"],
            Scope(ONE, WEST): roles[1]["role_arn"],
        }

    def test_enabled_regions(self, find: Find) -> None:
        """Each account is read in the regions that are enabled there."""
        listed = {ONE: Regions([EAST, WEST], {}, {}), TWO: Regions([WEST], {}, {})}
        config = {"assume_roles": [role(ONE), role(TWO)], "regions": ["enabled"]}
        discovered = find(settings(**config), Sessions(listed))
        assert scopes(discovered) == [
            Scope(ONE, EAST),
            Scope(ONE, WEST),
            Scope(TWO, WEST),
        ]
        assert discovered.listed == ["regions: 3 enabled in 2 accounts"]
        assert discovered.with_all_regions == {ONE, TWO}

    def test_an_organization(self, find: Find) -> None:
        """Active accounts that are not excluded are read, each by the role of its
        partition, or by its own entry of assume_roles."""
        listed = members(ONE, TWO, THREE)
        listed.read.append(Member("4" * 12, "aws", is_active=False))
        listed.read.append(Member("5" * 12, "aws-cn", is_active=True))
        of = {"role_name": "team/reader", "exclude_accounts": [TWO]}
        config = {"organization": of, "assume_roles": [role(ONE, regions=[WEST])]}
        discovered = find(settings(**config), Sessions(organized=listed))
        assert [discovered.roles[scope].role_arn for scope in scopes(discovered)] == [
            role(ONE)["role_arn"],
            f"arn:aws:iam::{THREE}:role/team/reader",
            f"arn:aws-cn:iam::{'5' * 12}:role/team/reader",
        ]
        assert discovered.listed == [
            "organization: 3 accounts to read, 1 not active, 1 excluded"
        ]

    def test_who_lists_the_organization(self, find: Find) -> None:
        """The accounts are listed by the caller, or through the role for that."""
        of: dict[str, Any] = {"role_name": "reader"}
        lister = {"list_role_arn": role(THREE)["role_arn"]}
        for more, account in (({}, None), (lister, THREE)):
            sessions = Sessions(organized=members(ONE))
            discovered = find(settings(organization={**of, **more}), sessions)
            assert scopes(discovered) == [Scope(ONE, EAST)]
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
        discovered = find(settings(), sessions)
        (failure,) = discovered.failures
        assert (scopes(discovered), failure.account_id) == ([], None)
        assert discovered.error_in(Scope(OWN, EAST)) is failure.error

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
        discovered = find(settings(**config), Sessions(accounts))
        assert scopes(discovered) == [Scope(TWO, EAST)]
        denied, empty = discovered.failures
        assert (denied.account_id, denied.error) == (ONE, DENIED)
        assert (empty.account_id, "no region to read" in str(empty)) == (THREE, True)
        assert discovered.error_in(Scope(ONE, WEST)) is DENIED
        assert discovered.error_in(Scope(TWO, WEST)) is None
        assert discovered.accounts == {ONE, TWO, THREE}
        assert discovered.listed == ["regions: 1 enabled in 1 account"]

    def test_a_region_that_is_not_understood(self, find: Find) -> None:
        """A region that may have to be read is not read; one warning names it for all
        accounts."""
        listed = Regions([EAST], {"xx-moon-1": "it is unknown"}, {})
        config = {"assume_roles": [role(ONE), role(TWO)], "regions": ["enabled"]}
        discovered = find(settings(**config), Sessions({ONE: listed, TWO: listed}))
        assert scopes(discovered) == [Scope(ONE, EAST), Scope(TWO, EAST)]
        assert discovered.failures == []
        assert discovered.warnings == [
            f"regions: xx-moon-1 of account {ONE}, {TWO} is not read: it is unknown"
        ]
        error = discovered.error_in(Scope(ONE, "xx-moon-1"))
        assert str(error) == "Nothing was read: it is unknown"

    def test_an_organization_that_cannot_be_listed(self, find: Find) -> None:
        """If the organization cannot be listed, entries of assume_roles are read."""
        denied = answer("AccessDeniedException", LIST_ACCOUNTS)
        config = {**ORGANIZATION, "assume_roles": [role(ONE)]}
        discovered = find(settings(**config), Sessions(organized=denied))
        assert scopes(discovered) == [Scope(ONE, EAST)]
        assert [failure.error for failure in discovered.failures] == [denied]
        assert discovered.error_in(Scope(TWO, EAST)) is denied

    def test_a_malformed_account(self, find: Find) -> None:
        """A malformed account fails by its ID, and the others are read."""
        odd = UnreadableError("odd")
        discovered = find(
            settings(**ORGANIZATION),
            Sessions(organized=members(ONE, malformed=[(TWO, odd)])),
        )
        assert scopes(discovered) == [Scope(ONE, EAST)]
        (failure,) = discovered.failures
        assert (failure.account_id, failure.error) == (TWO, odd)

    def test_nobody_to_read(self, find: Find) -> None:
        """An organization without an account to read is a failure."""
        discovered = find(settings(**ORGANIZATION), Sessions(organized=members()))
        (failure,) = discovered.failures
        assert "no active account" in str(failure)

    def test_two_entries_of_one_scope(self, find: Find) -> None:
        """A scope that two entries reach is read once, and that is a failure."""
        roles = [role(ONE), role(ONE, regions=[EAST])]
        discovered = find(settings(assume_roles=roles))
        assert scopes(discovered) == [Scope(ONE, EAST)]
        (failure,) = discovered.failures
        assert f"2 entries reach account {ONE}, {EAST}" in str(failure)


class TestRemoved:
    """Who decides that a scope is no longer read: AWS or the settings."""

    @pytest.mark.parametrize(
        ("discovered", "has_left"),
        [
            (Discovered(accounts={TWO}), False),
            (Discovered(accounts={ONE, TWO}, with_all_regions={ONE}), True),
            (Discovered(accounts={TWO}, is_of_organization=True), True),
            (Discovered(accounts={ONE}, is_of_organization=True), False),
        ],
        ids=["role", "region", "account", "other region"],
    )
    def test_has_left(self, discovered: Discovered, *, has_left: bool) -> None:
        """A region is no longer enabled, or an account has left the organization;
        otherwise, the settings leave a scope out."""
        assert discovered.has_left(ONE) is has_left

    @pytest.mark.parametrize(
        ("discovered", "is_so"),
        [
            (Discovered(accounts={THREE}, is_of_organization=True), True),
            (Discovered(accounts={TWO, THREE}, is_of_organization=True), False),
            (Discovered(accounts={THREE}), False),
        ],
        ids=["all", "some", "roles"],
    )
    def test_has_none_of(self, discovered: Discovered, *, is_so: bool) -> None:
        """All accounts of earlier syncs have left the organization."""
        assert discovered.has_none_of({ONE, TWO}) is is_so
