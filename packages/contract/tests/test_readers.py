"""Code that relies on a fact names it, and every fact has such code."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sagemaker_tuning_contract.facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS = Path(__file__).resolve().parents[3] / "transform" / "models"
NAMED = re.compile(r"(?:#|--)[^\n]*\bfacts? (\d+(?:, \d+)*)", re.IGNORECASE)

ONLY_RECORDED = {
    4: "the tap always sets an order",
    5: "the tap always sets a page size",
    53: "the models take the direction from the tuning job",
    58: "the tap knows whose trials it listed",
}
"""Facts on which only the emulator relies, and why nothing else does."""


def sources() -> Iterator[str]:
    """The tap's modules and the models."""
    tap = Path(str(files("tap_sagemaker_tuning")))
    for path in (*tap.rglob("*.py"), *MODELS.rglob("*.sql")):
        yield path.read_text(encoding="utf-8")


def test_each_fact_has_its_reader() -> None:
    """The numbers in comments are those of the facts, without any that nothing uses."""
    named = {
        int(number)
        for text in sources()
        for numbers in NAMED.findall(text)
        for number in numbers.split(", ")
    }
    assert named == {fact.number for fact in FACTS} - ONLY_RECORDED.keys()
