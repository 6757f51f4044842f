"""dbt's own page about the models, which the page on the marts says how to make."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tap_tools.generated.marts import marts
from tests.docs.documents import PAGES, ROOT, commands

DBT = Path(sys.executable).with_name("dbt")
PAGE = "docs/models/marts/index.md"

pytestmark = pytest.mark.slow


def test_dbt_describes_every_mart(tmp_path: Path) -> None:
    """The command writes one page, which has every mart with its description."""
    (command,) = commands({PAGE: PAGES[PAGE]})
    here = command.replace("dbt-venv/bin/dbt", str(DBT))
    done = subprocess.run(  # noqa: S603 - the page's own command
        ["bash", "-c", here.replace("--target postgres", "--target duckdb")],  # noqa: S607
        cwd=tmp_path,
        env={
            **os.environ,
            "CHECKOUT": str(ROOT),
            "DBT_DUCKDB_PATH": str(tmp_path / "empty.duckdb"),
            "DBT_LOG_PATH": str(tmp_path / "logs"),
            "DBT_TARGET_PATH": str(tmp_path / "target"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "target" / "static_index.html").read_text(encoding="utf-8")
    assert [
        mart.name for mart in marts() if f"models/marts/{mart.name}.sql" not in text
    ] == []
    assert "One row per trial that has a place" in text
