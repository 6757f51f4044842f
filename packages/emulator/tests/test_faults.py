"""What can fail, where, and how often."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from sagemaker_tuning_emulator import Emulator, Fault
from sagemaker_tuning_emulator.faults import Faults, Target

from .calling import (
    ACCOUNT,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    TUNING_JOBS,
    raw,
    refused,
    trial,
    tuning_job,
)

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope

    from .calling import Client, Connect


DENIED = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Emulator/caller is not authorized to "
    f"perform: sagemaker:{LIST_TUNING_JOBS} on resource: "
    f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:hyper-parameter-tuning-job/* because no "
    f"identity-based policy allows the sagemaker:{LIST_TUNING_JOBS} action"
)


class TestFaults:
    """What can fail, where, and how often."""

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
        """Each kind of fault responds as AWS does, is recorded, and stops when it is
        cleared."""
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
        """A fault applies only if operation, account, region, name and number all
        match."""
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

    def test_throttle_refills(self) -> None:
        """A throttled scope answers a burst at once, and then at its rate."""
        seconds = iter([0.0, 0.0, 0.0, 0.2, 0.3, 0.3])
        faults = Faults(now=lambda: next(seconds))
        fault = faults.add(Fault("throttle", rate=4.0, burst=2.0))
        target = Target(account=ACCOUNT, region="us-east-1", operation=LIST_TUNING_JOBS)
        struck = [faults.striking(target) == [fault] for _ in range(6)]
        assert struck == [False, False, True, True, False, True]

    def test_latency(self, emulator: Emulator, client: Client) -> None:
        """A slow call is still answered."""
        emulator.faults.add(Fault("latency", seconds=0.1, times=1))
        begun = time.monotonic()
        client.list_hyper_parameter_tuning_jobs()
        assert time.monotonic() - begun >= 0.1

    def test_empty_pages(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Before each page comes an empty one with a token, as often as requested."""
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
        """A page can return the token of its own request."""
        for index in range(5):
            scope.plan(f"job-{index}")
        emulator.faults.add(Fault("repeat_token"))
        first = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        token = first["NextToken"]
        second = client.list_hyper_parameter_tuning_jobs(MaxResults=2, NextToken=token)
        assert second["NextToken"] == token

    @pytest.mark.parametrize(
        ("fault", "status", "told"),
        [
            (Fault("gateway", status=502), 502, "<h1>502 Bad Gateway</h1>"),
            (Fault("gateway", status=503), 503, "<h1>503 Service Unavailable</h1>"),
            (Fault("html"), 200, "<h1>Sign in to the web proxy</h1>"),
            (Fault("latin1"), 200, "\udcfcber"),
        ],
    )
    @pytest.mark.parametrize("date", [None, "Thu, 01 Jan 2099 00:00:00 GMT", "today"])
    def test_pages_of_others(
        self, emulator: Emulator, fault: Fault, status: int, told: str, date: str | None
    ) -> None:
        """A page from a gateway has its own status and date."""
        emulator.faults.add(replace(fault, date=date))
        answered, headers, body = raw(emulator, LIST_TUNING_JOBS)
        assert answered == status
        assert headers["date"] == (date or "Mon, 02 Mar 2026 09:00:00 GMT")
        assert told in body

    def test_drop(self, emulator: Emulator, client: Client) -> None:
        """A dropped connection has no response; the next call has one."""
        emulator.faults.add(Fault("drop", times=1))
        with pytest.raises((HTTPClientError, EndpointConnectionError)):
            client.list_hyper_parameter_tuning_jobs()
        client.list_hyper_parameter_tuning_jobs()
        assert [call.status for call in emulator.calls] == [0, 200]

    def test_denied_in_another_partition(
        self, emulator: Emulator, connect: Connect
    ) -> None:
        """All ARNs in a denial belong to the region's partition."""
        emulator.faults.add(Fault("deny"))
        china = connect(region="cn-north-1")
        _, message, _ = refused(
            china.describe_hyper_parameter_tuning_job,
            HyperParameterTuningJobName="Churn",
        )
        assert re.findall(r"arn:[a-z-]+", message) == ["arn:aws-cn", "arn:aws-cn"]
        assert "hyper-parameter-tuning-job/churn because" in message

    def test_unknown_kind(self) -> None:
        """An unknown fault is refused with a list of the known ones."""
        unknown: Any = "earthquake"
        with pytest.raises(ValueError, match="throttle"):
            Fault(unknown)

    def test_given_answers(self, emulator: Emulator, client: Client) -> None:
        """Given responses come once each, in order, followed by the model's."""
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

    def test_altered_answers(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """An alteration changes the response but not the schedule."""
        scope.add(tuning_job(trial()))
        emulator.clock.move(seconds=200)
        truth = scope.truth()

        def odd(shown: dict[str, Any]) -> None:
            (item,) = shown["TrainingJobSummaries"]
            del item["TunedHyperParameters"]
            item["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] = 10**400
            shown["TrainingJobSummaries"].append(None)

        emulator.alter(LIST_TRIALS, odd)
        body = json.dumps({"HyperParameterTuningJobName": "tune"})
        first, second = json.loads(raw(emulator, LIST_TRIALS, body)[2])[
            "TrainingJobSummaries"
        ]
        assert second is None
        assert "TunedHyperParameters" not in first
        metric = first["FinalHyperParameterTuningJobObjectiveMetric"]
        assert metric["Value"] == 10**400
        emulator.alter(LIST_TRIALS, None)
        found = client.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="tune"
        )
        assert found["TrainingJobSummaries"] == truth["trials"]["tune"]

    def test_an_alteration_leaves_the_schedule_alone(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A member removed deep inside one description is there in the next."""
        scope.plan("churn")
        name = {"HyperParameterTuningJobName": "churn"}
        describe = client.describe_hyper_parameter_tuning_job
        ranges = describe(**name)["HyperParameterTuningJobConfig"]["ParameterRanges"]
        emulator.alter(
            "DescribeHyperParameterTuningJob",
            lambda shown: shown["HyperParameterTuningJobConfig"][
                "ParameterRanges"
            ].clear(),
        )
        altered = describe(**name)["HyperParameterTuningJobConfig"]
        emulator.alter("DescribeHyperParameterTuningJob", None)
        again = describe(**name)["HyperParameterTuningJobConfig"]
        assert (altered["ParameterRanges"], again["ParameterRanges"]) == ({}, ranges)
