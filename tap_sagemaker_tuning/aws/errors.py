"""What went wrong, in words: where, what the service said, and what to do about it.

Never a credential: only error codes, the service's own sentences and request ids.
"""

from __future__ import annotations

from typing import Any

import botocore.exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tap_sagemaker_tuning.aws.operations import ASSUME_ROLE, OPERATIONS
from tap_sagemaker_tuning.exceptions import NoResultError, TapError
from tap_sagemaker_tuning.printable import printable

DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
"""Codes of a missing permission."""

NOT_FOUND = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
"""Codes of a tuning job that does not exist."""

THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException"})
"""Codes of calls that came too fast."""

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
"""Codes of a session that has ended."""

SIGNATURE = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
"""Codes of a wrong signature. AWS quotes the request then: its session token, too."""

_SERVER_ERROR = 500  # HTTP status
_REQUEST_TIMEOUT = 408  # HTTP status
_LONGEST_CODE = 100  # characters

_RENEW = "Renew the credentials: the session token has expired and cannot renew itself"
_KEY = (
    "Check the access key (aws_access_key_id, or the chain's) and that the region is "
    "enabled for the account: the service says the same of both"
)
_SIGNATURE = (
    "Check the secret key (aws_secret_access_key, or the chain's) and this machine's "
    "clock: the service says the same of both"
)
_CLOCK = "Check this machine's clock"
_ENABLE = "Enable the region for the account, or take it out of regions"
_LATER = "The service failed at every try: a later sync reads what is missing"

_ADVICE_BY_CODE = {
    "ExpiredToken": _RENEW,
    "ExpiredTokenException": _RENEW,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    **dict.fromkeys(SIGNATURE, _SIGNATURE),
    "UnrecognizedClientException": _KEY,
    "InvalidClientTokenId": _KEY,
    "OptInRequired": _ENABLE,
    "RegionDisabledException": _ENABLE,
    **dict.fromkeys(THROTTLED, "Lower concurrency, or raise max_attempts"),
    "InternalFailure": _LATER,
    "InternalServerError": _LATER,
    "ServiceUnavailable": _LATER,
}

_UNSENDABLE = "Check HTTPS_PROXY, and the credentials for line breaks"
_BROKEN = "Check aws_endpoint_url and HTTPS_PROXY, or read again later"
_SSO = "Run `aws sso login`"
_NETWORK = (
    "Check the network, the region's name, and aws_endpoint_url or "
    "AWS_ENDPOINT_URL_SAGEMAKER if set"
)

# The first class that fits counts, so a subclass stands before its base.
_ADVICE_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (aws.ProfileNotFound, "Check aws_profile or AWS_PROFILE"),
    (
        aws.NoCredentialsError,
        "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret, or give the host a role",
    ),
    (aws.PartialCredentialsError, "Complete the credentials"),
    (aws.UnauthorizedSSOTokenError, _SSO),
    (aws.SSOError, _SSO),
    (aws.TokenRetrievalError, _SSO),
    (aws.CredentialRetrievalError, "Check where the credentials come from"),
    (aws.NoRegionError, "Set regions, or AWS_DEFAULT_REGION"),
    (aws.InvalidRegionError, "Check regions"),
    (aws.ProxyConnectionError, "Check HTTPS_PROXY and NO_PROXY"),
    (aws.SSLError, "Check the certificate: AWS_CA_BUNDLE names a private authority's"),
    (ResponseParserError, _BROKEN),
    (aws.HTTPClientError, _NETWORK),
    (aws.ConnectionError, _NETWORK),
    (OSError, "Check the files that the AWS configuration names"),
    (ValueError, "Check the AWS configuration and its environment variables"),
)


def code(error: Exception) -> str:
    """The service's error code; empty if the error is not the service's answer."""
    if isinstance(error, ClientError):
        said = str(error.response.get("Error", {}).get("Code", ""))
        return printable(said, _LONGEST_CODE)
    return ""


def is_denied(error: Exception) -> bool:
    """Whether a permission is missing for the call itself, not for assuming a role."""
    return code(error) in DENIED and not _is_assume_role(error)


