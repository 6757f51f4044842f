"""The SDK's private hooks that the package overrides are still called by the SDK.

If a new version of the SDK stopped calling one, the tap would silently change.
"""

from __future__ import annotations

import inspect
import re
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import Stream, Tap

from tap_sagemaker_tuning.streams.visiting import VisitingStream
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.expected import KEYS

if TYPE_CHECKING:
    from tests.conftest import TapHere

STREAMS: Any = TapSageMakerTuning(setup_mapper=False).streams
VISITING = {name for name, of in STREAMS.items() if isinstance(of, VisitingStream)}
OTHERS = STREAMS.keys() - VISITING
CALLED_BY_THE_SDK = ("_sync_records", "_write_schema_message")
STREAM_HOOKS = ("_generate_record_messages", *CALLED_BY_THE_SDK)


def overridden(ours: type, theirs: type) -> set[str]:
    """The private names of the SDK that one of our classes overrides."""
    own = [
        name
        for owner in ours.__mro__
        if owner.__module__.startswith("tap_sagemaker_tuning")
        for name in vars(owner)
    ]
    of_the_sdk = {name for owner in theirs.__mro__ for name in vars(owner)}
    private = re.compile("_(?!_|abc_)")
    return {name for name in own if name in of_the_sdk and private.match(name)}


def test_these_are_all() -> None:
    """Each overridden private name of the SDK has a test here."""
    tap = TapSageMakerTuning(setup_mapper=False)
    assert overridden(type(tap), Tap) == {
        "_env_var_config",
        "_handle_termination",
        "_validate_config",
    }
    assert set(STREAM_HOOKS) == set().union(
        *(overridden(type(stream), Stream) for stream in STREAMS.values())
    )


def test_stream_hooks(here: TapHere, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK asks each selected stream once to write its SCHEMA, and once for its
    records."""
    called: Counter[tuple[str, str]] = Counter()

    def spy(owner: type, hook: str) -> Any:
        original = getattr(owner, hook)

        def called_by_the_sdk(self: Stream, *args: Any, **more: Any) -> Any:
            called[self.name, hook] += 1
            return original(self, *args, **more)

        return called_by_the_sdk

    for stream in STREAMS.values():
        owner = type(stream)
        for hook in CALLED_BY_THE_SDK:
            monkeypatch.setattr(owner, hook, spy(owner, hook))
    monkeypatch.setattr(TapSageMakerTuning, "read_all", lambda _: None)
    assert here(config={}, catalog=here.catalog(*KEYS)).returncode == 0
    once = {(name, "_sync_records"): 1 for name in KEYS}
    visiting = {(name, "_write_schema_message"): 1 for name in VISITING}
    # The stream itself asks too, since one pass reads several streams.
    others = {(name, "_write_schema_message"): 2 for name in OTHERS}
    assert called == once | visiting | others


@pytest.mark.parametrize(
    ("owner", "hook", "parameters"),
    [
        (Stream, "_generate_record_messages", ["record"]),
        (Stream, "_sync_records", ["context", "write_messages"]),
        (Stream, "_write_schema_message", []),
        (Tap, "_validate_config", ["raise_errors"]),
        (Tap, "_handle_termination", ["signum", "frame"]),
    ],
)
def test_they_have_these_parameters(
    owner: type, hook: str, parameters: list[str]
) -> None:
    """Each hook exists in the SDK, with the parameters of our override."""
    signature = inspect.signature(getattr(owner, hook))
    assert list(signature.parameters) == ["self", *parameters]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """The SDK passes both signals to `_handle_termination`."""
    noted: list[int] = []

    def spy(_: Tap, signum: int, frame: object) -> None:
        noted.append(signum)
        assert frame is not None

    monkeypatch.setattr(TapSageMakerTuning, "_handle_termination", spy)
    TapSageMakerTuning(config={})
    signal.raise_signal(number)
    assert noted == [number]


@pytest.mark.parametrize("raise_errors", [True, False])
def test_settings_are_checked(
    monkeypatch: pytest.MonkeyPatch, *, raise_errors: bool
) -> None:
    """The SDK calls `_validate_config` for each tap that is created."""
    asked: list[bool] = []

    def spy(_: Tap, *, raise_errors: bool = True) -> list[str]:
        asked.append(raise_errors)
        return []

    monkeypatch.setattr(TapSageMakerTuning, "_validate_config", spy)
    TapSageMakerTuning(config={}, validate_config=raise_errors, setup_mapper=False)
    assert asked == [raise_errors]


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK reads the environment through `_env_var_config`, if it reads it at
    all."""
    variables = {"page_size": 7}
    monkeypatch.setattr(TapSageMakerTuning, "_env_var_config", variables)
    config = TapSageMakerTuning(config={}, parse_env_config=True).config
    assert config["page_size"] == 7
    assert TapSageMakerTuning(config={}).config["page_size"] == 100


def test_prefix_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's private prefix of variables, which the tap uses, is the documented
    one."""
    prefix = TapSageMakerTuning._env_var_prefix  # noqa: SLF001 - as the tap does
    assert prefix == "TAP_SAGEMAKER_TUNING_"
    monkeypatch.setenv("TAP_SAGEMAKER_TUNING_PAGE_SIZE", "7")
    config = TapSageMakerTuning(config={}, parse_env_config=True).config
    assert config["page_size"] == 7
