"""No message to Airbyte contains a secret: no log message, trace, status or record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.parsers import ResponseParserError

from tests.configurations import SECRET
from tests.planted import LIST, ODD, PLANTS, Plant

if TYPE_CHECKING:
    from tests.airbyte.source import SourceHere

NAMES = [plant.name for plant in PLANTS]


@pytest.mark.parametrize("plant", PLANTS, ids=NAMES)
def test_of_the_source(here: SourceHere, plant: Plant) -> None:
    """Neither log messages, traces nor rows of the source contain the secret."""
    here.tap.variables["LOGLEVEL"] = "DEBUG"
    config = plant.put(here.tap)
    streams = here("discover", config={}).contents("CATALOG")[0]["streams"]
    chosen = [{"stream": s, "sync_mode": "full_refresh"} for s in streams]
    output = here("read", config=config, catalog={"streams": chosen})
    assert output.returncode == 1
    assert [line for _, line in output.errors if plant.said in line]
    assert "stack_trace" in output.stdout
    assert SECRET not in output.stdout + output.stderr


@pytest.mark.parametrize("plant", PLANTS, ids=NAMES)
def test_of_a_check(here: SourceHere, plant: Plant) -> None:
    """The response of Airbyte's connection test does not contain the secret."""
    here.tap.variables["LOGLEVEL"] = "DEBUG"
    output = here("check", config=plant.put(here.tap))
    (status,) = output.contents("CONNECTION_STATUS")
    assert plant.said in status["message"]
    assert SECRET not in output.stdout + output.stderr


@pytest.mark.parametrize(("given", "shown"), ODD.values(), ids=[*ODD])
def test_odd_words_of_the_service(here: SourceHere, given: str, shown: str) -> None:
    """The service's text is one short line in every message."""
    here.tap.variables["LOGLEVEL"] = "DEBUG"
    body = json.dumps({"__type": "OddException", "message": given})
    here.tap.emulator.serve(LIST, [(400, {}, body)])
    output = here("check", config={})
    (status,) = output.contents("CONNECTION_STATUS")
    said = [status["message"], *output.log.splitlines()]
    assert shown in said[0]
    assert max(map(len, said)) < 2200
    assert [line for line in said if not line.isprintable()] == []


def test_what_nobody_foresaw(here: SourceHere, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception that ends the read is reported without its text."""

    def fail(*_: Any) -> None:
        raise ResponseParserError(SECRET)

    monkeypatch.setattr("tap_sagemaker_tuning.streams.scopes.record_of", fail)
    streams = here("discover", config={}).contents("CATALOG")[0]["streams"]
    chosen = [{"stream": s, "sync_mode": "full_refresh"} for s in streams]
    output = here("read", config={}, catalog={"streams": chosen})
    ((_, line),) = output.errors
    assert line.startswith("ResponseParserError: the response cannot be parsed")
    assert "ResponseParserError" in output.contents("TRACE")[-1]["error"]["stack_trace"]
    assert SECRET not in output.stdout + output.stderr


def test_an_odd_name(here: SourceHere) -> None:
    """The name of an unknown setting is made printable, too."""
    output = here("check", config={"\x1b[31mred\n": 1})
    (status,) = output.contents("CONNECTION_STATUS")
    assert status["message"] == "\ufffd[31mred : no such setting"
