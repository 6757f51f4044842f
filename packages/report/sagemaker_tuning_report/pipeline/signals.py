"""SIGINT and SIGTERM, for this process and the programs that it runs."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from sagemaker_tuning_report.pipeline.failures import Stopped

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from types import FrameType


_MOST_SECONDS_UNTIL_SEEN = 0.2


class Signals:
    """Notes the first SIGINT or SIGTERM, and passes it on to the running programs.

    The second one kills them. The handler takes no lock: a signal can interrupt the
    handler of another one.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._children: dict[subprocess.Popen[bytes], bool] = {}

    def __enter__(self) -> Self:
        """Handle the signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the default handling."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def check(self) -> None:
        """Do nothing, unless a signal asked to stop.

        Raises:
            Stopped: One did.
        """
        if self._number is not None:
            raise Stopped(self._number)

    def wait(self, seconds: float) -> None:
        """Sleep, until a signal asks to stop.

        Raises:
            Stopped: One did.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._number is None:
            time.sleep(min(left, _MOST_SECONDS_UNTIL_SEEN))
        self.check()

    @contextmanager
    def passed_on(
        self, child: subprocess.Popen[bytes], *, ends_by_itself: bool = False
    ) -> Iterator[None]:
        """Pass signals on to a program.

        Args:
            child: The program.
            ends_by_itself: It ends once another program has ended: kill it only if a
                second signal asks to stop.
        """
        self._children[child] = ends_by_itself
        if self._number is not None and not ends_by_itself:
            child.terminate()
        try:
            yield
        finally:
            del self._children[child]

    def _handle(self, number: int, _: FrameType | None) -> None:
        is_again = self._number is not None
        self._number = self._number or number
        for child, ends_by_itself in tuple(self._children.items()):
            if is_again:
                child.kill()
            elif not ends_by_itself:
                child.terminate()
