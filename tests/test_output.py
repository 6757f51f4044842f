"""output.py: what is written while nobody reads. For stops see `test_signals.py`."""

from __future__ import annotations

import os
import sys
import threading
from io import BufferedWriter, FileIO, TextIOWrapper
from itertools import repeat

import pytest
from singer_sdk.singerlib import StateMessage

from tap_sagemaker_tuning.output import BlockWriter


@pytest.mark.parametrize("length", [100, 40_000])
def test_a_reader_that_goes_ends_the_tap(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """When the target is gone while the tap waits for it to read, the tap ends, also if
    what it has to write is longer than a page."""
    read, write = os.pipe()
    message = StateMessage({"bookmarks": {"text": "x" * length}})
    writer = BlockWriter()
    with TextIOWrapper(BufferedWriter(FileIO(write, "w"))) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        threading.Timer(0.5, os.close, [read]).start()
        with pytest.raises(SystemExit) as ended:
            any(map(writer.write_message, repeat(message)))
    assert ended.value.code == 1
