"""The schemas against the service model that botocore ships, both ways."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.streams.base import (
    TrainingJobSummaries,
    TuningJobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS: dict[str, Any] = {
    "tuning_jobs": TuningJobs,
    "training_job_summaries": TrainingJobSummaries,
}
SHAPES = {
    "tuning_jobs": "HyperParameterTuningJobSummary",
    "training_job_summaries": "HyperParameterTrainingJobSummary",
}
PREFIXES = {"tuning_jobs": "hyper_parameter_", "training_job_summaries": ""}
"""What a column's name leaves out of a member's: there it names the job itself."""

METRIC = "training_job_summaries.final_hyper_parameter_tuning_job_objective_metric"

IGNORED: dict[str, str] = {}
"""Members that are no column, by the column they would be, and why."""

DERIVED = {
    "tuning_jobs.account_id": "the scope that was asked",
    "tuning_jobs.region": "the scope that was asked",
    "training_job_summaries.account_id": "the scope that was asked",
    "training_job_summaries.region": "the scope that was asked",
    "training_job_summaries.tuning_job_arn": "of the tuning job that was asked about",
    f"{METRIC}.non_finite": "what `value` can not hold",
}
"""Columns that are no member, and what they come from."""

NEVER_NULL = {
    "training_job_summaries.tuning_job_name": "the tap knows whom it asked about",
    **dict.fromkeys(
        (
            f"tuning_jobs.{counter}"
            for counter in (
                "training_job_status_counters.completed",
                "training_job_status_counters.in_progress",
                "training_job_status_counters.retryable_error",
                "training_job_status_counters.non_retryable_error",
                "training_job_status_counters.stopped",
                "objective_status_counters.succeeded",
                "objective_status_counters.pending",
                "objective_status_counters.failed",
            )
        ),
        "an absent counter is 0",
    ),
}
"""Columns of optional members that are not nullable, and why."""

CAN_BE_NULL = {f"{METRIC}.value": "null where `non_finite` says what it is"}
"""Columns of required members that are nullable, and why."""

TYPES = {
    "float": "number",
    "integer": "integer",
    "map": "object",
    "string": "string",
    "structure": "object",
    "timestamp": "string",
}
"""Kind of a member to type of a column."""

DESCRIPTION: dict[str, Any] = botocore.session.get_session().get_service_data(
    "sagemaker"
)
MODEL = ServiceModel(DESCRIPTION, "sagemaker")


def schema_of(stream: str) -> dict[str, Any]:
    """The schema of a stream, as the package finds it."""
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def nested(schema: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All columns at every level, each with its path."""
    for name, column in schema.get("properties", {}).items():
        yield f"{at}.{name}", column
        yield from nested(column, f"{at}.{name}")


def columns() -> list[tuple[str, dict[str, Any]]]:
    """All columns of all streams at every level, each with its path."""
    return [found for stream in SHAPES for found in nested(schema_of(stream), stream)]


