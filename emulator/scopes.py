"""One account in one region: its tuning jobs, and what tests do to them."""

from __future__ import annotations

import random
import threading
from bisect import insort
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from emulator import changes
from emulator.clock import instant
from emulator.errors import ServiceError, invalid, no_tuning_job
from emulator.jobs import TuningJob
from emulator.plan import Plan, planned

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.clock import Clock
    from emulator.homes import Home
    from emulator.jobs import Trial


class Scope:
    """The tuning jobs of one account in one region; safe for many threads.

    Attributes:
        home: The account and region.
        filter_after_cut: With `StatusEquals` the page is cut first and filtered
            after, so pages can be short or empty and still carry a token.
        empty_last_page: A full last page carries a token to an empty one.
    """

    def __init__(self, home: Home, clock: Clock, seed: int) -> None:
        self.home = home
        self.clock = clock
        self.filter_after_cut = False
        self.empty_last_page = False
        self._seed = seed
        self._jobs: list[TuningJob] = []
        self._named: dict[str, list[TuningJob]] = {}
        self._lock = threading.RLock()

    def plan(
        self,
        name: str,
        *,
        created: datetime | str | None = None,
        **options: Any,
    ) -> TuningJob:
        """Add a seeded, living tuning job, created now or at `created`.

        Args:
            name: Its name; the same name, creation and seed give the same schedule.
            created: Its creation; None: now.
            **options: Any field of `Plan` (`trials=45`, `trial_seconds=(60, 90)`)
                and any other of `TuningJob` (`strategy="Random"`).
        """
        born = self.clock.now if created is None else instant(created)
        text = f"{self._seed}/{self.home.account}/{self.home.region}/{name}/{born}"
        rng = random.Random(text)  # noqa: S311 - a schedule, not a secret
        known = {field.name for field in fields(Plan)}
        wanted = Plan(**{key: options.pop(key) for key in known & options.keys()})
        return self.add(
            planned(TuningJob(name=name, created=born, **options), wanted, rng)
        )

    def add(self, job: TuningJob) -> TuningJob:
        """Add a schedule.

        Raises:
            ServiceError: ResourceInUse: a tuning job of that name has not been
                deleted by the time this one is created.
        """
        with self._lock:
            namesakes = self._named.setdefault(job.name.lower(), [])
            for other in namesakes:
                if other.deleted is None or other.deleted > job.created:
                    code = "ResourceInUse"
                    message = (
                        "Hyperparameter tuning job names must be unique within an AWS "
                        "account and region, and a hyperparameter tuning job already "
                        f"exists with the name {other.name}."
                    )
                    raise ServiceError(code, message)
            namesakes.append(job)
            insort(self._jobs, job, key=_born)
        return job

    def replace(self, job: TuningJob) -> TuningJob:
        """Put a schedule in the place of the living one of its name."""
        return self._change(job.name, lambda _: job)

    def stop(self, name: str, seconds: float = 20.0) -> TuningJob:
        """Stop a tuning job from now on; its running trials end within `seconds`."""
        now = self.clock.now

        def change(job: TuningJob) -> TuningJob:
            status = job.status_at(now)
            if status == "Stopping":
                return job
            if status != "InProgress":
                message = (
                    "The request was rejected because the hyperparameter tuning job "
                    f"is in status {status}."
                )
                raise invalid(message)
            return changes.stopped(job, now, seconds)

        return self._change(name, change)

    def delete(self, name: str, deleting_seconds: float = 0.0) -> TuningJob:
        """Delete a tuning job, whatever its status, with all that it shows."""
        now = self.clock.now
        return self._change(
            name, lambda job: changes.deleted(job, now, deleting_seconds)
        )

    def delete_trial(self, name: str, trial_name: str) -> Trial:
        """Delete one trial of a tuning job, whatever its status."""
        now = self.clock.now
        gone = [
            trial
            for trial in self.job(name).trials
            if trial.name.lower() == trial_name.lower() and trial.exists(now)
        ]
        if not gone:
            message = "Requested resource not found."
            raise invalid(message)
        self._change(name, lambda job: changes.without_trial(job, trial_name, now))
        return gone[0]

    def job(self, name: str, at: datetime | None = None) -> TuningJob:
        """The tuning job of a name, compared without case, that lives at `at` or now.

        Raises:
            ServiceError: ResourceNotFound, as the API says it.
        """
        asked = at or self.clock.now
        with self._lock:
            for job in self._named.get(name.lower(), ()):
                if job.exists(asked):
                    return job
        raise no_tuning_job(name)

    def jobs(self) -> list[TuningJob]:
        """All schedules, past and future ones included, oldest first."""
        with self._lock:
            return self._jobs.copy()

    def owner(self, trial_name: str) -> TuningJob | None:
        """The living tuning job that shows a trial of that name, or None."""
        now = self.clock.now
        wanted = trial_name.lower()
        for job in self.jobs():
            if job.exists(now) and any(
                trial.name.lower() == wanted and trial.exists(now)
                for trial in job.trials
            ):
                return job
        return None

    def truth(self) -> dict[str, Any]:
        """What a full read would show now.

        Returns:
            `tuning_jobs`: summaries, oldest first; `trials`: tuning job name to
            summaries, oldest first. Member names are the API's, times are aware
            datetimes in UTC, metric values as botocore gives them.
        """
        now = self.clock.now
        listed = [job for job in self.jobs() if job.listed(now)]
        return {
            "tuning_jobs": [job.view(now, self.home) for job in listed],
            "trials": {
                job.name: [
                    trial.view(now, self.home)
                    for trial in job.trials
                    if trial.listed(now)
                ]
                for job in listed
            },
        }

    def _change(self, name: str, change: Callable[[TuningJob], TuningJob]) -> TuningJob:
        with self._lock:
            old = self.job(name)
            new = change(old)
            namesakes = self._named[name.lower()]
            namesakes[namesakes.index(old)] = new
            self._jobs.remove(old)
            insort(self._jobs, new, key=_born)
            return new


def _born(job: TuningJob) -> tuple[datetime, str]:
    return job.created.astimezone(UTC), job.name
