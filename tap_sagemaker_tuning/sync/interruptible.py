"""Runs blocking calls so that a signal can interrupt them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

_POLL = 0.2  # seconds between checks for a signal


def interruptible(
    call: Callable[[], Result], check_signal: Callable[[], None]
) -> Result:
    """Run a blocking call, retries included, so that a signal can interrupt it.

    Args:
        call: The call; it runs in a daemon thread.
        check_signal: Raises SystemExit if the run should stop.

    Returns:
        What the call returns.

    Raises:
        Exception: What the call raises.
        SystemExit: A signal asked to stop; the call continues unattended.
    """
    results: list[Result] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(timeout=_POLL)
        check_signal()
    for error in failed:
        raise error
    return results[0]


def side_by_side(
    call: Callable[[Item], Result],
    items: Sequence[Item],
    at_once: int,
    check_signal: Callable[[], None],
) -> Iterator[tuple[Item, Result | Exception]]:
    """Make a blocking call for each item, several at a time.

    Args:
        call: The call; it runs in daemon threads.
        items: Its arguments, one for each call.
        at_once: The most calls at a time.
        check_signal: Raises SystemExit if the run should stop; calls in flight then
            continue unattended.

    Yields:
        Each item, in order, with what its call returned or raised.
    """
    left = deque(enumerate(items))
    done: queue.SimpleQueue[tuple[int, Result | Exception]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            try:
                number, item = left.popleft()
            except IndexError:
                return
            try:
                done.put((number, call(item)))
            except Exception as error:  # noqa: BLE001 - the caller looks at it
                done.put((number, error))

    try:
        for _ in range(min(at_once, len(items))):
            threading.Thread(target=work, daemon=True).start()
        results: dict[int, Result | Exception] = {}
        for number, item in enumerate(items):
            while number not in results:
                check_signal()
                try:
                    which, answer = done.get(timeout=_POLL)
                except queue.Empty:
                    continue
                results[which] = answer
            yield item, results.pop(number)
    finally:
        left.clear()
