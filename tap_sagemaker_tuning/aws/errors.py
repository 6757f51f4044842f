"""Explains errors in one line: what failed, what AWS said, and what to do about it.

Lines hold error codes, AWS's messages and request IDs, but never a credential.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import botocore.exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tap_sagemaker_tuning.aws.error_table import (
    CLASSES,
    CLOCK,
    CODES,
    EXPLICIT_DENY,
    ROLE,
    UNKNOWN,
    UNSENDABLE,
    Kind,
    Meaning,
)
from tap_sagemaker_tuning.aws.operations import ASSUME_ROLE, OPERATIONS
from tap_sagemaker_tuning.exceptions import (
    CallError,
    InternalError,
    TapError,
    UnreadableError,
)
from tap_sagemaker_tuning.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = (BotoCoreError, ClientError, TapError)
"""What a call can raise, and what reading its response can. Anything else is a bug."""

_SERVER_ERROR = 500  # HTTP status
_REQUEST_TIMEOUT = 408  # HTTP status
_LONGEST_CODE = 100  # characters
_LISTER = (
    " for an identity in the management account or a delegated administrator account: "
    "organization.list_role_arn can name a role there"
)
_NO_TRIAL = "Requested resource not found"  # fact 29
_STILL_EXPIRED = "the refreshed credentials are still expired"


@contextmanager
def boto3_runs(operation: str | None = None) -> Iterator[None]:
    """Run boto3's own code, and raise only what is in `DATA`.

    botocore parses configuration, credentials and responses, and passes on what Python
    raises there.

    Args:
        operation: The operation that the block calls; None: it calls none.

    Raises:
        UnreadableError: botocore cannot parse the response.
        CallError: The block raised another exception that is not in `DATA`.
    """
    try:
        yield
    except DATA:
        raise
    except Exception as error:
        if operation and isinstance(error, AttributeError | KeyError | TypeError):
            msg = f"{operation}: the response is malformed: {error}"
            raise UnreadableError(msg) from error
        raise CallError(error) from error


def code(error: Exception) -> str:
    """The AWS error code; empty if the error is not a response of AWS."""
    if isinstance(error, ClientError):
        said = str(error.response.get("Error", {}).get("Code", ""))
        return printable(said, _LONGEST_CODE)
    return ""


def code_or_kind(error: Exception) -> str:
    """The AWS error code, or else the kind of exception; "internal" for a bug."""
    if isinstance(error, InternalError):
        return "internal"
    return code(error) or type(_of_boto3(error)).__name__


def meaning(error: BaseException | None) -> Meaning:
    """Look up what an error means.

    Args:
        error: What a boto3 call raised; None: no error.

    Returns:
        Its meaning; `UNKNOWN` if neither its code nor its class is known.
    """
    error = _of_boto3(error)
    if isinstance(error, ClientError):
        metadata = error.response.get("ResponseMetadata", {})
        status = metadata.get("HTTPStatusCode", 0)
        return _given_status(_meaning_of_refusal(error), status)
    if isinstance(_inner(error), ValueError):
        return UNSENDABLE
    if isinstance(error, RuntimeError) and _STILL_EXPIRED in str(error):
        return CLOCK  # botocore has no class for it
    meanings = (means for of_class, means in CLASSES if isinstance(error, of_class))
    return next(meanings, UNKNOWN)


def meaning_of_answer(error_code: str, status: int) -> Meaning:
    """Look up what an error response means, regardless of the operation.

    Args:
        error_code: The AWS error code; empty if there is none.
        status: The HTTP status; 408 and 500 or above mean that the call is retried.
    """
    return _given_status(CODES.get(error_code, UNKNOWN), status)


def is_denied(error: Exception) -> bool:
    """Whether a call was denied, other than AssumeRole."""
    return meaning(error).kind is Kind.DENIED


def is_no_trial(error: ClientError) -> bool:
    """Whether an error of DescribeTrainingJob means that the trial does not exist.

    AWS has no specific error code for this, so the message decides. After any other
    ValidationException, the trial may well exist.
    """
    if meaning(error).kind is Kind.MISSING:
        return True
    said = str(error.response["Error"].get("Message", "")).strip()
    return code(error) == "ValidationException" and said.rstrip(".") == _NO_TRIAL


def is_transient(error: Exception) -> bool:
    """Whether a later run may succeed with nothing changed."""
    means = meaning(error)
    is_retried = means.is_retried and means.kind is not Kind.SETTING
    return is_retried or means.kind is Kind.OUTAGE


def is_mendable(error: Exception) -> bool:
    """Whether `explain` says what the user can do."""
    return meaning(error).advice is not None


def _of_boto3(error: BaseException | None) -> BaseException | None:
    """The exception that boto3 raised, if a `CallError` has it."""
    return error.error if isinstance(error, CallError) else error


def _inner(error: BaseException | None) -> Exception | None:
    """The error of botocore's HTTP client, if botocore has no class for it."""
    if type(error) is not aws.HTTPClientError:
        return None
    inner: Exception = error.kwargs["error"]
    return inner


