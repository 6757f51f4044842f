"""Cases with input and expected output, and how the two are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tap_sagemaker_tuning.aws.scope import Scope

CASES = Path(__file__).parent / "cases"
SCOPE = Scope("111122223333", "us-east-1")
ASKED = {
    "tuning_job_name": "churn-xgb-230204",
    "tuning_job_arn": "arn:aws:sagemaker:us-east-1:111122223333:"
    "hyper-parameter-tuning-job/churn-xgb-230204",
}
KEYS = {**SCOPE.context, **ASKED}
"""The columns that the tap adds to a row of details."""

LISTED = {
    "TrainingJobName": "churn-xgb-230204-001-1a2b3c4d",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/"
    "churn-xgb-230204-001-1a2b3c4d",
    "TrainingJobStatus": "Completed",
    "CreationTime": "2026-03-02T09:00:00.000Z",
    "TrainingStartTime": "2026-03-02T09:01:00.000Z",
    "TrainingEndTime": "2026-03-02T09:10:00.000Z",
}
"""A trial in its tuning job's listing."""


def cases(function: str) -> list[Any]:
    """The cases of a function, named after their files; at least one."""
    paths = sorted((CASES / function).glob("*.json"))
    assert paths, f"the folder has no cases: {function}"
    return [
        pytest.param(json.loads(path.read_text(encoding="utf-8")), id=path.stem)
        for path in paths
    ]


def assert_same(actual: object, expected: object) -> None:
    """Compare values and types: 1 equals neither 1.0 nor true."""
    assert actual == expected
    assert json.dumps(actual, sort_keys=True) == json.dumps(expected, sort_keys=True)


def part(whole: Any, pattern: Any) -> Any:
    """The parts of a record that a case mentions, at every depth, with arrays item by
    item."""
    match whole, pattern:
        case dict(), dict():
            return {name: part(whole[name], pattern[name]) for name in pattern}
        case list(), list() if len(whole) == len(pattern):
            return [part(*pair) for pair in zip(whole, pattern, strict=True)]
        case _:
            return whole
