"""Ways in which a service could differ, each in one fact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Change

Item = dict[str, Any]

JOBS = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
JOB = "DescribeHyperParameterTuningJob"
TRIAL = "DescribeTrainingJob"
SEARCH = "Search"
PRICES = "GetProducts"
METRICS = "GetMetricData"
METRIC = "FinalHyperParameterTuningJobObjectiveMetric"
LISTS = {JOBS: "HyperParameterTuningJobSummaries", TRIALS: "TrainingJobSummaries"}
NAMES = {JOBS: "HyperParameterTuningJobName", TRIALS: "TrainingJobName"}
INVALID = (400, {"__type": "ValidationException", "message": "No."})

Breaks = dict[str, "Change"]


def items(answer: Item) -> list[Item]:
    """The items of a page; an error has none."""
    return next((answer[name] for name in LISTS.values() if name in answer), [])


def each(change: Callable[[Item], object]) -> Change:
    """Change every item of a page."""

    def changed(_: Item, __: int, answer: Item) -> None:
        for item in items(answer):
            change(item)

    return changed


def whole(change: Callable[[Item], object], status: int = 200) -> Change:
    """Change a response as a whole, if it has this status."""

    def changed(_: Item, given: int, answer: Item) -> None:
        if given == status:
            change(answer)

    return changed


def searched(change: Callable[[Item], object]) -> Change:
    """Change every record of Search."""

    def changed(_: Item, __: int, answer: Item) -> None:
        for result in answer.get("Results", []):
            change(result["TrainingJob"])

    return changed


def product(change: Callable[[Item], object]) -> Change:
    """Change every product of a price list."""

    def changed(_: Item, __: int, answer: Item) -> None:
        parsed = [json.loads(text) for text in answer["PriceList"]]
        for item in parsed:
            change(item)
        answer["PriceList"] = [json.dumps(item) for item in parsed]

    return changed


def ignoring(name: str, operation: str) -> Change:
    """Return reversed items if asked to sort by a parameter, as if it were ignored."""

    def changed(request: Item, _: int, answer: Item) -> None:
        if request.get(name) == "Ascending" and LISTS[operation] in answer:
            answer[LISTS[operation]].reverse()

    return changed


def swapped(size: int = 100) -> Change:
    """Swap two items created in the same second, only in small pages."""

    def changed(request: Item, _: int, answer: Item) -> None:
        listed = items(answer)
        for number in range(len(listed) - 1):
            first, other = listed[number], listed[number + 1]
            is_tie = first["CreationTime"] == other["CreationTime"]
            if is_tie and request.get("MaxResults", size) < size:
                listed[number], listed[number + 1] = other, first
                return

    return changed


def backwards(request: Item, _: int, answer: Item) -> None:
    """Pages start with the oldest item, regardless of the requested order."""
    if "MaxResults" in request:
        items(answer).reverse()


def ending_early(request: Item, _: int, answer: Item) -> None:
    """An empty page without a token replaces the second page."""
    if "NextToken" in request and request.get("MaxResults", 0) < 100:
        items(answer).clear()
        answer.pop("NextToken", None)


def same_token(request: Item, _: int, answer: Item) -> None:
    """Each page has its own token as the next one."""
    if "NextToken" in request and items(answer):
        answer["NextToken"] = request["NextToken"]


def repeating(request: Item, _: int, answer: Item) -> None:
    """The first item of a page comes again at its end."""
    if request.get("SortOrder") == "Descending" and items(answer):
        items(answer)[-1] = items(answer)[0]


def too_many(request: Item, _: int, answer: Item) -> None:
    """A page has one item more than requested."""
    if request.get("MaxResults", 100) < 100 and items(answer):
        last = items(answer)[-1]
        name = "TrainingJobName" if "TrainingJobName" in last else NAMES[JOBS]
        items(answer).append({**last, name: last[name] + "-x"})


def allowing(request: Item, status: int, __: Item) -> tuple[int, Item] | None:
    """Pages of more than 100 items are accepted."""
    if request.get("MaxResults", 0) > 100 and status == 400:
        return 200, {"TrainingJobSummaries": []}
    return None


def honouring(request: Item, status: int, answer: Item) -> tuple[int, Item] | None:
    """A token is accepted with any parameters."""
    if "NextToken" in request and status == 400:
        return 200, {"TrainingJobSummaries": []}
    return status, answer


def filter_with_case(request: Item, _: int, answer: Item) -> None:
    """NameContains is case-sensitive."""
    part = request.get("NameContains", "")
    listed = items(answer)
    listed[:] = [item for item in listed if part in item[NAMES[JOBS]]]


def other_status(request: Item, _: int, answer: Item) -> None:
    """StatusEquals lets through another status."""
    if "StatusEquals" in request:
        items(answer)[0]["TrainingJobStatus"] = "Stopped"


def short_status(request: Item, _: int, answer: Item) -> None:
    """StatusEquals filters a page after it was cut, and there is no next page."""
    if "StatusEquals" in request:
        del items(answer)[1:]


def plus_half(item: Item) -> None:
    """Add half a second."""
    item["CreationTime"] += 0.5


def counted(name: str, counter: str) -> Change:
    """A counter is one too high, however long ago the tuning job ended."""

    def more(item: Item) -> None:
        item[name][counter] += 1

    return each(more)


def metric(change: Callable[[Item], object]) -> Change:
    """Change the metric of every trial that has one."""
    return each(lambda item: METRIC in item and change(item[METRIC]))


def without_metrics(request: Item, _: int, answer: Item) -> None:
    """Trials without a metric are sorted among those with one."""
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        items(answer)[-1].pop(METRIC)


def code(wanted: str, status: int = 400) -> Change:
    """Errors have another code or status."""

    def changed(_: Item, given: int, answer: Item) -> tuple[int, Item] | None:
        if given == 200 or answer["__type"] == "AccessDeniedException":
            return None
        return status, {**answer, "__type": wanted}

    return changed


def swap_case(name: str) -> Callable[[Item], None]:
    """A name is shown in another case."""

    def changed(item: Item) -> None:
        item[name] = item[name].swapcase()

    return changed


def running(item: Item) -> None:
    """A running tuning job's counters are an hour old."""
    if item["HyperParameterTuningJobStatus"] == "InProgress":
        item["TrainingJobStatusCounters"] = {"InProgress": 1}


