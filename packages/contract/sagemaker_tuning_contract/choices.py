"""Which tuning jobs and trials to look at: those that show the facts best. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import JOB, TRIAL
from sagemaker_tuning_contract.facts.metrics import (
    BY_FIVE_MINUTES,
    BY_THE_MINUTE,
    DAY,
    MINUTE,
    OF_INSTANCES,
)
from sagemaker_tuning_contract.facts.values import METRIC, has_ended, is_number
from tap_sagemaker_tuning.aws.series import ALGORITHM, Series, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sagemaker_tuning_contract.exchanges import Item
    from tap_sagemaker_tuning.settings import Settings

_FEW = 10  # trials: a tuning job with more has several pages
_MANY = 100  # trials: a tuning job with more is not listed to the end
_PAGES = 3
_DEFINED = 2  # metrics of the algorithm to request
_INDEXED = 3600  # seconds after a trial's end until Search has indexed it
_DELAY = 600  # seconds after a trial's end until all its metrics have arrived


def _created(item: Item) -> float:
    """When an item was created, in seconds since 1970; 0 if unknown."""
    created = item.get("CreationTime")
    return float(created) if is_number(created) else 0.0


def _trials_of(job: Item) -> int:
    """The number of a tuning job's trials, according to its counters."""
    counters = job.get("TrainingJobStatusCounters")
    counts = counters.values() if isinstance(counters, dict) else ()
    return sum(count for count in counts if isinstance(count, int))


def _name(item: Item, member: str) -> str:
    return str(item.get(member) or "")


def tuning_jobs(
    jobs: list[Item], settings: Settings, most: int, now: float
) -> list[str]:
    """Choose the tuning jobs to look into.

    First come one with many trials, those that run, and one so old that CloudWatch has
    only 5-minute points for it; then one of each status; then the newest.

    Args:
        jobs: The summaries, newest first.
        settings: Settings whose filters apply.
        most: The most names to return.
        now: The service's time, in seconds since 1970.

    Returns:
        Their names; those in the settings if no tuning job could be listed.
    """
    part = (settings.name_contains or "").lower()
    only = {name.lower() for name in settings.tuning_job_names or ()}
    fit = [
        job
        for job in jobs
        if (name := _name(job, JOB).lower())
        and part in name
        and (not only or name in only)
    ]
    if not fit:
        return [] if jobs else list(settings.tuning_job_names or ())[:most]
    whole = [job for job in fit if _trials_of(job) <= _MANY and has_ended(job)]
    large = sorted(whole, key=_trials_of, reverse=True)[:1]
    by_status = {
        str(job.get("HyperParameterTuningJobStatus")): job for job in fit[::-1]
    }
    running = [by_status[s] for s in ("InProgress", "Stopping") if s in by_status]
    older = [job for job in whole if "older" in _ages(now - _created(job))][:1]
    order = [*large, *running, *older, *by_status.values(), *fit]
    return list(dict.fromkeys(_name(job, JOB) for job in order))[:most]


def to_compare(jobs: list[Item], listed: Mapping[str, list[Item]]) -> str:
    """Choose the tuning job whose trials to list in several ways.

    Prefers one that has ended, so that nothing changes in the meantime, and that has
    many trials, some of them created in the same second.

    Args:
        jobs: The summaries.
        listed: The trials of each tuning job to choose from, newest first.

    Returns:
        Its name.
    """
    ended = {_name(job, JOB) for job in jobs if has_ended(job)}

    def worth(name: str) -> tuple[bool, ...] | tuple[Any, ...]:
        times = [item.get("CreationTime") for item in listed[name]]
        has_ties = len(times) > _FEW and any(map(eq, times, times[1:]))
        return name in ended, len(times) <= _MANY, has_ties, len(times)

    return max(listed, key=worth)


def to_find(jobs: list[Item]) -> str:
    """Choose the name with which to check that NameContains ignores case.

    Prefers the oldest name that has letters and is not part of another name.
    """
    names = [_name(job, JOB) for job in reversed(jobs)]
    alone = [
        name
        for name in names
        if name.swapcase() != name
        and not any(name.lower() in other.lower() for other in names if other != name)
    ]
    return (alone or names)[0]


