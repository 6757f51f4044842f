"""Credentials of assumed roles, and a filter for what botocore logs about them.

The scopes of a role share its credentials; botocore renews them before they expire.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import Credentials

    from tap_sagemaker_tuning.settings import RoleToAssume


@dataclass(frozen=True, slots=True)
class Account:
    """An account, and the credentials to read it with.

    Attributes:
        account_id: Its ID.
        partition: Its partition, such as `aws`.
        credentials: The credentials. A role's are fetched when first used.
    """

    account_id: str
    partition: str
    credentials: Credentials | None


def assumed(
    role: RoleToAssume, source: Credentials | None, create_sts: Callable[..., Any]
) -> DeferredRefreshableCredentials:
    """Create credentials that assume a role when first used, and renew themselves.

    Args:
        role: The role.
        source: The credentials to assume it with.
        create_sts: Creates an STS client.

    Raises:
        NoCredentialsError: `source` is None.
    """
    if source is None:
        raise aws.NoCredentialsError
    extra = {"RoleSessionName": "tap-sagemaker-tuning"}
    if role.external_id is not None:
        extra["ExternalId"] = role.external_id
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=create_sts,
        source_credentials=source,
        role_arn=role.role_arn,
        extra_args=extra,
    )
    return DeferredRefreshableCredentials(
        refresh_using=_AskedOnce(fetcher.fetch_credentials), method="assume-role"
    )


class _AskedOnce:
    """Fetches credentials, but if the first attempt fails, repeats only its error.

    Every scope of the role asks for them, and each would be refused.
    """

    def __init__(self, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self._is_first = True
        self._refusal: Exception | None = None

    def __call__(self) -> dict[str, Any]:
        if self._refusal:
            raise self._refusal
        try:
            credentials = self._fetch()
        except Exception as error:
            if self._is_first:
                self._refusal = error
            raise
        self._is_first = False
        return credentials


def quieten() -> None:
    """Keep botocore's noise and credentials out of the log."""
    # At INFO botocore logs where it found each endpoint; at DEBUG it logs complete
    # requests and responses, credentials included.
    botocore_logger = logging.getLogger("botocore")
    is_debugging = botocore_logger.isEnabledFor(logging.DEBUG)
    least = logging.INFO if is_debugging else logging.WARNING
    botocore_logger.setLevel(max(least, botocore_logger.getEffectiveLevel()))
    # A failure to get credentials is raised by the call that needed them.
    logging.getLogger("botocore.credentials").addFilter(_is_not_told_yet)


def _is_not_told_yet(record: logging.LogRecord) -> bool:
    """Remove tracebacks, and drop a record if botocore also raises the error.

    It does so in its "mandatory" refresh period; the tap reports it once per role.
    """
    record.exc_info = None
    return "mandatory" not in record.getMessage()
