"""Stopping the Airbyte source leaves whole lines, the state of what was written, and no
false completion."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.airbyte.source import AirbyteTap
from tests import expected
from tests.airbyte.source import Json, Output, Source, configured
from tests.conftest import ACCOUNT, REGION, read_until

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope

pytestmark = pytest.mark.process

SUMMARIES = "training_job_summaries"


@pytest.fixture
def scope(source: Source) -> Scope:
    """Ten ended tuning jobs with 100 trials each."""
    emulator = source.tap.emulator
    scope = emulator.scope(ACCOUNT, REGION)
    for number in range(10):
        options: dict[str, Any] = {"parallel": 100, "trial_seconds": (60, 90)}
        scope.plan(f"job-{number}", trials=100, **options)
        emulator.clock.move(seconds=600)
    emulator.clock.move(seconds=86_400)
    return scope


@pytest.fixture
def catalog() -> Json:
    """The trials, and the stream that comes last."""
    described = AirbyteTap(setup_mapper=False).describe()
    return configured(described, only=[SUMMARIES, "scopes"])


def start(source: Source, catalog: Json) -> subprocess.Popen[str]:
    """Start a read with one tuning job at a time."""
    return subprocess.Popen(  # noqa: S603 - the command is ours
        source.command("read", config={"concurrency": 1}, catalog=catalog),
        env=source.tap.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=source.tap.folder,
    )


def wait_for(source: Source, *, trials_listed: int) -> None:
    """Wait until the trials of this many tuning jobs were requested: two are read
    ahead, so the ones before them have been written."""
    deadline = time.monotonic() + 30
    listing = "ListTrainingJobsForHyperParameterTuningJob"
    while (
        sum(c.operation == listing for c in source.tap.emulator.calls) < trials_listed
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_goes_on(source: Source, catalog: Json, stopped: Output, trials: int) -> None:
    """Assert that a read from these states returns every missing record."""
    source.tap.emulator.faults.clear()
    rest = source("read", config={}, catalog=catalog, state=stopped.states)
    assert rest.returncode == 0
    keys = {
        record["training_job_arn"]
        for output in (stopped, rest)
        for record in output.records(SUMMARIES)
    }
    assert len(keys) == trials


def test_stop(source: Source, scope: Scope, catalog: Json) -> None:
    """SIGTERM ends the process by that signal, after the state of what was written; the
    stream is incomplete, and the next read resumes there."""
    source.tap.emulator.faults.add(Fault("latency", seconds=0.3))
    with start(source, catalog) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = read_until("RUNNING", process.stdout)
        wait_for(source, trials_listed=6)
        process.send_signal(signal.SIGTERM)
        lines += process.stdout
        log = process.stderr.read()
    output = Output(process.returncode, "".join(lines), log)
    assert output.returncode == -signal.SIGTERM
    assert output.stderr == ""
    assert output.statuses(SUMMARIES) == ["STARTED", "RUNNING", "INCOMPLETE"]
    assert output.statuses("scopes") == []
    assert output.errors == []
    assert (
        "WARN Stopped by SIGTERM. The next run resumes from the last state written"
        in output.log
    )
    (entry,) = output.state(SUMMARIES)["partitions"]
    assert "replication_key_value" in entry
    trials = expected.trials(scope, newest_first=False)
    assert 0 < len(output.records(SUMMARIES)) < len(trials) == 1000
    assert_goes_on(source, catalog, output, len(trials))


def test_stop_after_clearing_a_stream(source: Source, catalog: Json) -> None:
    """After "Clear data" of a stream, a read that is stopped and one that is denied
    leave it without complete_as_of, since its table is empty; the next complete read
    brings all rows back."""
    emulator = source.tap.emulator
    emulator.scope(ACCOUNT, REGION).plan("churn", trials=3)
    emulator.clock.move(seconds=86_400)
    states = source("read", config={}, catalog=catalog).states
    cleared = [
        state
        for state in states
        if state["stream"]["stream_descriptor"]["name"] != SUMMARIES
    ]
    files = {"config": {}, "catalog": catalog, "state": cleared}
    with subprocess.Popen(  # noqa: S603 - the command is ours
        source.command("read", **files),
        env=source.tap.environment(),
        stdout=subprocess.PIPE,
        text=True,
        cwd=source.tap.folder,
    ) as process:
        assert process.stdout is not None
        lines = read_until('"type":"STATE"', process.stdout)
        process.kill()
    known = {
        state["stream"]["stream_descriptor"]["name"]: state
        for state in cleared + Output(0, "".join(lines), "").states
    }
    assert SUMMARIES in known
    emulator.faults.add(Fault("deny"))
    denied = source("read", config={}, catalog=catalog, state=[*known.values()])
    (row,) = denied.records("scopes")
    assert row["complete_as_of"] is None
    emulator.faults.clear()
    last = source("read", config={}, catalog=catalog, state=denied.states)
    (row,) = last.records("scopes")
    assert row["complete_as_of"] is not None
    assert len(last.records(SUMMARIES)) == 3


def test_stop_while_nobody_reads(source: Source, scope: Scope, catalog: Json) -> None:
    """A full pipe does not delay a stop, and each line in it is complete."""
    with start(source, catalog) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        time.sleep(6)  # it fills the pipe and blocks
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=5)
        output = Output(
            process.returncode, process.stdout.read(), process.stderr.read()
        )
    assert output.returncode == -signal.SIGTERM
    assert output.stderr == ""
    assert "COMPLETE" not in output.statuses(SUMMARIES)
    trials = expected.trials(scope, newest_first=False)
    assert_goes_on(source, catalog, output, len(trials))
