"""Asks git about a checkout."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(root: Path, *arguments: str) -> str:
    """Return the output of a git command.

    Raises:
        CalledProcessError: It failed.
    """
    done = subprocess.run(  # noqa: S603 - ours
        ["git", *arguments],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def known_files(root: Path) -> list[str]:
    """The paths of all files that git does not ignore, new ones included."""
    listed = git(root, "ls-files", "--cached", "--others", "--exclude-standard")
    return [name for name in listed.splitlines() if (root / name).is_file()]
