"""A virtual environment for each target: they do not agree with each other, or us.

Made by uv from `requirements/NAME.txt`, where everything is pinned, and kept under
`build/targets/` until those pins change.
"""

from __future__ import annotations

from pathlib import Path

from tests.environments import BUILD, CHECKOUT, UV, programs

__all__ = ["CHECKOUT", "HERE", "KEPT", "UV", "environment"]

HERE = Path(__file__).resolve().parent
KEPT = BUILD / "targets"


def environment(name: str) -> Path:
    """The folder with the programs of a target's environment; made if need be."""
    return programs(f"targets/{name}", HERE / "requirements" / f"{name}.txt")