def pending(item: Item) -> None:
    """A trial does not settle."""
    if item.pop(METRIC, None):
        item["ObjectiveStatus"] = "Pending"


def single_only(answer: Item) -> None:
    """A tuning job with one definition has no objective in its config."""
    answer["HyperParameterTuningJobConfig"].pop("HyperParameterTuningJobObjective", 0)


def worst(answer: Item) -> None:
    """The best trial's metric differs from the listing."""
    if "BestTrainingJob" in answer:
        answer["BestTrainingJob"][METRIC]["Value"] = 0.125


def tuned_again(answer: Item) -> None:
    """A description's hyperparameters differ from the listing."""
    shown = answer["HyperParameters"]
    answer["HyperParameters"] = {name: f"{value}7" for name, value in shown.items()}


def without_its_job(answer: Item) -> None:
    """OverallBestTrainingJob is the same as BestTrainingJob."""
    if "BestTrainingJob" in answer:
        answer["OverallBestTrainingJob"] = answer["BestTrainingJob"]


def gone(request: Item, _: int, __: Item) -> tuple[int, Item]:
    """A tuning job is listed but cannot be described."""
    said = f"No {request[NAMES[JOBS]]}."
    return 400, {"__type": "ResourceNotFound", "message": said}


def per_instance(answer: Item) -> None:
    """Seconds are multiplied by the number of instances."""
    if "TrainingTimeInSeconds" in answer:
        answer["TrainingTimeInSeconds"] *= 2


def one_more_metric(answer: Item) -> None:
    """A trial defines a metric that its tuning job does not."""
    defined = answer.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
    defined.append({"Name": "another", "Regex": "another"})


def only_one(request: Item, status: int, answer: Item) -> tuple[int, Item] | None:
    """Search refuses more than one filter."""
    several = len(request["SearchExpression"]["Filters"]) > 1
    return INVALID if several else (status, answer)


def unknown_case(request: Item, status: int, answer: Item) -> tuple[int, Item] | None:
    """A tuning job is only found by its name in the right case."""
    name = request[NAMES[JOBS]]
    is_other = name == name.swapcase().swapcase() and answer.get(NAMES[JOBS]) != name
    if status == 200 and is_other:
        return 400, {"__type": "ResourceNotFound", "message": "No such job."}
    return status, answer


