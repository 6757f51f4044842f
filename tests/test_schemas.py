"""The schemas and botocore's service model match in both directions."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.streams import STREAMS
from tests.schema_checks import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CLASSES: Any = STREAMS  # mypy takes the names for those of instances only
STREAM_OF = {stream.name: stream for stream in CLASSES}
NAMES = list(STREAM_OF)
every_stream = pytest.mark.parametrize("stream", NAMES)

SHAPES = {
    "tuning_jobs": ["HyperParameterTuningJobSummary"],
    "training_job_summaries": ["HyperParameterTrainingJobSummary"],
    "tuning_job_details": ["DescribeHyperParameterTuningJobResponse"],
    "training_job_details": ["DescribeTrainingJobResponse", "TrainingJob"],
}
"""The API shapes of a stream's records; the last one is what Search returns.

A stream whose records are not exactly one API shape is not compared.
"""

PREFIXES = {"tuning_jobs": "hyper_parameter_"}
"""Prefixes of members that column names leave out, because they name the job itself."""

METRIC = "training_job_summaries.final_hyper_parameter_tuning_job_objective_metric"
DETAILS = "tuning_job_details"
TRIAL = "training_job_details"
CONFIG = "hyper_parameter_tuning_job_config"
CRITERIA = "tuning_job_completion_criteria"
COMPLETION = "tuning_job_completion_details"
DEFINITION = "training_job_definitions.*"

MOVED = {
    DETAILS: {
        "tuning_job_name": "hyper_parameter_tuning_job_name",
        "tuning_job_arn": "hyper_parameter_tuning_job_arn",
        "tuning_job_status": "hyper_parameter_tuning_job_status",
        "objective": f"{CONFIG}.hyper_parameter_tuning_job_objective",
        f"{CRITERIA}.max_training_jobs_not_improving": f"{CRITERIA}."
        "best_objective_not_improving.max_number_of_training_jobs_not_improving",
        f"{CRITERIA}.complete_on_convergence": f"{CRITERIA}."
        "convergence_detected.complete_on_convergence",
        **{
            column: f"{CONFIG}.{column}"
            for column in (
                "strategy_config",
                "parameter_ranges",
                "training_job_early_stopping_type",
                CRITERIA,
                "random_seed",
            )
        },
        f"{DEFINITION}.objective": f"{DEFINITION}.tuning_objective",
        f"{DEFINITION}.parameter_ranges": f"{DEFINITION}.hyper_parameter_ranges",
        "best_training_job_name": "best_training_job.training_job_name",
        "overall_best_training_job_name": "overall_best_training_job.training_job_name",
        f"{COMPLETION}.training_jobs_not_improving": f"{COMPLETION}."
        "number_of_training_jobs_objective_not_improving",
    }
}
"""Columns that are not in their members' place in the API, and that place."""

NO_SEARCH = "not in Search, and a row must not depend on which call returned it"
IGNORED = {
    f"{DETAILS}.{CONFIG}.strategy": "in tuning_jobs",
    f"{DETAILS}.{CONFIG}.resource_limits": "in tuning_jobs",
    f"{DETAILS}.hyper_parameter_tuning_end_time": "in tuning_jobs",
    f"{DETAILS}.training_job_status_counters": "in tuning_jobs",
    f"{DETAILS}.objective_status_counters": "in tuning_jobs",
    f"{DETAILS}.training_job_definition": "an item of training_job_definitions",
    f"{DETAILS}.best_training_job.*": "a row of training_job_summaries",
    f"{DETAILS}.overall_best_training_job.*": "a row of training_job_summaries",
    f"{DETAILS}.{DEFINITION}.environment": "people put API keys there",
    f"{DETAILS}.{DEFINITION}.resource_config.instance_placement_config": "as in "
    "training_job_details",
    f"{TRIAL}.environment": "people put API keys there",
    f"{TRIAL}.failure_reason": "in training_job_summaries",
    f"{TRIAL}.labeling_job_arn": "labeling jobs do not launch trials",
    f"{TRIAL}.algorithm_specification.training_image_config": "how to reach a "
    "registry; its names are too long when flattened",
    f"{TRIAL}.resource_config.instance_placement_config": "which UltraServers; "
    "its names are too long when flattened",
    f"{TRIAL}.billable_token_count": NO_SEARCH,
    f"{TRIAL}.infra_check_config": NO_SEARCH,
    f"{TRIAL}.mlflow_config": NO_SEARCH,
    f"{TRIAL}.mlflow_details": NO_SEARCH,
    f"{TRIAL}.profiler_rule_configurations": NO_SEARCH,
    f"{TRIAL}.profiler_rule_evaluation_statuses": NO_SEARCH,
    f"{TRIAL}.profiling_status": NO_SEARCH,
    f"{TRIAL}.progress_info": NO_SEARCH,
    f"{TRIAL}.remote_debug_config": NO_SEARCH,
    f"{TRIAL}.serverless_job_config": NO_SEARCH,
}
"""Members without a column, by the column that they would be, and why."""

