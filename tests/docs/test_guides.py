"""What CONTRIBUTING.md and the design say about the code, its checks and CI is true."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests import test_layers
from tests.docs.documents import GUIDE, PAGES, PROJECT, ROOT, read, recipe

DESIGN = PAGES["docs/design.md"]
GUIDES = {"CONTRIBUTING.md": GUIDE, "docs/design.md": DESIGN}
CODE = ("packages", "tap_sagemaker_tuning", "tap_tools", "tests")
PLACEHOLDER = re.compile(r"NAME|FUNCTION|SLUG|KIND")
MADE = {".venv", ".venv/bin/sagemaker-tuning-emulator"}
"""What `make setup` makes."""


def quoted(text: str) -> set[str]:
    """The words in backticks, without placeholders."""
    words = re.findall(r"(?<!`)`([^`\s]+)`(?!`)", text)
    return {word for word in words if not PLACEHOLDER.search(word)}


@cache
def paths() -> list[str]:
    """All paths of the project, each with a slash before it."""
    found = [
        path for path in ROOT.glob("*") if not path.name.startswith((".git", ".v"))
    ]
    for folder in (*CODE, "docs", "schemas", "transform"):
        found += (ROOT / folder).rglob("*")
    return [f"/{path.relative_to(ROOT).as_posix()}" for path in found]


@cache
def words() -> set[str]:
    """All words of the project's own code."""
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    here = Path(__file__)
    texts = [path.read_text(encoding="utf-8") for path in files if path != here]
    return set(re.findall(r"[\w-]+", "\n".join(texts)))


@pytest.mark.skipif(
    not (ROOT / "tap_sagemaker_tuning").exists(), reason="the code is not beside it"
)
@pytest.mark.parametrize("name", GUIDES)
def test_what_they_name_exists(name: str) -> None:
    """Each path in backticks exists, and each name in backticks is in the code."""
    missing = []
    for word in quoted(GUIDES[name]) - MADE:
        is_path = "/" in word or re.search(r"\.(md|py|yml|txt|toml|example)$", word)
        if is_path:
            end = f"/{word.removesuffix('/')}"
            exists = any(path.endswith(end) for path in paths())
        else:
            exists = set(re.findall(r"[\w-]+", word)) <= words()
        missing += [] if exists else [word]
    assert missing == []


def test_layers_are_in_this_order() -> None:
    """The design's line of layers is that of the test of imports, from the top down."""
    (line,) = re.findall(r"^`airbyte` → .*$", DESIGN, re.MULTILINE)
    layers = [re.findall(r"`(\w+)`", part) for part in line.split("→")]
    floors = [{test_layers.floor(name) for name in layer} for layer in layers]
    numbers = [number for (number,) in floors]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len(numbers)


def targets(name: str) -> set[str]:
    """What a workflow makes; Python's version is left out."""
    workflow = yaml.safe_load(read(f".github/workflows/{name}.yml"))
    commands = [
        step["run"]
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    words = " ".join(commands).replace('"', "").split()
    return {re.sub(r"python-.*", "python", word) for word in words if word[0] != "-"}


def test_ci_runs_the_gate() -> None:
    """CI runs what `make check` does, and the tap on every Python that it supports."""
    recipes = "".join(map(recipe, ("check", "static")))
    gate = set(re.findall(r" ([a-z][a-z0-9.-]+)(?=[ \n])", recipes)) - {"static"}
    assert gate | {"make", "python"} == targets("ci")
    (newest,) = re.findall(r"call find,([\d.]+)", recipe("wheel"))
    assert f"on Python {newest}, if it is installed" in GUIDE
    oldest, *_, last = [
        name.removeprefix("Programming Language :: Python :: ")
        for name in PROJECT["project"]["classifiers"]
        if "Python :: 3." in name
    ]
    assert f"CI runs the same, and the tap on Python {oldest} to {last}." in GUIDE
    assert f'python-version: "{oldest}"' in read(".github/workflows/ci.yml")


def test_ci_runs_these_at_night() -> None:
    """The guide names what CI runs every night."""
    (line,) = re.findall(r"^Every night, .*$", GUIDE, re.MULTILINE)
    assert set(re.findall(r"`make (\w+)`", line)) | {"make"} == targets("nightly")


def test_setup_needs_these_pythons() -> None:
    """The guide and the gate name the Pythons on which everything can be installed."""
    bounds = test_layers.projects()["sagemaker-tuning-report"]["requires-python"]
    ((oldest, beyond),) = re.findall(r"^>=3\.(\d+),<3\.(\d+)$", bounds)
    said = f"Python 3.{oldest} to 3.{int(beyond) - 1}, "
    assert f"You need {said}" in GUIDE
    assert f"Needs {said}" in read(".ci/run")


def test_setup_refuses_other_packages() -> None:
    """What `make setup` installs has a hash in the constraints, or is the project."""
    installs = [line for line in recipe("$(SETUP)").split("\n") if "install" in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation" in line


def test_marks_are_known() -> None:
    """The marks of tests that `make test` leaves out are the same in the guide, in
    pytest's settings, in the Makefile and, except `process`, in the time limits."""
    marks = {mark.partition(":")[0] for mark in PROJECT["tool"]["pytest"]["markers"]}
    (limited,) = re.findall(r"^LONG = \((.*)\)$", read("conftest.py"), re.MULTILINE)
    (long,) = re.findall(r"^LONG := (.*)$", read("Makefile"), re.MULTILINE)
    others = marks - {"process"}  # of tests that take only seconds
    assert set(re.findall(r"\w+", limited)) == others
    assert {*long.split(" or "), "distributed"} == others
    assert '-m "process or $(LONG)"' in recipe("long")
    assert marks <= quoted(GUIDE)


def test_cases_have_one_form() -> None:
    """A case says why it is there, what is given and what to expect."""
    paths = list((ROOT / "tests" / "cases").glob("*/*.json"))
    assert len(paths) > 100
    for path in paths:
        case = json.loads(path.read_text(encoding="utf-8"))
        assert list(case) == ["why", "given", "expect"], path
        assert case["why"], path


def test_the_sdk_has_a_bound() -> None:
    """The Singer SDK stays below its next minor version."""
    (sdk,) = [
        name
        for name in PROJECT["project"]["dependencies"]
        if name.startswith("singer-sdk")
    ]
    ((oldest, beyond),) = re.findall(r">=0\.(\d+)\.\d+,<0\.(\d+)$", sdk)
    assert int(beyond) == int(oldest) + 1
