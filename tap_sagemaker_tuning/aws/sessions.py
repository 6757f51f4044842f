"""Finds credentials, and creates the clients that use them.

boto3's default chain finds the caller's own credentials.
"""

from __future__ import annotations

import threading
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions as aws
import botocore.session
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.parsers import ResponseParserFactory
from typing_extensions import override

from tap_sagemaker_tuning.aws.bounds import bound
from tap_sagemaker_tuning.aws.client import Client
from tap_sagemaker_tuning.aws.credentials import Account, assumed, quieten
from tap_sagemaker_tuning.aws.models import SmallModels
from tap_sagemaker_tuning.aws.operations import LIST_REGIONS, OPERATIONS
from tap_sagemaker_tuning.aws.organization import AccountLister, enabled
from tap_sagemaker_tuning.aws.pages import check_result, checked
from tap_sagemaker_tuning.aws.retries import Retries
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.settings import ENABLED
from tap_sagemaker_tuning.settings.roles import Role
from tap_sagemaker_tuning.values import timestamp_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from botocore.credentials import Credentials

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.aws.organization import Listing, Regions
    from tap_sagemaker_tuning.settings import RoleToAssume, Settings
    from tap_sagemaker_tuning.values import Summary

_FIRST_REGION = "us-east-1"
"""Enabled in every account of the partition `aws`."""
_CONNECT_TIMEOUT = 10  # seconds
_READ_TIMEOUT = 30  # seconds


