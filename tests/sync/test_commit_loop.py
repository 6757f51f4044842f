"""The commit loop over many scopes: how many are open, and how often it saves state.

`tests/laws` shows what a kill does and does not lose.
"""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tap_sagemaker_tuning.aws.errors import code_or_kind
from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.exceptions import CallError
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.sync.commit_loop import STATE_INTERVAL, CommitLoop
from tap_sagemaker_tuning.sync.scope_run import ScopeRun
from tap_sagemaker_tuning.sync.workers import Threads
from tests.sync.factories import FakeClient, visits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_sagemaker_tuning.replication.plan import Visit

NOW = "2026-03-02T09:00:00.000Z"
AT_ONCE = 32


class Client(FakeClient):
    """A client with three tuning jobs that counts how many clients are open."""

    open_now = 0
    most_open = 0

    def __init__(self, number: int) -> None:
        """Share the count with the other clients."""
        super().__init__()
        self.scope = Scope(f"{number:012}", "us-east-1")

    def open(self) -> None:
        """Open, unless opening is forbidden."""
        Client.open_now += 1
        Client.most_open = max(Client.most_open, Client.open_now)

    def close(self) -> None:
        """Close."""
        Client.open_now -= 1

    def tuning_jobs(self, _: Any = None) -> Iterator[Page]:
        """List three tuning jobs."""
        yield Page([visit.job.summary for visit in visits(3)], NOW)


class BrokenClient(Client):
    """A client that cannot be created."""

    def open(self) -> None:
        """Fail."""
        super().open()
        raise CallError(ValueError("no such endpoint"))


