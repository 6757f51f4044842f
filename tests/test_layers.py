"""The house: floors on which modules stand, imports that lead down only, no circle.

Imports of any kind count, those for types only and those inside functions as well.
"""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "tap_sagemaker_tuning"
FLOORS = (
    {"values"},
    {"__init__", "environment", "exceptions", "output", "printable", "settings"},
    {"config_schema", "shapes"},
    {"aws", "replication"},
    {"list_checks"},
    {"scope_checks"},
    {"checks", "log", "sync"},
    {"streams"},
    {"access", "catalog_checks", "command"},
    {"tap"},
    {"airbyte", "contract"},
)
"""From the ground up. What stands on one floor does not know of each other."""

PURE = {
    "aws.trial_search",
    "exceptions",
    "printable",
    "replication",
    "shapes",
    "values",
}
"""Modules, and a part with all of its modules, that know neither files nor the wire."""

IMPURE = {"boto3", "botocore", "mypy_boto3_sagemaker", "requests", "singer_sdk"}


@cache
def sources() -> dict[str, ast.Module]:
    """What each module of the package says, by its name below the package's."""
    spec = find_spec(PACKAGE)
    root = Path(str(spec and spec.origin)).parent
    return {
        ".".join(path.relative_to(root).with_suffix("").parts): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(root.rglob("*.py"))
    }


def imported(source: ast.Module) -> set[str]:
    """Full names of all that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_of(name: str) -> str | None:
    """The module of the package that a full name leads to; None: it is another's."""
    if name.partition(".")[0] != PACKAGE:
        return None
    parts = name.split(".")[1:]
    for known in (parts, parts[:-1]):
        for module in (".".join(known), ".".join([*known, "__init__"])):
            if module in sources():
                return module
    pytest.fail(f"there is no {name}")


@cache
def arrows() -> dict[str, set[str]]:
    """Which modules of the package each of them imports."""
    return {
        name: {module for each in imported(source) if (module := module_of(each))}
        for name, source in sources().items()
    }


def floor(module: str) -> int:
    """On which floor a module stands."""
    part = module.partition(".")[0]
    found = [number for number, parts in enumerate(FLOORS) if part in parts]
    assert len(found) == 1, f"{module} has to stand on one floor: see FLOORS"
    return found[0]


def reached_from(module: str) -> set[str]:
    """A module and all that it leads to."""
    found, left = set(), [module]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += arrows()[one]
    return found


@pytest.mark.parametrize("module", sources())
def test_imports_lead_down(module: str) -> None:
    """To a floor below, or to what is in the same part of the package."""
    part = module.partition(".")[0]
    up = {
        other
        for other in arrows()[module]
        if other.partition(".")[0] != part and floor(other) >= floor(module)
    }
    assert up == set()


def test_there_is_no_circle() -> None:
    """No module leads back to itself (`graphlib` raises where one does)."""
    order = list(TopologicalSorter(arrows()).static_order())
    assert sorted(order) == sorted(sources())


@pytest.mark.parametrize(
    "module",
    [
        module
        for module in sources()
        if {module, module.removesuffix(".__init__").partition(".")[0]} & PURE
    ],
)
def test_what_is_pure_leads_to_no_io(module: str) -> None:
    """What is pure knows neither AWS's SDK nor Singer's, by no way round either."""
    names = {
        name.partition(".")[0]
        for each in reached_from(module)
        for name in imported(sources()[each])
    }
    assert names & IMPURE == set()


def test_imports_are_seen() -> None:
    """The tests above see what is imported, for types only and in functions as well."""
    assert "botocore.exceptions" in imported(sources()["aws.client"])
    assert "aws.scope" in arrows()["aws.client"]  # for types only
    assert "aws.sessions" in arrows()["sync.discovery"]  # in a function
    assert "botocore" in {
        name.partition(".")[0]
        for each in reached_from("sync.failures")
        for name in imported(sources()[each])
    }
    assert reached_from("tap") >= {"tap", "sync.run", "aws.client", "values"}
