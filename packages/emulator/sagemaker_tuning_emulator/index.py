"""The index of Search, whose records can be late, incomplete or duplicated. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import descriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sagemaker_tuning_emulator.homes import Home
    from sagemaker_tuning_emulator.jobs import Trial, TuningJob

Span = tuple[float, float]
Record = dict[str, Any]
"""The members of a `TrainingJob`."""


@dataclass(slots=True, kw_only=True)
class Index:
    """Settings of the index; the default is exact and up to date.

    The effect on a trial depends only on its name and these settings.

    Attributes:
        lag_seconds: Minimum and maximum delay of a record.
        missing: Fraction of the trials that are never found.
        thinned: Fraction of the records that lack `thinned_members`.
        thinned_members: The members that these records lack.
        duplicated: Fraction of the records that are found twice, once in an older
            state; either can come first.
        duplicate_seconds: How much older that state is.
        without_transitions: Whether all records lack `SecondaryStatusTransitions`.
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
        """Yield the records that are found at `at`, of trials with their tuning jobs.

        Times are truncated to whole seconds. Records have `Tags`.
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
    """Truncate all times in a value to whole seconds."""
    match value:
        case datetime():
            return value.replace(microsecond=0)
        case dict():
            return {name: _in_seconds(member) for name, member in value.items()}
        case list():
            return [_in_seconds(item) for item in value]
        case _:
            return value
