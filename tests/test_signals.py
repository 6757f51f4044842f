"""If the tap is stopped, killed or loses its reader, lines stay whole and no row is
lost."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Emulator, Fault
from tap_sagemaker_tuning.streams.base import TapStream
from tests import expected
from tests.conftest import ACCOUNT, REGION, TapHere, TapProcess, read_until
from tests.expected import KEYS, VISITING
from tests.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

STREAMS = (*VISITING, "training_instance_prices")
JOBS = 10
TRIALS = 16
STOPS = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
TOLD = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "Ctrl-C (SIGINT)"}
SLOW = [
    ((), Fault("latency", seconds=30)),
    ((), Fault("throttle", rate=0.01, burst=1)),
    (("--test",), Fault("latency", seconds=30, operation="AssumeRole")),
]
"""What a call can wait for: the service, a retry, a role."""


@pytest.fixture
def tap(tmp_path: Path) -> Iterator[TapProcess]:
    """The tap, and an account whose clock runs during the sync."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=11, rate=60) as emulator:
        scope = emulator.scope(ACCOUNT, REGION)
        for number in range(JOBS):
            scope.plan(f"job-{number:02}", trials=TRIALS, parallel=4)
            emulator.clock.move(seconds=600)
        yield TapProcess(emulator, tmp_path)


@contextmanager
def started(
    tap: TapProcess,
    *options: str,
    streams: Iterable[str] = KEYS,
    stdout: Any = subprocess.PIPE,
    **config: Any,
) -> Iterator[Any]:
    """The running tap with these streams; its output is a pipe, and its log is a
    file."""
    command = tap.command(*options, config=config, catalog=tap.catalog(*streams))
    with (
        (tap.folder / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            env=tap.environment(),
            stdout=stdout,
            stderr=log,
            text=True,
            cwd=tap.folder,
        ) as process,
    ):
        # Kills the process if a test forgets to.
        timer = threading.Timer(60, process.kill)
        timer.start()
        yield process
        timer.cancel()


def logged(tap: TapProcess) -> str:
    """The tap's log so far."""
    return (tap.folder / "log").read_text(encoding="utf-8")


