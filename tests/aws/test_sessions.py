"""Credentials, roles and regions that lead to scopes."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from botocore.loaders import JSONFileLoader

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.aws.errors import code
from tap_sagemaker_tuning.aws.operations import LIST_TUNING_JOBS, OPERATIONS
from tap_sagemaker_tuning.aws.scope import Scope
from tests.aws.account import ROLE, add_jobs, job_names, roles_assumed, statuses
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.client import Client
    from tests.aws.conftest import Open

OTHER_ROLE = "arn:aws:iam::333333333333:role/tuning-reader"

# The caller's own account


def test_the_chains_account_and_region(client: Client) -> None:
    """Without settings, the region comes from the default chain and the account from
    STS."""
    assert client.scope == Scope(ACCOUNT, REGION)


def test_each_region_is_a_scope(emulator: Emulator, connect: Open) -> None:
    """Each region has its own client, in the order of the settings."""
    regions = ["eu-west-1", "us-east-1", "cn-north-1"]
    clients = connect(regions=regions)
    assert [client.scope for client in clients] == [
        Scope(ACCOUNT, region) for region in regions
    ]
    for client in clients:
        list(client.tuning_jobs())
    assert [call.region for call in emulator.calls] == regions


def test_each_account_has_its_own_credentials(
    emulator: Emulator, connect: Open
) -> None:
    """Clients that many threads create at once, from one session, each call with the
    credentials of their own account."""
    accounts = [f"{number:012d}" for number in range(1, 17)]
    roles = [{"role_arn": f"arn:aws:iam::{each}:role/reader"} for each in accounts]
    clients = connect(assume_roles=roles)
    with ThreadPoolExecutor(8) as threads:
        for client in clients:
            threads.submit(list, client.tuning_jobs())
    listed = [
        call for call in emulator.calls if call.operation == LIST_TUNING_JOBS.name
    ]
    assert sorted(call.account for call in listed) == accounts


def test_static_keys(emulator: Emulator, connect: Open) -> None:
    """Keys in the settings take precedence over those in the environment."""
    keys = emulator.credentials("444455556666")
    (client,) = connect(**{name.lower(): value for name, value in keys.items()})
    list(client.tuning_jobs())
    assert client.scope == Scope("444455556666", REGION)
    assert emulator.calls[0].account == "444455556666"


@pytest.fixture
def profile(
    emulator: Emulator,
    environment: None,  # noqa: ARG001 - it sets variables; two are replaced
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> str:
    """A profile with a key of another account, and with its own region."""
    keys = emulator.credentials("777788889999")
    lines = [f"{name.lower()} = {value}" for name, value in keys.items()]
    text = "\n".join(["[readers]", *lines, ""])
    (tmp_path / "credentials").write_text(text, encoding="utf-8")
    text = "[profile readers]\nregion = ap-south-1\n"
    (tmp_path / "config").write_text(text, encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return "readers"


def test_a_profile(
    emulator: Emulator, profile: str, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile in the settings takes precedence over the environment's keys."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    (client,) = connect(aws_profile=profile)
    list(client.tuning_jobs())
    assert client.scope == Scope("777788889999", "ap-south-1")
    assert emulator.calls[0].account == "777788889999"


def test_a_profile_that_does_not_exist(connect: Open) -> None:
    """A profile that does not exist is refused by name."""
    with pytest.raises(aws.ProfileNotFound, match="nobody"):
        connect(aws_profile="nobody")


@pytest.mark.parametrize("more", [{}, {"assume_roles": [{"role_arn": ROLE}]}])
def test_no_region(
    emulator: Emulator,
    connect: Open,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
) -> None:
    """A missing region is reported before any call."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(aws.NoRegionError):
        connect(**more)
    assert emulator.calls == []