DERIVED = {
    "tuning_jobs.account_id": "the requested scope",
    "tuning_jobs.region": "the requested scope",
    "training_job_summaries.account_id": "the requested scope",
    "training_job_summaries.region": "the requested scope",
    "training_job_summaries.tuning_job_arn": "from the requested tuning job",
    f"{METRIC}.non_finite": "a value that `value` cannot hold",
    f"{DETAILS}.account_id": "the requested scope",
    f"{DETAILS}.region": "the requested scope",
    f"{TRIAL}.account_id": "the requested scope",
    f"{TRIAL}.region": "the requested scope",
    f"{TRIAL}.tuning_job_name": "from the requested tuning job",
    f"{TRIAL}.final_metric_data_list.*.non_finite": "a value that `value` cannot hold",
    f"{TRIAL}.tags": "only in Search",
}
"""Columns that are not members, and what they come from."""

ADDED = ("account_id", "region", "tuning_job_name", "tuning_job_arn")
FIRM = {
    "tuning_jobs": {
        **dict.fromkeys([*ADDED, "creation_time"], "a key, or joins tables"),
        **dict.fromkeys(
            [
                "training_job_status_counters",
                "training_job_status_counters.completed",
                "training_job_status_counters.in_progress",
                "training_job_status_counters.retryable_error",
                "training_job_status_counters.non_retryable_error",
                "training_job_status_counters.stopped",
                "objective_status_counters",
                "objective_status_counters.succeeded",
                "objective_status_counters.pending",
                "objective_status_counters.failed",
            ],
            "an absent counter is 0",
        ),
    },
    "training_job_summaries": dict.fromkeys(
        [*ADDED, "training_job_name", "training_job_arn", "creation_time"],
        "a key, or joins tables",
    ),
    DETAILS: {
        **dict.fromkeys([*ADDED, "creation_time"], "a key, or joins tables"),
        "training_job_definitions": "a single definition is an array of one",
    },
    TRIAL: dict.fromkeys(
        [*ADDED, "training_job_name", "training_job_arn", "creation_time"],
        "a key, or joins tables",
    ),
}
"""Columns that are never null, and why. Any other member may be missing: Search leaves
some out, and so did the service before it required them."""

TYPES = {
    "boolean": "boolean",
    "float": "number",
    "integer": "integer",
    "list": "array",
    "long": "integer",
    "map": "object",
    "string": "string",
    "structure": "object",
    "timestamp": "string",
}
"""The column type for each kind of member."""

DESCRIPTION: dict[str, Any] = botocore.session.get_session().get_service_data(
    "sagemaker"
)
MODEL = ServiceModel(DESCRIPTION, "sagemaker")


