"""Each error is a sentence with what the service said and what to do about it."""

from __future__ import annotations

import botocore.exceptions as aws
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tap_sagemaker_tuning.aws.error_table import CLASSES, CODES, Kind
from tap_sagemaker_tuning.aws.errors import (
    code,
    explain,
    is_denied,
    is_transient,
    meaning,
)
from tap_sagemaker_tuning.aws.operations import (
    ASSUME_ROLE,
    LIST_TUNING_JOBS,
    OPERATIONS,
    Operation,
)
from tap_sagemaker_tuning.exceptions import NoResultError, TapError

BY_CLASS = [
    (aws.ProfileNotFound(profile="x"), "aws_profile"),
    (aws.NoCredentialsError(), "AWS_PROFILE"),
    (aws.PartialCredentialsError(provider="env", cred_var="x"), "Complete"),
    (aws.UnauthorizedSSOTokenError(), "`aws sso login`"),
    (aws.SSOTokenLoadError(error_msg="x"), "`aws sso login`"),
    (aws.TokenRetrievalError(provider="sso", error_msg="x"), "`aws sso login`"),
    (aws.CredentialRetrievalError(provider="p", error_msg="x"), "source of"),
    (aws.NoRegionError(), "AWS_DEFAULT_REGION"),
    (aws.InvalidRegionError(region_name="x"), "Check regions"),
    (aws.EndpointConnectionError(endpoint_url="https://x"), "region's name"),
    (aws.ConnectTimeoutError(endpoint_url="https://x"), "network"),
    (aws.ReadTimeoutError(endpoint_url="https://x"), "network"),
    (aws.ConnectionClosedError(endpoint_url="https://x"), "network"),
    (aws.SSLError(endpoint_url="https://x", error=OSError("e")), "AWS_CA_BUNDLE"),
    (aws.ProxyConnectionError(proxy_url="http://p"), "HTTPS_PROXY"),
    (FileNotFoundError(2, "No such file", "config"), "files that the AWS"),
    (ValueError("invalid literal"), "AWS configuration and its environment"),
    (ResponseParserError("cut"), "HTTPS_PROXY"),
    (aws.HTTPClientError(error=ValueError("header")), "line breaks"),
    (aws.HTTPClientError(error=OSError("reset")), "network"),
]


@pytest.mark.parametrize(
    ("error", "advice"), BY_CLASS, ids=[repr(error) for error, _ in BY_CLASS]
)
def test_network_and_credentials(error: Exception, advice: str) -> None:
    """Errors that do not come from the service have advice, too, in one line."""
    line = explain(error)
    assert advice in line.split(". ", 1)[1]
    assert "\n" not in line


def answer(code: str, operation: str, message: str = "No way.") -> ClientError:
    """An error response of the service."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "id-1"},
    }
    return ClientError(response, operation)  # type: ignore[arg-type]


BY_CODE = [
    ("ExpiredTokenException", "Renew the credentials"),
    ("RequestTimeTooSkewed", "clock"),
    ("RequestExpired", "clock"),
    ("InvalidSignatureException", "clock"),
    ("SignatureDoesNotMatch", "secret key"),
    ("UnrecognizedClientException", "region is enabled"),
    ("InvalidClientTokenId", "access key"),
    ("OptInRequired", "Enable the region"),
    ("RegionDisabledException", "Enable the region"),
    ("AWSOrganizationsNotInUseException", "organization.list_role_arn"),
    ("ThrottlingException", "max_attempts"),
    ("Throttling", "max_attempts"),
    ("TooManyRequestsException", "max_attempts"),
    ("InternalFailure", "later sync"),
    ("InternalServerError", "later sync"),
    ("ServiceUnavailable", "later sync"),
]


@pytest.mark.parametrize(("code", "advice"), BY_CODE)
def test_answers(code: str, advice: str) -> None:
    """An error code has its advice, after the service's message and the request ID."""
    line = explain(answer(code, "ListHyperParameterTuningJobs"))
    head, _, tail = line.partition(". ")
    assert head == f"ListHyperParameterTuningJobs: {code}: No way (request id-1)"
    assert advice in tail


@pytest.mark.parametrize(
    "operation",
    [operation for operation in OPERATIONS.values() if operation is not ASSUME_ROLE],
    ids=lambda operation: operation.name,
)
def test_missing_permission_names_the_action(operation: Operation) -> None:
    """A denial names the IAM action to allow, and an explicit deny names the one to
    lift."""
    line = explain(answer("AccessDeniedException", operation.name))
    allow = f"Allow {operation.iam_action}"
    if operation.service == "organizations":
        allow += (
            " for an identity in the management account or a delegated administrator "
            "account: organization.list_role_arn can name a role there"
        )
    assert line.endswith(allow)
    denied = answer(
        "AccessDeniedException", operation.name, "with an explicit deny in a SCP"
    )
    assert explain(denied).endswith(
        f"Change the policy that denies {operation.iam_action}"
    )


def test_role_that_cannot_be_assumed() -> None:
    """A denied AssumeRole names the two policies that may lack the permission."""
    line = explain(answer("AccessDenied", "AssumeRole"))
    for words in ("sts:AssumeRole", "trust policy", "external_id"):
        assert words in line


def test_unknown_code_has_no_advice() -> None:
    """An unknown error is reported as the service sent it."""
    line = explain(answer("BrandNew", "ListHyperParameterTuningJobs", "a\n  b."))
    assert line == "ListHyperParameterTuningJobs: BrandNew: a b (request id-1)"


