"""Where the commit loop writes to: the SDK's streams, all of them in one pass."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.streams.base import Host
    from tap_sagemaker_tuning.streams.visiting import JobStream, TrialStream
    from tap_sagemaker_tuning.values import Record


def read_in_one_pass(streams: Sequence[JobStream | TrialStream], host: Host) -> None:
    """Read streams in one pass, and write what comes.

    Args:
        streams: The streams; at least one.
        host: The tap.

    Raises:
        SystemExit: A signal asked to stop, or nobody reads the output any more.
    """
    run = host.run
    with ExitStack() as stack:
        loops = {
            stream.name: stack.enter_context(closing(stream.begin()))
            for stream in streams
        }
        run.read(streams, SingerSink(streams, loops, host))
        for stream in streams:
            # Of an account that could not be asked for its regions nothing was read.
            stream.has_failed = bool(run.discovered.failures) or any(
                stream.name in scope.failed_streams for scope in run.scopes
            )
            stream.note_end()
            for _ in loops[stream.name]:
                pass


class SingerSink:
    """Writes records and state by way of the SDK's streams; see `sync.readers.Sink`."""

    def __init__(
        self,
        streams: Sequence[JobStream | TrialStream],
        loops: Mapping[str, Generator[Record, Any, Any]],
        host: Host,
    ) -> None:
        """Prepare to write.

        Args:
            streams: The streams.
            loops: The SDK's loop over the records of each, by its name.
            host: The tap.
        """
        self._streams = {stream.name: stream for stream in streams}
        self._loops = loops
        self._host = host
        self._said: set[tuple[Scope, str]] = set()

    def write(self, stream: str, record: Record) -> None:
        """Write a record, and stop if a signal asked for it."""
        self._streams[stream].waiting.append(record)
        next(self._loops[stream])
        self._host.check_signal()

    def saved(self, stream: str, scope: Scope) -> Mapping[str, Any]:
        """The state of a stream in a scope."""
        return self._streams[stream].state_in(scope)

    def save(self, stream: str, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Replace that state."""
        self._streams[stream].save_in(scope, entry)

    def write_state(self) -> None:
        """Write a STATE message: one has the state of all streams."""
        next(iter(self._streams.values())).write_state()

    def log(self, level: int, stream: str, scope: Scope, sentence: str) -> None:
        """Log a sentence, once for all streams that say it of a scope."""
        if (scope, sentence) not in self._said:
            self._said.add((scope, sentence))
            self._streams[stream].logger.log(level, "%s: %s", scope, sentence)
