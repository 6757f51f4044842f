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
        for exchange in seen.of(operation):
            if exchange.request.get(JOB) == NOBODY and exchange.is_answer:
                yield _is(exchange, "ResourceNotFound")


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
    for exchange in seen.of(DESCRIBE_TRIAL):
        if exchange.request.get(TRIAL) == NOBODY and exchange.is_answer:
            is_said = exchange.message.strip().rstrip(".") == words
            yield _is(exchange, "ValidationException") and is_said


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
    for refusal in _refusals(seen):
        if refusal.kind is Kind.DENIED or "not authorized" in refusal.message:
            yield _is(refusal, "AccessDeniedException")


@fact(
    31,
    "SageMaker answers a throttled call with ThrottlingException and HTTP 400.",
    source=RECORDED,
    needs={Calls.JOBS},
    breaks="The tap would not retry throttled calls: they would fail.",
)
def throttling(seen: Recording) -> Iterator[bool]:
    """Each throttled call."""
    for refusal in _refusals(seen):
        if refusal.kind is Kind.THROTTLED or "Rate exceeded" in refusal.message:
            yield _is(refusal, "ThrottlingException")


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
    for refusal in _refusals(seen):
        yield bool(refusal.error_code)


def _refusals(seen: Recording) -> Iterator[Exchange]:
    """SageMaker's errors; other services have other codes."""
    for exchange in seen.exchanges:
        is_error = exchange.status != OK and isinstance(exchange.answer, dict)
        if is_error and exchange.is_of_sagemaker:
            yield exchange


def _is(exchange: Exchange, code: str) -> bool:
    return exchange.status == _REFUSED and exchange.error_code == code
