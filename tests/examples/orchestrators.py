"""Airflow and Dagster, which each load all accounts of a world on request.

Both give the same answers, so that one test can check both.
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tests.environments import BUILD, EXAMPLES, made_from, venv
from tests.examples import runner
from tests.examples.world import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.examples.world import World

HERE = Path(__file__).parent
PASSWORD = "not-to-be-seen"  # noqa: S105 - the server trusts its own machine


@dataclass(frozen=True, kw_only=True)
class Load:
    """The result of a load.

    Attributes:
        succeeded: Whether it succeeded in the end.
        tries: How many attempts it took.
        log: A log that includes its own.
    """

    succeeded: bool
    tries: int
    log: str


class Orchestrator(Protocol):
    """Airflow or Dagster."""

    runner: runner.Runner
    environment: dict[str, str]
    goods: list[bool]
    """For each load of all accounts, whether no failure was reported."""

    lacking: list[str]
    """For each build, the tuning jobs that the check finds incomplete."""

    def load(self, together: int, *, build: bool = True) -> dict[str, Load]:
        """Find the accounts, load each of them, and build the models.

        Args:
            together: How many run at once, at least.
            build: Whether the models are built.

        Returns:
            The result of each load, by account.
        """

    def build(self) -> None:
        """Build the models."""


class Airflow:
    """The DAG of examples/airflow, run by `dag.test()`.

    Attributes:
        answer: The result of its last loads.
        goods: As in `Orchestrator`.
    """

    def __init__(self, asked: runner.Runner, environment: dict[str, str]) -> None:
        self.runner, self.environment = asked, environment
        self.answer: dict[str, Any] = {}
        self.goods: list[bool] = []
        self.lacking: list[str] = []

    def load(self, together: int, *, build: bool = True) -> dict[str, Load]:
        """As in `Orchestrator`, in one run of the DAG."""
        self.answer = self.runner.ask(
            environment={"TAP_TOGETHER": str(together)},
            together=together,
            skip=None if build else "build|check",
        )
        assert "errors" not in self.answer, self.answer
        self.goods.append(self.answer["state"] == "success")
        if build:
            self.note_check(self.answer)
        return {
            name: Load(succeeded=state == "success", tries=tries, log=self.runner.log)
            for name, state, tries in self.answer["load"]
        }

    def build(self) -> None:
        """As in `Orchestrator`."""
        self.note_check(self.runner.ask(environment={}, together=1, skip="load"))

    def note_check(self, answer: dict[str, Any]) -> None:
        """Expect that a run built the models, and note what its check found."""
        ((_, built, _),), ((_, checked, _),) = answer["build"], answer["check"]
        assert built == "success", self.runner.log
        lacking = re.findall(r"trials are missing in (.+)", self.runner.log)
        assert (checked == "success") == (lacking == [])
        self.lacking.append("".join(lacking[:1]).strip())


class Dagster:
    """The assets of examples/dagster, materialized."""

    def __init__(self, asked: runner.Runner, environment: dict[str, str]) -> None:
        self.runner, self.environment = asked, environment
        self.goods: list[bool] = []
        self.lacking: list[str] = []

    def materialize(self, *assets: tuple[str, str | None], together: int = 1) -> Any:
        """Materialize assets, each by name and partition, and return the result of
        each."""
        environment = {"TAP_TOGETHER": str(together)}
        return self.runner.ask(environment=environment, assets=assets)

    def load(self, together: int, *, build: bool = True) -> dict[str, Load]:
        """As in `Orchestrator`."""
        (finding,) = self.materialize(("accounts", None))
        names = [name for name, _ in self.runner.ask(sensor=None)]
        assets = [("sagemaker_tuning", name) for name in names]
        runs = self.materialize(*assets, together=together)
        self.goods.append(all(each["success"] for each in [finding, *runs]))
        if build:
            self.build()
        return {
            name: Load(
                succeeded=outcome["success"],
                tries=1 + outcome["retries"],
                log="\n".join(chain(outcome["log"], *outcome["failures"])),
            )
            for name, outcome in zip(names, runs, strict=True)
        }

    def build(self) -> None:
        """As in `Orchestrator`."""
        (outcome,) = self.materialize(("models", None))
        assert outcome["success"], outcome["failures"]
        ((passed, tuning_jobs),) = outcome["checks"]
        assert passed == (tuning_jobs == [])
        self.lacking.append(", ".join(tuning_jobs))


@contextmanager
def airflow(world: World) -> Iterator[Orchestrator]:
    """An Airflow for the test; its database is created once, because that takes
    long."""
    programs = venv("airflow")
    home = world.folder / "airflow"
    home.mkdir()
    environment = world.environment(
        programs,
        AIRFLOW_HOME=str(home),
        AIRFLOW_CONN_TUNING_WAREHOUSE=(
            f"postgresql://postgres:{PASSWORD}@127.0.0.1:{world.warehouse.port}/postgres"
        ),
        AIRFLOW__CORE__DAGS_FOLDER=str(EXAMPLES / "airflow" / "dags"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
    )
    constraints = EXAMPLES / "airflow" / "constraints.txt"
    with made_from("airflow-database", constraints) as is_new:
        migrated = BUILD / "airflow-database" / "airflow.db"
        if is_new:
            done = run([programs / "airflow", "db", "migrate"], environment)
            assert done.returncode == 0, done.stdout
            shutil.copy(home / "airflow.db", migrated)
        shutil.copy(migrated, home)
    command = [programs / "python", HERE / "run_dag.py"]
    with runner.running(command, environment) as running:
        yield Airflow(running, environment)


@contextmanager
def dagster(world: World) -> Iterator[Orchestrator]:
    """A Dagster for the test."""
    programs = venv("dagster")
    home = world.folder / "dagster"
    home.mkdir()
    shutil.copy(EXAMPLES / "dagster" / "dagster.yaml", home)
    environment = world.environment(
        programs,
        **world.warehouse.environment(),
        DAGSTER_HOME=str(home),
        DAGSTER_DISABLE_TELEMETRY="1",
        TUNING_RETRIES="1",
        TUNING_RETRY_SECONDS="0",
    )
    command = [programs / "python", HERE / "run_assets.py", EXAMPLES / "dagster"]
    with runner.running(command, environment) as running:
        yield Dagster(running, environment)
