"""The settings: names, types, defaults, meanings, and how the environment gives them.

Which values are refused, and why, is in `checks`.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SIMILAR = 0.75
"""How alike a variable's name is to a setting's that was meant, 0 to 1: REGION is like
REGIONS, and HOME or CONFIG like none."""


def _text(name: str, title: str, description: str, **more: Any) -> th.Property[str]:
    return th.Property(
        name,
        th.StringType(min_length=1),
        title=title,
        description=description,
        **more,
    )


def _number(
    name: str, title: str, description: str, most: int | None, **more: Any
) -> th.Property[int]:
    return th.Property(
        name,
        th.IntegerType(minimum=1, maximum=most),
        title=title,
        description=description,
        **more,
    )


def _texts(name: str, title: str, description: str) -> th.Property[list[str]]:
    return th.Property(
        name,
        th.ArrayType(th.StringType(min_length=1)),
        title=title,
        description=description,
    )


SETTINGS = th.PropertiesList(
    _text(
        "aws_access_key_id",
        "AWS access key id",
        "Static access key, together with aws_secret_access_key. Without it boto3's "
        "own chain finds credentials: environment, profile, SSO, container or "
        "instance role.",
        secret=True,
    ),
    _text(
        "aws_secret_access_key",
        "AWS secret access key",
        "The secret of aws_access_key_id.",
        secret=True,
    ),
    _text(
        "aws_session_token",
        "AWS session token",
        "The session token of aws_access_key_id, where that is a temporary key.",
        secret=True,
    ),
    _text(
        "aws_profile",
        "AWS profile",
        "A named profile of the AWS configuration files.",
    ),
    _text(
        "aws_endpoint_url",
        "AWS endpoint URL",
        "One endpoint for SageMaker and STS: an emulator. For VPC endpoints set "
        "AWS_ENDPOINT_URL_SAGEMAKER in the environment instead.",
    ),
    _texts(
        "regions",
        "Regions",
        "AWS regions to read, of any partition. Default: the region of boto3's chain.",
    ),
    th.Property(
        "assume_roles",
        th.ArrayType(
            th.ObjectType(
                _text("role_arn", "Role ARN", "The role to assume.", required=True),
                _text(
                    "external_id",
                    "External id",
                    "The external id that the role's trust policy asks for.",
                ),
                _texts(
                    "regions",
                    "Regions",
                    "AWS regions to read through this role. Default: regions.",
                ),
                additional_properties=False,
            )
        ),
        title="Roles to assume",
        description="Roles to read other accounts through, one per account: a list of "
        "{role_arn, external_id, regions}, of which role_arn must be given. When set, "
        "the caller's own account is not read. Default: the caller's own account.",
    ),
    _texts(
        "tuning_job_names",
        "Tuning job names",
        "Read only these tuning jobs. Names match without regard to case. Then no "
        "account-wide list permission is needed. Default: all.",
    ),
    _text(
        "name_contains",
        "Name contains",
        "Read only tuning jobs whose name contains this.",
    ),
    _text(
        "status_equals",
        "Status equals",
        "Write only trials with this status. In incremental replication a final one "
        "(Completed, Failed, Stopped), since a trial's status changes after it was "
        "first seen; in FULL_TABLE any.",
        allowed_values=[
            "InProgress",
            "Completed",
            "Failed",
            "Stopping",
            "Stopped",
            "Deleting",
        ],
    ),
    _text(
        "start_date",
        "Start date",
        "Read trials created at or after this RFC 3339 time (UTC unless it has an "
        "offset), also those of tuning jobs created earlier. Tuning jobs that ended "
        "before it are left out of all streams. Default: all.",
    ),
    _number(
        "page_size",
        "Page size",
        "Items asked for in one call, 1 to 100.",
        100,
        default=100,
    ),
    _text(
        "sort_by",
        "Sort by",
        "FULL_TABLE of training_job_summaries only: order of a tuning job's trials. "
        "FinalObjectiveMetricValue leaves out trials without a metric. Default: "
        "CreationTime.",
        allowed_values=["Name", "CreationTime", "Status", "FinalObjectiveMetricValue"],
    ),
    _text(
        "sort_order",
        "Sort order",
        "FULL_TABLE of training_job_summaries only: direction of sort_by. Default: "
        "Ascending.",
        allowed_values=["Ascending", "Descending"],
    ),
    _number(
        "max_items",
        "Max items",
        "FULL_TABLE of training_job_summaries only: the most trials read of one "
        "tuning job. With one tuning job in one account and region the next run goes "
        "on there.",
        None,
    ),
    _text(
        "starting_token",
        "Starting token",
        "FULL_TABLE of training_job_summaries only: where to start in the one tuning "
        "job that tuning_job_names names, in one account and region. A capped run logs "
        "this token.",
    ),
    _number(
        "concurrency",
        "Concurrency",
        "Most calls in flight in one account and region, 1 to 64.",
        64,
        default=4,
    ),
    _number(
        "max_attempts",
        "Max attempts",
        "Tries for one call, the first included, 1 to 100.",
        100,
        default=10,
    ),
    additional_properties=False,
)


def schema() -> dict[str, Any]:
    """The settings as JSON Schema.

    Without null, which the SDK adds to the type of each optional setting (0.54.9, also
    with `nullable=False`): a setting that is not set is left out.
    """
    found: dict[str, Any] = _not_null(SETTINGS.to_dict())
    return found


def environment(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings that environment variables give.

    Args:
        schema: JSON Schema of `SETTINGS` and the SDK's own settings.
        prefix: How the variables' names begin.

    Returns:
        Their values: the SDK's, but a whole number is read as it is in a file.

    Raises:
        RecursionError, ValueError: One is not the JSON that it should be; see
            `environment_problem`.
    """
    properties = schema["properties"]
    numbers = {name for name in properties if "integer" in properties[name]["type"]}
    read_as = {**properties, **{name: {"type": ["string"]} for name in numbers}}
    found = parse_environment_config({"properties": read_as}, prefix)
    for name in numbers & set(found):
        with suppress(ValueError):  # what is no number is refused like any other text
            found[name] = json.loads(found[name])
    return found


