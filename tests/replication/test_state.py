"""A state is read as what it is or refused with a message, never dropped silently."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.exceptions import StateError
from tap_sagemaker_tuning.replication.state import (
    VERSION,
    Filters,
    OpenJob,
    ReadOnce,
    ScopeState,
    check_version,
    saved_time,
    saved_time_or_none,
    undamaged,
)
from tap_sagemaker_tuning.settings import Settings

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import TapHere

T8, T9 = "2026-03-02T08:30:00.000Z", "2026-03-02T09:00:00.123Z"
LATER = "2026-03-02T09:05:00.000Z"
SAVED: dict[str, Any] = {
    "replication_key": "creation_time",
    "replication_key_value": T9,
    "version": 1,
    "filters": {"name_contains": "churn"},
    "open": {
        "Churn-7": {"created": T9, "since": LATER, "rows": 3},
        "churn-8": {"created": T9, "arn": "arn:aws:Churn-8"},
        "churn-9": {"created": T9, "checked": 2, "ended": LATER, "failed": T8},
        "churn-10": {
            "created": T9,
            "read_once": {
                "until": LATER,
                "newest": T9,
                "unread": ["a", "b"],
                "refused": ["c"],
            },
        },
    },
    "settled": {"churn-6": T8},
}
FILTERS = Filters(name_contains="churn")
READ_ONCE = ReadOnce(until=LATER, newest=T9, unread=("a", "b"), refused=("c",))


def test_state_is_read_as_it_was_written() -> None:
    """Writing what was read gives the same state, and the given state is unchanged."""
    given = copy.deepcopy(SAVED)
    state, note = ScopeState.from_json(given, FILTERS)
    assert note is None
    assert state == ScopeState(
        filters=FILTERS,
        high_water_mark=T9,
        open={
            "churn-7": OpenJob(name="Churn-7", created=T9, since=LATER, rows=3),
            "churn-8": OpenJob(name="churn-8", created=T9, arn="arn:aws:Churn-8"),
            "churn-9": OpenJob(
                name="churn-9", created=T9, checked=2, ended=LATER, failed=T8
            ),
            "churn-10": OpenJob(name="churn-10", created=T9, read_once=READ_ONCE),
        },
        settled={"churn-6": T8},
    )
    assert state.to_json() == SAVED
    state.open.clear()
    state.settled["new"] = T9
    state.to_json()["settled"]["newer"] = T9
    assert given == SAVED
    assert state.settled == {"churn-6": T8, "new": T9}


def test_nothing_is_a_state_too() -> None:
    """Before the first sync there is no state; the next one has no null for the
    mark."""
    state, note = ScopeState.from_json({}, FILTERS)
    assert (state, note) == (ScopeState(filters=FILTERS), None)
    text = json.dumps(state.to_json())
    assert json.loads(text) == {
        "version": VERSION,
        "filters": {"name_contains": "churn"},
        "open": {},
        "settled": {},
    }
    assert ScopeState.from_json(json.loads(text), FILTERS) == (state, None)
    assert ScopeState.from_json({"version": 1}, Filters()) == (
        ScopeState(filters=Filters()),
        None,
    )


def test_numbers_can_come_back_as_decimals() -> None:
    """The SDK reads numbers in a state as Decimal; the tap writes integers."""
    text = json.dumps(SAVED)
    state, _ = ScopeState.from_json(json.loads(text, parse_int=Decimal), FILTERS)
    assert json.loads(json.dumps(state.to_json())) == SAVED
    kinds = {type(job.rows) for job in state.open.values()}
    assert kinds | {type(job.checked) for job in state.open.values()} == {int}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2 is unknown, expected 1"),
        ({"version": "1"}, "version '1' is unknown"),
        ({"version": None}, "version None is unknown"),
        ({"replication_key_value": 5}, "ValueError: 5 is not a time"),
        ({"replication_key_value": "yesterday"}, "damaged"),
        ({"replication_key_value": "2026-03-02"}, "'2026-03-02' is not a time"),
        ({"replication_key_value": "1e18"}, "damaged"),
        ({"replication_key_value": ""}, "damaged"),
        ({"open": []}, "AttributeError"),
        ({"open": None}, "AttributeError"),
        ({"open": {"a": None}}, "damaged"),
        ({"open": {"a": {}}}, "KeyError: 'created'"),
        ({"open": {"a": {"created": None}}}, "None is not a time"),
        ({"open": {"a": {"created": "x"}}}, "damaged"),
        ({"open": {"a": {"created": T9, "arn": 5}}}, "TypeError: 5 is not text"),
        ({"open": {"a": {"created": T9, "since": "x"}}}, "damaged"),
        ({"open": {"a": {"created": T9, "since": 0}}}, "0 is not a time"),
        ({"open": {"a": {"created": T9, "ended": 0}}}, "0 is not a time"),
        ({"open": {"a": {"created": T9, "failed": 0}}}, "0 is not a time"),
        ({"open": {"a": {"created": T9, "rows": "many"}}}, "ValueError"),
        ({"open": {"a": {"created": T9, "rows": math.inf}}}, "OverflowError"),
        ({"open": {"a": {"created": T9, "rows": math.nan}}}, "ValueError"),
        ({"open": {"a": {"created": T9, "rows": None}}}, "TypeError"),
        ({"open": {"a": {"created": T9, "checked": math.inf}}}, "OverflowError"),
        ({"open": {"a": {"created": T9, "checked": None}}}, "TypeError"),
        ({"open": {"a": {"created": T9, "read_once": {}}}}, "KeyError: 'until'"),
        ({"open": {"a": {"created": T9, "read_once": T9}}}, "TypeError"),
        (
            {"open": {"a": {"created": T9, "read_once": {"until": T9, "newest": 5}}}},
            "5 is not a time",
        ),
        (
            {"open": {"a": {"created": T9, "read_once": {"until": T9, "unread": "a"}}}},
            "'a' is not a list of text",
        ),
        (
            {
                "open": {
                    "a": {"created": T9, "read_once": {"until": T9, "refused": [1]}}
                }
            },
            "[1] is not a list of text",
        ),
        ({"settled": ["a"]}, "AttributeError"),
        ({"settled": {"a": None}}, "None is not a time"),
        ({"filters": 3}, "TypeError"),
        ({"filters": None}, "TypeError"),
        ({"filters": {"name": "a"}}, "TypeError"),
        ({"filters": {"start_date": "2026"}}, "'2026' is not a time"),
        ({"filters": {"tuning_job_names": 3}}, "TypeError"),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value),
)
def test_damage_is_told(change: dict[str, Any], said: str) -> None:
    """A damaged state is refused with a message that says why."""
    with pytest.raises(StateError) as raised:
        ScopeState.from_json({**SAVED, **change}, FILTERS)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "created", "complete_at", "has_read"),
    [
        ("c", T9, LATER, True),
        ("c", T8, T9, True),
        ("a", T8, T9, False),
        ("c", LATER, T9, False),
        ("c", T8, "2026-03-02T09:05:00.001Z", False),
    ],
    ids=["at the edges", "long ago", "unread", "newer", "ended later"],
)
def test_what_has_been_read(
    name: str, created: str, complete_at: str, *, has_read: bool
) -> None:
    """A trial has been read if it was listed, is not among the unread ones, and could
    be read by the last visit."""
    assert READ_ONCE.has_read(name, created, complete_at) is has_read


@pytest.mark.parametrize("missing", ["open", "settled", "filters"])
def test_what_is_missing_is_empty(missing: str) -> None:
    """A missing part counts as empty; a high-water mark alone is a valid state."""
    given = {part: value for part, value in SAVED.items() if part != missing}
    state, note = ScopeState.from_json(
        given, Filters() if missing == "filters" else FILTERS
    )
    assert note is None
    assert state.to_json() == {**SAVED, missing: {}}


D1, D2 = "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        (Filters(), Filters(), True),
        (Filters(start_date=D1), Filters(start_date=D1), True),
        # only a later start_date
        (Filters(start_date=D1), Filters(start_date=D2), True),
        (Filters(), Filters(start_date=D1), True),
        (
            Filters(start_date=D1, name_contains="a", status_equals="Failed"),
            Filters(start_date=D2, name_contains="a", status_equals="Failed"),
            True,
        ),
        (Filters(tuning_job_names=("a",)), Filters(tuning_job_names=("a",)), True),
        # an earlier one, or any other change, selects what was left out
        (Filters(start_date=D2), Filters(start_date=D1), False),
        (Filters(start_date=D1), Filters(), False),
        (Filters(start_date=D1), Filters(start_date=D2, name_contains="a"), False),
        (Filters(), Filters(name_contains="a"), False),
        (Filters(name_contains="a"), Filters(), False),
        (Filters(), Filters(status_equals="Failed"), False),
        (Filters(status_equals="Failed"), Filters(status_equals="Stopped"), False),
        (Filters(tuning_job_names=("a",)), Filters(tuning_job_names=("b",)), False),
        (Filters(tuning_job_names=("a",)), Filters(tuning_job_names=("a", "b")), False),
        (Filters(), Filters(tuning_job_names=("a",)), False),
    ],
)
def test_which_filters_a_state_serves(
    before: Filters, after: Filters, *, goes_on: bool
) -> None:
    """A state does not apply under other filters, and the log says that everything is
    read again."""
    state = ScopeState(filters=before, high_water_mark=T9, settled={"a": T8})
    saved = json.loads(json.dumps(state.to_json()))
    assert after.follow(before) is goes_on
    read, note = ScopeState.from_json(saved, after)
    if goes_on:
        assert (read, note) == (state, None)
    else:
        assert read == ScopeState(filters=after)
        assert note == "the filters have changed: everything is read again"


def test_changed_filters_of_a_state_that_says_nothing() -> None:
    """Changed filters of an empty state cause no message, because nothing is read
    again."""
    saved = ScopeState(filters=Filters(start_date=D2)).to_json()
    after = Filters(start_date=D1)
    assert ScopeState.from_json(saved, after) == (ScopeState(filters=after), None)


def test_filters_have_one_form() -> None:
    """Equivalent settings give the same filter text in the state."""
    config = {
        "start_date": "2026-03-01T01:00:00+01:00",
        "tuning_job_names": ["Churn-7", "alpha"],
        "name_contains": "Churn",
        "status_equals": "Completed",
        "page_size": 50,
    }
    filters = Filters.of(Settings.of(config))
    assert filters.to_json() == {
        "start_date": D1,
        "tuning_job_names": ["alpha", "churn-7"],
        "name_contains": "Churn",
        "status_equals": "Completed",
    }
    assert Filters.from_json(filters.to_json()) == filters
    assert Filters.of(Settings()) == Filters() == Filters.from_json({})
    assert Filters().to_json() == {}
    assert Filters.of(Settings(start_date="2026-03-01")).start_date == D1


@pytest.mark.parametrize(
    "value",
    ["2026-03-02", "2026-03-02T09:00:00Z", "1772442000", 1772442000, 5.0, None, [], ""],
    ids=repr,
)
def test_only_what_this_tap_wrote_is_a_time(value: Any) -> None:
    """Only the format that this tap writes is a time, because times are compared as
    text."""
    with pytest.raises(ValueError, match=r"."):
        saved_time(value)
    assert saved_time(T9) == saved_time_or_none(T9) == T9
    assert saved_time_or_none(None) is None


@pytest.mark.parametrize(
    "error", [AttributeError, KeyError, OverflowError, TypeError, ValueError]
)
def test_whatever_goes_wrong_is_damage(error: type[Exception]) -> None:
    """Any error while reading a state becomes a StateError that names its cause."""
    cause = error("why")
    said = f"damaged .{error.__name__}: .*why"
    with pytest.raises(StateError, match=said) as raised, undamaged():
        raise cause
    assert raised.value.__cause__ is cause


def test_known_version_passes() -> None:
    """A known version passes, even as the Decimal that the SDK reads."""
    check_version({"version": VERSION})
    check_version({"version": Decimal(VERSION)})


def old_entries(*, plain: bool) -> list[Any]:
    """The entries in the states of earlier versions, or the plain bookmarks."""
    parameters = []
    for path in sorted(Path(__file__).parent.glob("states_of_*/*.json")):
        bookmarks = json.loads(path.read_text(encoding="utf-8"))["bookmarks"]
        # `scopes` has its own form: see test_completeness.
        for stream in bookmarks.keys() - {"scopes"}:
            bookmark = bookmarks[stream]
            entries = [bookmark] if plain else bookmark.get("partitions", [])
            name = f"{path.parent.name}, {path.stem}, {stream}"
            is_plain = "replication_key" in bookmark
            parameters += [
                pytest.param(entry, id=name) for entry in entries if is_plain == plain
            ]
    return sorted(parameters, key=lambda each: str(each.id))


@pytest.mark.parametrize("entry", old_entries(plain=False))
def test_old_states_are_read_as_they_are(entry: dict[str, Any]) -> None:
    """A state of an earlier version is read as if this version had written it."""
    filters = Filters.from_json(entry.get("filters", {}))
    state, note = ScopeState.from_json(entry, filters)
    assert note is None
    nothing = {"version": 1, "filters": {}, "open": {}, "settled": {}}
    # `resume` belongs to FULL_TABLE, which keeps it.
    written = {part: entry[part] for part in entry.keys() - {"context", "resume"}}
    assert state.to_json() == nothing | written


@pytest.mark.parametrize("entry", old_entries(plain=True))
def test_plain_bookmarks_are_told_from_them(entry: dict[str, Any]) -> None:
    """Plain bookmarks are recognized: a tap without scopes may have written them."""
    state, note = ScopeState.from_json(entry, Filters())
    assert state == ScopeState(filters=Filters())
    assert note == (
        "its state is a plain Singer bookmark, which cannot show how trials ended: "
        "everything is read again"
    )


def test_old_states_are_there() -> None:
    """Each kind of old state has at least one file, so that the tests above check
    something."""
    by_version = Counter(
        str(each.id).split(",")[0] for each in old_entries(plain=False)
    )
    assert by_version == {"states_of_0_1_0": 9, "states_of_0_2_0": 6}
    assert len(old_entries(plain=True)) == 2


def test_open_job_of_0_1_0() -> None:
    """An open tuning job in a state of 0.1.0 has no time at which its end was first
    seen."""
    path = Path(__file__).parent / "states_of_0_1_0" / "overlap.json"
    bookmarks = json.loads(path.read_text(encoding="utf-8"))["bookmarks"]
    (entry,) = bookmarks["training_job_summaries"]["partitions"]
    state, _ = ScopeState.from_json(entry, Filters())
    nine = "2026-03-02T09:00:00.000Z"
    assert state.open["churn-checked"] == OpenJob(
        name="Churn-checked", created=nine, checked=1
    )
    assert state.open["churn-denied"] == OpenJob(
        name="churn-denied",
        created=nine,
        since="2026-03-02T09:00:04.000Z",
        failed="2026-03-02T09:25:40.000Z",
    )
    assert replace(state, open={}).settled == {"churn-settled": nine}


def test_plain_bookmark_reads_all_again(emulator: Emulator, here: TapHere) -> None:
    """A plain bookmark means that everything is read again, with a warning, and the new
    state has only this tap's form."""
    scope = emulator.scope("123456789012", "us-east-1")
    scope.plan("churn", trials=3)
    plain = {"replication_key": "creation_time", "replication_key_value": T9}
    run = here(
        config={},
        state={"bookmarks": {"training_job_summaries": plain, "tuning_jobs": plain}},
    )
    assert run.returncode == 0
    assert run.stderr.count("plain Singer bookmark") == 1  # for both streams
    assert len(run.records("tuning_jobs")) == 1
    for bookmark in run.state["bookmarks"].values():
        assert bookmark.keys() == {"partitions"}
    second = here(config={}, state=run.state)
    assert second.returncode == 0
    assert "plain Singer bookmark" not in second.stderr


def test_state_says_which_scope_and_filters(emulator: Emulator, here: TapHere) -> None:
    """A person can see the account, region, mark and filters in a state."""
    emulator.scope("123456789012", "us-east-1").plan("churn", trials=3)
    run = here(config={"start_date": "2026-01-01", "name_contains": "chu"})
    assert run.returncode == 0
    (entry,) = run.state["bookmarks"]["training_job_summaries"]["partitions"]
    assert entry["context"] == {"account_id": "123456789012", "region": "us-east-1"}
    assert entry["replication_key_value"] == "2026-03-02T09:00:00.000Z"
    assert entry["filters"] == {
        "start_date": "2026-01-01T00:00:00.000Z",
        "name_contains": "chu",
    }
    assert list(entry["open"]) == ["churn"]
