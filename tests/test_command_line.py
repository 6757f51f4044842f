"""The tap's whole output, as users see it, against the emulator.

What records must be is worked out here from the API's summaries, by hand and apart
from the package; runs of the process are shared where they can be.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import os
import signal
import subprocess
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator, FormatChecker
from singer_sdk import Stream, Tap

from emulator import Chances, Emulator, Fault, Scope, Trial, TuningJob
from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.streams.base import TuningStream
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.conftest import Run, TapProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"
START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
STREAMS = ("training_job_summaries", "tuning_jobs")
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"

JSON = dict[str, Any]

# What a record must be, from the design's words


def text(instant: datetime | None) -> str | None:
    """A time as records carry it: UTC, three fraction digits, Z."""
    if instant is None:
        return None
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def tuning_job(summary: JSON, scope: Scope) -> JSON:
    """The record of a HyperParameterTuningJobSummary."""
    trials = summary["TrainingJobStatusCounters"]
    objectives = summary["ObjectiveStatusCounters"]
    limits = summary["ResourceLimits"]
    return {
        "account_id": scope.home.account,
        "region": scope.home.region,
        "tuning_job_name": summary["HyperParameterTuningJobName"],
        "tuning_job_arn": summary["HyperParameterTuningJobArn"],
        "tuning_job_status": summary["HyperParameterTuningJobStatus"],
        "strategy": summary["Strategy"],
        "creation_time": text(summary["CreationTime"]),
        "tuning_end_time": text(summary.get("HyperParameterTuningEndTime")),
        "last_modified_time": text(summary["LastModifiedTime"]),
        "training_job_status_counters": {
            "completed": trials.get("Completed", 0),
            "in_progress": trials.get("InProgress", 0),
            "retryable_error": trials.get("RetryableError", 0),
            "non_retryable_error": trials.get("NonRetryableError", 0),
            "stopped": trials.get("Stopped", 0),
        },
        "objective_status_counters": {
            "succeeded": objectives.get("Succeeded", 0),
            "pending": objectives.get("Pending", 0),
            "failed": objectives.get("Failed", 0),
        },
        "resource_limits": {
            "max_number_of_training_jobs": limits.get("MaxNumberOfTrainingJobs"),
            "max_parallel_training_jobs": limits.get("MaxParallelTrainingJobs"),
            "max_runtime_in_seconds": limits.get("MaxRuntimeInSeconds"),
        },
    }


def metric(summary: JSON | None) -> JSON | None:
    """The objective metric: what is no finite number is a name, and the value null."""
    if summary is None:
        return None
    value = float(summary["Value"])
    name = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value))
    return {
        "type": summary.get("Type"),
        "metric_name": summary["MetricName"],
        "value": value if math.isfinite(value) else None,
        "non_finite": name,
    }


def trial(summary: JSON, job: JSON, scope: Scope) -> JSON:
    """The record of a HyperParameterTrainingJobSummary."""
    return {
        "account_id": scope.home.account,
        "region": scope.home.region,
        "tuning_job_name": job["HyperParameterTuningJobName"],
        "tuning_job_arn": job["HyperParameterTuningJobArn"],
        "training_job_definition_name": summary.get("TrainingJobDefinitionName"),
        "training_job_name": summary["TrainingJobName"],
        "training_job_arn": summary["TrainingJobArn"],
        "training_job_status": summary["TrainingJobStatus"],
        "creation_time": text(summary["CreationTime"]),
        "training_start_time": text(summary.get("TrainingStartTime")),
        "training_end_time": text(summary.get("TrainingEndTime")),
        "tuned_hyper_parameters": summary["TunedHyperParameters"],
        "final_hyper_parameter_tuning_job_objective_metric": metric(
            summary.get("FinalHyperParameterTuningJobObjectiveMetric")
        ),
        "objective_status": summary.get("ObjectiveStatus"),
        "failure_reason": summary.get("FailureReason"),
    }


def true_tuning_jobs(scope: Scope) -> list[JSON]:
    """The records of a scope's tuning jobs, oldest first."""
    return [tuning_job(job, scope) for job in scope.truth()["tuning_jobs"]]


