"""In CI, what is skipped has failed, and no test runs for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.skips import CHECKOUT, NOT_PUBLIC, OLD_PYTHON_ONLY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not (CHECKOUT / ".git").exists(), reason="not a git checkout"
)

SKIPPED = """
import pytest
@pytest.mark.skip(reason="{reason}")
def test_marked() -> None: ...
def test_called() -> None: pytest.skip("{reason}")
"""
SKIPPED_MODULE = """
import pytest
pytest.importorskip("no_such_module", reason="{reason}")
"""
ENDLESS = """
import threading
def test_it() -> None: threading.Event().wait()
"""


def results(folder: Path, reason: str = "", *, ci: str = "true") -> str:
    """The last line of pytest, run with the hooks of these tests on three modules:
    one with two skipped tests, one that is skipped, and one that hangs."""
    for name, text in (("a", SKIPPED), ("b", SKIPPED_MODULE), ("c", ENDLESS)):
        module = folder / f"test_{name}.py"
        module.write_text(text.format(reason=reason), encoding="utf-8")
    run = subprocess.run(  # noqa: S603 - the command is ours
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "conftest"),
            *("-c", os.devnull, "--rootdir", str(folder), "--timeout", "1"),
            *("--continue-on-collection-errors", str(folder)),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return run.stdout.splitlines()[-1]


def test_what_is_skipped_fails_in_ci(tmp_path: Path) -> None:
    """A skipped test, or module, fails in CI and nowhere else; one that hangs always
    fails."""
    reason = "Chromium is not installed"
    assert "2 failed, 2 errors in" in results(tmp_path, reason, ci="true")
    assert "1 failed, 3 skipped in" in results(tmp_path, reason, ci="")


@pytest.mark.parametrize("reason", [NOT_PUBLIC, OLD_PYTHON_ONLY])
def test_what_may_be_skipped(tmp_path: Path, reason: str) -> None:
    """What cannot be had in CI may be skipped there."""
    assert "1 failed, 3 skipped in" in results(tmp_path, reason)


def test_every_test_has_a_time_limit(request: pytest.FixtureRequest) -> None:
    """Every test has a time limit."""
    assert request.config.getini("timeout") == "300"


@pytest.mark.parametrize(("ci", "is_well"), [("true", False), ("", True)])
def test_a_python_that_is_not_installed(ci: str, *, is_well: bool) -> None:
    """`make python-3.x` without that Python fails in CI, and skips elsewhere."""
    run = subprocess.run(
        ["make", "--old-file=unpacked", "python-3.99"],  # noqa: S607
        cwd=CHECKOUT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Python 3.99 is not installed" in run.stdout
    assert (run.returncode == 0) is is_well
