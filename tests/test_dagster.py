"""examples/dagster: partitions are materialized for real, in a Dagster of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tests.examples import runner
from tests.examples.venvs import EXAMPLES, venv
from tests.examples.world import (
    ALL,
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
EXAMPLE = EXAMPLES / "dagster"
FAILS, RECOVERS, *REST = ALL


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four scopes, a Meltano project and a Postgres."""
    with world(tmp_path_factory.mktemp("dagster")) as made:
        yield made


@pytest.fixture(scope="module")
def environment(four: World) -> dict[str, str]:
    """What Dagster's processes see."""
    home = four.folder / "dagster"
    home.mkdir()
    shutil.copy(EXAMPLE / "dagster.yaml", home)
    return four.environment(
        venv("dagster"),
        **four.warehouse.environment(),
        DAGSTER_HOME=str(home),
        DAGSTER_DISABLE_TELEMETRY="1",
        TUNING_RETRIES="1",
        TUNING_RETRY_SECONDS="0",
    )


@pytest.fixture(scope="module")
def dagster(environment: dict[str, str]) -> Iterator[runner.Runner]:
    """A Dagster that materializes partitions on request."""
    python = venv("dagster") / "python"
    command = [python, HERE / "examples" / "run_assets.py", EXAMPLE]
    with runner.running(command, environment) as running:
        yield running


@pytest.fixture(scope="module")
def first(four: World, dagster: runner.Runner) -> dict[str, Any]:
    """The first runs: one scope is denied, another fails once."""
    four.emulator.faults.add(fault("deny", FAILS))
    four.emulator.faults.add(fault("error", RECOVERS, times=1))
    runs = dagster.ask(environment={}, partitions=ALL)
    return {"runs": runs, "loaded": four.loaded(), "truth": four.truth()}


@pytest.fixture(scope="module")
def second(
    four: World, dagster: runner.Runner, first: dict[str, Any]
) -> dict[str, Any]:
    """Six hours later, all scopes at once."""
    assert first["runs"]
    four.emulator.faults.clear()
    four.goes_on()
    together = {"TAP_TOGETHER": "4"}
    runs = dagster.ask(environment=together, partitions=ALL)
    return {"runs": runs, "loaded": four.loaded(), "truth": four.truth()}


def test_a_scope_fails_alone_after_its_retries(first: dict[str, Any]) -> None:
    """A scope that can not be read fails after all its tries, and is not checked; one
    that fails once is tried again; no other is held back."""
    runs = first["runs"]
    tried = {name: (run["success"], run["retries"]) for name, run in runs.items()}
    assert tried == {
        FAILS: (False, 1),
        RECOVERS: (True, 1),
        **dict.fromkeys(REST, (True, 0)),
    }
    assert (runs[FAILS]["assets"], runs[FAILS]["checks"]) == ([], [])


def test_both_assets_and_the_check(second: dict[str, Any]) -> None:
    """A run materializes both tables of its scope, and checks them."""
    for told in second["runs"].values():
        assert sorted(told["assets"]) == ["training_job_summaries", "tuning_jobs"]
        assert told["checks"] == [[True, "all agree"]]


def test_the_others_are_loaded(first: dict[str, Any], second: dict[str, Any]) -> None:
    """What could be read is loaded in the first run, all in the next, to the value."""
    assert first["loaded"] == [rows_without(FAILS, rows) for rows in first["truth"]]
    assert second["loaded"] == second["truth"]


def test_the_log_has_the_taps_summary(first: dict[str, Any]) -> None:
    """A run's log has the tap's summary."""
    for name in [RECOVERS, *REST]:
        account, region = name.split("-", 1)
        log = "\n".join(first["runs"][name]["log"])
        assert f"account {account}, {region}: tuning jobs: " in log


def test_a_failure_carries_the_end_of_the_log(first: dict[str, Any]) -> None:
    """A failed run says which scope failed, and has the tap's own words."""
    ((said, log),) = first["runs"][FAILS]["failures"]
    assert said == f"{FAILS}: meltano run ended with 1"
    assert "Allow sagemaker:ListHyperParameterTuningJobs" in log


def test_each_tap_is_given_its_own_state(four: World, second: dict[str, Any]) -> None:
    """Scopes that start at the same time are each given the state of their own."""
    assert {told["success"] for told in second["runs"].values()} == {True}
    given = {name: scopes_in(state) for name, state in four.states().items()}
    assert given.pop(FAILS) <= {FAILS}
    assert given == {name: {name} for name in [RECOVERS, *REST]}


def test_the_check_finds_a_lost_trial(
    four: World, dagster: runner.Runner, second: dict[str, Any]
) -> None:
    """A trial that is not in the table fails the check, which names the tuning job."""
    assert second["runs"]
    four.lose_a_trial("job-2-0")
    assert dagster.ask(check=ALL[2])["found"] == [False, "job-2-0"]


def test_definitions_are_valid(environment: dict[str, str]) -> None:
    """Dagster finds nothing wrong with the definitions."""
    definitions = str(EXAMPLE / "definitions.py")
    command = ["dagster", "definitions", "validate", "-f", definitions]
    done = run(command, environment)
    assert done.returncode == 0, done.stdout
    assert "All code locations passed validation" in done.stdout


def test_the_hourly_schedule_asks_for_each_scope(dagster: runner.Runner) -> None:
    """Each hour one run is asked for each scope, once."""
    asked = dagster.ask(schedule="2026-03-02T09:00:00+00:00")["requests"]
    again = dagster.ask(schedule="2026-03-02T10:00:00+00:00")["requests"]
    assert [partition for partition, _ in asked] == ALL
    keys = [key for _, key in asked + again]
    assert len(set(keys)) == 2 * len(ALL)


def test_two_runs_of_a_scope_wait_for_each_other() -> None:
    """dagster.yaml lets one run a partition go at a time."""
    text = (EXAMPLE / "dagster.yaml").read_text(encoding="utf-8")
    (limit,) = yaml.safe_load(text)["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit == {
        "key": "dagster/partition",
        "value": {"applyLimitPerUniqueValue": True},
        "limit": 1,
    }


def test_both_examples_check_alike() -> None:
    """The check's SQL, and the scopes, are the same as Airflow's."""
    for name in ("check.sql", "scopes.json"):
        ours = (EXAMPLE / name).read_text(encoding="utf-8")
        assert ours == (EXAMPLES / "airflow" / "dags" / name).read_text("utf-8")