def explain(error: BaseException, *, is_quoted: bool = True) -> str:
    """Explain in one line what failed, what AWS said, and what to do about it.

    Args:
        error: What a boto3 call raised.
        is_quoted: Whether to quote AWS's message, in addition to its error code.

    Returns:
        A printable line without secrets, and without a final period.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error, is_quoted=is_quoted)
    if isinstance(error, CallError):
        return explain(error.error)
    advice = meaning(error).advice
    said = printable(_words(error)).rstrip(".") or type(error).__name__
    if not isinstance(error, BotoCoreError | TapError):
        said = f"{type(error).__name__}: {said}"
    return f"{said}. {advice}" if advice else said


def _words(error: BaseException) -> str:
    """An error's message, or a stand-in if it can quote a request or response."""
    if isinstance(error, ResponseParserError):
        return "the response cannot be parsed"
    if inner := _inner(error):
        # Its message can quote a header, or the URL of a proxy.
        return f"the HTTP client failed: {type(inner).__name__}"
    if isinstance(error, aws.CredentialRetrievalError):
        provider = error.kwargs.get("provider")
        if provider == "custom-process":
            return "credential_process failed: run its command to see why"
    if type(error).__module__.startswith("dateutil."):
        return "a time cannot be parsed, such as the Expiration of credentials"
    return str(error)


def _explain_answer(error: ClientError, *, is_quoted: bool) -> str:
    metadata = error.response.get("ResponseMetadata", {})
    means, said = meaning(error), _said(error) if is_quoted else ""
    if means.kind is Kind.SIGNATURE:
        said = said.partition(". ")[0]
    parts = [f"{error.operation_name}: {code(error) or 'error'}"]
    if said:
        parts.append(said)
    line = ": ".join(parts)
    if request := metadata.get("RequestId"):
        line += f" (request {printable(str(request), _LONGEST_CODE)})"
    return f"{line}. {means.advice}" if means.advice else line


def _said(error: ClientError) -> str:
    """AWS's message, in one line without a final period."""
    message = error.response.get("Error", {}).get("Message")
    return printable(str(message or "")).rstrip(".")


def _meaning_of_refusal(error: ClientError) -> Meaning:
    """Look up an error's code; the meaning of a denial depends on the operation."""
    means = CODES.get(code(error), UNKNOWN)
    if means.kind is not Kind.DENIED:
        return means
    if error.operation_name == ASSUME_ROLE.name:
        return ROLE
    operation = OPERATIONS.get(error.operation_name)
    action = operation.iam_action if operation else error.operation_name
    if "explicit deny" in _said(error):
        denial = EXPLICIT_DENY
    elif operation and operation.service == "organizations":
        denial = replace(means, advice=f"{means.advice}{_LISTER}")
    else:
        denial = means
    return replace(denial, advice=str(denial.advice).format(action=action))


def _given_status(means: Meaning, status: int) -> Meaning:
    """Adjust a meaning to the HTTP status: 408 and 5xx are transient."""
    if status < _SERVER_ERROR and status != _REQUEST_TIMEOUT:
        return means
    is_vague = means.kind in {Kind.SETTING, Kind.UNKNOWN}
    kind = Kind.OUTAGE if is_vague else means.kind
    return replace(means, kind=kind, is_retried=True)
