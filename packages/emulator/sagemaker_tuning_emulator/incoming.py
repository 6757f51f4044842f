"""A request in progress, and the record that is kept of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.faults import Target
from sagemaker_tuning_emulator.security_tokens import role_account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sagemaker_tuning_emulator.homes import Home
    from sagemaker_tuning_emulator.identities import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that was answered.

    Attributes:
        operation: The API's name of the operation, or AssumeRole.
        account: The caller's account.
        region: The region for which it was signed.
        params: Its parameters as sent.
        status: The HTTP status; 0 if the connection was dropped.
        error: The error code, or None.
        at: The emulated time at which it was answered.
        at_real: When it arrived, by `time.monotonic`, in seconds.
    """

    operation: str
    account: str
    region: str
    params: dict[str, Any]
    status: int
    error: str | None
    at: datetime
    at_real: float

    @property
    def metrics(self) -> int:
        """The number of metrics requested, by which AWS bills GetMetricData."""
        return len(self.params.get("MetricDataQueries") or ())


@dataclass(slots=True)
class Incoming:
    """A request in progress."""

    operation: str
    home: Home
    identity: Identity
    body: bytes
    headers: Mapping[str, str]
    now: datetime
    params: dict[str, Any] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def target(self) -> Target:
        """The parts of the call that determine which faults affect it."""
        role = self.params.get("RoleArn") if self.operation == "AssumeRole" else None
        named = self.params.get("HyperParameterTuningJobName")
        return Target(
            self.operation,
            role_account(role) or self.home.account,
            self.home.region,
            named if isinstance(named, str) else None,
            role,
            bool(self.params.get("NextToken")),
        )
