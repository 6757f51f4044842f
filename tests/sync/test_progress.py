"""What the log shows during a long sync and at its end."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.replication.listing import Listing
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.sync.outcomes import Listed, Read, Visited
from tap_sagemaker_tuning.sync.progress import Progress
from tap_sagemaker_tuning.sync.scope_run import ScopeRun
from tests.sync.factories import FakeClient, visits
from tests.sync.test_scope_run import JOBS


@pytest.fixture
def clock() -> list[float]:
    """A clock that tests can set."""
    return [100.0]


def scopes(count: int) -> list[ScopeRun]:
    """Some scopes, each with some calls."""
    made = []
    for number in range(1, count + 1):
        client: Any = FakeClient()
        client.scope = Scope(f"{number:012}", "us-east-1")
        client.calls, client.throttled = 40, 3
        made.append(ScopeRun(client, Filters()))
        assert made[-1].plan(JOBS, {}) is None
        made[-1].open()
    return made


def read(scope: ScopeRun, of: int, rows: int = 0, *, to_visit: int) -> None:
    """Count this many tuning jobs of the scope as read."""
    scope.to_visit, scope.rows = to_visit, rows
    listing = Listing()
    scope.note_listing(Listed(listing, to_visit))
    for visit in visits(of):
        assert [*scope.commit(JOBS, Visited("jobs", visit, Read(Tally({}))))] == []


def progress_of(scopes: list[ScopeRun], clock: list[float]) -> Progress:
    """Progress on a clock that the test sets."""
    return Progress(scopes, logging.getLogger("progress"), lambda: clock[0])


def test_lines_every_ten_seconds(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """At most every ten seconds, one line covers all scopes, and one line each scope
    that is being read."""
    caplog.set_level(logging.INFO)
    first, second = scopes(2)
    progress = progress_of([first, second], clock)
    clock[0] += 9
    progress.tell()
    assert caplog.messages == []
    clock[0] += 11
    read(first, 50, 700, to_visit=500)
    progress.tell()
    progress.tell()
    assert caplog.messages == [
        (
            "0 of 2 accounts and regions done; 50 of 500 tuning jobs (still listing 1 "
            "accounts and regions); 700 rows; 80 calls, 6 of them throttled"
        ),
        f"{second.scope}: listing tuning jobs; 40 calls, 3 throttled",
        (
            f"{first.scope}: 50 of 500 tuning jobs, 700 rows; 40 calls, 3 throttled; "
            "time left: about 3 min"
        ),
    ]


def test_one_scope_takes_one_line(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """With a single scope, one line has everything, including the time left."""
    caplog.set_level(logging.INFO)
    (only,) = scopes(1)
    progress = progress_of([only], clock)
    read(only, 20, 90, to_visit=30)
    clock[0] += 10
    progress.tell()
    assert caplog.messages == [
        (
            "0 of 1 accounts and regions done; 20 of 30 tuning jobs; 90 rows; "
            "40 calls, 3 of them throttled; time left: under a minute"
        )
    ]


def test_many_scopes_take_few_lines(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """With many scopes, the slowest three have their own lines and the rest are
    counted, without those that are done."""
    caplog.set_level(logging.INFO)
    many = scopes(40)
    progress = progress_of(many, clock)
    for left, scope in enumerate(many):
        read(scope, 100 - left, to_visit=100)
    many[-1].close()
    many[0].close()
    clock[0] += 10
    progress.tell()
    named = [line.partition(": ")[0] for line in caplog.messages[1:-1]]
    assert named == [str(scope.scope) for scope in (many[38], many[37], many[36])]
    assert caplog.messages[0].startswith("2 of 40 accounts and regions done; ")
    assert caplog.messages[-1] == "35 more accounts and regions are being read"


def test_before_anything_is_read(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """The time left is unknown until something has been read."""
    caplog.set_level(logging.INFO)
    (only,) = scopes(1)
    progress = progress_of([only], clock)
    read(only, 0, to_visit=30)
    clock[0] += 10
    progress.tell()
    (line,) = caplog.messages
    assert line.endswith("time left: unknown")


def test_scopes_that_wait_for_their_turn(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Scopes that have not begun are only counted, and the time left is estimated by
    scopes, because their sizes are unknown."""
    caplog.set_level(logging.INFO)
    many = scopes(100)
    progress = progress_of(many, clock)
    for scope in many[40:]:
        scope.is_open = False
    for scope in many[:25]:
        scope.close()
    clock[0] += 600
    progress.tell()
    assert caplog.messages[0] == (
        "25 of 100 accounts and regions done, 60 not begun; 0 of 0 tuning jobs "
        "(still listing 15 accounts and regions); 0 rows; 4000 calls, 300 of them "
        "throttled; time left: about 30 min"
    )
    assert caplog.messages[-1] == "12 more accounts and regions are being read"
