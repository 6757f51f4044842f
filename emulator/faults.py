"""What can go wrong on demand: throttling, errors, lost connections, odd pages."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Literal, get_args

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
"""Operations of other services, struck only by a fault that names them."""

PAGE_KINDS = frozenset({"empty_pages", "repeat_token"})
METRIC_KINDS = frozenset({"internal_error", "partial_data", "forbidden"})
"""Kinds that strike single metrics of GetMetricData."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, and where.

    Attributes:
        kind: `throttle` (ThrottlingException above `rate`), `error`, `latency`,
            `empty_pages` (an empty page with a token before each page), `html` (a
            proxy's page with status 200), `gateway` (a gateway's page with `status`),
            `latin1` (JSON with status 200 that is not UTF-8), `drop` (the connection
            closes without an answer), `deny` (AccessDeniedException), `repeat_token`
            (a page returns the token it was asked with), `region_disabled`, `expired`.
            Of single metrics in GetMetricData, each counted as one call:
            `internal_error` (with that StatusCode comes half of the points),
            `partial_data` (it goes on for ever: page after page, without points),
            `forbidden`.
        operation: The API's name; None: every SageMaker operation. A fault strikes an
            operation of another service only where it names it.
        account: Only this account; for AssumeRole the account of the role.
        region: Only this region.
        tuning_job: Only requests that name this tuning job, compared without case.
        role_arn: Only AssumeRole of this role.
        metric: Only the metrics of this name.
        training_job: Only the metrics of this training job.
        times: How many calls it strikes; None: until it is removed.
        after: How many matching calls it lets pass first.
        rate: `throttle`: calls a real second, for each account and region.
        burst: `throttle`: calls that may come at once.
        status: `error` and `gateway`: the HTTP status.
        code: `error`: the error code.
        message: `error`: the message; the service's InternalFailure has none.
        seconds: `latency`: real seconds before the call goes on.
        date: `html`, `gateway`, `latin1`: the `Date` header, as it is; None: the
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
        """Refuse a kind that does not exist."""
        if self.kind not in get_args(Kind):
            message = (
                f"no such fault: {self.kind}; there are {', '.join(get_args(Kind))}"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a call that faults look at."""

    operation: str
    account: str
    region: str
    tuning_job: str | None = None
    role_arn: str | None = None
    has_token: bool = False
    metric: str | None = None
    training_job: str | None = None

    def struck_by(self, fault: Fault) -> bool:
        """Whether the fault concerns this call at all."""
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
    """A fault with what it has done so far."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
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
        """Take one call from the scope's bucket, which fills in real time."""
        key = (target.account, target.region)
        now = time.monotonic()
        level, since = self.buckets.get(key, (self.fault.burst, now))
        level = min(self.fault.burst, level + (now - since) * self.fault.rate)
        taken = level >= 1
        self.buckets[key] = (level - 1 if taken else level, now)
        return taken


class Faults:
    """The faults that are on; safe for many threads."""

    def __init__(self) -> None:
        self._active: list[_Active] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on; gives it back."""
        with self._lock:
            self._active.append(_Active(fault))
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch one fault off."""
        with self._lock:
            self._active = [item for item in self._active if item.fault != fault]

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._active = []

    def struck(self, fault: Fault) -> int:
        """How many calls a fault has struck."""
        with self._lock:
            return sum(item.struck for item in self._active if item.fault == fault)

    def striking(self, target: Target, *kinds: str) -> list[Fault]:
        """The faults of these kinds that strike this call, in the order added.

        Without kinds: all but those that change a page (`PAGE_KINDS`), which only
        a call that gets a page may use up, and those of single metrics.
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
