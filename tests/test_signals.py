"""The tap is stopped, killed, or loses its reader: whole lines, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import Tap

from emulator import Emulator, Fault
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.conftest import ACCOUNT, REGION, TapProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def tap(tmp_path: Path) -> Iterator[TapProcess]:
    """The tap, and an account whose clock runs on while it is read."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=11, rate=60) as emulator:
        scope = emulator.scope(ACCOUNT, REGION)
        for number in range(30):
            scope.plan(f"job-{number:02}", trials=20, parallel=4)
            emulator.clock.move(seconds=600)
        yield TapProcess(emulator, tmp_path)


def start(tap: TapProcess, state: dict[str, Any] | None = None) -> Any:
    """Start the tap, its output to be read line by line."""
    with (tap.folder / "log").open("w", encoding="utf-8") as log:
        return subprocess.Popen(  # noqa: S603 - the command is ours
            tap.command(config={}, state=state),
            env=tap.environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=tap.folder,
        )


def wait_until_it_reads(tap: TapProcess) -> None:
    """Wait until the tap has begun, and a second more."""
    log = tap.folder / "log"
    deadline = time.monotonic() + 30
    while "Beginning sync" not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)


def finish(process: Any, tap: TapProcess, seconds: float = 60) -> tuple[str, str]:
    """Read the tap's output and log to their ends; it may take so long."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    out = process.stdout.read()
    process.stdout.close()
    process.wait()
    timer.cancel()
    return out, (tap.folder / "log").read_text(encoding="utf-8")


class Warehouse:
    """A target: rows by key, and the last state that it was given."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.state: dict[str, Any] | None = None

    def load(self, lines: list[str]) -> None:
        """Take lines of the tap's; each must be whole."""
        for line in lines:
            message = json.loads(line)
            if message["type"] == "RECORD":
                record = message["record"]
                key = record.get("training_job_arn", record["tuning_job_arn"])
                self.rows[key] = record
            elif message["type"] == "STATE":
                self.state = message["value"]


def assert_equals_truth(warehouse: Warehouse, tap: TapProcess) -> None:
    """The rows are what a full read shows."""
    full = Warehouse()
    process = start(tap)
    out, _ = finish(process, tap, 60)
    full.load(out.splitlines())
    assert len(full.rows) == 30 * 21
    assert warehouse.rows == full.rows


def run_to_the_end(warehouse: Warehouse, tap: TapProcess) -> None:
    """Let everything end, and sync once more from the last state that came out."""
    tap.emulator.faults.clear()
    tap.emulator.clock.move(seconds=5 * 86_400)
    process = start(tap, warehouse.state)
    out, err = finish(process, tap, 60)
    assert process.returncode == 0, err
    warehouse.load(out.splitlines())


@pytest.mark.parametrize("lines", [1, 50, 300, 450])
def test_kill_loses_nothing(tap: TapProcess, lines: int) -> None:
    """After SIGKILL at any line, one more sync from the last STATE brings the rest."""
    warehouse = Warehouse()
    process = start(tap)
    warehouse.load([process.stdout.readline() for _ in range(lines)])
    process.kill()
    rest, _ = finish(process, tap)
    whole, _, _ = rest.rpartition("\n")
    warehouse.load(whole.splitlines())
    assert process.returncode == -signal.SIGKILL
    run_to_the_end(warehouse, tap)
    assert_equals_truth(warehouse, tap)


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_stop_is_clean(tap: TapProcess, sent: signal.Signals, code: int) -> None:
    """A stop ends between two records, after the state, with the signal's code."""
    tap.emulator.faults.add(Fault("latency", seconds=0.1))
    warehouse = Warehouse()
    process = start(tap)
    warehouse.load([process.stdout.readline() for _ in range(60)])
    process.send_signal(sent)
    rest, err = finish(process, tap, 10)
    warehouse.load(rest.splitlines())
    assert process.returncode == code
    assert "Traceback" not in err
    assert json.loads(rest.splitlines()[-1])["type"] == "STATE"
    assert warehouse.state is not None
    (entry,) = warehouse.state["bookmarks"]["training_job_summaries"]["partitions"]
    assert entry["replication_key_value"] > "2026-03-02T09:00:00.000Z"
    run_to_the_end(warehouse, tap)
    assert_equals_truth(warehouse, tap)


def test_stop_while_nobody_reads(tap: TapProcess) -> None:
    """A stop while the pipe is full ends once it is read on, and each line is whole."""
    warehouse = Warehouse()
    process = start(tap)
    wait_until_it_reads(tap)  # it fills the pipe, and waits
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    out, err = finish(process, tap, 10)
    assert process.returncode == 143, err
    warehouse.load(out.splitlines())
    run_to_the_end(warehouse, tap)
    assert_equals_truth(warehouse, tap)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("latency", seconds=30),
        Fault("error", status=500, code="InternalFailure", message=""),
        Fault("throttle", rate=0.01, burst=1),
        Fault("latency", seconds=30, operation="GetCallerIdentity"),
    ],
)
def test_stop_does_not_wait_for_a_call(tap: TapProcess, fault: Fault) -> None:
    """A stop ends within seconds, also while a worker waits or sleeps in a retry."""
    tap.emulator.faults.add(fault)
    process = start(tap)
    wait_until_it_reads(tap)
    process.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    finish(process, tap, 20)
    assert process.returncode == 143
    assert time.monotonic() - sent < 5


def test_broken_pipe_is_quiet(tap: TapProcess) -> None:
    """When the target is gone, the tap ends with a non-zero code and no traceback."""
    process = start(tap)
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=20)
    err = (tap.folder / "log").read_text(encoding="utf-8")
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_no_record_stays_in_the_writer(tap: TapProcess) -> None:
    """Records that come while the state does not move are written all the same."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=11) as frozen:
        scope = frozen.scope(ACCOUNT, REGION)
        scope.plan("running", trials=20, parallel=20)
        frozen.clock.move(seconds=600)
        still = TapProcess(frozen, tap.folder)
        first, second = Warehouse(), Warehouse()
        out, _ = finish(start(still), still)
        first.load(out.splitlines())
        out, _ = finish(start(still, first.state), still)
        second.load(out.splitlines())
    assert second.state == first.state
    assert len(second.rows) > 10
    assert second.rows.items() <= first.rows.items()


def test_sdk_calls_the_hook() -> None:
    """The SDK's signal handler is the method that is overridden here."""
    tap = TapSageMakerTuning(config={})
    before = signal.getsignal(signal.SIGTERM)
    assert before == tap._handle_termination  # noqa: SLF001 - the hook is private
    assert hasattr(Tap, "_handle_termination")
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        tap.check_signal()
    assert stopped.value.code == 143
