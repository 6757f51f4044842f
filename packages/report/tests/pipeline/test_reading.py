"""The stage that reads loses nothing: real tap, real target, real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from typing_extensions import override

from sagemaker_tuning_emulator import Fault
from sagemaker_tuning_report.pipeline import metrics_cost
from sagemaker_tuning_report.pipeline.failures import StageError, Stopped
from sagemaker_tuning_report.pipeline.programs import started
from sagemaker_tuning_report.pipeline.progress import Progress
from sagemaker_tuning_report.pipeline.reading import (
    METRICS,
    STREAMS,
    Source,
    configured,
    read,
)
from sagemaker_tuning_report.pipeline.signals import Signals

from .conftest import loaded, source, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_emulator import Emulator
    from sagemaker_tuning_report.pipeline.session import Session

pytestmark = pytest.mark.warehouse


class StoppedAtOnce(Progress):
    """Progress that is interrupted at the first record."""

    is_stopped = False

    @override
    def count(self, text: str, share: float = 0.0) -> None:
        if not self.is_stopped:
            self.is_stopped = True
            os.kill(os.getpid(), signal.SIGTERM)


def said(session: Session) -> str:
    """What the progress has said so far."""
    stream: StringIO = session.show._stream  # type: ignore[assignment]  # noqa: SLF001
    return stream.getvalue()


def test_rows_are_the_truth(session: Session, account: Emulator) -> None:
    """The database has every trial, and a second read follows those that ran."""
    first = read(source(account), session)
    assert loaded(session.folder.database) == truth(account)
    account.clock.move(seconds=1800)
    second = read(source(account), session)
    assert loaded(session.folder.database) == truth(account)
    assert 0 < second.calls < first.calls
    assert (first.errors, second.errors) == ([], [])


def test_files_are_private(session: Session, account: Emulator) -> None:
    """Nobody else can read the folder or any file in it."""
    read(source(account), session)
    paths = [session.folder.path, *session.folder.path.rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}


def test_an_older_database_is_read_again(
    session: Session, account: Emulator, tmp_path: Path
) -> None:
    """If a backup of the database is restored, rows that the state knows are not
    lost."""
    read(source(account), session)
    backup = shutil.copy(session.folder.database, tmp_path / "backup")
    account.clock.move(seconds=3600)
    read(source(account), session)
    shutil.copy(backup, session.folder.database)
    account.clock.move(seconds=7200)
    read(source(account), session)
    assert loaded(session.folder.database) == truth(account)
    assert "tuning.duckdb is older than state.json" in said(session)


def test_a_missing_database_is_read_again(session: Session, account: Emulator) -> None:
    """If the database is deleted, its rows are read again."""
    read(source(account), session)
    session.folder.database.unlink()
    read(source(account), session)
    assert loaded(session.folder.database) == truth(account)
    assert "tuning.duckdb is missing: reading everything again" in said(session)


def test_a_damaged_state_is_not_used(session: Session, account: Emulator) -> None:
    """If the state is damaged, everything is read again."""
    read(source(account), session)
    session.folder.state.write_text('{"bookmarks": {', encoding="utf-8")
    read(source(account), session)
    assert "state.json is damaged: reading everything again" in said(session)
    assert session.folder.has_state


def test_state_waits_for_the_target(session: Session, account: Emulator) -> None:
    """If the target cannot load, the state stays as it was, and the error says what to
    do."""
    read(source(account), session)
    before = session.folder.state.read_bytes()
    account.clock.move(seconds=1800)
    with (
        closing(duckdb.connect(str(session.folder.database))),
        pytest.raises(StageError, match=r"close what has tuning\.duckdb open"),
    ):
        read(source(account), session)
    assert session.folder.state.read_bytes() == before
    assert said(session) == ""
    read(source(account), session)
    assert loaded(session.folder.database) == truth(account)


def test_a_file_that_is_no_database_is_named(
    session: Session, account: Emulator
) -> None:
    """If the database is damaged, the error says to delete it."""
    session.folder.database.write_bytes(b"not a database" * 1000)
    with pytest.raises(StageError, match=r"delete .*tuning\.duckdb, and run again"):
        read(source(account), session)


def test_what_is_denied_is_named(session: Session, account: Emulator) -> None:
    """If a call is denied, the error has the IAM action, and the rest is loaded."""
    account.faults.add(Fault("deny", operation="DescribeHyperParameterTuningJob"))
    done = read(source(account), session)
    assert len(done.errors) >= 1
    assert "Allow sagemaker:DescribeHyperParameterTuningJob" in done.errors[0]
    assert loaded(session.folder.database) == truth(account)


def test_nothing_read_is_an_error(session: Session, account: Emulator) -> None:
    """Without credentials there is no page, and the error says what is missing."""
    bare = {
        name: value
        for name, value in (source(account).environment or {}).items()
        if not name.startswith("AWS_") or name == "AWS_EC2_METADATA_DISABLED"
    }
    alone = bare | {"HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.raises(StageError, match="Unable to locate credentials"):
        read(replace(source(account), environment=alone), session)


def test_a_signal_keeps_what_was_read(session: Session, account: Emulator) -> None:
    """If a signal stops the read, what was read is loaded, and the next read
    resumes."""
    account.faults.add(Fault("latency", seconds=0.5))
    with pytest.raises(Stopped):
        read(source(account), replace(session, show=StoppedAtOnce(StringIO())))
    assert len(loaded(session.folder.database)) < len(truth(account))
    account.faults.clear()
    read(source(account), replace(session, signals=Signals()))
    assert loaded(session.folder.database) == truth(account)


def test_the_price_is_what_is_requested(session: Session, account: Emulator) -> None:
    """The cost is known before CloudWatch is called, to the metric."""
    read(source(account), session)
    now = "2026-03-02T09:00:00.000Z"
    asked = metrics_cost.metrics_to_read(session.folder.database, now)
    done = read(source(account, METRICS), session)
    assert done.metrics == asked > 0
    assert metrics_cost.metrics_to_read(session.folder.database, now) < asked
    read(source(account), session)
    state = json.loads(session.folder.state.read_bytes())
    assert {*STREAMS, METRICS} <= {*state["bookmarks"], "training_instance_prices"}


def test_the_state_is_the_targets(session: Session, account: Emulator) -> None:
    """The state has a bookmark for each stream that was loaded."""
    read(source(account), session)
    state = json.loads(session.folder.state.read_bytes())
    assert {"tuning_jobs", "training_job_summaries", "scopes"} <= set(
        state["bookmarks"]
    )


def messages() -> Iterator[dict[str, Any]]:
    """Two streams whose records are mixed, and a state that knows both."""
    schema = {"properties": {"id": {"type": "integer"}}}
    for stream in ("slow", "fast"):
        yield {
            "type": "SCHEMA",
            "stream": stream,
            "schema": schema,
            "key_properties": ["id"],
        }
    yield {"type": "RECORD", "stream": "slow", "record": {"id": 1}}
    bookmarks = {"slow": {"id": 1}, "fast": {"id": 0}}
    yield {"type": "STATE", "value": {"bookmarks": bookmarks}}
    for number in (1, 2):
        yield {"type": "RECORD", "stream": "fast", "record": {"id": number}}


def test_a_state_is_of_loaded_rows(session: Session) -> None:
    """If the target is killed when it has printed a state, the rows that the state is
    about are in the database, also those of a stream that has few."""
    nothing = Source(config=None, streams=(), regions=None)
    (option, file), _ = configured(nothing, session)
    settings = json.loads(Path(file).read_bytes()) | {"batch_size_rows": 2}
    Path(file).write_text(json.dumps(settings), encoding="utf-8")
    with started("target-duckdb", [option, file], session) as target:
        assert target.process.stdin is not None
        assert target.process.stdout is not None
        for message in messages():
            target.process.stdin.write(json.dumps(message).encode() + b"\n")
        target.process.stdin.flush()
        state = json.loads(target.process.stdout.readline())
        target.process.kill()
    assert state["bookmarks"]["slow"] == {"id": 1}
    with closing(duckdb.connect(str(session.folder.database))) as connection:
        rows = connection.execute("select id from tap_sagemaker_tuning.slow").fetchall()
    assert rows == [(1,)]
