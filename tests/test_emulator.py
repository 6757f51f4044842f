"""The emulator keeps to what the service does: driven over HTTP, as a tap drives it."""

from __future__ import annotations

import base64
import http.client
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Chances, Clock, Emulator, Fault, Home, Trial, TuningJob
from emulator.errors import ServiceError
from emulator.wire import encode, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator import Scope

    Client = Any  # botocore makes a client's methods when it makes the client
    Connect = Callable[..., Client]

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACCOUNT = "123456789012"
TUNING_JOBS = "list_hyper_parameter_tuning_jobs"
TRIALS = "list_training_jobs_for_hyper_parameter_tuning_job"
LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
ROLE = "arn:aws:iam::222222222222:role/team/reader"
ORDERS = ("Ascending", "Descending")


def after(seconds: float) -> datetime:
    """The instant some seconds after the emulator's start."""
    return START + timedelta(seconds=seconds)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A fresh emulator, its clock standing still."""
    with Emulator(start=START, seed=7) as running:
        yield running


@pytest.fixture
def scope(emulator: Emulator) -> Scope:
    """Its default account and region."""
    return emulator.scope(ACCOUNT, "us-east-1")


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """A session that keeps the loaded service model for the whole module."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def connect(
    emulator: Emulator, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connect]:
    """Makes clients of the emulator that try once, and closes them."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    made: list[Client] = []

    def client(
        service: str = "sagemaker",
        region: str = "us-east-1",
        keys: dict[str, str] | None = None,
    ) -> Client:
        keys = keys or {}
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=10
        )
        make: Any = session.client
        made.append(
            make(
                service,
                region_name=region,
                endpoint_url=emulator.url,
                config=config,
                aws_access_key_id=keys.get("AWS_ACCESS_KEY_ID", "testing"),
                aws_secret_access_key=keys.get("AWS_SECRET_ACCESS_KEY", "testing"),
                aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            )
        )
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def client(connect: Connect) -> Client:
    """A SageMaker client of the default account and region."""
    return connect()


def read(client: Client, operation: str, **params: object) -> list[dict[str, Any]]:
    """All items that a paginator brings; three pages at least."""
    pages = list(client.get_paginator(operation).paginate(**params))
    assert len(pages) >= 3
    keys = ("HyperParameterTuningJobSummaries", "TrainingJobSummaries")
    return [item for page in pages for key in keys for item in page.get(key, ())]


def refused(call: Callable[..., Any], **params: object) -> tuple[str, str, int]:
    """Code, message and HTTP status of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    status = error["ResponseMetadata"]["HTTPStatusCode"]
    return error["Error"]["Code"], error["Error"].get("Message", ""), status


def raw(
    emulator: Emulator, operation: str, body: str = "{}", *, signed: bool = True
) -> tuple[int, dict[str, str], str]:
    """Status, headers (lower case) and body of a request written by hand."""
    headers = {"X-Amz-Target": f"SageMaker.{operation}"}
    scope = "20260302/us-east-1/sagemaker/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential=testing/{scope}, Signature=0"
    headers |= {"Authorization": signature} if signed else {}
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return response.status, lowered, response.read().decode()
    finally:
        connection.close()


def trial(name: str = "t-001", **fields: object) -> Trial:
    """A trial that ran from 10 s to 100 s and settled at 105 s, unless told else."""
    usual: dict[str, Any] = {
        "created": after(5.75),
        "started": after(10),
        "ended": after(100),
        "objective_settled": after(105),
        "value": 0.1,
    }
    usual.update(fields)
    return Trial(name=name, **usual)


def tuning_job(*trials: Trial, name: str = "tune", **fields: object) -> TuningJob:
    """A tuning job of the given trials that ends at 103 s, unless told else."""
    usual: dict[str, Any] = {"created": START, "ended": after(103)}
    usual.update(fields)
    return TuningJob(name=name, trials=trials, **usual)


