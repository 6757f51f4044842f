"""`dbt build`, run as from a shell, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_tools.demo import processes
from tests.environments import CHECKOUT, programs

if TYPE_CHECKING:
    from tests.targets.warehouses import Warehouse

PROJECT = CHECKOUT / "transform"
UNTESTED = ("build", "--exclude-resource-type", "test", "unit_test")
"""Builds the models and the snapshot, which `run` leaves out, without the tests."""
FOREIGN = ("DBT_", "PYTHON", "VIRTUAL_ENV")


def environment() -> Path:
    """The folder with dbt's programs, created if needed."""
    wanted, pinned = PROJECT / "requirements.txt", PROJECT / "constraints.txt"
    return programs("transform", wanted, pinned)


def build(
    warehouse: Warehouse,
    folder: Path,
    schema: str,
    variables: dict[str, Any],
    command: str = "build",
    *more: str,
) -> dict[str, str]:
    """Build all models from the tables in a warehouse, and run their tests.

    Args:
        warehouse: The warehouse.
        folder: Where dbt writes compiled code and its log.
        schema: The schema of the models.
        variables: The dbt variables of the project.
        command: `run` to build the models without tests.
        *more: Further arguments.

    Returns:
        The status of each model and each test, by its name.
    """
    line = [command, "--vars", json.dumps(variables), *more]
    dbt(warehouse, folder, schema, *line, "--target", warehouse.name)
    results = json.loads((folder / "target" / "run_results.json").read_text("utf-8"))
    return {each["unique_id"]: each["status"] for each in results["results"]}


def dbt(
    warehouse: Warehouse,
    folder: Path,
    schema: str,
    *command: str,
    project: Path = PROJECT,
    code: int = 0,
) -> None:
    """Run dbt, with its output in build.log.

    Args:
        warehouse: The warehouse, for dbt's profile.
        folder: Where dbt writes compiled code and its log.
        schema: The schema of the models.
        *command: The command and its arguments.
        project: The folder of the project.
        code: The expected exit code.
    """
    profiles, where = _profile(warehouse, schema)
    line = [str(environment() / "dbt"), "--no-use-colors"]
    line += ["--log-level-file", "none", *command]  # it would be a twelfth of the time
    line += ["--project-dir", str(project), "--profiles-dir", str(profiles)]
    if command[0] != "deps":
        line += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    log = folder / "build.log"
    if warehouse.dbt is not None:
        returned = warehouse.dbt(line[1:], warehouse.variables | where, log)
    else:
        returned = _run(line, inherited | warehouse.variables | where, log)
    assert returned == code, processes.tail(log)


def _run(line: list[str], env: dict[str, str], log: Path) -> int:
    """Run a command, and return its exit code."""
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(  # noqa: S603 - the command is ours
            line,
            env=env,
            cwd=log.parent,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=1800,
        )
    return done.returncode


def _profile(warehouse: Warehouse, schema: str) -> tuple[Path, dict[str, str]]:
    """The folder of the profile, and the variables that it needs."""
    config = warehouse.config
    match warehouse.name:
        case "duckdb":
            return PROJECT, {
                "DBT_DUCKDB_PATH": config["path"],
                "DBT_DUCKDB_SCHEMA": schema,
            }
        case "postgres":
            return PROJECT, {
                "DBT_POSTGRES_HOST": config["host"],
                "DBT_POSTGRES_PORT": str(config["port"]),
                "DBT_POSTGRES_USER": config["user"],
                "DBT_POSTGRES_PASSWORD": config["password"],
                "DBT_POSTGRES_DATABASE": config["database"],
                "DBT_POSTGRES_SCHEMA": schema,
            }
        case "spark":
            return PROJECT, {"DBT_SPARK_SCHEMA": schema}
        case _:
            return Path(__file__).parent, {"DBT_SNOWFLAKE_SCHEMA": schema}
