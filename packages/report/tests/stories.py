"""Stories that pages are made from, and how to load them into a warehouse."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .columns import COLUMNS, of_stream
from .story import (
    EAST,
    IRELAND,
    NOON,
    ODD,
    OURS,
    THEIRS,
    Job,
    Range,
    Row,
    Story,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG = Range(low=1e-5, high=0.1, scaling="Logarithmic", weight=-0.5)
BOOSTING = {
    "eta": Range(low=0.001, high=0.5, scaling="Logarithmic", weight=0.7),
    "max_depth": Range(low=2, high=12, weight=0.35, is_whole=True),
    "subsample": Range(low=0.5, high=1, weight=-0.15),
    "min_child_weight": Range(low=0.1, high=100, scaling="Logarithmic", weight=0.1),
}
TWELVE = {
    "learning_rate": LOG,
    "weight_decay": Range(low=1e-6, high=1e-2, scaling="Logarithmic", weight=0.2),
    "hidden_layer_sizes_of_the_encoder": Range(low=32, high=2048, is_whole=True),
    "dropout": Range(low=0, high=0.6, weight=-0.3),
    "optimizer": Range(categories=("adam", "adamw", "sgd", "rmsprop")),
    "batch_size": Range(categories=("32", "64", "128", "256")),
    "warmup_steps": Range(low=0, high=5000, is_whole=True, weight=0.1),
    "label_smoothing": Range(low=0, high=0.2),
    "num_layers": Range(low=2, high=24, is_whole=True, weight=0.25),
    "attention-heads": Range(low=1, high=16, is_whole=True),
    "clip_norm": Range(low=0.1, high=10, scaling="Logarithmic"),
    "momentum": Range(low=0.8, high=0.999, scaling="ReverseLogarithmic"),
}
REASONS = (
    "CUDA out of memory. Tried to allocate 2.00 GiB",
    "ValueError: Input contains NaN, infinity or a value too large for float32",
    "AlgorithmError: could not open /opt/ml/input/data/train/part-00017.parquet",
)


def _day(days: float) -> Any:
    return NOON - timedelta(days=days)


def everyday() -> Story:
    """A typical team's fleet, with all its oddities."""
    jobs = [
        Job(
            name="churn-xgboost",
            trials=60,
            ranges=BOOSTING,
            failures=REASONS,
            failing=0.12,
            parent="churn-first-look",
            family="churn",
            is_measured=True,
            uncovered=9,
        ),
        Job(
            name="ranker-deep-running",
            trials=40,
            running=4,
            ranges=TWELVE,
            starts=_day(0.2),
            region=IRELAND,
            metric="validation:ndcg@10",
            failures=REASONS,
        ),
        Job(
            name="churn-xgboost",
            account=THEIRS,
            trials=24,
            ranges=BOOSTING,
            metric="validation:logloss",
            direction="Minimize",
            objective=lambda goodness: 0.7 - 0.4 * goodness,
            starts=_day(1),
        ),
        Job(
            name="forecast-thousand",
            account=THEIRS,
            trials=1000,
            parallel=20,
            ranges={"learning_rate": LOG, **BOOSTING},
            metric="val:rmse",
            direction="Minimize",
            objective=lambda goodness: 5000 * (0.0002**goodness),
            minutes=8,
            starts=_day(2),
            failures=REASONS,
            is_priced=False,
        ),
        Job(
            name="single", trials=1, failing=0, early=0, ranges=BOOSTING, starts=_day(3)
        ),
        Job(name="nobody-knows", direction=None, ranges=BOOSTING, starts=_day(3.5)),
        Job(name="all-failed", failing=1.0, ranges=BOOSTING, starts=_day(4)),
        Job(
            name="two-definitions-partial",
            definitions=("linear-learner", "xgboost"),
            ranges=BOOSTING,
            starts=_day(5),
        ),
        Job(
            name="odd",
            trials=12,
            failing=0.3,
            failures=(ODD,),
            ranges={
                ODD: Range(low=1, high=9, weight=0.4),
                "constant": Range(low=3, high=3),
                "words": Range(categories=(ODD, "=1+1", "c")),
            },
            metric=ODD,
            starts=_day(6),
        ),
        *(
            Job(
                name=f"churn-week-{week}",
                trials=8,
                ranges=BOOSTING,
                family="churn",
                starts=_day(9 + 7 * week),
            )
            for week in range(3)
        ),
        Job(
            name="deleted-while-it-ran",
            trials=12,
            running=3,
            is_deleted=True,
            ranges=BOOSTING,
            starts=_day(6.5),
        ),
        Job(
            name="n" * 250,
            trials=12,
            ranges={"p" * 250: BOOSTING["eta"]},
            metric="m" * 250,
            starts=_day(7.5),
        ),
        Job(name="nothing-launched", trials=0, starts=_day(7), region=IRELAND),
        Job(name="no-parameters", trials=5, failing=0, starts=_day(8)),
    ]
    return told(jobs, _scopes())


