"""The settings as frozen dataclasses, parsed once and read by the whole package.

`config_schema` describes them, and `checks` refuses invalid ones before parsing.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass, field
from typing import Any

import msgspec

ENABLED = "enabled"
"""In `regions`: all regions that are enabled in the account and have SageMaker."""


@dataclass(frozen=True, kw_only=True)
class RoleToAssume:
    """A role that gives access to another account."""

    role_arn: str
    external_id: str | None = field(default=None, repr=False)
    regions: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Organization:
    """The accounts of an AWS organization to read, and the role that each one has."""

    role_name: str
    external_id: str | None = field(default=None, repr=False)
    organizational_units: tuple[str, ...] | None = None
    exclude_accounts: tuple[str, ...] | None = None
    list_role_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; None for one that is not set and has no default.

    The repr omits secrets.
    """

    aws_access_key_id: str | None = field(default=None, repr=False)
    aws_secret_access_key: str | None = field(default=None, repr=False)
    aws_session_token: str | None = field(default=None, repr=False)
    aws_profile: str | None = None
    aws_endpoint_url: str | None = None
    regions: tuple[str, ...] | None = None
    assume_roles: tuple[RoleToAssume, ...] | None = None
    organization: Organization | None = None
    streams: tuple[str, ...] | None = None
    tuning_job_names: tuple[str, ...] | None = None
    name_contains: str | None = None
    status_equals: str | None = None
    start_date: str | None = None
    page_size: int = 100
    sort_by: str | None = None
    sort_order: str | None = None
    max_items: int | None = None
    starting_token: str | None = None
    concurrency: int = 4
    max_attempts: int = 10

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Parse a configuration that fits the JSON Schema; ignore other settings."""
        return msgspec.convert(config, cls)
