"""The prose check, which `make lint` runs, finds the wordings to avoid."""

from __future__ import annotations

import pytest

from tap_tools import prose


@pytest.mark.parametrize("avoided", prose.AVOIDED, ids=lambda each: each.better)
def test_each_wording_is_found(avoided: prose.Avoided) -> None:
    """Each wording is found in its example, even across a line break."""
    text = f"Well.\n# {avoided.example}"
    assert avoided.better in [each.better for each in prose.findings(text)]
    broken = text.replace(" ", "\n    # ")
    assert avoided.better in [each.better for each in prose.findings(broken)]


def test_good_prose_passes() -> None:
    """Plain sentences with the same words are not reported."""
    text = "A trial is no longer read. It has a row of a table, and cannot go on."
    assert list(prose.findings(text)) == []


def test_a_finding_has_its_line() -> None:
    """A finding has the line on which the wording begins."""
    (finding,) = prose.findings("First.\nIt can\nnot be.")
    assert (finding.line, finding.text) == (2, "can not")
