"""What the tap does but sync: discover, tell about itself, and test its way in."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulator import Fault
from tap_sagemaker_tuning import schemas_root
from tests.configurations import LISTS, NUMBERS, TEXTS
from tests.conftest import ACCOUNT
from tests.expected import STREAMS
from tests.kinds import START

if TYPE_CHECKING:
    from emulator import Emulator
    from tests.conftest import TapHere, TapProcess

LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"

SETTINGS = {*TEXTS, *NUMBERS, *LISTS}
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
        catalog = json.loads(tap("--discover").stdout)
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
        printed = tap("--version").stdout
        assert printed.startswith("tap-sagemaker-tuning v")
        assert "Meltano SDK v0.54." in printed
        assert printed.count("\n") == 1

    def test_about_as_json(self, tap: TapProcess, emulator: Emulator) -> None:
        """--about --format=json declares all settings, and no capability too many."""
        about = json.loads(tap("--about", "--format=json").stdout)
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
    def test_about_as_text(self, here: TapHere, options: tuple[str, ...]) -> None:
        """--about names all settings, for people."""
        done = here("--about", *options)
        assert done.returncode == 0
        assert [name for name in SETTINGS if name not in done.stdout] == []
        assert "Singer tap for Amazon SageMaker hyperparameter tuning" in done.stdout

    def test_test(self, here: TapHere, emulator: Emulator) -> None:
        """--test reads a page of tuning jobs a stream and a few trials, no more."""
        scope = emulator.scope()
        for index in range(130):
            created = START - timedelta(hours=3, minutes=index)
            scope.plan(f"job-{index:03d}", trials=2, created=created)
        run = here("--test", config={})
        assert run.returncode == 0
        assert "Traceback" not in run.stderr
        assert [len(run.records(stream)) for stream in STREAMS] == [1, 1]
        calls = Counter(call.operation for call in emulator.calls)
        assert calls[LIST_TUNING_JOBS] <= 2
        assert 1 <= calls[LIST_TRIALS] < 20

    def test_test_with_nothing_there(self, here: TapHere) -> None:
        """--test of an account without tuning jobs succeeds."""
        run = here("--test", config={})
        assert run.returncode == 0
        assert "ERROR" not in run.stderr

    @pytest.mark.parametrize(
        ("operation", "action"),
        [
            (LIST_TUNING_JOBS, "sagemaker:ListHyperParameterTuningJobs"),
            (LIST_TRIALS, "sagemaker:ListTrainingJobsForHyperParameterTuningJob"),
        ],
    )
    def test_test_without_permission(
        self, here: TapHere, operation: str, action: str
    ) -> None:
        """--test fails in one line that names the IAM action that is missing."""
        emulator = here.emulator
        emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        emulator.faults.add(Fault("deny", operation=operation))
        run = here("--test", config={})
        run.assert_refused(f"Allow {action}", "us-east-1", ACCOUNT)

    def test_test_schema(self, here: TapHere, emulator: Emulator) -> None:
        """--test=schema writes both SCHEMA messages and asks for nothing."""
        run = here("--test=schema", config={})
        assert run.returncode == 0
        written = [(message["type"], message["stream"]) for message in run.messages]
        assert written == [("SCHEMA", stream) for stream in STREAMS]
        assert emulator.calls == []
