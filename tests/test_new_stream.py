"""A stream is three files: its schema, its module and its page.

These tests add the stream `tuning_job_tags` of `tests/toy/` to a copy of the checkout.
It brings an operation of its own, which the tap's other modules do not know.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.environments import CHECKOUT, copy_checkout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run, TapProcess

pytestmark = pytest.mark.slow

TOY = CHECKOUT / "tests" / "toy"
PLACES = {
    "tuning_job_tags.json": "schemas",
    "tuning_job_tags.md": "docs/streams",
    "tuning_job_tags.py": "tap_sagemaker_tuning/streams",
}
PACKAGES = ("contract", "emulator", "report")
DERIVED = (
    "tests/aws/test_operations.py",
    "tests/docs/test_generated.py",
    "tests/infrastructure/test_generated.py",
    "tests/test_connection_test.py",
    "tests/test_hooks.py",
    "tests/test_meltano.py",
    "tests/test_modes.py",
    "tests/test_schemas.py",
    "tests/test_sdk_suite.py",
    "tests/test_settings.py",
)
"""Tests that find the streams by themselves, of everything that is derived."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with the stream, its generated files up to date."""
    folder = tmp_path_factory.mktemp("copy")
    copy_checkout(folder)
    for name, place in PLACES.items():
        shutil.copy(TOY / name, folder / place)
    done = python(folder, "-m", "tap_tools.generated")
    assert done.returncode == 0, done.stderr
    return folder


def variables(folder: Path) -> dict[str, str]:
    """The environment in which Python takes the packages from a folder."""
    packages = [folder, *(folder / "packages" / name for name in PACKAGES)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))}


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, on its own packages."""
    return subprocess.run(  # noqa: S603 - the command is ours
        [sys.executable, *arguments],
        cwd=folder,
        env=variables(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_what_is_derived(copy: Path) -> None:
    """The tests of everything that follows from a stream pass in the copy."""
    options = ("--quiet", "--numprocesses", "0", "-p", "no:cacheprovider")
    done = python(copy, "-m", "pytest", *options, "-m", "not slow", *DERIVED)
    assert done.returncode == 0, done.stdout[-5000:]
    listed = (copy / "docs" / "streams" / "index.md").read_text(encoding="utf-8")
    assert "| [`tuning_job_tags`](tuning_job_tags.md) |" in listed


@pytest.fixture
def run(tap: TapProcess, copy: Path) -> Run:
    """A sync of the stream alone, of a tuning job with sixty tags and one with none."""
    scope = tap.emulator.scope()
    tags = {f"tag-{number:02}": "churn" for number in range(60)}
    scope.plan("churn", trials=2, created="2026-03-01T09:00:00Z", tags=tags)
    scope.plan("other", trials=2, created="2026-03-01T10:00:00Z")
    tap.variables["PYTHONPATH"] = variables(copy)["PYTHONPATH"]
    return tap(config={"streams": ["tuning_job_tags"], "page_size": 10})


def test_a_sync(tap: TapProcess, run: Run) -> None:
    """The stream syncs, on all pages, with the smallest page that the API takes."""
    assert run.returncode == 0, run.stderr
    rows = {row["tag_key"]: row for row in run.records("tuning_job_tags")}
    assert len(rows) == 60
    row = rows["tag-59"]
    assert (row["tuning_job_name"], row["tag_value"]) == ("churn", "churn")
    calls = [call for call in tap.emulator.calls if call.operation == "ListTags"]
    assert [call.params["MaxResults"] for call in calls] == [50, 50, 50]


def test_the_next_sync(tap: TapProcess, run: Run) -> None:
    """The stream keeps its own state: the next sync does not read what has settled."""
    tap.emulator.calls.clear()
    config: dict[str, Any] = {"streams": ["tuning_job_tags"]}
    again = tap(config=config, state=json.loads(json.dumps(run.state)))
    assert again.returncode == 0
    assert "ListTags" not in {call.operation for call in tap.emulator.calls}
