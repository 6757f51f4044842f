"""Learning curves and utilization: what some trials of a tuning job did over time.

A page bears a part of it: some trials of each tuning job, each series thinned to a few
points, as long as all points together are not too many.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from report.values import number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.trials import Trials
    from report.warehouse import Row, Warehouse

MART = "learning_curves"
MOST_TRIALS = 40
"""Trials of a tuning job: the best half, and the others evenly over time."""
MOST_POINTS = 30
"""Points of a series."""
MOST_IN_ALL = 60_000
"""Points of a page."""
POINTS = """
select * from (
  select curves.*,
    row_number() over (partition by {series} order by seconds_since_start) as n,
    count(*) over (partition by {series}) as many
  from {mart} as curves where training_job_arn in ({places})
) as points
where mod((n - 1) * {most}, many) < {most} or n = many
order by {series}, n
"""


class Series:
    """The series of tuning jobs, as many as a page bears.

    Args:
        warehouse: Where the models are.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._room = MOST_IN_ALL
        self._has_hosts = MART in warehouse.marts and "host" in warehouse.columns(MART)

    def of(self, trials: Trials) -> list[Row] | None:
        """The series of a tuning job's trials; None: the page has no room for them.

        Args:
            trials: The tuning job's.
        """
        if self._room <= 0:
            return None
        picked = trials.pick(trials.best(MOST_TRIALS))
        found = [_series(key, rows) for key, rows in self._read(picked).items()]
        self._room -= sum(len(series["values"]) for series in found)
        return found

    def _read(self, trials: Sequence[Row]) -> dict[tuple[str, str, str], list[Row]]:
        table = self._warehouse.marts.get(MART)
        names = {row["training_job_arn"]: row["training_job_name"] for row in trials}
        arns = [*names]
        if table is None or not arns:
            return {}
        series = "training_job_arn, metric_name" + (", host" if self._has_hosts else "")
        sql = POINTS.format(
            mart=table,
            series=series,
            most=MOST_POINTS,
            places=", ".join([self._warehouse.placeholder] * len(arns)),
        )
        groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self._warehouse.select(sql, arns):
            name = names[row["training_job_arn"]]
            groups[name, row["metric_name"], text(row.get("host")) or ""].append(row)
        return dict(sorted(groups.items()))


def _series(key: tuple[str, str, str], rows: Sequence[Row]) -> Row:
    """A series: seconds since the trial's start, and values in five digits."""
    points = [
        (round(seconds), number(f"{value:.5g}"))
        for row in rows
        if (value := number(row["value"])) is not None
        and (seconds := number(row["seconds_since_start"])) is not None
    ]
    return {
        "trial": key[0],
        "metric": key[1],
        "host": key[2],
        "seconds": [seconds for seconds, _ in points],
        "values": [value for _, value in points],
    }
