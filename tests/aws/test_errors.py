"""Each failure in words: what the service said, and what to do about it."""

from __future__ import annotations

import botocore.exceptions as aws
import pytest
from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.aws.operations import ASSUME_ROLE, OPERATIONS, Operation
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.sync.failures import Failure, report

SCOPE = Scope("123456789012", "us-east-1")

BY_CLASS = [
    (aws.ProfileNotFound(profile="x"), "aws_profile"),
    (aws.NoCredentialsError(), "AWS_PROFILE"),
    (aws.PartialCredentialsError(provider="env", cred_var="x"), "Complete"),
    (aws.UnauthorizedSSOTokenError(), "`aws sso login`"),
    (aws.SSOTokenLoadError(error_msg="x"), "`aws sso login`"),
    (aws.TokenRetrievalError(provider="sso", error_msg="x"), "`aws sso login`"),
    (aws.CredentialRetrievalError(provider="p", error_msg="x"), "come from"),
    (aws.NoRegionError(), "AWS_DEFAULT_REGION"),
    (aws.InvalidRegionError(region_name="x"), "Check regions"),
    (aws.EndpointConnectionError(endpoint_url="https://x"), "region's name"),
    (aws.ConnectTimeoutError(endpoint_url="https://x"), "network"),
    (aws.ReadTimeoutError(endpoint_url="https://x"), "network"),
    (aws.ConnectionClosedError(endpoint_url="https://x"), "network"),
    (aws.SSLError(endpoint_url="https://x", error=OSError("e")), "AWS_CA_BUNDLE"),
    (aws.ProxyConnectionError(proxy_url="http://p"), "HTTPS_PROXY"),
]


@pytest.mark.parametrize(
    ("error", "advice"), BY_CLASS, ids=[type(error).__name__ for error, _ in BY_CLASS]
)
def test_network_and_credentials(error: Exception, advice: str) -> None:
    """What is no answer of the service's has advice as well, in one line."""
    line = explain(error)
    assert advice in line.split(". ", 1)[1]
    assert "\n" not in line


def answer(code: str, operation: str, message: str = "No way.") -> ClientError:
    """An error of the service's."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "id-1"},
    }
    return ClientError(response, operation)  # type: ignore[arg-type]


BY_CODE = [
    ("ExpiredTokenException", "Renew the credentials"),
    ("RequestTimeTooSkewed", "clock"),
    ("InvalidSignatureException", "clock"),
    ("SignatureDoesNotMatch", "secret key"),
    ("UnrecognizedClientException", "region is enabled"),
    ("InvalidClientTokenId", "access key"),
    ("OptInRequired", "Enable the region"),
    ("ThrottlingException", "max_attempts"),
    ("InternalFailure", "later sync"),
]


@pytest.mark.parametrize(("code", "advice"), BY_CODE)
def test_answers(code: str, advice: str) -> None:
    """An error code has its advice, after the service's words and the request's id."""
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
    """A denial names the IAM action to allow; an explicit deny, the one to lift."""
    line = explain(answer("AccessDeniedException", operation.name))
    assert line.endswith(f"Allow {operation.iam_action}")
    denied = answer(
        "AccessDeniedException", operation.name, "with an explicit deny in a SCP"
    )
    assert explain(denied).endswith(
        f"Lift the policy that denies {operation.iam_action}"
    )


def test_role_that_can_not_be_assumed() -> None:
    """A denied AssumeRole names both policies that can miss."""
    line = explain(answer("AccessDenied", "AssumeRole"))
    for words in ("sts:AssumeRole", "trust policy", "external_id"):
        assert words in line


def test_unknown_code_has_no_advice() -> None:
    """What is not known is told as the service told it."""
    line = explain(answer("BrandNew", "ListHyperParameterTuningJobs", "a\n  b."))
    assert line == "ListHyperParameterTuningJobs: BrandNew: a b (request id-1)"


def test_failure_says_where_first() -> None:
    """A line begins with account, region and tuning job."""
    error = answer("BrandNew", "ListTrainingJobs")
    failure = Failure(scope=SCOPE, tuning_job="churn", error=error)
    assert str(failure).startswith(
        "account 123456789012, us-east-1, tuning job churn: ListTrainingJobs: BrandNew"
    )


def test_one_cause_for_all_scopes_is_said_once() -> None:
    """The same code of all scopes is one line, though words and request ids differ."""
    failures = [
        Failure(
            scope=Scope("123456789012", region),
            tuning_job=None,
            error=answer("AccessDeniedException", "List", f"denied in {region}"),
        )
        for region in ("us-east-1", "eu-west-1")
    ]
    (line,) = report(failures, scopes=2)
    assert line.startswith("all 2 accounts and regions: List: AccessDenied")
    (line,) = report(failures, scopes=3)
    assert line.startswith("account 123456789012, eu-west-1, us-east-1: List: ")
    assert report([], scopes=2) == []
