"""Reads the documents for the tests in this folder."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from tap_tools.generated import pages

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

Json = dict[str, Any]


def read(name: str) -> str:
    """The text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


README = read("README.md")
GUIDE = read("CONTRIBUTING.md")
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in pages.pages()
}
"""The README and the pages of the documentation, by their paths."""


FAMILIES = ("who-won", "what-failed", "what-it-cost", "what-next", "is-it-complete")
QUESTIONS = [f"docs/models/{family}.md" for family in FAMILIES]
"""The pages of the models that have queries, one per family of questions."""

NOT_OURS = {"build", "dist", "node_modules", "output"}
"""Top-level folders that git ignores, besides those with a leading dot."""


def documents() -> dict[str, str]:
    """Every document of the project, by its path."""
    files = [*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md")]
    for folder in ROOT.iterdir():
        is_ours = not folder.name.startswith(".") and folder.name not in NOT_OURS
        files += folder.rglob("*.md") if is_ours else []
    paths = sorted(path.relative_to(ROOT) for path in files)
    return {
        path.as_posix(): (ROOT / path).read_text(encoding="utf-8")
        for path in paths
        if "target" not in path.parts  # written by dbt
    }


DOCUMENTS = documents()


class Block(NamedTuple):
    """A block of code, with its page and heading."""

    page: str
    section: str
    text: str


def blocks(language: str, pages: dict[str, str] | None = None) -> list[Block]:
    """The blocks of code in one language, in the order of the pages."""
    marks = re.compile(
        r"^#+ (?P<heading>[^\n]+)$|^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$",
        re.MULTILINE | re.DOTALL,
    )
    made = []
    for name, text in (PAGES if pages is None else pages).items():
        section = ""
        for each in marks.finditer(text):
            section = each["heading"] or section
            if each["language"] == language:
                made.append(Block(name, section, each["text"]))
    return made


def commands(pages: dict[str, str] | None = None) -> list[str]:
    """The commands in all console blocks, in order."""
    lines = [
        line.strip()
        for block in blocks("console", pages)
        for line in block.text.splitlines()
    ]
    return [line.removeprefix("$ ") for line in lines if line]


def of_kind(key: str) -> list[tuple[str, Json]]:
    """The JSON examples with this key, each with its page and section."""
    return [
        (f"{block.page}: {block.section}", document)
        for block in blocks("json")
        if key in (document := json.loads(block.text))
    ]


CONFIGS = of_kind("regions")
TARGETS = of_kind("sqlalchemy_url")
POLICIES = of_kind("Statement")
STATES = of_kind("bookmarks")
AIRBYTE_STATES = [
    document
    for block in blocks("json")
    if isinstance(document := json.loads(block.text), list)
]


def headings(text: str) -> list[str]:
    """The headings, without marks."""
    outside = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+)$", outside, re.MULTILINE)


def anchor(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def recipe(target: str) -> str:
    """The recipe of a target in the Makefile."""
    lines = rf"^{re.escape(target)}:.*\n((?:\t.*\n)+)"
    (found,) = re.findall(lines, read("Makefile"), re.MULTILINE)
    return str(found).replace("\\\n", "")
