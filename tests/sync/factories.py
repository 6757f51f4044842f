"""Scopes, visits and errors without a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.aws.service_clock import ServiceClock
from tap_sagemaker_tuning.replication.listing import ListedJob, Listing
from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from tap_sagemaker_tuning.aws.operations import Operation


def answer(code: str, operation: Operation) -> ClientError:
    """An error response of the service."""
    return ClientError({"Error": {"Code": code, "Message": "No"}}, operation.name)


def visits(count: int, **odd: Any) -> list[Visit]:
    """Visits to tuning jobs job-0, job-1 and so on, with odd members in their
    summaries."""
    return [
        Visit(
            job=ListedJob.of(
                {
                    "HyperParameterTuningJobName": f"job-{number}",
                    "CreationTime": timestamp(1_772_323_200 + number),
                    **odd,
                },
                "2026-03-02T09:00:00.000Z",
            ),
            since=None,
        )
        for number in range(count)
    ]


class FakeScope:
    """A scope whose tuning jobs one stream, `jobs`, visits."""

    def __init__(
        self,
        region: str = "us-east-1",
        listed: list[Visit] | None = None,
        error: Exception | None = None,
    ) -> None:
        """List these visits or fail with this error."""
        self.client = FakeClient(region)
        self.listed = visits(6) if listed is None else listed
        self.error = error

    def list_visits(self) -> tuple[Listing, list[dict[str, Visit]]]:
        """List the tuning jobs, or fail."""
        if self.error:
            raise self.error
        return Listing(), [{"jobs": visit} for visit in self.listed]

    def ask(self) -> None:
        """Succeed at any call."""


class FakeClient:
    """The client of a scope, without a connection."""

    def __init__(self, region: str = "us-east-1") -> None:
        """Take the region of the scope."""
        self.scope = Scope("111122223333", region)
        self.calls = 0
        self.throttled = 0
        self.succeeded: set[tuple[str, str]] = set()
        self.clock = ServiceClock()

    def open(self) -> None:
        """Do nothing: there is no connection to open."""

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def has_passed(self, operation: str, key: str) -> bool:
        """Whether an operation has succeeded for another tuning job."""
        return any(of == operation and name != key for of, name in self.succeeded)
