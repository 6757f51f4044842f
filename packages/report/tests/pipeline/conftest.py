"""Sessions in a folder of a test, and tables to compare."""

from __future__ import annotations

import os
from contextlib import closing
from io import StringIO
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from sagemaker_tuning_report.pipeline import folder
from sagemaker_tuning_report.pipeline.progress import Progress
from sagemaker_tuning_report.pipeline.reading import STREAMS, Source
from sagemaker_tuning_report.pipeline.session import Session
from sagemaker_tuning_report.pipeline.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator

METRIC = "FinalHyperParameterTuningJobObjectiveMetric"


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    """Undo what opening a folder changes in this process."""
    umask = os.umask(0o022)
    yield
    os.umask(umask)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session in an empty folder."""
    with (
        Signals() as signals,
        folder.opened(tmp_path / "tuning", signals) as place,
        place.log.open("ab", buffering=0) as log,
    ):
        yield Session(place, log, signals, Progress(StringIO()))


@pytest.fixture
def account(emulator: Emulator) -> Emulator:
    """An account with a tuning job that has ended, and two that run."""
    scope = emulator.scope()
    scope.plan("churn-xgb", trials=12, parallel=4, created="2026-03-01T09:00:00Z")
    scope.plan("fraud-lgbm", trials=12, parallel=4, created="2026-03-02T08:30:00Z")
    scope.plan("ranking-bert", trials=12, parallel=4, created="2026-03-02T08:59:00Z")
    return emulator


def environment(emulator: Emulator) -> dict[str, str]:
    """The variables of a tap that reads only the emulator."""
    foreign = ("AWS_", "TAP_")
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(foreign)}
    return {**inherited, **emulator.environment()}


def source(emulator: Emulator, *streams: str) -> Source:
    """The emulator as a source, by default with all streams that are free."""
    return Source(
        config=None,
        streams=streams or STREAMS,
        regions=["us-east-1"],
        environment=environment(emulator),
    )


def loaded(file: Path) -> list[tuple[Any, ...]]:
    """The trials in a database."""
    with closing(duckdb.connect(str(file), read_only=True)) as connection:
        return connection.execute(
            "select training_job_name, training_job_status,"
            " (final_hyper_parameter_tuning_job_objective_metric ->> 'value')::double"
            " from tap_sagemaker_tuning.training_job_summaries order by 1"
        ).fetchall()


def truth(emulator: Emulator) -> list[tuple[Any, ...]]:
    """What `loaded` must return."""
    (scope,) = emulator.truth().values()
    return sorted(
        (
            trial["TrainingJobName"],
            trial["TrainingJobStatus"],
            trial.get(METRIC, {}).get("Value"),
        )
        for trials in scope["trials"].values()
        for trial in trials
    )
