"""The lines in the documents that point the tap at the emulator."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FOREIGN
from tests.docs.documents import PAGES, ROOT, blocks


@pytest.mark.slow
def test_the_lines_to_try_it_without_aws(tmp_path: Path) -> None:
    """Pasted into a shell in a checkout, the lines return rows and leave no process
    running."""
    page = {"getting-started": PAGES["docs/getting-started.md"]}
    (lines,) = [
        block.text
        for block in blocks("console", page)
        if block.section == "Try it without AWS"
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = lines.replace("$ ", "").replace("5005", str(port))
    script = script.replace(".venv/bin", str(Path(sys.executable).parent))
    script = script.replace("> out.jsonl", f"> {tmp_path / 'out.jsonl'}")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN)
    }
    done = subprocess.run(  # noqa: S603 - the documents' own lines
        ["bash", "-euo", "pipefail", "-m", "-c", f"{script}\nwait"],  # noqa: S607
        cwd=ROOT,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    streams = [
        message["stream"]
        for message in map(json.loads, written)
        if message["type"] == "RECORD"
    ]
    assert streams.count("tuning_jobs") == 6
    assert len(lines.splitlines()) == 6
