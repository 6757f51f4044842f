"""Scopes, visits and errors, made without a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.replication.listing import ListedJob
from tap_sagemaker_tuning.replication.plan import Visit

if TYPE_CHECKING:
    from tap_sagemaker_tuning.aws.operations import Operation


def answer(code: str, operation: Operation) -> ClientError:
    """An error of the service's."""
    return ClientError({"Error": {"Code": code, "Message": "No"}}, operation.name)


def visits(count: int, **odd: Any) -> list[Visit]:
    """Visits to tuning jobs, job-0 and so on, their summaries with odd members."""
    return [
        Visit(
            job=ListedJob.of(
                {
                    "HyperParameterTuningJobName": f"job-{number}",
                    "CreationTime": f"2026-03-01T00:{number // 60:02}:{number % 60:02}",
                    **odd,
                },
                "2026-03-02T09:00:00.000Z",
            ),
            since=None,
        )
        for number in range(count)
    ]


class FakeClient:
    """A scope's client that nobody answers."""

    def __init__(self, region: str = "us-east-1") -> None:
        """Reach a region."""
        self.scope = Scope("111122223333", region)
        self.calls = 0
        self.throttled = 0
