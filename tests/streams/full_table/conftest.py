"""Fixtures for the tests of FULL_TABLE."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.streams.full_table.beside_boto3 import TRIALS, Reader, tuning_job

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator, Scope
    from tests.conftest import TapHere


@pytest.fixture
def scope(emulator: Emulator) -> Scope:
    """The default account and region, with one tuning job of 24 trials."""
    scope = emulator.scope()
    scope.add(tuning_job("churn"))
    return scope


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """A session that keeps the loaded service model for all tests."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def reader(
    here: TapHere, session: boto3.Session, caplog: pytest.LogCaptureFixture
) -> Reader:
    """The tap's command in this process, with boto3 to compare."""
    caplog.set_level(logging.INFO)
    catalog = here.catalog(**{TRIALS: "FULL_TABLE"})
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["tap_stream_id"] == TRIALS
    return Reader(here, catalog, session)
