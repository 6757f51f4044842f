"""The expected rows of the marts of metrics over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.transform.rows import (
    TRIAL,
    TUNING_JOB,
    Row,
    covered,
    currency_of,
    grouped,
    own_rows,
    part,
    pick,
    time,
    total,
    trial_rows,
)
from tests.transform.series import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.transform.series import Machine, Series
    from tests.transform.tables import Known

PARTS = {
    "cpu": "CPUUtilization",
    "gpu": "GPUUtilization",
    "memory": "MemoryUtilization",
    "gpu_memory": "GPUMemoryUtilization",
}
Weighed = list[tuple[float, int]]
"""Shares with their durations in seconds."""


def learning_curves(known: Known) -> list[Row]:
    """One row per point of each metric of the algorithm."""
    trials = {row["training_job_arn"]: row for row in trial_rows(known)}
    rows = []
    for series in known.series.values():
        row = trials[series.key[0]]
        is_objective = series.metric == row["objective_metric_name"]
        begun = series.trial.summary["TrainingStartTime"]
        for number, (at, value) in enumerate(series.points, start=1):
            upto = [found for _, found in series.points[:number] if found is not None]
            best = pick(upto, row["objective_direction"]) if is_objective else None
            rows.append(
                {
                    **part(row, *TUNING_JOB, *TRIAL, "definition_name"),
                    "host": series.host,
                    "metric_name": series.metric,
                    "is_objective": is_objective,
                    "at": time(at),
                    "seconds_since_start": (at - begun).total_seconds(),
                    "period_seconds": series.period,
                    "value": value,
                    "best_so_far": best,
                }
            )
    return [row for row in rows if row.pop("host") == ALGORITHM]


def hardware_utilisation(known: Known) -> list[Row]:
    """How busy the instances were: one row per tuning job and instance type."""
    rows = []
    key = ("tuning_job_arn", "instance_type")
    for of_type in grouped(own_rows(known), *key).values():
        where = of_type[0]["region"], of_type[0]["instance_type"]
        machine = known.machines.get(where)
        shares = {
            row["training_job_arn"]: _shares(known, row["training_job_arn"], machine)
            for row in of_type
        }
        by_part: dict[str, Weighed] = {
            name: [each for found in shares.values() for each in found[name]]
            for name in PARTS
        }
        busy = {arn: _busy(known, arn, found) for arn, found in shares.items()}
        measured = [
            (row["cost"], share)
            for row in of_type
            if (share := busy[row["training_job_arn"]]) is not None
            and row["cost"] is not None
        ]
        rows.append(
            {
                **part(of_type[0], *TUNING_JOB, "instance_type"),
                "vcpu": machine and machine.vcpu,
                "gpu": machine and machine.gpu,
                "memory": machine and machine.memory,
                "trials": len(of_type),
                "trials_with_metrics": sum(
                    any(value is not None for _, value in each.points)
                    for each in _first_of_each(known, shares)
                ),
                **{f"average_{k}": _average(found) for k, found in by_part.items()},
                **{
                    f"highest_{k}": max((share for share, _ in found), default=None)
                    for k, found in by_part.items()
                },
                "trials_with_cost": covered(of_type),
                "cost": total(row["cost"] for row in of_type),
                "trials_with_idle_cost": len(measured),
                "measured_cost": total(cost for cost, _ in measured),
                "idle_cost": total(cost * (1 - share) for cost, share in measured),
                "currency": currency_of(of_type),
            }
        )
    return rows


def _of_hosts(known: Known, arn: str) -> list[Series]:
    """The series of a trial's hosts that show how busy they were."""
    return [
        series
        for (of_trial, metric, host), series in known.series.items()
        if of_trial == arn and host != ALGORITHM and metric in PARTS.values()
    ]


def _first_of_each(known: Known, arns: Iterable[str]) -> list[Series]:
    """For each trial with a number, its first series that has one."""
    found = [
        [
            series
            for series in _of_hosts(known, arn)
            if any(value is not None for _, value in series.points)
        ]
        for arn in arns
    ]
    return [series[0] for series in found if series]


def _shares(known: Known, arn: str, machine: Machine | None) -> dict[str, Weighed]:
    """For each part of an instance, the shares in use, where they are known."""
    cores, devices = (machine.vcpu, machine.gpu) if machine else (None, None)
    full = {"cpu": cores, "gpu": devices, "memory": 1, "gpu_memory": devices}
    found: dict[str, Weighed] = {name: [] for name in PARTS}
    for series in _of_hosts(known, arn):
        name = next(k for k, metric in PARTS.items() if metric == series.metric)
        units = full[name]
        if units is not None:
            found[name] += [
                (min(value / units / 100, 1), series.period)
                for _, value in series.points
                if value is not None
            ]
    return found


def _busy(known: Known, arn: str, shares: dict[str, Weighed]) -> float | None:
    """The busier of CPUs and GPUs, or None if either is unknown."""
    cpu, gpu = _average(shares["cpu"]), _average(shares["gpu"])
    trial = known.trials[arn]
    kind = (trial.described or {}).get("ResourceConfig", {}).get("InstanceType")
    machine = known.machines.get((trial.job.region, kind))
    has_gpu = bool(machine and machine.gpu) or any(
        value is not None
        for series in _of_hosts(known, arn)
        if series.metric == PARTS["gpu"]
        for _, value in series.points
    )
    if cpu is None or (gpu is None and has_gpu):
        return None
    return max(cpu, gpu or 0)


def _average(shares: Weighed) -> float | None:
    seconds = sum(weight for _, weight in shares)
    return sum(share * weight for share, weight in shares) / seconds if shares else None
