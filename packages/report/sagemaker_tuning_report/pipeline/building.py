"""The second stage: dbt builds the models of the package in the DuckDB file."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.pipeline.programs import started

if TYPE_CHECKING:
    from sagemaker_tuning_report.pipeline.folder import Folder
    from sagemaker_tuning_report.pipeline.session import Session

PROJECT = Path(__file__).parents[1] / "transform"
"""The dbt project that the package carries."""

_RESULTS = {"LogModelResult", "LogSnapshotResult"}


def build(session: Session) -> list[str]:
    """Build the models, only those rows whose tuning jobs have changed.

    Args:
        session: The session. A signal ends dbt; the next build resumes.

    Returns:
        What could not be built, in one line per error.

    Raises:
        StageError: dbt is not installed.
        Stopped: A signal asked to stop.
    """
    folder, built = session.folder, 0
    errors: list[str] = []
    options = [
        *("--log-format", "json", "--log-level-file", "none", "--no-write-json"),
        *("build", "--exclude-resource-type", "test", "unit_test"),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target", "duckdb", "--target-path", str(folder.work / "dbt")),
        *("--log-path", str(folder.work / "dbt")),
    ]
    environment = _environment(folder)
    with (
        started("dbt", options, session, environment=environment) as dbt,
        session.signals.passed_on(dbt.process),
    ):
        assert dbt.process.stdout is not None  # noqa: S101 - for mypy
        for line in dbt.process.stdout:
            event = _event(line)
            text = str(event["info"]["msg"])
            with suppress(OSError):  # the disk is full: dbt will say so
                session.log.write(f"{text}\n".encode())
            if event["info"]["name"] in _RESULTS:
                built += 1
                total = event["data"]["total"]
                session.show.count(f"{built} of {total} models", built / total)
            if event["info"]["level"] == "error":
                errors.append(" ".join(text.split()))
        code = dbt.wait()
    session.signals.check()
    if code and not errors:
        errors.append(f"dbt ended with {code}: {dbt.last_line}: see {folder.log}")
    session.show.end(f"{built} models")
    return errors


def _environment(folder: Folder) -> dict[str, str]:
    """Variables for dbt, without any of the user's own projects."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("DBT_")}
    return {
        **inherited,
        # Relative, since dbt-duckdb does not quote the path.
        "DBT_DUCKDB_PATH": folder.database.name,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DBT_USE_COLORS": "False",
    }


def _event(line: bytes) -> dict[str, Any]:
    """Parse a line of dbt's log; text that is not an event becomes one."""
    try:
        event: dict[str, Any] = json.loads(line)
        return {"data": event["data"], "info": event["info"]}
    except (ValueError, KeyError, TypeError):
        text = line.decode(errors="replace").strip()
        return {"data": {}, "info": {"msg": text, "name": "", "level": "info"}}
