"""Types of what callers give, which are checked where they are given."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

CHECKED = ConfigDict(extra="forbid", allow_inf_nan=False)
"""For classes that refuse unknown fields, and numbers that are not finite."""

LONGEST = 315_360_000
"""The longest span of time that can be given: ten years, in seconds."""


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        message = "the minimum comes before the maximum"
        raise ValueError(message)
    return span


Account = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["123456789012"])]
Region = Annotated[
    str, Field(pattern=r"^[a-z]+(-[a-z]+)+-[0-9]+$", examples=["us-east-1"])
]
Count = Annotated[int, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST)]
Offset = Annotated[float, Field(ge=-LONGEST, le=LONGEST)]
"""Seconds after an event, or before it if negative."""

Span = Annotated[tuple[Seconds, Seconds], AfterValidator(_ordered)]
Offsets = Annotated[tuple[Offset, Offset], AfterValidator(_ordered)]
"""Minimum and maximum, in seconds."""
