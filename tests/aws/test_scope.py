"""Scopes, and the roles that give access to them."""

from __future__ import annotations

import pytest

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.settings.roles import Role
from tests.configurations import BAD, GOOD


def test_a_scope_says_which_it_is() -> None:
    """A scope is printed for people, and as the context of a Singer state."""
    scope = Scope("111122223333", "eu-west-1")
    assert str(scope) == "account 111122223333, eu-west-1"
    assert scope.context == {"account_id": "111122223333", "region": "eu-west-1"}


def test_scopes_are_sorted_by_account() -> None:
    """Scopes are sorted by account and then by region."""
    scopes = [Scope("2", "a"), Scope("1", "b"), Scope("1", "a")]
    assert sorted(scopes) == [Scope("1", "a"), Scope("1", "b"), Scope("2", "a")]


ARNS = [
    config["assume_roles"][0]["role_arn"]
    for name, config in GOOD
    if name.startswith("role: ")
]


@pytest.mark.parametrize("arn", ARNS)
def test_a_roles_arn_tells_its_account(arn: str) -> None:
    """A role's ARN contains its account, in any partition and with any path."""
    role = Role.parse(arn)
    assert (role.arn, role.account_id) == (arn, "123456789012")
    assert arn.startswith(f"arn:{role.partition}:iam::")


@pytest.mark.parametrize(
    "arn",
    [
        config["assume_roles"][0]["role_arn"]
        for name, config, _ in BAD
        if name.startswith("role: ")
    ],
)
def test_what_is_no_roles_arn(arn: str) -> None:
    """Anything but a role's ARN is refused and shown."""
    with pytest.raises(ValueError, match="is not a role's ARN") as caught:
        Role.parse(arn)
    assert repr(arn) in str(caught.value)
