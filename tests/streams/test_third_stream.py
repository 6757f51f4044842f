"""No stream can lose another's rows: these tests add two streams of their own.

One sorts first and makes no call; the other visits trials, as existing streams do.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from singer_sdk import StreamSchema

from tap_sagemaker_tuning import tap as tap_module
from tap_sagemaker_tuning.streams import STREAMS
from tap_sagemaker_tuning.streams.base import SCHEMAS
from tap_sagemaker_tuning.streams.training_job_summaries import TrainingJobSummaries
from tap_sagemaker_tuning.streams.tuning_jobs import TuningJobs
from tests import expected
from tests.tables import Tables

if TYPE_CHECKING:
    from tests.conftest import TapHere

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
OURS = ("training_job_summaries", "tuning_jobs")
PAGE = 2


class Another(TuningJobs):
    """A stream of tuning jobs that sorts first."""

    name = "a_stream"
    schema = StreamSchema(SCHEMAS, key="tuning_jobs")


class Second(TrainingJobSummaries):
    """A second stream that visits trials, and sorts between the others."""

    name = "training_job_seconds"
    schema = StreamSchema(SCHEMAS, key="training_job_summaries")


TWINS = {
    "a_stream": "tuning_jobs",
    "training_job_seconds": "training_job_summaries",
    **dict(zip(OURS, OURS, strict=True)),
}
"""By stream, the one that has the same rows."""


@pytest.fixture(autouse=True)
def five_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the tap both streams."""
    monkeypatch.setattr(tap_module, "STREAMS", (Another, Second, *STREAMS))


def fill(here: TapHere, first: int) -> None:
    """Add three tuning jobs with ten trials each, two of them ended."""
    scope = here.emulator.scope()
    for number in range(first, first + 3):
        scope.plan(f"job-{number}", trials=10, parallel=2)
        here.emulator.clock.move(seconds=3600)


def assert_exact(tables: Tables, here: TapHere, *streams: str) -> None:
    """Each of these streams has exactly the rows of its twin."""
    for stream in streams:
        assert tables.rows[stream] == expected.truth(here.emulator, TWINS[stream])


@pytest.mark.parametrize("alone", [*TWINS])
def test_alone_then_together(here: TapHere, alone: str) -> None:
    """What one stream has read alone does not count as read for the others; together
    they list the tuning jobs once, and nothing is lost."""
    tables = Tables()
    fill(here, 0)
    tables.load(here(config={"page_size": PAGE}, catalog=here.catalog(alone)))
    assert_exact(tables, here, alone)
    fill(here, 3)
    here.emulator.calls.clear()
    catalog = here.catalog(*TWINS, "scopes")
    tables.load(here(config={"page_size": PAGE}, state=tables.state, catalog=catalog))
    assert_exact(tables, here, *TWINS)
    asked = [
        call.params.get("NextToken")
        for call in here.emulator.calls
        if call.operation == LIST
    ]
    assert len(asked) == len(set(asked)) == 6 / PAGE
    here.emulator.clock.move(seconds=86_400)
    tables.load(here(config={"page_size": PAGE}, state=tables.state, catalog=catalog))
    assert_exact(tables, here, *TWINS)


def test_they_share_every_page(here: TapHere) -> None:
    """Two streams of trials make no more calls than one."""
    fill(here, 0)
    here.emulator.clock.move(seconds=86_400)
    run = here(config={}, catalog=here.catalog(*TWINS))
    assert run.returncode == 0
    calls = Counter(call.operation for call in here.emulator.calls)
    assert calls == {LIST: 1, TRIALS: 3}


@pytest.mark.parametrize("stream", ["a_stream", "training_job_seconds"])
def test_damaged_state(here: TapHere, stream: str) -> None:
    """A damaged state of a new stream is refused in one line, like any other."""
    context = {"account_id": "123456789012", "region": "us-east-1"}
    entry = {"context": context, "version": 1, "open": ["job-0"]}
    run = here(state={"bookmarks": {stream: {"partitions": [entry]}}})
    run.assert_refused(f"state: {stream}, 123456789012, us-east-1: ")
    assert here.emulator.calls == []
