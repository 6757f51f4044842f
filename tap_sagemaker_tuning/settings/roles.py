"""The ARNs of the roles that give access to other accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass

ACCOUNT = re.compile(r"\d{12}", re.ASCII)
"""An account's ID."""

_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)


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
        match = _ROLE_ARN.fullmatch(arn)
        if match is None:
            msg = f"{arn!r} is not a role's ARN"
            raise ValueError(msg)
        return cls(arn, match[1], match[2])
