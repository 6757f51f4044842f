"""The package reads pages as botocore does, only faster and item by item."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS, LIST_TUNING_JOBS, Operation
from tap_sagemaker_tuning.aws.trial_pages import TIMES, reader
from tap_sagemaker_tuning.streams import training_job_summaries, tuning_jobs
from tests.case_files import KEYS, SCOPE
from tests.strategies import JSON, MODEL, SOME, any_value, parser

TRIAL: dict[str, Any] = {
    "TrainingJobName": "churn-001-0a1b2c3d",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/churn-001",
    "CreationTime": 1.772442e9,
    "TrainingStartTime": 1.772442060e9,
    "TrainingJobStatus": "Completed",
    "TunedHyperParameters": {"batch-size": '"128"', "eta": "1e-3"},
    "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "auc", "Value": 0.0},
    "ObjectiveStatus": "Succeeded",
}
NO_NUMBER = {"MetricName": "auc", "Value": float("nan")}
PAGES: dict[str, Any] = {
    "a page": {"TrainingJobSummaries": [TRIAL], "NextToken": "more+/="},
    "empty": {"TrainingJobSummaries": []},
    "empty with a token": {"TrainingJobSummaries": [], "NextToken": "x"},
    "explicit nulls": {
        "TrainingJobSummaries": [
            {**TRIAL, "TrainingEndTime": None, "FailureReason": None}
        ],
        "NextToken": None,
    },
    "not modelled": {"TrainingJobSummaries": [{**TRIAL, "New": [1]}], "New": 1},
    "a time as text": {
        "TrainingJobSummaries": [{**TRIAL, "CreationTime": "2026-03-02T09:00:00Z"}]
    },
    "a metric that is not a number": {
        "TrainingJobSummaries": [
            {**TRIAL, "FinalHyperParameterTuningJobObjectiveMetric": NO_NUMBER}
        ]
    },
}
listings = pytest.mark.parametrize(
    "operation", [LIST_TRIALS, LIST_TUNING_JOBS], ids=lambda operation: operation.name
)


def parsed(operation: Operation, body: bytes, *, in_place: bool) -> dict[str, Any]:
    """Botocore's result for a body, with or without the package's reader."""
    answer = {"body": body, "headers": {}, "status_code": 200}
    ours: dict[str, Any] = {}
    if in_place:
        reader(operation)(answer, ours)
    shape = MODEL.operation_model(operation.name).output_shape
    result: dict[str, Any] = parser().parse(answer, shape)
    result.pop("ResponseMetadata")
    return result | ours


def record(operation: Operation, item: dict[str, Any]) -> dict[str, Any]:
    """The record of an item."""
    if operation is LIST_TRIALS:
        return training_job_summaries.record_of(item, KEYS)
    return tuning_jobs.record_of(item, SCOPE)


def assert_alike(operation: Operation, page: dict[str, Any]) -> None:
    """Both readers return the same records and the same token for a page."""
    body = json.dumps(page).encode()
    ours = parsed(operation, body, in_place=True)
    theirs = parsed(operation, body, in_place=False)
    made = [
        [record(operation, item) for item in parsed_by[operation.result]]
        for parsed_by in (ours, theirs)
    ]
    assert repr(made[0]) == repr(made[1])  # as text: NaN does not equal itself
    assert ours.get("NextToken") == theirs.get("NextToken")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_as_botocore_reads_it(name: str) -> None:
    """Every kind of trial page ever seen is read the same way."""
    assert_alike(LIST_TRIALS, PAGES[name])


@listings
@SOME
@given(data=st.data())
def test_any_page_is(operation: Operation, data: st.DataObject) -> None:
    """Any page that the service's model allows is read the same way, for trials and
    tuning jobs."""
    shape: Any = MODEL.operation_model(operation.name).output_shape
    assert_alike(operation, data.draw(any_value(shape)))


@listings
def test_times_are_the_models(operation: Operation) -> None:
    """The times of an item are those that the service's model declares."""
    shape: Any = MODEL.operation_model(operation.name).output_shape
    items = shape.members[operation.result].member.members.items()
    times = {name for name, member in items if member.type_name == "timestamp"}
    assert TIMES[operation] == times


@given(JSON, st.sampled_from(sorted(TRIAL)))
def test_an_odd_item_is_no_others_trouble(value: Any, member: str) -> None:
    """A trial is read regardless of what is in place of another item or its members."""
    page = {"TrainingJobSummaries": [value, {**TRIAL, member: value}, TRIAL]}
    answer = parsed(LIST_TRIALS, json.dumps(page).encode(), in_place=True)
    whole = parsed(LIST_TRIALS, json.dumps(PAGES["a page"]).encode(), in_place=False)
    assert len(answer["TrainingJobSummaries"]) == 3
    assert answer["TrainingJobSummaries"][2:] == whole["TrainingJobSummaries"]


def test_a_time_that_is_none_is_null() -> None:
    """An invalid time becomes null, and a reader that needs it reports that."""
    page = {"TrainingJobSummaries": [{**TRIAL, "CreationTime": "soon"}]}
    answer = parsed(LIST_TRIALS, json.dumps(page).encode(), in_place=True)
    assert answer["TrainingJobSummaries"][0]["CreationTime"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"__type":"X"}',
        b'{"TrainingJobSummaries":null}',
        b'{"TrainingJobSummaries":{}}',
    ],
)
def test_what_is_no_page_is_left_to_botocore(body: bytes) -> None:
    """A body that is not a page is left to botocore's own rules."""
    answer, ours = {"body": body}, dict[str, Any]()
    reader(LIST_TRIALS)(answer, ours)
    assert answer == {"body": body}
    assert ours == {}