def true_trials(scope: Scope, *, newest_first: bool) -> list[JSON]:
    """The records of a scope's trials: oldest tuning job first."""
    truth = scope.truth()
    order = -1 if newest_first else 1
    return [
        trial(summary, job, scope)
        for job in truth["tuning_jobs"]
        for summary in truth["trials"][job["HyperParameterTuningJobName"]][::order]
    ]


def strict(schema: Any) -> Any:
    """The schema, with every property that it does not name forbidden."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def misfits(run: Run) -> list[str]:
    """What in the records does not fit the SCHEMA message before them."""
    found: list[str] = []
    validators: dict[str, Draft7Validator] = {}
    for message in run.messages:
        stream = message.get("stream", "")
        if message["type"] == "SCHEMA":
            schema = strict(message["schema"])
            Draft7Validator.check_schema(schema)
            validators[stream] = Draft7Validator(
                schema, format_checker=FormatChecker(["date-time"])
            )
        elif message["type"] == "RECORD":
            errors = validators[stream].iter_errors(message["record"])
            found += [f"{stream}: {error.message}" for error in errors]
    return found


def by_arn(records: list[JSON]) -> list[JSON]:
    """Records of trials in an order of their own."""
    return sorted(records, key=lambda record: str(record["training_job_arn"]))


# What is there to read


def after(seconds: float) -> datetime:
    """An instant of 1 March 2026."""
    return START - timedelta(days=1) + timedelta(seconds=seconds)


def odd_values(name: str, **fields: Any) -> TuningJob:
    """A tuning job whose trials have every kind of objective that was ever seen."""
    values: list[Any] = [
        0.25,
        0.0,
        -1.5,
        3e38,
        "0.125",
        "12",
        "NaN",
        "Infinity",
        "-Infinity",
    ]
    values += [math.nan, math.inf, -math.inf, None]
    parameters = {"batch-size": '"128"', "order": "0.5", "select": "", "é": "1e-3"}
    trials = [
        Trial(
            name=f"{name}-{index:03d}",
            created=after(index + 0.75),
            started=after(index + 30),
            ended=after(index + 600),
            objective_settled=after(index + 605),
            value=value,
            metric_type=["Maximize", None][index % 2],
            hyperparameters=parameters,
            definition_name=["small", None][index % 2],
        )
        for index, value in enumerate(values)
    ]
    return TuningJob(
        name=name,
        created=after(0.123),
        ended=after(900.5),
        trials=tuple(trials),
        max_runtime_seconds=3600,
        **fields,
    )


def odd_trials(name: str) -> TuningJob:
    """A tuning job that runs, with a trial in every stage."""
    ended: JSON = {"started": after(60), "ended": after(600), "value": 0.5}
    trials = (
        Trial(name=f"{name}-new", created=START),
        Trial(name=f"{name}-started", created=after(50), started=after(60)),
        Trial(name=f"{name}-stopping", created=after(50), stopping=after(70)),
        Trial(name=f"{name}-Early", created=after(1), status="Stopped", **ended),
        Trial(name=f"{name}-settled", created=after(2), **ended),
        Trial(
            name=f"{name}-unsettled",
            created=after(3),
            **ended,
            objective_settled=START + timedelta(seconds=60),
        ),
        Trial(
            name=f"{name}-never",
            created=after(4),
            ended=after(20),
            status="Stopped",
            objective_status="Failed",
        ),
        Trial(
            name=f"{name}-failed",
            created=after(5),
            started=after(15),
            ended=after(20),
            status="Failed",
            objective_status="Failed",
            failure_reason="AlgorithmError:\n" + "  File «train.py» ☃\n" * 80,
            lower_cased_arn=True,
        ),
        Trial(name=f"{name}-no-objective", created=after(6), objective_status=None),
        Trial(name=f"{name}-lost", created=after(7), ended=after(8), status="Lost"),
    )
    return TuningJob(name=name, created=after(0.5), trials=trials, max_trials=20)


def populate(scope: Scope) -> None:
    """Tuning jobs of every kind."""
    scope.add(odd_values("Odd-Values", sparse_counters=True, strategy="Random"))
    scope.add(odd_trials("odd-trials"))
    created = "2026-02-27T12:00:00.500Z"
    scope.plan("churn-xgb", trials=40, parallel=5, created=created)
    scope.plan("none", trials=0, created="2026-02-26T12:00:00Z", strategy="Grid")
    only_failures = Chances(failed=1)
    scope.plan("failed", trials=3, chances=only_failures, created=created)
    scope.plan("running", trials=30, parallel=4, created="2026-03-02T08:00:00Z")
    scope.plan("new", trials=4)
    scope.plan("stopping", trials=9, created="2026-03-02T08:30:00Z")
    scope.stop("stopping")
    halted: JSON = {"created": after(300), "ended": after(400), "status": "Stopped"}
    scope.add(TuningJob(name="halted", **halted))
    scope.plan("deleting", trials=3, created="2026-03-01T10:00:00Z")
    scope.delete("deleting", deleting_seconds=600)
    scope.plan("deleted", trials=3, created="2026-03-01T10:00:00Z")
    scope.delete("deleted")


@pytest.fixture(scope="module")
def world() -> Iterator[Emulator]:
    """An emulator with tuning jobs of every kind, which no test changes."""
    with Emulator(start=START, seed=11) as emulator:
        populate(emulator.scope())
        yield emulator


@pytest.fixture(scope="module")
def reader(world: Emulator, tmp_path_factory: pytest.TempPathFactory) -> TapProcess:
    """The tap as a process, against the world."""
    return TapProcess(world, tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="module")
def incremental(reader: TapProcess) -> Run:
    """A first incremental sync."""
    return reader(config={})


@pytest.fixture(scope="module")
def full_table(reader: TapProcess) -> Run:
    """A FULL_TABLE sync of both streams, in small pages."""
    catalog = everything()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    return reader(config={"page_size": 7}, catalog=catalog)


@pytest.fixture(params=["incremental", "full_table"])
def sync(request: pytest.FixtureRequest) -> Run:
    """A sync of everything, by either method."""
    run: Run = request.getfixturevalue(request.param)
    return run


def assert_one_line(run: Run, *names: str) -> None:
    """Assert that a run failed with one last line of words that has these."""
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert run.error.startswith("Error: ")
    assert [name for name in names if name not in run.error] == []
    assert ".." not in run.error


class TestSync:
    """What a sync writes, by either method."""

    def test_succeeds(self, sync: Run) -> None:
        """A sync in which nothing failed ends with 0, and without a warning."""
        assert sync.returncode == 0
        assert "WARNING" not in sync.stderr
        assert "ERROR" not in sync.stderr

    def test_records_fit_their_schema(self, sync: Run) -> None:
        """Every record fits its SCHEMA message to the letter, formats included."""
        assert misfits(sync) == []

    def test_tuning_jobs_are_the_truth(self, sync: Run, world: Emulator) -> None:
        """The records of tuning jobs are what the API shows, oldest first."""
        assert sync.records("tuning_jobs") == true_tuning_jobs(world.scope())

    def test_messages(self, sync: Run) -> None:
        """A SCHEMA comes before its records, STATE last, and nothing else at all."""
        kinds = Counter(message["type"] for message in sync.messages)
        assert set(kinds) == {"SCHEMA", "RECORD", "STATE"}
        assert kinds["SCHEMA"] == 2
        assert sync.messages[-1]["type"] == "STATE"
        schemas = {
            message["stream"]: (
                message["key_properties"],
                message["bookmark_properties"],
            )
            for message in sync.messages
            if message["type"] == "SCHEMA"
        }
        assert schemas == {
            "tuning_jobs": (["tuning_job_arn"], ["creation_time"]),
            "training_job_summaries": (["training_job_arn"], ["creation_time"]),
        }

    def test_no_key_is_there_twice(self, sync: Run) -> None:
        """One record a key: what is written once is not written again."""
        arns = [record["training_job_arn"] for record in sync.records(STREAMS[0])]
        assert len(set(arns)) == len(arns) > 90
        arns = [record["tuning_job_arn"] for record in sync.records(STREAMS[1])]
        assert len(set(arns)) == len(arns) == 10

    def test_every_kind_is_there(self, sync: Run) -> None:
        """What is read holds all that was ever seen of the API."""
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
        """Incremental: the oldest tuning job first, in each the newest trial."""
        expected = true_trials(world.scope(), newest_first=True)
        assert incremental.records("training_job_summaries") == expected

    def test_full_table_order(self, full_table: Run, world: Emulator) -> None:
        """FULL_TABLE: the oldest tuning job first, in each the oldest trial."""
        expected = true_trials(world.scope(), newest_first=False)
        assert full_table.records("training_job_summaries") == expected

    def test_state(self, incremental: Run) -> None:
        """State holds one entry a scope, with strings and integers only."""
        bookmarks = incremental.state["bookmarks"]
        assert list(incremental.state) == ["bookmarks"]
        assert set(bookmarks) == set(STREAMS)
        for stream in STREAMS:
            [entry] = bookmarks[stream]["partitions"]
            assert entry["context"] == {"account_id": ACCOUNT, "region": "us-east-1"}
            assert entry["replication_key_value"] == "2026-03-02T09:00:00.000Z"
            assert list(bookmarks[stream]) == ["partitions"]
        as_text = json.dumps(incremental.state)
        floats: list[str] = []
        json.loads(as_text, parse_float=floats.append)
        assert floats == []
        assert "null" not in as_text

    def test_full_table_has_no_state(self, full_table: Run) -> None:
        """FULL_TABLE of all, with no cap, leaves no bookmark behind."""
        entries = [
            entry
            for bookmark in full_table.state.get("bookmarks", {}).values()
            for entry in bookmark.get("partitions", [])
        ]
        assert [set(entry) - {"context"} for entry in entries if len(entry) > 1] == []

    def test_a_second_sync(self, reader: TapProcess, incremental: Run) -> None:
        """A second sync writes only the tuning jobs that can still change."""
        again = reader(config={}, state=incremental.state)
        assert again.returncode == 0
        names = {record["tuning_job_name"] for record in again.records("tuning_jobs")}
        assert names == {"odd-trials", "running", "new", "stopping", "deleting"}
        assert misfits(again) == []


class TestManyPages:
    """Listings of three pages and more."""

    def test_three_pages_of_each(self, tap: TapProcess, emulator: Emulator) -> None:
        """No page of 230 trials and 240 tuning jobs is lost, repeated or reordered."""
        scope = emulator.scope()
        scope.plan("many", trials=230, parallel=10, created="2026-02-20T09:00:00Z")
        for index in range(239):
            created = START - timedelta(hours=2, minutes=index // 2)
            scope.plan(f"job-{index:03d}", trials=1, created=created)
        run = tap(config={"concurrency": 8})
        assert run.returncode == 0
        assert run.records("tuning_jobs") == true_tuning_jobs(scope)
        found = run.records("training_job_summaries")
        assert found == true_trials(scope, newest_first=True)
        assert len(found) == 230 + 239
        calls = Counter(call.operation for call in emulator.calls)
        assert calls == {LIST_TUNING_JOBS: 3, LIST_TRIALS: 3 + 239}

    def test_regions(self, here: Here, emulator: Emulator) -> None:
        """Each region of any partition is read, and has a state of its own."""
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
            expected_trials = true_trials(scope, newest_first=True)
            of_scope = [t for t in trials if t["region"] == scope.home.region]
            assert of_scope == expected_trials
            of_scope = [j for j in jobs if j["region"] == scope.home.region]
            assert of_scope == true_tuning_jobs(scope)
        assert len(jobs) == 3 * 2
        assert len(trials) == 3 * 25 + 0
        assert misfits(run) == []
        for stream in STREAMS:
            entries = run.state["bookmarks"][stream]["partitions"]
            contexts = sorted(entry["context"]["region"] for entry in entries)
            assert contexts == sorted(regions)


class TestSelection:
    """What the catalog selects, and stream maps change."""

    def test_a_stream_and_a_column(self, here_reader: Here, world: Emulator) -> None:
        """A stream or column that is not selected is not there, nor in its SCHEMA."""
        catalog = everything()
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                path = [stream["tap_stream_id"], *entry["breadcrumb"]]
                entry["metadata"]["selected"] = path not in [
                    ["tuning_jobs"],
                    ["training_job_summaries", "properties", "failure_reason"],
                    ["training_job_summaries", "properties", "tuned_hyper_parameters"],
                ]
        run = here_reader(config={}, catalog=catalog)
        assert run.returncode == 0
        assert run.records("tuning_jobs") == []
        expected = true_trials(world.scope(), newest_first=True)
        for record in expected:
            del record["failure_reason"], record["tuned_hyper_parameters"]
        assert run.records("training_job_summaries") == expected
        [schema] = [m for m in run.messages if m["type"] == "SCHEMA"]
        assert set(schema["schema"]["properties"]) == set(expected[0])
        assert set(run.state["bookmarks"]) <= set(STREAMS)
        assert misfits(run) == []

    def test_tuning_jobs_alone(self, here: Here, emulator: Emulator) -> None:
        """Without training_job_summaries no trial is asked for."""
        emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        catalog = everything()
        [trials] = [
            stream
            for stream in catalog["streams"]
            if stream["tap_stream_id"] == "training_job_summaries"
        ]
        [root] = [entry for entry in trials["metadata"] if not entry["breadcrumb"]]
        root["metadata"]["selected"] = False
        run = here(config={}, catalog=catalog)
        assert run.returncode == 0
        assert run.records("tuning_jobs") == true_tuning_jobs(emulator.scope())
        assert [call.operation for call in emulator.calls] == [LIST_TUNING_JOBS]

    def test_stream_maps(self, here_reader: Here, world: Emulator) -> None:
        """Stream maps rename, drop, hash and filter, and leave the rest as it is."""
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
        }
        run = here_reader(config={"stream_maps": maps})
        assert run.returncode == 0
        expected = [
            record
            for record in true_tuning_jobs(world.scope())
            if record["tuning_job_status"] == "Completed"
        ]
        for record in expected:
            name = record["tuning_job_name"].encode()
            record["name_hash"] = hashlib.md5(name, usedforsecurity=False).hexdigest()
            record["status"] = record.pop("tuning_job_status")
            del record["strategy"]
        assert len(expected) == 3
        assert run.records("jobs") == expected
        assert {m["stream"] for m in run.messages if m["type"] != "STATE"} == {"jobs"}
        assert misfits(run) == []

    def test_flattening(self, here_reader: Here, world: Emulator) -> None:
        """Flattened columns have short names, and the values that they had."""
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
        found = run.records("training_job_summaries")
        expected = true_trials(world.scope(), newest_first=True)
        assert [record["training_job_arn"] for record in found] == [
            record["training_job_arn"] for record in expected
        ]
        whole = "final_hyper_parameter_tuning_job_objective_metric"
        for part in ("value", "non_finite", "metric_name", "type"):
            assert [record.get(f"{whole}__{part}") for record in found] == [
                (record[whole] or {}).get(part) for record in expected
            ]
        assert [json.loads(record["tuned_hyper_parameters"]) for record in found] == [
            record["tuned_hyper_parameters"] for record in expected
        ]
        counters = [
            record["training_job_status_counters__non_retryable_error"]
            for record in run.records("tuning_jobs")
        ]
        assert counters == [
            record["training_job_status_counters"]["non_retryable_error"]
            for record in true_tuning_jobs(world.scope())
        ]

    def test_flattened_records_fit_their_schema(self, here_reader: Here) -> None:
        """Every flattened record fits the flattened SCHEMA message to the letter."""
        config = {"flattening_enabled": True, "flattening_max_depth": 1}
        run = here_reader(config=config)
        assert len(run.records("training_job_summaries")) > 90
        assert misfits(run) == []

    @pytest.mark.parametrize(
        "of_stream",
        [
            {"x": "md5(tuning_job_name"},
            {"x": "no_such_column + 'x'"},
            {"x": "float(tuning_job_name)"},
            {"__filter__": "no_such_function(region)"},
            {"__key_properties__": ["no_such_column"]},
        ],
        ids=["syntax", "column", "value", "filter", "key"],
    )
    def test_broken_stream_map(self, here: Here, of_stream: JSON) -> None:
        """A stream map that can not be carried out is named in one line."""
        here.tap.emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        run = here(config={"stream_maps": {"tuning_jobs": of_stream}})
        assert_one_line(run)

    def test_broken_stream_map_of_a_process(self, reader: TapProcess) -> None:
        """So it is when the tap runs as users run it."""
        maps = {"tuning_jobs": {"x": "float(tuning_job_name)"}}
        assert_one_line(reader(config={"stream_maps": maps}), "float")


class Here:
    """The tap's command in this process, against the emulator."""

    def __init__(self, tap: TapProcess) -> None:
        self.tap = tap
        self.environment: dict[str, str | None] = dict.fromkeys(
            name for name in os.environ if name.startswith(("AWS_", "TAP_"))
        )
        self.environment |= tap.emulator.environment(ACCOUNT, "us-east-1")

    def __call__(self, *options: str, **files: JSON | None) -> Run:
        """Run it to its end."""
        arguments = self.tap.command(*options, **files)[1:]
        command = TapSageMakerTuning.get_singer_command()
        done = CliRunner().invoke(command, arguments, env=self.environment)
        lines = [line for line in done.stdout.splitlines() if line[:8] == '{"type":']
        return Run(done.exit_code, done.stderr, [json.loads(line) for line in lines])


