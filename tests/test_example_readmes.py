"""The commands in the examples' READMEs run as typed, and load everything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

import duckdb

from sagemaker_tuning_emulator import Emulator
from tests.conftest import ACCOUNT, REGION
from tests.environments import CHECKOUT, EXAMPLES, venv
from tests.examples.typed import commands, type_readme
from tests.examples.world import EXTERNAL_ID, ROLE, compared, join
from tests.postgres import serving
from tests.targets.warehouses import FOR_FEW_ROWS, JAVA, NO_JAVA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_tools.demo.postgres import Warehouse

pytestmark = [
    pytest.mark.orchestrator,
    pytest.mark.skipif(
        not (CHECKOUT / ".git").exists(), reason="the examples are only in a checkout"
    ),
]

SCOPES = {"111122223333": ("us-east-1", "eu-west-1"), "444455556666": ("us-west-2",)}
MELTANOS = "postgresql+psycopg://meltano:change-me@warehouse.example:5432/meltano"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A tuning job in each scope of the organization in examples/tuning.json."""
    with Emulator(start=datetime.now(UTC) - timedelta(days=3), seed=7) as running:
        for account, regions in SCOPES.items():
            join(running, account, *regions)
            for region in regions:
                running.scope(account, region).plan(f"job-{region}")
        running.clock.move(seconds=86_400)
        yield running


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """An empty Postgres, with a database for Meltano."""
    with serving() as server:
        server.ask("create database meltano")
        yield server


def installed(example: str) -> dict[str, str]:
    """What a reader types to create an example's environment, and a link to the one of
    other tests: the commands then find everything installed."""
    made = venv(example).parent
    return {f"uv venv {example}-venv": f"ln -s {made} {example}-venv"}


def meltanos(warehouse: Warehouse) -> str:
    """The address of Meltano's database."""
    return f"postgresql+psycopg://postgres:any@127.0.0.1:{warehouse.port}/meltano"


def modelled(warehouse: Warehouse) -> int:
    """How many trials the models have."""
    sql = "select count(*) from sagemaker_tuning.sagemaker_tuning__trials"
    return int(warehouse.ask(sql)[1][0][0])


def test_airflow(tmp_path: Path, emulator: Emulator, warehouse: Warehouse) -> None:
    """The commands of examples/airflow load all scopes."""
    filled_in = {
        "postgresql://loader:change-me@warehouse.example:5432/analytics": (
            f"postgresql://postgres:any@127.0.0.1:{warehouse.port}/postgres"
        ),
        MELTANOS: meltanos(warehouse),
        "-r celery.txt": "-r celery.txt --dry-run",
        **installed("airflow"),
    }
    type_readme("airflow", tmp_path, emulator, filled_in)
    loaded = compared(warehouse)
    assert loaded == compared(emulator)
    assert modelled(warehouse) == len(loaded[1])


def test_dagster(tmp_path: Path, emulator: Emulator, warehouse: Warehouse) -> None:
    """The commands of examples/dagster load one account."""
    filled_in = {
        "HOST=warehouse.example": "HOST=127.0.0.1",
        "PORT=5432": f"PORT={warehouse.port}",
        "USER=loader": "USER=postgres",
        "DATABASE=analytics": "DATABASE=postgres",
        "dagster dev -f definitions.py": "dagster dev -f definitions.py --help",
        MELTANOS: meltanos(warehouse),
        **installed("dagster"),
    }
    type_readme("dagster", tmp_path, emulator, filled_in)
    loaded, truth = compared(warehouse), compared(emulator)
    assert loaded == [
        [row for row in rows if row[0] == "111122223333"] for rows in truth
    ]
    assert modelled(warehouse) == len(loaded[1])


def test_shell(tmp_path: Path, emulator: Emulator, warehouse: Warehouse) -> None:
    """The commands of examples/shell load the caller's account, and use systemd units
    that exist."""
    emulator.scope(ACCOUNT, REGION).plan("own")
    emulator.clock.move(seconds=600)
    filled_in = {
        '"warehouse.example", "user": "loader", "database": "analytics"': (
            f'"127.0.0.1", "port": {warehouse.port}, "user": "postgres", '
            '"database": "postgres"'
        ),
        "DBT_POSTGRES_HOST=warehouse.example": "DBT_POSTGRES_HOST=127.0.0.1",
        "DBT_POSTGRES_PORT=5432": f"DBT_POSTGRES_PORT={warehouse.port}",
        "DBT_POSTGRES_USER=loader": "DBT_POSTGRES_USER=postgres",
        "DBT_POSTGRES_DATABASE=analytics": "DBT_POSTGRES_DATABASE=postgres",
    }
    called = type_readme("shell", tmp_path, emulator, filled_in)
    loaded, truth = compared(warehouse), compared(emulator)
    assert loaded == [[row for row in rows if row[0] == ACCOUNT] for rows in truth]
    assert modelled(warehouse) == len(loaded[1])
    units = {word for line in called for word in line.split() if "." in word}
    assert units == {f"tap-sagemaker-tuning.{kind}" for kind in ("service", "timer")}
    assert [unit for unit in units if not (EXAMPLES / "shell" / unit).exists()] == []


@pytest.mark.skipif(JAVA is None, reason=NO_JAVA)
def test_spark(tmp_path: Path, emulator: Emulator) -> None:
    """The commands of examples/spark load the caller's account into Parquet files, and
    build models from them."""
    emulator.scope(ACCOUNT, REGION).plan("own")
    emulator.clock.move(seconds=6000)
    options = "".join(f"\n{each.replace('=', ' ', 1)}" for each in FOR_FEW_ROWS)
    filled_in = {
        '$PWD/lake"': f'$PWD/lake{options}"',
        "dbt build": "dbt run --select +sagemaker_tuning__trials",
        **installed("spark"),
    }
    type_readme("spark", tmp_path, emulator, filled_in)
    lake = tmp_path / "checkout" / "examples" / "spark" / "lake"

    def trials(table: str) -> list[tuple[str, ...]]:
        files = f"{lake}/{table}/*.parquet"
        found = duckdb.sql(f"select training_job_arn from '{files}' order by 1")  # noqa: S608 - ours
        return found.fetchall()

    own = emulator.truth()[f"{ACCOUNT}/{REGION}"]["trials"]["own"]
    truth = sorted((trial["TrainingJobArn"],) for trial in own)
    assert len(truth) > 5
    assert trials("tap_sagemaker_tuning.db/training_job_summaries") == truth
    assert trials("sagemaker_tuning.db/sagemaker_tuning__trials") == truth


def test_the_accounts_are_those_of_an_organization() -> None:
    """examples/tuning.json reads an organization through a role with an external ID."""
    text = (EXAMPLES / "tuning.json").read_text(encoding="utf-8")
    assert json.loads(text)["organization"] == {
        "role_name": ROLE,
        "external_id": EXTERNAL_ID,
    }


@pytest.mark.parametrize("example", ["airflow", "dagster", "shell", "spark"])
def test_every_example_has_commands(example: str) -> None:
    """Each README has commands in console blocks."""
    text = (EXAMPLES / example / "README.md").read_text(encoding="utf-8")
    assert len(commands(text)) > 5
