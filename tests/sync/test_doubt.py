"""Doubt: whether failures in a row are each visit's own, or their scope's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS, LIST_TUNING_JOBS
from tap_sagemaker_tuning.exceptions import GoneError, UnreadableError
from tap_sagemaker_tuning.sync.doubt import Doubt
from tests.sync.made import FakeClient, answer, visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.replication.plan import Visit

DENIED = answer("AccessDeniedException", LIST_TRIALS)
DOWN = answer("InternalFailure", LIST_TRIALS)
VISITS = 600


class Listing(FakeClient):
    """A client whose listing answers, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        """Answer, unless there is an error."""
        super().__init__()
        self.error = error

    def tuning_jobs(self, _: Any) -> Iterator[Any]:
        """Give one page, or fail."""
        self.calls += 1
        if self.error:
            raise self.error
        yield []


def doubt(
    client: Listing, readable: dict[int, Exception | None] | None = None
) -> tuple[Doubt, list[int]]:
    """A doubt of a scope of which only these visits can be read, or fail otherwise."""
    asked: list[int] = []

    def fetch(_: Any, visit: Visit, __: Any) -> Iterator[list[Any]]:
        number = int(visit.job.name.removeprefix("job-"))
        asked.append(number)
        error = (readable or {}).get(number, DENIED)
        if error:
            raise error
        yield []

    made: Any = client
    return Doubt(made, visits(VISITS), fetch), asked


def test_three_in_a_row_and_the_scope_is_looked_at() -> None:
    """If the listing fails as well, that is what the scope failed of."""
    lost = answer("ServiceUnavailable", LIST_TUNING_JOBS)
    client = Listing(lost)
    found, _ = doubt(client)
    assert [found.grows(DOWN), found.grows(DOWN), client.calls] == [True, True, 0]
    with pytest.raises(type(lost), match="ServiceUnavailable"):
        found.grows(DOWN)


@pytest.mark.parametrize("listing", [None, DENIED], ids=["answers", "denied"])
def test_a_scope_that_answers_is_read_on(listing: Exception | None) -> None:
    """While the scope itself answers, each failure is its own visit's, also the 249th;
    that it may not be listed is an answer."""
    found, _ = doubt(Listing(listing))
    waited = [found.grows(DOWN) for _ in range(249)]
    assert waited == [True, True, False] * 83


def test_a_scope_that_only_lists_is_given_up() -> None:
    """After 250 failures without a success between, it is the scope's."""
    found, _ = doubt(Listing())
    for _ in range(251):
        found.grows(DOWN)
    with pytest.raises(type(DOWN), match="InternalFailure"):
        found.grows(DOWN)


def test_a_success_begins_anew() -> None:
    """Failures count in a row only."""
    client = Listing(DOWN)
    found, _ = doubt(client)
    for _ in range(9):
        assert [found.grows(DOWN), found.grows(DOWN)] == [True, True]
        found.ends()
    assert client.calls == 0


def test_denials_beside_a_success_are_each_ones_own() -> None:
    """Where one tuning job could be read, those that are denied are denied."""
    found, asked = doubt(Listing())
    found.ends()
    assert [found.grows(DENIED) for _ in range(300)] == [False] * 300
    assert asked == []


def test_only_denials_are_waited_with() -> None:
    """Until one could be read, denials may be the scope's: after 250 of them a sample
    of all visits is tried, and if none can be read, it is."""
    found, asked = doubt(Listing())
    assert [found.grows(DENIED) for _ in range(249)] == [True] * 249
    with pytest.raises(type(DENIED), match="AccessDenied"):
        found.grows(DENIED)
    assert asked == list(range(0, VISITS, 12))


@pytest.mark.parametrize("outcome", [None, GoneError("deleted")], ids=["read", "gone"])
def test_a_sample_that_can_be_read(outcome: Exception | None) -> None:
    """One that can be read, or is merely gone, and the scope is read on."""
    found, asked = doubt(Listing(), {588: outcome})
    assert [found.grows(DENIED) for _ in range(250)][-1] is False
    assert [found.grows(DENIED) for _ in range(9)] == [False] * 9
    assert asked == list(range(0, VISITS, 12))


def test_what_cannot_be_read_as_it_was_sent_is_its_own() -> None:
    """An odd item says nothing of its scope."""
    client = Listing(DOWN)
    found, _ = doubt(client)
    odd = UnreadableError("odd")
    assert [found.grows(odd) for _ in range(300)] == [False] * 300
    assert client.calls == 0
