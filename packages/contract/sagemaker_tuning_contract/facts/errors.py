"""Facts about errors: their codes, and requests for things that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_contract.exchanges import JOB, OK, TRIAL
from sagemaker_tuning_contract.fact import DOCS, RECORDED, Calls, fact
from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Exchange, Recording

NOBODY = "tap-sagemaker-tuning-contract"
"""A name that no tuning job and no trial has."""

_REFUSED = 400  # HTTP status


@fact(
    28,
    "A request for a tuning job that does not exist fails with ResourceNotFound and "
    "HTTP 400.",
    source=RECORDED,
    needs={Calls.NOBODY},
    breaks="A deleted tuning job would stay open, and fail, for a week.",
)
def no_tuning_job(seen: Recording) -> Iterator[bool]:
    """Calls that requested one."""
    for operation in (DESCRIBE_TUNING_JOB, LIST_TRIALS):
        for one in seen.of(operation):
            if one.request.get(JOB) == NOBODY and one.is_answer:
                yield _is(one, "ResourceNotFound")


@fact(
    29,
    "A request for a training job that does not exist fails with ValidationException, "
    "HTTP 400 and the message «Requested resource not found».",
    source=RECORDED,
    needs={Calls.NOBODY},
    breaks="training_job_details would fail for a tuning job with a deleted trial.",
)
def no_trial(seen: Recording) -> Iterator[bool]:
    """Calls that requested one."""
    words = "Requested resource not found"
    for one in seen.of(DESCRIBE_TRIAL):
        if one.request.get(TRIAL) == NOBODY and one.is_answer:
            is_said = one.message.strip().rstrip(".") == words
            yield _is(one, "ValidationException") and is_said


@fact(
    30,
    "SageMaker answers a call without permission with AccessDeniedException and HTTP "
    "400.",
    source=RECORDED,
    needs={Calls.JOBS},
    breaks="The tap could not say which permission is missing.",
)
def denials(seen: Recording) -> Iterator[bool]:
    """Each denial."""
    for one in _refusals(seen):
        if one.kind is Kind.DENIED or "not authorized" in one.message:
            yield _is(one, "AccessDeniedException")


@fact(
    31,
    "SageMaker answers a throttled call with ThrottlingException and HTTP 400.",
    source=RECORDED,
    needs={Calls.JOBS},
    breaks="The tap would not retry throttled calls: they would fail.",
)
def throttling(seen: Recording) -> Iterator[bool]:
    """Each throttled call."""
    for one in _refusals(seen):
        if one.kind is Kind.THROTTLED or "Rate exceeded" in one.message:
            yield _is(one, "ThrottlingException")


@fact(
    32,
    "A SageMaker error has its code in __type.",
    source=DOCS,
    needs={Calls.NOBODY},
    breaks="botocore also reads it from a header. Without either, the tap could not "
    "say what to do about an error, and would not retry the call.",
)
def codes(seen: Recording) -> Iterator[bool]:
    """Each error."""
    for one in _refusals(seen):
        yield bool(one.error_code)


def _refusals(seen: Recording) -> Iterator[Exchange]:
    """SageMaker's errors; other services have other codes."""
    for one in seen.exchanges:
        is_error = one.status != OK and isinstance(one.answer, dict)
        if is_error and one.is_of_sagemaker:
            yield one


def _is(one: Exchange, code: str) -> bool:
    return one.status == _REFUSED and one.error_code == code
