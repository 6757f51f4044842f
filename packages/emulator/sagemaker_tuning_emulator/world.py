"""Everything that the emulated services hold: clock, scopes, faults, prices, roles."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import price_list
from sagemaker_tuning_emulator.clock import Clock
from sagemaker_tuning_emulator.faults import Faults
from sagemaker_tuning_emulator.homes import Home
from sagemaker_tuning_emulator.identities import Identities
from sagemaker_tuning_emulator.organization import Organization
from sagemaker_tuning_emulator.paging import Tokens
from sagemaker_tuning_emulator.scopes import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from sagemaker_tuning_emulator.incoming import Call


class World:
    """The state of the emulated accounts, without the HTTP interface to it.

    Args:
        start: Start time of its clock; None for the current time.
        rate: Emulated seconds per real second; 0 stops the clock.
        seed: Seed of the schedules; the same seed creates the same schedules.

    Attributes:
        clock: Its clock, also shown by the `Date` header of answers. With `clock.tick`,
            each call advances it.
        calls: Every emulated operation and AssumeRole so far, in the order answered.
        faults: The active faults.
        tokens: Its NextTokens: `tokens.seconds` makes them expire, and `tokens.offsets`
            makes them row numbers.
        prices: The products of its price list, including decoys. Tests can change them.
        roles: External id that each role ARN requires; other roles require none.
        role_seconds: Lifetime of an assumed role's credentials, in real seconds; None
            for the lifetime that the caller requests.
        organization: The organization that it lists; without accounts, there is none.
        identities: The callers behind access keys.
    """

    def __init__(self, start: datetime | str | None, *, rate: float, seed: int) -> None:
        self.clock = Clock(start, rate)
        self.calls: list[Call] = []
        self.faults = Faults()
        self.tokens = Tokens(f"emulator {seed}".encode())
        self.prices = price_list.usual()
        self.roles: dict[str, str | None] = {}
        self.role_seconds: int | None = None
        self.organization = Organization()
        self.identities = Identities()
        self._seed = seed
        self._scopes: dict[Home, Scope] = {}
        self._lock = threading.Lock()

    def scope(self, account: str = "123456789012", region: str = "us-east-1") -> Scope:
        """Return the scope of an account and region, creating it if necessary."""
        home = Home(account, region)
        with self._lock:
            if home not in self._scopes:
                self._scopes[home] = Scope(home, self.clock, self._seed)
            return self._scopes[home]

    def scopes(self) -> list[Scope]:
        """Return all scopes created so far."""
        with self._lock:
            return list(self._scopes.values())

    def truth(self) -> dict[str, Any]:
        """Return every scope's truth, keyed by `ACCOUNT/REGION`; see `Scope.truth`."""
        return {
            f"{scope.home.account}/{scope.home.region}": scope.truth()
            for scope in self.scopes()
        }

    def details(self) -> dict[str, Any]:
        """Return the details of every scope, keyed by `ACCOUNT/REGION`.

        See `Scope.details`. `prices` has the hourly prices of training in the region.
        """
        return {
            f"{scope.home.account}/{scope.home.region}": {
                **scope.details(),
                "prices": price_list.truth(self.prices, scope.home.region),
            }
            for scope in self.scopes()
        }

    def metrics(self) -> dict[str, Any]:
        """Return metrics over time, keyed by `ACCOUNT/REGION`; see `Scope.metrics`."""
        return {
            f"{scope.home.account}/{scope.home.region}": scope.metrics()
            for scope in self.scopes()
        }