def wait_until(is_so: Callable[[], bool], tap: TapProcess) -> None:
    """Wait for something that happens within seconds, and then half a second more."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline, logged(tap)
        time.sleep(0.05)
    time.sleep(0.5)


def whole(output: str) -> list[str]:
    """The whole lines of an output that was cut anywhere."""
    return output.rpartition("\n")[0].splitlines()


def assert_nothing_is_lost(tables: Tables, tap: TapProcess) -> None:
    """At the end, a sync from the last state writes everything that is missing."""
    tap.emulator.faults.clear()
    tap.emulator.clock.move(seconds=5 * 86_400)
    here = TapHere(tap.emulator, tap.folder)
    tables.load(here(config={}, state=tables.state, catalog=here.catalog(*KEYS)))
    assert len(tables.rows["training_job_summaries"]) == JOBS * TRIALS
    for stream in STREAMS:
        wanted = expected.truth(tap.emulator, stream)
        assert expected.alike(tables.rows[stream]) == expected.alike(wanted)


@pytest.mark.parametrize("lines", [60, 330])
def test_kill_loses_nothing(tap: TapProcess, lines: int) -> None:
    """After SIGKILL at any line, one sync from the last STATE writes the rest."""
    tables = Tables()
    with started(tap) as process:
        read = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        rest = process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    tables.load_lines([*read, *whole(rest)])
    assert tables.rows["scopes"] == {}
    assert_nothing_is_lost(tables, tap)


@pytest.mark.parametrize(("sent", "code"), STOPS)
def test_stop_is_clean(tap: TapProcess, sent: signal.Signals, code: int) -> None:
    """A stop comes between two records, with the state written and the signal's exit
    code."""
    # Slow enough that the pipe is never full; buffered records are not written then.
    tap.emulator.faults.add(Fault("latency", seconds=0.2))
    tables = Tables()
    with started(tap, streams=expected.STREAMS, concurrency=1) as process:
        read = [process.stdout.readline() for _ in range(120)]
        process.send_signal(sent)
        read += process.stdout.read().splitlines()
    assert process.returncode == code
    assert "Traceback" not in logged(tap)
    assert (
        f"Stopped by {TOLD[sent]}. The next run resumes from the last state written"
        in logged(tap)
    )
    assert json.loads(read[-1])["type"] == "STATE"
    tables.load_lines(read)
    (entry,) = tables.state["bookmarks"]["training_job_summaries"]["partitions"]
    assert entry["replication_key_value"] > "2026-03-02T09:00:00.000Z"
    assert tables.rows["scopes"] == {}
    assert_nothing_is_lost(tables, tap)


@pytest.mark.parametrize(
    ("sent", "code", "streams"),
    [(*STOPS[0], KEYS), (*STOPS[1], expected.STREAMS)],
    ids=["lines of pages", "lines that share a page"],
)
def test_stop_while_nobody_reads(
    tap: TapProcess, sent: signal.Signals, code: int, streams: Iterable[str]
) -> None:
    """A target that does not read does not delay a stop; the pipe then has only whole
    lines with a true state."""
    tables = Tables()
    with started(tap, streams=streams) as process:
        # When the target stops reading, the tap fills the pipe and blocks.
        head = [process.stdout.readline() for _ in range(20)]
        wait_until(lambda: len(tap.emulator.calls) >= JOBS, tap)
        assert process.poll() is None
        process.send_signal(sent)
        process.wait(timeout=5)
        output = process.stdout.read()
    assert process.returncode == code
    assert "Traceback" not in logged(tap)
    assert output.endswith("\n")
    tables.load_lines([*head, *output.splitlines()])
    assert_nothing_is_lost(tables, tap)


def test_one_tuning_job_is_not_read_far_ahead(tap: TapProcess) -> None:
    """If the target does not read, the tap holds only a limited number of pages of one
    tuning job, so memory does not grow with its trials."""
    pages = 150
    long_ago = "2026-02-01T09:00:00Z"
    tap.emulator.scope(ACCOUNT, REGION).plan(
        "large", trials=10 * pages, parallel=100, created=long_ago
    )
    names = {"tuning_job_names": ["large"], "page_size": 10}
    with started(tap, streams=["training_job_summaries"], **names) as process:
        before = -1
        while before < len(tap.emulator.calls) or before < 10:
            before = len(tap.emulator.calls)
            time.sleep(1)
        process.kill()
    assert 20 < before < pages / 2


@pytest.mark.parametrize(("options", "fault"), SLOW, ids=["call", "retry", "role"])
def test_stop_does_not_wait_for_a_call(
    tap: TapProcess, options: tuple[str, ...], fault: Fault
) -> None:
    """A stop ends within seconds, even if a worker waits for a call or sleeps before a
    retry."""
    tap.emulator.faults.add(fault)
    role = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/reader"}
    streams = expected.STREAMS
    with started(tap, *options, streams=streams, assume_roles=[role]) as process:
        wait_until(lambda: tap.emulator.faults.struck(fault) > 0, tap)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=5)
    assert process.returncode == 143
    assert "Traceback" not in logged(tap)


def test_a_target_that_is_gone(tap: TapProcess) -> None:
    """If the target closes its input, the tap reports it in one line and exits with
    code 1."""
    with started(tap) as process:
        read_until('"RECORD"', process.stdout)
        assert process.poll() is None
        process.stdout.close()
        process.wait(timeout=20)
    assert process.returncode == 1
    line = logged(tap).splitlines()[-1]
    assert line.startswith("Error: the target closed its input before the end. ")
    assert "Read the target's own error" in line
    assert logged(tap).count("Error") == 1
    assert "Traceback" not in logged(tap)
    assert "BrokenPipe" not in logged(tap)


def test_a_closed_output(tap: TapProcess) -> None:
    """If standard output is closed from the start, one line reports it."""
    ran = subprocess.run(  # noqa: S603 - the command is ours
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *tap.command(config={})],
        env=tap.environment(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    line = "Error: the output cannot be written: standard output is closed"
    assert ran.stderr.splitlines()[-1] == line
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("streams", [["training_job_details"], [*expected.STREAMS]])
def test_stop_while_nobody_reads_a_socket(tap: TapProcess, streams: list[str]) -> None:
    """A full socket, as under sshd without a terminal, does not delay a stop."""
    ours, given = socket.socketpair()
    with started(tap, streams=streams, stdout=given) as process:
        given.close()
        wait_until(lambda: len(tap.emulator.calls) >= JOBS, tap)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=5)
        with ours, ours.makefile(encoding="utf-8") as output:
            tables = Tables()
            tables.load_lines(whole(output.read()))
    assert process.returncode == 143
    assert "Traceback" not in logged(tap)
    assert_nothing_is_lost(tables, tap)


def test_the_state_comes_before_the_first_record(here: TapHere) -> None:
    """A STATE precedes the first record, so even a tap killed right after it has saved
    its filters."""
    here.emulator.scope().plan("churn", trials=3, created="2026-03-01T09:00:00Z")
    streams = ("training_job_summaries", "tuning_job_details")
    run = here(config={"name_contains": "churn"}, catalog=here.catalog(*streams))
    for stream in streams:
        kinds = [
            message["type"]
            for message in run.messages
            if message.get("stream", stream) == stream
        ]
        before = kinds[: kinds.index("RECORD")]
        assert "STATE" in before
    first = next(m["value"] for m in run.messages if m["type"] == "STATE")
    (entry,) = first["bookmarks"][streams[0]]["partitions"]
    assert entry["filters"] == {"name_contains": "churn"}
    assert "replication_key_value" not in entry


def test_a_stop_comes_between_two_records(
    here: TapHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop takes effect after the current record, not after the current page."""
    here.emulator.scope().plan("churn", trials=60, created="2026-03-01T09:00:00Z")
    written, sent = 0, {7: lambda: signal.raise_signal(signal.SIGTERM)}

    def counted(_: Any, row: Any, context: Any = None) -> Any:  # noqa: ARG001 - the SDK's
        nonlocal written
        written += 1
        sent.get(written, lambda: None)()
        return row

    monkeypatch.setattr(TapStream, "post_process", counted)
    run = here(config={}, catalog=here.catalog("training_job_summaries"))
    assert run.returncode == 143
    assert len(run.records("training_job_summaries")) == 7


def test_no_record_stays_in_the_writer(here: TapHere) -> None:
    """Records are written even if the state does not change."""
    here.emulator.scope().plan("running", trials=20, parallel=20)
    here.emulator.clock.move(seconds=600)
    first, second = Tables(), Tables()
    first.load(here(config={}))
    second.load(here(config={}, state=first.state))
    assert second.state == first.state
    rows = second.rows["training_job_summaries"]
    assert len(rows) > 10
    assert rows.items() <= first.rows["training_job_summaries"].items()
