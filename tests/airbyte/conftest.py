"""The source as fixtures, and a root logger that is restored."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.airbyte.source import Source, SourceHere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import TapProcess


@pytest.fixture(autouse=True)
def unchanged_log() -> Iterator[None]:
    """Restore the root logger, which the source reconfigures."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def source(tap: TapProcess) -> Source:
    """The source as a process, with the emulator."""
    return Source(tap)


@pytest.fixture
def here(tap: TapProcess) -> SourceHere:
    """The source's command in this process, with the emulator."""
    return SourceHere(tap)
