"""Credentials: the caller's own, and those of the roles that are assumed.

A role's are shared by its scopes and renewed before they expire, by botocore's own
machinery and public API.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import Credentials

    from tap_sagemaker_tuning.settings import RoleToAssume


@dataclass(frozen=True, slots=True)
class Account:
    """An account, and what reads it.

    Attributes:
        account_id: Its id.
        partition: The partition that it is in.
        credentials: Whose they are may be found out only when they are first used.
    """

    account_id: str
    partition: str
    credentials: Credentials | None


def assumed(
    role: RoleToAssume, source: Credentials | None, create_sts: Callable[..., Any]
) -> DeferredRefreshableCredentials:
    """Make credentials of a role, assumed when first used and renewed by themselves.

    Args:
        role: The role.
        source: What it is assumed with.
        create_sts: Makes a client of STS.

    Raises:
        NoCredentialsError: There is nothing to assume it with.
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
    """Fetches credentials; a first try that fails is the last one.

    Every scope of a role asks for them, and each would be refused.
    """

    def __init__(self, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self._is_first = True
        self._refusal: Exception | None = None

    def __call__(self) -> dict[str, Any]:
        if self._refusal:
            raise self._refusal
        try:
            found = self._fetch()
        except Exception as error:
            if self._is_first:
                self._refusal = error
            raise
        self._is_first = False
        return found


class Given(CredentialProvider):
    """Gives a session credentials that exist already."""

    METHOD = "given"

    def __init__(self, credentials: Credentials | None) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials | None:
        """Give them to botocore."""
        return self._credentials


def quieten() -> None:
    """Keep out of the log what botocore says of requests and of credentials."""
    # At INFO botocore tells where it found each endpoint; at DEBUG it shows requests
    # and answers whole, credentials and all.
    botocore_logger = logging.getLogger("botocore")
    is_debugging = botocore_logger.isEnabledFor(logging.DEBUG)
    least = logging.INFO if is_debugging else logging.WARNING
    botocore_logger.setLevel(max(least, botocore_logger.getEffectiveLevel()))
    # A failure to get credentials comes out of the call that needed them.
    logging.getLogger("botocore.credentials").addFilter(_is_not_told_yet)


def _is_not_told_yet(record: logging.LogRecord) -> bool:
    """Drop what botocore says, with a traceback, when a role cannot be assumed.

    In the mandatory period it raises the error too, which is told once for a role.
    """
    record.exc_info = None
    return "mandatory" not in record.getMessage()