def amount(product: Item) -> Item:
    """A product's only price, or an empty one."""
    terms = product["terms"].get("OnDemand", {"": {"priceDimensions": {"": {}}}})
    (term,) = terms.values()
    (price,) = term["priceDimensions"].values()
    return price or dict(price)


def measured(change: Callable[[Item, Item], object]) -> Change:
    """Change every result of CloudWatch; the change receives the query, too."""

    def changed(request: Item, _: int, answer: Item) -> None:
        asked = {
            query["Id"]: query["MetricStat"] for query in request["MetricDataQueries"]
        }
        for result in answer["MetricDataResults"]:
            change(result, asked[result["Id"]])

    return changed


def no_points_of(*dimensions: str, period: int = 60) -> Callable[[Item, Item], None]:
    """No points exist for these dimensions and this period."""

    def changed(result: Item, asked: Item) -> None:
        (dimension,) = asked["Metric"]["Dimensions"]
        if dimension["Name"] in dimensions and asked["Period"] == period:
            result.update(Timestamps=[], Values=[])

    return changed


def half_a_minute_later(result: Item, _: Item) -> None:
    """Points lie half a period away from multiples of their period."""
    result["Timestamps"] = [at + 30 for at in result["Timestamps"]]


def points_of_the_past(result: Item, asked: Item) -> None:
    """One-minute points are kept longer than 15 days."""
    if asked["Period"] == 60 and not result["Values"]:
        result.update(Timestamps=[0], Values=[1.0])


def attribute(name: str, value: str | None) -> Change:
    """A product's attribute has another value, or None to drop it."""

    def changed(product: Item) -> None:
        shown = product["product"]["attributes"]
        if name in shown:
            shown.pop(name)
            if value is not None:
                shown[name] = value

    return product(changed)


