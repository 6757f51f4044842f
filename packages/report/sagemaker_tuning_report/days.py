"""Trials and cost per day, by account, region and outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_report.failures import total
from sagemaker_tuning_report.values import moment, outcome, text, whole

if TYPE_CHECKING:
    from sagemaker_tuning_report.warehouse import Row, Warehouse

MOST = 90
"""The number of days that the page shows, up to the last one."""
DAY = 86_400_000


def days(warehouse: Warehouse) -> list[Row]:
    """Return the last days by scope and outcome, oldest first."""
    groups: dict[tuple[int, str, str, str], list[Row]] = {}
    for row in warehouse.read("daily_spend"):
        at = moment(row["date"])
        if at is not None:
            key = at, row["account_id"], row["region"], outcome(row["outcome"])
            groups.setdefault(key, []).append(row)
    newest = max((key[0] for key in groups), default=0)
    return [
        {
            "day": key[0],
            "account": key[1],
            "region": key[2],
            "outcome": key[3],
            "trials": sum(whole(row["trials"]) for row in rows),
            "with_cost": sum(whole(row["trials_with_cost"]) for row in rows),
            "cost": total([row["cost"] for row in rows]),
            "currency": max(text(row["currency"]) or "" for row in rows) or None,
        }
        for key, rows in sorted(groups.items())
        if key[0] > newest - MOST * DAY
    ]
