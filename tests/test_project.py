"""Versions match, and no file depends on a machine."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import yaml

from tap_tools.git import known_files
from tests.docs.documents import GUIDE, PAGES, PROJECT, README, ROOT, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = PROJECT["project"]["version"]
MACHINE = re.compile(r"(?<![\w.])/(work|root|home|Users)/[\w.]")
TESTS = [
    *sorted((ROOT / "tests").rglob("test_*.py")),
    *sorted((ROOT / "packages").glob("*/tests/test_*.py")),
]
REGISTRIES = ("pypi.org" + "/simple", "files." + "pythonhosted.org")


def test_changelog_ends_at_this_version() -> None:
    """The changelog begins with this version, and older ones follow in order."""
    released = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == VERSION
    numbers = [[int(part) for part in version.split(".")] for version in released]
    assert all(newer > older for newer, older in pairwise(numbers))


def test_parts_have_this_version() -> None:
    """The dbt project and the Airbyte connector have the tap's version."""
    models = yaml.safe_load(read("transform/dbt_project.yml"))
    connector = yaml.safe_load(read("registries/airbyte/metadata.yaml"))
    assert models["version"] == VERSION
    assert connector["data"]["dockerImageTag"] == VERSION


def test_wheels_name_has_this_version() -> None:
    """The wheel that the documents install is the one that is built."""
    text = "\n".join(PAGES.values())
    wheels = set(re.findall(r"tap_sagemaker_tuning-\S+\.whl", text))
    assert wheels == {f"tap_sagemaker_tuning-{VERSION}-py3-none-any.whl"}


def test_python_versions_agree() -> None:
    """The classifiers list all versions from requires-python on, without a gap."""
    prefix = "Programming Language :: Python :: 3."
    minors = [
        int(classifier.removeprefix(prefix))
        for classifier in PROJECT["project"]["classifiers"]
        if classifier.startswith(prefix)
    ]
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=3.")
    assert minors == list(range(int(oldest), int(oldest) + len(minors)))
    assert f"Python 3.{oldest} or later" in README


def test_documents_are_short() -> None:
    """CONTRIBUTING.md has at most 80 lines, and the README about 250."""
    assert len(GUIDE.splitlines()) <= 80
    assert len(README.splitlines()) <= 260


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_file_knows_a_machine() -> None:
    """No file has a path on a developer's machine, or the host of a registry."""
    places = []
    for name in known_files(ROOT):
        text = (ROOT / name).read_bytes().decode(errors="replace")
        places += [(name, path[0]) for path in MACHINE.finditer(text)]
        places += [(name, host) for host in REGISTRIES if host in text]
    assert places == []


def functions_of(path: Path) -> Iterator[ast.FunctionDef]:
    """The test functions of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_state_their_law(path: Path) -> None:
    """Every test has a docstring."""
    lawless = [test.name for test in functions_of(path) if not ast.get_docstring(test)]
    assert lawless == []
