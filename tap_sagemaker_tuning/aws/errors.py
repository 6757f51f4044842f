"""What went wrong, in words: where, what the service said, and what to do about it.

Never a credential: only error codes, the service's own sentences and request ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import botocore.exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_sagemaker_tuning.aws.client import Scope

DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
"""Codes of a missing permission."""

NOT_FOUND = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
"""Codes of a tuning job that does not exist."""

_RENEW = "Renew the credentials: the session token has expired and can not renew itself"
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
    "InvalidSignatureException": _SIGNATURE,
    "SignatureDoesNotMatch": _SIGNATURE,
    "UnrecognizedClientException": _KEY,
    "InvalidClientTokenId": _KEY,
    "OptInRequired": _ENABLE,
    "RegionDisabledException": _ENABLE,
    "ThrottlingException": "Lower concurrency, or raise max_attempts",
    "InternalFailure": _LATER,
    "InternalServerError": _LATER,
    "ServiceUnavailable": _LATER,
}

_PASSWORD = re.compile(r"//[^/@\s]+@")
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
    (aws.HTTPClientError, _NETWORK),
    (aws.ConnectionError, _NETWORK),
    (OSError, "Check the files that the AWS configuration names"),
    (ValueError, "Check the AWS configuration and its environment variables"),
)


class NoListError(Exception):
    """A response with status 200 and without what its operation returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What was not read, and why.

    Attributes:
        scope: The account and region; None: before any scope was known.
        tuning_job: The one tuning job that was not read; None: the whole scope.
        error: What a call of boto3's raised.
    """

    scope: Scope | None
    tuning_job: str | None
    error: Exception

    @property
    def reason(self) -> str:
        """What the service said, and what to do, in one line."""
        return explain(self.error)

    @property
    def cause(self) -> str:
        """The same for what one thing made fail, whatever the scope and request."""
        if isinstance(self.error, ClientError):
            return f"{self.error.operation_name}: {code(self.error)}"
        return type(self.error).__name__

    def __str__(self) -> str:
        """Say where, and then why."""
        where = [str(self.scope)] if self.scope else []
        if self.tuning_job:
            where.append(f"tuning job {self.tuning_job}")
        return ": ".join([", ".join(where), self.reason] if where else [self.reason])


def code(error: Exception) -> str:
    """The service's error code; empty if the error is not the service's answer."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def is_denied(error: Exception) -> bool:
    """Whether a permission is missing for the call itself, not for assuming a role."""
    return code(error) in DENIED and not _is_assume_role(error)


def explain(error: Exception) -> str:
    """Say in one line what failed, what the service said, and what to do.

    Args:
        error: What a call of boto3's raised.

    Returns:
        One line without a full stop.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error)
    advice = next(
        (text for kind, text in _ADVICE_BY_CLASS if isinstance(error, kind)), None
    )
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    said = _PASSWORD.sub("//***@", said)
    if not isinstance(error, BotoCoreError | NoListError):
        said = f"{type(error).__name__}: {said}"
    return f"{said}. {advice}" if advice else said


def report(failures: Sequence[Failure], scopes: int) -> list[str]:
    """Say in one line each what was not read; once, if one reason failed all scopes.

    Args:
        failures: What was not read.
        scopes: How many scopes there are.

    Returns:
        The lines.
    """
    causes = {failure.cause for failure in failures}
    whole = [failure for failure in failures if failure.tuning_job is None]
    if scopes > 1 and len(whole) == len(failures) == scopes and len(causes) == 1:
        return [f"all {scopes} accounts and regions: {failures[0].reason}"]
    return [str(failure) for failure in failures]


def _is_assume_role(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.operation_name == "AssumeRole"


def _explain_answer(error: ClientError) -> str:
    answer = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    said = " ".join(str(answer.get("Message") or "").split()).rstrip(".")
    parts = [f"{error.operation_name}: {code(error) or 'error'}"]
    if said:
        parts.append(said)
    line = ": ".join(parts)
    if request := metadata.get("RequestId"):
        line += f" (request {request})"
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
        action = f"{_SERVICE.get(error.operation_name, 'sagemaker')}"
        action += f":{error.operation_name}"
        if "explicit deny" in said:
            return f"Lift the policy that denies {action}"
        return f"Allow {action}"
    return _ADVICE_BY_CODE.get(code(error))


_SERVICE = {"GetCallerIdentity": "sts"}
