"""Materializes assets in Dagster's environment; see tests/examples/runner.py.

A request has `environment` and `assets`, pairs of a name and a partition or null. All
are materialized at once, each in a process of its own, as Dagster's launchers do. With
`sensor`, the answer is what the sensor requests; with `schedule`, what the schedule
runs; and with `automation`, a list of materialized partitions, what Dagster runs
because of them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from contextlib import closing
from typing import Any

import dagster as dg  # type: ignore[import-not-found]
from dagster._core.definitions.partitions.context import (  # type: ignore[import-not-found]
    partition_loading_context,  # as Dagster's daemon does
)

sys.path.insert(0, sys.argv[1])

import definitions  # type: ignore[import-not-found]


def materialize(asset: str, partition: str | None, answer: Any) -> None:
    """Materialize one asset, and send the result."""
    with closing(answer), dg.DagsterInstance.get() as instance:
        result = dg.materialize(
            [getattr(definitions, asset)],
            partition_key=partition,
            instance=instance,
            raise_on_error=False,
        )
        failures = [
            event.step_failure_data.user_failure_data
            for event in result.all_events
            if event.is_step_failure
        ]
        outcome = {
            "success": result.success,
            "retries": sum(event.is_step_up_for_retry for event in result.all_events),
            "assets": [
                event.asset_key.to_user_string()
                for event in result.get_asset_materialization_events()
            ],
            "metadata": [
                {
                    key: entry.value
                    for key, entry in event.materialization.metadata.items()
                }
                for event in result.all_events
                if event.is_step_materialization
            ],
            "checks": [
                (check.passed, check.metadata["tuning_jobs"].value)
                for check in result.get_asset_check_evaluations()
            ],
            "failures": [
                [failure.description, *(m.value for m in failure.metadata.values())]
                for failure in failures
            ],
            "log": [
                record.user_message
                for record in instance.all_logs(result.run_id)
                if not record.is_dagster_event
            ],
        }
        answer.send(outcome)


def asked() -> list[tuple[str, str]]:
    """The partitions and keys that the sensor requests without a cursor."""
    with (
        dg.DagsterInstance.get() as instance,
        partition_loading_context(dynamic_partitions_store=instance),
    ):
        context = dg.build_sensor_context(instance, definitions=definitions.defs)
        data = definitions.found.evaluate_tick(context)
        return [(each.partition_key, each.run_key) for each in data.run_requests]


def scheduled() -> tuple[str, list[str]]:
    """The schedule, and what it runs."""
    hourly = definitions.hourly
    job = definitions.defs.resolve_job_def(hourly.job_name)
    made = job.asset_layer.executable_asset_keys
    return hourly.cron_schedule, [key.to_user_string() for key in made]


def requested(partitions: list[str]) -> list[int]:
    """How often the models are requested: before, and after each partition's tables.

    They are materialized after each request, and then Dagster evaluates again.
    """
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("accounts", partitions)

        def looked(cursor: Any = None) -> Any:
            return dg.evaluate_automation_conditions(
                definitions.defs, instance, cursor=cursor
            )

        now = looked()
        requests = [now.total_requested]
        for partition in partitions:
            for table in definitions.TABLES:
                made = dg.AssetMaterialization(table, partition=partition)
                instance.report_runless_asset_event(made)
            now = looked(now.cursor)
            requests.append(now.total_requested)
            instance.report_runless_asset_event(dg.AssetMaterialization("models"))
            now = looked(now.cursor)
    return requests


def materialized(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The result of each asset."""
    os.environ.update(request["environment"])
    processes = multiprocessing.get_context("fork")
    under_way = []
    for asset, partition in request["assets"]:
        there, here = processes.Pipe(duplex=False)
        process = processes.Process(target=materialize, args=(asset, partition, here))
        process.start()
        here.close()
        under_way.append(there)
    return [there.recv() for there in under_way]


with dg.DagsterInstance.get() as made:  # creates its tables once
    made.get_runs_count()
for line in sys.stdin:
    request = json.loads(line)
    answer: Any
    if "sensor" in request:
        answer = asked()
    elif "schedule" in request:
        answer = scheduled()
    elif "automation" in request:
        answer = requested(request["automation"])
    else:
        answer = materialized(request)
    sys.stdout.write(f"\nANSWER {json.dumps(answer)}\n")
    sys.stdout.flush()
