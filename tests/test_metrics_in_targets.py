"""Every point of every metric arrives in a warehouse, exact and in order.

Three syncs per target: what exists at first; what is new; and everything again, when
CloudWatch has only five-minute averages, so that every row changes.
"""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from sagemaker_tuning_emulator import Chances, Emulator
from tap_tools.generated import targets
from tests import expected
from tests.conftest import ACCOUNT, TapProcess
from tests.targets import syncing
from tests.targets.columns import key_of
from tests.targets.story import held
from tests.targets.warehouses import SCHEMA
from tests.test_targets import WAREHOUSES, pytestmark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_emulator import Scope
    from tests.targets.warehouses import Warehouse

__all__ = ["pytestmark"]

Row = dict[str, Any]

DOCS = Path(__file__).resolve().parent.parent / "docs"
STREAM = "training_job_metrics"
NEW, OLD = "us-east-1", "eu-west-1"
"""Two regions: in one, the trials are new; in the other, they are 20 days old."""

HOUR, DAY = 3600, 86_400
STEADY = Chances(failed=0, stopped_early=0, stopped_without=0, never_started=0)
NAMES = (
    "train loss",
    "métrique:é/ü",
    "损失 🚀",
    "Loss",
    "loss",
    'a "b", \\c{d}',
    "a" * 255,
)
"""Names with spaces or in other scripts, names that differ only in case, characters
that CSV, JSON and arrays quote, and the longest name."""

CURVE = (0.1, math.nan, 1e-9, None, math.inf, 1 / 3, -math.inf, 3.4e38, 1e-38, 0.0, 7)
"""Values that a load could round, drop or fail on."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What was synced into a warehouse.

    Attributes:
        tap: The tap, whose emulator is still running.
        warehouse: The warehouse.
        found: The contents of the warehouse after each sync.
        true: The expected contents after each sync.
    """

    tap: TapProcess
    warehouse: Warehouse
    loaded: list[dict[str, Row]]
    true: list[dict[str, Row]]

    @property
    def last(self) -> list[Row]:
        """The expected contents now."""
        return list(self.true[-1].values())


@pytest.fixture(scope="module", params=targets.TARGETS)
def synced(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Synced]:
    """Three syncs into each warehouse."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        WAREHOUSES[request.param](folder) as warehouse,
        three_syncs(warehouse, folder) as it,
    ):
        yield it


@contextmanager
def three_syncs(warehouse: Warehouse, folder: Path) -> Iterator[Synced]:
    """Sync, let more trials end, sync again, and sync everything once more weeks
    later."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        tap = TapProcess(emulator, folder)
        files: Row = {
            "config": {"regions": [NEW, OLD]},
            "catalog": tap.catalog(STREAM),
        }
        new, old = (emulator.scope(ACCOUNT, region) for region in (NEW, OLD))
        _begin(new)
        old.plan("old", trials=5, parallel=2, created="2026-02-10T00:00:00Z")
        emulator.clock.move(seconds=3 * HOUR)
        loaded, true = [], []

        def look(period: int) -> None:
            loaded.append(held(warehouse, STREAM))
            rows = expected.trial_metrics(new, period)
            rows += expected.trial_metrics(old, 300)
            true.append({key_of(STREAM, row): row for row in map(_stored, rows)})

        state = syncing.sync(tap, warehouse, **files)
        look(period=60)
        new.plan("later", trials=5, parallel=5, chances=STEADY)
        emulator.clock.move(seconds=HOUR)
        syncing.sync(tap, warehouse, **files, state=state)
        look(period=60)
        emulator.clock.move(seconds=20 * DAY)
        syncing.sync(tap, warehouse, **files)
        look(period=300)
        yield Synced(tap=tap, warehouse=warehouse, loaded=loaded, true=true)


