"""The circuit breaker decides whether repeated failures are each visit's or the
scope's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS, LIST_TUNING_JOBS
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.sync.circuit_breaker import CircuitBreaker
from tests.sync.factories import answer, visits

if TYPE_CHECKING:
    from tap_sagemaker_tuning.replication.plan import Visit

DENIED = answer("AccessDeniedException", LIST_TRIALS)
DOWN = answer("InternalFailure", LIST_TRIALS)
VISITS = 600


class Scope:
    """A scope that answers or fails, and in which only some tuning jobs can be read.

    Attributes:
        asked: How often the scope itself was checked.
        sampled: The numbers of the tuning jobs that were tried.
    """

    def __init__(self, error: Exception | None = None, readable: int = -1) -> None:
        """Answer unless there is an error; let one tuning job be read."""
        self.asked = 0
        self.sampled: list[int] = []
        self._error = error
        self._readable = readable

    def ask(self) -> None:
        """Answer, or fail."""
        self.asked += 1
        if self._error:
            raise self._error

    def can_read(self, visit: Visit) -> bool:
        """Whether a tuning job can be read."""
        self.sampled.append(int(visit.job.name.removeprefix("job-")))
        return self.sampled[-1] == self._readable

    def breaker(self) -> CircuitBreaker:
        """A new circuit breaker."""
        return CircuitBreaker(visits(VISITS), self.can_read, self.ask)


def test_three_in_a_row_and_the_scope_is_looked_at() -> None:
    """After three failures in a row, the listing is tried; if it fails too, so does the
    scope."""
    lost = answer("ServiceUnavailable", LIST_TUNING_JOBS)
    scope = Scope(lost)
    breaker = scope.breaker()
    waited = [breaker.note_failure(DOWN), breaker.note_failure(DOWN)]
    assert (waited, scope.asked) == ([True, True], 0)
    with pytest.raises(type(lost), match="ServiceUnavailable"):
        breaker.note_failure(DOWN)


@pytest.mark.parametrize("listing", [None, DENIED], ids=["answers", "denied"])
def test_a_scope_that_answers_is_read_on(listing: Exception | None) -> None:
    """While the scope itself answers, each failure belongs to its own visit, even the
    249th; a denied listing is an answer, too."""
    breaker = Scope(listing).breaker()
    waited = [breaker.note_failure(DOWN) for _ in range(249)]
    assert waited == [True, True, False] * 83


def test_a_scope_that_only_lists_is_abandoned() -> None:
    """After 250 failures without a success, the scope fails even if its listing
    works."""
    breaker = Scope().breaker()
    for _ in range(251):
        breaker.note_failure(DOWN)
    with pytest.raises(type(DOWN), match="InternalFailure"):
        breaker.note_failure(DOWN)


def test_a_success_begins_anew() -> None:
    """A success resets the count of failures."""
    scope = Scope(DOWN)
    breaker = scope.breaker()
    for _ in range(9):
        assert [breaker.note_failure(DOWN), breaker.note_failure(DOWN)] == [True, True]
        breaker.note_success()
    assert scope.asked == 0


def test_denials_beside_a_success_are_each_ones_own() -> None:
    """If one tuning job could be read, each denial belongs to its own tuning job."""
    scope = Scope()
    breaker = scope.breaker()
    breaker.note_success()
    assert [breaker.note_failure(DENIED) for _ in range(300)] == [False] * 300
    assert scope.sampled == []


def test_only_denials_are_waited_with() -> None:
    """Denials are held back until a tuning job can be read; after 250 of them, a sample
    of all visits is tried, and if none can be read, the scope fails."""
    scope = Scope()
    breaker = scope.breaker()
    assert [breaker.note_failure(DENIED) for _ in range(249)] == [True] * 249
    with pytest.raises(type(DENIED), match="AccessDenied"):
        breaker.note_failure(DENIED)
    assert scope.sampled == list(range(0, VISITS, 12))


def test_a_sample_that_can_be_read() -> None:
    """If one tuning job of the sample can be read, the scope continues."""
    scope = Scope(readable=588)
    breaker = scope.breaker()
    assert [breaker.note_failure(DENIED) for _ in range(250)][-1] is False
    assert [breaker.note_failure(DENIED) for _ in range(9)] == [False] * 9
    assert scope.sampled == list(range(0, VISITS, 12))


def test_what_cannot_be_read_as_it_was_sent_is_its_own() -> None:
    """An odd item does not count as a failure of its scope."""
    scope = Scope(DOWN)
    breaker = scope.breaker()
    odd = UnreadableError("odd")
    assert [breaker.note_failure(odd) for _ in range(300)] == [False] * 300
    assert scope.asked == 0
