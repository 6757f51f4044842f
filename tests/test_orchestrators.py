"""examples/airflow and examples/dagster really load accounts.

Tests that apply to both come first; those for one of them follow.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from sagemaker_tuning_emulator import Fault
from tests.environments import EXAMPLES
from tests.examples.orchestrators import (
    PASSWORD,
    Airflow,
    Dagster,
    airflow,
    dagster,
)
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
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.examples.orchestrators import Load, Orchestrator

pytestmark = [
    pytest.mark.orchestrator,
    pytest.mark.skipif(
        not EXAMPLES.is_dir(), reason="the examples are only in a checkout"
    ),
]

FAILS, RECOVERS, *REST = ALL
MODELED = """
select account_id, region, training_job_name, status
from sagemaker_tuning.sagemaker_tuning__trials
order by 1, 2, 3
"""
DENIED = f"{FAILS}-us-east-1"  # one of the two scopes of FAILS
ONCE = f"{RECOVERS}-us-east-1"
DAGSTER = EXAMPLES / "dagster"
LOAD = "tap-sagemaker-tuning target-postgres"


@dataclass(frozen=True)
class Runs:
    """A world, and the results of two loads of all its accounts, six hours apart.

    Attributes:
        four: The world.
        by: The orchestrator.
        first: The first loads: one scope is denied, and another one fails once.
        second: The second loads: all at once, without failures.
        loaded: The warehouse's contents after each.
        truth: The expected contents.
        modeled: The trials in the models, which were built after the first loads, and
            again after the second ones and the loss of a trial.
    """

    four: World
    by: Orchestrator
    first: dict[str, Load]
    second: dict[str, Load]
    loaded: list[Any]
    truth: list[Any]
    modeled: list[Any]


@pytest.fixture(scope="class")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    """Two loads of three accounts into Postgres, with the class's orchestrator."""
    with (
        world(tmp_path_factory.mktemp(request.cls.__name__)) as four,
        request.cls.by(four) as by,
    ):
        four.emulator.faults.add(fault("deny", DENIED))
        four.emulator.faults.add(fault("error", ONCE, times=1))
        first = by.load(together=1)
        loaded, truth = [four.loaded()], [four.truth()]
        four.emulator.faults.clear()
        four.goes_on()
        second = by.load(together=len(ALL), build=False)
        loaded.append(four.loaded())
        truth.append(four.truth())
        four.lose_a_trial("job-2-0")
        by.build()
        _, modeled = four.warehouse.ask(MODELED)
        yield Runs(four, by, first, second, loaded, truth, modeled)


