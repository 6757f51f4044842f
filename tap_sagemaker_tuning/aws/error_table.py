"""Maps errors to their kind, to advice, and to whether a retry can help.

One entry per error code of AWS, and one per class of exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import botocore.exceptions as aws
from botocore.parsers import ResponseParserError

from tap_sagemaker_tuning.exceptions import NoResultError, UnboundedError


class Kind(Enum):
    """What an error is about.

    Attributes:
        DENIED: The identity lacks a permission.
        MISSING: The tuning job or trial does not exist.
        THROTTLED: AWS rejected the call because of a quota.
        EXPIRED: The session token has expired.
        SIGNATURE: The signature is wrong. AWS then quotes the request, including its
            session token, so only the first sentence may be shown.
        SETTING: A setting, the credentials or the local machine must change.
        OUTAGE: The service or the network is failing at the moment.
        UNKNOWN: Anything else.
    """

    DENIED = auto()
    MISSING = auto()
    THROTTLED = auto()
    EXPIRED = auto()
    SIGNATURE = auto()
    SETTING = auto()
    OUTAGE = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means.

    Attributes:
        kind: What it is about.
        advice: What to do about it, if the tap knows.
        is_retried: Whether the tap retries the call, up to max_attempts.
    """

    kind: Kind
    advice: str | None = None
    is_retried: bool = False


UNKNOWN = Meaning(Kind.UNKNOWN)

_DENIED = Meaning(Kind.DENIED, "Allow {action}")
_MISSING = Meaning(Kind.MISSING)
_THROTTLED = Meaning(
    Kind.THROTTLED, "Lower concurrency, or raise max_attempts", is_retried=True
)
_EXPIRED = Meaning(
    Kind.EXPIRED,
    "Renew the credentials: the session token has expired and cannot renew itself",
)
_SIGNATURE = Meaning(
    Kind.SIGNATURE,
    "Check the secret key (aws_secret_access_key, or the one that boto3 found) and "
    "this machine's clock: AWS returns this error for both",
)
CLOCK = Meaning(Kind.SETTING, "Check this machine's clock")
_KEY = Meaning(
    Kind.SETTING,
    "Check the access key (aws_access_key_id, or the one that boto3 found) and that "
    "the region is enabled for the account: AWS returns this error for both",
)
_REGION = Meaning(
    Kind.SETTING, "Enable the region for the account, or remove it from regions"
)
_NO_ORGANIZATION = Meaning(
    Kind.SETTING,
    "Use credentials of an account in the organization, or name a role there in "
    "organization.list_role_arn; without an organization, set assume_roles instead",
)
_FAILED = Meaning(
    Kind.OUTAGE,
    "The service failed on every attempt: a later sync reads what is missing",
    is_retried=True,
)

CODES = {
    "AWSOrganizationsNotInUseException": _NO_ORGANIZATION,
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,  # fact 30
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InternalFailure": _FAILED,
    "InternalServerError": _FAILED,
    "InvalidClientTokenId": _KEY,
    "InvalidSignatureException": _SIGNATURE,
    "OptInRequired": _REGION,
    "RegionDisabledException": _REGION,
    "RequestExpired": CLOCK,
    "RequestTimeTooSkewed": CLOCK,
    "ResourceNotFound": _MISSING,
    "ResourceNotFoundException": _MISSING,
    "ServiceUnavailable": _FAILED,
    "SignatureDoesNotMatch": _SIGNATURE,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,  # fact 31
    "TooManyRequestsException": _THROTTLED,
    "UnauthorizedOperation": _DENIED,
    "UnrecognizedClientException": _KEY,
}
"""Meanings by error code. In advice, `{action}` is the IAM action of the call."""

EXPLICIT_DENY = Meaning(Kind.DENIED, "Change the policy that denies {action}")
"""A denial whose message names an explicit deny in a policy."""

ROLE = Meaning(
    Kind.SETTING,
    "Grant this identity sts:AssumeRole on the role, and name this identity and the "
    "external_id in the role's trust policy",
)
"""A denial of AssumeRole: assume_roles or the role must change."""

UNSENDABLE = Meaning(
    Kind.SETTING, "Check HTTPS_PROXY, and the credentials for line breaks"
)
"""A request that botocore's HTTP client cannot send, such as a key with a line break,
or a proxy URL that cannot be parsed."""

NO_RESULT = Meaning(Kind.OUTAGE, is_retried=True)
"""A response with status 200 but no result; the error's own message has advice."""

_SSO = Meaning(Kind.SETTING, "Run `aws sso login`")
_NETWORK = Meaning(
    Kind.OUTAGE,
    "Check the network, the region's name, and aws_endpoint_url or "
    "AWS_ENDPOINT_URL_SAGEMAKER if set",
    is_retried=True,
)

CLASSES: tuple[tuple[type[Exception], Meaning], ...] = (
    (
        aws.ProfileNotFound,
        Meaning(Kind.SETTING, "Check aws_profile or AWS_PROFILE"),
    ),
    (
        aws.NoCredentialsError,
        Meaning(
            Kind.SETTING,
            "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret, or give the host "
            "a role",
        ),
    ),
    (
        aws.PartialCredentialsError,
        Meaning(Kind.SETTING, "Complete the credentials"),
    ),
    (aws.UnauthorizedSSOTokenError, _SSO),
    (aws.SSOError, _SSO),
    (aws.TokenRetrievalError, _SSO),
    (
        aws.CredentialRetrievalError,
        Meaning(Kind.SETTING, "Check the source of the credentials"),
    ),
    (aws.NoRegionError, Meaning(Kind.SETTING, "Set regions, or AWS_DEFAULT_REGION")),
    (aws.InvalidRegionError, Meaning(Kind.SETTING, "Check regions")),
    (
        aws.ProxyConnectionError,
        Meaning(Kind.SETTING, "Check HTTPS_PROXY and NO_PROXY", is_retried=True),
    ),
    (
        aws.SSLError,
        Meaning(
            Kind.SETTING,
            "Check the certificate, or set AWS_CA_BUNDLE for a private authority",
        ),
    ),
    (
        # Not retried: botocore parses a response after its retries.
        ResponseParserError,
        Meaning(
            Kind.OUTAGE, "Check aws_endpoint_url and HTTPS_PROXY, or run again later"
        ),
    ),
    (NoResultError, NO_RESULT),
    (
        # Not retried: it could take as long again.
        UnboundedError,
        Meaning(
            Kind.OUTAGE, "Check aws_endpoint_url and HTTPS_PROXY, or run again later"
        ),
    ),
    (aws.HTTPClientError, _NETWORK),
    (aws.ConnectionError, _NETWORK),
    (
        OSError,
        Meaning(Kind.SETTING, "Check the files that the AWS configuration names"),
    ),
    (
        ValueError,
        Meaning(
            Kind.SETTING,
            "Check the AWS configuration and its environment variables",
        ),
    ),
)
"""Meanings by class of exception. The first match wins, so subclasses come first."""
