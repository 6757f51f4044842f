"""The demo does what it says, from an empty folder, and leaves no process running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.conftest import read_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
MARK = "TUNING_DEMO_RUN"

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder for the demo."""
    from tests.postgres import passable_folder  # noqa: PLC0415 - only in the checkout

    with passable_folder() as folder:
        yield folder


@pytest.fixture
def demo(folder: Path) -> subprocess.Popen[str]:
    """The demo, just started."""
    return subprocess.Popen(  # noqa: S603 - the command is ours
        [sys.executable, "-m", "tap_tools.demo", str(folder)],
        cwd=CHECKOUT,
        env={**os.environ, MARK: folder.name + uuid.uuid4().hex},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_running(folder: Path) -> list[str]:
    """Command lines of the demo's processes in a folder."""
    mark = f"{MARK}={folder.name}".encode()
    running = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = mark in (process / "environ").read_bytes()
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended, or belongs to another user
            continue
        if line and (marked or str(folder) in line):
            running.append(line)
    return running


def counted(truth: dict[str, Any]) -> list[str]:
    """Tuning jobs, trials and running trials in the demo's table."""
    (scope,) = truth.values()
    trials = [trial for trials in scope["trials"].values() for trial in trials]
    statuses = [trial["TrainingJobStatus"] for trial in trials]
    running = statuses.count("InProgress") + statuses.count("Stopping")
    return [str(len(scope["tuning_jobs"])), str(len(trials)), str(running)]


def foretold() -> tuple[list[str], list[str]]:
    """The counts after the first and after the second sync."""
    from tests import demo_account  # noqa: PLC0415 - its driver is not everywhere

    emulator = demo_account.at_first_sync()
    first = counted(emulator.truth())
    demo_account.two_hours_later(emulator)
    return first, counted(emulator.truth())


def answers() -> list[str]:
    """The README's queries, each with its answer, as the demo prints them."""
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    pairs = re.findall(r"```sql\n(.*?)```\n\n```text\n(.*?)```", readme, re.DOTALL)
    assert len(pairs) == 5
    return [f"{query}\n{answer}" for query, answer in pairs]


def test_shows_the_account_as_it_is(demo: subprocess.Popen[str], folder: Path) -> None:
    """Starting from nothing, both syncs write exactly what the account holds at that
    time."""
    output, _ = demo.communicate(timeout=400)
    assert demo.returncode == 0, output
    rows = [line.split() for line in output.splitlines()]
    first, second = foretold()
    assert rows.index(first) < rows.index(second)
    assert f"{second[0]} tuning jobs, {second[1]} trials, in every" in output
    assert [part for part in answers() if part not in output] == []
    page = folder / "tuning.html"
    assert f"in a browser: {page}" in output
    assert "pricing-gbm-late" in page.read_text("utf-8")
    assert left_running(folder) == []


def test_ctrl_c_leaves_nothing_running(
    demo: subprocess.Popen[str], folder: Path
) -> None:
    """Interrupted during a sync, the demo ends all processes that it started."""
    assert demo.stdout is not None
    read_until("First sync", demo.stdout)
    time.sleep(2)
    running = " ".join(left_running(folder))
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert re.search("emulator.*postgres|postgres.*emulator", running)
    assert demo.returncode == 128 + signal.SIGINT
    assert left_running(folder) == []


def test_a_failure_shows_the_log(tmp_path: Path) -> None:
    """The failed step is named, with the end of its log, and the exit code is 1."""
    (tmp_path / "venv").write_text("in the way")
    done = subprocess.run(  # noqa: S603 - the command is ours
        [sys.executable, "-m", "tap_tools.demo", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "The demo failed: exit code" in done.stderr
    assert f"the end of {tmp_path / 'meltano.log'}:" in done.stderr
    assert left_running(tmp_path) == []


def test_constraints_are_of_the_versions_that_meltano_installs() -> None:
    """The demo's constraints pin the versions in meltano.yml."""
    meltano = yaml.safe_load((CHECKOUT / "meltano.yml").read_text(encoding="utf-8"))
    wanted = {p["name"]: p["pip_url"] for p in meltano["plugins"]["loaders"]}
    for name in ("constraints.txt", "requirements.in"):
        pinned = (
            (CHECKOUT / "tap_tools" / "demo" / name)
            .read_text(encoding="utf-8")
            .replace(" \\\n", "\n")  # before the hashes
            .splitlines()
        )
        assert wanted["target-postgres"] in pinned


def test_models_are_built_by_the_versions_that_are_tested() -> None:
    """The versions of dbt and its adapters in meltano.yml are those of transform/."""
    meltano = yaml.safe_load((CHECKOUT / "meltano.yml").read_text(encoding="utf-8"))
    pinned = (CHECKOUT / "transform" / "constraints.txt").read_text(encoding="utf-8")
    utilities = meltano["plugins"]["utilities"]
    asked = {package for each in utilities for package in each["pip_url"].split()}
    assert len(asked) > len(utilities)
    assert asked <= set(pinned.replace(" \\\n", "\n").splitlines())