def small_size(items: list[Item]) -> int:
    """Choose a page size that makes several pages and, if possible, splits a tie."""
    usual = max(1, -(-min(len(items), _MANY) // _PAGES))
    for size in range(usual, min(2 * usual, len(items))):
        if items[size - 1].get("CreationTime") == items[size].get("CreationTime"):
            return size
    return usual


def usual_status(items: list[Item]) -> str | None:
    """The most common final status; None if nothing has ended."""
    statuses = Counter(
        str(item.get("TrainingJobStatus") or item.get("HyperParameterTuningJobStatus"))
        for item in items
        if has_ended(item)
    )
    return statuses.most_common(1)[0][0] if statuses else None


def trials(listed: Mapping[str, list[Item]], most: int, now: float) -> Iterator[Item]:
    """Choose the trials to describe: one of each kind, then completed ones.

    Args:
        listed: The trials of each tuning job, newest first.
        most: The most trials to yield.
        now: The service's time, in seconds since 1970.
    """
    every = [item for items in listed.values() for item in items if item.get(TRIAL)]
    by_kind: dict[Any, Item] = {}
    for item in every:
        by_kind.setdefault((item.get("TrainingJobStatus"), METRIC in item), item)
        is_completed = item.get("TrainingJobStatus") == "Completed"
        if is_completed and "older" in _ages(now - _created(item)):
            by_kind.setdefault("older", item)
    completed = (item for item in every if item.get("TrainingJobStatus") == "Completed")
    order = [*by_kind.values(), *completed]
    unique = {item[TRIAL]: item for item in order}
    yield from list(unique.values())[:most]


def recent(listed: Mapping[str, list[Item]], now: float) -> list[Item]:
    """The trials that Search should just have indexed, the latest to end first.

    Args:
        listed: The trials of each tuning job.
        now: The service's time, in seconds since 1970.
    """
    ended = [
        (end, item)
        for items in listed.values()
        for item in items
        if is_number(end := item.get("TrainingEndTime")) and now - end > _INDEXED
    ]
    return [item for _, item in sorted(ended, key=itemgetter(0), reverse=True)]


def metrics(described: list[Item], now: float) -> Iterator[Item]:
    """Choose what to request from CloudWatch: one trial per age.

    Args:
        described: Descriptions of trials.
        now: The service's time, in seconds since 1970.

    Yields:
        Parameters of GetMetricData, at most three times: 1-minute points of a trial
        from the last 15 days, 5-minute points of one from the last 63 days, and
        1-minute points of one too old to have them.
    """
    by_age: dict[str, tuple[float, Item]] = {}
    for item in described:
        first, last = item.get("TrainingStartTime"), item.get("TrainingEndTime")
        if not (is_number(first) and is_number(last)):
            continue
        age, length = now - first, last - first
        if now - last < _DELAY or length < MINUTE:
            continue
        has_metric = bool(item.get("FinalMetricDataList"))
        place = length + (DAY if has_metric else 0)
        for name in _ages(age):
            if name not in by_age or by_age[name][0] < place:
                by_age[name] = place, item
    for name, period in (("young", MINUTE), ("older", 5 * MINUTE), ("old", MINUTE)):
        if name in by_age:
            yield _request(by_age[name][1], period)


def _ages(age: float) -> Iterator[str]:
    if age < BY_THE_MINUTE - DAY:
        yield "young"
    elif BY_THE_MINUTE + DAY < age < BY_FIVE_MINUTES - DAY:
        yield "older"
    if age > BY_THE_MINUTE + 2 * DAY:
        yield "old"


def _request(trial: Item, period: int) -> Item:
    """Make the request for some metrics of a trial and of its first instance."""
    name = trial[TRIAL]
    algorithm = trial.get("AlgorithmSpecification") or {}
    defined = algorithm.get("MetricDefinitions") or []
    final = trial.get("FinalMetricDataList") or []
    names = [each.get("MetricName") for each in final]
    names += [each.get("Name") for each in defined]
    first = int(trial["TrainingStartTime"]) // period * period
    last = int(trial["TrainingEndTime"]) // period * period + period
    start, end = (datetime.fromtimestamp(each, tz=UTC) for each in (first, last))
    window = Window(start, end, period)
    series = [
        Series(name, each, ALGORITHM, window)
        for each in list(dict.fromkeys(filter(None, names)))[:_DEFINED]
    ]
    series += [Series(name, each, "algo-1", window) for each in OF_INSTANCES]
    return {
        "MetricDataQueries": [metric.query(f"m{n}") for n, metric in enumerate(series)],
        "StartTime": first,
        "EndTime": last,
        "ScanBy": "TimestampAscending",
    }
