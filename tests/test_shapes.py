"""Shapes: from any answer that the service's model allows to a record that fits."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore import xform_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_sagemaker_tuning.shapes import shape_of, snake_case
from tap_sagemaker_tuning.streams import training_job_details, tuning_job_details
from tap_sagemaker_tuning.values import finite
from tests.test_records import ASKED, MODEL, SCOPE, any_value, problems, structures

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = {**SCOPE, **ASKED}
LISTED = {
    "TrainingJobName": "churn-xgb-230204-001-1a2b3c4d",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/"
    "churn-xgb-230204-001-1a2b3c4d",
    "TrainingJobStatus": "Completed",
    "CreationTime": "2026-03-02T09:00:00.000Z",
    "TunedHyperParameters": {},
}
SOME = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow]
)
"""Enough: each member is drawn by itself, and mapped apart from the others."""

SECRET = "AKIA-planted-where-people-put-them"  # noqa: S105 - planted, and looked for
PLANTED = {"Environment": {"API_KEY": SECRET, SECRET: "on"}}

DETAILS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "DescribeHyperParameterTuningJobResponse": (
        "tuning_job_details",
        lambda answer: tuning_job_details.record_of(answer, KEYS),
    ),
    "DescribeTrainingJobResponse": (
        "training_job_details",
        lambda answer: training_job_details.record_of(answer, LISTED, KEYS),
    ),
    "TrainingJob": (
        "training_job_details",
        lambda answer: training_job_details.record_of(answer, LISTED, KEYS),
    ),
}
"""What is made of a shape, and how."""

NUMBERS = st.floats(width=32) | st.integers(-(2**31), 2**31)


def answers(shape: str, *members: str) -> st.SearchStrategy[dict[str, Any]]:
    """Answers of a shape with these members, and what each answer has."""
    model: Any = MODEL.shape_for(shape)
    every = {"HyperParameterTuningJobStatus", "CreationTime"} & model.members.keys()
    return st.fixed_dictionaries(
        {name: any_value(model.members[name]) for name in sorted({*members, *every})}
    )


def assert_fits(shape: str, answer: dict[str, Any]) -> None:
    """The record of an answer fits, can be written, and the answer is as it was."""
    stream, make = DETAILS[shape]
    before = repr(answer)
    record = make(answer)
    assert problems(stream, record) == []
    written = msgspec.json.encode(record)
    assert msgspec.json.decode(written) == record
    assert SECRET.encode() not in written
    assert b"\\u0000" not in written.replace(rb"\\", b"")  # no NUL
    assert repr(answer) == before


@pytest.mark.parametrize(
    ("shape", "member"),
    [
        (shape, member)
        for shape in DETAILS
        for member in getattr(MODEL.shape_for(shape), "members", {})
    ],
)
@SOME
@given(data=st.data())
def test_any_answer_has_a_record(shape: str, member: str, data: st.DataObject) -> None:
    """Any value of any member gives a record that fits, without the environment."""
    assert_fits(shape, data.draw(answers(shape, member)) | PLANTED)


@SOME
@given(
    answers("DescribeHyperParameterTuningJobResponse", "HyperParameterTuningJobConfig"),
    st.lists(structures(MODEL.shape_for("HyperParameterTrainingJobDefinition"))),
)
def test_any_definitions_have_a_record(
    answer: dict[str, Any], definitions: list[dict[str, Any]]
) -> None:
    """Any number of definitions is an array, without the environment of any."""
    several = [definition | PLANTED for definition in definitions]
    one = [{"TrainingJobDefinition": definition} for definition in several]
    for answered in [answer | {"TrainingJobDefinitions": several}, *one]:
        assert_fits("DescribeHyperParameterTuningJobResponse", answer | answered)


@pytest.mark.parametrize("stream", ["tuning_job_details", "training_job_details"])
def test_nothing_gives_all_columns_as_null(stream: str) -> None:
    """Of an answer without members each column is there, and null."""
    record = shape_of(stream)({})
    assert set(record.values()) == {None}
    assert len(record) > 20


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("ResourceConfig", "ml.m5.xlarge"),
        ("HyperParameters", ["depth"]),
        ("SecondaryStatus", 7),
        ("InputDataConfig", 7),
        ("FinalMetricDataList", ["accuracy"]),
        ("FinalMetricDataList", [{"Value": []}]),
        ("FinalMetricDataList", [{"Timestamp": 1970}]),
        ("FinalMetricDataList", [{"Timestamp": "1970-99"}]),
    ],
)
def test_a_member_of_another_kind_is_refused(member: str, value: Any) -> None:
    """A member of another kind is refused by one of the errors that callers know."""
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        training_job_details.record_of({member: value}, LISTED, KEYS)


def test_names_are_botos() -> None:
    """Each member of each shape of the service is named as boto3 names it."""
    members = {
        member
        for name in MODEL.shape_names
        for member in getattr(MODEL.shape_for(name), "members", {})
    }
    assert {name: snake_case(name) for name in members} == {
        name: xform_name(name) for name in members
    }
    assert len(members) > 2000


@given(NUMBERS | NUMBERS.map(str) | st.sampled_from(["NaN", "Infinity", "-Infinity"]))
def test_a_number_is_finite_or_said(value: float | str) -> None:
    """A number is kept where JSON can hold it; otherwise its text says what it is."""
    number, text = finite(value)
    assert (number is None) != (text is None)
    assert json.loads(json.dumps(number)) == number
    assert math.isfinite(float(value)) == (number is not None)


@pytest.mark.parametrize(
    ("value", "split"),
    [
        (None, (None, None)),
        (0, (0.0, None)),
        ("1e-3", (0.001, None)),
        ("NaN", (None, "NaN")),
        (-math.inf, (None, "-Infinity")),
        ("infinity", (None, "Infinity")),
        ("n/a", (None, "n/a")),
    ],
)
def test_numbers(value: float | str | None, split: tuple[float, str]) -> None:
    """0 is a number, nothing is nothing, and a word is kept as it is."""
    assert finite(value) == split
