"""Airbyte's own models and tests accept the source's output, and PyAirbyte reads it.

PyAirbyte reads twice into its DuckDB cache, and the tests show what a failed read does.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Emulator, Fault
from tests import expected
from tests.airbyte.source import SOURCE, Json, Output, Source, configured
from tests.conftest import ACCOUNT, REGION, TapProcess
from tests.environments import UV, programs
from tests.examples.runner import Runner, running
from tests.skips import OLD_PYTHON_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
SUMMARIES = "training_job_summaries"
STREAMS = ["tuning_jobs", SUMMARIES, "scopes"]

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not UV.exists(), reason="uv is needed: make setup"),
    pytest.mark.skipif(sys.version_info >= (3, 13), reason=OLD_PYTHON_ONLY),
]


@dataclass(frozen=True)
class Airbyte:
    """Airbyte beside an emulator; each test uses a region of its own.

    Attributes:
        source: The source as a process.
        runner: Airbyte's own code.
    """

    source: Source
    runner: Runner

    @property
    def emulator(self) -> Emulator:
        """The emulator."""
        return self.source.tap.emulator

    def problems(self, output: Output, catalog: Json | None = None) -> list[str]:
        """What Airbyte finds wrong with the source's output."""
        path = self.source.tap.folder / "output"
        path.write_text(output.stdout, encoding="utf-8")
        answer = self.runner.ask(check=str(path), catalog=catalog)
        return list(answer["problems"])

    def read(self, config: Json, schema: str, **cache: str) -> dict[str, Any]:
        """Read into this schema of PyAirbyte's cache."""
        path = self.source.tap.folder / "cache.duckdb"
        answer: dict[str, Any] = self.runner.ask(
            read={
                "executable": str(SOURCE),
                "config": config,
                "streams": STREAMS,
                "cache": {"db_path": str(path), "schema_name": schema, **cache},
            }
        )
        return answer


@pytest.fixture(scope="module")
def airbyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airbyte]:
    """Airbyte, loaded only once, because that takes longer than everything it does
    here."""
    python = programs("airbyte", HERE / "requirements" / "pyairbyte.txt") / "python"
    folder = tmp_path_factory.mktemp("airbyte")
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        tap = TapProcess(emulator, folder)
        environment = tap.environment(
            AIRBYTE_OFFLINE_MODE="1",
            AIRBYTE_LOGGING_ROOT=str(folder / "logs"),
            AIRBYTE_PROJECT_DIR=str(folder),
            DO_NOT_TRACK="1",
            PATH=f"{SOURCE.parent}{os.pathsep}{os.environ['PATH']}",
        )
        with running([python, HERE / "run_airbyte.py"], environment) as runner:
            yield Airbyte(Source(tap), runner)


def test_messages(airbyte: Airbyte) -> None:
    """Airbyte's models know every field of every message, and its standard tests accept
    the form, the catalog and the records of each stream."""
    scope = airbyte.emulator.scope(ACCOUNT, REGION)
    scope.plan("churn", trials=40, parallel=4)
    airbyte.emulator.clock.move(seconds=7200)
    source, config = airbyte.source, {"regions": [REGION, "eu-west-1"]}
    assert airbyte.problems(source("spec")) == []
    assert airbyte.problems(source("check", config=config)) == []
    discovered = source("discover", config=config)
    assert airbyte.problems(discovered) == []
    catalog = configured(discovered.contents("CATALOG")[0])
    first = source("read", config=config, catalog=catalog)
    assert airbyte.problems(first, catalog) == []
    fault = airbyte.emulator.faults.add(Fault("deny", region="eu-west-1"))
    failed = source("read", config=config, catalog=catalog, state=first.states)
    checked = source("check", config=config)
    airbyte.emulator.faults.remove(fault)
    assert failed.returncode == 1
    assert airbyte.problems(failed) == airbyte.problems(checked) == []


def test_metadata(airbyte: Airbyte) -> None:
    """Airbyte can read the connector's metadata."""
    path = HERE.parents[1] / "registries" / "airbyte" / "metadata.yaml"
    assert airbyte.runner.ask(metadata=str(path)) == {"language": "python"}


def test_two_reads(airbyte: Airbyte) -> None:
    """PyAirbyte's cache is right after each read, and the second requests only what can
    have changed."""
    emulator = airbyte.emulator
    region = "us-west-2"
    scope = emulator.scope(ACCOUNT, region)
    for number in range(20):
        scope.plan(f"ended-{number}", trials=3, parallel=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=86_400)
    scope.plan("running", trials=60, parallel=4)
    emulator.clock.move(seconds=3600)
    assert_true(scope, airbyte.read({"regions": [region]}, "tuning")["rows"])
    emulator.clock.move(seconds=7200)
    emulator.calls.clear()
    rows = airbyte.read({"regions": [region]}, "tuning")["rows"]
    assert_true(scope, rows)
    # A listing of the account, and one of the running tuning job's trials.
    assert len([c for c in emulator.calls if c.operation.startswith("List")]) == 2
    assert [row["status"] for row in rows["scopes"]] == ["complete"]


def assert_true(scope: Any, rows: dict[str, list[Json]]) -> None:
    """Assert that a cache matches the emulator."""
    trials = expected.trials(scope, newest_first=False)
    assert len(trials) > 60
    for read, key, true in (
        (rows[SUMMARIES], "training_job_arn", trials),
        (rows["tuning_jobs"], "tuning_job_arn", expected.tuning_jobs(scope)),
    ):
        assert {row[key]: row for row in read} == {row[key]: row for row in true}
        assert len(read) == len(true)


def test_a_read_fails(airbyte: Airbyte) -> None:
    """When a scope fails, PyAirbyte keeps no rows of any scope."""
    emulator = airbyte.emulator
    for region in ("ap-south-1", "ap-south-2"):
        emulator.scope(ACCOUNT, region).plan("churn", trials=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=86_400)
    fault = emulator.faults.add(Fault("deny", region="ap-south-2"))
    answer = airbyte.read({"regions": ["ap-south-1", "ap-south-2"]}, "two_regions")
    emulator.faults.remove(fault)
    assert "Exit Code: 1" in answer["error"]
    assert answer["kept"] == []


def test_guide(airbyte: Airbyte) -> None:
    """The guide's programs do what it says: the second keeps one region's rows when the
    other fails, and later adds the other's without reading the first again."""
    guide = (HERE.parents[1] / "docs" / "airbyte.md").read_text(encoding="utf-8")
    once, each, _ = re.findall("```python\n(.+?)```", guide, re.DOTALL)
    emulator = airbyte.emulator
    for region, trials in ((REGION, 3), ("eu-west-1", 5)):
        scope = emulator.scope(ACCOUNT, region)
        scope.plan("guide", trials=trials, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    rows = airbyte.runner.ask(run=once)["rows"]
    assert rows.keys() == set(STREAMS)
    assert rows["scopes"] == 1
    assert rows[SUMMARIES] >= 3
    fault = emulator.faults.add(Fault("deny", region="eu-west-1"))
    del rows["scopes"]  # which the second program leaves out
    assert airbyte.runner.ask(run=each) == {"failed": ["eu-west-1"], "rows": rows}
    emulator.faults.remove(fault)
    emulator.calls.clear()
    later = airbyte.runner.ask(run=each)
    assert later["failed"] == []
    assert later["rows"][SUMMARIES] == rows[SUMMARIES] + 5
    listed = [c.region for c in emulator.calls if c.operation.startswith("List")]
    assert listed == [REGION, "eu-west-1", "eu-west-1"]
