"""The tap checks a Singer state before it reads anything."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tap_sagemaker_tuning.exceptions import StateError
from tap_sagemaker_tuning.replication.bookmarks import check, contexts

HERE = {"account_id": "123456789012", "region": "us-east-1"}
THERE = {"account_id": "123456789012", "region": "eu-west-1"}
NO_SCOPE = "tuning_jobs: .* is not an account_id and a region"


def entries(*contexts: Any, stream: str = "tuning_jobs") -> dict[str, Any]:
    """A state with one entry for each of these contexts."""
    partitions = [{"context": context} for context in contexts]
    return {"bookmarks": {stream: {"partitions": partitions}}}


def refuse(_: Any) -> None:
    """Refuse an entry, as a stream with damaged state does."""
    msg = "it is damaged"
    raise StateError(msg)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"bookmarks": {}},
        {"bookmarks": {"tuning_jobs": {}}},
        {"bookmarks": {"tuning_jobs": {"partitions": []}}},
        {"bookmarks": {"tuning_jobs": {"replication_key_value": "2026"}}},
        {"bookmarks": {"users": {"partitions": {"no": "matter"}}}},
        {"bookmarks": {"users": {"partitions": [{"context": {"id": 5}}]}}},
        {"bookmarks": {}, "currently_syncing": None},
        entries(HERE),
        entries(HERE, THERE, {**HERE, "account_id": "210987654321"}),
        entries(HERE, stream="training_job_summaries"),
    ],
)
def test_what_is_a_singer_state(state: dict[str, Any]) -> None:
    """An empty state is valid, and so is one of streams that this tap does not have."""
    given = copy.deepcopy(state)
    read: list[Any] = []
    streams = ("tuning_jobs", "training_job_summaries")
    check(state, dict.fromkeys(streams, read.append))
    assert state == given
    bookmarks = state.get("bookmarks", {})
    partitions = [bookmarks.get(stream, {}).get("partitions", []) for stream in streams]
    assert read == [*partitions[0], *partitions[1]]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"type": "STATE", "value": {}}, "pass the value of the last STATE message"),
        ({"tuning_jobs": {}}, "pass the value"),
        ({"bookmarks": None}, "is not a Singer state$"),
        ({"bookmarks": []}, "is not a Singer state$"),
        ({"bookmarks": {"tuning_jobs": []}}, "is not a Singer state$"),
        ({"bookmarks": {"users": []}}, "is not a Singer state$"),
        ({"bookmarks": {"tuning_jobs": {"partitions": {}}}}, "is not a Singer state$"),
        ({"bookmarks": {"tuning_jobs": {"partitions": None}}}, "is not a Singer state"),
        ({"bookmarks": {"tuning_jobs": {"partitions": "a"}}}, "is not a Singer state$"),
        ({"bookmarks": {"tuning_jobs": {"partitions": [3]}}}, "is not a Singer state$"),
        ({"bookmarks": {"tuning_jobs": {"partitions": [{}]}}}, NO_SCOPE),
        (entries(None), NO_SCOPE),
        (entries({}), NO_SCOPE),
        (entries({"account_id": "123456789012"}), NO_SCOPE),
        (entries({"region": "us-east-1"}), NO_SCOPE),
        (entries({**HERE, "account_id": 123456789012}), NO_SCOPE),
        (entries({**HERE, "region": None}), NO_SCOPE),
        (entries({**HERE, "profile": "a"}), NO_SCOPE),
        (entries(THERE, {**HERE, "profile": "a"}), NO_SCOPE),
        (
            entries(HERE, HERE),
            "^tuning_jobs, 123456789012, us-east-1: is listed twice$",
        ),
        (entries(HERE, THERE, HERE), "123456789012, us-east-1: is listed twice"),
    ],
)
def test_what_is_none(state: dict[str, Any], said: str) -> None:
    """A state in another form is refused with a message that says what is wrong."""
    with pytest.raises(StateError, match=said):
        check(state, {"tuning_jobs": lambda _: None})


def test_damage_is_told_of_its_scope() -> None:
    """The message about damaged state names the stream, account and region."""
    state = entries(HERE, stream="training_job_details")
    where = "^training_job_details, 123456789012, us-east-1: it is damaged$"
    with pytest.raises(StateError, match=where):
        check(state, {"tuning_jobs": refuse, "training_job_details": refuse})


def test_scopes_that_a_state_knows() -> None:
    """The scopes in a state, from any stream, each once; entries of no scope are
    skipped."""
    state = entries(THERE, HERE)
    state["bookmarks"] |= entries(HERE, {**HERE, "region": "z"}, stream="b")[
        "bookmarks"
    ]
    state["bookmarks"] |= entries({"id": 5}, None, stream="users")["bookmarks"]
    state["bookmarks"]["c"] = {"partitions": {"no": "matter"}}
    state["bookmarks"]["d"] = {}
    assert contexts(state) == [THERE, HERE, {**HERE, "region": "z"}]
    assert contexts({}) == []
