"""Scopes, and the ARNs of the roles that give access to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

ACCOUNT = re.compile(r"\d{12}", re.ASCII)
"""An account's ID."""

_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One account in one region. Quotas, listings and failures are per scope."""

    account_id: str
    region: str

    def __str__(self) -> str:
        """Format it for people."""
        return f"account {self.account_id}, {self.region}"

    @property
    def context(self) -> dict[str, str]:
        """The scope as a Singer partition's context."""
        return {"account_id": self.account_id, "region": self.region}


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role, parsed from its ARN."""

    arn: str
    partition: str
    account_id: str

    @classmethod
    def parse(cls, arn: str) -> Role:
        """Parse a role's ARN.

        Raises:
            ValueError: It is not a role's ARN.
        """
        found = _ROLE_ARN.fullmatch(arn)
        if found is None:
            msg = f"{arn!r} is not a role's ARN"
            raise ValueError(msg)
        return cls(arn, found[1], found[2])
