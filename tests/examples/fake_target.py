"""A target for tests of sync.sh, run as `python fake_target.py CONFIG…`, controlled by
FAKE_….

It appends records to FAKE_LOADED and, at the end of its input, writes the last state
that it received, or FAKE_SAYS if that is set. FAKE_ENDS is its exit code.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

state = None
with Path(os.environ["FAKE_LOADED"]).open("a", encoding="utf-8") as loaded:
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "RECORD":
            loaded.write(json.dumps(message["record"]) + "\n")
            loaded.flush()
        elif message["type"] == "STATE":
            state = message["value"]
said = os.environ.get("FAKE_SAYS", json.dumps(state) if state else "")
sys.stdout.write(said + "\n" if said else "")
sys.exit(int(os.environ.get("FAKE_ENDS", "0")))