@pytest.mark.parametrize("more", [{}, {"assume_roles": [{"role_arn": ROLE}]}])
def test_no_credentials(
    connect: Open, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    """Missing credentials are reported at the start, not at some later call."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(aws.NoCredentialsError):
        connect(**more)


def test_an_endpoint_in_the_settings(
    emulator: Emulator, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aws_endpoint_url applies to both SageMaker and STS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    (client,) = connect(aws_endpoint_url=emulator.url)
    list(client.tuning_jobs())
    assert client.scope == Scope(ACCOUNT, REGION)
    assert statuses(emulator) == [200]


# Roles


def test_a_roles_account_is_in_its_arn(emulator: Emulator, connect: Open) -> None:
    """A role's account is known from its ARN, without a call."""
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    assert client.scope == Scope("222222222222", REGION)
    assert emulator.calls == []
    list(client.tuning_jobs())
    assert [(call.operation, call.account) for call in emulator.calls] == [
        ("AssumeRole", ACCOUNT),
        (LIST_TUNING_JOBS.name, "222222222222"),
    ]


def test_regions_of_a_role_share_one_assume_role(
    emulator: Emulator, connect: Open
) -> None:
    """A role is assumed once for any number of regions and calls."""
    clients = connect(
        assume_roles=[{"role_arn": ROLE}, {"role_arn": OTHER_ROLE}],
        regions=["us-east-1", "eu-west-1"],
    )
    for client in [*clients, *clients]:
        list(client.tuning_jobs())
    assert [client.scope for client in clients] == [
        Scope("222222222222", "us-east-1"),
        Scope("222222222222", "eu-west-1"),
        Scope("333333333333", "us-east-1"),
        Scope("333333333333", "eu-west-1"),
    ]
    assert roles_assumed(emulator) == [ROLE, OTHER_ROLE]
    assert [
        (call.account, call.region)
        for call in emulator.calls
        if call.operation == LIST_TUNING_JOBS.name
    ] == [(client.scope.account_id, client.scope.region) for client in clients] * 2


def test_a_roles_own_regions(connect: Open) -> None:
    """A role's own regions take precedence over those of the settings."""
    roles = [{"role_arn": ROLE, "regions": ["sa-east-1"]}, {"role_arn": OTHER_ROLE}]
    clients = connect(assume_roles=roles, regions=["us-east-1"])
    assert [client.scope.region for client in clients] == ["sa-east-1", "us-east-1"]


def test_an_external_id_is_sent(emulator: Emulator, connect: Open) -> None:
    """A role that requires an external ID is assumed with it."""
    emulator.roles[ROLE] = "their-secret"
    role = {"role_arn": ROLE, "external_id": "their-secret"}
    (client,) = connect(assume_roles=[role])
    assert job_names(client.tuning_jobs()) == [[]]
    assert emulator.calls[0].params["ExternalId"] == "their-secret"
    assert emulator.calls[0].params["RoleSessionName"] == "tap-sagemaker-tuning"


@pytest.mark.parametrize("more", [{}, {"external_id": "another"}])
def test_a_wrong_external_id(
    emulator: Emulator,
    connect: Open,
    caplog: pytest.LogCaptureFixture,
    more: dict[str, str],
) -> None:
    """A role that cannot be assumed is an error of AssumeRole, and botocore logs
    nothing."""
    emulator.roles[ROLE] = "their-secret"
    (client,) = connect(assume_roles=[{"role_arn": ROLE, **more}])
    with pytest.raises(aws.ClientError) as caught:
        list(client.tuning_jobs())
    assert caught.value.operation_name == "AssumeRole"
    assert code(caught.value) == "AccessDenied"
    assert caplog.records == []


def test_a_renewal_that_may_fail_yet_has_no_traceback(
    connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """If a renewal fails while credentials are still valid, botocore's warning is one
    line."""
    connect(assume_roles=[{"role_arn": ROLE}])
    logger = logging.getLogger("botocore.credentials")
    logger.warning("Refreshing failed during advisory period.", exc_info=ValueError())
    (record,) = caplog.records
    assert record.exc_info is None


def test_one_role_that_fails_leaves_the_others(
    emulator: Emulator, connect: Open
) -> None:
    """One role that cannot be assumed does not affect another."""
    emulator.roles[ROLE] = "their-secret"
    first, second = connect(assume_roles=[{"role_arn": ROLE}, {"role_arn": OTHER_ROLE}])
    with pytest.raises(aws.ClientError):
        list(first.tuning_jobs())
    assert job_names(second.tuning_jobs()) == [[]]


def test_credentials_are_renewed(emulator: Emulator, connect: Open) -> None:
    """A role is assumed again before its key expires, so no call uses an expired
    key."""
    emulator.role_seconds = 1
    add_jobs(emulator, 1)
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    list(client.tuning_jobs())
    time.sleep(1.1)
    list(client.tuning_jobs())
    assert roles_assumed(emulator) == [ROLE, ROLE]
    assert [call.error for call in emulator.calls] == [None] * 4


def test_a_role_that_is_refused_is_asked_for_once(
    emulator: Emulator, connect: Open
) -> None:
    """A role that cannot be assumed is requested once, and each of its regions fails
    with that error."""
    emulator.roles[ROLE] = "their-secret"
    role = {"role_arn": ROLE, "regions": ["us-east-1", "eu-west-1", "sa-east-1"]}
    for client in connect(assume_roles=[role]):
        with pytest.raises(aws.ClientError, match="AssumeRole"):
            list(client.tuning_jobs())
    assert roles_assumed(emulator) == [ROLE]


def test_a_renewal_that_fails_is_tried_anew(emulator: Emulator, connect: Open) -> None:
    """After a failed renewal, the next call tries to assume the role again."""
    emulator.role_seconds = 1
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    list(client.tuning_jobs())
    time.sleep(1.1)
    fault = emulator.faults.add(Fault("deny", operation="AssumeRole"))
    with pytest.raises(aws.ClientError, match="AssumeRole"):
        list(client.tuning_jobs())
    emulator.faults.remove(fault)
    assert job_names(client.tuning_jobs()) == [[]]


def test_which_credentials_renew_themselves(connect: Open) -> None:
    """A role's credentials renew themselves; an access key does not."""
    (own,) = connect()
    (assumed,) = connect(assume_roles=[{"role_arn": ROLE}])
    assert (own.retries.renews, assumed.retries.renews) == (False, True)


def test_long_lived_credentials_are_kept(emulator: Emulator, connect: Open) -> None:
    """Credentials that are valid for an hour are not renewed at every call."""
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    for _ in range(4):
        list(client.tuning_jobs())
    assert roles_assumed(emulator) == [ROLE]


def test_an_expired_key_that_cannot_renew_itself(
    emulator: Emulator, connect: Open
) -> None:
    """An expired session token of the caller is reported."""
    (client,) = connect()
    emulator.faults.add(Fault("expired"))
    with pytest.raises(aws.ClientError, match="ExpiredTokenException"):
        list(client.tuning_jobs())


@pytest.mark.parametrize(
    ("partition", "regions", "asked"),
    [
        ("aws", ["eu-west-1", "us-west-2"], REGION),
        ("aws-cn", ["cn-northwest-1", "cn-north-1"], "cn-northwest-1"),
        ("aws-us-gov", ["us-gov-east-1"], "us-gov-east-1"),
    ],
)
def test_where_a_role_is_assumed(
    emulator: Emulator, connect: Open, partition: str, regions: list[str], asked: str
) -> None:
    """STS is called in the chain's region if it is in the role's partition."""
    role = f"arn:{partition}:iam::222222222222:role/reader"
    clients = connect(assume_roles=[{"role_arn": role}], regions=regions)
    for client in clients:
        list(client.tuning_jobs())
    assert [call.region for call in emulator.calls] == [asked, *regions]


def test_the_api_model_is_loaded_once(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API model, which takes 20 MB of memory, is loaded once for any number of
    clients and roles."""
    loaded: list[str] = []
    load = JSONFileLoader.load_file

    def counted(self: JSONFileLoader, file_path: str) -> Any:
        loaded.append(file_path)
        return load(self, file_path)

    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    roles = [{"role_arn": ROLE}, {"role_arn": OTHER_ROLE}]
    clients = connect(assume_roles=roles, regions=["us-east-1", "eu-west-1"])
    assert len(clients) == 4
    ours = [Path(path) for path in loaded if "sagemaker" in Path(path).parts]
    assert [path.name for path in ours].count("service-2") == 1
    models = [vars(client)["_api"].meta.service_model for client in clients]
    kept = {id(model._service_description["shapes"]) for model in models}  # noqa: SLF001
    assert len(kept) == 1


@pytest.mark.parametrize("concurrency", [1, 64])
def test_as_many_connections_as_calls(connect: Open, concurrency: int) -> None:
    """Each call in flight has a connection that can be reused."""
    (client,) = connect(concurrency=concurrency)
    assert vars(client)["_api"].meta.config.max_pool_connections == concurrency


def test_of_the_api_model_what_is_called_is_kept(client: Client) -> None:
    """The other 300 operations, and the shapes that only they use, are dropped."""
    model = vars(client)["_api"].meta.service_model
    kept = set(model.operation_names)
    assert kept == {
        name for name, of in OPERATIONS.items() if of.service == "sagemaker"
    }
    assert "TrainingJob" in model.shape_names
    assert "CreateModelInput" not in model.shape_names


@pytest.mark.parametrize(
    ("level", "expected"),
    [("INFO", "WARNING"), ("WARNING", "WARNING"), ("DEBUG", "INFO")],
)
def test_what_botocore_says(
    connect: Open, caplog: pytest.LogCaptureFixture, level: str, expected: str
) -> None:
    """Botocore logs only warnings, and at DEBUG more, but never a whole request or
    response."""
    caplog.set_level(level)
    caplog.set_level("NOTSET", "botocore")
    connect()
    assert logging.getLogger("botocore").level == logging.getLevelName(expected)


def test_the_tap_says_who_it_is(client: Client) -> None:
    """Each call names the tap in its user agent, so CloudTrail shows who used the
    quota."""
    seen: list[str] = []
    vars(client)["_api"].meta.events.register(
        "before-send.sagemaker",
        lambda request, **_: seen.append(str(request.headers["User-Agent"])),
    )
    list(client.tuning_jobs())
    assert len(seen) == 1
    assert "tap-sagemaker-tuning/" in seen[0]
