"""Access keys and their accounts, and STS."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Emulator, Fault

from .calling import (
    ACCOUNT,
    LIST_TUNING_JOBS,
    ROLE,
    TRIALS,
    read,
    refused,
)

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope

    from .calling import Client, Connect


class TestAccounts:
    """Access keys and their accounts, and STS."""

    def test_keys_lead_to_accounts(self, emulator: Emulator, connect: Connect) -> None:
        """Each account and region shows its own jobs; unknown keys belong to the
        default account."""
        other = emulator.credentials("222222222222")
        emulator.scope(ACCOUNT, "us-east-1").plan("mine")
        emulator.scope("222222222222", "eu-west-1").plan("theirs")
        mine = connect().list_hyper_parameter_tuning_jobs()
        theirs = connect(
            region="eu-west-1", keys=other
        ).list_hyper_parameter_tuning_jobs()
        name = "HyperParameterTuningJobName"
        found = [
            [job[name] for job in page["HyperParameterTuningJobSummaries"]]
            for page in (mine, theirs)
        ]
        assert found == [["mine"], ["theirs"]]
        assert [(call.account, call.region) for call in emulator.calls] == [
            (ACCOUNT, "us-east-1"),
            ("222222222222", "eu-west-1"),
        ]

    def test_assumed_role(self, emulator: Emulator, connect: Connect) -> None:
        """An assumed role's key belongs to the role's account until it expires."""
        emulator.roles[ROLE] = "secret"
        emulator.role_seconds = 900
        emulator.scope("222222222222").plan("theirs")
        sts = connect("sts")
        role = {"RoleArn": ROLE, "RoleSessionName": "tap"}
        assert refused(sts.assume_role, **role)[::2] == ("AccessDenied", 403)
        answer = sts.assume_role(**role, ExternalId="secret")["Credentials"]
        left = answer["Expiration"] - datetime.now(UTC)
        assert timedelta(seconds=880) < left <= timedelta(seconds=900)
        keys = {
            "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
            "AWS_SESSION_TOKEN": answer["SessionToken"],
        }
        there = connect(keys=keys)
        page = there.list_hyper_parameter_tuning_jobs()
        assert len(page["HyperParameterTuningJobSummaries"]) == 1
        who = connect("sts", keys=keys).get_caller_identity()
        assert who["Arn"] == "arn:aws:sts::222222222222:assumed-role/reader/tap"
        emulator.faults.add(Fault("deny", times=1))
        _, message, _ = refused(there.list_hyper_parameter_tuning_jobs)
        assert message.startswith(f"User: {who['Arn']} is not authorized to perform")
        emulator.role_seconds = 0
        answer = sts.assume_role(**role, ExternalId="secret")["Credentials"]
        keys["AWS_ACCESS_KEY_ID"] = answer["AccessKeyId"]
        late = connect(keys=keys).list_hyper_parameter_tuning_jobs
        assert refused(late)[0] == "ExpiredTokenException"
        operations = [(call.operation, call.error) for call in emulator.calls]
        assert operations == [
            ("AssumeRole", "AccessDenied"),
            ("AssumeRole", None),
            (LIST_TUNING_JOBS, None),
            (LIST_TUNING_JOBS, "AccessDeniedException"),
            ("AssumeRole", None),
            (LIST_TUNING_JOBS, "ExpiredTokenException"),
        ]

    def test_role_denied(self, emulator: Emulator, connect: Connect) -> None:
        """AssumeRole fails only with a fault that names it."""
        role = {"RoleArn": ROLE, "RoleSessionName": "tap"}
        sts = connect("sts")
        emulator.faults.add(Fault("deny"))
        sts.assume_role(**role)
        emulator.faults.add(
            Fault("deny", operation="AssumeRole", account="222222222222")
        )
        code, message, status = refused(sts.assume_role, **role)
        assert (code, status) == ("AccessDenied", 403)
        assert message.endswith(f"to perform: sts:AssumeRole on resource: {ROLE}")

    def test_environment(self, emulator: Emulator) -> None:
        """The environment names the endpoint and disables all other sources of
        settings."""
        environment = emulator.environment("222222222222", "eu-west-1")
        assert environment["AWS_ENDPOINT_URL"] == emulator.url
        assert environment["AWS_DEFAULT_REGION"] == "eu-west-1"
        assert environment["AWS_CONFIG_FILE"] == os.devnull
        assert emulator.credentials()["AWS_ACCESS_KEY_ID"].startswith("ASIA")

    def test_the_rest_is_motos(self, emulator: Emulator, client: Client) -> None:
        """Everything that is not about tuning is left to moto, and not recorded."""
        assert client.list_endpoints()["Endpoints"] == []
        assert emulator.calls == []

    def test_eight_callers_at_once(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Eight simultaneous callers each get everything, and all calls are
        recorded."""
        scope.plan("churn", trials=40, parallel=8)
        emulator.clock.move(timedelta(days=1))
        truth = scope.truth()["trials"]["churn"]

        def whole(_: int) -> list[dict[str, Any]]:
            return read(
                client,
                TRIALS,
                HyperParameterTuningJobName="churn",
                SortBy="Name",
                MaxResults=10,
            )

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(whole, range(8)))
        assert found == [truth] * 8
        assert len(emulator.calls) == 8 * 4
