"""Run a program by its entry point, for as long as the process that started it runs.

  python -m sagemaker_tuning_report.pipeline.child NAME ENTRY_POINT [ARGUMENT …]

Standard input must be a pipe that the other process holds open. A program that reads
it ends when it is closed; this module ends the others.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.metadata import EntryPoint

READ_INPUT = {"target-duckdb"}
"""The programs that read standard input."""


def main() -> None:
    """Run the program, and exit with its code."""
    name, value = sys.argv[1:3]
    sys.argv[:3] = [name]
    if name not in READ_INPUT:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(EntryPoint(name, value, "console_scripts").load()())


def _end_with_parent() -> None:
    os.read(0, 1)  # not by sys.stdin, whose lock must be free at the end
    os._exit(1)


if __name__ == "__main__":
    main()