@pytest.fixture
def here(tap: TapProcess) -> Here:
    """The tap's command in this process, against the emulator."""
    return Here(tap)


@pytest.fixture
def here_reader(reader: TapProcess) -> Here:
    """The tap's command in this process, against the world."""
    return Here(reader)


def everything() -> JSON:
    """The discovered catalog, with all selected."""
    tap = TapSageMakerTuning(setup_mapper=False)
    catalog: JSON = json.loads(tap.catalog_json_text)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    return catalog


def output(tap: TapProcess, *options: str) -> str:
    """What the tap prints, without reading anything."""
    done = subprocess.run(  # noqa: S603 - the command is ours
        tap.command(*options),
        env=tap.environment(),
        capture_output=True,
        text=True,
        check=True,
        cwd=tap.folder,
    )
    return done.stdout


SETTINGS = {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_profile",
    "aws_endpoint_url",
    "regions",
    "assume_roles",
    "tuning_job_names",
    "name_contains",
    "status_equals",
    "start_date",
    "page_size",
    "sort_by",
    "sort_order",
    "max_items",
    "starting_token",
    "concurrency",
    "max_attempts",
}
OF_THE_SDK = {
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_separator",
    "flattening_max_key_length",
}


class TestModes:
    """What the tap does but sync."""

    def test_discover(self, tap: TapProcess, emulator: Emulator) -> None:
        """--discover gives both streams with their schemas, and asks for nothing."""
        catalog = json.loads(output(tap, "--discover"))
        streams = {stream["tap_stream_id"]: stream for stream in catalog["streams"]}
        assert list(streams) == list(STREAMS)
        keys = {
            "tuning_jobs": ["tuning_job_arn"],
            "training_job_summaries": ["training_job_arn"],
        }
        for name, stream in streams.items():
            written = (schemas_root() / f"{name}.json").read_text(encoding="utf-8")
            assert stream["schema"] == json.loads(written)
            assert stream["stream"] == name
            assert stream["key_properties"] == keys[name]
            assert stream["replication_key"] == "creation_time"
            assert stream["replication_method"] == "INCREMENTAL"
            automatic = [
                entry["breadcrumb"][-1]
                for entry in stream["metadata"]
                if entry["metadata"].get("inclusion") == "automatic"
            ]
            assert {*keys[name], "creation_time"} <= set(automatic)
        assert emulator.calls == []

    def test_version(self, tap: TapProcess) -> None:
        """--version says which tap and which SDK, in one line."""
        printed = output(tap, "--version")
        assert printed.startswith("tap-sagemaker-tuning v")
        assert "Meltano SDK v0.54." in printed
        assert printed.count("\n") == 1

    def test_about_as_json(self, tap: TapProcess, emulator: Emulator) -> None:
        """--about --format=json declares all settings, and no capability too many."""
        about = json.loads(output(tap, "--about", "--format=json"))
        assert about["name"] == "tap-sagemaker-tuning"
        assert set(about["settings"]["properties"]) == SETTINGS | OF_THE_SDK
        assert set(about["capabilities"]) == {
            "catalog",
            "state",
            "discover",
            "about",
            "stream-maps",
            "schema-flattening",
            "structured-logging",
        }
        assert emulator.calls == []

    @pytest.mark.parametrize("options", [(), ("--format=markdown",)], ids=str)
    def test_about_as_text(self, tap: TapProcess, options: tuple[str, ...]) -> None:
        """--about names all settings, for people."""
        command = TapSageMakerTuning.get_singer_command()
        done = CliRunner().invoke(command, [*tap.command("--about", *options)[1:]])
        assert done.exit_code == 0
        assert [name for name in SETTINGS if name not in done.stdout] == []
        assert "Singer tap for Amazon SageMaker hyperparameter tuning" in done.stdout

    def test_test(self, tap: TapProcess, emulator: Emulator) -> None:
        """--test reads a page of tuning jobs a stream and a few trials, no more."""
        scope = emulator.scope()
        for index in range(130):
            created = START - timedelta(hours=3, minutes=index)
            scope.plan(f"job-{index:03d}", trials=2, created=created)
        run = tap("--test", config={})
        assert run.returncode == 0
        assert "Traceback" not in run.stderr
        assert [len(run.records(stream)) for stream in STREAMS] == [1, 1]
        calls = Counter(call.operation for call in emulator.calls)
        assert calls[LIST_TUNING_JOBS] <= 2
        assert 1 <= calls[LIST_TRIALS] < 20

    def test_test_with_nothing_there(self, here: Here) -> None:
        """--test of an account without tuning jobs succeeds."""
        run = here("--test", config={})
        assert (run.returncode, run.stderr) == (0, "")

    @pytest.mark.parametrize(
        ("operation", "action"),
        [
            (LIST_TUNING_JOBS, "sagemaker:ListHyperParameterTuningJobs"),
            (LIST_TRIALS, "sagemaker:ListTrainingJobsForHyperParameterTuningJob"),
        ],
    )
    def test_test_without_permission(
        self, here: Here, operation: str, action: str
    ) -> None:
        """--test fails in one line that names the IAM action that is missing."""
        emulator = here.tap.emulator
        emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        emulator.faults.add(Fault("deny", operation=operation))
        run = here("--test", config={})
        assert_one_line(run, f"Allow {action}", "us-east-1", ACCOUNT)

    def test_test_schema(self, tap: TapProcess, emulator: Emulator) -> None:
        """--test=schema writes both SCHEMA messages and asks for nothing."""
        run = tap("--test=schema", config={})
        assert run.returncode == 0
        written = [(message["type"], message["stream"]) for message in run.messages]
        assert written == [("SCHEMA", stream) for stream in STREAMS]
        assert emulator.calls == []


KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SSO = """[profile sso]
region = us-east-1
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = reader
"""


class TestAccess:
    """The way in is not found."""

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    def test_no_credentials(self, here: Here, options: tuple[str, ...]) -> None:
        """Without any credentials the last line says how to give some."""
        here.environment |= dict.fromkeys(KEYS)
        run = here(*options, config={})
        assert_one_line(run, "AWS_PROFILE", "AWS_ACCESS_KEY_ID")
        assert here.tap.emulator.calls == []

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    def test_no_region(self, here: Here, options: tuple[str, ...]) -> None:
        """Without any region the last line names the setting and the variable."""
        here.environment["AWS_DEFAULT_REGION"] = None
        run = here(*options, config={})
        assert_one_line(run, "regions", "AWS_DEFAULT_REGION")
        assert here.tap.emulator.calls == []

    def test_unknown_profile(self, here: Here) -> None:
        """A profile that does not exist is named, with the setting."""
        run = here(config={"aws_profile": "nobody"})
        assert_one_line(run, "nobody", "aws_profile")

    def test_unknown_profile_of_the_environment(self, here: Here) -> None:
        """So is one that the environment names."""
        here.environment["AWS_PROFILE"] = "nobody"
        run = here(config={})
        assert_one_line(run, "nobody", "AWS_PROFILE")

    def test_no_credentials_for_a_role(self, here: Here) -> None:
        """Without credentials to assume a role with, the last line says the same."""
        here.environment |= dict.fromkeys(KEYS)
        role = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/reader"}
        run = here(config={"assume_roles": [role]})
        assert_one_line(run, "AWS_PROFILE", "AWS_ACCESS_KEY_ID")

    def test_half_a_key_in_the_environment(self, here: Here) -> None:
        """Half a key in the environment is said to be half a key."""
        here.environment |= dict.fromkeys(KEYS[1:])
        run = here(config={})
        assert_one_line(run, "AWS_SECRET_ACCESS_KEY")

    def test_broken_configuration_file(self, here: Here) -> None:
        """An AWS configuration file that can not be read is named."""
        path = here.tap.folder / "aws-config"
        path.write_text("no section = here\n", encoding="utf-8")
        here.environment["AWS_CONFIG_FILE"] = str(path)
        run = here(config={})
        assert_one_line(run, "aws-config")

    def test_single_sign_on(self, here: Here) -> None:
        """Who has to sign in first is told how."""
        path = here.tap.folder / "aws-config"
        path.write_text(SSO, encoding="utf-8")
        here.environment |= dict.fromkeys(KEYS)
        here.environment |= {
            "AWS_CONFIG_FILE": str(path),
            "HOME": str(here.tap.folder),
        }
        run = here(config={"aws_profile": "sso"})
        assert_one_line(run, "aws sso login")

    @pytest.mark.parametrize(
        ("removed", "config", "names"),
        [
            (KEYS, {}, ["AWS_PROFILE", "AWS_ACCESS_KEY_ID"]),
            (["AWS_DEFAULT_REGION"], {}, ["regions", "AWS_DEFAULT_REGION"]),
            ([], {"aws_profile": "nobody"}, ["nobody", "aws_profile"]),
        ],
        ids=["credentials", "region", "profile"],
    )
    def test_as_a_process(
        self, tap: TapProcess, removed: list[str], config: JSON, names: list[str]
    ) -> None:
        """As users meet it: exit code 1, one last line, no traceback, no record."""
        kept = tap.environment()
        done = subprocess.run(  # noqa: S603 - the command is ours
            tap.command(config=config),
            env={name: kept[name] for name in kept if name not in removed},
            capture_output=True,
            text=True,
            check=False,
            cwd=tap.folder,
        )
        assert_one_line(Run(done.returncode, done.stderr, []), *names)
        assert '"RECORD"' not in done.stdout