class Sessions:
    """The caller's credentials, and the accounts and clients that they give access to.

    Thread-safe. botocore's sessions are not, and load their data files on first use, so
    a lock guards them.
    """

    def __init__(self, settings: Settings) -> None:
        """Set up the caller's session, without a call.

        Args:
            settings: The settings.

        Raises:
            ProfileNotFound: The profile does not exist.
        """
        quieten()
        self._settings = settings
        self._alone = threading.RLock()
        self._caller = botocore.session.Session(profile=settings.aws_profile)
        if settings.aws_access_key_id and settings.aws_secret_access_key:
            self._caller.set_credentials(
                settings.aws_access_key_id,
                settings.aws_secret_access_key,
                settings.aws_session_token,
            )
        models = SmallModels(self._caller.get_component("data_loader"))
        self._reader = _Reader(self._caller.profile, models)
        self._boto3 = boto3.Session(botocore_session=self._reader)

    def regions(self, chosen: Sequence[str] | None) -> Sequence[str]:
        """Return the chosen regions, or else the region that boto3 is configured with.

        Raises:
            NoRegionError: There is neither.
        """
        own = self._region
        if not (chosen or own):
            raise aws.NoRegionError
        return chosen or [str(own)]

    def own_account(self, region: str) -> Account:
        """Find the caller's own account by calling STS, which needs no permission.

        Args:
            region: The region to call, or "enabled" to choose one.

        Raises:
            BotoCoreError, ClientError: The call failed.
        """
        if region == ENABLED:
            region = self._near(self._own_partition, None)
        account_id = self._sts(region)("sts").get_caller_identity()["Account"]
        credentials = self._caller.get_credentials()
        return Account(str(account_id), self._partition(region), credentials)

    def assumed(self, role: RoleToAssume, region: str | None) -> Account:
        """Return a role's account; its credentials assume the role when first used.

        All scopes of the role share the credentials, which renew themselves.

        Args:
            role: The role.
            region: A region to read through it; None: not known yet.

        Raises:
            NoCredentialsError: The caller has none to assume it with.
        """
        parsed = Role.parse(role.role_arn)
        sts = self._sts(self._near(parsed.partition, region))
        credentials = assumed(role, self._caller.get_credentials(), sts)
        return Account(parsed.account_id, parsed.partition, credentials)

    def client(self, account: Account, region: str) -> Client:
        """Create the client of a scope, not yet opened."""
        settings = self._settings
        renews = isinstance(account.credentials, RefreshableCredentials)
        return Client(
            Scope(account.account_id, region),
            account.partition,
            partial(self._connect, account.credentials),
            settings.page_size,
            Retries(settings.max_attempts, renews),
        )

    def organization(self, lister: Account | None) -> AccountLister:
        """Return a lister of the organization's accounts.

        Args:
            lister: The account whose credentials to use; None: the caller's.
        """
        credentials = lister.credentials if lister else self._caller.get_credentials()
        partition = lister.partition if lister else self._own_partition
        region = self._near(partition, None)
        return AccountLister(self._listing("organizations", credentials, region))

    def enabled_regions(self, account: Account) -> Regions:
        """List the regions that are enabled in an account and have SageMaker.

        Args:
            account: The account.

        Returns:
            The regions to read, and those that may have to be read.

        Raises:
            BotoCoreError, ClientError, TapError: They cannot be listed.
        """
        region = self._near(account.partition, None)
        have_it = self._available(account.partition)
        known = self._available(account.partition, "ec2")  # which every region has
        pages = self._listing("account", account.credentials, region)
        return enabled(pages(LIST_REGIONS), have_it, known)

    def _listing(
        self, service: str, credentials: Credentials | None, region: str
    ) -> Listing:
        """Return a function that yields the items of all pages of an operation."""
        api = self._connect(credentials, service, region)
        Retries(self._settings.max_attempts).register(api.meta.events, service)

        def listed(operation: Operation, **parameters: Any) -> Iterator[Summary]:
            pages = api.get_paginator(operation.method).paginate(
                PaginationConfig={"PageSize": operation.page_limit}, **parameters
            )
            for page in checked(operation, pages, service):
                yield from page.items

        return listed

    @property
    def _region(self) -> str | None:
        """The region that boto3 is configured with, if any."""
        own: str | None = self._caller.get_config_variable("region")
        return own

    @property
    def _ca_bundle(self) -> str | None:
        """The file of certificates that boto3 is configured with, if any."""
        path: str | None = self._caller.get_config_variable("ca_bundle")
        return path

    @property
    def _own_partition(self) -> str:
        """The partition of the caller's region, or else of the first region to read."""
        chosen = [name for name in self._settings.regions or () if name != ENABLED]
        return self._partition(self._region or next(iter(chosen), None))

    def _near(self, partition: str, region: str | None) -> str:
        """Choose a region to call in a partition: the caller's own if it is there.

        Otherwise the given one, or else one that every account has.
        """
        own = self._region
        if own and self._partition(own) == partition:
            return own
        if region:
            return region
        known = self._available(partition)
        return _FIRST_REGION if partition == "aws" or not known else known[0]

    def _partition(self, region: str | None) -> str:
        if region is None:
            return "aws"
        try:
            with self._alone:
                return str(self._caller.get_partition_for_region(region))
        except aws.UnknownRegionError:
            return "aws"

    def _available(self, partition: str, service: str = "sagemaker") -> list[str]:
        with self._alone:
            return list(self._caller.get_available_regions(service, partition))

    def _sts(self, region: str) -> Callable[..., Any]:
        """Return a function that creates STS clients in one region."""

        def create(service: str, **credentials: Any) -> Any:
            with self._alone:
                client = self._caller.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._settings.aws_endpoint_url,
                    config=_config(self._settings),
                    **credentials,
                )
                bound(client, self._ca_bundle)
            # An outage of SageMaker often affects STS too.
            Retries(self._settings.max_attempts).register(client.meta.events, service)
            client.meta.events.register(f"after-call.{service}", _check_result)
            return client

        return create

    def _connect(
        self, credentials: Credentials | None, service: Any, region: str
    ) -> Any:
        """Create a client that uses these credentials and parses times as text."""
        with self._alone:
            self._reader.credentials = credentials
            client = self._boto3.client(
                service,
                region_name=region,
                endpoint_url=self._settings.aws_endpoint_url,
                config=_config(self._settings),
            )
            bound(client, self._ca_bundle)
            return client


class _Reader(botocore.session.Session):
    """A session that parses times as text, and gives each client other credentials.

    The caller's session is another one, because botocore's credential providers depend
    on botocore's own parsing of times. Both share the loaded API models.
    """

    credentials: Credentials | None = None

    def __init__(self, profile: str | None, models: SmallModels) -> None:
        super().__init__(profile=profile)
        self.register_component("data_loader", models)
        factory = ResponseParserFactory()
        factory.set_parser_defaults(timestamp_parser=timestamp_or_none)
        self.register_component("response_parser_factory", factory)

    @override
    def get_credentials(self) -> Credentials | None:
        return self.credentials


def _check_result(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Refuse an STS response without its result (botocore's event `after-call`)."""
    if http_response.status_code == HTTPStatus.OK:
        check_result(OPERATIONS[model.name], parsed)


def _config(settings: Settings) -> Config:
    return Config(
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=_READ_TIMEOUT,
        max_pool_connections=settings.concurrency,
        retries={"mode": "adaptive", "total_max_attempts": settings.max_attempts},
        user_agent_extra=f"tap-sagemaker-tuning/{version('tap-sagemaker-tuning')}",
    )