class Both:
    """What a load should do with either orchestrator.

    Each orchestrator has its own class, so that both can be tested at once.
    """

    by: ClassVar[Callable[[World], AbstractContextManager[Orchestrator]]]

    def test_a_load_fails_alone_after_its_retries(self, runs: Runs) -> None:
        """A load that cannot read a scope fails after all its attempts, one that fails
        once is retried, and others are unaffected. Loads that start together can
        conflict in the database, and then one of them is retried as well: seen once,
        under load."""
        succeeded = {name: load.succeeded for name, load in runs.first.items()}
        assert succeeded == {FAILS: False, **dict.fromkeys([RECOVERS, *REST], True)}
        assert [runs.first[name].tries for name in (FAILS, RECOVERS)] == [2, 2]
        assert {runs.first[name].tries for name in REST} <= {1, 2}

    def test_all_are_loaded_at_once(self, runs: Runs) -> None:
        """Without failures, loads that start at the same time all succeed."""
        assert [load.succeeded for load in runs.second.values()] == [True] * len(ALL)

    def test_models_are_built(self, runs: Runs) -> None:
        """After the loads, even failed ones, the models match the tables. Their check
        finds everything that was loaded complete, and names the account, the region and
        the tuning job of a missing trial."""
        assert runs.by.goods[:2] == [False, True]
        assert runs.by.lacking == ["", f"{RECOVERS} us-east-1 job-2-0"]
        trials = [row[:4] for row in runs.truth[1][1]]
        (lost,) = [trial for trial in trials if trial not in runs.modeled]
        assert lost[:2] == (RECOVERS, "us-east-1")
        assert runs.modeled == [trial for trial in trials if trial != lost]

    def test_the_others_are_loaded(self, runs: Runs) -> None:
        """First, everything except the denied scope is loaded, including the failed
        account's other region, and then everything is."""
        assert runs.loaded[0] == [rows_without(DENIED, rows) for rows in runs.truth[0]]
        assert runs.loaded[1] == runs.truth[1]

    def test_the_log_has_the_taps_summary(self, runs: Runs) -> None:
        """A load's log has the tap's summary or error, and no password."""
        log = "".join({load.log for load in runs.first.values()})
        summary = "1 of 1 accounts and regions complete"
        succeeded = [runs.first[name] for name in (RECOVERS, *REST)]
        assert [summary in load.log for load in succeeded] == [True] * len(succeeded)
        assert "1 of 2 accounts and regions complete, 1 failed" in log
        log = runs.first[FAILS].log
        assert "Allow sagemaker:ListHyperParameterTuningJobs" in log
        assert PASSWORD not in log

    def test_each_tap_is_given_its_own_state(self, runs: Runs) -> None:
        """Loads that start at the same time each receive their own state."""
        given = {name: scopes_in(state) for name, state in runs.four.states().items()}
        assert given == {
            name: {f"{name}-{region}" for region in regions}
            for name, regions in ALL.items()
        }

    def test_no_password_is_stored(self, runs: Runs) -> None:
        """No file of the orchestrator or Meltano has the warehouse's password."""
        every = runs.four.folder.rglob("*")
        files = [path for path in every if path.is_file() and not path.is_symlink()]
        assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []

    def test_only_what_is_found_is_loaded(self, runs: Runs) -> None:
        """An account that left is no longer loaded. If an account's regions cannot be
        listed, the other accounts are loaded, and the load counts as failed."""
        left, unknown, stays = ALL
        runs.four.emulator.organization.leave(left)
        denied = Fault("deny", operation="ListRegions", account=unknown)
        runs.four.emulator.faults.add(denied)
        loads = runs.by.load(together=1, build=False)
        runs.four.emulator.faults.clear()
        runs.four.emulator.organization.join(left)
        assert {name: load.succeeded for name, load in loads.items()} == {stays: True}
        assert runs.by.goods == [False, True, False]


class TestAirflow(Both):
    """The DAG of examples/airflow."""

    by = airflow

    def test_meltanos_settings_have_no_organization(self, runs: Runs) -> None:
        """If Meltano's settings have an organization, which every load would read, the
        run fails before any load."""
        assert isinstance(runs.by, Airflow)
        with runs.four.organization_for_meltano():
            runs.by.load(together=1, build=False)
        assert runs.by.answer["find"] == [[None, "failed", 1]]
        assert "organization: move it from Meltano's settings to" in runs.by.runner.log


