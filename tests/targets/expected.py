"""The expected contents of a warehouse.

Tuning jobs and trials are computed from the emulator's truth. All other tables must
match what the tap wrote, to the millisecond; a separate test compares that with the
truth, because Search cuts times to the second.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests import expected
from tests.targets.columns import STREAMS, Row, key_of, kinds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator

Tables = dict[str, dict[str, Row]]


def tables(emulator: Emulator, written: Path) -> Tables:
    """All tables after a sync, rows by key.

    Args:
        emulator: The truth.
        written: The output of the tap.
    """
    return from_output(written) | from_truth(emulator)


def from_truth(emulator: Emulator) -> Tables:
    """Tuning jobs and trials, from the emulator."""
    return {
        name: by_key(name, expected.truth(emulator, name).values())
        for name in ("tuning_jobs", "training_job_summaries")
    }


def from_output(written: Path) -> Tables:
    """All other rows, from the tap's output."""
    messages = list(map(json.loads, written.read_text("utf-8").splitlines()))
    records = [message for message in messages if message["type"] == "RECORD"]
    return {
        name: by_key(name, [m["record"] for m in records if m["stream"] == name])
        for name in STREAMS
    }


def by_key(stream: str, records: Iterable[Row]) -> dict[str, Row]:
    """The last record of each key, as a warehouse keeps it."""
    return {key_of(stream, record): _stored(stream, record) for record in records}


def merged(first: Tables, second: Tables) -> Tables:
    """The rows after two syncs: what was deleted in between stays as it was."""
    return {name: first[name] | second[name] for name in first}


def _stored(stream: str, record: Row) -> Row:
    """The row's times as a column without a time zone holds them, in UTC."""
    kind = kinds(stream)
    return {
        name: value.removesuffix("Z") if value and kind[name] == "time" else value
        for name, value in record.items()
    }
