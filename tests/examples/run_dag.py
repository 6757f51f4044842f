"""Runs the DAG in Airflow's environment; see tests/examples/runner.py for requests.

A request has `environment`; `together`, the number of loads that run at once, each in a
process of its own, as with Airflow's executors (`dag.test` runs one after another); and
`skip`, a pattern of tasks to treat as done.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import timedelta
from typing import Any

from airflow import settings  # type: ignore[import-not-found]
from airflow.dag_processing.dagbag import DagBag  # type: ignore[import-not-found]
from airflow.sdk.definitions import dag as dags  # type: ignore[import-not-found]
from airflow.sdk.execution_time import supervisor  # type: ignore[import-not-found]

run_task = dags._run_task  # noqa: SLF001 - there is no public way
children: list[int] = []


def fork(together: int, task: dict[str, Any]) -> None:
    """Start a load in a process, and wait once enough have started. Run other tasks
    here."""
    if task["ti"].task_id != "load":
        run_task(**task)
        return
    child = os.fork()
    if not child:
        try:
            # Connections and threads belong to the parent: abandon them without
            # closing.
            settings.engine.dispose(close=False)
            api = supervisor.in_process_api_server()
            kept = api.transport  # noqa: F841 - must stay referenced, so that it is not closed either
            del api.transport
            run_task(**task)
        except BaseException:  # noqa: BLE001 - must not continue as the parent does
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    children.append(child)
    if len(children) == together:
        while children:
            os.waitpid(children.pop(), 0)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the DAG once, and return the result."""
    os.environ.update(request["environment"])
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    if bag.import_errors:
        return {"errors": list(bag.import_errors.values())}
    dag = bag.get_dag("sagemaker_tuning")
    load = dag.get_task("load")
    load.retries, load.retry_delay = 1, timedelta(seconds=1)
    dags._run_task = run_task  # noqa: SLF001 - see above
    if request["together"] > 1:
        dags._run_task = lambda **task: fork(request["together"], task)  # noqa: SLF001
    run = dag.test(mark_success_pattern=request["skip"])
    tasks: dict[str, list[Any]] = {}
    for task in sorted(run.get_task_instances(), key=lambda each: each.map_index):
        states = tasks.setdefault(task.task_id, [])
        states.append([task.rendered_map_index, task.state, task.try_number])
    return {"state": run.state, **tasks}


for line in sys.stdin:
    sys.stdout.write(f"\nANSWER {json.dumps(answer(json.loads(line)))}\n")
    sys.stdout.flush()
