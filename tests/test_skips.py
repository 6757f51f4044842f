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

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="not a git checkout"),
]

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


def results(folder: Path, *reasons: str, ci: str) -> str:
    """The last line of pytest, run with the hooks of these tests on two modules per
    reason, one with two skipped tests and one that is skipped, and on one that
    hangs."""
    modules = {"hangs": ENDLESS}
    for number, reason in enumerate(reasons):
        modules[f"tests_{number}"] = SKIPPED.format(reason=reason)
        modules[f"module_{number}"] = SKIPPED_MODULE.format(reason=reason)
    for name, text in modules.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
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


@pytest.mark.parametrize(
    ("ci", "result"),
    [("true", "2 failed, 6 skipped, 2 errors in"), ("", "1 failed, 9 skipped in")],
)
def test_what_is_skipped_fails_in_ci(tmp_path: Path, ci: str, result: str) -> None:
    """A skipped test, or module, fails in CI, except for what cannot be had there; one
    that hangs always fails."""
    reasons = ("Chromium is not installed", NOT_PUBLIC, OLD_PYTHON_ONLY)
    assert result in results(tmp_path, *reasons, ci=ci)


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
