"""The tap's whole output with the emulator, as users see it.

Runs are shared where possible; the incremental one uses a process.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Emulator
from tests import expected, kinds
from tests.conftest import ACCOUNT, TapHere, TapProcess
from tests.expected import STREAMS, misfits
from tests.kinds import START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Run

LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"


@pytest.fixture(scope="module")
def world() -> Iterator[Emulator]:
    """An emulator with tuning jobs of every kind, which no test modifies."""
    with Emulator(start=START, seed=11) as emulator:
        kinds.populate(emulator.scope())
        yield emulator


@pytest.fixture
def here_reader(world: Emulator, tmp_path: Path) -> TapHere:
    """The tap in this process, with the shared world."""
    return TapHere(world, tmp_path)


@pytest.fixture(scope="module")
def incremental(world: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A first incremental sync, by the tap as a process."""
    return TapProcess(world, tmp_path_factory.mktemp("reader"))(config={})


@pytest.fixture(scope="module")
def full_table(world: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A FULL_TABLE sync with small pages."""
    reader = TapHere(world, tmp_path_factory.mktemp("reader"))
    catalog = reader.catalog(**dict.fromkeys(STREAMS, "FULL_TABLE"))
    return reader(config={"page_size": 7}, catalog=catalog)


@pytest.fixture(params=["incremental", "full_table"])
def sync(request: pytest.FixtureRequest) -> Run:
    """A sync of everything, with either method."""
    run: Run = request.getfixturevalue(request.param)
    return run


class TestSync:
    """The output of a sync, with either method."""

    def test_succeeds(self, sync: Run) -> None:
        """A sync without failures exits with 0, and without a warning."""
        assert sync.returncode == 0
        assert "1 of 1 accounts and regions complete" in sync.error
        assert "WARNING" not in sync.stderr
        assert "ERROR" not in sync.stderr

    def test_records_fit_their_schema(self, sync: Run) -> None:
        """Every record fits its SCHEMA message, including formats."""
        assert len(sync.records("training_job_summaries")) > 90
        assert misfits(sync.messages) == []

    def test_tuning_jobs_are_the_truth(self, sync: Run, world: Emulator) -> None:
        """The records of tuning jobs match the API, oldest first."""
        assert sync.records("tuning_jobs") == expected.tuning_jobs(world.scope())

    def test_messages(self, sync: Run) -> None:
        """A SCHEMA comes before its records, a STATE last, and there are no other
        messages."""
        kinds = Counter(message["type"] for message in sync.messages)
        assert set(kinds) == {"SCHEMA", "RECORD", "STATE"}
        assert sync.messages[-1]["type"] == "STATE"
        schemas = [
            (
                message["stream"],
                message["key_properties"],
                message.get("bookmark_properties"),
            )
            for message in sync.messages
            if message["type"] == "SCHEMA"
        ]
        assert schemas == [
            ("training_job_summaries", ["training_job_arn"], ["creation_time"]),
            ("tuning_jobs", ["tuning_job_arn"], ["creation_time"]),
            ("scopes", ["account_id", "region"], None),
        ]

    def test_scopes_come_last(self, sync: Run) -> None:
        """Each scope has one row, after all its other records."""
        (scope,) = sync.records("scopes")
        assert scope["status"] == "complete"
        assert scope["trials_read"] == len(sync.records("training_job_summaries"))
        streams = [m["stream"] for m in sync.messages if m["type"] == "RECORD"]
        assert streams.index("scopes") == len(streams) - 1

    def test_no_key_is_there_twice(self, sync: Run) -> None:
        """Each key has one record: nothing is written twice."""
        arns = [record["training_job_arn"] for record in sync.records(STREAMS[0])]
        assert len(set(arns)) == len(arns) > 90
        arns = [record["tuning_job_arn"] for record in sync.records(STREAMS[1])]
        assert len(set(arns)) == len(arns) == 10

    def test_every_kind_is_there(self, sync: Run) -> None:
        """The records cover every kind ever seen in the API."""
        trials = sync.records("training_job_summaries")
        metrics = [
            record["final_hyper_parameter_tuning_job_objective_metric"]
            for record in trials
        ]
        seen = {json.dumps(metric and metric["non_finite"]) for metric in metrics}
        assert seen == {"null", '"NaN"', '"Infinity"', '"-Infinity"'}
        values = [metric["value"] for metric in metrics if metric]
        assert {0.0, 12.0, 0.125} <= set(values)
        assert {record["training_job_status"] for record in trials} == {
            "InProgress",
            "Completed",
            "Failed",
            "Stopping",
            "Stopped",
            "Lost",
        }
        jobs = sync.records("tuning_jobs")
        assert {record["tuning_job_status"] for record in jobs} == {
            "InProgress",
            "Completed",
            "Failed",
            "Stopping",
            "Stopped",
            "Deleting",
        }
        reasons = [record["failure_reason"] or "" for record in trials]
        assert max(len(reason) for reason in reasons) == 1024

    def test_incremental_order(self, incremental: Run, world: Emulator) -> None:
        """Incremental order is oldest tuning job first, and in each the newest trial
        first."""
        wanted = expected.trials(world.scope(), newest_first=True)
        assert incremental.records("training_job_summaries") == wanted

    def test_full_table_order(self, full_table: Run, world: Emulator) -> None:
        """FULL_TABLE order is oldest tuning job first, and in each the oldest trial
        first."""
        wanted = expected.trials(world.scope(), newest_first=False)
        assert full_table.records("training_job_summaries") == wanted

    def test_state(self, incremental: Run) -> None:
        """The state has one entry per scope, with strings and integers only."""
        bookmarks = incremental.state["bookmarks"]
        assert list(incremental.state) == ["bookmarks"]
        assert set(bookmarks) == set(STREAMS)
        for stream in STREAMS:
            [entry] = bookmarks[stream]["partitions"]
            assert entry["context"] == {"account_id": ACCOUNT, "region": "us-east-1"}
            reached = {
                "replication_key_value": "2026-03-02T09:00:00.000Z",
                # One minute is allowed for late listing.
                "complete_as_of": "2026-03-02T08:59:00.000Z",
            }
            assert reached.keys() & entry.keys()
            assert {**entry, **reached} == {**reached, **entry}
            assert list(bookmarks[stream]) == ["partitions"]
        as_text = json.dumps(incremental.state)
        floats: list[str] = []
        json.loads(as_text, parse_float=floats.append)
        assert floats == []
        assert "null" not in as_text

    def test_full_table_has_no_state(self, full_table: Run) -> None:
        """FULL_TABLE of everything, without a cap, leaves no bookmark."""
        entries = [
            entry
            for stream, bookmark in full_table.state["bookmarks"].items()
            for entry in bookmark.get("partitions", [])
            if stream != "scopes"
        ]
        assert [set(entry) - {"context"} for entry in entries if len(entry) > 1] == []

    def test_a_second_sync(self, here_reader: TapHere, incremental: Run) -> None:
        """A second sync writes only the tuning jobs that can still change."""
        again = here_reader(config={}, state=incremental.state)
        assert again.returncode == 0
        names = {record["tuning_job_name"] for record in again.records("tuning_jobs")}
        assert names == {"odd-trials", "running", "new", "stopping", "deleting"}
        assert misfits(again.messages) == []


class TestManyPages:
    """Listings of three or more pages."""

    def test_three_pages_of_each(self, here: TapHere, emulator: Emulator) -> None:
        """Of 230 trials and 240 tuning jobs, none is lost, repeated or out of order."""
        scope = emulator.scope()
        scope.plan("many", trials=230, parallel=10, created="2026-02-20T09:00:00Z")
        for index in range(239):
            created = START - timedelta(hours=2, minutes=index // 2)
            scope.plan(f"job-{index:03d}", trials=1, created=created)
        run = here(config={"concurrency": 8})
        assert run.returncode == 0
        assert run.records("tuning_jobs") == expected.tuning_jobs(scope)
        records = run.records("training_job_summaries")
        assert records == expected.trials(scope, newest_first=True)
        assert len(records) == 230 + 239
        calls = Counter(call.operation for call in emulator.calls)
        assert calls == {LIST_TUNING_JOBS: 3, LIST_TRIALS: 3 + 239}

    def test_regions(self, here: TapHere, emulator: Emulator) -> None:
        """Each region of any partition is read, with its own state."""
        regions = ["us-east-1", "eu-west-1", "cn-north-1"]
        scopes = [emulator.scope(ACCOUNT, region) for region in regions]
        for scope in scopes:
            scope.plan("churn", trials=25, created="2026-03-01T09:00:00Z")
            scope.plan(f"only-{scope.home.region}", trials=2)
        emulator.scope(ACCOUNT, "us-west-2").plan("elsewhere")
        run = here(config={"regions": regions, "page_size": 10})
        assert run.returncode == 0
        jobs = run.records("tuning_jobs")
        trials = run.records("training_job_summaries")
        for scope in scopes:
            wanted_trials = expected.trials(scope, newest_first=True)
            of_scope = [t for t in trials if t["region"] == scope.home.region]
            assert of_scope == wanted_trials
            of_scope = [j for j in jobs if j["region"] == scope.home.region]
            assert of_scope == expected.tuning_jobs(scope)
        assert len(jobs) == 3 * 2
        assert len(trials) == 3 * 25 + 0
        assert misfits(run.messages) == []
        for stream in STREAMS:
            entries = run.state["bookmarks"][stream]["partitions"]
            contexts = sorted(entry["context"]["region"] for entry in entries)
            assert contexts == sorted(regions)


class TestSelection:
    """The effects of catalog selection and stream maps."""

    def test_a_stream_and_a_column(self, here_reader: TapHere, world: Emulator) -> None:
        """A deselected stream or column is missing from both records and SCHEMA."""
        left_out = {"failure_reason", "tuned_hyper_parameters"}
        catalog = here_reader.catalog("training_job_summaries")
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if left_out & set(entry["breadcrumb"]):
                    entry["metadata"]["selected"] = False
        run = here_reader(config={}, catalog=catalog)
        assert run.returncode == 0
        assert run.records("tuning_jobs") == []
        wanted = expected.trials(world.scope(), newest_first=True)
        for record in wanted:
            del record["failure_reason"], record["tuned_hyper_parameters"]
        assert run.records("training_job_summaries") == wanted
        [schema] = [m for m in run.messages if m["type"] == "SCHEMA"]
        assert set(schema["schema"]["properties"]) == set(wanted[0])
        assert set(run.state["bookmarks"]) <= set(STREAMS)
        assert misfits(run.messages) == []

    def test_tuning_jobs_alone(self, here: TapHere, emulator: Emulator) -> None:
        """Without training_job_summaries, no trials are listed."""
        emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        run = here(config={}, catalog=here.catalog("tuning_jobs"))
        assert run.returncode == 0
        assert run.records("tuning_jobs") == expected.tuning_jobs(emulator.scope())
        assert [call.operation for call in emulator.calls] == [LIST_TUNING_JOBS]

    def test_stream_maps(self, here_reader: TapHere, world: Emulator) -> None:
        """Stream maps rename, drop, hash and filter, and leave the rest unchanged."""
        maps = {
            "tuning_jobs": {
                "__alias__": "jobs",
                "__filter__": "tuning_job_status == 'Completed'",
                "name_hash": "md5(tuning_job_name)",
                "status": "tuning_job_status",
                "tuning_job_status": "__NULL__",
                "strategy": None,
            },
            "training_job_summaries": "__NULL__",
            "scopes": "__NULL__",
        }
        run = here_reader(config={"stream_maps": maps})
        assert run.returncode == 0
        wanted = [
            record
            for record in expected.tuning_jobs(world.scope())
            if record["tuning_job_status"] == "Completed"
        ]
        for record in wanted:
            name = record["tuning_job_name"].encode()
            record["name_hash"] = hashlib.md5(name, usedforsecurity=False).hexdigest()
            record["status"] = record.pop("tuning_job_status")
            del record["strategy"]
        assert len(wanted) == 3
        assert run.records("jobs") == wanted
        assert {m["stream"] for m in run.messages if m["type"] != "STATE"} == {"jobs"}
        assert misfits(run.messages) == []

    def test_flattening(self, here_reader: TapHere, world: Emulator) -> None:
        """Flattened columns have short names, and the original values."""
        config = {"flattening_enabled": True, "flattening_max_depth": 1}
        run = here_reader(config=config)
        assert run.returncode == 0
        columns = {
            column
            for message in run.messages
            if message["type"] == "SCHEMA"
            for column in message["schema"]["properties"]
        }
        assert max(len(column) for column in columns) <= 63
        records = run.records("training_job_summaries")
        wanted = expected.trials(world.scope(), newest_first=True)
        assert [record["training_job_arn"] for record in records] == [
            record["training_job_arn"] for record in wanted
        ]
        whole = "final_hyper_parameter_tuning_job_objective_metric"
        for part in ("value", "non_finite", "metric_name", "type"):
            assert [record.get(f"{whole}__{part}") for record in records] == [
                (record[whole] or {}).get(part) for record in wanted
            ]
        assert [json.loads(record["tuned_hyper_parameters"]) for record in records] == [
            record["tuned_hyper_parameters"] for record in wanted
        ]
        counters = [
            record["training_job_status_counters__non_retryable_error"]
            for record in run.records("tuning_jobs")
        ]
        assert counters == [
            record["training_job_status_counters"]["non_retryable_error"]
            for record in expected.tuning_jobs(world.scope())
        ]

    def test_flattened_records_fit_their_schema(self, here_reader: TapHere) -> None:
        """Every flattened record fits the flattened SCHEMA message."""
        config = {"flattening_enabled": True, "flattening_max_depth": 1}
        run = here_reader(config=config)
        assert len(run.records("training_job_summaries")) > 90
        assert misfits(run.messages) == []

    @pytest.mark.parametrize(
        ("of_stream", "said"),
        [
            ({"x": "md5(tuning_job_name"}, "md5(tuning_job_name"),
            ({"x": "no_such_column + 'x'"}, "no_such_column + 'x'"),
            ({"x": "float(tuning_job_name)"}, "stream_maps: ValueError: "),
            ({"__filter__": "no_such_function(region)"}, "no_such_function(region)"),
            ({"__key_properties__": ["no_such_column"]}, "[no_such_column]"),
        ],
        ids=["syntax", "column", "value", "filter", "key"],
    )
    def test_broken_stream_map(
        self, here: TapHere, of_stream: dict[str, Any], said: str
    ) -> None:
        """An invalid stream map is named in one line."""
        here.emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        run = here(config={"stream_maps": {"tuning_jobs": of_stream}})
        run.assert_refused(said)
