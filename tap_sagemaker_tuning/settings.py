"""The settings, parsed once: everything else in the package reads this.

`config_schema` describes them, and `checks` has refused what cannot be parsed.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass, field
from typing import Any

import msgspec

ENABLED = "enabled"
"""In `regions`: those that are enabled in an account, and have SageMaker."""


@dataclass(frozen=True, kw_only=True)
class RoleToAssume:
    """A role through which another account is read."""

    role_arn: str
    external_id: str | None = field(default=None, repr=False)
    regions: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Organization:
    """Accounts that an AWS organization lists, and the role that each of them has."""

    role_name: str
    external_id: str | None = field(default=None, repr=False)
    organizational_units: tuple[str, ...] | None = None
    exclude_accounts: tuple[str, ...] | None = None
    list_role_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; None where one is not set and has no default.

    Secrets are not in its repr.
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
        """Parse a configuration that `checks.problems` found nothing wrong with.

        The SDK's own settings in it are left out.
        """
        return msgspec.convert(config, cls)
