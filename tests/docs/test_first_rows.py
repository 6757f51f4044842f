"""The steps of Getting started, typed in an empty folder, end with rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from sagemaker_tuning_emulator import Emulator
from tests.conftest import ACCOUNT
from tests.docs.documents import CONFIGS, PAGES, blocks
from tests.environments import CHECKOUT, copy_checkout
from tests.examples.typed import type_commands
from tests.examples.world import compared
from tests.postgres import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.orchestrator,
    pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="not a git checkout"),
]

PAGE = "docs/getting-started.md"
URL = "postgresql+psycopg://loader:change-me@warehouse.example:5432/analytics"


def typed(*sections: str) -> list[str]:
    """The commands of some sections of the page."""
    consoles = blocks("console", {PAGE: PAGES[PAGE]})
    return [
        line.removeprefix("$ ")
        for section in sections
        for block in consoles
        if block.section == section
        for line in block.text.splitlines()
    ]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An account with a tuning job in each of the page's two regions."""
    with Emulator(start=datetime.now(UTC) - timedelta(days=3), seed=7) as running:
        for region in ("us-east-1", "eu-west-1"):
            running.scope(ACCOUNT, region).plan(f"job-{region}", trials=4)
        running.clock.move(seconds=86_400)
        yield running


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """The folder to start in, beside a checkout, with the page's tap.json."""
    copy_checkout(tmp_path / "checkout")
    folder = tmp_path / "empty"
    folder.mkdir()
    (config, *_) = [config for where, config in CONFIGS if PAGE in where]
    (folder / "tap.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_postgres(tmp_path: Path, empty: Path, emulator: Emulator) -> None:
    """The wheel is built and installed, and two runs load everything."""
    with serving() as warehouse:
        address = f"postgresql+psycopg://postgres:any@127.0.0.1:{warehouse.port}"
        target = {
            "sqlalchemy_url": f"{address}/postgres",
            "default_target_schema": "tap_sagemaker_tuning",
        }
        (empty / "target.json").write_text(json.dumps(target), encoding="utf-8")
        checkout = tmp_path / "checkout"
        wheel = typed("Install")[1:3]
        rows = typed("Check", "Rows in Postgres")
        commands = [*wheel, f"cd {empty}", *rows]
        type_commands(commands, tmp_path, checkout, emulator, {})
        assert compared(warehouse) == compared(emulator)
    assert json.loads((empty / "state.json").read_text("utf-8"))["bookmarks"]


def test_duckdb(tmp_path: Path, empty: Path, emulator: Emulator) -> None:
    """The target and the duckdb version that the page pins lose no rows."""
    checkout = f"uv tool install {tmp_path / 'checkout'}"
    commands = [checkout, *typed("Rows in DuckDB")]
    output = type_commands(commands, tmp_path, empty, emulator, {})
    trials = compared(emulator)[1]
    assert [trial[2] for trial in trials if str(trial[2]) not in output] == []


def test_meltano(tmp_path: Path, empty: Path, emulator: Emulator) -> None:
    """A new Meltano project gets regions and a loader, and loads twice."""
    with serving() as warehouse:
        filled_in = {
            "$HOME/tap-sagemaker-tuning": str(tmp_path / "checkout"),
            "host warehouse.example": "host 127.0.0.1",
            "port 5432": f"port {warehouse.port}",
            "user loader": "user postgres",
            "database analytics": "database postgres",
        }
        commands = typed("In a project of your own")
        commands.append(commands[-1])
        type_commands(commands, tmp_path, empty, emulator, filled_in)
        assert compared(warehouse) == compared(emulator)
