"""The example in the emulator's README runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_example_runs() -> None:
    """The example can be pasted into a file, and all its assertions hold."""
    readme = README.read_text(encoding="utf-8")
    (example,) = re.findall("```python\n(.*?)```", readme, re.DOTALL)
    done = subprocess.run(  # noqa: S603 - the document's own example
        [sys.executable, "-c", example],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
