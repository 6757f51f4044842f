"""Details and prices: cases in `tests/cases`, recorded answers, and what Search finds.

The recorded answers are not part of this project: see `test_recorded.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.parsers import ResponseParserFactory
from hypothesis import given
from hypothesis import strategies as st

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.aws.trial_search import believed, expression, is_useless
from tap_sagemaker_tuning.streams import training_job_details, tuning_job_details
from tap_sagemaker_tuning.streams.training_instance_prices import records_of
from tap_sagemaker_tuning.values import timestamp
from tests.test_recorded import FOLDER, starting
from tests.test_records import ASKED, MODEL, SCOPE, assert_same, cases, validator

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = {**SCOPE, **ASKED}
LISTED = {
    "TrainingJobName": "churn-xgb-230204-001-1a2b3c4d",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/"
    "churn-xgb-230204-001-1a2b3c4d",
    "TrainingJobStatus": "Completed",
    "CreationTime": "2026-03-02T09:00:00.000Z",
    "TrainingStartTime": "2026-03-02T09:01:00.000Z",
    "TrainingEndTime": "2026-03-02T09:10:00.000Z",
}
NAMES = st.from_regex("[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", fullmatch=True)
recorded = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recorded cases: see RECORDED_CASES"
)


def part(whole: Any, pattern: Any) -> Any:
    """Of a record what a case speaks of, at every depth; arrays item by item."""
    match whole, pattern:
        case dict(), dict():
            return {name: part(whole[name], pattern[name]) for name in pattern}
        case list(), list() if len(whole) == len(pattern):
            return [part(*pair) for pair in zip(whole, pattern, strict=True)]
        case _:
            return whole


@pytest.mark.parametrize("case", cases("tuning_job_details"))
def test_tuning_job_details(case: dict[str, Any]) -> None:
    """A description of a tuning job becomes its record, as far as the case says."""
    record = tuning_job_details.record_of(case["given"], KEYS)
    assert_same(part(record, case["expect"]), case["expect"])
    assert "s3cr3t" not in json.dumps(record)


@pytest.mark.parametrize("case", cases("training_job_details"))
def test_training_job_details(case: dict[str, Any]) -> None:
    """A description of a trial becomes its record, as far as the case says."""
    record = training_job_details.record_of(case["given"], LISTED, KEYS)
    assert_same(part(record, case["expect"]), case["expect"])
    assert "s3cr3t" not in json.dumps(record)


@pytest.mark.parametrize("case", cases("training_instance_prices"))
def test_training_instance_prices(case: dict[str, Any]) -> None:
    """Products become the prices of on-demand training, which fit their schema."""
    prices = records_of(case["given"])
    assert_same(prices, case["expect"])
    check = validator("training_instance_prices")
    assert [list(check.iter_errors(price)) for price in prices] == [[]] * len(prices)


@pytest.mark.parametrize("case", cases("believed"))
def test_believed(case: dict[str, Any]) -> None:
    """Of what Search found counts what agrees with the listing, in any order."""
    found, listed = case["given"]["found"], case["given"]["listed"]
    assert_same(believed(found, listed), case["expect"])
    assert_same(believed(found[::-1], listed), case["expect"])


@given(st.lists(NAMES, min_size=1, max_size=100, unique=True))
def test_names_are_packed_into_filters(names: Sequence[str]) -> None:
    """Any page's names are asked for once each, within the service's limits."""
    asked = expression(names)
    values = [each["Value"] for each in asked["Filters"]]
    assert [name for value in values for name in value.split(",")] == names
    assert max(map(len, values)) <= 1024
    assert asked["Operator"] == "Or"
    assert {(each["Name"], each["Operator"]) for each in asked["Filters"]} == {
        ("TrainingJobName", "In")
    }


def test_a_page_of_the_longest_names_is_seven_filters() -> None:
    """A hundred names of 63 characters need seven filters, the last one not full."""
    names = [f"{number:063}" for number in range(100)]
    filters = expression(names)["Filters"]
    assert [each["Value"].count(",") + 1 for each in filters] == [16] * 6 + [4]


def test_when_search_is_useless() -> None:
    """Search is useless if it knows none of ten ended trials; fewer can be too new."""
    running = {**LISTED, "TrainingEndTime": None}
    assert is_useless([], [LISTED] * 10)
    assert not is_useless([], [LISTED] * 9)
    assert not is_useless([LISTED], [LISTED] * 10)
    assert not is_useless([], [*[LISTED] * 10, running])


def parsed(shape: str, printed: dict[str, Any]) -> dict[str, Any]:
    """A print as boto3 gives it: no nulls, nothing that the model does not know."""
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=timestamp)
    response = {
        "body": json.dumps(printed).encode(),
        "headers": {},
        "status_code": 200,
    }
    answer: dict[str, Any] = factory.create_parser("json").parse(
        response, MODEL.shape_for(shape)
    )
    return answer


def renamed(answer: Any, schema: Any) -> Any:
    """An answer as a schema has it: boto3's names, and null for what is not there."""
    match answer, schema:
        case dict(), {"properties": properties}:
            found = {xform_name(name): value for name, value in answer.items()}
            return {
                name: renamed(found.get(name), properties[name]) for name in properties
            }
        case list(), {"items": items}:
            return [renamed(item, items) for item in answer]
        case _:
            return answer


