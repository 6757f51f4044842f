"""The state's form: read as what it is, or refused in a line; never lost in silence."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import pytest

from tap_sagemaker_tuning.replication.state import (
    Filters,
    OpenJob,
    ScopeState,
    StateError,
)
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from emulator import Emulator
    from tests.conftest import TapProcess

TIME = "2026-03-02T09:00:00.123Z"
SAVED: dict[str, Any] = {
    "replication_key": "creation_time",
    "replication_key_value": TIME,
    "version": 1,
    "filters": {"name_contains": "churn"},
    "open": {
        "Churn-7": {"created": TIME, "since": "2026-03-02T09:05:00.000Z", "rows": 3},
        "churn-8": {"created": TIME},
    },
    "settled": {"churn-6": "2026-03-02T08:30:00.000Z"},
}
FILTERS = Filters(name_contains="churn")


def test_state_is_read_as_it_was_written() -> None:
    """Writing what was read gives the same state, of strings and integers only."""
    state, note = ScopeState.from_json(SAVED, FILTERS)
    assert note is None
    assert state.open["churn-7"] == OpenJob(
        name="Churn-7", created=TIME, since="2026-03-02T09:05:00.000Z", rows=3
    )
    assert state.to_json() == SAVED


def test_numbers_can_come_back_as_decimals() -> None:
    """The SDK reads a state's numbers as Decimal, and writes none of them as floats."""
    text = json.dumps(SAVED)
    state, _ = ScopeState.from_json(json.loads(text, parse_int=Decimal), FILTERS)
    assert json.loads(json.dumps(state.to_json())) == SAVED


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": "1"},
        {"version": None},
        {"replication_key_value": 5},
        {"replication_key_value": "yesterday"},
        {"replication_key_value": "2026-03-02"},
        {"open": []},
        {"open": None},
        {"open": {"a": None}},
        {"open": {"a": {}}},
        {"open": {"a": {"created": "x"}}},
        {"open": {"a": {"created": TIME, "rows": "many"}}},
        {"settled": ["a"]},
        {"settled": {"a": None}},
        {"filters": 3},
    ],
)
def test_unknown_or_damaged_state_is_refused(change: dict[str, Any]) -> None:
    """A state that can not be read stops the tap before any call, and says why."""
    entry = {"context": {"account_id": "1", "region": "r"}, **SAVED, **change}
    with pytest.raises(StateError):
        ScopeState.from_json(entry, FILTERS)
    bookmarks = {"training_job_summaries": {"partitions": [entry]}}
    with pytest.raises(click.ClickException, match="training_job_summaries"):
        TapSageMakerTuning(
            config={"name_contains": "churn"}, state={"bookmarks": bookmarks}
        )


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": []},
        {"bookmarks": {"tuning_jobs": []}},
        {"bookmarks": {"tuning_jobs": {"partitions": {"a": 1}}}},
        {"bookmarks": {"tuning_jobs": {"partitions": [{"context": {}}] * 2}}},
        {"bookmarks": {"tuning_jobs": {"partitions": [3]}}},
        {"bookmarks": {"tuning_jobs": {"partitions": [{"version": 1}]}}},
    ],
)
def test_what_is_no_singer_state_is_refused(state: dict[str, Any]) -> None:
    """A state of another form stops the tap before any call, and says so."""
    with pytest.raises(click.ClickException, match="state"):
        TapSageMakerTuning(config={}, state=state)


def test_plain_bookmark_reads_all_again(emulator: Emulator, tap: TapProcess) -> None:
    """A bookmark of the SDK's own form can not tell how trials ended: with a warning,
    all is read again, and the state is then of this tap's form alone."""
    scope = emulator.scope("123456789012", "us-east-1")
    scope.plan("churn", trials=3)
    plain = {"replication_key": "creation_time", "replication_key_value": TIME}
    run = tap(
        config={},
        state={"bookmarks": {"training_job_summaries": plain, "tuning_jobs": plain}},
    )
    assert run.returncode == 0
    assert run.stderr.count("plain Singer bookmark") == 2
    assert len(run.records("tuning_jobs")) == 1
    second = tap(config={}, state=run.state)
    assert "plain Singer bookmark" not in second.stderr


def test_state_says_which_scope_and_filters(
    emulator: Emulator, tap: TapProcess
) -> None:
    """A person who looks at the state finds account, region, frontier and filters."""
    emulator.scope("123456789012", "us-east-1").plan("churn", trials=3)
    run = tap(config={"start_date": "2026-01-01", "name_contains": "chu"})
    (entry,) = run.state["bookmarks"]["training_job_summaries"]["partitions"]
    assert entry["context"] == {"account_id": "123456789012", "region": "us-east-1"}
    assert entry["replication_key_value"] == "2026-03-02T09:00:00.000Z"
    assert entry["filters"] == {
        "start_date": "2026-01-01T00:00:00.000Z",
        "name_contains": "chu",
    }
    assert list(entry["open"]) == ["churn"]
