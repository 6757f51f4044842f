"""examples/airflow on the CeleryExecutor with two workers, one of them lost."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from sagemaker_tuning_emulator import Fault
from tests.distributed import servers
from tests.distributed.cluster import DATABASES, Cluster, cluster, wait_for
from tests.environments import EXAMPLES
from tests.examples.orchestrators import PASSWORD
from tests.examples.world import ALL, World, join, scopes_in, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.distributed,
    pytest.mark.skipif(
        not EXAMPLES.is_dir(), reason="the examples are only in a checkout"
    ),
    pytest.mark.skipif(
        bool(servers.lacking()),
        reason=f"Debian's packages are needed: {', '.join(servers.lacking())}",
    ),
]

SLOW, REGION = "555555555555", "us-east-1"
JOBS, TRIALS = 60, 4
COUNT = "select count(*) from training_job_summaries where account_id = '555555555555'"
FIRST = "(select run_id from dag_run order by id limit 1)"
LOADS = "select map_index, try_number from task_instance where task_id = 'load'"
WAITING = "select map_index from task_instance where state = 'up_for_retry'"
RENDERED = "select rendered_fields::text from rendered_task_instance_fields"


@pytest.fixture
def four(tmp_path: Path) -> Iterator[World]:
    """Three accounts, one of them slow to read, with Debian's Postgres."""
    server = servers.postgres(tmp_path / "postgres.log", DATABASES)
    with world(tmp_path, server) as made:
        scope = made.emulator.scope(SLOW, REGION)
        for job in range(JOBS):
            scope.plan(f"slow-{job}", trials=TRIALS, parallel=TRIALS)
        made.emulator.clock.move(seconds=86_400)
        join(made.emulator, SLOW, REGION)
        yield made


@pytest.fixture
def airflow(four: World) -> Iterator[Cluster]:
    """Airflow, whose first run starts at once."""
    with cluster(four) as made:
        yield made


def test_a_lost_worker_loses_nothing(four: World, airflow: Cluster) -> None:
    """When a worker is killed during a load, another one loads the account again as
    soon as Meltano allows it, and the run succeeds with the service's rows in the
    warehouse. The next run resumes from the states of the first, even on a new
    worker."""
    four.emulator.faults.add(Fault("latency", account=SLOW, seconds=1.0))
    wait_for(300, lambda: loading(airflow) != [], airflow.log)
    (lost,) = loading(airflow)
    wait_for(300, lambda: loaded(four) > 0, airflow.log)
    airflow.kill(lost)
    four.emulator.faults.clear()
    assert 0 < loaded(four) < JOBS * TRIALS

    wait_for(300, lambda: airflow.ask(WAITING) != [], airflow.log)
    ((load, passed),) = retried(airflow).items()
    assert passed > 300
    assert airflow.end_of(FIRST) == "success", airflow.log()
    tries = dict(airflow.ask(f"{LOADS} and run_id = {FIRST}"))
    assert tries == {**dict.fromkeys(range(1 + len(ALL)), 1), load: 2}
    assert four.loaded() == four.truth()

    airflow.start_worker("third")
    four.goes_on()
    airflow.airflow("dags", "trigger", "sagemaker_tuning", "--run-id", "second")
    assert airflow.end_of("'second'") == "success", airflow.log()
    assert airflow.loads_at("third")
    assert four.loaded() == four.truth()
    given = {name: scopes_in(state) for name, state in four.states().items()}
    assert given == {
        name: {f"{name}-{region}" for region in regions}
        for name, regions in {SLOW: [REGION], **ALL}.items()
    }
    rendered = airflow.ask(RENDERED)
    assert [fields for (fields,) in rendered if PASSWORD in fields] == []


def loading(airflow: Cluster) -> list[str]:
    """The workers that have started to load the slow account."""
    return [name for name in airflow.workers if SLOW in airflow.loads_at(name)]


def loaded(four: World) -> int:
    """How many of its trials are in the warehouse."""
    exists = "select to_regclass('training_job_summaries') is not null"
    ((is_there,),) = four.warehouse.ask(exists)[1]
    return int(four.warehouse.ask(COUNT)[1][0][0]) if is_there else 0


def retried(airflow: Cluster) -> dict[int, int]:
    """Let time pass until no load waits for its retry.

    Returns:
        The loads that waited, and how many seconds each did.
    """
    passed: Counter[int] = Counter()
    while waiting := airflow.ask(WAITING):
        passed.update({load: 30 for (load,) in waiting})
        airflow.time_passes(30)
        time.sleep(3)
    return dict(passed)