class TestHooks:
    """Private hooks of the SDK's that the package overrides are still called."""

    @pytest.fixture
    def environment(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> Emulator:
        """The emulator, from this process."""
        for name in ("AWS_PROFILE", "AWS_REGION"):
            monkeypatch.delenv(name, raising=False)
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        return emulator

    def test_stream_hooks(
        self, environment: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The SDK starts each stream's state, and moves it after each record."""
        environment.scope().plan("churn", trials=12, created="2026-03-01T09:00:00Z")
        called: Counter[tuple[str, str]] = Counter()

        def spy(hook: str) -> Any:
            def called_by_the_sdk(self: Stream, *_: Any, **__: Any) -> None:
                called[self.name, hook] += 1

            return called_by_the_sdk

        hooks = ("_increment_stream_state", "_write_starting_replication_value")
        for hook in hooks:
            monkeypatch.setattr(TuningStream, hook, spy(hook))
        TapSageMakerTuning(config={}).sync_all()
        assert called == {
            ("tuning_jobs", hooks[0]): 1,
            ("training_job_summaries", hooks[0]): 12,
            ("tuning_jobs", hooks[1]): 1,
            ("training_job_summaries", hooks[1]): 1,
        }

    @pytest.mark.parametrize(
        ("owner", "hook", "parameters"),
        [
            (Stream, "_increment_stream_state", ["latest_record", "context"]),
            (Stream, "_write_starting_replication_value", ["context"]),
            (Tap, "_validate_config", ["raise_errors"]),
            (Tap, "_handle_termination", ["signum", "frame"]),
        ],
    )
    def test_they_exist(self, owner: type, hook: str, parameters: list[str]) -> None:
        """Each hook exists in the SDK, with the parameters that are overridden."""
        signature = inspect.signature(getattr(owner, hook))
        assert list(signature.parameters) == ["self", *parameters]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals(
        self, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
    ) -> None:
        """The SDK hands both signals to `_handle_termination`."""
        noted: list[int] = []

        def spy(_: Tap, signum: int, frame: object) -> None:
            noted.append(signum)
            assert frame is not None

        monkeypatch.setattr(TapSageMakerTuning, "_handle_termination", spy)
        TapSageMakerTuning(config={})
        signal.raise_signal(number)
        assert noted == [number]
