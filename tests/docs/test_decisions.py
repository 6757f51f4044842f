"""The records of decisions have numbers and one form, and the index lists them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.docs.documents import PAGES, headings

FOLDER = "docs/decisions/"
INDEX = f"{FOLDER}index.md"
RECORDS = sorted(name for name in PAGES if name.startswith(FOLDER) and name != INDEX)
SECTIONS = ["Context", "Decision", "Measured", "Consequences"]
STATUS = re.compile(r"Status: (accepted|replaced by (?P<newer>\d{4})), (?P<date>\S+)")
GUARD = re.compile(r"\]\(\.\./\.\./(tests|packages/\w+/tests|tap_tools/benchmarks)/")


def test_numbers_have_no_gap() -> None:
    """The numbers of the records begin at 1 and have no gap."""
    assert len(RECORDS) > 10
    numbers = [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]
    assert [name.removeprefix(FOLDER)[:5] for name in RECORDS] == numbers


def test_index_lists_each_record() -> None:
    """The index lists all records, in the order of their numbers."""
    (listed,) = re.findall(r"```{toctree}\n(.*?)```", PAGES[INDEX], re.DOTALL)
    entries = [line for line in listed.split("\n") if line and line[0] != ":"]
    assert [f"{FOLDER}{entry}.md" for entry in entries] == RECORDS


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_one_form(name: str) -> None:
    """A record has its number, a status with a date, four sections with text, and at
    most 25 lines."""
    text = PAGES[name]
    title, *sections = headings(text)
    assert title.startswith(f"{int(name.removeprefix(FOLDER)[:4])}. ")
    assert sections == SECTIONS
    assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE))
    assert len(text.splitlines()) <= 25
    status = STATUS.fullmatch(text.splitlines()[2])
    assert status is not None
    date.fromisoformat(status["date"])
    newer = status["newer"]
    assert newer is None or newer in {each.removeprefix(FOLDER)[:4] for each in RECORDS}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_names_its_guard(name: str) -> None:
    """A record links to the test or the benchmark that would show if it were undone."""
    assert GUARD.search(PAGES[name])
