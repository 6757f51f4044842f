"""Shared fixtures: the emulator, the tap as a process or in this one, and a block on
other HTTP."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tap_sagemaker_tuning import tap as tap_module
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.expected import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk import Stream

    from sagemaker_tuning_emulator import Emulator


ACCOUNT = "123456789012"
REGION = "us-east-1"
FOREIGN = ("AWS_", "TAP_")
"""Prefixes of variables that a test's tap must not inherit."""


@dataclass(frozen=True)
class Run:
    """The result of a run of the tap."""

    returncode: int
    stdout: str = field(repr=False)
    stderr: str

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The Singer messages: all lines of the output, if the first is one."""
        is_singer = self.stdout.startswith('{"type"')
        lines = self.stdout.splitlines()
        return [json.loads(line) for line in lines if is_singer]

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    @property
    def state(self) -> dict[str, Any]:
        """The last state, or empty if there is none."""
        states = [m["value"] for m in self.messages if m["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def error(self) -> str:
        """The last line of the log, which has the error of a failed run."""
        return self.stderr.strip().splitlines()[-1]

    def assert_refused(self, *words: str) -> None:
        """Assert that the run failed with a single last line that has these words."""
        lines = self.stderr.splitlines()
        assert self.returncode == 1
        assert "Traceback" not in self.stderr
        assert [line for line in lines if line.startswith("Error")] == lines[-1:]
        assert self.error.startswith("Error: ")
        assert [word for word in words if word not in self.error] == []
        assert ".." not in self.error


@dataclass
class TapProcess:
    """The tap as users run it: its console script, with the emulator.

    Attributes:
        emulator: The emulator.
        folder: Where it runs, and where its files are written.
        variables: Further environment variables; None removes one.
    """

    emulator: Emulator
    folder: Path
    variables: dict[str, str | None] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of the tap's process, with keys for the emulator only."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(FOREIGN)
        }
        keys = self.emulator.environment(ACCOUNT, REGION)
        every = {**inherited, **keys, **self.variables, **more}
        return {name: value for name, value in every.items() if value is not None}

    def command(
        self,
        *options: str,
        config: dict[str, Any] | None = None,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
    ) -> list[str]:
        """The command line, with its files written."""
        command = [str(Path(sys.executable).parent / "tap-sagemaker-tuning"), *options]
        given = {"config": config, "state": state, "catalog": catalog}
        for option, content in given.items():
            if content is not None:
                path = self.folder / f"{option}.json"
                path.write_text(json.dumps(content), encoding="utf-8")
                command += [f"--{option}", str(path)]
        return command

    def __call__(self, *options: str, **files: dict[str, Any] | None) -> Run:
        """Run the tap to its end."""
        done = subprocess.run(  # noqa: S603 - the command is ours
            self.command(*options, **files),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self.folder,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    @staticmethod
    def catalog(*streams: str, **methods: str) -> dict[str, Any]:
        """The catalog with these streams selected, all their columns.

        The others have no columns, because the SDK copies all it is given, in each run.

        Args:
            *streams: Their names, or none for those selected by default.
            **methods: Replication methods, by stream.
        """
        catalog: dict[str, Any] = json.loads(discovered(vars(tap_module)["STREAMS"]))
        for stream in catalog["streams"]:
            name = stream["tap_stream_id"]
            is_selected = name in (streams or STREAMS)
            if not is_selected:
                stream["metadata"] = stream["metadata"][-1:]  # its own entry
                stream["schema"]["properties"] = {}
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = is_selected
            if name in methods:
                stream["replication_method"] = methods[name]
        return catalog


@cache
def discovered(streams: tuple[type[Stream], ...]) -> str:  # noqa: ARG001 - the key
    """The catalog of discovery, which depends on nothing but the tap's streams."""
    text: str = TapSageMakerTuning(setup_mapper=False).catalog_json_text
    return text


class TapHere(TapProcess):
    """The tap's command in this process, which is faster and otherwise the same."""

    def __call__(self, *options: str, **files: dict[str, Any] | None) -> Run:
        """Run the tap to its end."""
        environment: dict[str, str | None] = dict.fromkeys(os.environ)
        with logged(self.variables.get("LOGLEVEL") or "INFO") as log:
            done = CliRunner().invoke(
                TapSageMakerTuning.get_singer_command(),
                self.command(*options, **files)[1:],
                env=environment | self.environment(),
            )
        return Run(done.exit_code, done.stdout, log.getvalue() + done.stderr)


@contextmanager
def logged(least: str) -> Iterator[StringIO]:
    """Capture the log from this level on, as it would go to stderr."""
    log, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    handler.setFormatter(logging.Formatter("%(levelname)s | %(name)s | %(message)s"))
    root.addHandler(handler)
    root.setLevel(least)
    try:
        yield log
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def read_until(words: str, output: Iterable[str]) -> list[str]:
    """Read the output of a process up to the line with these words."""
    lines = []
    for line in output:
        lines.append(line)
        if words in line:
            return lines
    pytest.fail(f"the output ended without {words}: {''.join(lines)}")


@pytest.fixture
def tap(emulator: Emulator, tmp_path: Path) -> TapProcess:
    """The tap as a process, with the emulator."""
    return TapProcess(emulator, tmp_path)


@pytest.fixture
def here(emulator: Emulator, tmp_path: Path) -> TapHere:
    """The tap's command in this process, with the emulator."""
    return TapHere(emulator, tmp_path)