class Jobs:
    """A stream of tuning jobs."""

    name = "jobs"
    of_trials: Literal[False] = False
    is_incremental = True
    makes_calls = True
    visits_ahead = 64

    def rows(self, _: Any, visit: Visit, __: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield the row of a tuning job."""
        yield [visit.job.summary]


class All(Jobs):
    """A stream that rereads everything and keeps no state."""

    name = "all"
    is_incremental = False


class Sink:
    """Takes records and states, and counts them.

    Attributes:
        written: How many records of each stream, and how many STATEs.
        states: The state of each scope.
        saved_first: The states that were saved before the first STATE.
        streams: Names of the streams whose state was saved.
        warned: The log's sentences about each scope.
    """

    def __init__(self, states: dict[Scope, Mapping[str, Any]] | None = None) -> None:
        """Start with some states."""
        self.written: Counter[str] = Counter()
        self.states = dict(states or {})
        self.saved_first: dict[Scope, Mapping[str, Any]] = {}
        self.streams: set[str] = set()
        self.warned: dict[Scope, list[str]] = {}

    def write(self, stream: str, _: Any) -> None:
        """Take a record."""
        self.written[stream] += 1

    def saved(self, _: str, scope: Scope) -> Mapping[str, Any]:
        """Return a state."""
        return self.states.get(scope, {})

    def save(self, stream: str, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Take a state."""
        self.streams.add(stream)
        self.states[scope] = entry
        if not self.written:
            self.saved_first[scope] = entry

    def write_state(self) -> None:
        """Take a STATE."""
        self.written["STATE"] += 1

    def log(self, _: int, __: str, scope: Scope, sentence: str) -> None:
        """Take a log message."""
        self.warned.setdefault(scope, []).append(sentence)


class PlainSink(Sink):
    """A sink with a plain Singer bookmark, which applies to every scope until the
    first state of any scope is saved."""

    def saved(self, stream: str, scope: Scope) -> Mapping[str, Any]:
        """Return a state, or the bookmark."""
        bookmark = {} if self.states else {"replication_key_value": NOW}
        return super().saved(stream, scope) or bookmark


@pytest.fixture(autouse=True)
def none_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client is open."""
    monkeypatch.setattr(Client, "open_now", 0)
    monkeypatch.setattr(Client, "most_open", 0)


def read(
    clients: list[Client],
    sink: Sink,
    clock: Callable[[], float] = lambda: 0.0,
    *more: Any,
) -> list[ScopeRun]:
    """Read these scopes in threads."""
    of_any_kind: Any = clients
    scopes = [ScopeRun(client, Filters()) for client in of_any_kind]
    jobs: Any = Jobs()
    with Threads(4, 64) as workers:
        CommitLoop([jobs, *more], sink, clock).read(scopes, workers, lambda: None)
    return scopes


def test_scopes_are_opened_in_turn() -> None:
    """At most this many scopes are open at a time, each is closed at its end, and then
    only its counts are kept, not its plans and listing."""
    sink = Sink()
    scopes = read([Client(number) for number in range(100)], sink)
    assert Client.most_open == AT_ONCE
    assert Client.open_now == 0
    assert sink.written["jobs"] == 300
    assert {scope.status for scope in scopes} == {"complete"}
    assert {scope.counts.read for scope in scopes} == {3}
    with pytest.raises(KeyError):
        scopes[0].state_of("jobs")


def test_what_a_scope_held_is_let_go() -> None:
    """A closed scope keeps nothing that grows with the number of its tuning jobs."""
    kept: list[weakref.ref[Any]] = []

    class Watched(Client):
        def tuning_jobs(self, _: Any = None) -> Iterator[Page]:
            for page in super().tuning_jobs():
                items = [Summary(item) for item in page.items]
                kept.extend(map(weakref.ref, items))
                yield Page(list[Any](items), NOW)

    scopes = read([Watched(1)], Sink())
    gc.collect()
    assert scopes[0].counts.read == len(kept) == 3
    assert [ref() for ref in kept] == [None] * 3


class Summary(dict[str, Any]):
    """A summary that can be weakly referenced."""


def test_state_is_written_by_time() -> None:
    """With any number of scopes, a STATE is written at the beginning, at the end, and
    in between at most once per interval."""
    sink = Sink()
    read([Client(number) for number in range(100)], sink)
    assert sink.written["STATE"] == 2
    sink, ticks = Sink(), count()
    read([Client(number) for number in range(20)], sink, lambda: next(ticks) * 0.1)
    seconds = next(ticks) * 0.1
    assert 3 < sink.written["STATE"] <= 3 + seconds / STATE_INTERVAL


def test_every_scope_has_a_state_before_the_first_record() -> None:
    """The first STATE has a state for every scope, so that after a kill it shows the
    filters of the sync."""
    sink = Sink()
    scopes = read([Client(number) for number in range(5)], sink)
    assert sink.saved_first.keys() == {scope.scope for scope in scopes}
    assert [entry["open"] for entry in sink.saved_first.values()] == [{}] * 5


def test_a_scope_has_plans_while_it_is_open() -> None:
    """A scope whose turn has not come has no plans, which can be large."""
    of_any_kind: Any = [Client(number) for number in range(100)]
    scopes = [ScopeRun(client, Filters()) for client in of_any_kind]
    jobs: Any = Jobs()

    class Watching(Sink):
        def write(self, *_: Any) -> None:
            with pytest.raises(KeyError):
                scopes[-1].state_of("jobs")
            raise SystemExit

    with Threads(4, 64) as workers, pytest.raises(SystemExit):
        CommitLoop([jobs], Watching(), lambda: 0.0).read(scopes, workers, lambda: None)


def test_a_stream_without_state() -> None:
    """The state of a stream that rereads everything is never saved."""
    sink = Sink()
    read([Client(number) for number in range(5)], sink, lambda: 0.0, All())
    assert sink.streams == {"jobs"}
    assert sink.written["all"] == sink.written["jobs"] == 15


def test_a_bug_stops_its_scope(caplog: pytest.LogCaptureFixture) -> None:
    """A bug is logged with its traceback and fails its scope; the scope's state covers
    the tuning jobs that were read before, and the other scopes are read."""

    class Buggy(Jobs):
        def rows(self, client: Any, visit: Visit, __: Any) -> Iterator[Any]:
            if visit.job.name == "job-1" and client.scope.account_id == f"{1:012}":
                raise ZeroDivisionError
            yield [visit.job.summary]

    sink, buggy = Sink(), Buggy()
    buggy.name = "buggy"
    scopes = read([Client(1), Client(2)], sink, lambda: 0.0, buggy)
    assert [scope.status for scope in scopes] == ["failed", "complete"]
    (failure,) = scopes[0].failures.values()
    assert code_or_kind(failure.error) == "internal"
    assert "a bug of the tap stopped the scope: ZeroDivisionError" in str(failure)
    (told,) = [record for record in caplog.records if record.exc_info]
    assert told.levelname == "ERROR"
    assert "ZeroDivisionError" in str(told.exc_info)
    assert sink.states[scopes[0].scope]["open"].keys() == {"job-0"}
    assert not {"jobs", "buggy"} & scopes[0].whole
    assert sink.states[scopes[1].scope]["open"].keys() == {"job-0", "job-1", "job-2"}


def test_a_plain_bookmark_is_of_every_scope() -> None:
    """A plain bookmark gets a warning in every scope, though the first state of any
    scope replaces it."""
    sink = PlainSink()
    scopes = read([Client(number) for number in range(5)], sink)
    assert sink.warned.keys() == {scope.scope for scope in scopes}
    for sentences in sink.warned.values():
        (sentence,) = sentences
        assert "plain Singer bookmark" in sentence


def test_a_second_sync_goes_on() -> None:
    """Each scope's next sync starts from its own state."""
    sink = Sink()
    read([Client(number) for number in range(50)], sink)
    again = Sink(sink.states)
    read([Client(number) for number in range(50)], again)
    assert again.written["jobs"] == 3 * 50  # they still run
    assert again.states == sink.states
    assert len(again.states) == 50


def test_a_client_that_cannot_be_made() -> None:
    """If a client cannot be created, only its scope fails, and its state is
    unchanged."""
    sink = Sink()
    scopes = read([Client(1), BrokenClient(2), Client(3)], sink)
    assert [scope.status for scope in scopes] == ["complete", "failed", "complete"]
    (failure,) = scopes[1].failures.values()
    assert str(failure.error) == "no such endpoint"
    assert Client.open_now == 0
