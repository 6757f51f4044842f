"""The settings: one annotated field each, from which everything else follows.

`schema` makes their JSON Schema, and `make generated` the settings in `meltano.yml`,
`.env.example` and the docs. `checks` refuses invalid ones before they are parsed here.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

ENABLED = "enabled"
"""In `regions`: all regions that are enabled in the account and have SageMaker."""

DEFAULT_STREAMS = ("tuning_jobs", "training_job_summaries", "scopes")
"""The streams that are read where neither `streams` nor a catalog selects any."""

Text = Annotated[str, Meta(min_length=1)]
Texts = tuple[Text, ...]
SECRET = {"secret": True, "writeOnly": True}


@dataclass(frozen=True, kw_only=True)
class RoleToAssume:
    """A role that gives access to another account."""

    role_arn: Annotated[
        Text, Meta(title="Role ARN", description="The ARN of the role to assume.")
    ]
    external_id: Annotated[
        Text | None,
        Meta(
            title="External ID",
            description="The external ID that the role's trust policy requires.",
            extra_json_schema=SECRET,
        ),
    ] = field(default=None, repr=False)
    regions: Annotated[
        Texts | None,
        Meta(
            title="Regions",
            description="AWS regions to read through this role. Default: the setting "
            "regions.",
            examples=[["us-east-1"]],
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Organization:
    """The accounts of an AWS organization to read, and the role that each one has."""

    role_name: Annotated[
        Text,
        Meta(
            title="Role name",
            description="The name of the role to assume in each account, including its "
            "path if it has one.",
        ),
    ]
    external_id: Annotated[
        Text | None,
        Meta(
            title="External ID",
            description="The external ID that the trust policies of these roles "
            "require.",
            extra_json_schema=SECRET,
        ),
    ] = field(default=None, repr=False)
    organizational_units: Annotated[
        Texts | None,
        Meta(
            title="Organizational units",
            description="Read only the accounts in these organizational units, at any "
            "depth. Default: the whole organization.",
            examples=[["ou-ab12-11223344"]],
        ),
    ] = None
    exclude_accounts: Annotated[
        Texts | None,
        Meta(
            title="Exclude accounts",
            description="IDs of accounts to skip.",
            examples=[["123456789012"]],
        ),
    ] = None
    list_role_arn: Annotated[
        Text | None,
        Meta(
            title="List role ARN",
            description="The ARN of a role to assume for listing the accounts, in the "
            "management account or in a delegated administrator's account. "
            "Default: the caller's own identity.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; None for one that is not set and has no default.

    The repr omits secrets.
    """

    aws_access_key_id: Annotated[
        Text | None,
        Meta(
            title="AWS access key ID",
            description="A static access key, to set together with "
            "aws_secret_access_key. Without it, boto3 looks for credentials in the "
            "usual places: environment, profile, SSO, container or instance role.",
            extra_json_schema=SECRET,
        ),
    ] = field(default=None, repr=False)
    aws_secret_access_key: Annotated[
        Text | None,
        Meta(
            title="AWS secret access key",
            description="The secret access key that belongs to aws_access_key_id.",
            extra_json_schema=SECRET,
        ),
    ] = field(default=None, repr=False)
    aws_session_token: Annotated[
        Text | None,
        Meta(
            title="AWS session token",
            description="The session token that belongs to aws_access_key_id, if that "
            "is a temporary key.",
            extra_json_schema=SECRET,
        ),
    ] = field(default=None, repr=False)
    aws_profile: Annotated[
        Text | None,
        Meta(
            title="AWS profile",
            description="A named profile from the AWS configuration files.",
            examples=["ml-platform"],
        ),
    ] = None
    aws_endpoint_url: Annotated[
        Text | None,
        Meta(
            title="AWS endpoint URL",
            description="One endpoint for all AWS services, such as an emulator. For "
            "VPC endpoints, set AWS_ENDPOINT_URL_SAGEMAKER in the environment instead.",
            examples=["http://127.0.0.1:5000"],
        ),
    ] = None
    regions: Annotated[
        Texts | None,
        Meta(
            title="Regions",
            description='AWS regions to read, in any partition. ["enabled"] reads, in '
            "each account, all regions that are enabled and have SageMaker. Default: "
            "the region that boto3 finds in the environment or the profile.",
            examples=[["us-east-1"]],
        ),
    ] = None
    assume_roles: Annotated[
        tuple[RoleToAssume, ...] | None,
        Meta(
            title="Roles to assume",
            description="Roles through which to read other accounts, one per account: "
            "a list of {role_arn, external_id, regions}; only role_arn is required. If "
            "set, the caller's own account is not read. Default: read the caller's own "
            "account.",
            examples=[[{"role_arn": "arn:aws:iam::123456789012:role/tuning-reader"}]],
        ),
    ] = None
    organization: Annotated[
        Organization | None,
        Meta(
            title="Organization",
            description="Read every active account of an AWS organization, through a "
            "role with the same name in each: {role_name, external_id, "
            "organizational_units, exclude_accounts, list_role_arn}; only role_name is "
            "required. An entry in assume_roles takes precedence for its account. If "
            "set, the caller's own account is read only if it is in the organization.",
            examples=[{"role_name": "tuning-reader"}],
        ),
    ] = None
    streams: Annotated[
        Texts | None,
        Meta(
            title="Streams",
            description="Names of the streams to read if there is no catalog; a "
            f"catalog takes precedence. Default: {', '.join(DEFAULT_STREAMS)}.",
            examples=[["tuning_jobs"]],
        ),
    ] = None
    tuning_job_names: Annotated[
        Texts | None,
        Meta(
            title="Tuning job names",
            description="Read only the tuning jobs with these names, ignoring case. "
            "This needs no permission to list all tuning jobs of an account. Default: "
            "all.",
            examples=[["churn-xgb-230204"]],
        ),
    ] = None
    name_contains: Annotated[
        Text | None,
        Meta(
            title="Name contains",
            description="Read only tuning jobs whose names contain this text.",
            examples=["churn"],
        ),
    ] = None
    status_equals: Annotated[
        Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting"]
        | None,
        Meta(
            title="Status equals",
            description="Write only trials with this status. Incremental replication "
            "allows only final statuses (Completed, Failed, Stopped), since other "
            "statuses change later; FULL_TABLE allows any.",
            examples=["Completed"],
        ),
    ] = None
    start_date: Annotated[
        Text | None,
        Meta(
            title="Start date",
            description="Read trials created at or after this RFC 3339 time (UTC "
            "unless it has an offset), even if their tuning job was created earlier. "
            "Tuning jobs that ended before it are left out of all streams. Default: "
            "all.",
            examples=["2026-01-31T00:00:00Z"],
        ),
    ] = None
    page_size: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            title="Page size",
            description="The number of items to request per call, 1 to 100.",
        ),
    ] = 100
    sort_by: Annotated[
        Literal["Name", "CreationTime", "Status", "FinalObjectiveMetricValue"] | None,
        Meta(
            title="Sort by",
            description="How to sort a tuning job's trials. Only for "
            "training_job_summaries with FULL_TABLE. FinalObjectiveMetricValue leaves "
            "out trials without a metric. Default: CreationTime.",
            examples=["CreationTime"],
        ),
    ] = None
    sort_order: Annotated[
        Literal["Ascending", "Descending"] | None,
        Meta(
            title="Sort order",
            description="The direction of sort_by. Only for training_job_summaries "
            "with FULL_TABLE. Default: Ascending.",
            examples=["Ascending"],
        ),
    ] = None
    max_items: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            title="Max items",
            description="The maximum number of trials to read per tuning job. Only for "
            "training_job_summaries with FULL_TABLE. With one tuning job in one "
            "account and region, the next sync resumes where this one stopped.",
            examples=[1000],
        ),
    ] = None
    starting_token: Annotated[
        Text | None,
        Meta(
            title="Starting token",
            description="Where to start in the one tuning job in tuning_job_names, in "
            "one account and region. Only for training_job_summaries with FULL_TABLE. "
            "A partial read logs this token.",
        ),
    ] = None
    concurrency: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            title="Concurrency",
            description="The maximum number of concurrent calls per account and "
            "region, 1 to 64.",
        ),
    ] = 4
    max_attempts: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            title="Max attempts",
            description="The maximum number of attempts per call, including the first, "
            "1 to 100.",
        ),
    ] = 10

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Parse a configuration that fits the JSON Schema; ignore other settings."""
        return msgspec.convert(config, cls)
