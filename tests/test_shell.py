"""examples/shell: sync.sh always keeps the state, and leaves no process running."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from sagemaker_tuning_emulator import Emulator, Fault
from tests.conftest import ACCOUNT, REGION, read_until
from tests.environments import BUILD, EXAMPLES
from tests.examples.world import compared, install_meltano
from tests.postgres import serving
from tests.terminal import shown_on

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not EXAMPLES.is_dir(), reason="the examples are only in a checkout"
    ),
]

SHELL = EXAMPLES / "shell"
MARK = "TUNING_SYNC_RUN"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"


@dataclass
class Sync:
    """sync.sh with the real tap and a controllable target.

    Attributes:
        emulator: What the tap reads.
        folder: A folder for all files.
        target: The target's program.
    """

    emulator: Emulator
    folder: Path
    target: Path

    def __post_init__(self) -> None:
        """Write the configurations."""
        self.mark = uuid.uuid4().hex
        self.state = self.folder / "state" / "state.json"
        self.state.parent.mkdir()
        self.loaded = self.folder / "loaded.jsonl"
        self.started: list[subprocess.Popen[str]] = []
        for name in ("tap", "target"):
            (self.folder / f"{name}.json").write_text("{}", encoding="utf-8")

    def start(
        self, terminal: int | None = None, /, **environment: str
    ) -> subprocess.Popen[str]:
        """Start sync.sh, in a terminal if there is one."""
        before = () if terminal is None else ("setsid", "--ctty", "--wait")
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TAP_", "TARGET_"))
        }
        config = [self.folder / "tap.json", self.folder / "target.json"]
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            [*before, SHELL / "sync.sh", *config, self.state.parent],
            stdin=terminal,
            env={
                **inherited,
                **self.emulator.environment(ACCOUNT, REGION),
                MARK: self.mark,
                "TAP": str(Path(sys.executable).with_name("tap-sagemaker-tuning")),
                "TARGET": str(self.target),
                "FAKE_LOADED": str(self.loaded),
                **environment,
            },
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def kill(self) -> None:
        """Kill all that it has started and that still runs."""
        for pid in self.running():
            os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.communicate()

    def run(self, **environment: str) -> tuple[int, str]:
        """Run sync.sh to its end, and return its exit code and log."""
        process = self.start(**environment)
        log, _ = process.communicate(timeout=60)
        return process.returncode, log

    def running(self, name: str = "") -> list[int]:
        """Its processes, or those that run a program."""
        mark = f"{MARK}={self.mark}".encode()
        processes = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = mark in (process / "environ").read_bytes()
                line = (process / "cmdline").read_bytes().decode()
            except OSError:  # it has ended, or belongs to another user
                continue
            if marked and name in line:
                processes.append(int(process.name))
        return processes

    def start_until_loading(self) -> subprocess.Popen[str]:
        """Start sync.sh, and wait until the target has received some records."""
        process = self.start()
        wait_for_content(self.loaded)
        return process

    def signal_tap(self, number: signal.Signals) -> None:
        """Send a signal to the tap only."""
        (tap,) = self.running("tap-sagemaker-tuning")
        os.kill(tap, number)

    def trials(self) -> set[str]:
        """The trials that the target has received."""
        lines = self.loaded.read_text(encoding="utf-8").splitlines()
        return {json.loads(line).get("training_job_arn") for line in lines} - {None}

    def truth(self) -> set[str]:
        """The emulator's trials."""
        (scope,) = self.emulator.truth().values()
        return {
            trial["TrainingJobArn"]
            for trials in scope["trials"].values()
            for trial in trials
        }


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    """sync.sh with the real tap and a controllable target."""
    program = Path(__file__).parent / "examples" / "fake_target.py"
    target = script(tmp_path / "target", f'exec {sys.executable} {program} "$@"')
    with Emulator(start=datetime.now(UTC) - timedelta(days=9), seed=3) as emulator:
        scope = emulator.scope(ACCOUNT, REGION)
        for number in range(20):
            scope.plan(f"job-{number:02}", trials=6, parallel=3)
        emulator.clock.move(seconds=86_400)
        sync = Sync(emulator, tmp_path, target)
        yield sync
        sync.kill()


