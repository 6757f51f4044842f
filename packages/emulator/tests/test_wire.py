"""Responses byte for byte as recorded from the service."""

from __future__ import annotations

import json
import math
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_emulator import Emulator, Home
from sagemaker_tuning_emulator.wire import encode, number

from .calling import (
    ACCOUNT,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    START,
    after,
    raw,
    trial,
    tuning_job,
)

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope


class TestWire:
    """Responses byte for byte as recorded from the service."""

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
        """A time is seconds since 1970, as Java prints a double."""
        assert number(datetime.fromisoformat(seconds)) == text

    @given(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001 - the zone is added below
    def test_no_time_is_lost(self, naive: datetime) -> None:
        """A written time is read back as the same time, to the microsecond."""
        instant = naive.replace(tzinfo=UTC)
        read_back = datetime.fromtimestamp(float(number(instant)), UTC)
        assert abs(read_back - instant) <= timedelta(microseconds=1)

    def test_a_summary_as_bytes(self, emulator: Emulator, scope: Scope) -> None:
        """A trial's times are cut to seconds, and absent members are left out."""
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
        """A tuning job's times are cut to milliseconds."""
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
        """A metric is a float32 widened to double; values that are not finite have two
        forms."""
        scope.add(tuning_job(trial(value=value)))
        emulator.clock.move(seconds=200)
        body = json.dumps({"HyperParameterTuningJobName": "tune"})
        _, _, sent = raw(emulator, LIST_TRIALS, body)
        assert f'{{"MetricName":"validation:auc","Value":{text}}}' in sent

    @given(st.floats(width=32))
    def test_float32_survives(self, value: float) -> None:
        """Any float32 arrives unchanged."""
        view = trial(value=value).view(after(200)) or {}
        shown = view["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        assert struct.pack("<d", shown) == struct.pack("<d", value)

    def test_failure_reason_is_cut(self) -> None:
        """A failure reason keeps its line breaks and its first 1,024 characters."""
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
        """An ARN has its region's partition; a trial's ARN can be in lower case."""
        home = Home(ACCOUNT, region)
        lower = trial("V3-Trial", lower_cased_arn=True).view(after(9), home) or {}
        upper = trial("V3-Trial").view(after(9), home) or {}
        start = f"arn:{partition}:sagemaker:{region}:{ACCOUNT}:training-job/"
        assert lower["TrainingJobArn"] == f"{start}v3-trial"
        assert upper["TrainingJobArn"] == f"{start}V3-Trial"

    def test_any_text_survives(self) -> None:
        """Any text can be written as JSON and read back."""
        text = 'é "quoted"\n\u2028\x00\\'
        assert json.loads(encode({text: [text]})) == {text: [text]}
