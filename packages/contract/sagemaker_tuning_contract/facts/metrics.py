"""Facts about CloudWatch: which metrics it has for a trial, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_contract.exchanges import OK, TRIAL
from sagemaker_tuning_contract.fact import ASSUMED, DOCS, Calls, fact
from sagemaker_tuning_contract.facts.values import is_number, seconds
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, GET_METRIC_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sagemaker_tuning_contract.exchanges import Exchange, Item, Recording

NAMESPACE = "/aws/sagemaker/TrainingJobs"
OF_INSTANCES = ("CPUUtilization", "MemoryUtilization", "DiskUtilization")
DAY = 86_400  # seconds
BY_THE_MINUTE = 15 * DAY
BY_FIVE_MINUTES = 63 * DAY
MINUTE = 60
_LONG = 5 * MINUTE  # a shorter trial can end before a metric is sent
_STATUSES = {"Complete", "InternalError", "PartialData"}


def _calls(seen: Recording) -> Iterator[Exchange]:
    for exchange in seen.exchanges:
        if exchange.operation == GET_METRIC_DATA.name and exchange.status == OK:
            yield exchange


def _series(seen: Recording) -> Iterator[tuple[Exchange, Item, Item]]:
    """Each requested and answered metric: the call, the query and the result."""
    for call in _calls(seen):
        asked = {
            each["Id"]: each["MetricStat"] for each in call.request["MetricDataQueries"]
        }
        for series in call.answer.get("MetricDataResults", []):
            if series["Id"] in asked:
                yield call, asked[series["Id"]], series


def _age(call: Exchange) -> float:
    """The age in seconds of the oldest point that a call requested; 0 if unknown."""
    first = seconds(call.request["StartTime"])
    return (call.at or first) - first


def _dimension(question: Item) -> str:
    return str(question["Metric"]["Dimensions"][0]["Name"])


def _should_have(
    seen: Recording, dimension: str, fits: Callable[[Item], bool]
) -> Iterator[bool]:
    """Yield, for each call about recent trials, whether any metric has points.

    Args:
        seen: The recording.
        dimension: The dimension of the metrics to look at.
        fits: Tells from a trial's description whether it should have such metrics.
    """
    described = {
        exchange.answer[TRIAL].lower(): exchange.answer
        for exchange in seen.answers(DESCRIBE_TRIAL)
    }
    for recent in _calls(seen):
        is_young = _age(recent) < BY_THE_MINUTE - DAY
        have_points = [
            answer["Values"]
            for call, question, answer in _series(seen)
            if call is recent
            and _dimension(question) == dimension
            and fits(described.get(_trial(question), {}))
        ]
        if have_points and is_young:
            yield any(have_points)


def _trial(question: Item) -> str:
    """The lower-cased name of the trial that a query is about."""
    value = str(question["Metric"]["Dimensions"][0]["Value"])
    return value.partition("/")[0].lower()


def _has_printed(trial: Item) -> bool:
    """Whether a trial printed any metric: not every defined metric is printed."""
    return bool(trial.get("FinalMetricDataList"))


def _is_long(trial: Item) -> bool:
    ends = trial.get("TrainingStartTime"), trial.get("TrainingEndTime")
    first, last = (each if is_number(each) else 0.0 for each in ends)
    return last - first >= _LONG


def _has_any(seen: Recording) -> bool:
    """Whether CloudWatch has any point of any trial."""
    return any(series["Values"] for _, _, series in _series(seen))


@fact(
    77,
    "GetMetricData returns one result for each query, under its Id, and no others.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="Learning curves would be missing, or show other metrics or trials.",
)
def ids(seen: Recording) -> Iterator[bool]:
    """Each answer without a next page."""
    for call in _calls(seen):
        asked = [each["Id"] for each in call.request["MetricDataQueries"]]
        answered = [each["Id"] for each in call.answer["MetricDataResults"]]
        if "NextToken" not in call.answer:
            yield sorted(answered) == sorted(asked)


@fact(
    78,
    "The algorithm's metrics are in the namespace /aws/sagemaker/TrainingJobs, with "
    "the dimension TrainingJobName and the names from MetricDefinitions.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="training_job_metrics would have no learning curves.",
)
def of_algorithm(seen: Recording) -> Iterator[bool]:
    """Each call about recent trials with a final metric."""
    yield from _should_have(seen, "TrainingJobName", _has_printed)


@fact(
    79,
    "An instance's metrics are there with the dimension Host: the trial's name, a "
    "slash and algo-1, algo-2, ….",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="training_job_metrics would have no utilization, and hardware_utilisation "
    "no rows.",
)
def of_instances(seen: Recording) -> Iterator[bool]:
    """Each call about recent trials of five minutes or more."""
    yield from _should_have(seen, "Host", _is_long)


@fact(
    80,
    "Each result has a StatusCode that the tap knows, and as many times as values.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="Points would be missing, or at the wrong time.",
)
def status_codes(seen: Recording) -> Iterator[bool]:
    """Each result."""
    for _, _, series in _series(seen):
        is_even = len(series["Timestamps"]) == len(series["Values"])
        yield is_even and series["StatusCode"] in _STATUSES


@fact(
    81,
    "Points are at multiples of the period, within the requested time, and in the "
    "requested order.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="Learning curves would have duplicate points, or points from before or "
    "after the trial.",
)
def grid(seen: Recording) -> Iterator[bool]:
    """Each result with points."""
    for call, question, series in _series(seen):
        if not series["Timestamps"]:
            continue
        period = question["Period"]
        times = [seconds(each) for each in series["Timestamps"]]
        first, last = call.request["StartTime"], call.request["EndTime"]
        yield all(time % period == 0 for time in times)
        yield all(first - period < time < last for time in times)
        yield times == sorted(set(times))


@fact(
    82,
    "A value is a finite number. For instances it is a percentage: at least 0, and for "
    "memory and disk at most 100.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="The shares in hardware_utilisation would be wrong.",
)
def values(seen: Recording) -> Iterator[bool]:
    """Each point."""
    for _, question, series in _series(seen):
        name = question["Metric"]["MetricName"]
        for value in series["Values"]:
            if _dimension(question) == "Host":
                is_sum = name not in {"MemoryUtilization", "DiskUtilization"}
                yield is_number(value) and 0 <= value <= (100_000 if is_sum else 100.01)
            else:
                yield is_number(value)


@fact(
    83,
    "CloudWatch keeps 1-minute points for 15 days and 5-minute points for 63 days.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="The tap requests the shortest period that CloudWatch should still have: it "
    "would request coarser points than it could, or points that are gone.",
)
def ages(seen: Recording) -> Iterator[bool]:
    """Each result for points too old for the requested period."""
    for call, question, series in _series(seen):
        young = (call.at or 0.0) - call.request["EndTime"]
        limit = BY_THE_MINUTE if question["Period"] < 5 * MINUTE else BY_FIVE_MINUTES
        if call.at and young > limit + DAY:
            yield not series["Values"]


@fact(
    84,
    "A trial from 15 to 63 days ago has 5-minute points.",
    source=ASSUMED,
    needs={Calls.TRIALS, Calls.DESCRIBED, Calls.POINTS},
    breaks="training_job_metrics would have no rows for trials of that age.",
)
def older(seen: Recording) -> Iterator[bool]:
    """Calls that requested them."""
    for old in _calls(seen):
        is_older = BY_THE_MINUTE + DAY < _age(old) < BY_FIVE_MINUTES - DAY
        have_points = [
            answer["Values"]
            for call, question, answer in _series(seen)
            if call is old and question["Period"] == 5 * MINUTE
        ]
        if have_points and is_older and _has_any(seen):
            yield any(have_points)
