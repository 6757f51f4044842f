"""One account in one region: its tuning jobs, and how tests change them."""

from __future__ import annotations

import random
import threading
from bisect import insort
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import changes, descriptions, metrics
from sagemaker_tuning_emulator.clock import instant
from sagemaker_tuning_emulator.definitions import Definition
from sagemaker_tuning_emulator.errors import (
    ServiceError,
    invalid,
    no_trial,
    no_tuning_job,
)
from sagemaker_tuning_emulator.index import Index
from sagemaker_tuning_emulator.jobs import TuningJob
from sagemaker_tuning_emulator.plan import Plan, planned
from sagemaker_tuning_emulator.trials import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sagemaker_tuning_emulator.clock import Clock
    from sagemaker_tuning_emulator.homes import Home
    from sagemaker_tuning_emulator.jobs import Trial


class Scope:
    """The tuning jobs of one account in one region; thread-safe.

    Attributes:
        home: The account and region.
        clock: The emulator's clock.
        filter_after_cut: Whether `StatusEquals` filters pages only after they are cut,
            so that they can be short or empty and still have a token.
        empty_last_page: Whether a full last page has a token for an empty one.
        index: The index of its Search, with its delays and errors.
    """

    def __init__(self, home: Home, clock: Clock, seed: int) -> None:
        self.home = home
        self.clock = clock
        self.filter_after_cut = False
        self.empty_last_page = False
        self.index = Index()
        self._seed = seed
        self._jobs: list[TuningJob] = []
        self._named: dict[str, list[TuningJob]] = {}
        self._of_trial: dict[str, dict[datetime, TuningJob]] = {}
        self._lock = threading.RLock()

    def plan(
        self,
        name: str,
        *,
        created: datetime | str | None = None,
        **options: Any,
    ) -> TuningJob:
        """Add a tuning job with a random schedule from the emulator's seed.

        Args:
            name: Its name; the same name, creation and seed lead to the same schedule.
            created: Its creation; None for now.
            **options: Any field of `Plan` (`trials=45`, `trial_seconds=(60, 90)`), of
                its single `Definition` (`spot=True`), or of `TuningJob`
                (`strategy="Random"`, or `definitions=(…)` for several).
        """
        born = self.clock.now if created is None else instant(created)
        text = f"{self._seed}/{self.home.account}/{self.home.region}/{name}/{born}"
        rng = random.Random(text)  # noqa: S311 - a schedule, not a secret
        wanted = Plan(**_taken(Plan, options))
        own = _taken(Definition, options)
        if own:
            options["definitions"] = (Definition(**own),)
        return self.add(
            planned(TuningJob(name=name, created=born, **options), wanted, rng)
        )

    def add(self, job: TuningJob) -> TuningJob:
        """Add a tuning job with its schedule.

        Raises:
            ServiceError: ResourceInUse: another tuning job has that name at the time of
                creation.
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
            self._know(job)
        return job

    def replace(self, job: TuningJob) -> TuningJob:
        """Replace the existing tuning job of the same name."""
        return self._change(self.job(job.name), lambda _: job)

    def stop(self, name: str, seconds: float = 20.0) -> TuningJob:
        """Stop a tuning job now; its running trials end within `seconds`."""
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

        return self._change(self.job(name), change)

    def delete(self, name: str, deleting_seconds: float = 0.0) -> TuningJob:
        """Delete a tuning job in any status; for `deleting_seconds` it is Deleting."""
        now = self.clock.now
        return self._change(
            self.job(name), lambda job: changes.deleted(job, now, deleting_seconds)
        )

    def delete_trial(self, name: str, trial_name: str) -> Trial:
        """Delete one trial, in any status of the trial and its tuning job.

        Raises:
            ServiceError: The trial does not exist.
        """
        now = self.clock.now
        job, trial = self.trial(trial_name, now)
        if job.name.lower() != name.lower():
            raise no_trial()
        self._change(job, lambda job: changes.without_trial(job, trial_name, now))
        return trial

    def job(self, name: str, at: datetime | None = None) -> TuningJob:
        """Return the tuning job that has a name, ignoring case, at `at` or now.

        Raises:
            ServiceError: ResourceNotFound, like the API.
        """
        asked = at or self.clock.now
        with self._lock:
            for job in self._named.get(name.lower(), ()):
                if job.exists(asked):
                    return job
        raise no_tuning_job(name)

    def jobs(self) -> list[TuningJob]:
        """Return all tuning jobs, including past and future ones, oldest first."""
        with self._lock:
            return self._jobs.copy()

    def trial(self, name: str, at: datetime) -> tuple[TuningJob, Trial]:
        """Return the trial that has a name, ignoring case, at `at`, and its tuning job.

        Trials outlive their tuning job.

        Raises:
            ServiceError: There is none, like the API.
        """
        wanted = name.lower()
        with self._lock:
            for job in self._of_trial.get(wanted, {}).values():
                for trial in job.trials:
                    if trial.name.lower() == wanted and trial.exists(at):
                        return job, trial
        raise no_trial()

    def trials(self, names: Iterable[str] | None) -> list[tuple[TuningJob, Trial]]:
        """Return all trials or those with these names, including past and future."""
        if names is None:
            return [(job, trial) for job in self.jobs() for trial in job.trials]
        with self._lock:
            return [
                (job, trial)
                for name in sorted(names)
                for job in self._of_trial.get(name.lower(), {}).values()
                for trial in job.trials
                if trial.name.lower() == name.lower()
            ]

    def parents(self, job: TuningJob) -> list[TuningJob]:
        """Return the parents of a warm-started tuning job, including deleted ones."""
        with self._lock:
            return [
                parent
                for name in job.parents
                for parent in self._named.get(name.lower(), ())
                if parent.created <= job.created
            ]

    def truth(self) -> dict[str, Any]:
        """Return what a full read should find now.

        Returns:
            `tuning_jobs`: summaries, oldest first; `trials`: summaries by tuning job
            name, oldest first. Member names are the API's, times are aware datetimes in
            UTC, and metric values are as botocore returns them.
        """
        now = self.clock.now
        return {
            "tuning_jobs": [job.view(now, self.home) for job in self._listed(now)],
            "trials": {
                job.name: [
                    trial.view(now, self.home)
                    for trial in job.trials
                    if trial.listed(now)
                ]
                for job in self._listed(now)
            },
        }

    def details(self) -> dict[str, Any]:
        """Return the details that a full read should find now, in addition to `truth`.

        Returns:
            `tuning_jobs`: descriptions, oldest first; `trials`: descriptions by tuning
            job name, oldest first; `tags`: `Tags` by tuning job name, which its trials
            share. In the same format as `truth`.
        """
        now, home = self.clock.now, self.home
        listed = self._listed(now)
        return {
            "tuning_jobs": [
                descriptions.tuning_job(job, now, home, self.parents(job))
                for job in listed
            ],
            "trials": {
                job.name: [
                    descriptions.trial(job, trial, now, home)
                    for trial in job.trials
                    if trial.listed(now)
                ]
                for job in listed
            },
            "tags": {job.name: descriptions.tags(job) for job in listed},
        }

    def metrics(self) -> dict[str, Any]:
        """Return the final metrics in CloudWatch of listed trials that have ended.

        Returns:
            Series by tuning job name and trial name. Each has `MetricName`, `Host`
            (such as `algo-1`; empty for a metric of the algorithm), and `Averages`:
            pairs of timestamp and value in order of time, by period (60 or 300
            seconds); empty if there are no points. Values are as botocore returns them.
        """
        now = self.clock.now
        return {
            job.name: {
                trial.name: metrics.truth(job, trial, self.home)
                for trial in job.trials
                if trial.listed(now) and reached(trial.ended, now)
            }
            for job in self._listed(now)
        }

    def _listed(self, now: datetime) -> list[TuningJob]:
        return [job for job in self.jobs() if job.listed(now)]

    def _change(
        self, old: TuningJob, change: Callable[[TuningJob], TuningJob]
    ) -> TuningJob:
        with self._lock:
            new = change(old)
            namesakes = self._named[old.name.lower()]
            namesakes[namesakes.index(old)] = new
            self._jobs.remove(old)
            for trial in old.trials:
                del self._of_trial[trial.name.lower()][old.created]
            self._know(new)
            return new

    def _know(self, job: TuningJob) -> None:
        insort(self._jobs, job, key=_born)
        for trial in job.trials:
            self._of_trial.setdefault(trial.name.lower(), {})[job.created] = job


def _taken(kind: type[Plan | Definition], options: dict[str, Any]) -> dict[str, Any]:
    """Remove the options that are fields of a class, and return them."""
    known = {field.name for field in fields(kind)}
    return {name: options.pop(name) for name in known & options.keys()}


def _born(job: TuningJob) -> tuple[datetime, str]:
    return job.created.astimezone(UTC), job.name
