"""Slots follow these laws for any times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_report.slots import slots

SPANS = st.lists(
    st.none()
    | st.tuples(st.integers(0, 50), st.integers(0, 20)).map(
        lambda pair: (pair[0], pair[0] + pair[1])
    ),
    max_size=30,
)


@given(SPANS)
def test_no_two_share_a_slot_at_one_time(spans: list[tuple[int, int] | None]) -> None:
    """No two spans share a slot at the same time."""
    given_ = slots(spans)
    assert [slot is None for slot in given_] == [span is None for span in spans]
    taken = [
        (slot, moment)
        for span, slot in zip(spans, given_, strict=True)
        if span
        for moment in range(*span)
    ]
    assert len(set(taken)) == len(taken)


@given(SPANS)
def test_no_slot_is_without_need(spans: list[tuple[int, int] | None]) -> None:
    """There are only as many slots as the most spans that overlap, even at their
    ends."""
    known = [span for span in spans if span]
    most = max(
        (sum(start <= moment <= end for start, end in known) for moment in range(71)),
        default=0,
    )
    used = {slot for slot in slots(spans) if slot is not None}
    assert len(used) <= most
    assert used == set(range(len(used)))
