"""The source as Airbyte runs it, and its output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from tap_sagemaker_tuning.airbyte.command import cli

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import TapProcess

Json = dict[str, Any]

SOURCE = Path(sys.executable).with_name("source-sagemaker-tuning")
SHOWN = {
    "SPEC": "spec",
    "CONNECTION_STATUS": "connectionStatus",
    "CATALOG": "catalog",
    "RECORD": "record",
    "STATE": "state",
    "TRACE": "trace",
    "LOG": "log",
}
"""The field of each type of message that has its content."""


@dataclass(frozen=True)
class Output:
    """The output of a run of the source."""

    returncode: int
    stdout: str = field(repr=False)
    stderr: str

    @cached_property
    def messages(self) -> list[Json]:
        """The messages: one per line of the output."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def contents(self, kind: str) -> list[Json]:
        """The contents of the messages of a type, in order."""
        return [m[SHOWN[kind]] for m in self.messages if m["type"] == kind]

    def records(self, stream: str) -> list[Json]:
        """The records of a stream, in order."""
        return [m["data"] for m in self.contents("RECORD") if m["stream"] == stream]

    @property
    def states(self) -> list[Json]:
        """The last state of each stream, in the form in which Airbyte returns it."""
        last = {
            message["stream"]["stream_descriptor"]["name"]: message
            for message in self.contents("STATE")
        }
        return list(last.values())

    def state(self, stream: str) -> Json:
        """The last state of a stream."""
        (state,) = (
            message["stream"]["stream_state"]
            for message in self.states
            if message["stream"]["stream_descriptor"]["name"] == stream
        )
        return dict(state)

    def statuses(self, stream: str) -> list[str]:
        """The statuses of a stream, in order."""
        return [
            trace["stream_status"]["status"]
            for trace in self.contents("TRACE")
            if trace["type"] == "STREAM_STATUS"
            and trace["stream_status"]["stream_descriptor"] == {"name": stream}
        ]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """The type and text of each error."""
        errors = [
            trace["error"] for trace in self.contents("TRACE") if "error" in trace
        ]
        return [(error["failure_type"], error["message"]) for error in errors]

    @property
    def log(self) -> str:
        """The log, one line per message."""
        return "\n".join(f"{m['level']} {m['message']}" for m in self.contents("LOG"))


@dataclass
class Source:
    """The source as a process, against a tap's emulator.

    Attributes:
        tap: The tap, with its emulator, folder and environment.
    """

    tap: TapProcess

    def command(self, verb: str, **files: Any) -> list[str]:
        """The command line, with its files written."""
        command = [str(SOURCE), verb]
        for option, content in files.items():
            path = self.tap.folder / f"{option}.json"
            path.write_text(json.dumps(content), encoding="utf-8")
            command += [f"--{option}", str(path)]
        return command

    def __call__(self, verb: str, **files: Any) -> Output:
        """Run it to its end."""
        done = subprocess.run(  # noqa: S603 - the command is ours
            self.command(verb, **files),
            env=self.tap.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self.tap.folder,
        )
        return Output(done.returncode, done.stdout, done.stderr)


class SourceHere(Source):
    """The source in this process, which is faster."""

    def __call__(self, verb: str, **files: Any) -> Output:
        """Run it to its end."""
        inherited: dict[str, str | None] = dict.fromkeys(os.environ)
        done = CliRunner().invoke(
            cli,
            self.command(verb, **files)[1:],
            env=inherited | self.tap.environment(),
        )
        return Output(done.exit_code, done.stdout, done.stderr)


def configured(
    catalog: Json, *, full_refresh: Iterable[str] = (), only: Iterable[str] = ()
) -> Json:
    """Choose streams of a catalog.

    Args:
        catalog: The catalog from `discover`.
        full_refresh: Streams to read from the start; the others are read incrementally
            if they can be.
        only: The streams to read, or none for all.
    """
    return {
        "streams": [
            {
                "stream": stream,
                "sync_mode": "full_refresh"
                if stream["name"] in full_refresh
                else stream["supported_sync_modes"][-1],
                "destination_sync_mode": "append",
            }
            for stream in catalog["streams"]
            if not only or stream["name"] in only
        ]
    }
