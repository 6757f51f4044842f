"""Two syncs into a warehouse, with everything that can happen in between and in the
data."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Chances, Definition, Emulator, Trial, TuningJob
from tests.conftest import TapProcess
from tests.targets import expected
from tests.targets.columns import JSON, STREAMS, key_of, kinds
from tests.targets.syncing import sync, written
from tests.targets.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sagemaker_tuning_emulator import Scope
    from tests.targets.warehouses import Warehouse

Row = dict[str, Any]

_EXACT = 2**53  # a double holds all integers up to here

METRIC = "final_hyper_parameter_tuning_job_objective_metric"

GONE = "churn-1"
"""The tuning job that is deleted between the syncs."""

LATE = "Fraud-LGBM-late"
"""The tuning job that is created between the syncs."""

ODD = "odd-one"
"""The tuning job whose trials have values that could break a load."""

REASON = (
    "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
    'ErrorMessage "ValueError: Größe „42“ ist ungültig, \\N, 日本語 🚀"\n'
    "a,b;c\t'd' \"e\"\r\n%s $1 {x} \\\n" + "Traceback …\n" * 100
)


HYPERBAND = {
    "TrainingJobEarlyStoppingType": "Off",
    "RandomSeed": 2**31 - 1,
    "StrategyConfig": {
        "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 81}
    },
    "TuningJobCompletionCriteria": {
        "TargetObjectiveMetricValue": 0.10000000149011612,
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 5},
        "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
    },
}

DEFINITIONS = (
    Definition(
        definition_name="on-spot",
        spot=True,
        environment={"API_KEY": "s3cr3t"},
        more={
            "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["s-1", "s-2"]},
            "RetryStrategy": {"MaximumRetryAttempts": 3},
        },
    ),
    Definition(
        definition_name="in-groups",
        objective={"Type": "Minimize", "MetricName": "validation:loss"},
        instance_groups={"ml.m5.xlarge": 1, "ml.c5.xlarge": 2},
    ),
)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was synced into a warehouse, and what should be there.

    Attributes:
        tap: The tap, whose emulator is still running.
        warehouse: The warehouse.
        first: The truth at the first sync.
        second: The truth at the second sync.
        full: What a first sync would write now.
        output: The tap's output in such a sync.
    """

    tap: TapProcess
    warehouse: Warehouse
    first: expected.Tables
    second: expected.Tables
    full: expected.Tables
    output: Path

    @property
    def all(self) -> expected.Tables:
        """What the warehouse should hold now."""
        return expected.merged(self.first, self.second)

    def rows(self, table: str, schema: str = SCHEMA) -> dict[str, Row]:
        """What the warehouse holds; see `held`."""
        return held(self.warehouse, table, schema)


def held(
    warehouse: Warehouse, table: str, schema: str = SCHEMA, *, flat: bool = False
) -> dict[str, Row]:
    """A table's rows by key, with JSON parsed and without the target's own columns.

    Times are selected as text, because the Snowflake connector reads a null time of
    fakesnow as 1970.
    """
    kind = kinds(table, flat=flat)
    asked = ", ".join(
        f"cast({name} as varchar(40)) as {name}" if kind[name] == "time" else name
        for name in warehouse.types(table, schema)
    )
    selected = warehouse.ask(f"select {asked} from {schema}.{table}")  # noqa: S608 - ours
    rows = [
        {name: _parsed(value, kind[name]) for name, value in row.items()}
        for row in selected
    ]
    by_key = {key_of(table, row): row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


@contextmanager
def two_syncs(warehouse: Warehouse, folder: Path) -> Iterator[Story]:
    """Sync, let things happen, and sync again."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        scope, tap = emulator.scope(), TapProcess(emulator, folder)
        _begin(scope)
        emulator.clock.move(timedelta(minutes=50))
        every: dict[str, Any] = {
            "config": {},
            "catalog": tap.catalog(*STREAMS),
        }
        state = sync(tap, warehouse, **every)
        first = expected.tables(emulator, written(tap))
        emulator.clock.move(timedelta(minutes=30))
        scope.delete(GONE)
        scope.plan(LATE, trials=15, parallel=5)
        emulator.clock.move(timedelta(minutes=40))
        sync(tap, warehouse, **every, state=state)
        second = expected.tables(emulator, written(tap))
        output = folder / "full.jsonl"
        output.write_text(tap(**every).stdout, "utf-8")
        full = expected.tables(emulator, output)
        yield Story(
            tap=tap,
            warehouse=warehouse,
            first=first,
            second=second,
            full=full,
            output=output,
        )


def _begin(scope: Scope) -> None:
    for number in range(9):
        scope.plan(
            f"churn-{number}",
            trials=15,
            parallel=4,
            chances=Chances(failed=0.2, non_finite=0.1),
            lower_cased_arns=number % 2 == 0,
            definition_name="Größe" if number == 3 else None,
        )
    scope.plan("Price-Linear", trials=15, parallel=2, metric_type="Minimize")
    scope.plan(
        "many-parts",
        trials=9,
        parallel=9,
        strategy="Hyperband",
        parents=("churn-0", "Price-Linear"),
        tags={"team": "Größe", "empty": ""},
        config=HYPERBAND,
        definitions=DEFINITIONS,
        failure_reason=REASON,
        metrics_in_1970=True,
    )
    scope.add(_odd(scope))


def _odd(scope: Scope) -> TuningJob:
    born = scope.clock.now
    values: list[float | str]
    values = [0.0, -1e-9, 1e-38, 3.4e38, 0.1, 1, "NaN", "-Infinity", float("inf")]
    trials = [
        Trial(
            name=f"odd-Trial-{number}",
            created=born + timedelta(seconds=number),
            started=born + timedelta(seconds=10),
            ended=born + timedelta(minutes=10 + number),
            value=value,
            hyperparameters={
                "läring-räte": "日本語 🚀",
                "select": '"a \\"quoted\\" one"',
                "empty": "",
                "a.b:c d": "1e-5",
                "null": "null",
            },
            lower_cased_arn=True,
        )
        for number, value in enumerate(values)
    ]
    failed = Trial(
        name="odd-Trial-failed",
        created=born + timedelta(seconds=30),
        started=born + timedelta(seconds=40),
        ended=born + timedelta(minutes=5),
        status="Failed",
        objective_status="Failed",
        failure_reason=REASON,
    )
    runs_on = Trial(name="odd-Trial-runs-on", created=born, objective_status=None)
    return TuningJob(
        name=ODD,
        created=born,
        trials=(*trials, failed, runs_on),
        config={"StrategyConfig": {}},
    )


def _parsed(value: Any, kind: str) -> Any:
    if kind == "time" and value is not None:
        return datetime.fromisoformat(value).isoformat(timespec="milliseconds")
    if kind in JSON:
        return _doubles(json.loads(value) if isinstance(value, str) else value)
    return value


def _doubles(value: Any) -> Any:
    """A JSON value with large integers as floats: 1e38 without an exponent is an int in
    Python but a double elsewhere."""
    if isinstance(value, dict):
        return {name: _doubles(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_doubles(part) for part in value]
    return float(value) if isinstance(value, int) and abs(value) > _EXACT else value
