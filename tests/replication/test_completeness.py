"""How far the state says a scope's tables are complete."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tap_sagemaker_tuning.exceptions import StateError
from tap_sagemaker_tuning.replication.completeness import (
    UNFINISHED,
    Completeness,
    without_cleared,
)
from tap_sagemaker_tuning.replication.state import Filters

T8, T9 = "2026-03-02T08:00:00.000Z", "2026-03-02T09:00:00.000Z"
FILTERS = Filters(start_date=T8)
SAVED: dict[str, Any] = {
    "version": 1,
    "filters": {"start_date": T8},
    "complete_as_of": T8,
    "complete_streams": {"training_job_summaries": T9, "tuning_jobs": T8},
}


def test_it_is_read_as_it_was_written() -> None:
    """Writing what was read gives the same state, and the given state is unchanged."""
    given = copy.deepcopy(SAVED)
    known = Completeness.from_json(given, FILTERS)
    assert known == Completeness(FILTERS, SAVED["complete_streams"])
    assert known.to_json(T8) == SAVED
    known.streams["tuning_jobs"] = T9
    known.to_json(T8)["complete_streams"].clear()
    assert given == SAVED
    assert known.streams == {"training_job_summaries": T9, "tuning_jobs": T9}


def test_before_the_first_sync_nothing_is_complete() -> None:
    """Before the first complete sync, the state has no entry for a stream, and no
    null."""
    known = Completeness.from_json({}, FILTERS)
    assert known == Completeness(FILTERS)
    assert known.to_json(None) == {
        "version": 1,
        "filters": {"start_date": T8},
        "complete_streams": {},
    }
    assert Completeness.from_json({"version": 1}, Filters()) == Completeness(Filters())


def test_a_minute_is_allowed_for_late_listing() -> None:
    """A stream that was read completely is complete as of its lateness before the sync
    began; a stream that was not read keeps its time."""
    known = Completeness.from_json(SAVED, FILTERS)
    known.note({"tuning_jobs": timedelta(minutes=1)}, "2026-03-02T10:00:30.000Z")
    assert known.streams == {
        "training_job_summaries": T9,
        "tuning_jobs": "2026-03-02T09:59:30.000Z",
    }


@pytest.mark.parametrize(
    ("streams", "as_of"),
    [
        (["tuning_jobs"], T8),
        (["training_job_summaries"], T9),
        (["training_job_summaries", "tuning_jobs"], T8),
        (["tuning_jobs", "tuning_job_details"], None),
        (["tuning_job_details"], None),
        ([], T8),
    ],
)
def test_a_scope_is_as_complete_as_its_worst_stream(
    streams: list[str], as_of: str | None
) -> None:
    """A scope is as complete as its worst selected stream, and null if one never
    was."""
    assert Completeness.from_json(SAVED, FILTERS).as_of(streams) == as_of


@pytest.mark.parametrize(
    ("filters", "is_kept"),
    [
        (FILTERS, True),
        (Filters(start_date=T9), True),
        (Filters(), False),
        (Filters(start_date=T8, name_contains="a"), False),
    ],
)
def test_under_other_filters_it_says_nothing(
    filters: Filters, *, is_kept: bool
) -> None:
    """Completeness under other filters is dropped, because an earlier filter may have
    left out rows."""
    known = Completeness.from_json(SAVED, filters)
    assert known.filters == filters
    assert known.streams == (SAVED["complete_streams"] if is_kept else {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2 is unknown"),
        ({"complete_as_of": 5}, "damaged"),
        ({"complete_as_of": "yesterday"}, "damaged"),
        ({"complete_streams": ["tuning_jobs"]}, "damaged"),
        ({"complete_streams": {"tuning_jobs": 5}}, "damaged"),
        ({"complete_streams": {"tuning_jobs": None}}, "damaged"),
        ({"filters": "none"}, "damaged"),
    ],
)
def test_damage_is_told(change: dict[str, Any], said: str) -> None:
    """Damaged completeness is an error, not a scope that is not complete yet."""
    with pytest.raises(StateError, match=said):
        Completeness.from_json({**SAVED, **change}, FILTERS)


EAST = {"account_id": "123456789012", "region": "us-east-1"}
WEST = {"account_id": "123456789012", "region": "us-west-2"}
JOBS, TRIALS = "tuning_jobs", "training_job_summaries"


def state_of(**bookmarks: list[dict[str, Any]]) -> dict[str, Any]:
    """A Singer state with these entries, by stream."""
    by_stream = {name: {"partitions": entries} for name, entries in bookmarks.items()}
    return {"bookmarks": by_stream}


@pytest.mark.parametrize(
    ("own", "stateless", "kept"),
    [
        ({JOBS: [EAST, WEST], TRIALS: [EAST, WEST]}, [], [{JOBS, TRIALS}] * 2),
        ({JOBS: [EAST, WEST], TRIALS: [WEST]}, [], [{JOBS}, {JOBS, TRIALS}]),
        ({JOBS: [EAST, WEST]}, [], [{JOBS}] * 2),
        ({JOBS: [EAST, WEST]}, [TRIALS], [{JOBS, TRIALS}] * 2),
        ({}, [], [set(), set()]),
    ],
)
def test_what_was_cleared_is_not_complete(
    own: dict[str, list[Any]], stateless: list[str], kept: list[set[str]]
) -> None:
    """A stream of a scope is complete only while it has its own state or never keeps
    any; the given state is unchanged."""
    given = state_of(
        scopes=[{**SAVED, "context": context} for context in (EAST, WEST)],
        **{
            name: [{"context": context, "version": 1} for context in contexts]
            for name, contexts in own.items()
        },
    )
    before = copy.deepcopy(given)
    cleared = without_cleared(given, "scopes", stateless)
    entries = cleared["bookmarks"]["scopes"]["partitions"]
    assert [entry["complete_streams"].keys() for entry in entries] == kept
    assert [entry["context"] for entry in entries] == [EAST, WEST]
    others = [name for name in cleared["bookmarks"] if name != "scopes"]
    assert all(cleared["bookmarks"][n] == before["bookmarks"][n] for n in others)
    assert given == before


def test_what_began_anew_is_not_complete() -> None:
    """A stream whose state began from nothing is not complete until it has been read
    to its end, regardless of what an earlier state said."""
    own: dict[str, Any] = {"context": EAST, "version": 1}
    given = state_of(
        scopes=[{**SAVED, "context": EAST}],
        tuning_jobs=[own],
        training_job_summaries=[{**own, UNFINISHED: 1}],
    )
    cleared = without_cleared(given, "scopes", [])
    (entry,) = cleared["bookmarks"]["scopes"]["partitions"]
    assert entry["complete_streams"].keys() == {JOBS}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"bookmarks": {}},
        state_of(tuning_jobs=[]),
        {"bookmarks": {"scopes": {}}},
        state_of(scopes=[{"context": EAST}]),
        state_of(scopes=[{"context": EAST, "version": 1}]),
    ],
)
def test_nothing_to_take_back(given: dict[str, Any]) -> None:
    """A state that claims no completeness is left as it is."""
    assert without_cleared(given, "scopes", []) == given


def test_what_0_2_0_wrote_is_read_as_it_is() -> None:
    """The `scopes` state of 0.2.0 is read as if this version had written it."""
    path = Path(__file__).parent / "states_of_0_2_0" / "open.json"
    bookmarks = json.loads(path.read_text(encoding="utf-8"))["bookmarks"]
    (entry,) = bookmarks["scopes"]["partitions"]
    filters = Filters.from_json(entry["filters"])
    known = Completeness.from_json(entry, filters)
    written = {part: value for part, value in entry.items() if part != "context"}
    assert known.to_json(entry.get("complete_as_of")) == written
