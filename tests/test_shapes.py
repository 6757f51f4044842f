"""Shapes turn any response that the service's model allows into a record that fits."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from tap_sagemaker_tuning.shapes import shape_of, snake_case
from tap_sagemaker_tuning.values import OddError
from tests.strategies import MODEL


@pytest.mark.parametrize("stream", ["tuning_job_details", "training_job_details"])
def test_nothing_gives_all_columns_as_null(stream: str) -> None:
    """For a response without members, each column is there and null."""
    record = shape_of(stream)({})
    assert set(record.values()) == {None}
    assert len(record) > 20


def test_what_the_schema_does_not_name_is_not_taken() -> None:
    """Unknown members, and above all the environment, are in no record."""
    members = {"Environment": {"API_KEY": "x"}, "ResourceConfig": {"New": 1}}
    record = shape_of("training_job_details")(members)
    assert "environment" not in record
    assert set(record["resource_config"].values()) == {None}


def test_nulls_inside_are_left_out() -> None:
    """Nulls in arrays and maps are left out; a member that is null is null."""
    record = shape_of("training_job_details")(
        {
            "HyperParameters": {"a": None, "b\0": "\0", "c": 1},
            "InputDataConfig": [None, {"ChannelName": "train"}],
            "SecondaryStatusTransitions": [],
            "RoleArn": None,
        }
    )
    assert record["hyper_parameters"] == {"b\ufffd": "\ufffd", "c": "1"}
    assert [each["channel_name"] for each in record["input_data_config"]] == ["train"]
    assert record["secondary_status_transitions"] == []
    assert record["role_arn"] is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("ResourceConfig", "ml.m5.xlarge"),
        ("HyperParameters", ["depth"]),
        ("SecondaryStatus", 7),
        ("TrainingStartTime", 7),
        ("InputDataConfig", 7),
        ("InputDataConfig", "train"),
        ("InputDataConfig", {"ChannelName": "train"}),
        ("BillableTimeInSeconds", "an hour"),
        ("BillableTimeInSeconds", 0.5),
        ("EnableManagedSpotTraining", "no"),
        ("EnableManagedSpotTraining", 0),
        ("VpcConfig", {"Subnets": "subnet-1"}),
    ],
)
def test_a_member_of_another_kind_is_refused(member: str, value: Any) -> None:
    """A member of another type raises an error that callers handle."""
    with pytest.raises(OddError):
        shape_of("training_job_details")({member: value})


def test_names_are_botos() -> None:
    """Each member of each of the service's shapes has boto3's name."""
    members = {
        member
        for name in MODEL.shape_names
        for member in getattr(MODEL.shape_for(name), "members", {})
    }
    assert {name: snake_case(name) for name in members} == {
        name: xform_name(name) for name in members
    }
    assert len(members) > 2000
