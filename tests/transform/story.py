"""Two syncs into a warehouse, and the models built from them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Emulator
from tap_sagemaker_tuning.streams import STREAMS
from tests.conftest import TapProcess
from tests.targets.syncing import sync
from tests.transform import building, series, world
from tests.transform.tables import Snapshot, known, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.targets.warehouses import Warehouse
    from tests.transform.series import Key, Machine, Series

Row = dict[str, Any]

MODELS = "sagemaker_tuning"
METRICS = "training_job_metrics"
EVERY = sorted({str(vars(stream)["name"]) for stream in STREAMS} - {METRICS})
"""The streams that the tap reads; the metrics over time are invented."""
WRONG_DIRECTIONS = {"validation:auc": "Minimize"}
"""Wrong directions for a metric that the details also cover: the details win."""
TEAM_TAG, FAMILY = "team", "^([a-z]+)-"
VARIABLES = {
    "sagemaker_tuning_objective_directions": WRONG_DIRECTIONS,
    "sagemaker_tuning_team_tag": TEAM_TAG,
    "sagemaker_tuning_tuning_job_family": FAMILY,
}
REBUILT = ("duckdb", "postgres", "snowflake")
"""The warehouses where models are built after each sync, incrementally after the
second. On Spark's Parquet, a build replaces all tables."""

LESS, LESS_MODELS = "less", "models_of_less"
DIRECTIONS = {"validation:f1": "Maximize", "it's another": "Minimize"}
TIMES = ("_at", "_as_of")
MORE_TIMES = {"at", "date", "month"}
"""The suffixes of columns with times."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was loaded and built.

    Attributes:
        tap: The tap, whose emulator is still running.
        warehouse: The warehouse.
        folder: A folder that dbt can write to.
        snapshots: The emulator's truth at each sync.
        synced: This machine's time before and after the last sync, in UTC.
        series: The metrics over time.
        machines: What the price list has on instance types.
    """

    tap: TapProcess
    warehouse: Warehouse
    folder: Path
    snapshots: tuple[Snapshot, ...]
    synced: tuple[datetime, datetime]
    series: dict[Key, Series]
    machines: dict[tuple[str, str], Machine]

    @property
    def seen(self) -> tuple[Snapshot, ...]:
        """The emulator's truth at the syncs after which models were built."""
        return self.snapshots[0 if self.warehouse.name in REBUILT else -1 :]

    def rows(self, mart: str, schema: str = MODELS) -> list[Row]:
        """The rows of a mart, with times as text, to the millisecond.

        The query converts them to text, because the Snowflake connector reads a null
        time of fakesnow as 1970.
        """
        table = f"{MODELS}__{mart}"
        asked = ", ".join(
            f"cast(mart.{name} as varchar(40)) as {name}" if _is_time(name) else name
            for name in self.warehouse.types(table, schema)
        )
        found = self.warehouse.ask(f"select {asked} from {schema}.{table} as mart")  # noqa: S608 - ours
        return [
            {name: _plain(name, value) for name, value in row.items()} for row in found
        ]


@contextmanager
def told(warehouse: Warehouse, folder: Path) -> Iterator[Story]:
    """Sync, build the models, let things happen, sync again, and build
    incrementally."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        tap = TapProcess(emulator, folder)
        world.begin(emulator)
        emulator.clock.move(timedelta(minutes=50))
        first = snapshot(emulator)
        files = {"config": world.CONFIG, "catalog": tap.catalog(*EVERY)}
        state = sync(tap, warehouse, **files)
        curves = series.every(known(first))
        series.load(warehouse, tap.folder, curves, _prices(first))
        if warehouse.name in REBUILT:
            building.build(warehouse, folder, MODELS, VARIABLES, *building.UNTESTED)
        world.go_on(emulator)
        second = snapshot(emulator)
        begun = datetime.now(UTC)
        sync(tap, warehouse, state=state, **files)
        synced = begun, datetime.now(UTC)
        late = series.every(known(second), are_late=True)
        series.load(warehouse, tap.folder, late, _prices(second))
        building.build(
            warehouse, folder, MODELS, VARIABLES, "build", *_left_out(warehouse)
        )
        yield Story(
            tap=tap,
            warehouse=warehouse,
            folder=folder,
            snapshots=(first, second),
            synced=synced,
            series=curves | late,
            machines=series.machines(_prices(second)),
        )


def _left_out(warehouse: Warehouse) -> tuple[str, ...]:
    """What to leave out of the last build: the emulated Snowflake cannot MERGE into a
    snapshot, and on Spark, all tests take as long as the models (`test_spark.py` runs
    those of a few)."""
    match warehouse.name:
        case "snowflake":
            return ("--exclude-resource-type", "snapshot")
        case "spark":
            return ("--exclude", "test_type:generic")
        case _:
            return ()


def _prices(now: Snapshot) -> list[Row]:
    """The price lists of all regions."""
    found = {
        (price["region"], price["instance_type"], price["currency"]): price
        | {"price_per_hour": float(price["price_per_hour"])}
        for details in now.details.values()
        for price in details["prices"]
    }
    return list(found.values())


def load_less(told: Story, *streams: str) -> None:
    """Load only these streams into a schema of their own, and build its models."""
    sync(
        told.tap,
        told.warehouse,
        config=world.CONFIG,
        catalog=told.tap.catalog(*streams),
        target={"default_target_schema": LESS},
    )
    variables = {
        "sagemaker_tuning_schema": LESS,
        "objective_directions": DIRECTIONS,
    }
    building.build(told.warehouse, told.folder, LESS_MODELS, variables, "run")


def _is_time(name: str) -> bool:
    return name.endswith(TIMES) or name in MORE_TIMES


def _plain(name: str, value: Any) -> Any:
    if name in {"date", "month"} and value is not None:
        return str(value)[:10]
    if _is_time(name) and value is not None:
        return datetime.fromisoformat(value).isoformat(timespec="milliseconds")
    return value
