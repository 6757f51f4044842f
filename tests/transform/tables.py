"""What two syncs have loaded, derived from the emulator's truth at each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sagemaker_tuning_emulator import Emulator
    from tests.transform.series import Key, Machine, Series

Members = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A tuning job: its scope, its summary, and its description if loaded."""

    account: str
    region: str
    summary: Members
    described: Members | None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.summary["HyperParameterTuningJobName"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.summary["HyperParameterTuningJobArn"])

    @property
    def created(self) -> datetime:
        """When it was created."""
        created: datetime = self.summary["CreationTime"]
        return created

    @property
    def ended(self) -> datetime | None:
        """When it ended."""
        return self.summary.get("HyperParameterTuningEndTime")

    @property
    def definitions(self) -> list[Members]:
        """Its definitions, each with its objective and its ranges."""
        described = self.described or {}
        config = described.get("HyperParameterTuningJobConfig", {})
        one = described.get("TrainingJobDefinition")
        if one is not None:
            alone = {
                "TuningObjective": config["HyperParameterTuningJobObjective"],
                "HyperParameterRanges": config["ParameterRanges"],
            }
            return [{**one, **alone}]
        several: list[Members] = described.get("TrainingJobDefinitions", [])
        return several


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial: the tuning job that now has its ARN, its summary and its description."""

    job: Job
    summary: Members
    described: Members | None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.summary["TrainingJobName"])

    @property
    def is_of_deleted_namesake(self) -> bool:
        """Whether it is older than the tuning job that now has the ARN."""
        created: datetime = self.summary["CreationTime"]
        return created <= self.job.created - timedelta(seconds=1)

    @property
    def value(self) -> float | None:
        """Its objective metric, if that is a finite number."""
        metric = self.summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
        value = float(metric.get("Value", "nan"))
        return value if abs(value) < float("inf") else None

    @property
    def seconds(self) -> float | None:
        """How many seconds it trained."""
        start = self.summary.get("TrainingStartTime")
        end = self.summary.get("TrainingEndTime")
        if start is None or end is None:
            return None
        took: timedelta = end - start
        return took.total_seconds()

    def team(self, tag: str | None) -> str | None:
        """The value of one of its tags."""
        tags = (self.described or {}).get("Tags", [])
        values = {each["Key"]: each["Value"] for each in tags}
        return None if tag is None else values.get(tag)

    @property
    def is_final(self) -> bool:
        """Whether it can no longer change."""
        pending = "Ended" if self.job.ended else "Pending"
        return (
            self.summary["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"}
            and self.summary.get("ObjectiveStatus", pending) != "Pending"
        )

    @property
    def definition(self) -> Members:
        """The definition that it came from, or empty if not loaded."""
        if self.is_of_deleted_namesake:
            return {}
        name = self.summary.get("TrainingJobDefinitionName")
        every = self.job.definitions
        named = [each for each in every if each.get("DefinitionName") == name]
        return next(iter([*named, *every]), {})


@dataclass(frozen=True, kw_only=True)
class Known:
    """Everything that was loaded.

    Attributes:
        jobs: Tuning jobs by ARN.
        trials: Trials by ARN.
        prices: Hourly prices by region and instance type, earliest first: from when, in
            which currency, and how much.
        directions: The directions of metrics in the var.
        deleted: The ARNs of tuning jobs that were deleted before they were settled.
        team_tag: The tag for teams in the var.
        family: The pattern for families in the var.
        series: The metrics over time.
        machines: What the price list has on an instance type in a region.
        as_of: How far the scope is complete: a minute before the last sync began, by
            the emulated clock, or None if the scopes were not loaded.
    """

    jobs: Mapping[str, Job]
    trials: Mapping[str, Trial]
    prices: Mapping[tuple[str, str], list[tuple[str, str, float]]]
    as_of: datetime | None
    directions: Mapping[str, str] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    team_tag: str | None = None
    family: str | None = None
    series: Mapping[Key, Series] = field(default_factory=dict)
    machines: Mapping[tuple[str, str], Machine] = field(default_factory=dict)

    def price(
        self, region: str, instance_type: str, at: datetime | None
    ) -> float | None:
        """The hourly price at a time, or the latest."""
        prices = self.prices.get((region, instance_type), [])
        day = at.replace(tzinfo=None).isoformat() if at else "9999"
        since = [each for each in prices if each[0] <= day] or prices[:1]
        return since[-1][2] if since else None

    def currency(self, region: str) -> str | None:
        """The currency of a region's prices."""
        found = [
            prices[0][1] for (of, _), prices in self.prices.items() if of == region
        ]
        return next(iter(found), None)

    def of_job(self, job: Job) -> list[Trial]:
        """The trials of a tuning job, without those of deleted namesakes."""
        return [trial for trial in self.current() if trial.job.arn == job.arn]

    def current(self) -> Iterator[Trial]:
        """All trials except those of deleted namesakes."""
        for trial in self.trials.values():
            if not trial.is_of_deleted_namesake:
                yield trial