@pytest.fixture
def slow(sync: Sync) -> Sync:
    """The same with a slow API."""
    sync.emulator.faults.add(Fault("latency", seconds=0.5))
    return sync


def wait_for_content(file: Path) -> None:
    """Wait until something has been written to a file."""
    deadline = time.monotonic() + 30
    while not (file.exists() and file.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def script(file: Path, text: str) -> Path:
    """Write a program for the shell."""
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def content(state: Path) -> dict[str, Any]:
    """The content of a state file."""
    loaded: dict[str, Any] = json.loads(state.read_text(encoding="utf-8"))
    return loaded


def test_a_missing_configuration_is_refused(sync: Sync) -> None:
    """A configuration that cannot be read is an error, and nothing starts."""
    (sync.folder / "target.json").unlink()
    code, log = sync.run()
    assert (code, log) == (64, f"sync.sh: {sync.folder}/target.json cannot be read\n")


@pytest.mark.parametrize("given", [[], ["tap.json", "target.json"], ["a"] * 4])
def test_usage(given: list[str]) -> None:
    """Without its three arguments, it prints its usage."""
    done = subprocess.run(  # noqa: S603 - the command is ours
        [SHELL / "sync.sh", *given], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: sync.sh TAP_CONFIG TARGET_CONFIG")


@pytest.mark.warehouse
def test_into_postgres_twice(sync: Sync) -> None:
    """Each run updates the table; the second one reads only what is new."""
    install_meltano()
    plugins = BUILD / "meltano" / "project" / ".meltano" / "loaders"
    sync.target = plugins / "target-postgres" / "venv" / "bin" / "target-postgres"
    with serving() as warehouse:
        for calls in (21, 2):
            sync.emulator.calls.clear()
            code, log = sync.run(**warehouse.environment())
            assert code == 0, log
            assert len(sync.emulator.calls) == calls
            assert compared(warehouse) == compared(sync.emulator)
            sync.emulator.scope(ACCOUNT, REGION).plan(f"late-{calls}", trials=4)
            sync.emulator.clock.move(seconds=86_400)
    assert sync.running() == []


@pytest.mark.orchestrator
def test_failing_target_keeps_the_old_state(sync: Sync) -> None:
    """If the target fails, the script exits with its code, and the next run starts from
    the same state."""
    sync.run()
    before = content(sync.state)
    sync.emulator.scope(ACCOUNT, REGION).plan("late", trials=4)
    sync.emulator.clock.move(seconds=86_400)
    code, log = sync.run(FAKE_ENDS="3")
    assert (code, content(sync.state)) == (3, before)
    assert "the target failed with exit code 3" in log
    assert sync.run()[0] == 0
    assert content(sync.state) != before


@pytest.mark.parametrize("said", ['{"bookmarks": {', "[]"])
def test_damaged_state_is_not_kept(sync: Sync, said: str) -> None:
    """If the target's last line is not a state, the old state is kept, and that is an
    error."""
    sync.state.write_text('{"bookmarks": {}}', encoding="utf-8")
    code, log = sync.run(FAKE_SAYS=said)
    assert (code, content(sync.state)) == (65, {"bookmarks": {}})
    assert "the target's last line is not a state" in log
    assert sync.trials() == sync.truth()


def test_silent_target_leaves_the_state(sync: Sync) -> None:
    """If the target writes no state, the old one is kept."""
    sync.state.write_text('{"bookmarks": {}}', encoding="utf-8")
    assert sync.run(FAKE_SAYS="")[0] == 0
    assert content(sync.state) == {"bookmarks": {}}
    assert sync.trials() == sync.truth()


@pytest.mark.parametrize("damaged", ["", '{"bookmarks": {', "[]"])
def test_damaged_state_is_refused(sync: Sync, damaged: str) -> None:
    """An empty or damaged state file is an error, not a reason to read everything."""
    sync.state.write_text(damaged, encoding="utf-8")
    code, log = sync.run()
    assert code == 1
    assert "--state: state.json is" in log
    assert sync.state.read_text(encoding="utf-8") == damaged
    assert sync.emulator.calls == []


@pytest.mark.orchestrator
def test_failing_tap_is_told(sync: Sync) -> None:
    """If the tap fails, the script exits with its code, and what was read is kept."""
    fault = Fault("deny", operation=TRIALS, tuning_job="job-03")
    sync.emulator.faults.add(fault)
    code, log = sync.run()
    assert code == 1
    assert "tuning job job-03" in log
    assert len(sync.trials()) == 19 * 6
    sync.emulator.faults.clear()
    sync.emulator.calls.clear()
    assert sync.run()[0] == 0
    assert sync.trials() == sync.truth()
    assert len(sync.emulator.calls) < 5


@pytest.mark.orchestrator
@pytest.mark.parametrize(
    ("environment", "denied", "expected"),
    [
        ({"BUILD": "wc -l <$FAKE_LOADED"}, (), 0),
        ({"BUILD": "wc -l <$FAKE_LOADED; exit 4"}, (), 4),
        ({"BUILD": "wc -l <$FAKE_LOADED; exit 4"}, ("job-03",), 1),
    ],
)
def test_models_are_built(
    sync: Sync, environment: dict[str, str], denied: tuple[str, ...], expected: int
) -> None:
    """The models are built even if the tap could not read everything; if nothing else
    fails, the script exits with the build's code."""
    for name in denied:
        sync.emulator.faults.add(Fault("deny", operation=TRIALS, tuning_job=name))
    code, log = sync.run(**environment)
    assert code == expected
    rows = sync.loaded.read_text(encoding="utf-8").splitlines()
    assert str(len(rows)) in [line.strip() for line in log.splitlines()]
    is_tap = "the tap failed with exit code 1" in log.splitlines()[-1]
    assert is_tap == (expected == 1)


@pytest.mark.orchestrator
def test_nothing_is_built_of_a_failed_load(sync: Sync) -> None:
    """If the target fails, the models are not built."""
    code, log = sync.run(BUILD="echo built", FAKE_ENDS="3")
    assert code == 3
    assert "built" not in log


@pytest.mark.orchestrator
def test_a_build_is_stopped(sync: Sync) -> None:
    """A stop during the build ends all its processes, and keeps what was loaded."""
    process = sync.start(BUILD="echo building; sleep 60; echo built")
    assert process.stdout is not None
    read_until("building", process.stdout)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert sync.running() == []
    assert content(sync.state)["bookmarks"]


@pytest.mark.orchestrator
def test_killed_tap(slow: Sync) -> None:
    """After SIGKILL of the tap, the target ends, and the next run loads the rest."""
    process = slow.start_until_loading()
    slow.signal_tap(signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode > 0
    assert slow.running() == []
    slow.emulator.faults.clear()
    assert slow.run()[0] == 0
    assert slow.trials() == slow.truth()


@pytest.mark.orchestrator
@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130)],
)
def test_stop_is_clean(slow: Sync, sent: signal.Signals, code: int) -> None:
    """A stop ends tap and target, keeps what was loaded, and exits with the signal's
    code."""
    process = slow.start_until_loading()
    process.send_signal(sent)
    process.communicate(timeout=20)
    assert process.returncode == code
    assert slow.running() == []
    assert content(slow.state)["bookmarks"]
    (noted,) = content(slow.state)["bookmarks"]["training_job_summaries"]["partitions"]
    done = len(noted["settled"])
    slow.emulator.faults.clear()
    again = time.monotonic()
    assert slow.run()[0] == 0
    assert slow.trials() == slow.truth()
    # The listing, and a visit to each tuning job except the completed ones.
    calls = [call for call in slow.emulator.calls if call.at_real > again]
    assert len(calls) == 1 + 20 - done


