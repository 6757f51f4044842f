"""Invented metrics over time: rows of `training_job_metrics`, and instances.

They reach the warehouse through the real targets, as messages like the tap's.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning import schemas_root
from tests.targets.syncing import FOREIGN
from tests.transform.rows import time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.targets.warehouses import Warehouse
    from tests.transform.tables import Known, Trial

Key = tuple[str, str, str]
Members = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the price list has on an instance type."""

    vcpu: int | None = None
    gpu: int | None = None
    memory: str | None = None


ALGORITHM = "algorithm"
"""The host of a metric of the algorithm."""

MACHINES = {
    "ml.m5.xlarge": Machine(vcpu=4, memory="16 GiB"),
    "ml.c5.xlarge": Machine(memory="8 GiB"),
    "ml.g4dn.xlarge": Machine(vcpu=4, gpu=2, memory="16 GiB"),
}
"""The instance types; the list lacks the number of vCPUs of one of them."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric of a trial; `host` is algorithm for a metric of the algorithm."""

    trial: Trial
    metric: str
    host: str
    period: int
    points: tuple[tuple[datetime, float | None], ...]

    @property
    def key(self) -> Key:
        """The row's key."""
        return (self.trial.summary["TrainingJobArn"], self.metric, self.host)

    def record(self) -> Members:
        """The row."""
        job, trial = self.trial.job, self.trial.summary
        return {
            "account_id": job.account,
            "region": job.region,
            "tuning_job_name": job.name,
            "tuning_job_arn": job.arn,
            "training_job_name": self.trial.name,
            "training_job_arn": trial["TrainingJobArn"],
            "creation_time": f"{time(trial['CreationTime'])}Z",
            "metric_name": self.metric,
            "host": self.host,
            "statistic": "Average",
            "period_in_seconds": self.period,
            "points": [
                {"timestamp": f"{time(at)}Z", "value": value}
                for at, value in self.points
            ],
        }


def every(known: Known, *, are_late: bool = False) -> dict[Key, Series]:
    """The series of all trials that have ended; some have no metrics.

    Args:
        known: What is loaded.
        are_late: Whether points that arrive late are included.
    """
    found = [
        each
        for trial in known.trials.values()
        if trial.seconds is not None and _random(trial).random() < 0.8
        for each in _of_trial(trial, are_late=are_late)
    ]
    return {each.key: each for each in found}


def _random(trial: Trial) -> Random:
    return Random(trial.summary["TrainingJobArn"])  # noqa: S311 - no secret


def _of_trial(trial: Trial, *, are_late: bool) -> Iterator[Series]:
    """The curves of the algorithm, and the utilization of each host."""
    random = _random(trial)
    period = random.choice((60, 300))
    begun = int(trial.summary["TrainingStartTime"].timestamp()) // period * period
    most = 1 + int(trial.seconds or 0) // period
    count = min(most, random.randint(1, 12)) + (are_late and random.random() < 0.2)
    wanted = trial.definition.get("TuningObjective", {}).get("MetricName", "other")
    found = trial.summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    objective = found.get("MetricName", wanted)
    resources = (trial.described or {}).get("ResourceConfig", {})
    groups = resources.get("InstanceGroups", [resources])
    hosts = sum(group.get("InstanceCount", 1) for group in groups)
    machine = MACHINES.get(resources.get("InstanceType"), Machine(gpu=1))
    full = {
        (objective, ALGORITHM): 1.0,
        (objective.upper(), ALGORITHM): 1e-9,
        ("eval: Größe „b“'", ALGORITHM): -5.0,
    }
    for host in [f"algo-{number}" for number in range(1, hosts + 1)]:
        full[("CPUUtilization", host)] = 101.0 * (machine.vcpu or 2)
        full[("MemoryUtilization", host)] = 100.0
        full[("DiskUtilization", host)] = 100.0
        gpus = machine.gpu or random.choice((0, 0, 1))  # the list may lack it
        full |= {
            (f"GPU{part}Utilization", host): 100.0 * gpus
            for part in ("", "Memory")
            if gpus
        }
    for (metric, host), factor in full.items():
        missing = random.choice((0.0, 0.2, 1.0 if random.random() < 0.3 else 0.0))
        yield Series(
            trial=trial,
            metric=metric,
            host=host,
            period=period,
            points=tuple(
                (
                    datetime.fromtimestamp(begun, UTC)
                    + timedelta(seconds=period * number),
                    None if random.random() < missing else factor * random.random(),
                )
                for number in range(count)
            ),
        )


def load(
    warehouse: Warehouse,
    folder: Path,
    series: Mapping[Key, Series],
    prices: list[Members],
) -> None:
    """Pipe the rows, and prices with instance details, into the target.

    Args:
        warehouse: The warehouse.
        folder: The folder with the target's settings.
        series: The rows of `training_job_metrics`.
        prices: The rows of `training_instance_prices`.
    """
    listed = json.loads((schemas_root() / "training_instance_prices.json").read_text())
    more = {"vcpu": "number", "gpu": "number", "memory": "string"}
    listed["properties"] |= {name: {"type": [of, "null"]} for name, of in more.items()}
    lines = [
        *_messages(
            "training_job_metrics",
            METRICS,
            ["training_job_arn", "metric_name", "host"],
            [each.record() for each in series.values()],
        ),
        *_messages(
            "training_instance_prices",
            listed,
            ["region", "instance_type", "currency"],
            [price | vars(_machine(price)) for price in prices],
        ),
    ]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    with (folder / "metrics.log").open("w") as log:
        subprocess.run(  # noqa: S603 - the command is ours
            [*warehouse.command, "--config", str(folder / "target.json")],
            input="".join(f"{json.dumps(line)}\n" for line in lines).encode(),
            env=inherited | warehouse.variables,
            cwd=folder,
            stdout=log,
            stderr=log,
            check=True,
            timeout=120,
        )


def machines(prices: list[Members]) -> dict[tuple[str, str], Machine]:
    """What the loaded price list has, by region and instance type."""
    return {
        (price["region"], price["instance_type"]): _machine(price) for price in prices
    }


def _machine(price: Members) -> Machine:
    return MACHINES.get(price["instance_type"], Machine())


def _messages(
    stream: str, schema: Members, keys: list[str], records: list[Members]
) -> list[Members]:
    names = {"type": "SCHEMA", "stream": stream, "key_properties": keys}
    return [
        {**names, "schema": schema},
        *({"type": "RECORD", "stream": stream, "record": each} for each in records),
    ]


_TEXT = {"type": "string"}
METRICS: Members = {
    "type": "object",
    "properties": {
        **dict.fromkeys(
            (
                *("account_id", "region", "tuning_job_name", "tuning_job_arn"),
                *("training_job_name", "training_job_arn"),
            ),
            _TEXT,
        ),
        "creation_time": {"type": "string", "format": "date-time"},
        "metric_name": _TEXT,
        "host": _TEXT,
        "statistic": _TEXT,
        "period_in_seconds": {"type": "integer"},
        "points": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "timestamp": {"type": "string", "format": "date-time"},
                    "value": {"type": ["number", "null"]},
                },
            },
        },
    },
}
"""The columns of `training_job_metrics`."""
