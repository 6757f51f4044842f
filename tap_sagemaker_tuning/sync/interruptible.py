"""Blocking calls that a signal can interrupt."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

_POLL = 0.2  # seconds between looks at whether to stop


def interruptible(
    call: Callable[[], Result], check_signal: Callable[[], None]
) -> Result:
    """Run a blocking call, retries included, so that a signal can interrupt it.

    Args:
        call: The call.
        check_signal: Raises if the run is to stop.

    Returns:
        What it returns.

    Raises:
        Exception: What it raises.
        SystemExit: A signal asked to stop; the call goes on unattended.
    """
    found: list[Result] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(timeout=_POLL)
        check_signal()
    for error in failed:
        raise error
    return found[0]
