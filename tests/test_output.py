"""Messages are written in blocks of whole lines, in order, with none left behind.

`test_signals.py` has the tests of stopping the whole tap.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import contextmanager
from io import BufferedWriter, BytesIO, FileIO, TextIOWrapper
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib import RecordMessage, StateMessage

from tap_sagemaker_tuning.cli.output import BlockWriter
from tests.strategies import SOME

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB = 1024


def record(number: int, length: int = 10) -> RecordMessage:
    """A record of about this length."""
    return RecordMessage(stream="s", record={"n": number, "text": "x" * length})


def lines(messages: list[Any]) -> bytes:
    """The expected output lines of messages."""
    return b"".join(bytes(BlockWriter().format_message(each)) for each in messages)


@contextmanager
def collected() -> Iterator[BytesIO]:
    """Collect what is written to stdout, here not a pipe."""
    out = BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", TextIOWrapper(out))
        yield out


class Pipe:
    """A pipe in place of stdout."""

    def __init__(self) -> None:
        """Create it."""
        self.reading, writing = os.pipe()
        self.end = FileIO(writing, "w")
        self.read = bytearray()

    def drain(self, slowly: int = 0) -> None:
        """Read it to its end, this many bytes at a time, or 0 for all that are
        available."""
        while chunk := os.read(self.reading, slowly or 64 * KIB):
            self.read += chunk


@contextmanager
def pipe() -> Iterator[Pipe]:
    """Temporarily replace stdout with a pipe."""
    opened = Pipe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", TextIOWrapper(BufferedWriter(opened.end)))
        try:
            yield opened
        finally:
            opened.end.close()


def test_records_are_held_back() -> None:
    """Records are buffered until a block is full or another message has to be
    written."""
    writer = BlockWriter()
    records = [record(number) for number in range(3)]
    state = StateMessage({"bookmarks": {}})
    with collected() as out:
        for each in records:
            writer.write_message(each)
        assert out.getvalue() == b""
        writer.write_message(state)
        assert out.getvalue() == lines([*records, state])
        writer.flush()
        assert out.getvalue() == lines([*records, state])


def test_a_block_is_sixty_kibibytes() -> None:
    """A block including its last record fits into a pipe, which holds 64 KiB."""
    writer = BlockWriter()
    with collected() as out:
        for number in range(100):
            writer.write_message(record(number, KIB))
        written = out.getvalue()
        assert 60 * KIB <= len(written) < 62 * KIB
        assert written.endswith(b"}\n")
        writer.flush()
        assert out.getvalue().count(b"\n") == 100


@SOME
@given(
    st.lists(st.integers(0, 9 * KIB) | st.just(70 * KIB), max_size=40),
    st.sampled_from([0, 700, 5000]),
)
def test_all_is_written_in_order(lengths: list[int], slowly: int) -> None:
    """Everything is written in order, however slowly it is read."""
    messages = [record(number, length) for number, length in enumerate(lengths)]
    with pipe() as opened:
        reader = threading.Thread(target=opened.drain, args=[slowly])
        reader.start()
        writer = BlockWriter()
        for message in messages:
            writer.write_message(message)
        writer.flush()
        opened.end.close()
        reader.join()
    os.close(opened.reading)
    assert opened.read == lines(messages)


@pytest.mark.parametrize("length", [100, 3000])
def test_a_stop_leaves_whole_lines(length: int) -> None:
    """If the reader is blocked, a stop ends the writing; the pipe then has only whole
    lines, and nothing follows them."""
    messages = [record(number, length) for number in range(150_000 // length)]

    def stop() -> None:
        raise SystemExit(143)

    with pipe() as opened:
        writer = BlockWriter()
        writer.check_signal = stop
        with pytest.raises(SystemExit) as ended:
            any(map(writer.write_message, messages))
        assert ended.value.code == 143
        writer.write_message(StateMessage({"bookmarks": {}}))
        writer.flush()
    opened.drain()
    os.close(opened.reading)
    assert opened.read
    assert lines(messages).startswith(opened.read)
    assert opened.read.endswith(b"\n")


def test_a_full_disk_is_told() -> None:
    """Output that cannot be written is reported once, in one line."""
    writer = BlockWriter()
    with pytest.MonkeyPatch.context() as patch:
        full = FileIO("/dev/full", "w")
        patch.setattr(sys, "stdout", TextIOWrapper(BufferedWriter(full)))
        with pytest.raises(
            SystemExit, match=r"^Error: the output cannot be written: No"
        ):
            writer.write_message(StateMessage({"bookmarks": {}}))
        writer.write_message(StateMessage({"bookmarks": {}}))
        full.close()


@pytest.mark.parametrize("length", [100, 40_000])
def test_a_reader_that_goes_ends_the_tap(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """If the target exits while the tap waits for it, the tap ends, even with more than
    a page left to write."""
    read, write = os.pipe()
    messages = [StateMessage({"bookmarks": {"text": of * length}}) for of in "xy"]
    writer = BlockWriter()
    with TextIOWrapper(BufferedWriter(FileIO(write, "w"))) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        threading.Timer(0.5, os.close, [read]).start()
        with pytest.raises(SystemExit) as ended:
            any(map(writer.write_message, cycle(messages)))
    assert str(ended.value.code).startswith("Error: the target closed its input")


def test_the_same_state_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A STATE equal to the previous one is left out, but not the records before it."""
    record = RecordMessage("jobs", {"id": 1})
    states = [StateMessage({"bookmarks": {"n": n}}) for n in (1, 1, 2, 1)]
    with TextIOWrapper(BytesIO()) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        writer = BlockWriter()
        for state in states:
            writer.write_message(record)
            writer.write_message(state)
        stdout.seek(0)
        lines = [json.loads(line) for line in stdout]
    numbers = [
        line.get("value", {}).get("bookmarks", {}).get("n", "-") for line in lines
    ]
    assert numbers == ["-", 1, "-", "-", 2, "-", 1]
