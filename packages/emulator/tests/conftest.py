"""Clients of the emulator."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from .calling import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_emulator import Emulator, Scope

    from .calling import Client, Connect


@pytest.fixture
def scope(emulator: Emulator) -> Scope:
    """Its default account and region."""
    return emulator.scope(ACCOUNT, "us-east-1")


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """A session that keeps the loaded service model for all tests of a module."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def connect(
    emulator: Emulator, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connect]:
    """Creates clients of the emulator that make one attempt, and closes them."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    made: list[Client] = []

    def client(
        service: str = "sagemaker",
        region: str = "us-east-1",
        keys: dict[str, str] | None = None,
    ) -> Client:
        keys = keys or {}
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=60
        )
        make: Any = session.client
        made.append(
            make(
                service,
                region_name=region,
                endpoint_url=emulator.url,
                config=config,
                aws_access_key_id=keys.get("AWS_ACCESS_KEY_ID", "testing"),
                aws_secret_access_key=keys.get("AWS_SECRET_ACCESS_KEY", "testing"),
                aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            )
        )
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def client(connect: Connect) -> Client:
    """A SageMaker client of the default account and region."""
    return connect()
