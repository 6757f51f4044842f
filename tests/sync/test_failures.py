"""Failures become lines that say where and why, each cause once."""

from __future__ import annotations

import botocore.exceptions as aws
import pytest
from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError
from tap_sagemaker_tuning.sync.failures import Failure, report

ACCOUNT, OTHER = "123456789012", "222222222222"
HERE = Scope(ACCOUNT, "us-east-1")
LIST = "ListHyperParameterTuningJobs"


def answer(
    code: str = "AccessDeniedException", said: str = "No.", operation: str = LIST
) -> ClientError:
    """An error response of the service, with its own request ID."""
    response = {
        "Error": {"Code": code, "Message": said},
        "ResponseMetadata": {"RequestId": said},
    }
    return ClientError(response, operation)  # type: ignore[arg-type]


def failure(
    error: Exception | None = None,
    scope: Scope | None = HERE,
    tuning_job: str | None = None,
) -> Failure:
    """A failure, by default a denial."""
    return Failure(scope=scope, tuning_job=tuning_job, error=error or answer())


class TestFailure:
    """One failure."""

    def test_it_says_where_first(self) -> None:
        """A line begins with the account, region and tuning job."""
        line = str(failure(answer("BrandNew", "a"), tuning_job="churn"))
        assert line == (
            f"account {ACCOUNT}, us-east-1, tuning job churn: {LIST}: BrandNew: a "
            "(request a)"
        )

    def test_what_of_a_tuning_job_failed(self) -> None:
        """An error's note names the trials, even if several tuning jobs share the
        line."""
        brand_new, other = answer("BrandNew", "a"), answer("BrandNew", "b")
        brand_new.add_note("trial churn-001")
        first, second = (
            failure(brand_new, tuning_job="churn"),
            failure(other, tuning_job="a"),
        )
        assert str(first).startswith(
            f"account {ACCOUNT}, us-east-1, tuning job churn: trial churn-001: {LIST}: "
        )
        (line,) = report([first, second], scopes=1)
        assert "2 tuning jobs (a, churn (trial churn-001)): " in line

    def test_of_a_whole_scope(self) -> None:
        """The line for a whole scope names no tuning job."""
        line = str(failure(TapError("out of order")))
        assert line == f"account {ACCOUNT}, us-east-1: out of order"

    def test_without_a_scope(self) -> None:
        """A failure before any scope is known has only its reason."""
        of_nothing = failure(aws.NoRegionError(), scope=None)
        assert str(of_nothing) == of_nothing.reason
        assert of_nothing.reason.startswith("You must specify a region. Set regions")

    @pytest.mark.parametrize(
        ("error", "other", "same"),
        [
            (answer(said="in a"), answer(said="in b"), True),
            (answer(), answer("ThrottlingException"), False),
            (answer(), answer(operation="Search"), False),
            (TapError("a"), TapError("a"), True),
            (TapError("a"), TapError("b"), False),
            (TapError("a"), UnreadableError("a"), False),
            (
                aws.EndpointConnectionError(endpoint_url="https://a"),
                aws.EndpointConnectionError(endpoint_url="https://b"),
                True,
            ),
            (aws.NoRegionError(), aws.NoCredentialsError(), False),
        ],
        ids=[
            *("request", "code", "operation", "own", "own_words", "own_kind"),
            *("endpoint", "kind"),
        ],
    )
    def test_a_cause(self, error: Exception, other: Exception, *, same: bool) -> None:
        """Two errors have the same cause regardless of request ID, endpoint and
        message."""
        assert (failure(error).cause == failure(other).cause) is same
        assert (failure(error).key == failure(other).key) is same

    def test_the_same_of_another_place(self) -> None:
        """The same cause in another scope or tuning job is another failure."""
        here = failure()
        assert here.key != failure(scope=Scope(ACCOUNT, "eu-west-1")).key
        assert here.key != failure(tuning_job="churn").key

    def test_odd_items(self) -> None:
        """Two streams may describe one odd item differently, but it is one failure."""
        first, other = failure(UnreadableError("a")), failure(UnreadableError("b"))
        assert first.key == other.key != failure(TapError("odd")).key


class TestReport:
    """The report has one line per cause, sorted by place."""

    def test_nothing(self) -> None:
        """Without failures, there are no lines."""
        assert report([], scopes=2) == []

    def test_one_cause_for_all_scopes(self) -> None:
        """A cause that all scopes share is reported once, in the words of one of
        them."""
        failures = [
            failure(answer(said=region), scope=Scope(ACCOUNT, region))
            for region in ("us-east-1", "eu-west-1")
        ]
        assert report(failures, scopes=2) == [
            f"all 2 accounts and regions: {failures[0].reason}"
        ]
        assert report(failures, scopes=3) == [
            f"account {ACCOUNT}, eu-west-1, us-east-1: {failures[0].reason}"
        ]

    def test_the_only_scope(self) -> None:
        """A single scope is not reported as "all 1"."""
        assert report([failure()], scopes=1) == [str(failure())]

    def test_a_line_per_account_and_cause(self) -> None:
        """Each account and cause has its own line, sorted by account."""
        denied, expired = answer(), answer("ExpiredTokenException")
        failures = [
            failure(denied, Scope(OTHER, "us-east-1")),
            failure(denied, HERE),
            failure(expired, Scope(ACCOUNT, "eu-west-1")),
        ]
        assert report(failures, scopes=3) == [
            str(failure(denied, HERE)),
            str(failure(expired, Scope(ACCOUNT, "eu-west-1"))),
            str(failure(denied, Scope(OTHER, "us-east-1"))),
        ]

    def test_before_any_scope_was_known(self) -> None:
        """A failure before any scope was known comes first, as it is."""
        lost = failure(TapError("nowhere"), scope=None)
        assert report([failure(), lost], scopes=1) == ["nowhere", str(failure())]

    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            (1, f"account {ACCOUNT}, us-east-1, tuning job job-0: "),
            (2, f"account {ACCOUNT}, us-east-1, 2 tuning jobs (job-0, job-1): "),
            (5, "5 tuning jobs (job-0, job-1, job-2, job-3, job-4): "),
            (
                7,
                "7 tuning jobs (job-0, job-1, job-2, job-3, job-4 and 2 more): ",
            ),
        ],
    )
    def test_tuning_jobs_of_one_cause(self, number: int, shown: str) -> None:
        """A line names a few tuning jobs and counts the others."""
        names = [f"job-{index}" for index in range(number)]
        failures = [failure(tuning_job=name) for name in reversed(names)]
        (line,) = report(failures, scopes=1)
        assert f"{shown}{LIST}: AccessDenied" in line

    def test_tuning_jobs_of_two_scopes(self) -> None:
        """Each scope has its own line, and failures of whole scopes come first."""
        there = Scope(ACCOUNT, "eu-west-1")
        failures = [
            failure(tuning_job="a"),
            failure(scope=there, tuning_job="b"),
            failure(scope=there, tuning_job="c"),
            failure(scope=Scope(OTHER, "us-east-1")),
        ]
        starts = [line.partition(": ")[0] for line in report(failures, scopes=3)]
        assert starts == [
            f"account {OTHER}, us-east-1",
            f"account {ACCOUNT}, eu-west-1, 2 tuning jobs (b, c)",
            f"account {ACCOUNT}, us-east-1, tuning job a",
        ]
