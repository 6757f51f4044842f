"""A guard against regressions that does not depend on the machine: calls and bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_tools.benchmarks.__main__ import TAP, row
from tap_tools.benchmarks.cases import LARGE, Case
from tap_tools.benchmarks.measuring import last_state, measured, served

if TYPE_CHECKING:
    from pathlib import Path

    from tap_tools.benchmarks.measuring import Cost

pytestmark = pytest.mark.slow

TRIALS = 3_038_140  # bytes of the records, without their time_extracted
TUNING_JOBS = 15_000


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cost, Cost, Path]:
    """A first sync of 20 tuning jobs with 150 trials each, and one from its state."""
    folder = tmp_path_factory.mktemp("bench")
    with served(Case("small", 20, 150)) as url:
        config = folder / "config.json"
        config.write_text(
            json.dumps({"aws_endpoint_url": url, "regions": ["us-east-1"]})
        )
        command = [TAP, "--config", str(config)]
        first = measured(command, url, folder / "first")
        state = folder / "state.json"
        state.write_text(last_state(folder / "first"))
        again = measured([*command, "--state", str(state)], url, folder / "again")
    return first, again, folder


def test_calls_are_the_fewest(costs: tuple[Cost, Cost, Path]) -> None:
    """A first sync lists once and reads two pages per tuning job; the next one only
    lists."""
    first, again, _ = costs
    assert (first.calls, first.throttled) == (1 + 20 * 2, 0)
    assert (again.calls, again.throttled) == (1, 0)


def test_output_is_records_and_little_else(costs: tuple[Cost, Cost, Path]) -> None:
    """The bytes of the output are its records, three schemas and a few states."""
    first, again, folder = costs
    lines = (folder / "first").read_bytes().splitlines(keepends=True)
    by_type: dict[str, list[int]] = {}
    for line in lines:
        message = json.loads(line)
        kind = f"{message['type']} {message.get('stream', '')}"
        # A time without a fraction of a second is shorter.
        time = message.get("time_extracted", "")
        by_type.setdefault(kind, []).append(len(line) - len(time))
    trials = by_type["RECORD training_job_summaries"]
    assert len(trials) == 3000
    assert sum(trials) == TRIALS
    assert sum(by_type["RECORD tuning_jobs"]) == TUNING_JOBS
    assert len(by_type["RECORD scopes"]) == 1
    assert sum(by_type["STATE "]) < 15_000
    schemas = sum(sum(of) for kind, of in by_type.items() if kind[:6] == "SCHEMA")
    assert schemas < 15_000
    assert again.output < schemas + 10_000
    assert first.output == sum(map(len, lines))


def test_table_has_a_row_a_case(costs: tuple[Cost, Cost, Path]) -> None:
    """Each row has the tap's figure and its ratio to the loop's."""
    first, again, _ = costs
    line = row(LARGE, [first, first, first], [again, again, again])
    assert line.startswith("10,000 x 100")
    assert "41 (41.00)" in line
