"""Connections, and what a caller sees after an internal error."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from sagemaker_tuning_emulator import Emulator

from .calling import LIST_TUNING_JOBS, START, raw


class TestServer:
    """Connections, and what a caller sees after an internal error."""

    def test_connections_are_kept(self, emulator: Emulator) -> None:
        """One connection serves many calls, until the emulator stops."""
        connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
        for _ in range(3):
            connection.request("GET", "/_emulator/state")
            first = connection.sock
            connection.getresponse().read()
        assert connection.sock is first
        emulator.stop()
        connection.request("GET", "/_emulator/state")
        with pytest.raises(ConnectionError):
            connection.getresponse()
        connection.close()
        with pytest.raises(RuntimeError, match="not running"):
            _ = emulator.url

    def test_a_port_can_be_used_again(self) -> None:
        """A stopped emulator's port can be reused at once."""
        with Emulator(START) as first:
            port = int(first.url.rpartition(":")[2])
        with Emulator(START, port=port) as second:
            assert raw(second, LIST_TUNING_JOBS)[0] == 200

    def test_a_bug_is_an_internal_failure(
        self, emulator: Emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A bug in the emulator is logged, and answered with 500."""
        broken_answer: Any = [(200, {}, 3)]
        emulator.serve(LIST_TUNING_JOBS, broken_answer)
        status, _, text = raw(emulator, LIST_TUNING_JOBS)
        expected = {"__type": "InternalFailure", "message": ""}
        assert (status, json.loads(text)) == (500, expected)
        assert "POST / failed" in caplog.text