def nested(schema: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All columns at every level, each with its path."""
    for name, column in schema.get("properties", {}).items():
        yield f"{at}.{name}", column
        yield from nested(column, f"{at}.{name}")
        yield from nested(column.get("items", {}), f"{at}.{name}.*")


def columns() -> list[tuple[str, dict[str, Any]]]:
    """All columns of all streams at every level, each with its path."""
    return [column for stream in NAMES for column in nested(schema_of(stream), stream)]


def walk(schema: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The schema at this path; missing objects are created."""
    for name in names:
        if name == "*":
            schema = schema["items"]
        else:
            made = {"type": ["object", "null"], "properties": {}}
            schema = schema["properties"].setdefault(name, made)
    return schema


def as_the_api_has_it(stream: str) -> dict[str, Any]:
    """The schema of a stream with each column in its member's place in the API."""
    schema = deepcopy(schema_of(stream))
    for column, member in MOVED.get(stream, {}).items():
        *above, name = column.split(".")
        moved = walk(schema, above)["properties"].pop(name)
        *above, name = member.split(".")
        walk(schema, above)["properties"][name] = moved
    return schema


@dataclass
class Comparison:
    """The differences between a shape and a schema.

    Attributes:
        found: The problems, one sentence each.
        met: The columns that are members, by path, with the member's name.
        exceptions: The exceptions that were used.
    """

    problems: list[str] = field(default_factory=list)
    met: dict[str, str] = field(default_factory=dict)
    exceptions: set[str] = field(default_factory=set)

    def structure(self, shape: Any, schema: Any, at: str, prefix: str = "") -> None:
        """Compare a structure with an object in both directions, including their
        contents."""
        properties = schema.get("properties", {})
        named = {
            xform_name(member).removeprefix(prefix): member for member in shape.members
        }
        for name, member in named.items():
            path = f"{at}.{name}"
            if name in properties:
                self.met[path] = member
                self.column(shape.members[member], properties[name], path)
            elif ignored := {path, f"{at}.*"} & IGNORED.keys():
                self.exceptions |= ignored
            else:
                self.problems.append(f"{path}: the member {member} is no column")
        for name in properties.keys() - named.keys():
            path = f"{at}.{name}"
            self.exceptions.add(path)
            if path not in DERIVED:
                self.problems.append(f"{path}: the column is no member")

    def column(self, shape: Any, column: dict[str, Any], path: str) -> None:
        """Compare a member's kind with a column's type."""
        kinds = without_null(column)
        wanted = TYPES.get(shape.type_name, "nothing known")
        if kinds != [wanted]:
            self.problems.append(f"{path}: {kinds} for a {shape.type_name}")
        is_time = column.get("format") == "date-time"
        if is_time != (shape.type_name == "timestamp"):
            self.problems.append(f"{path}: date-time is not said exactly of timestamps")
        if shape.type_name == "structure":
            self.structure(shape, column, path)
        if shape.type_name == "list":
            self.column(shape.member, column.get("items", {}), f"{path}.*")
        if shape.type_name == "map":
            values = column.get("additionalProperties", {})
            self.column(shape.value, values, f"{path}.*")


def without_null(column: dict[str, Any]) -> list[str]:
    """The types of a column, without null."""
    kinds = column.get("type", [])
    return [
        kind
        for kind in ([kinds] if isinstance(kinds, str) else kinds)
        if kind != "null"
    ]


def compare(model: ServiceModel) -> Comparison:
    """Compare a service model with the schemas."""
    comparison = Comparison()
    for stream, shapes in SHAPES.items():
        schema = as_the_api_has_it(stream)
        for shape in map(model.shape_for, shapes):
            comparison.structure(shape, schema, stream, PREFIXES.get(stream, ""))
    return comparison


def model_with(name: str, **changes: Any) -> ServiceModel:
    """A copy of the service model with one shape changed."""
    shapes = DESCRIPTION["shapes"]
    changed = {**shapes[name], **changes}
    return ServiceModel(
        {**DESCRIPTION, "shapes": {**shapes, name: changed}}, "sagemaker"
    )


def members_of(name: str) -> dict[str, Any]:
    """The members of a shape in the service model."""
    members: dict[str, Any] = DESCRIPTION["shapes"][name]["members"]
    return members


def test_schemas_are_the_service_model() -> None:
    """Each member is a column of its kind and each column is a member, unless a table
    has an exception."""
    assert compare(MODEL).problems == []


def test_no_exception_is_out_of_date() -> None:
    """Each entry in the tables of exceptions is used."""
    assert compare(MODEL).exceptions == {*IGNORED, *DERIVED}


NESTED = {
    "HyperParameterTuningJobSummary": "tuning_jobs",
    "TrainingJobStatusCounters": "tuning_jobs.training_job_status_counters",
    "ObjectiveStatusCounters": "tuning_jobs.objective_status_counters",
    "ResourceLimits": "tuning_jobs.resource_limits",
    "HyperParameterTrainingJobSummary": "training_job_summaries",
    "FinalHyperParameterTuningJobObjectiveMetric": METRIC,
    "DescribeHyperParameterTuningJobResponse": DETAILS,
    "HyperParameterTuningJobConfig": f"{DETAILS}.{CONFIG}",
    "BestObjectiveNotImproving": f"{DETAILS}.{CONFIG}.{CRITERIA}"
    ".best_objective_not_improving",
    "HyperParameterTrainingJobDefinition": f"{DETAILS}.{DEFINITION}",
    "ContinuousParameterRange": f"{DETAILS}.{DEFINITION}.hyper_parameter_ranges"
    ".continuous_parameter_ranges.*",
    "ParentHyperParameterTuningJob": f"{DETAILS}.warm_start_config"
    ".parent_hyper_parameter_tuning_jobs.*",
    "DescribeTrainingJobResponse": TRIAL,
    "TrainingJob": TRIAL,
    "InstanceGroup": f"{TRIAL}.resource_config.instance_groups.*",
    "MetricData": f"{TRIAL}.final_metric_data_list.*",
    "Tag": f"{TRIAL}.tags.*",
}


@pytest.mark.parametrize(("shape", "path"), NESTED.items())
def test_a_member_that_the_service_gains_is_reported(shape: str, path: str) -> None:
    """If botocore adds a member, at any level, the comparison fails."""
    gained = {**members_of(shape), "CarbonGrams": {"shape": "MetricName"}}
    problems = compare(model_with(shape, members=gained)).problems
    assert f"{path}.carbon_grams: the member CarbonGrams is no column" in problems


@pytest.mark.parametrize(("shape", "path"), NESTED.items())
def test_a_member_that_the_service_loses_is_reported(shape: str, path: str) -> None:
    """If botocore removes a member that is a column, the comparison fails."""
    kept = members_of(shape).copy()
    lost = next(name for name in kept if f"{path}.{xform_name(name)}" not in IGNORED)
    del kept[lost]
    problems = compare(model_with(shape, members=kept, required=[])).problems
    column = xform_name(lost).removeprefix(PREFIXES.get(path, ""))
    assert f"{path}.{column}: the column is no member" in problems


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
    """If a member's type changes in botocore, the comparison fails."""
    other = {"type": kind, "member": {"shape": "MetricName"}}
    problems = compare(model_with(shape, **other)).problems
    assert f"training_job_summaries.{problem}" in problems


def column_of(member: str) -> str:
    """The path of a member's column, from its path in the API."""
    stream, _, path = member.partition(".")
    for column, moved in reversed(MOVED.get(stream, {}).items()):
        if f"{path}.".startswith(f"{moved}."):
            path = f"{column}{path.removeprefix(moved)}"
    return f"{stream}.{path}"


MEMBERS = {column_of(path): member for path, member in compare(MODEL).met.items()}
"""The columns that are members, each with its member's name."""


@pytest.mark.parametrize(("path", "column"), columns())
def test_each_column_says_what_it_is(path: str, column: dict[str, Any]) -> None:
    """Each column has a description, which begins with the member's name, or with its
    path if the column is in another place than in the API."""
    opening, _, rest = column["description"].partition(": ")
    member = opening.rpartition(".")[2]
    assert MEMBERS.get(path, member) == member
    assert len(rest or opening) > 8
    assert column["description"].endswith(".")


def test_no_column_lists_its_values() -> None:
    """No column lists its values, because the service adds statuses and a record would
    no longer fit."""
    listing = {"enum", "const", "pattern"}
    assert [path for path, column in columns() if column.keys() & listing] == []


def test_flattened_names_fit() -> None:
    """Flattened with `__`, a column's name fits into Postgres's 63 characters."""
    flat = [path.split(".")[1:] for path, _ in columns() if "*" not in path]
    assert [names for names in flat if len("__".join(names)) > 63] == []


@pytest.mark.parametrize("stream", SHAPES)
def test_what_can_be_null(stream: str) -> None:
    """Every column can be null, except keys and what the tap itself computes."""
    never = {
        path.removeprefix(f"{stream}.")
        for path, column in nested(schema_of(stream), stream)
        if "null" not in column["type"]
    }
    assert never == FIRM[stream].keys()


@every_stream
def test_keys_are_columns(stream: str) -> None:
    """Primary and replication keys are columns that are never null."""
    keyed = STREAM_OF[stream]
    replicated = [key for key in [keyed.replication_key] if isinstance(key, str)]
    properties = schema_of(stream)["properties"]
    keys = [*keyed.primary_keys, *replicated]
    assert {properties[key]["type"] for key in keys} == {"string"}


def page_of(stream: str) -> str | None:
    """The subject of the page of AWS's API reference in a schema."""
    address = re.compile(r"https://docs\.aws\.amazon\.com/\S+/API_(\w+)\.html")
    address_of = address.search(schema_of(stream)["description"])
    return address_of and address_of[1]


@every_stream
def test_a_schema_says_what_a_record_is(stream: str) -> None:
    """A schema has a title and a description of its records, which links to the API's
    documentation if the stream calls the API."""
    schema = schema_of(stream)
    assert schema["type"] == "object"
    assert schema["title"]
    assert schema["description"].startswith("One record is ")
    assert (page_of(stream) is not None) == bool(STREAM_OF[stream].operations), (
        f"schemas/{stream}.json: the description must link to a page of AWS's API "
        "reference if the stream calls the API, and only then"
    )


@every_stream
def test_no_keyword_breaks_flattening(stream: str) -> None:
    """A column named like a keyword of the schema, such as `description`, makes the
    SDK's flattening look for "type" in the keyword's text, and fail if it is there
    (singer-sdk 0.54.9, `_should_jsondump_value`)."""
    schema = schema_of(stream)
    named = {name: schema[name] for name in schema["properties"] if name in schema}
    assert [text for text in named.values() if "type" in text] == []


def test_the_page_is_of_the_shape() -> None:
    """The page in a schema is about the shape of its records."""
    for stream, (shape, *_) in SHAPES.items():
        assert page_of(stream) == shape.removesuffix("Response")


def test_no_environment() -> None:
    """No column at any depth has environment variables, because they hold API keys."""
    assert [path for path, _ in columns() if "environment" in path] == []


def test_the_folder_holds_schemas_only() -> None:
    """The folder, which goes into the wheel, has one schema per stream and nothing
    else."""
    names = sorted(entry.name for entry in schemas_root().iterdir())
    assert names == sorted(f"{stream}.json" for stream in NAMES)
