"""Materialize partitions, in Dagster's environment; see tests/examples/runner.py.

A request has `environment` and `partitions`. All partitions are materialized at once,
each in a process of its own, as Dagster's launchers do; the partition null is the
models. With `schedule`, a time, it is answered what the schedule asks for then; with
`automation`, partitions that have been materialized, what that lets Dagster make.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from contextlib import closing
from datetime import datetime
from typing import Any

import dagster as dg  # type: ignore[import-not-found]

sys.path.insert(0, sys.argv[1])

import definitions  # type: ignore[import-not-found]


def materialize(partition: str | None, answer: Any) -> None:
    """Materialize one, and say what came of it."""
    with closing(answer), dg.DagsterInstance.get() as instance:
        result = dg.materialize(
            [definitions.sagemaker_tuning if partition else definitions.models],
            partition_key=partition,
            instance=instance,
            raise_on_error=False,
        )
        failures = [
            event.step_failure_data.user_failure_data
            for event in result.all_events
            if event.is_step_failure
        ]
        told = {
            "success": result.success,
            "retries": sum(event.is_step_up_for_retry for event in result.all_events),
            "assets": [
                event.asset_key.to_user_string()
                for event in result.get_asset_materialization_events()
            ],
            "checks": [
                (check.passed, check.metadata["tuning_jobs"].value)
                for check in result.get_asset_check_evaluations()
            ],
            "failures": [
                (failure.description, failure.metadata["log"].value)
                for failure in failures
            ],
            "log": [
                record.user_message
                for record in instance.all_logs(result.run_id)
                if not record.is_dagster_event
            ],
        }
        answer.send(told)


def scheduled(at: str) -> list[tuple[str, str]]:
    """The partitions and keys that the schedule asks for."""
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime.fromisoformat(at),
        repository_def=definitions.defs.get_repository_def(),
    )
    data = definitions.hourly.evaluate_tick(context)
    return [(each.partition_key, each.run_key) for each in data.run_requests]


def requested(partitions: list[str]) -> list[int]:
    """How often the models are asked for: before, and after each partition's tables.

    They are made whenever they were asked for, and Dagster looks once more.
    """
    with dg.DagsterInstance.ephemeral() as instance:

        def looked(cursor: Any = None) -> Any:
            return dg.evaluate_automation_conditions(
                definitions.defs, instance, cursor=cursor
            )

        now = looked()
        found = [now.total_requested]
        for partition in partitions:
            for table in definitions.TABLES:
                made = dg.AssetMaterialization(table, partition=partition)
                instance.report_runless_asset_event(made)
            now = looked(now.cursor)
            found.append(now.total_requested)
            instance.report_runless_asset_event(dg.AssetMaterialization("models"))
            now = looked(now.cursor)
    return found


def materialized(request: dict[str, Any]) -> dict[str, Any]:
    """What came of each partition."""
    os.environ.update(request["environment"])
    processes = multiprocessing.get_context("fork")
    under_way = {}
    for partition in request["partitions"]:
        there, here = processes.Pipe(duplex=False)
        process = processes.Process(target=materialize, args=(partition, here))
        process.start()
        here.close()
        under_way[partition] = there
    return {partition: there.recv() for partition, there in under_way.items()}


with dg.DagsterInstance.get() as made:  # its tables, before many want to make them
    made.get_runs_count()
for line in sys.stdin:
    request = json.loads(line)
    answer: dict[str, Any]
    if "schedule" in request:
        answer = {"requests": scheduled(request["schedule"])}
    elif "automation" in request:
        answer = {"requested": requested(request["automation"])}
    else:
        answer = materialized(request)
    sys.stdout.write(f"\nANSWER {json.dumps(answer)}\n")
    sys.stdout.flush()
