"""Records of `tuning_job_details`, from cases, recorded responses and any possible
one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.streams.tuning_job_details import record_of
from tests import recorded
from tests.case_files import KEYS, assert_same, cases, part
from tests.schema_checks import assert_fits, schema_of
from tests.strategies import FEW, MODEL, SOME, members, odd, parsed, structures

if TYPE_CHECKING:
    from tests.streams.conftest import Answers

STREAM = "tuning_job_details"
SHAPE = "DescribeHyperParameterTuningJobResponse"
SECRET = "AKIA-planted-where-people-put-them"  # noqa: S105 - planted, and searched for
PLANTED = {"Environment": {"API_KEY": SECRET, SECRET: "on"}}
MEMBERS = sorted(getattr(MODEL.shape_for(SHAPE), "members", {}))
FIRM = {"HyperParameterTuningJobStatus", "CreationTime"}


@pytest.mark.parametrize("case", cases(STREAM))
def test_cases(case: dict[str, Any]) -> None:
    """A description of a tuning job becomes the record that each case expects."""
    record = record_of(case["given"], KEYS)
    assert_same(part(record, case["expect"]), case["expect"])
    assert "s3cr3t" not in json.dumps(record)


@pytest.mark.parametrize("member", MEMBERS)
@FEW
@given(data=st.data())
def test_any_description_has_a_record(member: str, data: st.DataObject) -> None:
    """Any value of any member gives a record that fits, and the description is not
    modified."""
    answer = data.draw(members(SHAPE, *{member, *FIRM}))
    before = repr(answer)
    assert_fits(STREAM, record_of(answer, KEYS))
    assert repr(answer) == before


@SOME
@given(
    members(SHAPE, "HyperParameterTuningJobConfig", *sorted(FIRM)),
    st.lists(structures("HyperParameterTrainingJobDefinition"), max_size=3),
)
def test_any_definitions_have_a_record(
    answer: dict[str, Any], definitions: list[dict[str, Any]]
) -> None:
    """Any number of definitions becomes an array without their environments."""
    several = [definition | PLANTED for definition in definitions]
    answers: list[dict[str, Any]] = [{"TrainingJobDefinitions": several}]
    answers += [{"TrainingJobDefinition": definition} for definition in several]
    for answered in answers:
        record = record_of(answer | answered, KEYS)
        assert_fits(STREAM, record)
        assert SECRET not in json.dumps(record)
    assert len(record["training_job_definitions"]) == min(len(several), 1)


@SOME
@given(
    members(SHAPE, "TrainingJobDefinition", "WarmStartConfig", "ConsumedResources")
    .map(lambda answer: {"CreationTime": 1.7e9, **answer})
    .flatmap(odd)
)
def test_an_odd_one_fits_or_is_refused(answer: Any) -> None:
    """A description with a member missing or of another type fits or is refused."""
    try:
        with readable("it"):
            record = record_of(parsed(SHAPE, answer), KEYS)
    except UnreadableError:
        return
    assert_fits(STREAM, record)


def test_what_can_be_absent() -> None:
    """Everything but the creation time can be absent, even the status; the keys come
    from the listing."""
    record = record_of({"CreationTime": "2026-03-02T09:00:00.000Z"}, KEYS)
    assert_fits(STREAM, record)
    given = {name for name, value in record.items() if value is not None}
    assert given == {*KEYS, "creation_time", "training_job_definitions"}


@recorded.needs_them
@pytest.mark.parametrize(
    "case",
    [*recorded.described_jobs(), *recorded.wire_bodies(), *recorded.failed_jobs()],
)
def test_recorded_descriptions(answers: Answers, case: str) -> None:
    """A recorded description becomes a record that fits, column by column."""
    twin = recorded.TWINS.get(case)
    described = recorded.described_jobs() | recorded.failed_jobs()
    printed = {
        "CreationTime": "2026-03-01T09:00:00Z",  # a failure has little else
        **described[f"describe_tuning_job__{twin}" if twin else case],
    }
    body = recorded.wire_bodies()[case] if twin else recorded.wire(printed)
    description, _ = answers.to(DESCRIBE_TUNING_JOB, body).tuning_job("any")
    assert description is not None
    record = record_of(description, KEYS)
    assert_fits(STREAM, record)
    of_job = recorded.columns(SHAPE, printed, schema_of(STREAM))
    moved = {"training_job_definitions", "tuning_job_completion_details"}
    for name in of_job.keys() - moved - KEYS.keys():
        assert record[name] == of_job[name], name
    config = printed.get("HyperParameterTuningJobConfig", {})
    for_all = config.get("ParameterRanges")
    single = printed.get("TrainingJobDefinition")
    given = [single] if single else printed.get("TrainingJobDefinitions") or []
    own = given[0].get("HyperParameterRanges") if len(given) == 1 else None
    said = recorded.columns(
        "HyperParameterTuningJobConfig",
        {**config, "ParameterRanges": for_all or own},
        schema_of(STREAM),
    )
    assert record["parameter_ranges"] == said["parameter_ranges"]
    assert [item["role_arn"] for item in record["training_job_definitions"]] == [
        item.get("RoleArn") for item in given
    ]
    best = printed.get("BestTrainingJob") or {}
    assert record["best_training_job_name"] == best.get("TrainingJobName")
