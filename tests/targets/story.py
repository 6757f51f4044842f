"""Two syncs into a warehouse, with all that can happen between and in the data."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator import Chances, Emulator, Trial, TuningJob
from tests.conftest import TapProcess
from tests.targets import expected
from tests.targets.syncing import sync
from tests.targets.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator import Scope
    from tests.targets.warehouses import Warehouse

Row = dict[str, Any]

METRIC = "final_hyper_parameter_tuning_job_objective_metric"

GONE = "churn-1"
"""The tuning job that is deleted between the syncs."""

LATE = "Fraud-LGBM-late"
"""The one that is created between them."""

ODD = "odd-one"
"""The one whose trials hold what could break a load."""

REASON = (
    "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
    'ErrorMessage "ValueError: Größe „42“ ist ungültig, \\N, 日本語 🚀"\n'
    "a,b;c\t'd' \"e\"\r\n%s $1 {x} \\\n" + "Traceback …\n" * 100
)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was synced into a warehouse, and what must be there.

    Attributes:
        tap: The tap, whose emulator still runs.
        warehouse: Where it went.
        first: What was true at the first sync.
        second: What was true at the second.
    """

    tap: TapProcess
    warehouse: Warehouse
    first: expected.Tables
    second: expected.Tables

    @property
    def all(self) -> expected.Tables:
        """What the warehouse must hold now."""
        return expected.merged(self.first, self.second)

    def rows(self, table: str, schema: str = SCHEMA) -> dict[str, Row]:
        """What the warehouse holds; see `held`."""
        return held(self.warehouse, table, schema)


def held(warehouse: Warehouse, table: str, schema: str = SCHEMA) -> dict[str, Row]:
    """A table's rows by key: nested columns parsed, the target's own left out.

    Times are asked for as text: the Snowflake connector reads a null time of
    fakesnow's as 1970.
    """
    types = warehouse.types(table, schema)
    times = {name for name in types if types[name].startswith("timestamp")}
    asked = ", ".join(
        f"cast({name} as varchar(40)) as {name}" if name in times else name
        for name in types
    )
    found = warehouse.ask(f"select {asked} from {schema}.{table}")  # noqa: S608 - ours
    key = expected.KEYS[table]
    assert len({row[key] for row in found}) == len(found)
    return {row[key]: _parsed(row, times, expected.NESTED[table]) for row in found}


@contextmanager
def told(warehouse: Warehouse, folder: Path) -> Iterator[Story]:
    """Sync, let things happen, and sync again."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        scope, tap = emulator.scope(), TapProcess(emulator, folder)
        _begin(scope)
        emulator.clock.move(timedelta(minutes=50))
        first = expected.tables(scope.truth())
        state = sync(tap, warehouse, config={})
        emulator.clock.move(timedelta(minutes=30))
        scope.delete(GONE)
        scope.plan(LATE, trials=15, parallel=5)
        emulator.clock.move(timedelta(minutes=40))
        second = expected.tables(scope.truth())
        sync(tap, warehouse, config={}, state=state)
        yield Story(tap=tap, warehouse=warehouse, first=first, second=second)


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
    return TuningJob(name=ODD, created=born, trials=(*trials, failed, runs_on))


def _parsed(row: Row, times: set[str], nested: tuple[str, ...]) -> Row:
    parsed = dict(row)
    for name in times:
        if row[name] is not None:
            time = datetime.fromisoformat(row[name])
            parsed[name] = time.isoformat(timespec="milliseconds")
    for name in nested:
        if isinstance(row.get(name), str):
            parsed[name] = json.loads(row[name])
    metric = parsed.get(METRIC)
    if isinstance(metric, dict) and metric["value"] is not None:
        # 1e38 without an exponent is a Python int: the same number, as a double.
        parsed[METRIC] = metric | {"value": float(metric["value"])}
    return parsed