class TestDagster(Both):
    """The assets of examples/dagster."""

    by = dagster

    def test_definitions_are_valid(self, runs: Runs) -> None:
        """Dagster accepts the definitions."""
        definitions = str(DAGSTER / "definitions.py")
        command = ["dagster", "definitions", "validate", "-f", definitions]
        done = run(command, runs.by.environment)
        assert done.returncode == 0, done.stdout
        assert "All code locations passed validation" in done.stdout

    def test_meltanos_settings_have_no_organization(self, runs: Runs) -> None:
        """If Meltano's settings have an organization, which every load would read, no
        account is found or loaded."""
        assert isinstance(runs.by, Dagster)
        with runs.four.organization_for_meltano():
            (finding,) = runs.by.materialize(("accounts", None))
        assert (finding["success"], finding["assets"], finding["retries"]) == (
            False,
            [],
            0,
        )
        ((said,),) = finding["failures"]
        assert said.startswith("organization: move it from Meltano's settings to")

    def test_a_failure_carries_the_end_of_the_log(self, runs: Runs) -> None:
        """A failed run says which load failed, and has the tap's own error message."""
        log = runs.first[FAILS].log
        said = f"meltano run --state-id-suffix={FAILS} {LOAD} ended with 1"
        assert "Allow sagemaker:ListHyperParameterTuningJobs" in log.split(said)[1]

    def test_metadata_has_no_external_id(self, runs: Runs) -> None:
        """Everyone who can see Dagster can see metadata; it has roles, but not their
        external IDs."""
        assert isinstance(runs.by, Dagster)
        (finding,) = runs.by.materialize(("accounts", None))
        (metadata,) = finding["metadata"]
        assert set(metadata["accounts"]) == set(ALL)
        assert "role_arn" in str(metadata)
        assert "external_id" not in str(metadata)

    def test_a_run_materializes_all_tables(self, runs: Runs) -> None:
        """A run materializes all tables of its account."""
        assert isinstance(runs.by, Dagster)
        runs.by.materialize(("accounts", None))
        (again,) = runs.by.materialize(("sagemaker_tuning", RECOVERS))
        tables = ["scopes", "training_job_summaries", "tuning_jobs"]
        assert sorted(again["assets"]) == tables

    def test_models_follow_the_tables(self, runs: Runs) -> None:
        """The models are requested once accounts have been loaded, and not before."""
        asked = runs.by.runner.ask(automation=[FAILS, RECOVERS])
        assert asked == [0, 1, 1]

    def test_accounts_are_found_each_hour(self, runs: Runs) -> None:
        """The hourly schedule only finds the accounts."""
        assert runs.by.runner.ask(schedule=None) == ["@hourly", ["accounts"]]

    def test_each_account_is_loaded_once_each_time(self, runs: Runs) -> None:
        """Each time the accounts are found, one run per account is requested."""
        assert isinstance(runs.by, Dagster)
        requests = runs.by.runner.ask(sensor=None)
        runs.by.materialize(("accounts", None))
        requests += runs.by.runner.ask(sensor=None)
        assert Counter(name for name, _ in requests) == dict.fromkeys(ALL, 2)
        assert len({key for _, key in requests}) == 2 * len(ALL)

    def test_an_account_that_left_keeps_its_partition(self, runs: Runs) -> None:
        """An account that left stays in Dagster, and loading it fails with an
        explanation."""
        assert isinstance(runs.by, Dagster)
        runs.four.emulator.organization.leave(RECOVERS)
        runs.by.materialize(("accounts", None))
        (load,) = runs.by.materialize(("sagemaker_tuning", RECOVERS))
        assert (load["success"], load["retries"]) == (False, 0)
        said = f"account {RECOVERS} is not among those found last"
        assert load["failures"] == [[said]]


def test_two_runs_of_an_account_wait_for_each_other() -> None:
    """dagster.yaml allows one run per partition at a time."""
    text = (DAGSTER / "dagster.yaml").read_text(encoding="utf-8")
    (limit,) = yaml.safe_load(text)["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit == {
        "key": "dagster/partition",
        "value": {"applyLimitPerUniqueValue": True},
        "limit": 1,
    }


@pytest.mark.parametrize("example", ["airflow", "dagster"])
def test_constraints_pin_what_is_required(example: str) -> None:
    """The requirements of an example are pinned, and its Meltano version is the
    demo's."""
    folder = EXAMPLES / example
    text = (folder / "constraints.txt").read_text(encoding="utf-8")
    pinned = text.replace(" \\\n", "\n").splitlines()  # before the hashes
    for line in (folder / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert line.replace("[binary]", "") in pinned
    demo = (EXAMPLES.parent / "tap_tools/demo/requirements.in").read_text("utf-8")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"meltano(?:\[postgres\])?(==[\d.]+)", readme)
    assert {f"meltano{version}" for version in said} <= set(demo.splitlines())
    assert len(said) == 2