@dataclass
class Comparison:
    """What is between a shape and a schema.

    Attributes:
        found: The problems, a sentence each.
        met: The columns that are members, by path, each with its member's name.
        exceptions: The exceptions from the rules that were made use of.
    """

    found: list[str] = field(default_factory=list)
    met: dict[str, str] = field(default_factory=dict)
    exceptions: set[str] = field(default_factory=set)

    def structure(self, shape: Any, schema: Any, at: str, prefix: str = "") -> None:
        """Compare a structure with an object, both ways, and what is in them."""
        properties = schema.get("properties", {})
        named = {
            xform_name(member).removeprefix(prefix): member for member in shape.members
        }
        for name, member in named.items():
            path = f"{at}.{name}"
            if name in properties:
                self.met[path] = member
                is_required = member in shape.required_members
                self.column(shape.members[member], properties[name], path)
                self.null(properties[name], path, is_required=is_required)
            elif path in IGNORED:
                self.exceptions.add(path)
            else:
                self.found.append(f"{path}: the member {member} is no column")
        for name in properties.keys() - named.keys():
            path = f"{at}.{name}"
            self.exceptions.add(path)
            if path not in DERIVED:
                self.found.append(f"{path}: the column is no member")

    def column(self, shape: Any, column: dict[str, Any], path: str) -> None:
        """Compare a member's kind with a column's type."""
        kinds = without_null(column)
        wanted = TYPES.get(shape.type_name, "nothing known")
        if kinds != [wanted]:
            self.found.append(f"{path}: {kinds} for a {shape.type_name}")
        is_time = column.get("format") == "date-time"
        if is_time != (shape.type_name == "timestamp"):
            self.found.append(f"{path}: date-time is not said exactly of timestamps")
        if shape.type_name == "structure":
            self.structure(shape, column, path)
        if shape.type_name == "map":
            values = column.get("additionalProperties", {})
            self.column(shape.value, values, f"{path}.*")

    def null(self, column: dict[str, Any], path: str, *, is_required: bool) -> None:
        """Compare whether a member can be absent with whether a column can be null."""
        is_nullable = "null" in column["type"]
        exception = CAN_BE_NULL if is_required else NEVER_NULL
        if path in exception:
            self.exceptions.add(path)
        if is_nullable == (is_required != (path in exception)):
            what = "required" if is_required else "optional"
            self.found.append(f"{path}: the member is {what}, nullable: {is_nullable}")


def without_null(column: dict[str, Any]) -> list[str]:
    """The types of a column, but for null."""
    kinds = column.get("type", [])
    return [
        kind
        for kind in ([kinds] if isinstance(kinds, str) else kinds)
        if kind != "null"
    ]


def compare(model: ServiceModel) -> Comparison:
    """Compare a service model with the schemas."""
    comparison = Comparison()
    for stream, shape in SHAPES.items():
        comparison.structure(
            model.shape_for(shape), schema_of(stream), stream, PREFIXES[stream]
        )
    return comparison


def model_with(name: str, **changes: Any) -> ServiceModel:
    """A copy of the service model, one shape of which is another."""
    shapes = DESCRIPTION["shapes"]
    changed = {**shapes[name], **changes}
    return ServiceModel(
        {**DESCRIPTION, "shapes": {**shapes, name: changed}}, "sagemaker"
    )


def members_of(name: str) -> dict[str, Any]:
    """The members of a shape, as the service model describes them."""
    members: dict[str, Any] = DESCRIPTION["shapes"][name]["members"]
    return members


def test_schemas_are_the_service_model() -> None:
    """Each member is a column of its kind and each column a member, or a table says."""
    assert compare(MODEL).found == []


def test_no_exception_is_out_of_date() -> None:
    """Each entry of the tables of exceptions is made use of."""
    tables = {*IGNORED, *DERIVED, *NEVER_NULL, *CAN_BE_NULL}
    assert compare(MODEL).exceptions == tables


NESTED = {
    "HyperParameterTuningJobSummary": "tuning_jobs",
    "TrainingJobStatusCounters": "tuning_jobs.training_job_status_counters",
    "ObjectiveStatusCounters": "tuning_jobs.objective_status_counters",
    "ResourceLimits": "tuning_jobs.resource_limits",
    "HyperParameterTrainingJobSummary": "training_job_summaries",
    "FinalHyperParameterTuningJobObjectiveMetric": METRIC,
}


@pytest.mark.parametrize(("shape", "path"), NESTED.items())
def test_a_member_that_the_service_gains_is_reported(shape: str, path: str) -> None:
    """A botocore that knows one member more, at any level, fails the comparison."""
    gained = {**members_of(shape), "CarbonGrams": {"shape": "MetricName"}}
    found = compare(model_with(shape, members=gained)).found
    assert f"{path}.carbon_grams: the member CarbonGrams is no column" in found


