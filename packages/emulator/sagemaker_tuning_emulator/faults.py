"""Faults that can be injected: throttling, errors, lost connections, odd pages."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass as checked

from sagemaker_tuning_emulator.given import CHECKED, Account, Count, Region, Seconds
from sagemaker_tuning_emulator.security_tokens import OPERATIONS as STS
from sagemaker_tuning_emulator.service import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

PAGE_KINDS: tuple[Kind, ...] = ("empty_pages", "repeat_token")
"""Kinds that change a page."""

METRIC_KINDS: tuple[Kind, ...] = (
    "internal_error",
    "partial_data",
    "forbidden",
    "left_out",
    "refused",
)
"""Kinds that affect single metrics of GetMetricData."""


class Effect(NamedTuple):
    """What a kind of fault does, and the fields that only some kinds have."""

    text: str
    fields: tuple[str, ...] = ()


_METRIC = ("metric", "training_job")

KINDS: Mapping[Kind, Effect] = {
    "throttle": Effect("ThrottlingException for calls above a rate", ("rate", "burst")),
    "error": Effect("any error", ("status", "code", "message")),
    "latency": Effect("a delay before the answer", ("seconds",)),
    "empty_pages": Effect("an empty page with a token before each page"),
    "html": Effect("a proxy's HTML with status 200", ("date",)),
    "gateway": Effect("a gateway's HTML", ("status", "date")),
    "latin1": Effect("JSON with status 200 that is not UTF-8", ("date",)),
    "drop": Effect("the connection closes without an answer"),
    "deny": Effect("AccessDeniedException"),
    "repeat_token": Effect("a page returns the token of its request"),
    "region_disabled": Effect("the error of a region that is not enabled"),
    "expired": Effect("the error of credentials that have expired"),
    "internal_error": Effect(
        "half of the points of a metric, with the StatusCode InternalError", _METRIC
    ),
    "partial_data": Effect("endless pages without points of a metric", _METRIC),
    "forbidden": Effect("the StatusCode Forbidden for a metric", _METRIC),
    "left_out": Effect("no result for a metric, and a message", _METRIC),
    "refused": Effect("ValidationError for the whole call, for a metric", _METRIC),
}
"""The effect of each kind; each metric in a call counts as one call."""

_OWN = {field for effect in KINDS.values() for field in effect.fields}


@checked(frozen=True, slots=True, config=CHECKED)
class Fault:
    """A fault, and the calls that it affects.

    Raises:
        ValidationError: No call could be affected like this.

    Attributes:
        kind: What happens to these calls.
        operation: Only this operation, by the API's name; by default every SageMaker
            operation. Operations of other services must be named, except by kinds
            that affect single metrics.
        account: Only this account; for AssumeRole, the account of the role.
        region: Only this region.
        tuning_job: Only requests that name this tuning job, ignoring case.
        role_arn: Only AssumeRole of this role.
        metric: Only metrics with this name.
        training_job: Only metrics of this training job.
        times: Number of calls to affect; by default all until the fault is removed.
        after: Number of matching calls to let pass first.
        rate: Allowed calls per real second, per account and region.
        burst: Calls allowed at once.
        status: The HTTP status.
        code: The error code.
        message: The message; the service's InternalFailure has none.
        seconds: Delay in real seconds.
        date: The exact `Date` header; by default the emulated time.
    """

    kind: Kind
    operation: str | None = None
    account: Account | None = None
    region: Region | None = None
    tuning_job: str | None = None
    role_arn: str | None = None
    metric: str | None = None
    training_job: str | None = None
    times: Count | None = None
    after: Count = 0
    rate: Annotated[float, Field(ge=0)] = 2.0
    burst: Annotated[float, Field(ge=0)] = 2.0
    status: Annotated[int, Field(ge=200, le=599)] = 500
    code: str = "InternalFailure"
    message: str = ""
    seconds: Seconds = 0.0
    date: Annotated[str, Field(pattern=r"^[ -~]*$")] | None = None

    @model_validator(mode="after")
    def _can_strike(self) -> Self:
        """Refuse a fault that could affect no call, or a field without effect."""
        effect = KINDS[self.kind]
        known = _operations(self.kind)
        if self.operation is not None and self.operation not in known:
            message = (
                f"operation: {self.kind} affects {', '.join(sorted(known))}, "
                f"not {self.operation}"
            )
            raise ValueError(message)
        if self.role_arn is not None and self.operation != "AssumeRole":
            message = "role_arn: set operation to AssumeRole as well"
            raise ValueError(message)
        for field in fields(self):
            name = field.name
            if (
                name in _OWN.difference(effect.fields)
                and getattr(self, name) != field.default
            ):
                kinds = [kind for kind, other in KINDS.items() if name in other.fields]
                message = f"{name}: {self.kind} has none, only {', '.join(kinds)}"
                raise ValueError(message)
        return self


def _operations(kind: Kind) -> frozenset[str]:
    """Return the operations that a kind of fault can affect."""
    if kind in METRIC_KINDS:
        return frozenset({"GetMetricData"})
    return PAGED if kind in PAGE_KINDS else STS | OPERATIONS.keys()


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

    def active(self) -> list[tuple[Fault, int]]:
        """Return the active faults, and how many calls each has affected."""
        with self._lock:
            return [(item.fault, item.struck) for item in self._active]

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
                    else item.fault.kind not in PAGE_KINDS + METRIC_KINDS
                )
                and item.strikes(target)
            ]