@pytest.mark.parametrize(
    ("response", "line"),
    [
        ({}, "Search: error"),
        ({"Error": {"Code": "InternalFailure", "Message": ""}}, "Search: Internal"),
        ({"Error": {"Code": "Odd", "Message": None}}, "Search: Odd"),
    ],
)
def test_an_answer_that_says_little(response: dict[str, object], line: str) -> None:
    """What the service left out leaves no empty parentheses and no None."""
    said = explain(ClientError(response, "Search"))  # type: ignore[arg-type]
    assert said.startswith(line)
    assert "None" not in said
    assert "()" not in said


def test_an_odd_request_id() -> None:
    """A request ID can be any text, because a proxy can set it."""
    response = {"ResponseMetadata": {"RequestId": "\x1b" + "x" * 200}}
    line = explain(ClientError(response, "Search"))  # type: ignore[arg-type]
    assert line == f"Search: error (request \ufffd{'x' * 98}…)"


def test_a_password_is_not_shown() -> None:
    """Passwords in proxy URLs are not shown."""
    error = aws.ProxyConnectionError(proxy_url="http://me:s3cr3t@proxy:3128")
    assert "//***@proxy:3128" in explain(error)
    assert "s3cr3t" not in explain(error)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            ResponseParserError("<SecretAccessKey>s3cr3t"),
            "ResponseParserError: the response cannot be parsed. ",
        ),
        (
            aws.HTTPClientError(error=ValueError("Invalid header value b's3cr3t'")),
            "the HTTP client failed: ValueError. ",
        ),
    ],
    ids=["answer", "header"],
)
def test_what_quotes_an_answer_or_a_request_is_not_shown(
    error: Exception, line: str
) -> None:
    """Errors in which botocore quotes a request or response are reported only by
    type."""
    assert explain(error).startswith(line)
    assert "s3cr3t" not in explain(error)


@pytest.mark.parametrize("code", ["InvalidSignatureException", "SignatureDoesNotMatch"])
def test_a_wrong_signature_is_one_sentence(code: str) -> None:
    """Only the first sentence of a signature error is shown, because AWS quotes the
    request after it."""
    line = explain(answer(code, "Search", "It does not match. Check\n\n'POST s3cr3t'"))
    assert line.startswith(f"Search: {code}: It does not match (request id-1). Check")
    assert "s3cr3t" not in line


def test_what_is_not_botocores_is_named() -> None:
    """A bug's line has the type of the error; the tap's own errors need only their
    message."""
    assert explain(KeyError("x")) == "KeyError: 'x'"
    assert explain(ZeroDivisionError()) == "ZeroDivisionError: ZeroDivisionError"
    assert explain(NoResultError("Search: no Results")) == "Search: no Results"
    assert explain(TapError("two\n lines.")) == "two lines"


@pytest.mark.parametrize(
    ("error", "denied"),
    [
        (answer("AccessDeniedException", LIST_TUNING_JOBS.name), True),
        (answer("UnauthorizedOperation", LIST_TUNING_JOBS.name), True),
        (answer("AccessDenied", ASSUME_ROLE.name), False),
        (answer("ResourceNotFound", LIST_TUNING_JOBS.name), False),
        (aws.NoCredentialsError(), False),
    ],
)
def test_what_a_denial_is(error: Exception, denied: bool) -> None:  # noqa: FBT001
    """A denied call differs from a role that cannot be assumed."""
    assert is_denied(error) is denied


@pytest.mark.parametrize("code", CODES)
def test_a_status_can_say_more_than_a_code(code: str) -> None:
    """A 5xx is transient with any code, but keeps a kind that callers look for: a
    denied call stays denied."""
    error = answer(code, LIST_TUNING_JOBS.name)
    before = meaning(error)
    error.response["ResponseMetadata"]["HTTPStatusCode"] = 500
    after = meaning(error)
    assert after.is_retried
    assert after.advice == before.advice
    assert after.kind in {before.kind, Kind.OUTAGE}
    assert (after.kind is before.kind) is (before.kind is not Kind.SETTING)
    assert is_transient(error)


@pytest.mark.parametrize(
    "code", ["InternalFailure", "InternalServerError", "ServiceUnavailable"]
)
def test_an_outage_is_one_with_any_status(code: str) -> None:
    """If the code itself says that the service failed, the call is retried."""
    assert CODES[code].is_retried
    assert is_transient(answer(code, LIST_TUNING_JOBS.name))


def test_a_clock_that_is_ahead() -> None:
    """New credentials that have expired already are the local clock's fault, but any
    other RuntimeError is not."""
    words = (
        "Credentials were refreshed, but the refreshed credentials are still expired."
    )
    assert explain(RuntimeError(words)).endswith(". Check this machine's clock")
    assert explain(RuntimeError("a bug")) == "RuntimeError: a bug"


def test_each_class_can_be_found() -> None:
    """No class in the table comes after its base class, because it would never
    match."""
    classes = [each for each, _ in CLASSES]
    for place, each in enumerate(classes):
        assert not issubclass(each, tuple(classes[:place])), each


def test_code() -> None:
    """A code comes from the service; errors that did not reach it have none."""
    assert code(answer("Odd", "Search")) == "Odd"
    assert code(ClientError({}, "Search")) == ""
    assert code(answer("x" * 200, "Search")) == "x" * 99 + "…"
    assert code(aws.NoCredentialsError()) == ""
