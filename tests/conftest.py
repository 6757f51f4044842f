"""What tests share: the emulator, the tap as a process, and no stray HTTP."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock

from emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"
REGION = "us-east-1"


@pytest.fixture(autouse=True)
def no_stray_http() -> Iterator[None]:
    """Refuse whatever a test sends through requests: the SDK's HTTP library.

    The API is called through botocore, which has its own, and only at the emulator.
    """
    with requests_mock.Mocker():
        yield


@pytest.fixture(autouse=True)
def unchanged_process() -> Iterator[None]:
    """Give back what running the tap in this process changes."""
    handlers = {number: signal.getsignal(number) for number in (2, 15)}
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    logging.captureWarnings(capture=False)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator on a port of its own, empty, with a frozen clock."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as running:
        yield running


@dataclass
class Run:
    """What a run of the tap gave."""

    returncode: int
    stderr: str
    messages: list[dict[str, Any]] = field(repr=False)

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in their order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    @property
    def state(self) -> dict[str, Any]:
        """The last state; empty if there was none."""
        states = [m["value"] for m in self.messages if m["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def error(self) -> str:
        """The last line of the log: what a failed run ends with."""
        return self.stderr.strip().splitlines()[-1]


@dataclass
class TapProcess:
    """The tap as users run it: its console script, against the emulator."""

    emulator: Emulator
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        """What the tap's process sees: the emulator's keys, and nobody's own."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TAP_"))
        }
        keys = self.emulator.environment(ACCOUNT, REGION)
        return {**inherited, **keys, **self.variables, **more}

    def command(
        self,
        *options: str,
        config: dict[str, Any] | None = None,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
    ) -> list[str]:
        """The command line, its files written."""
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
        lines = done.stdout.splitlines()
        is_singer = bool(lines) and lines[0].startswith('{"type"')
        messages = [json.loads(line) for line in lines] if is_singer else []
        return Run(done.returncode, done.stderr, messages)

    def catalog(self, **methods: str) -> dict[str, Any]:
        """The discovered catalog, with these replication methods by stream."""
        done = subprocess.run(  # noqa: S603 - the command is ours
            self.command("--discover"),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
            cwd=self.folder,
        )
        catalog: dict[str, Any] = json.loads(done.stdout)
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = True
            if stream["tap_stream_id"] in methods:
                stream["replication_method"] = methods[stream["tap_stream_id"]]
        return catalog


@pytest.fixture
def tap(emulator: Emulator, tmp_path: Path) -> TapProcess:
    """The tap as a process, against the emulator."""
    return TapProcess(emulator, tmp_path)
