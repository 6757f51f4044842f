"""Scopes: what quotas, listings and failures are about."""

from __future__ import annotations

from dataclasses import dataclass


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
