"""Runs the commands of an example's README as they stand, without any setup.

They run in a copy of the checkout, in one shell, with its own home folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.conftest import ACCOUNT, REGION
from tests.environments import UV, copy_checkout
from tests.examples.world import FOREIGN, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator

NOT_HERE = ("systemctl", "journalctl")
"""Programs that are replaced by ones that only record their arguments, because test
machines have no systemd."""


def commands(readme: str) -> list[str]:
    """The commands in the console blocks, in order."""
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", readme, re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    assert [line for line in lines if not line.startswith("$ ")] == []
    return [line.removeprefix("$ ") for line in lines]


def type_readme(
    example: str, folder: Path, emulator: Emulator, filled_in: Mapping[str, str]
) -> list[str]:
    """Run all commands of an example's README; each must succeed.

    Args:
        example: The name of the example's folder.
        folder: A folder for all files.
        emulator: The emulator for the tap.
        filled_in: The reader's values, by the README's placeholders.

    Returns:
        How the replaced programs were called.
    """
    checkout = folder / "checkout"
    copy_checkout(checkout)
    where = checkout / "examples" / example
    typed = commands((where / "README.md").read_text(encoding="utf-8"))
    type_commands(typed, folder, where, emulator, filled_in)
    called = folder / "called"
    return called.read_text(encoding="utf-8").splitlines() if called.exists() else []


def type_commands(
    typed: Sequence[str],
    folder: Path,
    where: Path,
    emulator: Emulator,
    filled_in: Mapping[str, str],
) -> str:
    """Run commands in one shell; each must succeed.

    Args:
        typed: The commands.
        folder: A folder for programs and a home.
        where: The folder to start in.
        emulator: The emulator for the tap.
        filled_in: The reader's values, by the documents' placeholders.

    Returns:
        The output.
    """
    script = "\n".join(typed)
    for word, value in filled_in.items():
        assert word in script
        script = script.replace(word, value)
    environment = _environment(folder) | emulator.environment(ACCOUNT, REGION)
    done = run(["bash", "-euxc", script], environment, cwd=where)
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def _environment(folder: Path) -> dict[str, str]:
    """A home, and a folder of programs that has only uv."""
    programs, home = folder / "bin", folder / "home"
    programs.mkdir()
    home.mkdir()
    (programs / "uv").symlink_to(UV)
    for name in NOT_HERE:
        program = programs / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >>{folder / "called"}\n', "utf-8"
        )
        program.chmod(0o755)
    cache = subprocess.run(  # noqa: S603 - the command is ours
        [UV, "cache", "dir"], capture_output=True, text=True, check=True
    )
    own = str(UV.parent)
    path = [each for each in os.environ["PATH"].split(":") if each != own]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    return {
        **inherited,
        "HOME": str(home),
        "PATH": ":".join([str(programs), *path]),
        "UV_CACHE_DIR": cache.stdout.strip(),
        "UV_PYTHON": os.path.realpath(sys.executable),
        "UV_TOOL_BIN_DIR": str(programs),
        "UV_TOOL_DIR": str(folder / "tools"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "MELTANO_HUB_URL": "http://127.0.0.1:9",
        "NO_COLOR": "1",
    }