BREAKS: dict[int, Breaks] = {
    1: {JOBS: backwards},
    2: {TRIALS: backwards},
    3: {TRIALS: ignoring("SortOrder", TRIALS)},
    4: {JOBS: lambda r, _, a: None if r else items(a).reverse()},
    5: {TRIALS: lambda r, _, a: None if "SortBy" in r else items(a).extend(items(a))},
    6: {TRIALS: too_many},
    7: {TRIALS: allowing},
    8: {TRIALS: same_token},
    9: {TRIALS: repeating},
    10: {TRIALS: ending_early},
    11: {TRIALS: swapped()},
    13: {TRIALS: honouring},
    14: {JOBS: filter_with_case},
    15: {TRIALS: other_status},
    16: {TRIALS: short_status},
    17: {TRIALS: without_metrics},
    18: {JOBS: each(lambda i: i.update(CreationTime=str(i["CreationTime"])))},
    19: {TRIALS: each(plus_half)},
    20: {JOBS: each(lambda i: i.setdefault("HyperParameterTuningEndTime"))},
    22: {JOB: whole(swap_case(NAMES[JOBS]))},
    23: {TRIALS: each(lambda i: i.update(TrainingJobArn=i["TrainingJobArn"] + "x"))},
    24: {JOB: whole(lambda a: a.update(HyperParameterTuningJobArn="arn:aws:b"))},
    25: {JOB: unknown_case},
    26: {TRIALS: each(lambda i: i.update(TuningJobName="a"))},
    27: {JOB: whole(lambda a: a.pop(NAMES[JOBS]))},
    28: {JOB: code("ResourceNotFoundException")},
    29: {TRIAL: code("ResourceNotFound")},
    32: {TRIAL: whole(lambda a: a.pop("__type"), 400)},
    33: {JOBS: each(lambda i: i.update(HyperParameterTuningJobStatus="Paused"))},
    34: {JOBS: each(lambda i: i.pop("HyperParameterTuningEndTime", None))},
    35: {JOBS: each(lambda i: i.update(FailureReason="a"))},
    36: {JOBS: counted("TrainingJobStatusCounters", "Completed")},
    37: {JOBS: counted("ObjectiveStatusCounters", "Pending")},
    38: {JOBS: each(running)},
    39: {TRIALS: each(pending)},
    40: {JOB: whole(lambda a: a.pop("TrainingJobStatusCounters"))},
    41: {JOB: whole(lambda a: a.update(CreationTime=a["CreationTime"] + 1))},
    42: {JOB: whole(single_only)},
    43: {TRIALS: each(lambda i: i.pop("TrainingJobDefinitionName", None))},
    44: {JOB: whole(worst)},
    45: {JOBS: each(lambda i: i.pop("ResourceLimits"))},
    46: {TRIALS: each(lambda i: i.update(ObjectiveStatus="Unsure"))},
    47: {TRIALS: each(lambda i: i.pop("TrainingEndTime", None))},
    48: {TRIALS: each(lambda i: i.update(TrainingStartTime=1.5e9))},
    49: {TRIALS: each(lambda i: i.pop(METRIC, None))},
    50: {TRIALS: each(pending)},
    51: {TRIALS: metric(lambda m: m.update(Value="nan"))},
    52: {TRIALS: metric(lambda m: m.update(Value=0.1))},
    53: {TRIALS: metric(lambda m: m.update(Type="Maximize"))},
    54: {TRIALS: each(lambda i: i["TunedHyperParameters"].update(depth=3))},
    55: {TRIALS: each(lambda i: i.update(FailureReason="a" * 1025))},
    56: {TRIAL: whole(lambda a: a.update(TrainingEndTime=a["CreationTime"] + 9))},
    57: {TRIAL: whole(lambda a: a.pop("BillableTimeInSeconds", None))},
    58: {TRIAL: whole(lambda a: a.update(TuningJobArn="arn:aws:sagemaker:a:b:c/d"))},
    59: {TRIAL: whole(tuned_again)},
    60: {TRIAL: whole(lambda a: a.pop("FinalMetricDataList", None))},
    61: {
        TRIAL: whole(
            lambda a: [m.update(Timestamp=1) for m in a.get("FinalMetricDataList", [])]
        )
    },
    62: {TRIAL: whole(per_instance)},
    63: {TRIAL: whole(lambda a: a.update(LastModifiedTime=a["CreationTime"]))},
    64: {TRIAL: whole(lambda a: a["SecondaryStatusTransitions"].reverse())},
    65: {
        SEARCH: searched(lambda t: t.update(TrainingJobName=t["TrainingJobName"] + "x"))
    },
    66: {SEARCH: lambda _, __, a: a["Results"].clear()},
    67: {SEARCH: searched(lambda t: t.update(TrainingJobStatus="InProgress"))},
    68: {SEARCH: searched(lambda t: t.pop("FinalMetricDataList", None))},
    69: {SEARCH: searched(plus_half)},
    70: {SEARCH: searched(lambda t: t.pop("Tags"))},
    71: {SEARCH: only_one},
    72: {PRICES: attribute("regionCode", "eu-west-1")},
    73: {PRICES: attribute("instanceType", "a large one")},
    74: {PRICES: attribute("usagetype", "BoxUsage")},
    75: {PRICES: product(lambda p: amount(p).update(unit="Quantity"))},
    76: {PRICES: product(lambda p: p["product"].pop("sku"))},
    87: {JOB: whole(without_its_job)},
    88: {JOB: gone},
    89: {TRIALS: metric(lambda m: m.update(MetricName="another"))},
    90: {TRIAL: whole(one_more_metric)},
    86: {PRICES: attribute("vCpu", None)},
    77: {METRICS: measured(lambda m, _: m.update(Id=m["Label"]))},
    78: {METRICS: measured(no_points_of("TrainingJobName"))},
    79: {METRICS: measured(no_points_of("Host"))},
    80: {METRICS: measured(lambda m, _: m.update(StatusCode="Done"))},
    81: {METRICS: measured(half_a_minute_later)},
    82: {METRICS: measured(lambda m, _: m.update(Values=[-1.0] * len(m["Values"])))},
    83: {METRICS: measured(points_of_the_past)},
    84: {METRICS: measured(no_points_of("Host", "TrainingJobName", period=300))},
    85: {JOB: whole(lambda a: a.get("TrainingJobDefinition", {}).pop("RoleArn", 0))},
}
"""What breaks each fact, by its number: an operation and a change of its responses."""