@dataclass(frozen=True)
class Snapshot:
    """The emulator's truth at one sync."""

    truth: Members
    details: Members
    as_of: datetime


def snapshot(emulator: Emulator) -> Snapshot:
    """The emulator's truth now."""
    seconds = emulator.clock.now.replace(microsecond=0)  # as in a Date header
    return Snapshot(emulator.truth(), emulator.details(), seconds)


def known(*snapshots: Snapshot, details: bool = True) -> Known:
    """What syncs at these moments load: a row that vanishes stays as it was.

    Args:
        *snapshots: The emulator's truth at each sync.
        details: Whether the streams of details, prices and scopes were selected.
    """
    jobs: dict[str, Job] = {}
    trials: dict[str, tuple[str, Members, Members | None]] = {}
    prices: dict[tuple[str, str], dict[str, tuple[str, float]]] = {}
    for each in snapshots:
        for scope, truth in each.truth.items():
            account, region = scope.split("/")
            more = each.details[scope]
            described = _by(more["tuning_jobs"], "HyperParameterTuningJobName")
            for summary in truth["tuning_jobs"]:
                name = summary["HyperParameterTuningJobName"]
                arn = summary["HyperParameterTuningJobArn"]
                jobs[arn] = Job(
                    account=account,
                    region=region,
                    summary=summary,
                    described=described[name] if details else None,
                )
                of_job = _by(more["trials"][name], "TrainingJobName")
                for trial in truth["trials"][name]:
                    own = of_job[trial["TrainingJobName"]] if details else None
                    if own is not None and more["tags"][name]:
                        own = {**own, "Tags": more["tags"][name]}
                    trials[trial["TrainingJobArn"]] = (arn, trial, own)
            for price in more["prices"] if details else []:
                key = price["region"], price["instance_type"]
                if price["currency"] == "USD" or region.startswith("cn-"):
                    found = (price["currency"], float(price["price_per_hour"]))
                    prices.setdefault(key, {})[str(price["effective_date"])[:19]] = (
                        found
                    )
    loaded = {
        key: Trial(job=jobs[arn], summary=summary, described=own)
        for key, (arn, summary, own) in trials.items()
    }
    return Known(
        jobs=jobs,
        trials=loaded,
        deleted=_deleted(jobs, loaded, snapshots[-1]) if details else frozenset(),
        prices={
            key: [(since, *price) for since, price in sorted(by_date.items())]
            for key, by_date in prices.items()
        },
        as_of=snapshots[-1].as_of - timedelta(minutes=1) if details else None,
    )


def _deleted(
    jobs: Mapping[str, Job], trials: Mapping[str, Trial], last: Snapshot
) -> frozenset[str]:
    """The deleted tuning jobs that the tap would have read again."""
    listed = {
        summary["HyperParameterTuningJobArn"]
        for truth in last.truth.values()
        for summary in truth["tuning_jobs"]
    }
    open_jobs = {arn for arn, job in jobs.items() if job.ended is None} | {
        trial.job.arn
        for trial in trials.values()
        if not trial.is_final and not trial.is_of_deleted_namesake
    }
    return frozenset(open_jobs - listed)


def _by(rows: list[Members], key: str) -> dict[str, Members]:
    return {row[key]: row for row in rows}
