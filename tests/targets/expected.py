"""What a warehouse must hold.

Tuning jobs and trials are worked out from what the emulator says is true. All other
tables must be what the tap wrote, which other tests hold against the truth.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests import expected
from tests.conftest import ACCOUNT, REGION
from tests.targets.columns import STREAMS, Row, key_of, kinds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Tables = dict[str, dict[str, Row]]

HOME = {"account_id": ACCOUNT, "region": REGION}


def tables(truth: dict[str, Any], written: Path) -> Tables:
    """All tables after a sync, rows by key.

    Args:
        truth: What the emulator says.
        written: What the tap wrote.
    """
    return from_output(written) | from_truth(truth)


def from_truth(truth: dict[str, Any]) -> Tables:
    """Tuning jobs and trials."""
    jobs = {job["HyperParameterTuningJobName"]: job for job in truth["tuning_jobs"]}
    rows = {
        "tuning_jobs": [expected.tuning_job(job, HOME) for job in jobs.values()],
        "training_job_summaries": [
            expected.trial(trial, jobs[name], HOME)
            for name, of_job in truth["trials"].items()
            for trial in of_job
        ],
    }
    return {name: by_key(name, of_table) for name, of_table in rows.items()}


def from_output(written: Path) -> Tables:
    """What the tap wrote."""
    messages = list(map(json.loads, written.read_text("utf-8").splitlines()))
    records = [message for message in messages if message["type"] == "RECORD"]
    return {
        name: by_key(name, [m["record"] for m in records if m["stream"] == name])
        for name in STREAMS
    }


def by_key(stream: str, records: Iterable[Row]) -> dict[str, Row]:
    """The last record of each key, as a warehouse holds it."""
    return {key_of(stream, record): _stored(stream, record) for record in records}


def merged(first: Tables, second: Tables) -> Tables:
    """After two syncs: what was deleted between them stays as it was."""
    return {name: first[name] | second[name] for name in first}


def _stored(stream: str, record: Row) -> Row:
    """Its times as a column without a zone holds them: in UTC."""
    kind = kinds(stream)
    return {
        name: value.removesuffix("Z") if value and kind[name] == "time" else value
        for name, value in record.items()
    }
