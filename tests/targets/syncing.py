"""`tap | target`, as in a shell."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TapProcess
    from tests.targets.warehouses import Warehouse

FOREIGN = ("AWS_", "TAP_", "TARGET_", "PYTHON", "VIRTUAL_ENV")


def sync(
    tap: TapProcess,
    warehouse: Warehouse,
    *,
    target: dict[str, Any] | None = None,
    **files: dict[str, Any] | None,
) -> dict[str, Any]:
    """Run one sync to its end; it must succeed.

    Args:
        tap: The tap.
        warehouse: The warehouse.
        target: Further settings of the target.
        **files: `config`, `state` and `catalog` for the tap.

    Returns:
        The last state that the target wrote.
    """
    settings = tap.folder / "target.json"
    settings.write_text(json.dumps(warehouse.config | (target or {})), "utf-8")
    return piped(
        tap,
        [*warehouse.command, "--config", str(settings)],
        warehouse.variables,
        **files,
    )


def piped(
    tap: TapProcess,
    command: list[str],
    variables: dict[str, str],
    **files: dict[str, Any] | None,
) -> dict[str, Any]:
    """Pipe the tap into a command, and return the last line of its output.

    The tap's output is also in `written`.
    """
    logs = [tap.folder / "tap.log", tap.folder / "target.log"]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    with (
        logs[0].open("w") as tap_log,
        logs[1].open("w") as target_log,
        subprocess.Popen(  # noqa: S603 - the command is ours
            tap.command(**files),
            env=tap.environment(),
            stdout=subprocess.PIPE,
            stderr=tap_log,
        ) as source,
        subprocess.Popen(  # noqa: S603 - the command is ours
            ["tee", str(written(tap))],  # noqa: S607 - wherever it is installed
            stdin=source.stdout,
            stdout=subprocess.PIPE,
        ) as tee,
        subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            env=inherited | variables,
            cwd=tap.folder,
            stdin=tee.stdout,
            stdout=subprocess.PIPE,
            stderr=target_log,
        ) as sink,
    ):
        for pipe in (source.stdout, tee.stdout):
            assert pipe is not None
            pipe.close()  # so that each notices when the next one has ended
        answer, _ = sink.communicate(timeout=120)
        source.wait(timeout=30)
    codes = (source.returncode, sink.returncode)
    assert codes == (0, 0), "\n".join([str(codes), *map(_end, logs)])
    lines = answer.splitlines()
    state: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return state


def written(tap: TapProcess) -> Path:
    """The file with the tap's output in its last sync."""
    return tap.folder / "written.jsonl"


def _end(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-3000:]