@pytest.mark.parametrize(("shape", "path"), NESTED.items())
def test_a_member_that_the_service_loses_is_reported(shape: str, path: str) -> None:
    """A botocore without a member that is a column fails the comparison."""
    lost, *_ = members_of(shape)
    kept = {name: ref for name, ref in members_of(shape).items() if name != lost}
    found = compare(model_with(shape, members=kept, required=[])).found
    column = xform_name(lost).removeprefix(PREFIXES.get(path, ""))
    assert f"{path}.{column}: the column is no member" in found


@pytest.mark.parametrize(
    ("shape", "kind", "problem"),
    [
        ("TrainingJobName", "integer", "training_job_name: ['string'] for a integer"),
        (
            "HyperParameterValue",
            "float",
            "tuned_hyper_parameters.*: ['string'] for a float",
        ),
        (
            "FailureReason",
            "timestamp",
            "failure_reason: date-time is not said exactly of timestamps",
        ),
        (
            "Timestamp",
            "string",
            "training_end_time: date-time is not said exactly of timestamps",
        ),
        ("ObjectiveStatus", "list", "objective_status: ['string'] for a list"),
    ],
)
def test_a_member_of_another_kind_is_reported(
    shape: str, kind: str, problem: str
) -> None:
    """A botocore in which a member is of another kind fails the comparison."""
    other = {"type": kind, "member": {"shape": "MetricName"}}
    found = compare(model_with(shape, **other)).found
    assert f"training_job_summaries.{problem}" in found


def test_a_member_that_turns_required_or_optional_is_reported() -> None:
    """A botocore that requires other members fails the comparison."""
    changed = model_with(
        "HyperParameterTuningJobSummary", required=["LastModifiedTime"]
    )
    found = compare(changed).found
    assert (
        "tuning_jobs.last_modified_time: the member is required, nullable: True"
        in found
    )
    assert "tuning_jobs.strategy: the member is optional, nullable: False" in found


@pytest.mark.parametrize(("path", "column"), columns())
def test_each_column_says_what_it_is(path: str, column: dict[str, Any]) -> None:
    """Each column has a description; that of a member begins with the member's name."""
    openings = {at: f"{member}: " for at, member in compare(MODEL).met.items()}
    opening = openings.get(path, "")
    description = column["description"]
    assert description.startswith(opening)
    assert len(description) > len(opening) + 10
    assert description.endswith(".")


@pytest.mark.parametrize(("path", "column"), columns())
def test_no_column_lists_its_values(path: str, column: dict[str, Any]) -> None:
    """The service adds statuses: a list of values would make a record unfit."""
    assert column.keys() & {"enum", "const", "pattern"} == set(), path


@pytest.mark.parametrize("path", [path for path, _ in columns()])
def test_flattened_names_fit(path: str) -> None:
    """Flattened with `__`, a column's name fits Postgres's 63 characters."""
    _, *names = path.split(".")
    assert len("__".join(names)) <= 63


@pytest.mark.parametrize("stream", STREAMS)
def test_keys_are_columns(stream: str) -> None:
    """Primary and replication keys are columns that are never null."""
    keyed = STREAMS[stream]
    properties = schema_of(stream)["properties"]
    keys = [*keyed.primary_keys, keyed.replication_key]
    assert [properties.get(key, {}).get("type") for key in keys] == ["string"] * 2


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_is_named_like_its_schema(stream: str) -> None:
    """A stream's name is its schema file's; the file says what a record is."""
    schema = schema_of(stream)
    assert STREAMS[stream].name == stream
    assert schema["type"] == "object"
    assert schema["title"]
    assert f"API_{SHAPES[stream]}.html" in schema["description"]


def test_the_folder_holds_schemas_only() -> None:
    """All that lies in the folder goes into the wheel: a schema a stream, no more."""
    names = sorted(entry.name for entry in schemas_root().iterdir())
    assert names == [
        "scopes.json",
        "training_instance_prices.json",
        "training_job_details.json",
        "training_job_summaries.json",
        "tuning_job_details.json",
        "tuning_jobs.json",
    ]
