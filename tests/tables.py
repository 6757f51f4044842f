"""A warehouse in a dictionary: what an upserting target would hold after several
runs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests import expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Run
    from tests.expected import Json, Rows


class Tables:
    """Rows by stream and key, with the last one winning, and the last state.

    Every record must fit its SCHEMA message.

    Attributes:
        rows: Rows by key, by stream.
        state: The last state, or empty if there was none.
        written: How many records came, by stream.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.rows: dict[str, Rows] = defaultdict(dict)
        self.state: Json = {}
        self.written: Counter[str] = Counter()
        self._keys: dict[str, list[str]] = {}

    def load(self, run: Run) -> Run:
        """Take the output of a successful run."""
        assert run.returncode == 0, run.stderr
        self.take(run.messages)
        return run

    def load_lines(self, lines: Iterable[str]) -> None:
        """Take lines of the tap's output; each must be complete."""
        self.take([json.loads(line) for line in lines])

    def take(self, messages: list[dict[str, Any]]) -> None:
        """Take messages."""
        assert expected.misfits(messages) == []
        for message in messages:
            match message:
                case {"type": "SCHEMA", "stream": stream, "key_properties": columns}:
                    self._keys[stream] = columns
                case {"type": "RECORD", "stream": stream, "record": record}:
                    key = tuple(record[column] for column in self._keys[stream])
                    self.rows[stream][key] = record
                    self.written[stream] += 1
                case {"type": "STATE", "value": state}:
                    self.state = state
                case _:
                    pytest.fail(f"unknown type of message: {message}")