def environment_problem(
    properties: Mapping[str, Mapping[str, Any]], prefix: str
) -> str | None:
    """Find an environment variable that should hold JSON and does not.

    Args:
        properties: JSON Schema of each setting.
        prefix: How the variables' names begin.

    Returns:
        A sentence, without the value; None if each can be read.
    """
    for name, schema in properties.items():
        kinds, items = schema["type"], schema.get("items", {})
        # A list of text may have commas instead.
        if "object" in kinds or ("array" in kinds and "object" in items["type"]):
            variable = prefix + name.upper()
            try:
                json.loads(os.environ.get(variable, "null"))
            except (RecursionError, ValueError):
                return f"{name}: {variable} is not JSON"
    return None


def unknown_variables(known: Iterable[str], prefix: str) -> dict[str, str | None]:
    """Find environment variables that have the prefix and are no setting.

    Meltano's begin with a second underscore, and the SDK has LOGLEVEL.

    Args:
        known: The names of the settings.
        prefix: How the variables' names begin.

    Returns:
        By the variable's name, the variable that was probably meant; None: it is like
        none, and may be of someone else's.
    """
    names = {prefix + name.upper() for name in known}
    unknown = [
        name
        for name in sorted(os.environ)
        if name.startswith(prefix)
        and not name.startswith((f"{prefix}_", f"{prefix}LOGLEVEL"))
        and name not in names
    ]
    suffixes = {name.removeprefix(prefix): name for name in names}
    found = {}
    for name in unknown:
        suffix = name.removeprefix(prefix)
        close = get_close_matches(suffix, suffixes, n=1, cutoff=_SIMILAR)
        found[name] = suffixes[close[0]] if close else None
    return found


def _not_null(part: Any) -> Any:
    if isinstance(part, list):
        return [_not_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {name: _not_null(item) for name, item in part.items()}
    if isinstance(kinds := found.get("type"), list):
        found["type"] = [kind for kind in kinds if kind != "null"]
    return found
