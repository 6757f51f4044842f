"""The sdist: whether it holds all, and builds, documents and tests itself."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tools.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEPS = (("docs",), ("test",))
"""Targets of make that the unpacked sdist has to pass."""


def unclean(root: Path) -> Iterator[str]:
    """Say if there is something in the checkout that no commit has."""
    if changed := git(root, "status", "--porcelain").splitlines():
        yield f"uncommitted changes: {len(changed)} paths in git status"


def missing(root: Path) -> Iterator[str]:
    """Build, and say what the sdist lacks or cannot do.

    Args:
        root: The checkout, whose `dist` is left with what was built.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if problem := _fails(["make", "built"], root):
            yield f"a package does not build: {problem}"
            return
        (sdist,) = (root / "dist").glob("tap_sagemaker_tuning-*.tar.gz")
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (unpacked,) = folder.iterdir()
        for path in not_held(root, unpacked):
            yield f"the sdist lacks {path}"
        for targets in _STEPS:
            if problem := _fails(["make", *targets], unpacked):
                yield f"make {' '.join(targets)} fails in the sdist: {problem}"


def not_held(root: Path, unpacked: Path) -> list[str]:
    """Files that git knows and the sdist lacks; `make setup` makes links."""
    listed = git(root, "ls-files").splitlines()
    known = [path for path in listed if not (root / path).is_symlink()]
    return [path for path in known if not (unpacked / path).is_file()]


def _fails(command: list[str], folder: Path) -> str | None:
    """Run a command, and return its last line if it fails."""
    done = subprocess.run(  # noqa: S603 - ours
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    return (lines or ["no output"])[-1] if done.returncode else None