def test_stop_while_it_starts(sync: Sync) -> None:
    """A stop before the tap or the target has started ends the script, too."""
    tap = script(sync.folder / "tap", "exec sleep 30")
    script(sync.target, "exec cat")
    for milliseconds in range(40):
        process = sync.start(TAP=str(tap))
        time.sleep(milliseconds / 4_000)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode in {143, -signal.SIGTERM}
    assert sync.running() == []


@pytest.mark.orchestrator
def test_a_suspended_tap_is_stopped(slow: Sync) -> None:
    """A stop ends even a tap that is suspended."""
    process = slow.start_until_loading()
    slow.signal_tap(signal.SIGSTOP)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert slow.running() == []


@pytest.mark.orchestrator
def test_ctrl_c_does_not_lose_the_state(sync: Sync) -> None:
    """Ctrl-C in a terminal, while the state is being kept, does not lose it, and stops
    the build."""
    programs = sync.folder / "programs"
    programs.mkdir()
    script(programs / "python3", f'sleep 1\nexec {sys.executable} "$@"')
    ours, its = pty.openpty()
    path = f"{programs}:{os.environ['PATH']}"
    process = sync.start(its, PATH=path, BUILD="echo built")
    os.close(its)
    wait_for_content(sync.state.with_name("state.last"))
    os.write(ours, b"\x03")
    assert process.wait(timeout=20) == 130
    assert "built" not in shown_on(ours)
    assert content(sync.state)["bookmarks"]


