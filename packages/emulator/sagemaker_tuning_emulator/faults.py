"""Faults that can be injected: throttling, errors, lost connections, odd pages."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal[
    "throttle",
    "error",
    "latency",
    "empty_pages",
    "html",
    "gateway",
    "latin1",
    "drop",
    "deny",
    "repeat_token",
    "region_disabled",
    "expired",
    "internal_error",
    "partial_data",
    "forbidden",
    "left_out",
    "refused",
]
PAGED = frozenset(
    {
        "GetMetricData",
        "GetProducts",
        "ListAccounts",
        "ListAccountsForParent",
        "ListHyperParameterTuningJobs",
        "ListOrganizationalUnitsForParent",
        "ListRegions",
        "ListTrainingJobsForHyperParameterTuningJob",
        "Search",
    }
)
"""Operations with a NextToken."""

NAMED = frozenset(
    {
        "AssumeRole",
        "GetCallerIdentity",
        "GetMetricData",
        "GetProducts",
        "ListAccounts",
        "ListAccountsForParent",
        "ListOrganizationalUnitsForParent",
        "ListRegions",
    }
)
"""Operations of other services, affected only by faults that name them."""

PAGE_KINDS = frozenset({"empty_pages", "repeat_token"})
METRIC_KINDS = frozenset(
    {"internal_error", "partial_data", "forbidden", "left_out", "refused"}
)
"""Kinds that affect single metrics of GetMetricData."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the calls that it affects.

    Attributes:
        kind: `throttle` (ThrottlingException above `rate`), `error`, `latency`,
            `empty_pages` (an empty page with a token before each page), `html` (a
            proxy's HTML with status 200), `gateway` (a gateway's HTML with `status`),
            `latin1` (JSON with status 200 that is not UTF-8), `drop` (the connection
            closes without an answer), `deny` (AccessDeniedException), `repeat_token`
            (a page returns the token of its request), `region_disabled`, `expired`.
            For single metrics in GetMetricData, each counted as one call:
            `internal_error` (half of the points with that StatusCode), `partial_data`
            (endless pages without points), `forbidden`, `left_out` (no result, and a
            message), `refused` (ValidationError for the whole call).
        operation: Only this operation, by the API's name; None for every SageMaker
            operation. Operations of other services must be named.
        account: Only this account; for AssumeRole, the account of the role.
        region: Only this region.
        tuning_job: Only requests that name this tuning job, ignoring case.
        role_arn: Only AssumeRole of this role.
        metric: Only metrics with this name.
        training_job: Only metrics of this training job.
        times: Number of calls to affect; None for all until the fault is removed.
        after: Number of matching calls to let pass first.
        rate: For `throttle`: allowed calls per real second, per account and region.
        burst: For `throttle`: calls allowed at once.
        status: For `error` and `gateway`: the HTTP status.
        code: For `error`: the error code.
        message: For `error`: the message; the service's InternalFailure has none.
        seconds: For `latency`: delay in real seconds.
        date: For `html`, `gateway` and `latin1`: the exact `Date` header; None for the
            emulated time.
    """

    kind: Kind
    operation: str | None = None
    account: str | None = None
    region: str | None = None
    tuning_job: str | None = None
    role_arn: str | None = None
    metric: str | None = None
    training_job: str | None = None
    times: int | None = None
    after: int = 0
    rate: float = 2.0
    burst: float = 2.0
    status: int = 500
    code: str = "InternalFailure"
    message: str = ""
    seconds: float = 0.0
    date: str | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown kind."""
        if self.kind not in get_args(Kind):
            message = (
                f"unknown fault {self.kind}: use one of {', '.join(get_args(Kind))}"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a call that determine which faults affect it."""

    operation: str
    account: str
    region: str
    tuning_job: str | None = None
    role_arn: str | None = None
    has_token: bool = False
    metric: str | None = None
    training_job: str | None = None

    def struck_by(self, fault: Fault) -> bool:
        """Return whether the fault can affect this call."""
        if fault.kind in METRIC_KINDS:
            if self.metric is None:
                return False
        elif fault.operation is None and self.operation in NAMED:
            return False
        if fault.kind in PAGE_KINDS and (
            self.operation not in PAGED
            or (fault.kind == "repeat_token" and not self.has_token)
        ):
            return False
        named = fault.tuning_job.lower() if fault.tuning_job is not None else None
        asked = self.tuning_job.lower() if self.tuning_job is not None else None
        pairs = (
            (fault.operation, self.operation),
            (fault.account, self.account),
            (fault.region, self.region),
            (named, asked),
            (fault.role_arn, self.role_arn),
            (fault.metric, self.metric),
            (fault.training_job, self.training_job),
        )
        return all(wanted is None or wanted == given for wanted, given in pairs)


class _Active:
    """An active fault and its counters."""

    def __init__(self, fault: Fault, now: Callable[[], float]) -> None:
        self.fault = fault
        self.now = now
        self.seen = 0
        self.struck = 0
        self.buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def strikes(self, target: Target) -> bool:
        fault = self.fault
        if not target.struck_by(fault):
            return False
        self.seen += 1
        if self.seen <= fault.after:
            return False
        if fault.times is not None and self.struck >= fault.times:
            return False
        if fault.kind == "throttle" and self._takes(target):
            return False
        self.struck += 1
        return True

    def _takes(self, target: Target) -> bool:
        """Take a call from the scope's token bucket, which refills in real time."""
        key = (target.account, target.region)
        now = self.now()
        level, since = self.buckets.get(key, (self.fault.burst, now))
        level = min(self.fault.burst, level + (now - since) * self.fault.rate)
        taken = level >= 1
        self.buckets[key] = (level - 1 if taken else level, now)
        return taken


class Faults:
    """The active faults; thread-safe.

    Args:
        now: Returns the seconds since any fixed time, for throttling at a rate.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._active: list[_Active] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Activate a fault and return it."""
        with self._lock:
            self._active.append(_Active(fault, self._now))
        return fault

    def remove(self, fault: Fault) -> None:
        """Deactivate a fault."""
        with self._lock:
            self._active = [item for item in self._active if item.fault != fault]

    def clear(self) -> None:
        """Deactivate all faults."""
        with self._lock:
            self._active = []

    def struck(self, fault: Fault) -> int:
        """Return how many calls a fault has affected."""
        with self._lock:
            return sum(item.struck for item in self._active if item.fault == fault)

    def striking(self, target: Target, *kinds: str) -> list[Fault]:
        """Return the faults that affect this call, in the order added, and count it.

        Args:
            target: The call.
            *kinds: Only faults of these kinds. Without kinds, all faults except those
                of single metrics and those that change a page (`PAGE_KINDS`), which
                only a call that gets a page may use up.
        """
        with self._lock:
            return [
                item.fault
                for item in self._active
                if (
                    item.fault.kind in kinds
                    if kinds
                    else item.fault.kind not in PAGE_KINDS | METRIC_KINDS
                )
                and item.strikes(target)
            ]
