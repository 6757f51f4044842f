"""Airflow on the CeleryExecutor: a broker, a database, and workers that can be lost.

All run on one machine, each worker with a Meltano project of its own.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tap_tools.demo import processes
from tests.distributed import servers
from tests.environments import BUILD, CHECKOUT, EXAMPLES, programs
from tests.examples.orchestrators import PASSWORD
from tests.examples.world import make_project, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.examples.world import World

HERE = Path(__file__).parent
DATABASES = ("airflow", "meltano")
AIRFLOW = EXAMPLES / "airflow"
RETRIES_EARLIER = """
update task_instance set end_date = end_date - %s * interval '1 second'
where state = 'up_for_retry'
"""
HEARTBEATS_EARLIER = """
update runs set last_heartbeat_at = last_heartbeat_at - %s * interval '1 second'
where
    state = 'RUNNING'
    and last_heartbeat_at < now() at time zone 'utc' - interval '15 seconds'
"""


class Cluster:
    """The cluster's processes, and what its database knows about tasks.

    Attributes:
        environment: The environment of all processes.
        workers: The folder of each worker's Meltano project, by worker.
    """

    def __init__(self, world: World, stack: ExitStack, broker: str) -> None:
        self._world, self._stack = world, stack
        self._found = _airflow()
        self._database = stack.enter_context(
            psycopg.connect(self._url("postgresql", "airflow"), autocommit=True)
        )
        self._meltano = stack.enter_context(
            psycopg.connect(self._url("postgresql", "meltano"), autocommit=True)
        )
        self.workers: dict[str, Path] = {}
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self.environment = self._environment(broker)

    def start(self) -> None:
        """Start everything except the workers."""
        self.airflow("db", "migrate")
        for name in ("api-server", "scheduler", "dag-processor"):
            self._start(name, self.environment, name)

    def start_worker(self, name: str) -> None:
        """Start a worker that runs one load at a time."""
        folder = self._world.folder / name
        project = folder / "project"
        make_project(project)
        # So that rows reach the warehouse during a load.
        own = project / "meltano.yml"
        text = own.read_text(encoding="utf-8")
        loader = "    executable: target-postgres\n"
        assert text.count(loader) == 1
        text = text.replace(loader, f"{loader}    config:\n      batch_size_rows: 20\n")
        own.write_text(text, encoding="utf-8")
        self.workers[name] = project
        environment = {
            **self.environment,
            "TUNING_PROJECT": str(project),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        options = ["--concurrency", "1", "--celery-hostname", f"{name}@%h"]
        self._start(
            name, environment, "celery", "worker", "--skip-serve-logs", *options
        )

    def kill(self, name: str) -> None:
        """Kill all processes of a worker at once, as if its machine were lost."""
        del self.workers[name]
        worker = self._processes[name].pid
        # All are stopped first, so that none reacts to another's end; twice, to include
        # processes that were just started.
        for number in (signal.SIGSTOP, signal.SIGSTOP, signal.SIGKILL):
            for process in _family(worker):
                with suppress(ProcessLookupError):
                    os.kill(process, number)

    def loads_at(self, name: str) -> set[str]:
        """The accounts whose loads a worker has started."""
        folder = self.workers[name] / ".meltano" / "accounts"
        return {path.name for path in folder.iterdir()} if folder.exists() else set()

    def airflow(self, *arguments: str) -> str:
        """Run an Airflow command, and return its output; it must succeed."""
        done = run([self._found / "airflow", *arguments], self.environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Query Airflow's database."""
        return self._database.execute(sql.encode()).fetchall()

    def end_of(self, run_id: str) -> str:
        """Wait until a run has ended, and return its state.

        Args:
            run_id: Its ID, in SQL.
        """
        ended = f"select state from dag_run where run_id = {run_id} and state in "  # noqa: S608
        ended += "('success', 'failed')"
        wait_for(600, lambda: self.ask(ended) != [], self.log)
        return str(self.ask(ended)[0][0])

    def time_passes(self, seconds: int) -> None:
        """Move retries and heartbeats into the past, in Airflow's and Meltano's
        databases."""
        self._database.execute(RETRIES_EARLIER, [seconds])
        self._meltano.execute(HEARTBEATS_EARLIER, [seconds])

    def log(self) -> str:
        """The end of each process's log."""
        logs = sorted(self._world.folder.glob("*.log"))
        return "\n".join(f"{path.name}\n{processes.tail(path)}" for path in logs)

    def _start(self, name: str, environment: dict[str, str], *command: str) -> None:
        log = self._world.folder / f"{name}.log"
        self._processes[name] = self._stack.enter_context(
            processes.running(
                [str(self._found / "airflow"), *command], log, env=environment
            )
        )

    def _url(self, scheme: str, database: str) -> str:
        return (
            f"{scheme}://postgres:any@127.0.0.1:{self._world.warehouse.port}/{database}"
        )

    def _environment(self, broker: str) -> dict[str, str]:
        home = self._world.folder / "airflow"
        home.mkdir()
        port = servers.free_port()
        celery = {
            "BROKER_URL": broker,
            "RESULT_BACKEND": f"db+{self._url('postgresql', 'airflow')}",
        }
        return {
            **self._world.environment(_meltano()),
            "PATH": f"{self._found}:{_meltano()}:{os.environ['PATH']}",
            **{f"AIRFLOW__CELERY__{name}": value for name, value in celery.items()},
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONN_TUNING_WAREHOUSE": (
                f"postgresql://postgres:{PASSWORD}@127.0.0.1:"
                f"{self._world.warehouse.port}/postgres"
            ),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__SECRET_KEY": "the same for all",
            "AIRFLOW__API_AUTH__JWT_SECRET": "the same for all " * 4,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(AIRFLOW / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": (
                f"http://127.0.0.1:{port}/execution/"
            ),
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self._url(
                "postgresql+psycopg2", "airflow"
            ),
            # A lost load is noticed after half a minute instead of five.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "C_FORCE_ROOT": "1",
            "MELTANO_DATABASE_URI": self._url("postgresql+psycopg", "meltano"),
        }


