"""Learning curves and utilization of some trials over time.

Learning curves come from a model, and utilization over time from the tap's own table.
To limit its size, a page has only some trials of each tuning job, few points of each
series, and a maximum number of points in total.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.values import moment, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker_tuning_report.trials import Trials
    from sagemaker_tuning_report.warehouse import Row, Warehouse

MART = "learning_curves"
RAW = "training_job_metrics"
MOST_TRIALS = 40
"""The most trials of a tuning job: half are the best, half are spread over time."""
MOST_POINTS = 30
"""The most points of a series, apart from its last."""
MOST_IN_ALL = 60_000
"""The number of points on a page after which no more series are added."""
POINTS = """
select * from (
  select curves.*,
    row_number() over (
      partition by training_job_arn, metric_name order by seconds_since_start
    ) as n,
    count(*) over (partition by training_job_arn, metric_name) as many
  from {table} as curves where training_job_arn in ({places})
) as points
where mod((n - 1) * {most}, many) < {most} or n = many
order by training_job_arn, metric_name, n
"""
MACHINES = """
select training_job_arn, metric_name, host, points from {table}
where host not in ('', 'algorithm') and training_job_arn in ({places})
"""


class Series:
    """Series of tuning jobs, up to the limit of a page.

    Args:
        warehouse: The warehouse with the models.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._room = MOST_IN_ALL

    def of(self, trials: Trials) -> list[Row] | None:
        """Return the series of a tuning job's trials; None if the page is full.

        Args:
            trials: The trials of the tuning job.
        """
        if self._room <= 0:
            return None
        picked = trials.pick(trials.best(MOST_TRIALS))
        chosen = [*self._curves(picked), *self._machines(picked)]
        self._room -= sum(len(series["values"]) for series in chosen)
        return sorted(
            chosen, key=lambda row: (row["trial"], row["metric"], row["host"])
        )

    def _rows(self, sql: str, table: str | None, trials: Sequence[Row]) -> list[Row]:
        """Return the rows of these trials; none if the table is missing."""
        arns = [row["training_job_arn"] for row in trials]
        if table is None or not arns:
            return []
        places = ", ".join([self._warehouse.placeholder] * len(arns))
        asked = sql.format(table=table, most=MOST_POINTS, places=places)
        return self._warehouse.select(asked, arns)

    def _curves(self, trials: Sequence[Row]) -> list[Row]:
        """Return the learning curves, thinned by the warehouse."""
        names = {row["training_job_arn"]: row["training_job_name"] for row in trials}
        groups: dict[tuple[str, str], list[tuple[Any, Any]]] = defaultdict(list)
        for row in self._rows(POINTS, self._warehouse.marts.get(MART), trials):
            key = names[row["training_job_arn"]], row["metric_name"]
            groups[key].append((row["seconds_since_start"], row["value"]))
        return [_series((*key, ""), points) for key, points in groups.items()]

    def _machines(self, trials: Sequence[Row]) -> list[Row]:
        """Return the utilization of the trials' machines."""
        begun = {row["training_job_arn"]: row for row in trials}
        series = []
        for row in self._rows(MACHINES, self._warehouse.raw.get(RAW), trials):
            trial = begun[row["training_job_arn"]]
            start, points = moment(trial["started_at"]), row["points"]
            if start is None or not points:
                continue
            listed = json.loads(points) if isinstance(points, str) else points
            key = trial["training_job_name"], row["metric_name"], row["host"]
            timed = [
                (((moment(point["timestamp"]) or start) - start) / 1000, point["value"])
                for point in listed
            ]
            series.append(_series(key, _thinned(timed)))
        return series


def _thinned(points: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Keep evenly spread points and the last one, like the query POINTS."""
    many = len(points)
    return [
        point
        for n, point in enumerate(points)
        if n * MOST_POINTS % many < MOST_POINTS or n == many - 1
    ]


def _series(key: tuple[str, str, str], points: Sequence[tuple[Any, Any]]) -> Row:
    """Return a series: seconds since the trial's start, and values in five digits.

    CloudWatch's periods begin at full minutes, so the first one usually begins before
    the trial does. Its average covers the trial's part of it, so it counts from 0.
    """
    known = [
        (max(0, round(seconds)), number(f"{value:.5g}"))
        for at, figure in points
        if (value := number(figure)) is not None and (seconds := number(at)) is not None
    ]
    return {
        "trial": key[0],
        "metric": key[1],
        "host": key[2],
        "seconds": [seconds for seconds, _ in known],
        "values": [value for _, value in known],
    }
