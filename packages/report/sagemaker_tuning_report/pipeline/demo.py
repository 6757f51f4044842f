"""`--demo`: an emulated AWS account, whose clock goes on between runs."""

from __future__ import annotations

import json
import os
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.pipeline.failures import StageError
from sagemaker_tuning_report.pipeline.programs import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_report.pipeline.folder import Folder
    from sagemaker_tuning_report.pipeline.session import Session

ACCOUNT = "123456789012"
REGION = "us-east-1"

_SIZE = ("--tuning-jobs", "8", "--trials", "40", "--parallel", "5")
_SINCE = "demo_since"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def is_of_demo(folder: Folder) -> bool:
    """Whether a folder holds a demo."""
    return _SINCE in folder.about


@contextmanager
def serving(session: Session) -> Iterator[dict[str, str]]:
    """Serve an account with tuning jobs, some of them running.

    In the same folder, it is the same account, as much later as it is.

    Args:
        session: The session.

    Yields:
        The environment variables of the tap that reads it.

    Raises:
        StageError: The emulator is not installed, or did not start.
    """
    folder, now = session.folder, datetime.now(tz=UTC)
    if not is_of_demo(folder):
        folder.note(**{_SINCE: now.isoformat()})
    since = datetime.fromisoformat(folder.about[_SINCE])
    options = (*_SIZE, "--start", since.isoformat(), "--region", REGION)
    with started("sagemaker-tuning-emulator", options, session) as emulator:
        assert emulator.process.stdout is not None  # noqa: S101 - for mypy
        line = emulator.process.stdout.readline()
        if not line:
            emulator.wait()
            message = f"the emulator did not start: {emulator.last_line}"
            raise StageError(message)
        url = json.loads(line)["url"]
        later = max((now - since).total_seconds(), 0)
        _ask(f"{url}/_emulator/clock", {"seconds": later})
        scope = {"account": ACCOUNT, "region": REGION}
        yield {**_inherited(), **_ask(f"{url}/_emulator/environment", scope)}
        emulator.process.terminate()


def _ask(url: str, body: dict[str, Any]) -> dict[str, str]:
    request = urllib.request.Request(  # noqa: S310 - the emulator's
        url, data=json.dumps(body).encode(), method="POST"
    )
    with _DIRECT.open(request, timeout=30) as response:
        answer: dict[str, str] = json.load(response)
    return answer


def _inherited() -> dict[str, str]:
    return {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}