def is_retriable(operation: str, response: Any, error: Exception | None) -> bool:
    """Whether a call that failed is worth another try.

    Args:
        operation: The API's name of it.
        response: botocore's HTTP response and what it parsed of it; None: none came.
        error: Why none came.
    """
    if response is None:
        is_network = isinstance(error, aws.HTTPClientError | aws.ConnectionError)
        return is_network and not is_hopeless(error)
    http, parsed = response
    error_code = parsed.get("Error", {}).get("Code")
    if _is_passing(http.status_code) or error_code in THROTTLED:
        return True
    return error_code is None and OPERATIONS[operation].result not in parsed


def _is_passing(status: int) -> bool:
    """Whether an HTTP status is about the moment, not about the request."""
    return status >= _SERVER_ERROR or status == _REQUEST_TIMEOUT


def is_hopeless(error: Exception | None) -> bool:
    """Whether a network error, as botocore has it, would come again each time.

    A certificate that nobody trusts, a proxy's URL that cannot be parsed, or a header
    that cannot be sent: a key with a line break in it.
    """
    return isinstance(error, aws.SSLError) or isinstance(_inner(error), ValueError)


def _inner(error: BaseException | None) -> Exception | None:
    """What botocore's HTTP client failed with, if botocore has no name for it."""
    if type(error) is not aws.HTTPClientError:
        return None
    inner: Exception = error.kwargs["error"]
    return inner


def is_transient(error: Exception) -> bool:
    """Whether it may be over by a later run, with nothing changed."""
    if isinstance(error, ClientError):
        metadata = error.response.get("ResponseMetadata", {})
        is_passing = _is_passing(metadata.get("HTTPStatusCode", 0))
        return is_passing or code(error) in THROTTLED
    is_network = isinstance(error, aws.HTTPClientError | aws.ConnectionError)
    is_setting = isinstance(error, aws.ProxyConnectionError) or is_hopeless(error)
    is_broken = isinstance(error, NoResultError | ResponseParserError)
    return (is_network and not is_setting) or is_broken


def is_mendable(error: Exception) -> bool:
    """Whether `explain` knows what whoever runs the tap has to change."""
    if isinstance(error, ClientError):
        return _advice(error, "") is not None
    return _advice_by_class(error) is not None


def explain(error: BaseException) -> str:
    """Say in one line what failed, what the service said, and what to do.

    Args:
        error: What a call of boto3's raised.

    Returns:
        One printable line without a full stop, and without a secret.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error)
    advice = _advice_by_class(error)
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


def _advice_by_class(error: BaseException) -> str | None:
    if isinstance(_inner(error), ValueError):
        return _UNSENDABLE
    found = (text for kind, text in _ADVICE_BY_CLASS if isinstance(error, kind))
    return next(found, None)


def _is_assume_role(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.operation_name == ASSUME_ROLE.name


def _explain_answer(error: ClientError) -> str:
    answer = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    said = printable(str(answer.get("Message") or "")).rstrip(".")
    if code(error) in SIGNATURE:
        said = said.partition(". ")[0]
    parts = [f"{error.operation_name}: {code(error) or 'error'}"]
    if said:
        parts.append(said)
    line = ": ".join(parts)
    if request := metadata.get("RequestId"):
        line += f" (request {printable(str(request), _LONGEST_CODE)})"
    advice = _advice(error, said)
    return f"{line}. {advice}" if advice else line


def _advice(error: ClientError, said: str) -> str | None:
    if _is_assume_role(error):
        if code(error) in DENIED:
            return (
                "Allow sts:AssumeRole on the role to this identity, and let the role's "
                "trust policy name this identity and the external_id"
            )
        return _ADVICE_BY_CODE.get(code(error))
    if code(error) in DENIED:
        operation = OPERATIONS.get(error.operation_name)
        action = operation.iam_action if operation else error.operation_name
        if "explicit deny" in said:
            return f"Lift the policy that denies {action}"
        return f"Allow {action}"
    return _ADVICE_BY_CODE.get(code(error))
