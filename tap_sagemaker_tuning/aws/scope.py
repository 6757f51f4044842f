"""Where is read: scopes, and the roles through which they are reached."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One account in one region: the API's quotas, listings and failures are its."""

    account_id: str
    region: str

    def __str__(self) -> str:
        """Say which, for a person."""
        return f"account {self.account_id}, {self.region}"

    @property
    def context(self) -> dict[str, str]:
        """The scope as Singer's state knows it."""
        return {"account_id": self.account_id, "region": self.region}


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role, parsed from its ARN."""

    arn: str
    partition: str
    account_id: str

    @classmethod
    def parse(cls, arn: str) -> Role:
        """Take a role's ARN apart.

        Raises:
            ValueError: It is not the ARN of a role.
        """
        found = _ROLE_ARN.fullmatch(arn)
        if found is None:
            msg = f"{arn!r} is not a role's ARN"
            raise ValueError(msg)
        return cls(arn, found[1], found[2])