class TestListing:
    """Pages, orders and filters."""

    @pytest.mark.parametrize("order", ORDERS)
    @pytest.mark.parametrize(
        ("sort_by", "member"),
        [
            ("Name", "HyperParameterTuningJobName"),
            ("CreationTime", "CreationTime"),
            ("Status", "HyperParameterTuningJobStatus"),
        ],
    )
    def test_tuning_jobs_are_complete(
        self, emulator: Emulator, client: Client, sort_by: str, member: str, order: str
    ) -> None:
        """Pages of tuning jobs, in any order, add up to the truth, in that order."""
        scope = emulator.scope()
        for index in range(22):
            created = START - timedelta(minutes=index * index)
            scope.plan(f"job-{index * 7 % 22:02d}", trials=3, created=created)
        found = read(client, TUNING_JOBS, SortBy=sort_by, SortOrder=order, MaxResults=7)
        by_age = sorted(found, key=lambda job: str(job["CreationTime"]))
        assert by_age == scope.truth()["tuning_jobs"]
        values = [job[member] for job in found]
        assert values == sorted(values, reverse=order == "Descending")

    @pytest.mark.parametrize("order", ORDERS)
    @pytest.mark.parametrize(
        ("sort_by", "member"),
        [
            ("Name", "TrainingJobName"),
            ("CreationTime", "CreationTime"),
            ("Status", "TrainingJobStatus"),
        ],
    )
    def test_trials_are_complete(
        self, emulator: Emulator, client: Client, sort_by: str, member: str, order: str
    ) -> None:
        """Pages of trials, in any order, add up to the truth, in that order."""
        scope = emulator.scope()
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=5000)
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="churn-xgb",
            SortBy=sort_by,
            SortOrder=order,
            MaxResults=10,
        )
        by_number = sorted(found, key=lambda item: str(item["TrainingJobName"]))
        assert by_number == scope.truth()["trials"]["churn-xgb"]
        values = [item[member] for item in found]
        assert values == sorted(values, reverse=order == "Descending")

    @pytest.mark.parametrize("order", ORDERS)
    def test_objective_order_is_a_filter(
        self, emulator: Emulator, scope: Scope, client: Client, order: str
    ) -> None:
        """Ordered by objective, trials without a metric are left out."""
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=5000)
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="churn-xgb",
            SortBy="FinalObjectiveMetricValue",
            SortOrder=order,
            MaxResults=7,
        )
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        truth = scope.truth()["trials"]["churn-xgb"]
        values = [item[member]["Value"] for item in found]
        rated = [item[member]["Value"] for item in truth if member in item]
        assert values == sorted(rated, reverse=order == "Descending")
        assert len(rated) < len(truth)

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"NameContains": "XGB"}, {"a-xgb", "b-xgb"}),
            ({"CreationTimeAfter": after(100)}, {"c-cnn"}),
            ({"CreationTimeBefore": after(100)}, {"a-xgb"}),
            ({"LastModifiedTimeAfter": after(203)}, {"c-cnn"}),
            ({"LastModifiedTimeBefore": after(203)}, {"a-xgb"}),
            ({"StatusEquals": "InProgress"}, {"c-cnn"}),
            ({"StatusEquals": "Completed"}, {"a-xgb", "b-xgb"}),
            ({"StatusEquals": "Failed"}, set()),
        ],
    )
    def test_filters_of_tuning_jobs(
        self,
        emulator: Emulator,
        scope: Scope,
        client: Client,
        filters: dict[str, Any],
        expected: set[str],
    ) -> None:
        """Each filter keeps what its name says; times are compared strictly."""
        for name, created, ended in (
            ("a-xgb", START, after(103)),
            ("b-xgb", after(100), after(203)),
            ("c-cnn", after(210), None),
        ):
            scope.add(tuning_job(name=name, created=created, ended=ended))
        emulator.clock.move(seconds=250)
        page = client.list_hyper_parameter_tuning_jobs(**filters)
        found = page["HyperParameterTuningJobSummaries"]
        assert {job["HyperParameterTuningJobName"] for job in found} == expected

    def test_newest_come_first_ten_at_a_time(
        self, scope: Scope, client: Client
    ) -> None:
        """Without parameters a listing shows the ten newest, newest first."""
        for index in range(12):
            scope.plan(f"job-{index:02d}", created=after(-index))
        page = client.list_hyper_parameter_tuning_jobs()
        found = page["HyperParameterTuningJobSummaries"]
        names = [job["HyperParameterTuningJobName"] for job in found]
        assert names == [f"job-{index:02d}" for index in range(10)]

    def test_status_filters_trials(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """StatusEquals brings exactly the trials of that status."""
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=5000)
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="churn-xgb",
            StatusEquals="Completed",
            SortBy="CreationTime",
            MaxResults=5,
        )
        truth = scope.truth()["trials"]["churn-xgb"]
        assert found == [
            item for item in truth if item["TrainingJobStatus"] == "Completed"
        ]

    def test_filter_after_cut_leaves_empty_pages(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Where the page is cut first, pages are empty and yet nothing is lost."""
        late = trial("last", status="Failed", value=None, created=after(6))
        scope.add(tuning_job(*(trial(f"t-{index}") for index in range(9)), late))
        emulator.clock.move(seconds=200)
        scope.filter_after_cut = True
        pages = list(
            client.get_paginator(TRIALS).paginate(
                HyperParameterTuningJobName="tune",
                StatusEquals="Failed",
                SortBy="CreationTime",
                SortOrder="Ascending",
                MaxResults=3,
            )
        )
        sizes = [len(page["TrainingJobSummaries"]) for page in pages]
        assert sizes == [0, 0, 0, 1]

    def test_last_page_can_be_empty(self, scope: Scope, client: Client) -> None:
        """A full last page can carry a token to an empty page without one."""
        scope.plan("one")
        scope.empty_last_page = True
        pages = client.get_paginator(TUNING_JOBS).paginate(MaxResults=1)
        sizes = [len(page["HyperParameterTuningJobSummaries"]) for page in pages]
        assert sizes == [1, 0]

    def test_listing_lags_behind_creation(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A new tuning job can be described before a listing shows it."""
        scope.plan("late", listed_after_seconds=30.0)
        client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="late")
        before = client.list_hyper_parameter_tuning_jobs()
        emulator.clock.move(seconds=30)
        then = client.list_hyper_parameter_tuning_jobs()
        key = "HyperParameterTuningJobSummaries"
        assert (len(before[key]), len(then[key])) == (0, 1)


