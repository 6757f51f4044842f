"""The settings as JSON Schema, with types, titles and descriptions.

`settings` parses them, and `checks` refuses invalid values.
"""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_sagemaker_tuning.settings import Settings


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
        "One endpoint for every AWS service that the tap calls: an emulator. For VPC "
        "endpoints set AWS_ENDPOINT_URL_SAGEMAKER in the environment instead.",
    ),
    _texts(
        "regions",
        "Regions",
        'AWS regions to read, of any partition; or ["enabled"]: in each account the '
        "regions that are enabled there and have SageMaker. Default: the region of "
        "boto3's chain.",
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
        "{role_arn, external_id, regions}; role_arn is required. When set, "
        "the caller's own account is not read. Default: the caller's own account.",
    ),
    th.Property(
        "organization",
        th.ObjectType(
            _text(
                "role_name",
                "Role name",
                "The role to assume in each account, with its path if it has one.",
                required=True,
            ),
            _text(
                "external_id",
                "External id",
                "The external id that the trust policies of all these roles ask for.",
            ),
            _texts(
                "organizational_units",
                "Organizational units",
                "Read only the accounts in these organizational units, at any depth. "
                "Default: the whole organization.",
            ),
            _texts(
                "exclude_accounts",
                "Exclude accounts",
                "Ids of accounts that are not read.",
            ),
            _text(
                "list_role_arn",
                "List role ARN",
                "A role in the management account, or a delegated administrator's, to "
                "assume for listing the accounts. Default: the caller's own identity.",
            ),
            additional_properties=False,
        ),
        title="Organization",
        description="Read every active account of an AWS organization, through a role "
        "that has the same name in each: {role_name, external_id, "
        "organizational_units, exclude_accounts, list_role_arn}; role_name is "
        "required. If assume_roles names an account too, that entry is used. "
        "When set, the caller's own account is read only if it is in the organization.",
    ),
    _texts(
        "streams",
        "Streams",
        "Names of the streams to read when there is no catalog; a catalog takes "
        "precedence. Default: tuning_jobs, training_job_summaries, scopes.",
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
        default=Settings.page_size,
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
        "tuning job. With one tuning job in one account and region the next run "
        "resumes there.",
        None,
    ),
    _text(
        "starting_token",
        "Starting token",
        "FULL_TABLE of training_job_summaries only: where to start in the one tuning "
        "job that tuning_job_names names, in one account and region. A partial run "
        "logs this token.",
    ),
    _number(
        "concurrency",
        "Concurrency",
        "Most calls in flight in one account and region, 1 to 64.",
        64,
        default=Settings.concurrency,
    ),
    _number(
        "max_attempts",
        "Max attempts",
        "Tries for one call, the first included, 1 to 100.",
        100,
        default=Settings.max_attempts,
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


def _not_null(part: Any) -> Any:
    if isinstance(part, list):
        return [_not_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {name: _not_null(item) for name, item in part.items()}
    if isinstance(kinds := found.get("type"), list):
        found["type"] = [kind for kind in kinds if kind != "null"]
    return found
