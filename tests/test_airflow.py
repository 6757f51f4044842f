"""examples/airflow: the DAG is run for real, in an Airflow of its own. Slow."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tests.examples import runner
from tests.examples.venvs import BUILD, EXAMPLES, venv
from tests.examples.world import (
    ALL,
    SCOPES,
    World,
    fault,
    rows_without,
    run,
    scopes_in,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not EXAMPLES.is_dir(), reason="the examples are in the checkout only"
    ),
]

HERE = Path(__file__).parent
PASSWORD = "not-to-be-seen"  # noqa: S105 - the server trusts its own machine
FAILS, RECOVERS, *REST = ALL


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four scopes, a Meltano project and a Postgres."""
    with world(tmp_path_factory.mktemp("airflow")) as made:
        yield made


@pytest.fixture(scope="module")
def airflow(four: World) -> Iterator[runner.Runner]:
    """An Airflow that runs the DAG on request."""
    programs = venv("airflow")
    home = four.folder / "airflow"
    home.mkdir()
    environment = four.environment(
        programs,
        AIRFLOW_HOME=str(home),
        AIRFLOW_CONN_TUNING_WAREHOUSE=(
            f"postgresql://postgres:{PASSWORD}@127.0.0.1:{four.warehouse.port}/postgres"
        ),
        AIRFLOW__CORE__DAGS_FOLDER=str(EXAMPLES / "airflow" / "dags"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
    )
    migrated = BUILD / "airflow" / "airflow.db"
    if not migrated.exists():  # it takes long, and is made anew with the environment
        done = run([programs / "airflow", "db", "migrate"], environment)
        assert done.returncode == 0, done.stdout
        shutil.copy(home / "airflow.db", migrated)
    shutil.copy(migrated, home)
    command = [programs / "python", HERE / "examples" / "run_dag.py"]
    with runner.running(command, environment) as running:
        yield running


@pytest.fixture(scope="module")
def first(four: World, airflow: runner.Runner) -> dict[str, Any]:
    """The first run: one scope is denied, another fails once."""
    four.emulator.faults.add(fault("deny", FAILS))
    four.emulator.faults.add(fault("error", RECOVERS, times=1))
    answer = airflow.ask(environment={}, together=1, skip=None)
    return {
        **answer,
        "log": airflow.log,
        "loaded": four.loaded(),
        "truth": four.truth(),
    }


@pytest.fixture(scope="module")
def second(
    four: World, airflow: runner.Runner, first: dict[str, Any]
) -> dict[str, Any]:
    """Six hours later, all scopes at once."""
    assert first["state"]
    four.emulator.faults.clear()
    four.goes_on()
    answer = airflow.ask(environment={"TAP_TOGETHER": "4"}, together=4, skip=None)
    return {**answer, "loaded": four.loaded(), "truth": four.truth()}


def test_a_scope_fails_alone_after_its_retries(first: dict[str, Any]) -> None:
    """A scope that can not be read fails after all its tries, and is not checked; one
    that fails once is tried again; no other is held back."""
    assert first["state"] == "failed"
    assert first["scope.load"] == [
        [FAILS, "failed", 2],
        [RECOVERS, "success", 2],
        *([name, "success", 1] for name in REST),
    ]
    assert first["scope.check"] == [
        ["0", "upstream_failed", 0],
        *([name, "success", 1] for name in [RECOVERS, *REST]),
    ]


def test_the_others_are_loaded(first: dict[str, Any], second: dict[str, Any]) -> None:
    """What could be read is loaded in the first run, all in the next, to the value."""
    without = [rows_without(FAILS, rows) for rows in first["truth"]]
    assert first["loaded"] == without
    assert second["loaded"] == second["truth"]
    assert second["state"] == "success"


def test_the_log_has_the_taps_summary(first: dict[str, Any]) -> None:
    """A task's log has the tap's summary or its error, and no password."""
    for name in [RECOVERS, *REST]:
        account, region = name.split("-", 1)
        assert f"account {account}, {region}: tuning jobs: " in first["log"]
    assert "Allow sagemaker:ListHyperParameterTuningJobs" in first["log"]
    assert PASSWORD not in first["log"]


def test_no_password_is_stored(four: World, first: dict[str, Any]) -> None:
    """The warehouse's password is in no file of Airflow's or Meltano's."""
    assert first["state"]
    files = [p for p in four.folder.rglob("*") if p.is_file() and not p.is_symlink()]
    assert [p for p in files if PASSWORD.encode() in p.read_bytes()] == []


def test_each_tap_is_given_its_own_state(four: World, second: dict[str, Any]) -> None:
    """Scopes that start at the same time are each given the state of their own."""
    assert {task[1] for task in second["scope.load"]} == {"success"}
    given = {name: scopes_in(state) for name, state in four.states().items()}
    assert given.pop(FAILS) <= {FAILS}
    assert given == {name: {name} for name in [RECOVERS, *REST]}


def test_the_check_finds_a_lost_trial(
    four: World, airflow: runner.Runner, second: dict[str, Any]
) -> None:
    """A trial that is not in the table fails the check of its scope, which names the
    tuning job."""
    assert second["state"] == "success"
    four.lose_a_trial("job-2-0")
    answer = airflow.ask(environment={}, together=1, skip="scope.load")
    assert answer["state"] == "failed"
    states = {name: state for name, state, _ in answer["scope.check"]}
    assert states.pop(ALL[2]) == "failed"
    assert set(states.values()) == {"success"}
    assert f"{ALL[2]}: trials and counters differ in job-2-0" in airflow.log


def test_a_scope_may_not_be_there_twice(airflow: runner.Runner, tmp_path: Path) -> None:
    """The same scope twice, which would be loaded twice at once, is refused."""
    twice = tmp_path / "scopes.json"
    twice.write_text(json.dumps([*SCOPES, SCOPES[0]]), encoding="utf-8")
    environment = {"TUNING_SCOPES": str(twice)}
    (error,) = airflow.ask(environment=environment, together=1, skip=None)["errors"]
    assert f"a scope is twice in {twice}" in error


@pytest.mark.parametrize("example", ["airflow", "dagster"])
def test_constraints_pin_what_is_required(example: str) -> None:
    """What an example requires is pinned, and Meltano's version is the demo's."""
    folder = EXAMPLES / example
    pinned = (folder / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in (folder / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert line.replace("[binary]", "") in pinned
    demo = (EXAMPLES.parent / "demo" / "requirements.in").read_text(encoding="utf-8")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"meltano(?:\[postgres\])?(==[\d.]+)", readme)
    assert {f"meltano{version}" for version in said} <= set(demo.splitlines())
    assert len(said) == 2
