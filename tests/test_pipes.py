"""Settings and catalogs can come through a pipe, as in `--config <(vault …)`, which can
be read only once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import TapProcess

pytestmark = pytest.mark.process


@pytest.mark.parametrize("option", ["", "--test", "--discover", "--scopes"])
def test_settings_and_catalog_from_pipes(tap: TapProcess, option: str) -> None:
    """Each mode of the tap reads each file once."""
    for name, content in {
        "config": {"name_contains": "no-such-job"},
        "catalog": tap.catalog("tuning_jobs"),
    }.items():
        text = json.dumps(content)
        (tap.folder / f"{name}.json").write_text(text, encoding="utf-8")
    command = Path(sys.executable).parent / "tap-sagemaker-tuning"
    script = f"{command} --config <(cat config.json) --catalog <(cat catalog.json)"
    done = subprocess.run(  # noqa: S603 - ours
        ["bash", "-c", f"{script} {option}"],  # noqa: S607
        env=tap.environment(),
        cwd=tap.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_a_pipe_overrides_a_file(tap: TapProcess) -> None:
    """If --config is given several times, the last file that has a setting wins."""
    first, other = tap.folder / "one.json", tap.folder / "other.json"
    first.write_text('{"page_size": 7, "regions": ["eu-west-1"]}', encoding="utf-8")
    other.write_text('{"page_size": 0}', encoding="utf-8")
    run = tap("--config", str(first), "--config", str(other))
    assert run.error == "Error: page_size: 0 is not at least 1"