def schema_of(stream: str) -> Any:
    """The schema of a stream."""
    return json.loads(schemas_root().joinpath(f"{stream}.json").read_text("utf-8"))


def trials() -> list[Any]:
    """Recorded descriptions of trials and records of Search, with their shapes."""
    found = [
        pytest.param("TrainingJob", result["TrainingJob"], id=name)
        for name, printed in starting("search_training_job__").items()
        for result in printed["Results"]
    ]
    described = [
        pytest.param("DescribeTrainingJobResponse", printed, id=name)
        for name, printed in starting("describe_training_job__").items()
    ]
    return found + described


@recorded
@pytest.mark.parametrize(("shape", "printed"), trials())
def test_recorded_trials(shape: str, printed: dict[str, Any]) -> None:
    """Each recorded trial has a record that fits, and member by member the same."""
    answer = parsed(shape, printed)
    record = training_job_details.record_of(answer, LISTED, KEYS)
    assert list(validator("training_job_details").iter_errors(record)) == []
    same = renamed(answer, schema_of("training_job_details"))
    keys = {*KEYS, "training_job_name", "training_job_arn", "final_metric_data_list"}
    listed = {xform_name(name) for name in LISTED.keys() - answer.keys()}
    for name in same.keys() - keys - listed:
        assert record[name] == same[name]
    metrics = record["final_metric_data_list"] or []
    assert [each["value"] for each in metrics] == [
        each["Value"] for each in answer.get("FinalMetricDataList", [])
    ]
    assert all(each["timestamp"] > "2018" for each in metrics)


@recorded
@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(printed, id=name)
        for name, printed in starting("describe_tuning_job__").items()
        if {"HyperParameterTuningJobStatus", "CreationTime"} <= printed.keys()
    ],
)
def test_recorded_tuning_jobs(printed: dict[str, Any]) -> None:
    """Each recorded description has a record that fits, its config in place."""
    answer = parsed("DescribeHyperParameterTuningJobResponse", printed)
    record = tuning_job_details.record_of(answer, KEYS)
    assert list(validator("tuning_job_details").iter_errors(record)) == []
    one = answer.get("TrainingJobDefinition")
    given = [one][: one is not None] + answer.get("TrainingJobDefinitions", [])
    config = answer.get("HyperParameterTuningJobConfig", {})
    ranges = [each.get("HyperParameterRanges") for each in given[: len(given) == 1]]
    said = {"ParameterRanges": next(filter(None, ranges), None), **config}
    same = renamed(said, schema_of("tuning_job_details"))
    assert record["parameter_ranges"] == same["parameter_ranges"]
    assert [item["role_arn"] for item in record["training_job_definitions"]] == [
        item.get("RoleArn") for item in given
    ]
    best = answer.get("BestTrainingJob", {}).get("TrainingJobName")
    assert record["best_training_job_name"] == best


@recorded
def test_each_name_of_a_recorded_search_is_found_once() -> None:
    """Of thirteen recorded rows, one of them twice, twelve trials are believed."""
    (table,) = starting("search_derived_table__").values()
    measured = {**LISTED, "BillableTimeInSeconds": 1, "FinalMetricDataList": [{}]}
    found = [
        {**measured, "TrainingJobName": row["model_name"]} for row in table["rows"]
    ]
    assert len(found) == 13
    assert len(believed(found, found)) == 12
