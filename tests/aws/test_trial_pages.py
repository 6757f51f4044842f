"""Pages of trials are read as botocore reads them, only faster."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserFactory

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.aws.trial_pages import parse_trials
from tap_sagemaker_tuning.streams.training_job_summaries import record_of
from tap_sagemaker_tuning.values import timestamp_or_none

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
BODIES = {
    "a page": {"TrainingJobSummaries": [TRIAL], "NextToken": "more+/="},
    "an empty page": {"TrainingJobSummaries": []},
    "an empty page with a token": {"TrainingJobSummaries": [], "NextToken": "x"},
    "explicit nulls": {
        "TrainingJobSummaries": [
            {**TRIAL, "TrainingEndTime": None, "FailureReason": None}
        ],
        "NextToken": None,
    },
    "a member that is not modelled": {"TrainingJobSummaries": [{**TRIAL, "New": [1]}]},
    "a time as text": {
        "TrainingJobSummaries": [{**TRIAL, "CreationTime": "2026-03-02T09:00:00Z"}]
    },
    "a metric that is no number": {
        "TrainingJobSummaries": [
            {
                **TRIAL,
                "FinalHyperParameterTuningJobObjectiveMetric": {
                    "MetricName": "auc",
                    "Value": float("nan"),
                },
            }
        ]
    },
}


def parsed(body: bytes, *, in_place: bool) -> dict[str, Any]:
    """What botocore gives for a body, with or without the parser of ours before it."""
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=timestamp_or_none)
    model = botocore.session.get_session().get_service_model("sagemaker")
    answer = {"body": body, "headers": {}, "status_code": 200}
    ours: dict[str, Any] = {}
    for parse in [parse_trials] * in_place:
        parse(answer, ours)
    parser: Any = factory.create_parser("json")
    found: dict[str, Any] = parser.parse(
        answer, model.operation_model(LIST_TRIALS.name).output_shape
    )
    found.update(ours)
    found.pop("ResponseMetadata")
    return found


def records(page: dict[str, Any]) -> str:
    """The records of a page, as text: NaN does not equal itself."""
    where = Scope("1", "r")
    return repr(
        [record_of(trial, where, "n", "a") for trial in page["TrainingJobSummaries"]]
    )


@pytest.mark.parametrize("name", BODIES)
def test_page_is_read_as_botocore_reads_it(name: str) -> None:
    """A page of trials gives the same records and token, whoever parses it."""
    body = json.dumps(BODIES[name]).encode()
    ours, theirs = parsed(body, in_place=True), parsed(body, in_place=False)
    assert records(ours) == records(theirs)
    assert ours.get("NextToken") == theirs.get("NextToken")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"null",
        b'{"__type":"X"}',
        b'{"TrainingJobSummaries":null}',
        b'{"TrainingJobSummaries":[3]}',
        b'{"TrainingJobSummaries":[{"CreationTime":"soon"}]}',
    ],
)
def test_other_answers_are_left_to_botocore(body: bytes) -> None:
    """What is not a page is not touched: botocore's own rules hold for it."""
    answer, ours = {"body": body}, dict[str, Any]()
    parse_trials(answer, ours)
    assert answer == {"body": body}
    assert ours == {}
