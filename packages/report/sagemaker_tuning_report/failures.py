"""Failures across tuning jobs, counted from their trials.

The model `failures` does not serve here, because it also counts tuning jobs that the
page does not list.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.values import moment, number, text, whole

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sagemaker_tuning_report.warehouse import Row, Warehouse

MOST_NAMED = 3
"""The most tuning jobs that are named for a failure in a scope."""
NO_REASON = "no reason given"
FAILED = """
select account_id, region, tuning_job_arn,
  coalesce(failure_group, failure) as failure, count(*) as trials,
  sum(duration_seconds) as duration_seconds, max(ended_at) as last_at
from {trials}
where outcome = 'failed' and not coalesce(is_of_deleted_namesake, false)
group by account_id, region, tuning_job_arn, coalesce(failure_group, failure)
"""


def failures(warehouse: Warehouse, tuning_jobs: Collection[str]) -> list[Row]:
    """Return failures by scope and text, most frequent first.

    Args:
        warehouse: The warehouse with the models.
        tuning_jobs: ARNs of the tuning jobs to include.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in warehouse.select(FAILED.format(trials=warehouse.marts["trials"])):
        if row["tuning_job_arn"] in tuning_jobs:
            failure = text(row["failure"]) or NO_REASON
            scope = row["account_id"], row["region"]
            groups.setdefault((failure, *scope), []).append(row)
    kinds = [
        {
            "account": account,
            "region": region,
            "failure": failure,
            "trials": sum(whole(row["trials"]) for row in rows),
            "tuning_jobs": len(rows),
            "most": _most(rows),
            "seconds": total([row["duration_seconds"] for row in rows]),
            "last": max(
                (at for row in rows if (at := moment(row["last_at"])) is not None),
                default=None,
            ),
        }
        for (failure, account, region), rows in sorted(groups.items())
    ]
    return sorted(kinds, key=lambda row: -row["trials"])


def _most(rows: Sequence[Row]) -> list[list[Any]]:
    """Return the ARN and the failed trials of the tuning jobs that have most."""
    first = sorted(rows, key=lambda row: (-whole(row["trials"]), row["tuning_job_arn"]))
    return [[row["tuning_job_arn"], whole(row["trials"])] for row in first[:MOST_NAMED]]


def total(values: Collection[object]) -> float | None:
    """Add up the known values, exactly in any order; None if no value is known."""
    known = [figure for value in values if (figure := number(value)) is not None]
    return number(round(fsum(known), 6)) if known else None
