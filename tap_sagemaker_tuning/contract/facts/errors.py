"""Facts about refusals: their codes, and what does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
)
from tap_sagemaker_tuning.contract.exchanges import JOB, OK, TRIAL
from tap_sagemaker_tuning.contract.fact import DOCS, RECORDED, fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.contract.exchanges import Exchange, Recording

NOBODY = "tap-sagemaker-tuning-contract"
"""A name that no tuning job and no trial has."""

_REFUSED = 400  # HTTP status


@fact(
    28,
    "A tuning job that does not exist is ResourceNotFound, with HTTP 400.",
    source=RECORDED,
    breaks="A deleted tuning job would be followed, and fail, for a week.",
)
def no_tuning_job(seen: Recording) -> Iterator[bool]:
    """Calls that asked for one."""
    for operation in (DESCRIBE_TUNING_JOB, LIST_TRIALS):
        for one in seen.of(operation):
            if one.request.get(JOB) == NOBODY and one.is_answer:
                yield _is(one, "ResourceNotFound")


@fact(
    29,
    "A training job that does not exist is a ValidationException, with HTTP 400 and "
    "the words «Requested resource not found».",
    source=RECORDED,
    breaks="The details of a tuning job with a deleted trial would fail at it.",
)
def no_trial(seen: Recording) -> Iterator[bool]:
    """Calls that asked for one."""
    words = "Requested resource not found"
    for one in seen.of(DESCRIBE_TRIAL):
        if one.request.get(TRIAL) == NOBODY and one.is_answer:
            is_said = one.message.strip().rstrip(".") == words
            yield _is(one, "ValidationException") and is_said


@fact(
    30,
    "In SageMaker, a missing permission is AccessDeniedException, with HTTP 400.",
    source=RECORDED,
    breaks="The tap could not say which permission is missing.",
)
def denials(seen: Recording) -> Iterator[bool]:
    """Each refusal that is one."""
    for one in _refusals(seen):
        if one.kind is Kind.DENIED or "not authorized" in one.message:
            yield _is(one, "AccessDeniedException")


@fact(
    31,
    "In SageMaker, a call that came too fast is ThrottlingException, with HTTP 400.",
    source=RECORDED,
    breaks="Throttled calls would fail instead of being retried.",
)
def throttling(seen: Recording) -> Iterator[bool]:
    """Each refusal that is one."""
    for one in _refusals(seen):
        if one.kind is Kind.THROTTLED or "Rate exceeded" in one.message:
            yield _is(one, "ThrottlingException")


@fact(
    32,
    "In SageMaker, the code of a refusal is in __type.",
    source=DOCS,
    breaks="botocore reads it from a header too. Else the tap could not say what to "
    "do about it, and would not retry.",
)
def codes(seen: Recording) -> Iterator[bool]:
    """Each refusal."""
    for one in _refusals(seen):
        yield bool(one.error_code)


def _refusals(seen: Recording) -> Iterator[Exchange]:
    """What SageMaker refused: other services have other codes."""
    for one in seen.exchanges:
        is_error = one.status != OK and isinstance(one.answer, dict)
        if is_error and one.is_of_sagemaker:
            yield one


def _is(one: Exchange, code: str) -> bool:
    return one.status == _REFUSED and one.error_code == code
