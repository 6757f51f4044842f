"""Each recorded error becomes a line, and most recorded cases are used by tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB, LIST_TUNING_JOBS
from tests import recorded

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.aws.conftest import Open

pytestmark = recorded.needs_them

CHECK_KEY = (
    "Check the access key (aws_access_key_id, or the one that boto3 found) and that "
    "the region is enabled for the account: AWS returns this error for both"
)
RENEW = "Renew the credentials: the session token has expired and cannot renew itself"
SLOWER = "Lower concurrency, or raise max_attempts"
ADVICE = {
    "access_denied_explicit_deny": "Change the policy that denies sagemaker:"
    "ListHyperParameterTuningJobs",
    "access_denied_no_identity_policy_list": "Allow sagemaker:"
    "ListHyperParameterTuningJobs",
    "access_denied_service_control_policy": "Change the policy that denies sagemaker:"
    "ListHyperParameterTuningJobs",
    "expired_token": RENEW,
    "internal_failure_empty_message": "The service failed on every attempt: a later "
    "sync reads what is missing",
    "throttling_describe_training_job": SLOWER,
    "throttling_from_last_modified_filter": SLOWER,
    "throttling_list_training_jobs": SLOWER,
    "throttling_search": SLOWER,
    "unrecognized_client": CHECK_KEY,
    "validation_requested_resource_not_found": "",
    "validation_two_errors_in_one_message": "",
    "wire_body_unrecognized_client": CHECK_KEY,
}
"""Recorded errors, and the tap's advice for each."""

NO_SUCH_TUNING_JOB = "resource_not_found_tuning_job"


@pytest.mark.usefixtures("waits")
def test_each_recorded_error_is_a_line(emulator: Emulator, connect: Open) -> None:
    """The line has the service's code and message and what to do, without the request
    ID."""
    (client,) = connect(max_attempts=1)
    bodies = {name: recorded.errors()[name] for name in ADVICE}
    for name, body in bodies.items():
        status = 500 if body["__type"] == "InternalFailure" else 400
        emulator.serve(LIST_TUNING_JOBS.name, [(status, {}, body)])
        with pytest.raises(ClientError) as caught:
            next(client.tuning_jobs())
        said = " ".join(body["message"].split()).rstrip(".")
        parts = [LIST_TUNING_JOBS.name, body["__type"], *([said] if said else [])]
        line = re.sub(r" \(request [0-9a-f-]{36}\)", "", explain(caught.value))
        assert line == ": ".join(parts) + (ADVICE[name] and f". {ADVICE[name]}")


def test_a_recorded_missing_tuning_job(emulator: Emulator, connect: Open) -> None:
    """A tuning job that the service does not know is not an error."""
    (client,) = connect(max_attempts=1)
    body = recorded.errors()[NO_SUCH_TUNING_JOB]
    emulator.serve(DESCRIBE_TUNING_JOB.name, [(400, {}, body)])
    description, _ = client.tuning_job("DEMO-hpo-mxnet")
    assert description is None


def test_each_recorded_error_is_known() -> None:
    """Each recorded error has its advice here."""
    assert sorted(recorded.errors()) == sorted([*ADVICE, NO_SUCH_TUNING_JOB])


def test_how_many_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Most recorded cases are used all the way; the rest are only facts for the
    design."""
    every, taken = recorded.responses().keys(), recorded.taken()
    with capsys.disabled():
        print(  # noqa: T201 - shown in every run
            f"\nrecorded cases: {len(every)}; {len(taken)} go from HTTP to a "
            f"record or a line, and {len(every - taken)} are only facts"
        )
    assert taken <= every
    assert len(taken) >= 75
    assert len(recorded.trials()) >= 60
