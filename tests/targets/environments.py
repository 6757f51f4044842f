"""A virtual environment per target: their dependencies conflict with each other and
with the tap's.

uv creates it from `requirements/NAME.txt`, where everything is pinned, and it is kept
under `build/targets/` until the pins change.
"""

from __future__ import annotations

from pathlib import Path

from tests.environments import BUILD, CHECKOUT, UV, programs

__all__ = ["CHECKOUT", "HERE", "KEPT", "UV", "environment"]

HERE = Path(__file__).resolve().parent
KEPT = BUILD / "targets"


def environment(name: str) -> Path:
    """The folder with a target's programs, created if needed."""
    return programs(f"targets/{name}", HERE / "requirements" / f"{name}.txt")
