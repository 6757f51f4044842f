"""What Search knows of a scope's trials: late, incomplete, and twice. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator import descriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.homes import Home
    from emulator.jobs import Trial, TuningJob

Span = tuple[float, float]
Record = dict[str, Any]
"""The members of a `TrainingJob`."""


@dataclass(slots=True, kw_only=True)
class Index:
    """How well the index is kept; without options it is exact and up to date.

    What befalls a trial depends on its name and the options alone. Fractions are of 1.

    Attributes:
        lag_seconds: Shortest and longest time by which a record is late.
        missing: Fraction of the trials that are never found.
        thinned: Fraction of the records that lack `thinned_members`.
        thinned_members: What those lack.
        duplicated: Fraction of the records that are found twice, once as they were
            `duplicate_seconds` before; either can come first.
        duplicate_seconds: How much older the second record is.
        without_transitions: No record has `SecondaryStatusTransitions`.
    """

    lag_seconds: Span = (0.0, 0.0)
    missing: float = 0.0
    thinned: float = 0.0
    thinned_members: tuple[str, ...] = ("FinalMetricDataList",)
    duplicated: float = 0.0
    duplicate_seconds: float = 600.0
    without_transitions: bool = False

    def records(
        self, pairs: Iterable[tuple[TuningJob, Trial]], at: datetime, home: Home
    ) -> Iterator[Record]:
        """The records of trials, each with its tuning job, that are found at `at`.

        Their times are cut to whole seconds, and they have `Tags`.
        """
        for job, trial in pairs:
            rng = random.Random(trial.name)  # noqa: S311 - a schedule, not a secret
            lag = timedelta(seconds=rng.uniform(*self.lag_seconds))
            missing, thinned, duplicated = rng.random(), rng.random(), rng.random()
            if missing < self.missing:
                continue
            instants = [at - lag]
            if duplicated < self.duplicated:
                older = at - lag - timedelta(seconds=self.duplicate_seconds)
                instants.insert(rng.randint(0, 1), older)
            for instant in instants:
                record = descriptions.trial(job, trial, instant, home)
                if record is None:
                    continue
                record["Tags"] = descriptions.tags(job)
                if thinned < self.thinned:
                    for member in self.thinned_members:
                        record.pop(member, None)
                if self.without_transitions:
                    del record["SecondaryStatusTransitions"]
                yield _in_seconds(record)


def _in_seconds(value: Any) -> Any:
    """The value with all its times cut to whole seconds."""
    match value:
        case datetime():
            return value.replace(microsecond=0)
        case dict():
            return {name: _in_seconds(member) for name, member in value.items()}
        case list():
            return [_in_seconds(item) for item in value]
        case _:
            return value
