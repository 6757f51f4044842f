"""All streams write the same records as the SDK, only faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from singer_sdk import Stream

from tap_sagemaker_tuning.cli.output import BlockWriter
from tap_sagemaker_tuning.streams import STREAMS
from tap_sagemaker_tuning.streams.training_job_summaries import record_of
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.case_files import KEYS, LISTED
from tests.strategies import SOME, structures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.singerlib import RecordMessage

TRIALS = "training_job_summaries"
RECORD = record_of(LISTED, KEYS)


def stream(**config: Any) -> Any:
    """The stream of trials of a tap with these settings."""
    return TapSageMakerTuning(config=config).streams[TRIALS]


def written(messages: Iterable[RecordMessage]) -> list[bytes]:
    """The lines of messages, without the time at which they were made."""
    lines = []
    for message in messages:
        message.time_extracted = None
        # A copy, because the writer reuses one buffer for all messages.
        lines.append(bytes(BlockWriter().format_message(message)))
    return lines


def by_the_sdk(of: Any, record: dict[str, Any]) -> list[bytes]:
    """The output of the SDK's own code for a record."""
    return written(Stream._generate_record_messages(of, record))  # noqa: SLF001


def by_us(of: Any, record: dict[str, Any]) -> list[bytes]:
    """The output of the package's code for a record."""
    return written(of._generate_record_messages(record))  # noqa: SLF001


PLAIN = stream()


@SOME
@given(structures("HyperParameterTrainingJobSummary"))
def test_any_record_is_written_as_the_sdk_does(summary: dict[str, Any]) -> None:
    """With nothing deselected, the output is byte for byte the SDK's."""
    record = record_of(summary, KEYS)
    assert by_us(PLAIN, dict(record)) == by_the_sdk(PLAIN, dict(record))


@pytest.mark.parametrize(
    "config",
    [
        {"flattening_enabled": True, "flattening_max_depth": 2},
        {"stream_maps": {TRIALS: {"region": None, "twice": "region + region"}}},
        {"stream_maps": {TRIALS: "__NULL__"}},
    ],
    ids=["flattened", "mapped", "left out"],
)
def test_with_the_sdks_own_settings(config: dict[str, Any]) -> None:
    """The SDK's flattening and stream maps work."""
    of = stream(**config)
    ours = by_us(of, of.post_process(dict(RECORD)))
    assert ours == by_the_sdk(of, of.post_process(dict(RECORD)))
    assert ours != by_us(PLAIN, dict(RECORD))


def test_a_deselected_column_is_left_out() -> None:
    """With a deselected column, the SDK's own code is used."""
    of = stream()
    of.metadata["properties", "region"].selected = False
    (line,) = by_us(of, dict(RECORD))
    assert b'"region"' not in line
    assert [line] == by_the_sdk(of, dict(RECORD))


def test_a_null_object_is_flattened() -> None:
    """Flattening a trial without an objective adds no column that the schema lacks."""
    of = stream(flattening_enabled=True, flattening_max_depth=2)
    (mapped,) = of.stream_maps
    record = mapped.transform(of.post_process(dict(RECORD)))
    assert record.keys() <= mapped.transformed_schema["properties"].keys()
    row = PLAIN.post_process(dict(RECORD))
    assert row == RECORD


@pytest.mark.parametrize("of", STREAMS, ids=lambda of: of.name)
def test_state_is_the_streams_own(of: Any) -> None:
    """The SDK's bookmarks are unused."""
    made = TapSageMakerTuning(config={}).streams[of.name]
    before = dict(made.tap_state)
    assert made.get_replication_key_signpost(None) is None
    assert made.partitions is None
    assert made.tap_state == before
