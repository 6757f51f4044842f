"""Checks the form of commit messages: `python -m tap_tools.commits`."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tap_tools import ROOT
from tap_tools.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "e1642a1aea298ff368ce2a2635f386394f90b90e"
"""The newest commit that is not checked."""

_LONGEST = 72
_NOT_IMPERATIVE = re.compile(
    r"(?!Alias$|Embed$)(\w{2,}(?<!e)ed|\w{3,}(?<!r)ing|\w+(?<![isu])s)", re.IGNORECASE
)


def problems(message: str) -> Iterator[str]:
    """Say what is wrong with a commit's message."""
    subject, *rest = message.strip().split("\n")
    if len(subject) > _LONGEST:
        yield f"the subject has {len(subject)} characters, and may have {_LONGEST}"
    first = subject.split(" ")[0].removesuffix(",")
    if not first.isalpha() or _NOT_IMPERATIVE.fullmatch(first):
        yield f"the subject begins with '{first}': use an imperative, such as Add"
    if subject.endswith("."):
        yield "the subject ends with a period"
    if not rest:
        yield "no body: say why, after an empty line"
    elif rest[0]:
        yield "the line after the subject is not empty"


def check(root: Path, base: str) -> list[str]:
    """Check the commits since `base`.

    Returns:
        A line for each problem; nothing in an sdist, or in a clone that is too shallow
        to have `base`.
    """
    if not (root / ".git").exists():
        return []
    try:
        git(root, "merge-base", "--is-ancestor", base, "HEAD")
    except subprocess.CalledProcessError:
        return []
    log = git(root, "log", "--no-merges", "--format=%h %B%x00", f"{base}..HEAD")
    entries = [entry.strip() for entry in log.split("\0")]
    commits = [entry.partition(" ")[::2] for entry in entries if entry]
    return [f"{short}: {line}" for short, text in commits for line in problems(text)]


def main() -> int:
    """Print what is wrong, and return the exit code."""
    lines = check(ROOT, BASE)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
