"""Until when a scope's tables are complete, as its state says."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tap_sagemaker_tuning.exceptions import StateError
from tap_sagemaker_tuning.replication.completeness import Completeness
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
    """And what was given is unchanged."""
    given = copy.deepcopy(SAVED)
    known = Completeness.from_json(given, FILTERS)
    assert known == Completeness(FILTERS, SAVED["complete_streams"])
    assert known.to_json(T8) == SAVED
    known.streams["tuning_jobs"] = T9
    known.to_json(T8)["complete_streams"].clear()
    assert given == SAVED
    assert known.streams == {"training_job_summaries": T9, "tuning_jobs": T9}


def test_before_the_first_sync_nothing_is_complete() -> None:
    """No null is written for what was never complete."""
    known = Completeness.from_json({}, FILTERS)
    assert known == Completeness(FILTERS)
    assert known.to_json(None) == {
        "version": 1,
        "filters": {"start_date": T8},
        "complete_streams": {},
    }
    assert Completeness.from_json({"version": 1}, Filters()) == Completeness(Filters())


@pytest.mark.parametrize(
    ("streams", "as_of"),
    [
        (["tuning_jobs"], T8),
        (["training_job_summaries"], T9),
        (["training_job_summaries", "tuning_jobs"], T8),
        (["tuning_jobs", "tuning_job_details"], None),
        (["tuning_job_details"], None),
        ([], None),
    ],
)
def test_a_scope_is_as_complete_as_its_worst_stream(
    streams: list[str], as_of: str | None
) -> None:
    """Of those that are selected; one that never was complete makes it null."""
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
    """Rows that an earlier filter left out are not there."""
    known = Completeness.from_json(SAVED, filters)
    assert known.filters == filters
    assert known.streams == (SAVED["complete_streams"] if is_kept else {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2 is not known"),
        ({"complete_as_of": 5}, "damaged"),
        ({"complete_as_of": "yesterday"}, "damaged"),
        ({"complete_streams": ["tuning_jobs"]}, "damaged"),
        ({"complete_streams": {"tuning_jobs": 5}}, "damaged"),
        ({"complete_streams": {"tuning_jobs": None}}, "damaged"),
        ({"filters": "none"}, "damaged"),
    ],
)
def test_damage_is_told(change: dict[str, Any], said: str) -> None:
    """It is never taken for a scope that is not complete yet."""
    with pytest.raises(StateError, match=said):
        Completeness.from_json({**SAVED, **change}, FILTERS)
