"""The demo's Meltano, and a copy of the checkout's Meltano project.

Nothing of the user's own is read or changed: neither `.meltano` nor `.env`, nor the
variables of AWS, Meltano, taps and targets.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tools.demo import processes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

PLUGINS = {
    "extractor": "tap-sagemaker-tuning",
    "loader": "target-postgres",
    "utility": "dbt-postgres",
}
"""What is installed, by Meltano's word for its kind."""

FAMILY = "^([a-z]+-[a-z]+)-"
"""What makes tuning jobs a family: churn-xgb-260228-1548-05 is of churn-xgb."""

LOAD = ("tap-sagemaker-tuning", "target-postgres")
LOAD_AND_BUILD = (*LOAD, "dbt-postgres:build")
"""The load, and then the models."""

_FOREIGN = ("AWS_", "MELTANO_", "TAP_", "TARGET_", "PYTHON", "VIRTUAL_ENV")
_EDITABLE = "pip_url: -e ."


class Project:
    """A Meltano project that is the demo's alone.

    Args:
        checkout: Whose `meltano.yml` it has.
        folder: Where all state goes.
    """

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._checkout = checkout
        self._root = folder / "project"
        self._venv = folder / "venv"
        self.log = folder / "meltano.log"
        self._pins = {
            "utility": {"UV_CONSTRAINT": str(checkout / "transform/constraints.txt")}
        }
        self._environment = _inherited() | {
            "UV_CONSTRAINT": str(Path(__file__).with_name("constraints.txt")),
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
            "MELTANO_HUB_URL": "http://127.0.0.1:9",  # no hub: it must not be needed
            "MELTANO_PROJECT_ROOT": str(self._root),
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            "NO_PROXY": ",".join([os.environ.get("NO_PROXY", ""), "127.0.0.1"]).strip(
                ","
            ),
            "XDG_STATE_HOME": str(folder / "state"),  # Meltano's logs
        }

    def install(self) -> None:
        """Install Meltano and its plugins from scratch, with no state kept.

        Raises:
            Failed: Something could not be installed.
        """
        uv = [_uv(), "--quiet"]
        if not self._tool("python").exists():
            self._run([*uv, "venv", "--python", sys.executable, str(self._venv)])
        wanted = ["--python", str(self._tool("python")), "meltano"]
        self._run([*uv, "pip", "install", *wanted])
        original = (self._checkout / "meltano.yml").read_text(encoding="utf-8")
        if original.count(_EDITABLE) != 1:
            message = f"meltano.yml must contain {_EDITABLE!r} exactly once"
            raise processes.Failed(message)
        up = os.path.relpath(self._checkout, self._root)
        self._root.mkdir(parents=True, exist_ok=True)
        copy = original.replace(_EDITABLE, f"pip_url: -e {up}")
        (self._root / "meltano.yml").write_text(copy, encoding="utf-8")
        models = self._root / "transform"
        shutil.rmtree(models, ignore_errors=True)
        shutil.copytree(self._checkout / "transform", models)
        with (models / "dbt_project.yml").open("a", encoding="utf-8") as dbt:
            dbt.write(f"\nvars:\n  tuning_job_family: '{FAMILY}'\n")
        for state in self._root.glob(".meltano/meltano.db*"):
            state.unlink()
        for kind, plugin in PLUGINS.items():
            command = [str(self._tool("meltano")), "install", kind, plugin]
            self._run(command, self._pins.get(kind))

    def sync(self, settings: Mapping[str, str], plugins: Sequence[str] = LOAD) -> None:
        """`meltano run`.

        Args:
            settings: Environment variables with the settings of all plugins.
            plugins: The plugins to run, in order.

        Raises:
            Failed: The run failed.
        """
        self._run([str(self._tool("meltano")), "run", *plugins], settings)

    @contextmanager
    def starting(
        self, settings: Mapping[str, str], *options: str
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a load, and end it with the block.

        Args:
            settings: As of `sync`.
            *options: Of `meltano run`, such as `--force`.
        """
        command = [str(self._tool("meltano")), "run", *options, *LOAD]
        environment = self._environment | dict(settings)
        with processes.running(
            command, self.log, cwd=self._root, env=environment
        ) as process:
            yield process

    def _run(self, command: list[str], more: Mapping[str, str] | None = None) -> None:
        environment = self._environment | dict(more or {})
        cwd = self._root if self._root.exists() else self._checkout
        processes.run(command, self.log, cwd=cwd, environment=environment)

    def _tool(self, name: str) -> Path:
        where = "Scripts" if sys.platform == "win32" else "bin"
        return self._venv / where / name


def _inherited() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN)
    }


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    if not beside.exists():
        message = f"no uv beside {sys.executable}: run `make setup` first"
        raise processes.Failed(message)
    return str(beside)