class TestTokens:
    """What leads from one page to the next."""

    def test_changes_between_pages_hide_nothing(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Newer jobs and deletions between pages neither repeat nor skip others."""
        for index in range(6):
            scope.plan(f"job-{index}", created=after(-index))
        first = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        emulator.clock.move(seconds=60)
        scope.plan("newer")
        scope.delete("job-1")
        scope.delete("job-2")
        second = client.list_hyper_parameter_tuning_jobs(
            MaxResults=2, NextToken=first["NextToken"]
        )
        names = [
            job["HyperParameterTuningJobName"]
            for page in (first, second)
            for job in page["HyperParameterTuningJobSummaries"]
        ]
        assert names == ["job-0", "job-1", "job-3", "job-4"]

    @pytest.mark.parametrize(
        "change",
        [
            {"MaxResults": 3},
            {"SortBy": "Name"},
            {"NameContains": "job"},
            {"NextToken": "bm90IGEgdG9rZW4="},
            {"NextToken": "not base64!"},
            {"NextToken": base64.b64encode(b"x" * 64).decode()},
        ],
    )
    def test_token_of_another_request_is_refused(
        self, scope: Scope, client: Client, change: dict[str, Any]
    ) -> None:
        """A token is good with the parameters it was made for, and no others."""
        for index in range(4):
            scope.plan(f"job-{index}")
        page = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        params = {"MaxResults": 2, "NextToken": page["NextToken"], **change}
        code, _, status = refused(client.list_hyper_parameter_tuning_jobs, **params)
        assert (code, status) == ("ValidationException", 400)

    def test_token_of_another_scope_is_refused(
        self, emulator: Emulator, connect: Connect
    ) -> None:
        """A token of one region is foreign in the next."""
        here, there = connect(), connect(region="eu-west-1")
        for region in ("us-east-1", "eu-west-1"):
            for name in ("one", "two"):
                emulator.scope(ACCOUNT, region).plan(name)
        page = here.list_hyper_parameter_tuning_jobs(MaxResults=1)
        params = {"MaxResults": 1, "NextToken": page["NextToken"]}
        code, _, _ = refused(there.list_hyper_parameter_tuning_jobs, **params)
        assert code == "ValidationException"

    def test_token_expires(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A token older than its lifetime is refused."""
        emulator.tokens.seconds = 3600
        scope.plan("one")
        scope.plan("two")
        page = client.list_hyper_parameter_tuning_jobs(MaxResults=1)
        emulator.clock.move(timedelta(hours=2))
        params = {"MaxResults": 1, "NextToken": page["NextToken"]}
        code, message, _ = refused(client.list_hyper_parameter_tuning_jobs, **params)
        assert (code, message) == ("ValidationException", "The NextToken has expired.")


def broken(value: str, path: str, law: str) -> str:
    """The service's sentence about one constraint."""
    return f"Value {value} at '{path}' failed to satisfy constraint: Member must {law}"


ONE = "1 validation error detected: "
NAME = "hyperParameterTuningJobName"
LONG = "a_" + "b" * 31
PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"


class TestErrors:
    """What the service refuses, and in which words."""

    @pytest.mark.parametrize(
        ("operation", "body", "message"),
        [
            (
                LIST_TUNING_JOBS,
                {"MaxResults": 101},
                ONE
                + broken("'101'", "maxResults", "have value less than or equal to 100"),
            ),
            (
                LIST_TUNING_JOBS,
                {"MaxResults": 0},
                ONE
                + broken("'0'", "maxResults", "have value greater than or equal to 1"),
            ),
            (
                LIST_TRIALS,
                {"HyperParameterTuningJobName": "a", "SortOrder": "Up"},
                ONE
                + broken(
                    "'Up'",
                    "sortOrder",
                    "satisfy enum value set: [Ascending, Descending]",
                ),
            ),
            (LIST_TRIALS, {}, ONE + broken("null", NAME, "not be null")),
            (
                LIST_TRIALS,
                {"HyperParameterTuningJobName": LONG},
                "2 validation errors detected: "
                + broken(
                    f"'{LONG}'", NAME, f"satisfy regular expression pattern: {PATTERN}"
                )
                + "; "
                + broken(f"'{LONG}'", NAME, "have length less than or equal to 32"),
            ),
            (
                "DeleteTrainingJob",
                {"TrainingJobName": "gone"},
                "Requested resource not found.",
            ),
        ],
    )
    def test_constraints(
        self, emulator: Emulator, operation: str, body: dict[str, Any], message: str
    ) -> None:
        """A broken constraint is a ValidationException in the service's words."""
        status, headers, text = raw(emulator, operation, json.dumps(body))
        code = "ValidationException"
        assert (status, json.loads(text)) == (400, {"__type": code, "message": message})
        assert headers["x-amzn-requestid"]
        assert headers["content-type"] == "application/x-amz-json-1.1"

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"MaxResults": "ten"}, "STRING_VALUE can not be converted to Integer"),
            ({"MaxResults": True}, "NUMBER_VALUE can not be converted to Integer"),
            ({"SortBy": {}}, "START_OBJECT can not be converted to String"),
            ({"CreationTimeAfter": "yesterday"}, "Invalid timestamp: yesterday"),
        ],
    )
    def test_types(
        self, emulator: Emulator, body: dict[str, Any], message: str
    ) -> None:
        """A value of another type than the model's is a SerializationException."""
        status, _, text = raw(emulator, LIST_TUNING_JOBS, json.dumps(body))
        code = "SerializationException"
        assert (status, json.loads(text)) == (400, {"__type": code, "message": message})

    @pytest.mark.parametrize(
        "operation",
        [
            "DeleteHyperParameterTuningJob",
            "DescribeHyperParameterTuningJob",
            LIST_TRIALS,
            "StopHyperParameterTuningJob",
        ],
    )
    def test_missing_tuning_job(self, emulator: Emulator, operation: str) -> None:
        """A missing tuning job's code has no suffix."""
        body = json.dumps({"HyperParameterTuningJobName": "gone"})
        status, _, text = raw(emulator, operation, body)
        assert (status, json.loads(text)) == (
            400,
            {
                "__type": "ResourceNotFound",
                "message": "Amazon SageMaker can't find a tuning job called gone. "
                "Type another name.",
            },
        )

    @pytest.mark.parametrize("body", ["{", "[]", "1"])
    def test_body_that_is_no_object(self, emulator: Emulator, body: str) -> None:
        """A body that is no JSON object is a SerializationException."""
        status, _, text = raw(emulator, LIST_TUNING_JOBS, body)
        assert (status, json.loads(text)["__type"]) == (400, "SerializationException")

    def test_unsigned_request(self, emulator: Emulator) -> None:
        """Without a signature there is no account to answer for."""
        _, _, text = raw(emulator, LIST_TUNING_JOBS, signed=False)
        assert json.loads(text)["__type"] == "MissingAuthenticationTokenException"

    def test_nested_parameters_are_checked(self, emulator: Emulator) -> None:
        """A constraint inside a list inside a structure is found and named."""
        ranges = {"CategoricalParameterRanges": [{"Name": "a"}]}
        config = {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxParallelTrainingJobs": 0},
            "ParameterRanges": ranges,
        }
        body = {
            "HyperParameterTuningJobName": "new",
            "HyperParameterTuningJobConfig": config,
        }
        operation = "CreateHyperParameterTuningJob"
        _, _, text = raw(emulator, operation, json.dumps(body))
        message = json.loads(text)["message"]
        where = "hyperParameterTuningJobConfig"
        assert f"Value '0' at '{where}.resourceLimits.maxParallel" in message
        ranges_at = f"{where}.parameterRanges.categoricalParameterRanges.1.member"
        assert f"Value null at '{ranges_at}.values'" in message


