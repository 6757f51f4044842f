"""What the service refuses, and its messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .calling import LIST_TRIALS, LIST_TUNING_JOBS, raw

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator


def broken(value: str, path: str, law: str) -> str:
    """The service's message about one constraint."""
    return f"Value {value} at '{path}' failed to satisfy constraint: Member must {law}"


ONE = "1 validation error detected: "
NAME = "hyperParameterTuningJobName"
LONG = "a_" + "b" * 31
PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"


class TestErrors:
    """What the service refuses, and its messages."""

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
        """A broken constraint is a ValidationException with the service's message."""
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
        """A value of another type than in the model is a SerializationException."""
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
        """The error code for a missing tuning job has no suffix."""
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
        """A body other than a JSON object is a SerializationException."""
        status, _, text = raw(emulator, LIST_TUNING_JOBS, body)
        assert (status, json.loads(text)["__type"]) == (400, "SerializationException")

    def test_unsigned_request(self, emulator: Emulator) -> None:
        """Without a signature, the account is unknown, and the call is refused."""
        _, _, text = raw(emulator, LIST_TUNING_JOBS, signed=False)
        assert json.loads(text)["__type"] == "MissingAuthenticationTokenException"

    def test_nested_parameters_are_checked(self, emulator: Emulator) -> None:
        """A broken constraint inside a list inside a structure is found and named."""
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
