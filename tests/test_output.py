"""Blocks of messages: whole lines, in order, with nothing left behind.

For stops of the whole tap see `test_signals.py`.
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

from tap_sagemaker_tuning.output import BlockWriter
from tests.strategies import SOME

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB = 1024


def record(number: int, length: int = 10) -> RecordMessage:
    """A record of about this length."""
    return RecordMessage(stream="s", record={"n": number, "text": "x" * length})


def lines(messages: list[Any]) -> bytes:
    """What is to be written of messages."""
    return b"".join(bytes(BlockWriter().format_message(each)) for each in messages)


@contextmanager
def collected() -> Iterator[BytesIO]:
    """Collect for a while what goes to stdout, which is no pipe."""
    out = BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", TextIOWrapper(out))
        yield out


class Pipe:
    """A pipe in the place of stdout."""

    def __init__(self) -> None:
        """Open it."""
        self.reading, writing = os.pipe()
        self.end = FileIO(writing, "w")
        self.read = bytearray()

    def drain(self, slowly: int = 0) -> None:
        """Read it to its end, so many bytes at a time; 0: as many as there are."""
        while chunk := os.read(self.reading, slowly or 64 * KIB):
            self.read += chunk


@contextmanager
def pipe() -> Iterator[Pipe]:
    """Put a pipe in the place of stdout for a while."""
    opened = Pipe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", TextIOWrapper(BufferedWriter(opened.end)))
        try:
            yield opened
        finally:
            opened.end.close()


def test_records_are_held_back() -> None:
    """Until there is a block of them, or something else has to be written."""
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
    """With its last record it fits a pipe, which has 64 KiB."""
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
    """Whatever is written, and however slowly it is read."""
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
    """While nobody reads, a stop ends the writing; what is in the pipe are whole lines,
    and nothing comes after them."""
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
    """What cannot be written is one line, said once."""
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
    """When the target is gone while the tap waits for it to read, the tap ends, also if
    what it has to write is longer than a page."""
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
    """A STATE that equals the last one is left out; the records before it are not."""
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
    told = [line.get("value", {}).get("bookmarks", {}).get("n", "-") for line in lines]
    assert told == ["-", 1, "-", "-", 2, "-", 1]