@pytest.mark.orchestrator
def test_two_at_once(slow: Sync) -> None:
    """A second run is refused while one is running, which is not disturbed."""
    process = slow.start_until_loading()
    code, log = slow.run()
    assert code == 75
    assert f"another run uses {slow.state.parent}" in log
    slow.emulator.faults.clear()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert slow.trials() == slow.truth()


@pytest.mark.orchestrator
def test_killed_script(slow: Sync) -> None:
    """If the script is killed, tap and target hold the lock until they end."""
    process = slow.start_until_loading()
    process.kill()
    process.wait()
    assert slow.run()[0] == 75
    slow.emulator.faults.clear()
    process.communicate(timeout=60)
    assert slow.running() == []
    assert slow.run()[0] == 0
    assert slow.trials() == slow.truth()


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed"
)
def test_units_are_valid(tmp_path: Path) -> None:
    """The units pass systemd's own check."""
    service = (SHELL / "tap-sagemaker-tuning.service").read_text(encoding="utf-8")
    here = service.replace("/opt/tuning/bin/sync.sh", str(SHELL / "sync.sh"))
    assert here != service
    (tmp_path / "tap-sagemaker-tuning.service").write_text(here, encoding="utf-8")
    shutil.copy(SHELL / "tap-sagemaker-tuning.timer", tmp_path)
    units = sorted(map(str, tmp_path.glob("tap-*")))
    done = subprocess.run(  # noqa: S603 - the command is ours
        ["systemd-analyze", "verify", *units],  # noqa: S607 - wherever it is installed
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_cron_job() -> None:
    """The manifest prevents overlapping runs, and mounts what sync.sh needs."""
    text = (SHELL / "cronjob.yaml").read_text(encoding="utf-8")
    job, claim = yaml.safe_load_all(text)
    assert (job["kind"], job["spec"]["concurrencyPolicy"]) == ("CronJob", "Forbid")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounted = {each["mountPath"] for each in container["volumeMounts"]}
    program, *given = container["command"]
    assert program == "sync.sh"
    assert {f"/{path.split('/')[1]}" for path in given} == mounted
    assert {each["name"] for each in container["volumeMounts"]} == {
        each["name"] for each in pod["volumes"]
    }
    (state,) = [v for v in pod["volumes"] if "persistentVolumeClaim" in v]
    assert state["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
