"""Recorded responses of the service as they were on the wire, and the expected results.

They are not part of this project; they are in a folder beside it, or the one in the
environment variable RECORDED_CASES; `none` says that they are left out on purpose. The
functions here return the cases that tests take
from HTTP to a record or a line; the rest are only facts for the design.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from sagemaker_tuning_emulator.clock import instant
from tests.skips import NOT_PUBLIC
from tests.strategies import MODEL

BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "cases"
FOLDER = Path(os.environ.get("RECORDED_CASES", BESIDE))
needs_them = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason=NOT_PUBLIC
    if str(FOLDER) == "none"
    else f"no folder {FOLDER.name}: see RECORDED_CASES",
)

Printed = dict[str, Any]
NONE = {"None", "NaN", "NaT"}  # in a printed table

TWINS = {"wire_reconstructed__describe_tuning_job": "unmodelled_fields"}
"""A wire body, and the print with the same values as text that it was made from."""

TOKENS = (
    "list_training_jobs__empty_page_with_next_token",
    "list_training_jobs__page_with_next_token",
    "list_transform_jobs__wire_empty_page_with_next_token",
)
LAST_PAGE = "list_training_jobs__empty_last_page"


@cache
def responses() -> dict[str, Any]:
    """The recorded responses, by file name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["response"]
        for path in sorted(FOLDER.glob("*__*.json"))
    }


def starting(*prefixes: str) -> dict[str, Any]:
    """The recorded responses with this prefix in their file name."""
    return {
        name: response
        for name, response in responses().items()
        if name.startswith(prefixes)
    }


def listed_jobs() -> dict[str, Printed]:
    """Pages of tuning jobs, by case."""
    return starting("list_tuning_jobs__")


def described_jobs() -> dict[str, Printed]:
    """Descriptions of tuning jobs with name, status and creation time, by case."""
    keys = {
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "HyperParameterTuningJobStatus",
        "CreationTime",
    }
    responses = starting("describe_tuning_job__", "event_tuning_job__counters")
    plain = {
        name: printed.get("describe", printed) for name, printed in responses.items()
    }
    return {name: printed for name, printed in plain.items() if keys <= printed.keys()}


def failed_jobs() -> dict[str, Printed]:
    """Failed tuning jobs with name, status and reason, by case."""
    return starting("tuning_job_failure__")


def wire_bodies() -> dict[str, str]:
    """Descriptions of tuning jobs as raw bytes, by case."""
    return {name: response["body_text"] for name, response in starting(*TWINS).items()}


def trials() -> dict[str, Printed]:
    """Trials in a tuning job's responses, by case and by member or row."""
    described = starting("best_trial__", "describe_tuning_job__")
    best = {
        f"{name}.{member}": printed
        for name, response in described.items()
        for member, printed in response.items()
        if member.endswith("BestTrainingJob") and (printed or {}).get("CreationTime")
    }
    rows = {
        f"{name}.{number}": _of_row(row)
        for name, table in starting("trials_df__").items()
        for number, row in enumerate(table["dataframe_rows"])
    }
    failed = {
        name: _with_keys(printed)
        for name, printed in starting("training_job_failure__").items()
    }
    return best | rows | failed


def described_trials() -> dict[str, Printed]:
    """Descriptions of trials, by case."""
    return starting("describe_training_job__")


def searched_trials() -> dict[str, Printed]:
    """Records that Search found, by case."""
    return {
        name: result["TrainingJob"]
        for name, page in starting("search_training_job__").items()
        for result in page["Results"]
    }


def errors() -> dict[str, Printed]:
    """Errors by case: code and message as on the wire."""
    return {
        name.partition("__")[2]: error.get(
            "body", {"__type": error.get("Code"), "message": error.get("Message")}
        )
        for name, error in starting("error__").items()
    }


def taken() -> set[str]:
    """Names of the cases that tests take from HTTP to a record or a line."""
    every = (
        *(listed_jobs(), described_jobs(), failed_jobs(), wire_bodies()),
        *(trials(), described_trials(), searched_trials()),
    )
    names = {name.partition(".")[0] for members in every for name in members}
    return names | {*TOKENS, LAST_PAGE} | {f"error__{name}" for name in errors()}


def _of_row(row: dict[str, str]) -> Printed:
    """A row of a data frame of trials, as an item of the listing."""
    cells = {name: cell for name, cell in row.items() if cell not in NONE}
    for added in ("(index)", "TrainingElapsedTimeSeconds"):
        cells.pop(added, None)
    value = cells.pop("FinalObjectiveValue", None)
    own: Printed = {
        name: cells.pop(name) for name in sorted(cells) if name.startswith("Train")
    }
    if value is not None:
        metric = {"MetricName": "objective", "Value": float(value)}
        own["FinalHyperParameterTuningJobObjectiveMetric"] = metric
    return _with_keys({**own, "TunedHyperParameters": cells})


def _with_keys(printed: Printed) -> Printed:
    """The same trial with the members that every trial has but a print can lack."""
    name = printed["TrainingJobName"]
    added = {
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:1:training-job/{name}",
        "CreationTime": printed.get("TrainingStartTime", "2026-03-01 09:00:00"),
    }
    return {**added, **printed}


def wire(printed: Any, member: str = "") -> Any:
    """A printed response as it was on the wire, with numbers for times and maps as
    maps.

    Nulls are kept, and so are members that the model does not have.
    """
    match printed:
        case dict():
            return {
                name: wire(value, name)
                for name, value in printed.items()
                if name != "ResponseMetadata"  # added by boto3
            }
        case [{"Name": _, "Value": _}, *_] if member == "TunedHyperParameters":
            return {pair["Name"]: str(pair["Value"]) for pair in printed}
        case list():
            return [wire(value) for value in printed]
        case str() if member.endswith(("Time", "Timestamp")):
            return moment(printed)
        case _:
            return printed


def moment(printed: str) -> datetime:
    """A printed time, in UTC unless it has an offset."""
    parsed = datetime.fromisoformat(printed)
    return instant(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def columns(shape: str, printed: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """The expected columns for a print, for a schema's columns that are members of a
    shape.

    In a tuning job's record, members that name the job itself lose their prefix.
    """
    prefix, model = "hyper_parameter_tuning_", MODEL.shape_for(shape)
    renamed = {
        name.removeprefix("hyper_parameter_") if name.startswith(prefix) else name: name
        for name in map(xform_name, getattr(model, "members", {}))
    }
    inner = schema["properties"]
    names = {renamed[name]: inner[name] for name in inner.keys() & renamed.keys()}
    renamed_columns = _column(model, printed, {"properties": names})
    return {
        name: renamed_columns[renamed[name]] for name in inner.keys() & renamed.keys()
    }


def _column(shape: Any, printed: Any, schema: Any) -> Any:
    """The expected value in a record for a printed member of a shape."""
    match shape.type_name, printed:
        case _, None:
            return None
        case "timestamp", str():
            shown = moment(printed).strftime("%Y-%m-%dT%H:%M:%S.%f")
            return f"{shown[:-3]}Z"
        case "structure", dict():
            names = {xform_name(member): member for member in shape.members}
            return {
                name: _column(shape.members[member], printed.get(member), inner)
                for name, inner in schema["properties"].items()
                if (member := names.get(name))
            }
        case "list", list():
            return [_column(shape.member, item, schema["items"]) for item in printed]
        case "map", list():
            return wire(printed, "TunedHyperParameters")
        case _:
            return printed