def _begin(scope: Scope) -> None:
    scope.plan("names", trials=4, parallel=4, metric_definitions=NAMES)
    cluster: Row = {"instance_type": "ml.p3.8xlarge", "instance_count": 3}
    scope.plan("cluster", trials=3, parallel=3, chances=STEADY, **cluster)
    groups = {"ml.m5.xlarge": 2, "ml.g4dn.xlarge": 1}
    scope.plan("groups", trials=2, parallel=2, instance_groups=groups)
    odd = scope.plan("odd", trials=1, chances=STEADY, trial_seconds=(900, 900))
    (trial,) = odd.trials
    scope.replace(replace(odd, trials=(replace(trial, curves={"train:loss": CURVE}),)))


def _stored(row: Row) -> Row:
    """A record as a column without a time zone holds it."""
    return row | {"creation_time": row["creation_time"].rstrip("Z")}


@pytest.mark.parametrize("sync", [0, 1, 2], ids=["first", "more", "all again"])
def test_every_point(synced: Synced, sync: int) -> None:
    """Every row has every point in its place, with all its digits."""
    assert synced.loaded[sync] == synced.true[sync]


def test_the_story_has_what_matters(synced: Synced) -> None:
    """The story has names of all kinds, clusters, GPUs, both periods, and null
    points."""
    first, more, last = synced.true
    rows = list(first.values())
    assert set(NAMES) < {row["metric_name"] for row in rows}
    assert {row["host"] for row in rows} > {"algo-1", "algo-2", "algo-3"}
    assert "GPUMemoryUtilization" in {row["metric_name"] for row in rows}
    assert {row["period_in_seconds"] for row in rows} == {60, 300}
    assert [p for row in rows for p in row["points"] if p["value"] is None]
    assert first.keys() < more.keys() == last.keys()
    changed = [key for key in last if last[key] != more[key]]
    assert len(changed) > 50


def test_a_key_has_one_row(synced: Synced) -> None:
    """Later syncs replaced rows: according to SQL, there are as many rows as keys."""
    (row,) = synced.warehouse.ask(f"select count(*) as n from {SCHEMA}.{STREAM}")  # noqa: S608 - ours
    assert row["n"] == len(synced.last)


def test_sql_for_points(synced: Synced) -> None:
    """The documents' SQL returns a row per point, with its time and number, in
    order."""
    text = (DOCS / "warehouses.md").read_text("utf-8")
    section = text.split("## One row per point\n")[1].split("\n## ")[0]
    queries = dict(
        zip(
            ("postgres", "snowflake", "duckdb"),
            re.findall("```sql\n(.+?)```", section, re.DOTALL),
            strict=True,
        )
    )
    answer = synced.warehouse.ask(queries[synced.warehouse.name].rstrip().rstrip(";"))
    assert [tuple(row.values()) for row in answer] == sorted(
        (
            row["training_job_name"],
            row["metric_name"],
            row["host"],
            number,
            point["timestamp"].removesuffix("Z"),
            point["value"],
        )
        for row in synced.last
        for number, point in enumerate(row["points"], 1)
    )


@pytest.mark.parametrize("name", ["tap", "target"])
def test_flattened(synced: Synced, name: str) -> None:
    """With flattening, the points stay one column, as JSON with all of them."""
    warehouse, schema = synced.warehouse, f"flat_by_{name}"
    by_tap = {"flattening_enabled": True, "flattening_max_depth": 2}
    settings = {"tap": (by_tap, {}), "target": ({}, targets.FLATTENING[warehouse.name])}
    of_tap, of_target = settings[name]
    syncing.sync(
        synced.tap,
        warehouse,
        config={"regions": [NEW, OLD]} | of_tap,
        target={"default_target_schema": schema} | of_target,
        catalog=synced.tap.catalog(STREAM),
    )
    assert warehouse.types(STREAM, schema).keys() == synced.last[0].keys()
    rows = held(warehouse, STREAM, schema)
    assert rows == synced.true[-1]
