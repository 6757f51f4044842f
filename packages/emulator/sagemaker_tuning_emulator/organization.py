"""An AWS organization: its accounts and units, and the regions of each account.

There is no public recording of any; shapes and names come from the service model.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

ROOT = "r-emul"
MANAGEMENT = "123456789012"
State = Literal[
    "PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"
]
"""The states of an account."""

OptStatus = Literal[
    "ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"
]
"""The opt statuses of a region in an account."""

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
