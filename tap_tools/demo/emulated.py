"""The emulator as a process, driven over its own HTTP interface."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_tools.demo import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

EMULATOR = Path(sys.executable).parent / "sagemaker-tuning-emulator"
ACCOUNT = "123456789012"
REGION = "us-east-1"
START = "2026-03-02T09:00:00Z"

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Emulated:
    """A running emulator with one account in one region.

    Args:
        url: Its endpoint.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self) -> dict[str, str]:
        """Variables that lead an AWS SDK there and nowhere else."""
        where = {"account": ACCOUNT, "region": REGION}
        return dict(self._ask("POST", "environment", where))

    def truth(self) -> dict[str, Any]:
        """What a full read of the account would show now."""
        return dict(self._ask("GET", "truth")[f"{ACCOUNT}/{REGION}"])

    def calls(self) -> int:
        """How many API calls were answered since the last time that this was asked."""
        count = int(self._ask("GET", "state")["calls"])
        self._ask("DELETE", "calls")
        return count

    def move(self, minutes: float) -> str:
        """Advance the clock, and return the new time."""
        return str(self._ask("POST", "clock", {"seconds": minutes * 60})["clock"])

    def plan(self, name: str, **options: object) -> None:
        """Create a tuning job."""
        where = {"account": ACCOUNT, "region": REGION, "name": name}
        self._ask("POST", "plan", {**where, **options})

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the URL is the emulator's
            f"{self.url}/_emulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with _DIRECT.open(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


@contextmanager
def serving(checkout: Path, log: Path) -> Iterator[Emulated]:
    """Run an emulator whose clock moves only when it is told to.

    Raises:
        Failed: It did not start.
    """
    options = ("--start", START, "--rate", "0", "--account", ACCOUNT)
    command = [str(EMULATOR), *options, "--region", REGION]
    with processes.running(
        command, log, cwd=checkout, stdout=subprocess.PIPE
    ) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            message = f"the emulator did not start\n{processes.tail(log)}"
            raise processes.Failed(message)
        yield Emulated(json.loads(line)["url"])
