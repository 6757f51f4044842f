"""Commit messages have a form, and what cannot be checked does not fail."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tap_tools import commits

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "Read each page once"
LONG = "Read " + "x" * 67


def git(root: Path, *arguments: str) -> str:
    """Run git with a name and an email address."""
    somebody = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    command = ["git", *somebody, *arguments]
    return subprocess.check_output(command, cwd=root, text=True).strip()  # noqa: S603


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A repository of a good commit between two bad ones."""
    root = tmp_path / "history"
    git(tmp_path, "init", "--quiet", str(root))
    for message in ("Added a page", f"{GOOD}\n\nIt took two calls.", "Fixes it"):
        git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    return root


@pytest.mark.parametrize(
    "message",
    [
        f"{GOOD}\n\nIt took two calls.",
        f"{LONG}\n\nWhy.\n\nSigned-off-by: a",
        "Process, address and feed it\n\nWhy.",
        "Bring pages along\n\nWhy.",
    ],
)
def test_good_messages(message: str) -> None:
    """An imperative of at most 72 characters, an empty line and a body are accepted."""
    assert list(commits.problems(message)) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (f"{LONG}x\n\nWhy.", "the subject has 73 characters"),
        (GOOD, "no body"),
        (f"{GOOD}\nWhy.", "the line after the subject is not empty"),
        (f"{GOOD}.\n\nWhy.", "ends with a period"),
        ("Added pages\n\nWhy.", "begins with 'Added'"),
        ("fixes pages\n\nWhy.", "begins with 'fixes'"),
        ("Reading pages\n\nWhy.", "begins with 'Reading'"),
        ("fix: pages\n\nWhy.", "begins with 'fix:'"),
    ],
)
def test_bad_messages(message: str, words: str) -> None:
    """Anything else is reported, one line per problem."""
    (line,) = commits.problems(message)
    assert words in line


def test_older_commits_are_not_checked(history: Path) -> None:
    """Only what follows the base is checked, and each line names its commit."""
    first, last = git(history, "rev-parse", "HEAD~2"), git(history, "rev-parse", "HEAD")
    assert commits.check(history, last) == []
    lines = commits.check(history, first)
    assert len(lines) == 2
    assert all(last.startswith(line.split(":")[0]) for line in lines)


def test_nothing_to_check(history: Path, tmp_path: Path) -> None:
    """A shallow clone without the base, and an sdist, have nothing to check."""
    first = git(history, "rev-parse", "HEAD~2")
    git(tmp_path, "clone", "--quiet", "--depth=1", history.as_uri(), "shallow")
    assert commits.check(tmp_path / "shallow", first) == []
    assert commits.check(tmp_path, first) == []
