"""The connector's metadata and pages match what the source does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from tap_sagemaker_tuning.airbyte.source import FAILURE_TYPES, AirbyteTap

if TYPE_CHECKING:
    from tap_sagemaker_tuning.streams.base import TapStream

CHECKOUT = Path(__file__).resolve().parents[2]
REGISTRY = CHECKOUT / "registries" / "airbyte"
PAGE = (REGISTRY / "sagemaker-tuning.md").read_text(encoding="utf-8")
GUIDE = (CHECKOUT / "docs" / "airbyte.md").read_text(encoding="utf-8")
METADATA = yaml.safe_load((REGISTRY / "metadata.yaml").read_text("utf-8"))["data"]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
TAP = AirbyteTap(setup_mapper=False)
STREAMS = {stream["name"]: stream for stream in TAP.describe()["streams"]}


def rows(page: str, head: str) -> dict[str, list[list[str]]]:
    """The table whose header starts with these titles.

    Returns:
        By the code in the first cell of a row, the code in the other cells.
    """
    table = page.partition(f"| {head} |")[2].partition("\n\n")[0]
    cells = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    code = [[re.findall("`([^`]+)`", cell) for cell in row] for row in cells]
    return {row[0][0]: row[1:] for row in code}


def actions(name: str) -> set[str]:
    """The IAM actions of a stream's calls."""
    stream = cast("TapStream", TAP.streams[name])
    return {operation.iam_action for operation in stream.operations}


def test_metadata() -> None:
    """The metadata has the project's version and license, and suggests the streams that
    are selected by default."""
    assert METADATA["dockerImageTag"] == PROJECT["version"]
    assert METADATA["license"] == PROJECT["license"]
    selected = {name for name, stream in TAP.streams.items() if stream.selected}
    assert set(METADATA["suggestedStreams"]["streams"]) == selected != set()


def test_page_has_airbytes_headings() -> None:
    """The page has the headings that Airbyte's checks require, in order."""
    assert re.findall("^##? (.+)$", PAGE, re.MULTILINE) == [
        METADATA["name"],
        "Prerequisites",
        "Setup guide",
        f"Set up {METADATA['name']}",
        f"Set up the {METADATA['name']} connector in Airbyte",
        "Supported sync modes",
        "Supported Streams",
        "Data type map",
        "Limitations & Troubleshooting",
        "Changelog",
    ]
    assert f"| {PROJECT['version']} |" in PAGE.partition("## Changelog")[2]


def test_page_has_all_streams() -> None:
    """The page names each stream with its primary key and its cursor."""
    table = rows(PAGE, "Stream | What a row is | Primary key | Cursor")
    assert {name: row[1:] for name, row in table.items()} == {
        name: [
            [key for (key,) in stream["source_defined_primary_key"]],
            stream.get("default_cursor_field", []),
        ]
        for name, stream in STREAMS.items()
    }


def test_page_has_all_actions() -> None:
    """The page names the IAM actions of each stream."""
    table = rows(PAGE, "Stream | Actions")
    assert table.keys() == STREAMS.keys()
    for name, (listed,) in table.items():
        assert set(listed) == actions(name)


def test_guide_has_all_failure_types() -> None:
    """The guide says what each type of failure means."""
    assert rows(GUIDE, "`failure_type`").keys() == set(FAILURE_TYPES)


@pytest.mark.parametrize("block", re.findall("```python\n(.+?)```", GUIDE, re.DOTALL))
def test_guide_is_python(block: str) -> None:
    """The guide's programs are valid Python; test_pyairbyte.py runs them."""
    compile(block, "docs/airbyte.md", "exec")
