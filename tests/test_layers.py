"""The package's layers: imports only lead down, and never in a circle.

All imports count, even those for types only and those inside functions.
"""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.docs.documents import PROJECT, ROOT

PACKAGE = "tap_sagemaker_tuning"
FLOORS = (
    {"values"},
    {"__init__", "exceptions", "printable", "settings"},
    {"shapes"},
    {"aws", "replication"},
    {"sync"},
    {"streams"},
    {"catalog_checks", "cli"},
    {"tap"},
    {"airbyte"},
)
"""The layers, from the bottom up. Parts in one layer do not import each other."""

PURE = {
    "aws.found_trials",
    "exceptions",
    "printable",
    "replication",
    "shapes",
    "values",
}
"""Modules, and a part with all its modules, that use neither files nor the network."""

IMPURE = {"boto3", "botocore", "mypy_boto3_sagemaker", "requests", "singer_sdk"}


DISTRIBUTIONS: dict[str, set[str]] = {
    "sagemaker-tuning-contract": {"tap-sagemaker-tuning"},
    "sagemaker-tuning-emulator": set(),
    # Its command runs the tap, and the emulator for a demo.
    "sagemaker-tuning-report": {"sagemaker-tuning-emulator", "tap-sagemaker-tuning"},
    "tap-sagemaker-tuning": set(),
}
"""Each distribution, and which others it needs."""

OWN = {"conftest", "packages", "tap_tools", "tests"} | {
    name.replace("-", "_") for name in DISTRIBUTIONS
}
"""The top-level names of everything in this repository."""


@cache
def sources(package: str = PACKAGE) -> dict[str, ast.Module]:
    """The parsed modules of a package, by their names inside the package."""
    spec = find_spec(package)
    root = Path(str(spec and spec.origin)).parent
    return {
        ".".join(path.relative_to(root).with_suffix("").parts): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(root.rglob("*.py"))
    }


def imported(source: ast.Module) -> set[str]:
    """Full names of everything that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_of(name: str, package: str) -> str | None:
    """The package's module with this full name, or None if it is another's."""
    if name.partition(".")[0] != package:
        return None
    parts = name.split(".")[1:]
    for known in (parts, parts[:-1]):
        for module in (".".join(known), ".".join([*known, "__init__"])):
            if module in sources(package):
                return module
    pytest.fail(f"there is no {name}")


@cache
def arrows(package: str = PACKAGE) -> dict[str, set[str]]:
    """The modules of a package that each of them imports."""
    return {
        name: {
            module
            for each in imported(source)
            if (module := module_of(each, package)) not in {None, name}
        }
        for name, source in sources(package).items()
    }


def floor(module: str) -> int:
    """The layer of a module."""
    part = module.partition(".")[0]
    floors = [number for number, parts in enumerate(FLOORS) if part in parts]
    assert len(floors) == 1, f"{module} must be in exactly one layer: see FLOORS"
    return floors[0]


def reached_from(module: str) -> set[str]:
    """A module and everything that it imports, directly or indirectly."""
    reached, left = set(), [module]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += arrows()[name]
    return reached


@pytest.mark.parametrize("module", sources())
def test_imports_lead_down(module: str) -> None:
    """A module imports only lower layers and its own part of the package."""
    part = module.partition(".")[0]
    up = {
        other
        for other in arrows()[module]
        if other.partition(".")[0] != part and floor(other) >= floor(module)
    }
    assert up == set()


@pytest.mark.parametrize(
    "package",
    [*(name.replace("-", "_") for name in DISTRIBUTIONS), "tap_tools"],
)
def test_there_is_no_circle(package: str) -> None:
    """No module imports itself indirectly (`graphlib` raises if one does)."""
    order = list(TopologicalSorter(arrows(package)).static_order())
    assert sorted(order) == sorted(sources(package))


@pytest.mark.parametrize(
    "module",
    [
        module
        for module in sources()
        if {module, module.removesuffix(".__init__").partition(".")[0]} & PURE
    ],
)
def test_what_is_pure_leads_to_no_io(module: str) -> None:
    """Pure modules use neither AWS's SDK nor Singer's, even indirectly."""
    names = {
        name.partition(".")[0]
        for each in reached_from(module)
        for name in imported(sources()[each])
    }
    assert names & IMPURE == set()


def test_the_commit_loop_knows_no_singer() -> None:
    """Nothing in sync/ uses the Singer SDK: the laws run on it without."""
    loop = [source for module, source in sources().items() if module[:5] == "sync."]
    names = {name.partition(".")[0] for source in loop for name in imported(source)}
    assert len(loop) > 10
    assert "singer_sdk" not in names


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions_import_only_what_they_need(name: str) -> None:
    """No distribution imports one that it does not depend on, or a test."""
    package = name.replace("-", "_")
    names = {
        imported_name.partition(".")[0]
        for source in sources(package).values()
        for imported_name in imported(source)
    }
    needed = {other.replace("-", "_") for other in DISTRIBUTIONS[name]}
    assert (names & OWN) - {package} <= needed


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions_declare_what_they_need(name: str) -> None:
    """A distribution has this version, and requires the others in the same one."""
    project = projects()[name]
    ours = {
        str(requirement)
        for requirement in map(Requirement, project["dependencies"])
        if requirement.name in DISTRIBUTIONS
    }
    version = PROJECT["project"]["version"]
    assert project["version"] == version
    assert ours == {f"{other}=={version}" for other in DISTRIBUTIONS[name]}


def test_all_distributions_are_known() -> None:
    """Every pyproject.toml is in DISTRIBUTIONS, and has the repository's license."""
    assert projects().keys() == DISTRIBUTIONS.keys()
    license_text = (ROOT / "LICENSE").read_bytes()
    copies = [path.read_bytes() for path in ROOT.glob("packages/*/LICENSE")]
    assert copies == [license_text] * (len(DISTRIBUTIONS) - 1)


def projects() -> dict[str, dict[str, Any]]:
    """The `project` table of each pyproject.toml, by name."""
    tables = [
        tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for path in [ROOT / "pyproject.toml", *ROOT.glob("packages/*/pyproject.toml")]
    ]
    return {table["name"]: table for table in tables}


def test_imports_are_seen() -> None:
    """Imports for types only and inside functions are found."""
    assert "botocore.exceptions" in imported(sources()["aws.client"])
    assert "aws.scope" in arrows()["aws.client"]  # only for types
    assert "aws.sessions" in arrows()["sync.discovery"]  # in a function
    assert "botocore" in {
        name.partition(".")[0]
        for each in reached_from("sync.failures")
        for name in imported(sources()[each])
    }
    assert reached_from("tap") >= {"tap", "sync.run", "aws.client", "values"}
