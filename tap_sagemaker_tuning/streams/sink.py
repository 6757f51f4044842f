"""The commit loop's output: writes records and state through the SDK's streams."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.streams.base import Host
    from tap_sagemaker_tuning.streams.visiting import JobStream, TrialStream
    from tap_sagemaker_tuning.values import Record


def read_in_one_pass(streams: Sequence[JobStream | TrialStream], host: Host) -> None:
    """Read streams in one pass, and write their records and state.

    Args:
        streams: The streams; at least one.
        host: The tap.

    Raises:
        SystemExit: A signal arrived, or the reader of the output is gone.
    """
    run = host.run
    with ExitStack() as stack:
        for stream in streams:
            stack.enter_context(stream.writing())
            stream.before_pass()
        run.read(streams, SingerSink(streams, host))
        for stream in streams:
            # Nothing was read from an account whose regions could not be listed.
            stream.has_failed = bool(run.discovered.failures) or any(
                stream.name in scope.failed_streams for scope in run.scopes
            )
            stream.after_pass()


class SingerSink:
    """Writes records and state through the SDK's streams; a `sync.interfaces.Sink`."""

    def __init__(self, streams: Sequence[JobStream | TrialStream], host: Host) -> None:
        """Prepare to write.

        Args:
            streams: The streams.
            host: The tap.
        """
        self._streams = {stream.name: stream for stream in streams}
        self._host = host
        self._said: set[tuple[Scope, str]] = set()

    def write(self, stream: str, record: Record) -> None:
        """Write a record, then stop if a signal arrived."""
        self._streams[stream].write(record)
        self._host.check_signal()

    def saved(self, stream: str, scope: Scope) -> Mapping[str, Any]:
        """The state of a stream in a scope."""
        return self._streams[stream].state_in(scope)

    def save(self, stream: str, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Replace the state of a stream in a scope."""
        self._streams[stream].save_in(scope, entry)

    def write_state(self) -> None:
        """Write one STATE message with the state of all streams."""
        next(iter(self._streams.values())).write_state()

    def log(self, level: int, stream: str, scope: Scope, sentence: str) -> None:
        """Log a sentence once per scope, even if several streams report it."""
        if (scope, sentence) not in self._said:
            self._said.add((scope, sentence))
            self._streams[stream].logger.log(level, "%s: %s", scope, sentence)
