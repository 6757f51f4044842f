"""What CloudWatch will bill for the metrics that the tap is about to read."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb

from sagemaker_tuning_report.pipeline.database import RAW_SCHEMA
from tap_sagemaker_tuning.aws.series import Measured, Window, measured

if TYPE_CHECKING:
    from pathlib import Path

USD_PER_METRIC = 0.01 / 1000
"""https://aws.amazon.com/cloudwatch/pricing/: GetMetricData, per metric requested."""

_TIME = "strftime({}, '%Y-%m-%dT%H:%M:%S.%g') || 'Z'"
_TRIALS = f"""
select trials.tuning_job_arn, trials.training_job_definition_name,
    {_TIME.format("trials.training_start_time")},
    {_TIME.format("trials.training_end_time")}
from {RAW_SCHEMA}.training_job_summaries as trials
where trials.training_job_status in ('Completed', 'Failed', 'Stopped')
    and trials.training_start_time is not null
    and trials.training_end_time is not null
"""  # noqa: S608 - constants
_UNREAD = f"""
    and trials.training_job_arn not in (
        select training_job_arn from {RAW_SCHEMA}.training_job_metrics
    )
"""  # noqa: S608 - constants
_DESCRIBED = f"""
select tuning_job_arn, training_job_definitions, objective
from {RAW_SCHEMA}.tuning_job_details
"""  # noqa: S608 - constants


def metrics_to_read(database: Path, now: str) -> int:
    """Count the metrics that the tap will request from CloudWatch.

    Args:
        database: The DuckDB file with the tuning jobs and trials, up to date.
        now: The time, as text of the tap.

    Returns:
        The most that it can be: trials without any metric are counted again.
    """
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        tables = _names(connection)
        trials = connection.execute(
            _TRIALS + (_UNREAD if "training_job_metrics" in tables else "")
        ).fetchall()
        described = (
            connection.execute(_DESCRIBED).fetchall()
            if "tuning_job_details" in tables
            else []
        )
    of_jobs: dict[str, dict[str | None, Measured]] = defaultdict(lambda: measured({}))
    of_jobs.update({arn: _measured(*columns) for arn, *columns in described})
    total = 0
    for arn, definition, start, end in trials:
        window = Window.of(start, end, now)
        if window is not None:
            job = of_jobs[arn]
            its = job.get(definition) or job[None]
            total += sum(1 for _ in its.series("", window))
    return total


def in_words(metrics: int) -> str:
    """Say what requesting metrics costs, in dollars."""
    cost = metrics * USD_PER_METRIC
    amount = f"USD {cost:,.2f}" if cost >= 0.01 else "less than USD 0.01"  # noqa: PLR2004
    return (
        f"reading up to {metrics:,} metrics from CloudWatch, which bills {amount} "
        "(USD 0.01 per 1,000)"
    )


def _names(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = ?",
        [RAW_SCHEMA],
    ).fetchall()
    return {name for (name,) in rows}


def _measured(definitions: str | None, objective: str | None) -> dict[str | None, Any]:
    """Find what CloudWatch measures of a tuning job, as the tap does."""
    config = {"HyperParameterTuningJobObjective": _as_api(objective)}
    return dict(
        measured(
            {
                "TrainingJobDefinitions": _as_api(definitions) or [],
                "HyperParameterTuningJobConfig": config,
            }
        )
    )


def _as_api(column: str | None) -> Any:
    """Parse a column of JSON, with the API's names in place of the tap's."""
    return None if column is None else json.loads(column, object_pairs_hook=_renamed)


def _renamed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        "".join(word.capitalize() for word in name.split("_")): value
        for name, value in pairs
    }
