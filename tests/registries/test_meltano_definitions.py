"""The definition for Meltano is up to date, and works with `meltano add` and
`invoke`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_tools import ROOT
from tap_tools.generated import registries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator

NAME = "tap-sagemaker-tuning"
SELECTED = {"tuning_jobs", "training_job_summaries", "scopes"}
"""The streams that are selected by default."""


def held() -> dict[str, Any]:
    """The definition in the repository."""
    project: dict[str, Any] = yaml.safe_load(
        registries.PATH.read_text(encoding="utf-8")
    )
    return project


def test_every_definition_is_generated() -> None:
    """Every definition in the folder is generated."""
    definitions = set(registries.FOLDER.glob("*.yml"))
    assert set(registries.files()) == definitions


def test_package_is_taken_from_no_index() -> None:
    """The definition has no package name that anybody could register: the user sets the
    package's location."""
    assert held()["pip_url"] == "${TUNING_TAP_PACKAGE}"


@dataclass
class Project:
    """A user's Meltano project, and the wheel of the tap.

    Attributes:
        folder: The project's folder.
        environment: The environment of Meltano's process.
        meltano: The `meltano` program.
    """

    folder: Path
    environment: dict[str, str]
    meltano: Path

    def run(self, *arguments: str) -> str:
        """Run Meltano, and return its standard output; it must succeed."""
        done = subprocess.run(  # noqa: S603 - the command is ours
            [str(self.meltano), *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def added(self) -> dict[str, Any]:
        """The tap's entry in meltano.yml."""
        text = (self.folder / "meltano.yml").read_text(encoding="utf-8")
        (entry,) = yaml.safe_load(text)["plugins"]["extractors"]
        return dict(entry)

    def streams_read(self) -> set[str]:
        """Sync once, and return the streams with records."""
        messages = map(json.loads, self.run("invoke", NAME).splitlines())
        return {each["stream"] for each in messages if each["type"] == "RECORD"}


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator) -> Project:
    """An empty Meltano project, beside an emulator with a tuning job."""
    from tests.environments import BUILD, UV  # noqa: PLC0415 - only for slow tests
    from tests.examples.world import install_meltano  # noqa: PLC0415 - likewise

    install_meltano()
    emulator.scope().plan("churn", trials=3, parallel=3)
    emulator.clock.move(seconds=600)
    build = ["build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "dist")]
    subprocess.run(  # noqa: S603 - ours
        [str(UV), *build, "--python", sys.executable, str(ROOT)], check=True
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    folder = tmp_path / "project"
    folder.mkdir()
    done = subprocess.run(  # noqa: S603 - ours
        [str(UV), "cache", "dir"], capture_output=True, text=True, check=True
    )
    own = {"requires_meltano": ">=4.4", "send_anonymous_usage_stats": False}
    (folder / "meltano.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
    foreign = ("AWS_", "MELTANO_", "TAP_", "TUNING_", "VIRTUAL_ENV")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    environment = {
        **inherited,
        **emulator.environment("123456789012", "us-east-1"),
        registries.PACKAGE: str(wheel),
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "MELTANO_HUB_API_ROOT": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),  # Meltano caches responses of hubs
        "UV_CACHE_DIR": done.stdout.strip(),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    return Project(folder, environment, BUILD / "meltano" / "venv" / "bin" / "meltano")


@contextmanager
def serving() -> Iterator[str]:
    """Serve the definition as Meltano Hub does, and yield the URL."""
    variants: dict[str, dict[str, str]] = {"original": {}}
    logo = {"logo_url": ""}  # Meltano 4.4.1 does not find a plugin without it
    index = {NAME: {"default_variant": "original", "variants": variants, **logo}}
    path = f"/plugins/extractors/{NAME}--original"
    answers = {"/plugins/extractors/index": index, path: held()}

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path)
            self.send_response(200 if answer else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    url = f"http://127.0.0.1:{server.server_port}"
    variants["original"]["ref"] = url + path
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_added_from_the_file(project: Project) -> None:
    """The documents' commands add the tap, install it from the wheel and select the
    default streams: `meltano add --from-ref` imports everything except `select`."""
    copy = project.folder / registries.PATH.name
    copy.write_bytes(registries.PATH.read_bytes())
    project.run("add", "--plugin-type", "extractor", NAME, "--from-ref", copy.name)
    assert project.added()["settings"] == held()["settings"]
    project.run("config", "set", NAME, "_select", json.dumps(held()["select"]))
    assert project.streams_read() == SELECTED


@pytest.mark.slow
def test_added_from_a_hub(project: Project) -> None:
    """With a hub that has the definition, `meltano add`, `install` and `invoke` also
    work."""
    with serving() as url:
        project.environment["MELTANO_HUB_API_ROOT"] = url
        project.run("add", "--no-install", "--plugin-type", "extractor", NAME)
        assert project.added()["variant"] == "original"
        project.run("install", "extractor", NAME)
        assert project.streams_read() == SELECTED
