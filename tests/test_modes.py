"""The modes of the tap other than sync: discovery, and descriptions of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.streams import STREAMS
from tap_sagemaker_tuning.streams.visiting import VisitingStream
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests import expected
from tests.configurations import DECLARED
from tests.expected import KEYS

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.streams.base import TapStream
    from tests.conftest import TapHere

SETTINGS = set(DECLARED)
OF_THE_SDK = {
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_separator",
    "flattening_max_key_length",
}


class TestModes:
    """The modes of the tap other than sync."""

    def test_discover(self, here: TapHere, emulator: Emulator) -> None:
        """--discover returns all streams with their schemas, without a call."""
        catalog = json.loads(here("--discover").stdout)
        streams = {stream["tap_stream_id"]: stream for stream in catalog["streams"]}
        assert list(streams) == list(KEYS)
        for name, stream in streams.items():
            written = (schemas_root() / f"{name}.json").read_text(encoding="utf-8")
            assert stream["schema"] == json.loads(written)
            assert stream["stream"] == name
            assert stream["key_properties"] == list(KEYS[name])
            metadata = {
                tuple(entry["breadcrumb"]): entry["metadata"]
                for entry in stream["metadata"]
            }
            assert metadata[()]["selected"] == (name in expected.STREAMS)
            for key in KEYS[name]:
                assert metadata["properties", key]["inclusion"] == "automatic"
        assert emulator.calls == []

    @pytest.mark.parametrize("stream", STREAMS, ids=lambda each: each.__name__)
    def test_replication(self, stream: type[TapStream]) -> None:
        """Streams that visit tuning jobs replicate by creation time; the others are
        read in full each time."""
        catalog = json.loads(TapSageMakerTuning(setup_mapper=False).catalog_json_text)
        entries = {entry["stream"]: entry for entry in catalog["streams"]}
        entry = entries[vars(stream)["name"]]
        written = entry["replication_method"], entry.get("replication_key")
        assert (written, stream.methods) == {
            True: (("INCREMENTAL", "creation_time"), ("INCREMENTAL", "FULL_TABLE")),
            False: (("FULL_TABLE", None), ("FULL_TABLE",)),
        }[issubclass(stream, VisitingStream)]

    def test_version(self, here: TapHere) -> None:
        """--version prints the versions of the tap and the SDK in one line."""
        printed = here("--version").stdout
        assert printed.startswith("tap-sagemaker-tuning v")
        assert "Meltano SDK v0.54." in printed
        assert printed.count("\n") == 1

    def test_about_as_json(self, here: TapHere, emulator: Emulator) -> None:
        """--about --format=json lists all settings, and only real capabilities."""
        about = json.loads(here("--about", "--format=json").stdout)
        assert about["name"] == "tap-sagemaker-tuning"
        assert set(about["settings"]["properties"]) == SETTINGS | OF_THE_SDK
        assert set(about["capabilities"]) == {
            "catalog",
            "state",
            "discover",
            "about",
            "stream-maps",
            "schema-flattening",
            "structured-logging",
        }
        assert emulator.calls == []

    @pytest.mark.parametrize("options", [(), ("--format=markdown",)], ids=str)
    def test_about_as_text(self, here: TapHere, options: tuple[str, ...]) -> None:
        """--about prints all settings as text."""
        done = here("--about", *options)
        assert done.returncode == 0
        assert [name for name in SETTINGS if name not in done.stdout] == []
        assert "Singer tap for Amazon SageMaker hyperparameter tuning" in done.stdout

    def test_test_schema(self, here: TapHere, emulator: Emulator) -> None:
        """--test=schema writes every stream's SCHEMA, without a call."""
        run = here("--test=schema", config={})
        assert run.returncode == 0
        written = [(message["type"], message["stream"]) for message in run.messages]
        assert written == [("SCHEMA", stream) for stream in KEYS]
        assert emulator.calls == []
