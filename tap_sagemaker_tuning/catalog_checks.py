"""Which catalogs are refused, and why: before the first call, a sentence per problem.

Pure: it looks at settings and streams and never at AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_sagemaker_tuning.checks import suggestion
from tap_sagemaker_tuning.replication.tally import FINAL_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_sagemaker_tuning.settings import Settings

PAGINATOR_SETTINGS = ("sort_by", "sort_order", "max_items", "starting_token")
"""Settings that only a FULL_TABLE read of `training_job_summaries` knows."""


class Stream(Protocol):
    """What these checks need of a stream: see `streams.base.TapStream`."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def replication_method(self) -> str:
        """How the catalog lets it replicate."""

    @property
    def methods(self) -> Sequence[str]:
        """How it can replicate."""

    @property
    def selected(self) -> bool:
        """Whether the catalog selects it."""

    @property
    def problems(self) -> Sequence[str]:
        """What it cannot do of the settings, a sentence each."""


def problems(
    settings: Settings, streams: Sequence[Stream], named: Iterable[str] | None
) -> list[str]:
    """Find what is wrong with a catalog, or with the settings beside it.

    Args:
        settings: The settings.
        streams: The tap's streams, as the catalog has configured them.
        named: The streams that the catalog names; None: there is no catalog.

    Returns:
        One sentence per problem.
    """
    chosen = {stream.name: stream.replication_method for stream in streams}
    allowed = {stream.name: stream.methods for stream in streams}
    found = method_problems(settings, chosen, allowed)
    found += stream_problems(settings.streams, chosen)
    if named is not None:
        selected = {stream.name: stream.selected for stream in streams}
        found += selection_problems(named, selected)
    return found or [
        problem for stream in streams for problem in stream.problems if stream.selected
    ]


def method_problems(
    settings: Settings,
    chosen: Mapping[str, str],
    allowed: Mapping[str, Sequence[str]],
) -> list[str]:
    """Find settings that do not go with how the catalog lets the streams replicate.

    Args:
        settings: The settings.
        chosen: The replication method of each stream, by its name.
        allowed: Which ones each stream has.

    Returns:
        One sentence per problem.
    """
    found = [
        f"catalog: replication method {method!r} of {stream}: not "
        + " or ".join(allowed[stream])
        for stream, method in chosen.items()
        if method not in allowed[stream]
    ]
    if chosen.get("training_job_summaries") == "FULL_TABLE":
        return found
    found += [
        f"{name}: only with the replication method FULL_TABLE of "
        "training_job_summaries, which the catalog chooses"
        for name in PAGINATOR_SETTINGS
        if getattr(settings, name) is not None
    ]
    only = settings.status_equals
    if only not in {None, *FINAL_STATUSES}:
        found.append(
            f"status_equals: {only!r} is not final: in incremental "
            f"replication one of {', '.join(FINAL_STATUSES)}"
        )
    return found


def stream_problems(names: Sequence[str] | None, known: Iterable[str]) -> list[str]:
    """Find what is wrong with the setting `streams`.

    Args:
        names: What it names; None: it is not set.
        known: Names of the tap's streams.

    Returns:
        One sentence per problem.
    """
    if names is None:
        return []
    if not names:
        return ["streams: is empty: leave it out, or name one"]
    unknown = sorted(set(names).difference(known))
    if unknown:
        told = f"streams: {', '.join(unknown)}: no such stream"
        return [told + suggestion(unknown, known)]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"streams: {name!r} is there {names.count(name)} times" for name in twice]


def selection_problems(named: Iterable[str], selected: Mapping[str, bool]) -> list[str]:
    """Find why a catalog cannot be what its user wants.

    Args:
        named: The streams that it names.
        selected: The tap's streams by name, and whether the catalog selects each.

    Returns:
        One sentence per problem.
    """
    unknown = sorted(set(named) - selected.keys())
    if unknown:
        told = f"catalog: {', '.join(unknown)}: no such stream"
        return [told + suggestion(unknown, selected)]
    if not any(selected.values()):
        return [f"catalog: selects no stream: select some of {', '.join(selected)}"]
    return []