def _scopes() -> list[Row]:
    def scope(account: str, region: str, **changes: Any) -> Row:
        return {
            "account_id": account,
            "region": region,
            "status": "complete",
            "complete_as_of": NOON + timedelta(hours=8),
            "started_at": NOON + timedelta(hours=8),
            "ended_at": NOON + timedelta(hours=8, minutes=1),
            "error": None,
            "tuning_jobs_open": 1,
            "calls": 123,
            **changes,
        }

    denied = "sagemaker:ListHyperParameterTuningJobs is denied: allow it to the role"
    return [
        scope(OURS, EAST),
        scope(
            OURS,
            IRELAND,
            status="incomplete",
            complete_as_of=NOON - timedelta(hours=3),
            ended_at=NOON - timedelta(hours=1, minutes=50),
        ),
        scope(THEIRS, EAST),
        scope(THEIRS, IRELAND, status="failed", complete_as_of=None, error=denied),
    ]


def small() -> Story:
    """A story small enough to load quickly with plain SQL."""
    jobs = [
        Job(
            name="small",
            trials=14,
            ranges=BOOSTING,
            failures=REASONS,
            failing=0.3,
            family="f",
            is_measured=True,
            uncovered=3,
        ),
        Job(
            name="other",
            trials=6,
            ranges={"words": Range(categories=("it's", "b"))},
            running=1,
            starts=_day(1),
            parent="small",
        ),
    ]
    return told(jobs, _scopes())


def odd_trials() -> Story:
    """A tuning job with a trial that never started, and one that waits to start."""
    story = told([Job(name="odd-trials", trials=5, failing=0, early=0)], [])
    never, waiting = story.marts["trials"][-2:]
    for row in (never, waiting):
        row.update(dict.fromkeys(("started_at", "duration_seconds")))
        row.update(objective_value=None, place=None, cost=None, failure=None)
    never |= {"outcome": "stopped", "status": "Stopped"}
    waiting |= {"outcome": "running", "status": "InProgress", "ended_at": None}
    waiting["is_final"] = False
    return story


def large() -> Story:
    """A tuning job with more trials than a page draws, many of them failed."""
    return told([Job(name="large", trials=1300, failing=0.2, failures=REASONS)], [])


def many() -> Story:
    """As many tuning jobs as a large team runs in a few months."""
    jobs = [
        Job(
            name=f"job-{number:04}",
            trials=2,
            failing=0.3,
            failures=REASONS,
            starts=_day(number / 20),
        )
        for number in range(2000)
    ]
    return told(jobs, _scopes())


def nothing() -> Story:
    """Models without rows."""
    return told([], [])


def statements(story: Story, kind: str) -> Iterator[tuple[str, list[Row]]]:
    """The SQL that creates each table, and its rows.

    Args:
        story: What the tables hold.
        kind: The warehouse's name for a text column.
    """
    tables = {
        **{
            f"tap_sagemaker_tuning.{stream}": (of_stream(stream), rows)
            for stream, rows in (
                ("scopes", story.scopes),
                ("tuning_jobs", story.tuning_jobs),
                ("training_job_metrics", story.metrics),
            )
        },
        **{
            f"sagemaker_tuning.sagemaker_tuning__{name}": (columns, story.marts[name])
            for name, columns in COLUMNS.items()
        },
    }
    for name, (columns, rows) in tables.items():
        listed = ", ".join(
            f"{column} {kind if type_ == 'text' else type_}"
            for column, type_ in columns.items()
        )
        yield f"create table {name} ({listed})", rows


def into_duckdb(story: Story, file: Path) -> Path:
    """Write a story into a new DuckDB file."""
    import duckdb  # noqa: PLC0415 - only for the page

    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema tap_sagemaker_tuning")
        connection.execute("create schema sagemaker_tuning")
        for create, rows in statements(story, "varchar"):
            connection.execute(create)
            if rows:
                table = create.split()[2]
                # Values as parameters take a thousand times as long: DuckDB tries to
                # import pandas for each of them.
                lines = file.with_suffix(".jsonl")
                lines.write_text(
                    "\n".join(json.dumps(row, default=str) for row in rows),
                    encoding="utf-8",
                )
                types = dict.fromkeys(rows[0], "varchar")
                connection.execute(
                    f"insert into {table} by name from read_json('{lines}', "
                    f"format = 'newline_delimited', columns = {types})"
                )
                lines.unlink()
    return file
