"""The version: whether all that names it agrees, and what only a person can decide."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tap_tools.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!## ).*\n?)*)", re.MULTILINE)
_WHEEL = re.compile(r"tap_sagemaker_tuning-(\d[^-\s]*)-py3")


def project(root: Path) -> dict[str, Any]:
    """The table `project` of pyproject.toml."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    table: dict[str, Any] = settings["project"]
    return table


def missing(root: Path) -> Iterator[str]:
    """Say what does not agree with the version of pyproject.toml.

    Args:
        root: The checkout.
    """
    version = project(root)["version"]
    yield from _of_the_changelog(root, version)
    yield from _of_the_tags(root, version)
    documents = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    for path in documents:
        named = set(_WHEEL.findall(path.read_text(encoding="utf-8")))
        if named - {version}:
            others = ", ".join(sorted(named - {version}))
            yield f"{path.name} names a wheel of {others}, not of {version}"


def to_decide(root: Path) -> Iterator[str]:
    """Say what no program can add."""
    table = project(root)
    if "urls" not in table:
        yield "pyproject.toml has no [project.urls]: where the repository is"
    definition = root / "registries" / "meltano" / f"{table['name']}.yml"
    if "pip_url: ${" in definition.read_text(encoding="utf-8"):
        yield (
            "tap_tools/generated/registries.py takes the package from a variable: once "
            f"{table['name']} is registered on an index, let its pip_url be that name"
        )
    yield "the index has to trust .github/workflows/release.yml, environment pypi"


def _sections(root: Path) -> dict[str, str]:
    """The bodies of the changelog's sections, by title."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    return {each["title"]: each["body"].strip() for each in _SECTION.finditer(text)}


def _of_the_changelog(root: Path, version: str) -> Iterator[str]:
    sections = _sections(root)
    fragments = len(list((root / "changes").glob("+*")))
    released = [title for title in sections if title.split(" - ")[0] == version]
    if fragments and released:
        yield (
            f"changes/ has {fragments} fragments, but CHANGELOG.md has an entry for "
            f"{version}: choose the next version in pyproject.toml"
        )
    elif fragments:
        yield (
            f"changes/ has {fragments} fragments that CHANGELOG.md lacks: run "
            f".venv/bin/towncrier build --yes --version {version}"
        )
    elif not released:
        yield f"CHANGELOG.md has no entry for {version}"
    elif not re.search(r" - \d{4}-\d{2}-\d{2}$", released[0]):
        yield f"CHANGELOG.md has no date for {version}"
    elif not sections[released[0]]:
        yield f"CHANGELOG.md has an empty entry for {version}"


def _of_the_tags(root: Path, version: str) -> Iterator[str]:
    if f"v{version}" not in _tags(root, "--points-at", "HEAD"):
        yield f"the commit that is checked out has no tag v{version}"
    tags = _tags(root)
    for title in _sections(root):
        earlier = title.split(" - ")[0]
        if earlier != version and f"v{earlier}" not in tags:
            yield f"CHANGELOG.md has a release {earlier} that has no tag v{earlier}"


def _tags(root: Path, *options: str) -> list[str]:
    return git(root, "tag", *options).split()
