"""Schedules, and calls as a tap makes them, for the emulator's tests."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_tuning_emulator import Emulator, Trial, TuningJob

if TYPE_CHECKING:
    from collections.abc import Callable

    Client = Any  # botocore creates a client's methods with the client
    Connect = Callable[..., Client]


START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACCOUNT = "123456789012"
TUNING_JOBS = "list_hyper_parameter_tuning_jobs"
TRIALS = "list_training_jobs_for_hyper_parameter_tuning_job"
LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
ROLE = "arn:aws:iam::222222222222:role/team/reader"
ORDERS = ("Ascending", "Descending")


def after(seconds: float) -> datetime:
    """The time this many seconds after the emulator's start."""
    return START + timedelta(seconds=seconds)


def read(client: Client, operation: str, **params: object) -> list[dict[str, Any]]:
    """All items from a paginator, over at least three pages."""
    pages = list(client.get_paginator(operation).paginate(**params))
    assert len(pages) >= 3
    keys = ("HyperParameterTuningJobSummaries", "TrainingJobSummaries")
    return [item for page in pages for key in keys for item in page.get(key, ())]


def refused(call: Callable[..., Any], **params: object) -> tuple[str, str, int]:
    """Code, message and HTTP status of the error that a call raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    status = error["ResponseMetadata"]["HTTPStatusCode"]
    return error["Error"]["Code"], error["Error"].get("Message", ""), status


def raw(
    emulator: Emulator, operation: str, body: str = "{}", *, signed: bool = True
) -> tuple[int, dict[str, str], str]:
    """Status, headers (lower case) and body of the response to a hand-written request.

    Bytes that are not UTF-8 are surrogates in the body.
    """
    headers = {"X-Amz-Target": f"SageMaker.{operation}"}
    scope = "20260302/us-east-1/sagemaker/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential=testing/{scope}, Signature=0"
    headers |= {"Authorization": signature} if signed else {}
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return (
            response.status,
            lowered,
            response.read().decode(errors="surrogateescape"),
        )
    finally:
        connection.close()


def trial(name: str = "t-001", **fields: object) -> Trial:
    """A trial that by default runs from 10 s to 100 s and settles at 105 s."""
    usual: dict[str, Any] = {
        "created": after(5.75),
        "started": after(10),
        "ended": after(100),
        "objective_settled": after(105),
        "value": 0.1,
    }
    usual.update(fields)
    return Trial(name=name, **usual)


def tuning_job(*trials: Trial, name: str = "tune", **fields: object) -> TuningJob:
    """A tuning job with these trials that by default ends at 103 s."""
    usual: dict[str, Any] = {"created": START, "ended": after(103)}
    usual.update(fields)
    return TuningJob(name=name, trials=trials, **usual)
