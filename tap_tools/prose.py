"""Wordings that the project avoids, and better ones: `python -m tap_tools.prose`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tap_tools import ROOT
from tap_tools.git import known_files

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = {
    ".cff",
    ".js",
    ".json",
    ".md",
    ".py",
    ".sh",
    ".sql",
    ".toml",
    ".yaml",
    ".yml",
}
ELSEWHERE = ("tap_tools/prose.py", "tests/docs/test_prose.py")
"""Files that quote these wordings."""

_THINGS = (
    "account|call|commit|day|file|key|line|page|problem|question|record|region|row|"
    "scope|setting|stream|table|trial|tuning job|visit"
)
_NOT_NOUNS = "such|of|or|and|in|with|to|than|by|is|for|as|at|from|on|has|was"


class Avoided(NamedTuple):
    """A wording to avoid.

    Attributes:
        pattern: A regular expression; a space matches any white space, and the `#` of
            a comment that goes on in the next line.
        better: What to write instead.
        example: A sentence that has it.
    """

    pattern: str
    better: str
    example: str


AVOIDED = (
    Avoided(r"can not(?! be converted)", "cannot, or can't", "It can not be read."),
    Avoided(
        rf"an? (?!{_NOT_NOUNS})\w+ an? (?:{_THINGS})",
        "one … per …, or each …",
        "It writes a line a scope.",
    ),
    Avoided(r"as far as", "if, where, or how far", "As far as they are set."),
    Avoided(r"of which", "whose, among them, or two sentences", "Six, of which two."),
    Avoided(r"whatever", "any, whichever, or regardless of", "Whatever a user does."),
    Avoided(r"so that it may", "so that it can", "Written so that it may be read."),
    Avoided(
        r"(?:that|which|it) is no (?!longer|more\b|less\b)\w+",
        "is not a …, or unknown …",
        "A name that is no setting.",
    ),
    Avoided(r"tr(?:y|ies|ied) again", "retry, retries, retried", "It is tried again."),
    Avoided(r"g(?:ives?|ave|iven|iving) up", "abandon", "The tuning job is given up."),
    Avoided(r"go(?:es)? on (?:there|from)", "resume", "The next one goes on there."),
    Avoided(r"t(?:ells?|old) of", "report, or show", "The log tells of it."),
    Avoided(r"anew", "again, rebuild, or replace", "It is made anew."),
    Avoided(r"by (?:its|their) own word", "according to its own …", "By its own word."),
    Avoided(r"on no index", "not on PyPI", "The package is on no index."),
    Avoided(
        r"what is asked of", "its task, or its request", "It does what is asked of it."
    ),
    Avoided(r"in the place of", "in place of, or instead of", "In the place of it."),
    Avoided(r"takes? over all", "import everything", "It takes over all of it."),
    Avoided(r"frontier", "high-water mark", "Behind the frontier."),
)


class Finding(NamedTuple):
    """A wording to avoid, where it stands."""

    line: int
    text: str
    better: str


def findings(text: str) -> Iterator[Finding]:
    """Find wordings to avoid, in the order of the list."""
    for avoided in AVOIDED:
        for match in _compiled(avoided).finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(line, " ".join(match[0].split()), avoided.better)


def _compiled(avoided: Avoided) -> re.Pattern[str]:
    spaced = avoided.pattern.replace(" ", r"\s+(?:(?:#|--|//)\s+)?")
    return re.compile(
        rf"\b{spaced}\b" if avoided.pattern[0].isalpha() else spaced, re.IGNORECASE
    )


def files() -> list[str]:
    """The files to look through: the text that git knows."""
    return [
        name
        for name in known_files(ROOT)
        if Path(name).suffix in SUFFIXES and not name.startswith(ELSEWHERE)
    ]


def main() -> int:
    """Print what is found, and return the exit code."""
    lines = [
        f"{name}:{each.line}: '{each.text}': write {each.better}"
        for name in files()
        for each in findings((ROOT / name).read_text(encoding="utf-8"))
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