class TestWire:
    """The bytes, as recorded from the service."""

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            ("2020-12-02T13:22:05.672+00:00", "1.606915325672E9"),
            ("2018-01-31T14:07:29.294+00:00", "1.517407649294E9"),
            ("2017-07-14T02:40:00+00:00", "1.5E9"),
            ("2001-09-09T01:46:40+00:00", "1.0E9"),
            ("1970-01-01T00:00:00+00:00", "0.0"),
        ],
    )
    def test_times_are_in_scientific_notation(self, seconds: str, text: str) -> None:
        """A time is seconds since 1970 as Java writes a double."""
        assert number(datetime.fromisoformat(seconds)) == text

    @given(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001 - zone is put on below
    def test_no_time_is_lost(self, naive: datetime) -> None:
        """A written time reads back as the same instant, to the microsecond."""
        instant = naive.replace(tzinfo=UTC)
        read_back = datetime.fromtimestamp(float(number(instant)), UTC)
        assert abs(read_back - instant) <= timedelta(microseconds=1)

    def test_a_summary_as_bytes(self, emulator: Emulator, scope: Scope) -> None:
        """A trial's times are cut to seconds; what is absent is absent."""
        scope.add(tuning_job(trial(hyperparameters={"batch-size": '"128"'})))
        emulator.clock.move(seconds=7)
        body = json.dumps({"HyperParameterTuningJobName": "tune"})
        _, headers, text = raw(emulator, LIST_TRIALS, body)
        assert text == (
            '{"TrainingJobSummaries":[{"TrainingJobName":"t-001","TrainingJobArn":'
            f'"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/t-001",'
            '"CreationTime":1.772442005E9,"TrainingJobStatus":"InProgress",'
            '"TunedHyperParameters":{"batch-size":"\\"128\\""},'
            '"ObjectiveStatus":"Pending"}]}'
        )
        assert headers["date"] == "Mon, 02 Mar 2026 09:00:07 GMT"

    def test_tuning_job_times_have_milliseconds(
        self, emulator: Emulator, scope: Scope
    ) -> None:
        """A tuning job's times keep three digits, and cut the rest."""
        created = START + timedelta(microseconds=123987)
        scope.add(tuning_job(created=created, ended=None))
        emulator.clock.move(seconds=1)
        _, _, text = raw(emulator, LIST_TUNING_JOBS)
        assert '"CreationTime":1.772442000123E9,' in text
        assert "null" not in text
        assert "HyperParameterTuningEndTime" not in text

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.1, "0.10000000149011612"),
            (0.0, "0.0"),
            (1, "1"),
            ("NaN", '"NaN"'),
            ("-Infinity", '"-Infinity"'),
            (math.nan, "NaN"),
            (math.inf, "Infinity"),
            (1e300, "Infinity"),
        ],
    )
    def test_metric_values(
        self, emulator: Emulator, scope: Scope, value: float | str, text: str
    ) -> None:
        """A metric is a float32 widened to double; what is not finite has two forms."""
        scope.add(tuning_job(trial(value=value)))
        emulator.clock.move(seconds=200)
        body = json.dumps({"HyperParameterTuningJobName": "tune"})
        _, _, sent = raw(emulator, LIST_TRIALS, body)
        assert f'{{"MetricName":"validation:auc","Value":{text}}}' in sent

    @given(st.floats(width=32))
    def test_float32_survives(self, value: float) -> None:
        """What fits a float32 arrives unchanged."""
        view = trial(value=value).view(after(200)) or {}
        shown = view["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        assert struct.pack("<d", shown) == struct.pack("<d", value)

    def test_failure_reason_is_cut(self) -> None:
        """A reason keeps its lines and its first 1,024 characters."""
        reason = "AlgorithmError:\n" + "line\n" * 500
        failed = trial(status="Failed", value=None, failure_reason=reason)
        view = failed.view(after(200)) or {}
        assert view["FailureReason"] == reason[:1024]
        assert "FinalHyperParameterTuningJobObjectiveMetric" not in view

    @pytest.mark.parametrize(
        ("region", "partition"),
        [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
        ],
    )
    def test_partition(self, region: str, partition: str) -> None:
        """An ARN's partition is its region's; a trial's ARN can be lower-cased."""
        home = Home(ACCOUNT, region)
        lower = trial("V3-Trial", lower_cased_arn=True).view(after(9), home) or {}
        upper = trial("V3-Trial").view(after(9), home) or {}
        start = f"arn:{partition}:sagemaker:{region}:{ACCOUNT}:training-job/"
        assert lower["TrainingJobArn"] == f"{start}v3-trial"
        assert upper["TrainingJobArn"] == f"{start}V3-Trial"

    def test_any_text_survives(self) -> None:
        """Text is written as JSON, whatever is in it."""
        text = 'é "quoted"\n\u2028\x00\\'
        assert json.loads(encode({text: [text]})) == {text: [text]}


class TestTime:
    """What is shown is a function of the schedule and the clock."""

    def test_a_trial_over_time(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A trial starts, ends, and then settles, each at its own instant."""
        scope.add(tuning_job(trial()))
        seen = []
        for seconds in (5, 6, 10, 100, 105):
            emulator.clock.move(after(seconds) - emulator.clock.now)
            page = client.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName="tune"
            )
            seen += [
                (item["TrainingJobStatus"], item["ObjectiveStatus"], len(item))
                for item in page["TrainingJobSummaries"]
            ]
        assert seen == [
            ("InProgress", "Pending", 6),
            ("InProgress", "Pending", 7),
            ("Completed", "Pending", 8),
            ("Completed", "Succeeded", 9),
        ]

    def test_clock_runs_at_its_rate(self) -> None:
        """Emulated seconds pass at the rate, and never backwards."""
        clock = Clock(START, rate=3600.0)
        time.sleep(0.02)
        assert clock.now >= after(60)
        with pytest.raises(ValueError, match="backwards"):
            clock.move(seconds=-1)

    def test_clock_needs_a_zone(self) -> None:
        """A start without a time zone is refused."""
        with pytest.raises(ValueError, match="time zone"):
            Clock("2026-03-02T09:00:00")

    def test_counters_lag(self) -> None:
        """Lagging counters are those of some seconds ago, the status is not."""
        job = tuning_job(trial(), counters_lag_seconds=30.0)
        shown = job.view(after(104)) or {}
        assert shown["HyperParameterTuningJobStatus"] == "Completed"
        assert shown["TrainingJobStatusCounters"]["InProgress"] == 1
        assert set(shown["TrainingJobStatusCounters"].values()) == {0, 1}
        assert len(shown["ObjectiveStatusCounters"]) == 3

    def test_counters_can_be_sparse(self) -> None:
        """Sparse counters leave out what is zero."""
        job = tuning_job(trial(), sparse_counters=True)
        shown = job.view(after(200)) or {}
        assert shown["TrainingJobStatusCounters"] == {"Completed": 1}

    def test_same_seed_same_schedule(self) -> None:
        """A seed decides everything; another seed decides otherwise."""
        one, same, other = (
            Emulator(START, seed=seed).scope().plan("churn", trials=9)
            for seed in (7, 7, 8)
        )
        assert one == same
        assert one != other

    def test_all_can_fail(self) -> None:
        """A tuning job all of whose trials fail has failed itself."""
        chances = Chances(failed=1.0)
        job = Emulator(START).scope().plan("churn", trials=3, chances=chances)
        assert [job.status, *(each.status for each in job.trials)] == ["Failed"] * 4


class TestPlan:
    """Options of a planned tuning job."""

    def test_options_reach_the_schedule(self) -> None:
        """Options of the plan and of the tuning job are both taken."""
        fates = ("failed", "stopped_early", "stopped_without", "never_started")
        certain = dict.fromkeys(fates, 0.0)
        job = (
            Emulator(START)
            .scope()
            .plan(
                "Churn",
                trials=3,
                strategy="Grid",
                lower_cased_arns=True,
                definition_name="xgb",
                chances=Chances(**certain, non_finite=1.0),
                counters_lag_seconds=5.0,
            )
        )
        assert (job.strategy, job.counters_lag_seconds) == ("Grid", 5.0)
        assert [each.value for each in job.trials] == ["NaN"] * 3
        assert {each.definition_name for each in job.trials} == {"xgb"}
        assert all(each.lower_cased_arn for each in job.trials)

    def test_unknown_option(self) -> None:
        """An option that does not exist is refused."""
        with pytest.raises(TypeError, match="trails"):
            Emulator(START).scope().plan("churn", trails=3)


moments = st.integers(0, 4000).map(after)


@st.composite
def jobs(draw: st.DrawFn) -> TuningJob:
    """Planned tuning jobs of any seed and size."""
    scope = Emulator(START, seed=draw(st.integers(0, 10_000))).scope()
    chances = Chances(failed=0.2, stopped_early=0.2, stopped_without=0.1)
    return scope.plan(
        "churn",
        trials=draw(st.integers(0, 6)),
        parallel=draw(st.integers(1, 3)),
        trial_seconds=(1.0, 900.0),
        chances=chances,
    )


@settings(max_examples=150, deadline=None)
@given(jobs(), moments, moments)
def test_views_are_monotone(job: TuningJob, one: datetime, other: datetime) -> None:
    """What is final never changes; creation never does; counters count each trial."""
    early, late = sorted((one, other))
    final = [
        each
        for each in job.trials
        if each.exists(early) and each.settled is not None and each.settled <= early
    ]
    assert [each.view(early) for each in final] == [each.view(late) for each in final]
    existing = [each for each in job.trials if each.exists(early)]
    for each in existing:
        before, then = each.view(early) or {}, each.view(late) or {}
        fixed = ("TrainingJobName", "CreationTime", "TunedHyperParameters")
        assert [before[name] for name in fixed] == [then[name] for name in fixed]
        assert before.keys() <= then.keys()
    shown = job.view(early) or {}
    for counters in ("TrainingJobStatusCounters", "ObjectiveStatusCounters"):
        assert sum(shown[counters].values()) == len(existing)
    assert shown["LastModifiedTime"] <= (job.view(late) or {})["LastModifiedTime"]
    assert shown["CreationTime"] == START


@settings(max_examples=100, deadline=None)
@given(jobs())
def test_slots_and_order(job: TuningJob) -> None:
    """No more trials run at once than are allowed, and the job outlives them all."""
    for each in job.trials:
        assert each.ended is not None
        assert job.ended is not None
        assert job.created <= each.created <= each.ended <= job.ended
        running = [
            other
            for other in job.trials
            if other.created <= each.created < (other.ended or other.created)
        ]
        assert len(running) <= job.parallel


class TestChanges:
    """Created, stopped and deleted by the API itself."""

    def test_created_job_lives(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A created tuning job launches its trials and ends by itself."""
        config = {
            "Strategy": "Random",
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": 4,
                "MaxParallelTrainingJobs": 2,
            },
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ParameterRanges": {
                "IntegerParameterRanges": [
                    {"Name": "depth", "MinValue": "2", "MaxValue": "9"}
                ]
            },
        }
        name = {"HyperParameterTuningJobName": "made"}
        created = client.create_hyper_parameter_tuning_job(
            **name, HyperParameterTuningJobConfig=config
        )
        emulator.clock.move(timedelta(days=1))
        described = client.describe_hyper_parameter_tuning_job(**name)
        arn = "HyperParameterTuningJobArn"
        assert described[arn] == created[arn]
        assert described["HyperParameterTuningJobStatus"] == "Completed"
        assert described["HyperParameterTuningJobConfig"] == config
        trials = scope.truth()["trials"]["made"]
        assert [set(each["TunedHyperParameters"]) for each in trials] == [{"depth"}] * 4
        again = {**name, "HyperParameterTuningJobConfig": config}
        code, _, _ = refused(client.create_hyper_parameter_tuning_job, **again)
        assert code == "ResourceInUse"

    def test_description_holds_the_summary(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A description has the summary's members, two of them inside its config."""
        scope.plan("churn", trials=8, parallel=4)
        emulator.clock.move(seconds=3000)
        described = client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="CHURN"
        )
        summary = scope.truth()["tuning_jobs"][0]
        config = described["HyperParameterTuningJobConfig"]
        inside = {name: config[name] for name in ("Strategy", "ResourceLimits")}
        assert summary.items() <= {**described, **inside}.items()
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        values = [
            each[member]["Value"]
            for each in scope.truth()["trials"]["churn"]
            if member in each
        ]
        assert described["BestTrainingJob"][member]["Value"] == max(values)

    def test_stop(self, emulator: Emulator, scope: Scope, client: Client) -> None:
        """A stopped job launches nothing more, and is Stopping before it is Stopped."""
        scope.plan("churn", trials=20, parallel=2)
        emulator.clock.move(seconds=1800)
        name = {"HyperParameterTuningJobName": "churn"}
        before = len(scope.truth()["trials"]["churn"])
        client.stop_hyper_parameter_tuning_job(**name)
        client.stop_hyper_parameter_tuning_job(**name)
        stopping = scope.job("churn").status_at(emulator.clock.now)
        emulator.clock.move(seconds=60)
        trials = scope.truth()["trials"]["churn"]
        job = scope.truth()["tuning_jobs"][0]
        assert (stopping, job["HyperParameterTuningJobStatus"]) == (
            "Stopping",
            "Stopped",
        )
        assert len(trials) == before
        assert {"InProgress", "Stopping"}.isdisjoint(
            each["TrainingJobStatus"] for each in trials
        )
        code, _, _ = refused(client.stop_hyper_parameter_tuning_job, **name)
        assert code == "ValidationException"

    def test_delete_and_create_anew(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A deleted name is free for another job, created later."""
        first = scope.plan("churn", trials=3)
        emulator.clock.move(timedelta(days=1))
        name = {"HyperParameterTuningJobName": "churn"}
        client.delete_hyper_parameter_tuning_job(**name)
        code, _, _ = refused(client.describe_hyper_parameter_tuning_job, **name)
        assert code == "ResourceNotFound"
        scope.plan("CHURN", trials=2)
        again = client.describe_hyper_parameter_tuning_job(**name)
        assert again["HyperParameterTuningJobName"] == "CHURN"
        assert again["CreationTime"] - first.created == timedelta(days=1)

    def test_deleting_takes_time(self, emulator: Emulator, scope: Scope) -> None:
        """A job can be seen Deleting before it is gone."""
        scope.plan("churn")
        scope.delete("churn", deleting_seconds=30)
        summary = scope.truth()["tuning_jobs"][0]
        emulator.clock.move(seconds=30)
        assert summary["HyperParameterTuningJobStatus"] == "Deleting"
        assert scope.truth()["tuning_jobs"] == []

    def test_deleted_trial_stays_counted(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A deleted trial is gone from the listing, and not from the counters."""
        scope.add(tuning_job(trial("t-001"), trial("t-002")))
        emulator.clock.move(seconds=50)
        running = refused(client.delete_training_job, TrainingJobName="t-001")
        emulator.clock.move(seconds=50)
        client.delete_training_job(TrainingJobName="T-001")
        truth = scope.truth()
        counters = truth["tuning_jobs"][0]["TrainingJobStatusCounters"]
        assert running[0] == "ResourceInUse"
        assert [each["TrainingJobName"] for each in truth["trials"]["tune"]] == [
            "t-002"
        ]
        assert counters["Completed"] == 2

    def test_names_are_taken_without_case(self, scope: Scope) -> None:
        """Two living jobs cannot share a name that differs in case only."""
        scope.plan("churn")
        with pytest.raises(ServiceError, match="ResourceInUse"):
            scope.plan("CHURN")


DENIED = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Emulator/caller is not authorized to "
    f"perform: sagemaker:{LIST_TUNING_JOBS} on resource: "
    f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:hyper-parameter-tuning-job/* because no "
    f"identity-based policy allows the sagemaker:{LIST_TUNING_JOBS} action"
)


class TestFaults:
    """What can go wrong, where, and how often."""

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            (Fault("error"), ("InternalFailure", "", 500)),
            (
                Fault("error", status=503, code="ServiceUnavailable", message="Later"),
                ("ServiceUnavailable", "Later", 503),
            ),
            (
                Fault("throttle", rate=0.0, burst=0.0),
                ("ThrottlingException", "Rate exceeded", 400),
            ),
            (Fault("deny"), ("AccessDeniedException", DENIED, 400)),
            (
                Fault("region_disabled"),
                (
                    "UnrecognizedClientException",
                    "The security token included in the request is invalid.",
                    400,
                ),
            ),
            (
                Fault("expired"),
                (
                    "ExpiredTokenException",
                    "The security token included in the request is expired",
                    400,
                ),
            ),
        ],
    )
    def test_errors(
        self,
        emulator: Emulator,
        client: Client,
        fault: Fault,
        expected: tuple[str, str, int],
    ) -> None:
        """Each kind answers as AWS does, is recorded, and ends when it is cleared."""
        emulator.faults.add(fault)
        assert refused(client.list_hyper_parameter_tuning_jobs) == expected
        emulator.faults.clear()
        client.list_hyper_parameter_tuning_jobs()
        assert [(call.status, call.error) for call in emulator.calls] == [
            (expected[2], expected[0]),
            (200, None),
        ]

    def test_a_fault_strikes_where_it_is_aimed(
        self, emulator: Emulator, connect: Connect
    ) -> None:
        """Operation, account, region, name, number: all must fit."""
        here, there = connect(), connect(region="eu-west-1")
        name = {"HyperParameterTuningJobName": "churn"}
        for region in ("us-east-1", "eu-west-1"):
            emulator.scope(ACCOUNT, region).plan("churn")
        aimed = Fault(
            "error",
            operation=LIST_TRIALS,
            account=ACCOUNT,
            region="us-east-1",
            tuning_job="CHURN",
            after=1,
            times=1,
        )
        emulator.faults.add(aimed)
        here.list_hyper_parameter_tuning_jobs()
        here.describe_hyper_parameter_tuning_job(**name)
        there.list_training_jobs_for_hyper_parameter_tuning_job(**name)
        list_trials = here.list_training_jobs_for_hyper_parameter_tuning_job
        list_trials(**name)
        assert refused(list_trials, **name)[2] == 500
        list_trials(**name)
        assert emulator.faults.struck(aimed) == 1

    def test_throttle_refills(self, emulator: Emulator, client: Client) -> None:
        """A throttled scope answers its burst at once, then at its rate."""
        emulator.faults.add(Fault("throttle", rate=20.0, burst=2.0))
        client.list_hyper_parameter_tuning_jobs()
        client.list_hyper_parameter_tuning_jobs()
        assert refused(client.list_hyper_parameter_tuning_jobs)[0] == (
            "ThrottlingException"
        )
        time.sleep(0.06)
        client.list_hyper_parameter_tuning_jobs()

    def test_latency(self, emulator: Emulator, client: Client) -> None:
        """A slow call is answered all the same."""
        emulator.faults.add(Fault("latency", seconds=0.1, times=1))
        begun = time.monotonic()
        client.list_hyper_parameter_tuning_jobs()
        assert time.monotonic() - begun >= 0.1

    def test_empty_pages(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Before each page comes an empty one with a token, as often as asked."""
        for index in range(5):
            scope.plan(f"job-{index}")
        paginate = client.get_paginator(TUNING_JOBS).paginate
        key = "HyperParameterTuningJobSummaries"
        emulator.faults.add(Fault("empty_pages", times=2))
        limited = [len(page[key]) for page in paginate(MaxResults=2)]
        emulator.faults.clear()
        emulator.faults.add(Fault("empty_pages"))
        always = [len(page[key]) for page in paginate(MaxResults=2)]
        assert (limited, always) == ([0, 2, 0, 2, 1], [0, 2, 0, 2, 0, 1])

    def test_repeated_token(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A page can return the token that it was asked with."""
        for index in range(5):
            scope.plan(f"job-{index}")
        emulator.faults.add(Fault("repeat_token"))
        first = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        token = first["NextToken"]
        second = client.list_hyper_parameter_tuning_jobs(MaxResults=2, NextToken=token)
        assert second["NextToken"] == token

    def test_proxy_page(self, emulator: Emulator) -> None:
        """A proxy's page comes with status 200 and is no JSON."""
        emulator.faults.add(Fault("html"))
        status, headers, text = raw(emulator, LIST_TUNING_JOBS)
        assert status == 200
        assert headers["content-type"].startswith("text/html")
        assert text.startswith("<html>")

    def test_drop(self, emulator: Emulator, client: Client) -> None:
        """A dropped connection is no answer; the next call gets one."""
        emulator.faults.add(Fault("drop", times=1))
        with pytest.raises((HTTPClientError, EndpointConnectionError)):
            client.list_hyper_parameter_tuning_jobs()
        client.list_hyper_parameter_tuning_jobs()
        assert [call.status for call in emulator.calls] == [0, 200]

    def test_denied_in_another_partition(
        self, emulator: Emulator, connect: Connect
    ) -> None:
        """All ARNs of a refusal are of the region's partition."""
        emulator.faults.add(Fault("deny"))
        china = connect(region="cn-north-1")
        _, message, _ = refused(
            china.describe_hyper_parameter_tuning_job,
            HyperParameterTuningJobName="Churn",
        )
        assert re.findall(r"arn:[a-z-]+", message) == ["arn:aws-cn", "arn:aws-cn"]
        assert "hyper-parameter-tuning-job/churn because" in message

    def test_unknown_kind(self) -> None:
        """A fault that does not exist is refused, with those that do."""
        unknown: Any = "earthquake"
        with pytest.raises(ValueError, match="throttle"):
            Fault(unknown)

    def test_given_answers(self, emulator: Emulator, client: Client) -> None:
        """Given answers come once each, in their order, and then the model's."""
        summaries = "HyperParameterTuningJobSummaries"
        emulator.serve(
            LIST_TUNING_JOBS,
            [
                (200, {}, {summaries: [], "NextToken": "a"}),
                (400, {}, '{"__type":"Odd","message":"strange"}'),
                (200, {}, b'{"NextToken":"b"}'),
            ],
        )
        assert client.list_hyper_parameter_tuning_jobs()["NextToken"] == "a"
        assert refused(client.list_hyper_parameter_tuning_jobs)[:2] == (
            "Odd",
            "strange",
        )
        assert client.list_hyper_parameter_tuning_jobs()["NextToken"] == "b"
        assert "NextToken" not in client.list_hyper_parameter_tuning_jobs()


class TestAccounts:
    """Whose keys are whose, and STS."""

    def test_keys_lead_to_accounts(self, emulator: Emulator, connect: Connect) -> None:
        """Each account and region shows its own; unknown keys are the default's."""
        other = emulator.credentials("222222222222")
        emulator.scope(ACCOUNT, "us-east-1").plan("mine")
        emulator.scope("222222222222", "eu-west-1").plan("theirs")
        mine = connect().list_hyper_parameter_tuning_jobs()
        theirs = connect(
            region="eu-west-1", keys=other
        ).list_hyper_parameter_tuning_jobs()
        name = "HyperParameterTuningJobName"
        found = [
            [job[name] for job in page["HyperParameterTuningJobSummaries"]]
            for page in (mine, theirs)
        ]
        assert found == [["mine"], ["theirs"]]
        assert [(call.account, call.region) for call in emulator.calls] == [
            (ACCOUNT, "us-east-1"),
            ("222222222222", "eu-west-1"),
        ]

    def test_assumed_role(self, emulator: Emulator, connect: Connect) -> None:
        """An assumed role's key leads to the role's account, until it expires."""
        emulator.roles[ROLE] = "secret"
        emulator.role_seconds = 900
        emulator.scope("222222222222").plan("theirs")
        sts = connect("sts")
        role = {"RoleArn": ROLE, "RoleSessionName": "tap"}
        assert refused(sts.assume_role, **role)[::2] == ("AccessDenied", 403)
        answer = sts.assume_role(**role, ExternalId="secret")["Credentials"]
        left = answer["Expiration"] - datetime.now(UTC)
        assert timedelta(seconds=880) < left <= timedelta(seconds=900)
        keys = {
            "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
            "AWS_SESSION_TOKEN": answer["SessionToken"],
        }
        there = connect(keys=keys)
        page = there.list_hyper_parameter_tuning_jobs()
        assert len(page["HyperParameterTuningJobSummaries"]) == 1
        who = connect("sts", keys=keys).get_caller_identity()
        assert who["Arn"] == "arn:aws:sts::222222222222:assumed-role/reader/tap"
        emulator.faults.add(Fault("deny", times=1))
        _, message, _ = refused(there.list_hyper_parameter_tuning_jobs)
        assert message.startswith(f"User: {who['Arn']} is not authorized to perform")
        emulator.role_seconds = 0
        answer = sts.assume_role(**role, ExternalId="secret")["Credentials"]
        keys["AWS_ACCESS_KEY_ID"] = answer["AccessKeyId"]
        late = connect(keys=keys).list_hyper_parameter_tuning_jobs
        assert refused(late)[0] == "ExpiredTokenException"
        operations = [(call.operation, call.error) for call in emulator.calls]
        assert operations == [
            ("AssumeRole", "AccessDenied"),
            ("AssumeRole", None),
            (LIST_TUNING_JOBS, None),
            (LIST_TUNING_JOBS, "AccessDeniedException"),
            ("AssumeRole", None),
            (LIST_TUNING_JOBS, "ExpiredTokenException"),
        ]

    def test_role_denied(self, emulator: Emulator, connect: Connect) -> None:
        """AssumeRole is struck only by a fault that names it."""
        role = {"RoleArn": ROLE, "RoleSessionName": "tap"}
        sts = connect("sts")
        emulator.faults.add(Fault("deny"))
        sts.assume_role(**role)
        emulator.faults.add(
            Fault("deny", operation="AssumeRole", account="222222222222")
        )
        code, message, status = refused(sts.assume_role, **role)
        assert (code, status) == ("AccessDenied", 403)
        assert message.endswith(f"to perform: sts:AssumeRole on resource: {ROLE}")

    def test_environment(self, emulator: Emulator) -> None:
        """The environment names the endpoint and shuts out all other sources."""
        environment = emulator.environment("222222222222", "eu-west-1")
        assert environment["AWS_ENDPOINT_URL"] == emulator.url
        assert environment["AWS_DEFAULT_REGION"] == "eu-west-1"
        assert environment["AWS_CONFIG_FILE"] == os.devnull
        assert emulator.credentials()["AWS_ACCESS_KEY_ID"].startswith("ASIA")

    def test_the_rest_is_motos(self, emulator: Emulator, client: Client) -> None:
        """What is not about tuning is answered by moto, and not recorded."""
        assert client.list_endpoints()["Endpoints"] == []
        assert emulator.calls == []

    def test_eight_callers_at_once(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Eight callers at once each get the whole truth, and all are recorded."""
        scope.plan("churn", trials=40, parallel=8)
        emulator.clock.move(timedelta(days=1))
        truth = scope.truth()["trials"]["churn"]

        def whole(_: int) -> list[dict[str, Any]]:
            return read(
                client,
                TRIALS,
                HyperParameterTuningJobName="churn",
                SortBy="Name",
                MaxResults=10,
            )

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(whole, range(8)))
        assert found == [truth] * 8
        assert len(emulator.calls) == 8 * 4


class TestServer:
    """Connections, and what a caller sees when something is wrong inside."""

    def test_connections_are_kept(self, emulator: Emulator) -> None:
        """One connection serves call after call, until the emulator stops."""
        connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
        for _ in range(3):
            connection.request("GET", "/_emulator/state")
            first = connection.sock
            connection.getresponse().read()
        assert connection.sock is first
        emulator.stop()
        connection.request("GET", "/_emulator/state")
        with pytest.raises(ConnectionError):
            connection.getresponse()
        connection.close()
        with pytest.raises(RuntimeError, match="not running"):
            _ = emulator.url

    def test_a_port_can_be_used_again(self) -> None:
        """A stopped emulator's port is free for the next at once."""
        with Emulator(START) as first:
            port = int(first.url.rpartition(":")[2])
        with Emulator(START, port=port) as second:
            assert raw(second, LIST_TUNING_JOBS)[0] == 200

    def test_a_bug_is_an_internal_failure(
        self, emulator: Emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What the emulator cannot do is logged, and answered with 500."""
        broken_answer: Any = [(200, {}, 3)]
        emulator.serve(LIST_TUNING_JOBS, broken_answer)
        status, _, text = raw(emulator, LIST_TUNING_JOBS)
        expected = {"__type": "InternalFailure", "message": ""}
        assert (status, json.loads(text)) == (500, expected)
        assert "POST / failed" in caplog.text


class TestProcess:
    """`python -m emulator`, and its interface under `/_emulator/`."""

    @pytest.fixture
    def process(self) -> Iterator[subprocess.Popen[str]]:
        """A running emulator of its own."""
        arguments = "--tuning-jobs 6 --trials 8 --start 2026-03-02T09:00:00Z --rate 0"
        with subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-m", "emulator", *arguments.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        ) as running:
            yield running
            running.kill()

    def ask(self, url: str, method: str = "GET", **body: object) -> dict[str, Any]:
        """The JSON that the process answers."""
        request = urllib.request.Request(  # noqa: S310 - the emulator's own URL
            url, json.dumps(body).encode(), method=method
        )
        with urllib.request.urlopen(request) as response:  # noqa: S310 - as above
            answered: dict[str, Any] = json.load(response)
        return answered

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_life(self, process: subprocess.Popen[str], number: signal.Signals) -> None:
        """It prints its URL, lives, can be steered, and ends cleanly on a signal."""
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"] + "/_emulator"
        truth = self.ask(f"{url}/truth")[f"{ACCOUNT}/us-east-1"]
        statuses = {
            job["HyperParameterTuningJobStatus"] for job in truth["tuning_jobs"]
        }
        assert statuses == {"InProgress", "Completed"}
        instants = re.findall(r"2026-[-0-9T:.]+Z", json.dumps(truth))
        assert max(instants) <= "2026-03-02T09:00:00.000Z"
        state = self.ask(f"{url}/clock", "POST", seconds=3600)
        assert state["clock"] == "2026-03-02T10:00:00.000Z"
        fault = self.ask(f"{url}/faults", "POST", kind="latency", seconds=0.0)
        assert fault["kind"] == "latency"
        planned = self.ask(
            f"{url}/plan",
            "POST",
            account="222222222222",
            region="eu-west-1",
            name="asked",
            trials=3,
            parallel=1,
            chances={"failed": 1.0},
        )
        assert len(planned["trials"]) == 3
        other = self.ask(
            f"{url}/environment", "POST", account="222222222222", region="eu-west-1"
        )
        assert other["AWS_DEFAULT_REGION"] == "eu-west-1"
        assert self.ask(f"{url}/faults", "DELETE")["calls"] == 0
        assert self.ask(f"{url}/calls") == {"calls": []}
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        assert (out, err, process.returncode) == ("", "", 0)

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "nothing", {}, 404),
            ("POST", "clock", {}, 400),
            ("POST", "faults", {"kind": "earthquake"}, 400),
            ("POST", "plan", {"account": ACCOUNT}, 400),
        ],
    )
    def test_bad_requests(
        self,
        emulator: Emulator,
        method: str,
        path: str,
        body: dict[str, Any],
        status: int,
    ) -> None:
        """A wrong path or argument is told as such."""
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.ask(f"{emulator.url}/_emulator/{path}", method, **body)
        with caught.value:
            assert caught.value.code == status
            assert "error" in json.load(caught.value)

    def test_state_in_process(self, emulator: Emulator, client: Client) -> None:
        """The state tells clock, address and number of calls; calls can be read."""
        client.list_hyper_parameter_tuning_jobs(MaxResults=5)
        base = f"{emulator.url}/_emulator"
        state = self.ask(f"{base}/state")
        calls = self.ask(f"{base}/calls")["calls"]
        assert (state["calls"], state["url"]) == (1, emulator.url)
        assert calls[0]["params"] == {"MaxResults": 5}
        assert self.ask(f"{base}/calls", "DELETE")["calls"] == 0
