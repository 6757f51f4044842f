"""Checks the catalog, and the settings that depend on it, before the first call.

Pure: no call to AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_sagemaker_tuning.settings.checks import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_sagemaker_tuning.settings import Settings

PAGINATOR_SETTINGS = ("sort_by", "sort_order", "max_items", "starting_token")
"""Settings that apply only to a FULL_TABLE read of `training_job_summaries`."""


class Stream(Protocol):
    """The parts of a stream that these checks need: see `streams.base.TapStream`."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def replication_method(self) -> str:
        """The replication method that the catalog chooses."""

    @property
    def methods(self) -> Sequence[str]:
        """The replication methods that it supports."""

    @property
    def selected(self) -> bool:
        """Whether the catalog selects it."""

    @property
    def problems(self) -> Sequence[str]:
        """Settings that it does not support, as sentences."""


def problems(
    settings: Settings, streams: Sequence[Stream], named: Iterable[str] | None
) -> list[str]:
    """Find what is wrong with a catalog, or with the settings in combination with it.

    Args:
        settings: The settings.
        streams: The tap's streams, as the catalog configured them.
        named: The names of the streams in the catalog; None: there is no catalog.

    Returns:
        One sentence per problem.
    """
    chosen = {stream.name: stream.replication_method for stream in streams}
    allowed = {stream.name: stream.methods for stream in streams}
    sentences = method_problems(settings, chosen, allowed)
    sentences += stream_problems(settings.streams, chosen)
    if named is not None:
        selected = {stream.name: stream.selected for stream in streams}
        sentences += selection_problems(named, selected)
    return sentences or [
        problem for stream in streams for problem in stream.problems if stream.selected
    ]


def method_problems(
    settings: Settings,
    chosen: Mapping[str, str],
    allowed: Mapping[str, Sequence[str]],
) -> list[str]:
    """Find unsupported replication methods, and settings that conflict with them.

    Args:
        settings: The settings.
        chosen: The replication method of each stream, by name.
        allowed: The replication methods that each stream supports, by name.

    Returns:
        One sentence per problem.
    """
    sentences = [
        f"catalog: replication method {method!r} of {stream} is not "
        + " or ".join(allowed[stream])
        for stream, method in chosen.items()
        if method not in allowed[stream]
    ]
    if chosen.get("training_job_summaries") == "FULL_TABLE":
        return sentences
    return sentences + [
        f"{name}: requires the replication method FULL_TABLE of "
        "training_job_summaries: set it in the catalog"
        for name in PAGINATOR_SETTINGS
        if getattr(settings, name) is not None
    ]


def stream_problems(names: Sequence[str] | None, known: Iterable[str]) -> list[str]:
    """Find what is wrong with the setting `streams`.

    Args:
        names: Its value; None: it is not set.
        known: The names of the tap's streams.

    Returns:
        One sentence per problem.
    """
    if names is None:
        return []
    if not names:
        return ["streams: is empty: leave it out, or name one"]
    unknown = sorted(set(names).difference(known))
    if unknown:
        problem = f"streams: {', '.join(unknown)}: no such stream"
        return [problem + suggestion(unknown, known)]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"streams: {name!r} is listed {names.count(name)} times" for name in twice]


def selection_problems(named: Iterable[str], selected: Mapping[str, bool]) -> list[str]:
    """Find unknown streams in a catalog, and a catalog that selects no stream.

    Args:
        named: The names of the streams in the catalog.
        selected: Whether the catalog selects each of the tap's streams, by name.

    Returns:
        One sentence per problem.
    """
    unknown = sorted(set(named) - selected.keys())
    if unknown:
        problem = f"catalog: {', '.join(unknown)}: no such stream"
        return [problem + suggestion(unknown, selected)]
    if not any(selected.values()):
        return [f"catalog: selects no stream: select some of {', '.join(selected)}"]
    return []
