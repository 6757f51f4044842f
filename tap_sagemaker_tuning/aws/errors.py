"""What went wrong, in words: where, what the service said, and what to do about it.

Never a credential: only error codes, the service's own sentences and request ids.
"""

from __future__ import annotations

from dataclasses import replace

import botocore.exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tap_sagemaker_tuning.aws.error_table import (
    CLASSES,
    CODES,
    EXPLICIT_DENY,
    ROLE,
    UNKNOWN,
    UNSENDABLE,
    Kind,
    Meaning,
)
from tap_sagemaker_tuning.aws.operations import ASSUME_ROLE, OPERATIONS
from tap_sagemaker_tuning.exceptions import TapError
from tap_sagemaker_tuning.printable import printable

_SERVER_ERROR = 500  # HTTP status
_REQUEST_TIMEOUT = 408  # HTTP status
_LONGEST_CODE = 100  # characters
_LISTER = (
    " to an identity of the management account, or of a delegated administrator's: "
    "organization.list_role_arn can name a role there"
)
_NO_TRIAL = "Requested resource not found"


def code(error: Exception) -> str:
    """The service's error code; empty if the error is not the service's answer."""
    if isinstance(error, ClientError):
        said = str(error.response.get("Error", {}).get("Code", ""))
        return printable(said, _LONGEST_CODE)
    return ""


def meaning(error: BaseException | None) -> Meaning:
    """Look up what an error means.

    Args:
        error: What a call of boto3's raised; None: no error.

    Returns:
        Its meaning; `UNKNOWN` if neither its code nor its class is known.
    """
    if isinstance(error, ClientError):
        metadata = error.response.get("ResponseMetadata", {})
        status = metadata.get("HTTPStatusCode", 0)
        return _given_status(_meaning_of_refusal(error), status)
    if isinstance(_inner(error), ValueError):
        return UNSENDABLE
    found = (means for of_class, means in CLASSES if isinstance(error, of_class))
    return next(found, UNKNOWN)


def meaning_of_answer(error_code: str, status: int) -> Meaning:
    """Look up what an answer means, whichever operation it answers.

    Args:
        error_code: The service's error code; empty if it gave none.
        status: The HTTP status: from 500 on, and with 408, the call is retried.
    """
    return _given_status(CODES.get(error_code, UNKNOWN), status)


def is_denied(error: Exception) -> bool:
    """Whether a permission is missing for the call itself, not for assuming a role."""
    return meaning(error).kind is Kind.DENIED


def is_no_trial(error: ClientError) -> bool:
    """Whether DescribeTrainingJob said that there is no such training job.

    The service has no code of its own for that. Anything else that it calls invalid was
    asked wrongly, and may well exist.
    """
    if meaning(error).kind is Kind.MISSING:
        return True
    said = str(error.response["Error"].get("Message", "")).strip()
    return code(error) == "ValidationException" and said.rstrip(".") == _NO_TRIAL


def is_transient(error: Exception) -> bool:
    """Whether it may be over by a later run, with nothing changed."""
    found = meaning(error)
    is_retried = found.is_retried and found.kind is not Kind.SETTING
    return is_retried or found.kind is Kind.OUTAGE


def is_mendable(error: Exception) -> bool:
    """Whether `explain` knows what the user has to change."""
    return meaning(error).advice is not None


def _inner(error: BaseException | None) -> Exception | None:
    """What botocore's HTTP client failed with, if botocore has no name for it."""
    if type(error) is not aws.HTTPClientError:
        return None
    inner: Exception = error.kwargs["error"]
    return inner


def explain(error: BaseException) -> str:
    """Say in one line what failed, what the service said, and what to do.

    Args:
        error: What a call of boto3's raised.

    Returns:
        One printable line without a full stop, and without a secret.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error)
    advice = meaning(error).advice
    said = printable(_words(error)).rstrip(".") or type(error).__name__
    if not isinstance(error, BotoCoreError | TapError):
        said = f"{type(error).__name__}: {said}"
    return f"{said}. {advice}" if advice else said


def _words(error: BaseException) -> str:
    """What an error says, but not where it quotes an answer or a request."""
    if isinstance(error, ResponseParserError):
        return "the service's answer cannot be read"
    if inner := _inner(error):
        # It can quote a header, or the URL of a proxy.
        return f"the HTTP client failed: {type(inner).__name__}"
    return str(error)


def _explain_answer(error: ClientError) -> str:
    metadata = error.response.get("ResponseMetadata", {})
    means, said = meaning(error), _said(error)
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
    """The service's message, in one line without a full stop."""
    message = error.response.get("Error", {}).get("Message")
    return printable(str(message or "")).rstrip(".")


def _meaning_of_refusal(error: ClientError) -> Meaning:
    """Look up the code of an error; what a denial means depends on the operation."""
    found = CODES.get(code(error), UNKNOWN)
    if found.kind is not Kind.DENIED:
        return found
    if error.operation_name == ASSUME_ROLE.name:
        return ROLE
    operation = OPERATIONS.get(error.operation_name)
    action = operation.iam_action if operation else error.operation_name
    if "explicit deny" in _said(error):
        denial = EXPLICIT_DENY
    elif operation and operation.service == "organizations":
        denial = replace(found, advice=f"{found.advice}{_LISTER}")
    else:
        denial = found
    return replace(denial, advice=str(denial.advice).format(action=action))


def _given_status(found: Meaning, status: int) -> Meaning:
    """Add what an HTTP status means: some are about the moment, not the request."""
    if status < _SERVER_ERROR and status != _REQUEST_TIMEOUT:
        return found
    is_vague = found.kind in {Kind.SETTING, Kind.UNKNOWN}
    kind = Kind.OUTAGE if is_vague else found.kind
    return replace(found, kind=kind, is_retried=True)