@contextmanager
def cluster(world: World) -> Iterator[Cluster]:
    """Run a cluster with two workers."""
    with ExitStack() as stack:
        broker = stack.enter_context(servers.redis(world.folder))
        made = Cluster(world, stack, broker)
        made.start()
        run(
            [_meltano() / "meltano", "state", "list"],
            made.environment,
            cwd=world.project,
        )
        for name in ("first", "second"):
            made.start_worker(name)
        yield made


def wait_for(seconds: float, law: Callable[[], bool], says: Callable[[], str]) -> None:
    """Wait until a condition holds, or fail with a log."""
    deadline = time.monotonic() + seconds
    while not law():
        assert time.monotonic() < deadline, says()
        time.sleep(0.3)


def _airflow() -> Path:
    wanted = BUILD / "celery.in"
    texts = [
        (AIRFLOW / name).read_text("utf-8")
        for name in ("requirements.txt", "celery.txt")
    ]
    wanted.parent.mkdir(exist_ok=True)
    wanted.write_text("".join(texts), encoding="utf-8")
    return programs("celery", wanted, AIRFLOW / "constraints.txt")


def _meltano() -> Path:
    return programs(
        "meltano-postgres",
        HERE / "meltano.in",
        CHECKOUT / "tap_tools/demo/constraints.txt",
    )


def _family(process: int) -> list[int]:
    """A process and all its descendants, in any process group."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            _, parent, *_ = status.read_text("utf-8").rpartition(") ")[2].split()
            children.setdefault(int(parent), []).append(int(status.parent.name))
    family = [process]
    for each in family:
        family += children.get(each, [])
    return family
