"""The way in: which accounts and regions, through which credentials.

boto3's own chain finds the caller's credentials; a role is assumed, shared by its
scopes and renewed before it expires, by botocore's own machinery and public API.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions as aws
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)
from botocore.parsers import ResponseParserFactory

from tap_sagemaker_tuning.aws.client import Client
from tap_sagemaker_tuning.aws.models import SmallModels
from tap_sagemaker_tuning.aws.operations import OPERATIONS
from tap_sagemaker_tuning.aws.pages import check_result
from tap_sagemaker_tuning.aws.retries import Retries
from tap_sagemaker_tuning.aws.scope import Role, Scope
from tap_sagemaker_tuning.values import timestamp_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from botocore.credentials import Credentials
    from botocore.session import Session

    from tap_sagemaker_tuning.settings import RoleToAssume, Settings

_CONNECT_TIMEOUT = 10  # seconds
_READ_TIMEOUT = 30  # seconds


def open_clients(settings: Settings) -> list[Client]:
    """Make a client for each account and region that the settings name.

    All are made here, before any thread: botocore's sessions are not thread-safe.

    Args:
        settings: The settings.

    Returns:
        The clients, in the order of the settings. No call was made but
        GetCallerIdentity, and that only without `assume_roles`.

    Raises:
        ProfileNotFound: There is no such profile.
        NoRegionError: Neither the settings nor the chain name a region.
        BotoCoreError, ClientError: The caller's own account cannot be found out.
    """
    # At INFO botocore tells where it found each endpoint; at DEBUG it shows requests
    # and answers whole, credentials and all.
    botocore_logger = logging.getLogger("botocore")
    is_debugging = botocore_logger.isEnabledFor(logging.DEBUG)
    least = logging.INFO if is_debugging else logging.WARNING
    botocore_logger.setLevel(max(least, botocore_logger.getEffectiveLevel()))
    # A failure to get credentials comes out of the call that needed them.
    logging.getLogger("botocore.credentials").addFilter(_is_not_told_yet)
    caller = botocore.session.Session(profile=settings.aws_profile)
    if settings.aws_access_key_id and settings.aws_secret_access_key:
        caller.set_credentials(
            settings.aws_access_key_id,
            settings.aws_secret_access_key,
            settings.aws_session_token,
        )
    loader = SmallModels(caller.get_component("data_loader"))

    def open_each(
        credentials: Credentials | None, account: str, regions: Sequence[str]
    ) -> list[Client]:
        session = _reading(caller, credentials, loader)
        scopes = (Scope(account, region) for region in regions)
        return [_client(session, scope, settings) for scope in scopes]

    if settings.assume_roles is None:
        regions = _regions(caller, settings.regions)
        account = _account_of(caller, settings, regions[0])
        return open_each(caller.get_credentials(), account, regions)
    clients = []
    for role in settings.assume_roles:
        regions = _regions(caller, role.regions or settings.regions)
        credentials = _assumed(caller, role, regions, settings)
        account = Role.parse(role.role_arn).account_id
        clients += open_each(credentials, account, regions)
    return clients


def _regions(caller: Session, chosen: Sequence[str] | None) -> Sequence[str]:
    """The regions of the settings, or else the one of the chain.

    Raises:
        NoRegionError: There is none.
    """
    own = caller.get_config_variable("region")
    if not (chosen or own):
        raise aws.NoRegionError
    return chosen or [own]


def _account_of(caller: Session, settings: Settings, region: str) -> str:
    """Ask STS, once, whose credentials these are. It needs no permission."""
    return str(_sts(caller, settings, region)("sts").get_caller_identity()["Account"])


def _sts(caller: Session, settings: Settings, region: str) -> Callable[..., Any]:
    """Make a maker of STS clients in one region."""

    def create(service: str, **credentials: Any) -> Any:
        client = caller.create_client(
            service,
            region_name=region,
            endpoint_url=settings.aws_endpoint_url,
            config=_config(settings),
            **credentials,
        )
        # An outage of SageMaker's is often one of STS's, too.
        Retries(settings.max_attempts).register(client.meta.events, service)
        client.meta.events.register(f"after-call.{service}", _check_result)
        return client

    return create


def _check_result(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Refuse an answer of STS's that lacks its result (botocore's event)."""
    if http_response.status_code == HTTPStatus.OK:
        check_result(OPERATIONS[model.name], parsed)


def _assumed(
    caller: Session,
    role: RoleToAssume,
    regions: Sequence[str],
    settings: Settings,
) -> DeferredRefreshableCredentials:
    """Credentials of a role, assumed when first needed and renewed by themselves."""
    own = caller.get_config_variable("region")
    partition = Role.parse(role.role_arn).partition
    is_of_role = own and caller.get_partition_for_region(own) == partition
    extra = {"RoleSessionName": "tap-sagemaker-tuning"}
    if role.external_id is not None:
        extra["ExternalId"] = role.external_id
    source = caller.get_credentials()
    if source is None:
        raise aws.NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=_sts(caller, settings, own if is_of_role else regions[0]),
        source_credentials=source,
        role_arn=role.role_arn,
        extra_args=extra,
    )
    return DeferredRefreshableCredentials(
        refresh_using=_AskedOnce(fetcher.fetch_credentials), method="assume-role"
    )


class _AskedOnce:
    """Fetches credentials; a first try that fails is the last one.

    Every scope of a role asks for them, and would be refused anew.
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


class _Given(CredentialProvider):
    """Gives a session credentials that exist already."""

    METHOD = "given"

    def __init__(self, credentials: Credentials | None) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials | None:
        return self._credentials


def _reading(
    caller: Session, credentials: Credentials | None, loader: SmallModels
) -> boto3.Session:
    """A session whose clients read times as text, with these credentials.

    A session of its own, since botocore's credential providers rely on times parsed in
    its own way. All share the loaded API models.
    """
    session = botocore.session.Session(profile=caller.profile)
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=timestamp_or_none)
    for name, component in {
        "data_loader": loader,
        "credential_provider": CredentialResolver([_Given(credentials)]),
        "response_parser_factory": factory,
    }.items():
        session.register_component(name, component)
    return boto3.Session(botocore_session=session)


def _client(session: boto3.Session, scope: Scope, settings: Settings) -> Client:
    def connect(service: Any, region: str) -> Any:
        return session.client(
            service,
            region_name=region,
            endpoint_url=settings.aws_endpoint_url,
            config=_config(settings),
        )

    credentials = session.get_credentials()
    renews = isinstance(credentials, RefreshableCredentials)
    return Client(
        scope, connect, settings.page_size, Retries(settings.max_attempts, renews)
    )


def _config(settings: Settings) -> Config:
    return Config(
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=_READ_TIMEOUT,
        max_pool_connections=settings.concurrency,
        retries={"mode": "adaptive", "total_max_attempts": settings.max_attempts},
        user_agent_extra=f"tap-sagemaker-tuning/{version('tap-sagemaker-tuning')}",
    )


def _is_not_told_yet(record: logging.LogRecord) -> bool:
    """Drop what botocore says, with a traceback, when a role cannot be assumed.

    In the mandatory period it raises the error too, which is told once for a role.
    """
    record.exc_info = None
    return "mandatory" not in record.getMessage()
