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

from tap_sagemaker_tuning.aws.client import Client, check_result
from tap_sagemaker_tuning.aws.operations import OPERATIONS
from tap_sagemaker_tuning.aws.retries import Retries
from tap_sagemaker_tuning.aws.scope import Role, Scope
from tap_sagemaker_tuning.values import timestamp_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.credentials import Credentials
    from botocore.session import Session

_CONNECT_TIMEOUT = 10  # seconds
_READ_TIMEOUT = 30  # seconds


def open_clients(config: Mapping[str, Any]) -> list[Client]:
    """Make a client for each account and region that the settings name.

    All are made here, before any thread: botocore's sessions are not thread-safe.

    Args:
        config: The settings.

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
    caller = botocore.session.Session(profile=config.get("aws_profile"))
    if "aws_access_key_id" in config:
        caller.set_credentials(
            config["aws_access_key_id"],
            config["aws_secret_access_key"],
            config.get("aws_session_token"),
        )
    loader = _SmallModels(caller.get_component("data_loader"))
    regions = config.get("regions") or [caller.get_config_variable("region")]
    if "assume_roles" not in config:
        _check_region(regions)
        account = _account_of(caller, config, regions[0])
        session = _reading(caller, caller.get_credentials(), loader)
        return [_client(session, Scope(account, region), config) for region in regions]
    clients = []
    for role in config["assume_roles"]:
        own = role.get("regions") or regions
        _check_region(own)
        session = _reading(caller, _assumed(caller, role, own, config), loader)
        account = Role.parse(role["role_arn"]).account_id
        clients += [_client(session, Scope(account, region), config) for region in own]
    return clients


def _check_region(regions: list[str | None]) -> None:
    if regions[0] is None:
        raise aws.NoRegionError


def _account_of(caller: Session, config: Mapping[str, Any], region: str) -> str:
    """Ask STS, once, whose credentials these are. It needs no permission."""
    return str(_sts(caller, config, region)("sts").get_caller_identity()["Account"])


def _sts(caller: Session, config: Mapping[str, Any], region: str) -> Callable[..., Any]:
    """Make a maker of STS clients in one region."""

    def create(service: str, **credentials: Any) -> Any:
        client = caller.create_client(
            service,
            region_name=region,
            endpoint_url=config.get("aws_endpoint_url"),
            config=_config(config),
            **credentials,
        )
        # An outage of SageMaker's is often one of STS's, too.
        Retries(config["max_attempts"]).register(client.meta.events, service)
        client.meta.events.register(f"after-call.{service}", _check_result)
        return client

    return create


def _check_result(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Refuse an answer of STS's that lacks its result (botocore's event)."""
    if http_response.status_code == HTTPStatus.OK:
        check_result(OPERATIONS[model.name], parsed)


def _assumed(
    caller: Session,
    role: Mapping[str, Any],
    regions: list[str],
    config: Mapping[str, Any],
) -> DeferredRefreshableCredentials:
    """Credentials of a role, assumed when first needed and renewed by themselves."""
    own = caller.get_config_variable("region")
    partition = Role.parse(role["role_arn"]).partition
    is_of_role = own and caller.get_partition_for_region(own) == partition
    extra = {"RoleSessionName": "tap-sagemaker-tuning"}
    if "external_id" in role:
        extra["ExternalId"] = role["external_id"]
    source = caller.get_credentials()
    if source is None:
        raise aws.NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=_sts(caller, config, own if is_of_role else regions[0]),
        source_credentials=source,
        role_arn=role["role_arn"],
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


class _SmallModels:
    """Loads the API's models as botocore does, and keeps of them what is called.

    SageMaker's is 20 MB, of which each client makes classes of its own (measured in
    November 2026, botocore 1.44): with 60 scopes that is what memory goes into.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._small: dict[tuple[str, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """Load a model of a service: its operations, paginators or waiters."""
        key = service_name, type_name
        if key not in self._small:
            model = self._loader.load_service_model(*key, api_version)
            if type_name == "service-2":
                model = _only_what_is_called(model)
            self._small[key] = model
        return self._small[key]


def _only_what_is_called(model: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a service's model what no operation of ours leads to."""
    called = {
        name: operation
        for name, operation in model["operations"].items()
        if name in OPERATIONS
    }
    shapes: dict[str, Any] = {}
    found: list[Any] = [called]
    while found:
        part = found.pop()
        inner = part.values() if isinstance(part, dict) else part
        found += [item for item in inner if isinstance(item, dict | list)]
        name = part.get("shape") if isinstance(part, dict) else None
        if isinstance(name, str) and name not in shapes:
            shapes[name] = model["shapes"][name]
            found.append(shapes[name])
    return {**model, "operations": called, "shapes": shapes}


def _reading(
    caller: Session, credentials: Credentials | None, loader: _SmallModels
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


def _client(session: boto3.Session, scope: Scope, config: Mapping[str, Any]) -> Client:
    def connect(service: Any, region: str) -> Any:
        return session.client(
            service,
            region_name=region,
            endpoint_url=config.get("aws_endpoint_url"),
            config=_config(config),
        )

    credentials = session.get_credentials()
    renews = isinstance(credentials, RefreshableCredentials)
    return Client(scope, connect, config, Retries(config["max_attempts"], renews))


def _config(config: Mapping[str, Any]) -> Config:
    return Config(
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=_READ_TIMEOUT,
        max_pool_connections=config["concurrency"],
        retries={"mode": "adaptive", "total_max_attempts": config["max_attempts"]},
        user_agent_extra=f"tap-sagemaker-tuning/{version('tap-sagemaker-tuning')}",
    )


def _is_not_told_yet(record: logging.LogRecord) -> bool:
    """Drop what botocore says, with a traceback, when a role cannot be assumed.

    In the mandatory period it raises the error too, which is told once for a role.
    """
    record.exc_info = None
    return "mandatory" not in record.getMessage()
