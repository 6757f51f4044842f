"""The streams, one module each, and `STREAMS`, which finds them by their schemas.

State checks, catalog checks, IAM policies, the docs and the tests all use that list.
"""

from __future__ import annotations

from importlib import import_module

from tap_sagemaker_tuning import stream_names
from tap_sagemaker_tuning.settings import DEFAULT_STREAMS
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.streams.visiting import JobStream, TrialStream

_KINDS: tuple[type[TapStream], ...] = (JobStream, TrialStream, TapStream)


def _class_of(name: str) -> type[TapStream]:
    """The class of the stream whose schema has this name: `TuningJobs` of tuning_jobs.

    Raises:
        ImportError, AttributeError: There is no module of this name, or it has no such
            class.
    """
    module = import_module(f"{__name__}.{name}")
    stream: type[TapStream] = getattr(module, name.title().replace("_", ""))
    return stream


def _place(stream: type[TapStream]) -> tuple[bool, bool, int, str]:
    """Sort the default streams first, and those of tuning jobs before other kinds."""
    name: str = vars(stream)["name"]
    kind = next(rank for rank, kind in enumerate(_KINDS) if issubclass(stream, kind))
    return stream.is_read_last, name not in DEFAULT_STREAMS, kind, name


STREAMS: tuple[type[TapStream], ...] = tuple(
    sorted(map(_class_of, stream_names()), key=_place)
)
"""All streams, in the order of the docs."""
