"""Records of `training_job_details`, from cases, recorded responses and any possible
one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from hypothesis import given
from hypothesis import strategies as st

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, SEARCH
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.streams.training_job_details import LISTED as STAND_INS
from tap_sagemaker_tuning.streams.training_job_details import record_of
from tests import recorded
from tests.case_files import KEYS, LISTED, assert_same, cases, part
from tests.schema_checks import assert_fits, schema_of
from tests.strategies import FEW, MODEL, SOME, members, odd, parsed

if TYPE_CHECKING:
    from tests.streams.conftest import Answers

STREAM = "training_job_details"
SHAPES = {"DescribeTrainingJobResponse": DESCRIBE_TRIAL, "TrainingJob": SEARCH}
"""The API shapes that make up a record, and what provides them."""

SECRET = "AKIA-planted-where-people-put-them"  # noqa: S105 - planted, and searched for
PLANTED = {"Environment": {"API_KEY": SECRET, SECRET: "on"}}
METRICS = "final_metric_data_list"


@pytest.mark.parametrize("case", cases(STREAM))
def test_cases(case: dict[str, Any]) -> None:
    """A description of a trial becomes the record that each case expects."""
    record = record_of(case["given"], LISTED, KEYS)
    assert_same(part(record, case["expect"]), case["expect"])
    assert "s3cr3t" not in json.dumps(record)


@pytest.mark.parametrize(
    ("shape", "member"),
    [
        (shape, member)
        for shape in SHAPES
        for member in getattr(MODEL.shape_for(shape), "members", {})
    ],
)
@FEW
@given(data=st.data())
def test_any_answer_has_a_record(shape: str, member: str, data: st.DataObject) -> None:
    """Any value of any member gives a record that fits the schema, without the
    environment."""
    answer = data.draw(members(shape, member)) | PLANTED
    before = repr(answer)
    record = record_of(answer, LISTED, KEYS)
    assert_fits(STREAM, record)
    assert SECRET not in json.dumps(record)
    assert repr(answer) == before


@SOME
@given(
    members("TrainingJob", "ResourceConfig", "FinalMetricDataList", "InputDataConfig")
    .map(lambda answer: {**answer, "CreationTime": 1.7e9, "BillableTimeInSeconds": 7})
    .flatmap(odd)
)
def test_an_odd_one_fits_or_is_refused(answer: Any) -> None:
    """A description with a member missing or of another type fits or is refused."""
    try:
        with readable("it"):
            record = record_of(parsed("TrainingJob", answer), LISTED, KEYS)
    except UnreadableError:
        return
    assert_fits(STREAM, record)


@pytest.mark.parametrize("known", [{}, dict.fromkeys(STAND_INS)], ids=["no", "null"])
def test_the_listing_stands_in(known: dict[str, Any]) -> None:
    """A column that the listing also has is never null if the listing has a value."""
    record = record_of(known, LISTED, KEYS)
    assert_fits(STREAM, record)
    assert [record["creation_time"], record["training_end_time"]] == [
        LISTED["CreationTime"],
        LISTED["TrainingEndTime"],
    ]
    assert record["training_job_status"] == "Completed"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("FinalMetricDataList", ["accuracy"]),
        ("FinalMetricDataList", 7),
        ("FinalMetricDataList", [{"Value": []}]),
        ("FinalMetricDataList", [{"Timestamp": 1970}]),
        ("FinalMetricDataList", [{"Timestamp": "1970-99"}]),
        ("CreationTime", 7),
    ],
    ids=str,
)
def test_a_member_of_another_kind_is_refused(member: str, value: Any) -> None:
    """A member of another type raises an error that callers handle."""
    with pytest.raises(UnreadableError, match=r"^it is malformed"), readable("it"):
        record_of({member: value}, LISTED, KEYS)


def test_a_null_metric_is_left_out() -> None:
    """A null in the array of metrics is left out, as in all arrays."""
    known = {"FinalMetricDataList": [None, {"MetricName": "auc"}]}
    (metric,) = record_of(known, LISTED, KEYS)[METRICS]
    assert metric["metric_name"] == "auc"


def assert_as_printed(record: dict[str, Any], shape: str, printed: Any) -> None:
    """A record fits the schema and matches what was printed, column by column."""
    assert_fits(STREAM, record)
    same = recorded.columns(shape, printed, schema_of(STREAM))
    of_listing = {*KEYS, "training_job_name", "training_job_arn", METRICS}
    stood_in = {xform_name(member) for member in STAND_INS if not printed.get(member)}
    for name in same.keys() - of_listing - stood_in:
        assert record[name] == same[name], name
    metrics = record[METRICS] or []
    assert [each["value"] for each in metrics] == [
        each["value"] for each in same[METRICS] or []
    ]
    assert all(each["timestamp"] > "2018" for each in metrics)


@recorded.needs_them
@pytest.mark.parametrize("case", recorded.described_trials())
def test_recorded_descriptions(answers: Answers, case: str) -> None:
    """A recorded description becomes a record, with metrics' times corrected."""
    printed = recorded.described_trials()[case]
    description = answers.to(DESCRIBE_TRIAL, recorded.wire(printed)).trial("any")
    assert description is not None
    record = record_of(description, LISTED, KEYS)
    assert_as_printed(record, "DescribeTrainingJobResponse", printed)


@recorded.needs_them
@pytest.mark.parametrize("case", recorded.searched_trials())
def test_recorded_searches(answers: Answers, case: str) -> None:
    """A record that Search returned becomes a record, too."""
    printed = recorded.searched_trials()[case]
    page = {"Results": [{"TrainingJob": recorded.wire(printed)}]}
    (searched,) = answers.to(SEARCH, page).search_trials({})
    assert_as_printed(record_of(searched, LISTED, KEYS), "TrainingJob", printed)
