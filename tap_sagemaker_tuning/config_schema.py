"""The settings as JSON Schema: their types, titles and descriptions.

`settings` parses them, and `checks` finds invalid values.
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
        "AWS access key ID",
        "A static access key, to set together with aws_secret_access_key. Without it, "
        "boto3 looks for credentials in the usual places: environment, profile, SSO, "
        "container or instance role.",
        secret=True,
    ),
    _text(
        "aws_secret_access_key",
        "AWS secret access key",
        "The secret access key that belongs to aws_access_key_id.",
        secret=True,
    ),
    _text(
        "aws_session_token",
        "AWS session token",
        "The session token that belongs to aws_access_key_id, if that is a temporary "
        "key.",
        secret=True,
    ),
    _text(
        "aws_profile",
        "AWS profile",
        "A named profile from the AWS configuration files.",
    ),
    _text(
        "aws_endpoint_url",
        "AWS endpoint URL",
        "One endpoint for all AWS services, such as an emulator. For VPC endpoints, "
        "set AWS_ENDPOINT_URL_SAGEMAKER in the environment instead.",
    ),
    _texts(
        "regions",
        "Regions",
        'AWS regions to read, in any partition. ["enabled"] reads, in each account, '
        "all regions that are enabled and have SageMaker. Default: the region that "
        "boto3 finds in the environment or the profile.",
    ),
    th.Property(
        "assume_roles",
        th.ArrayType(
            th.ObjectType(
                _text(
                    "role_arn",
                    "Role ARN",
                    "The ARN of the role to assume.",
                    required=True,
                ),
                _text(
                    "external_id",
                    "External ID",
                    "The external ID that the role's trust policy requires.",
                ),
                _texts(
                    "regions",
                    "Regions",
                    "AWS regions to read through this role. Default: the setting "
                    "regions.",
                ),
                additional_properties=False,
            )
        ),
        title="Roles to assume",
        description="Roles through which to read other accounts, one per account: a "
        "list of {role_arn, external_id, regions}; only role_arn is required. If set, "
        "the caller's own account is not read. Default: read the caller's own account.",
    ),
    th.Property(
        "organization",
        th.ObjectType(
            _text(
                "role_name",
                "Role name",
                "The name of the role to assume in each account, including its path if "
                "it has one.",
                required=True,
            ),
            _text(
                "external_id",
                "External ID",
                "The external ID that the trust policies of these roles require.",
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
                "IDs of accounts to skip.",
            ),
            _text(
                "list_role_arn",
                "List role ARN",
                "The ARN of a role to assume for listing the accounts, in the "
                "management account or in a delegated administrator's account. "
                "Default: the caller's own identity.",
            ),
            additional_properties=False,
        ),
        title="Organization",
        description="Read every active account of an AWS organization, through a role "
        "with the same name in each: {role_name, external_id, organizational_units, "
        "exclude_accounts, list_role_arn}; only role_name is required. An entry in "
        "assume_roles takes precedence for its account. If set, the caller's own "
        "account is read only if it is in the organization.",
    ),
    _texts(
        "streams",
        "Streams",
        "The streams to read if there is no catalog; a catalog takes precedence. "
        "Names: tuning_jobs, training_job_summaries, tuning_job_details, "
        "training_job_details, training_job_metrics, training_instance_prices, scopes. "
        "Default: tuning_jobs, training_job_summaries, scopes.",
    ),
    _texts(
        "tuning_job_names",
        "Tuning job names",
        "Read only the tuning jobs with these names, ignoring case. This needs no "
        "permission to list all tuning jobs of an account. Default: all.",
    ),
    _text(
        "name_contains",
        "Name contains",
        "Read only tuning jobs whose names contain this text.",
    ),
    _text(
        "status_equals",
        "Status equals",
        "Write only trials with this status. Incremental replication allows only final "
        "statuses (Completed, Failed, Stopped), since other statuses change later; "
        "FULL_TABLE allows any.",
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
        "offset), even if their tuning job was created earlier. Tuning jobs that ended "
        "before it are left out of all streams. Default: all.",
    ),
    _number(
        "page_size",
        "Page size",
        "The number of items to request per call, 1 to 100.",
        100,
        default=Settings.page_size,
    ),
    _text(
        "sort_by",
        "Sort by",
        "How to sort a tuning job's trials. Only for training_job_summaries with "
        "FULL_TABLE. FinalObjectiveMetricValue leaves out trials without a metric. "
        "Default: CreationTime.",
        allowed_values=["Name", "CreationTime", "Status", "FinalObjectiveMetricValue"],
    ),
    _text(
        "sort_order",
        "Sort order",
        "The direction of sort_by. Only for training_job_summaries with FULL_TABLE. "
        "Default: Ascending.",
        allowed_values=["Ascending", "Descending"],
    ),
    _number(
        "max_items",
        "Max items",
        "The maximum number of trials to read per tuning job. Only for "
        "training_job_summaries with FULL_TABLE. With one tuning job in one account "
        "and region, the next sync resumes where this one stopped.",
        None,
    ),
    _text(
        "starting_token",
        "Starting token",
        "Where to start in the one tuning job in tuning_job_names, in one account and "
        "region. Only for training_job_summaries with FULL_TABLE. A partial read logs "
        "this token.",
    ),
    _number(
        "concurrency",
        "Concurrency",
        "The maximum number of concurrent calls per account and region, 1 to 64.",
        64,
        default=Settings.concurrency,
    ),
    _number(
        "max_attempts",
        "Max attempts",
        "The maximum number of attempts per call, including the first, 1 to 100.",
        100,
        default=Settings.max_attempts,
    ),
    additional_properties=False,
)


def schema() -> dict[str, Any]:
    """The settings as JSON Schema, without null.

    The SDK adds null to the type of each optional setting (0.54.9, even with
    `nullable=False`), but a setting that is not set is left out.
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
