"""What the package carries beside its code."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
TRANSFORM = CHECKOUT / "transform"
MADE = {"logs", "target", ".user.yml"}
"""What dbt writes into a project."""


@pytest.mark.parametrize(
    "file",
    [
        path.relative_to(TRANSFORM)
        for path in sorted(TRANSFORM.rglob("*"))
        if path.is_file() and path.relative_to(TRANSFORM).parts[0] not in MADE
    ],
    ids=str,
)
def test_it_carries_the_dbt_project(file: Path) -> None:
    """Each file of the dbt project is in the package, as it is in the repository."""
    carried = files("sagemaker_tuning_report").joinpath("transform", *file.parts)
    assert carried.read_bytes() == (TRANSFORM / file).read_bytes()
