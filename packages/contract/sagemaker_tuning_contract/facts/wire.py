"""Facts about answers in general: times, names and ARNs."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from sagemaker_tuning_contract.exchanges import JOB, OK, TRIAL
from sagemaker_tuning_contract.fact import ASSUMED, MODEL, READ, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import is_number, seconds
from sagemaker_tuning_contract.modelled import leaves
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    OPERATIONS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Recording

_FIRST = 1_483_228_800.0  # 2017, SageMaker's first year
_DAY = 86_400.0  # seconds
_CLOCKS = 2.0  # seconds: a Date is truncated, so times can be later
_MOST = 100  # items per page
_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:[^:]+:[^:]+:"
    r"(hyper-parameter-tuning-job|training-job)/[^/]+"
)
_ARN_OF = {
    "HyperParameterTuningJobName": "HyperParameterTuningJobArn",
    "TrainingJobName": "TrainingJobArn",
}


@fact(
    18,
    "Times are numbers: seconds since 1970.",
    source=RECORDED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Times in the tables would be wrong or null, and state depends on them.",
)
def times(seen: Recording) -> Iterator[bool]:
    """Each time in each answer, except those of final metrics (fact 61)."""
    for exchange in seen.exchanges:
        if not exchange.is_fine:
            continue
        for shape, name, value in leaves(exchange.operation, exchange.answer):
            if shape and shape.type_name == "timestamp" and name != "Timestamp":
                latest = (exchange.at or math.inf) + _DAY
                yield is_number(value) and _FIRST <= value <= latest


@fact(
    19,
    "The times of a listed trial are truncated to whole seconds.",
    source=RECORDED,
    needs={Calls.TRIALS},
    breaks="Nothing is lost: the tap compares times with >=. But with milliseconds, "
    "Search would never agree with the listing, and each trial would take a call of "
    "its own.",
)
def whole_seconds(seen: Recording) -> Iterator[bool]:
    """Each time of each summary."""
    for item, _ in seen.trials:
        for name in ("CreationTime", "TrainingStartTime", "TrainingEndTime"):
            if name in item:
                yield seconds(item[name]).is_integer()


@fact(
    20,
    "An absent member is left out; it is never null.",
    source=RECORDED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Nothing: the tap treats null as absent.",
)
def no_nulls(seen: Recording) -> Iterator[bool]:
    """Each answer from SageMaker."""
    for exchange in seen.exchanges:
        if exchange.is_fine and exchange.is_of_sagemaker:
            values = leaves(exchange.operation, exchange.answer)
            yield all(value is not None for _, _, value in values)


@fact(
    21,
    "Each answer has a Date header. It never goes backwards, and no listed creation "
    "time is later.",
    source=READ,
    needs={Calls.JOBS},
    breaks="How long a tuning job stays open would depend on the local clock: the tap "
    "takes the current time from this header.",
)
def dates(seen: Recording) -> Iterator[bool]:
    """Each answer, and each creation time."""
    for exchange in seen.exchanges:
        if exchange.is_answer:
            yield exchange.at is not None
    known = [exchange.at for exchange in seen.exchanges if exchange.at is not None]
    for one_at, other in pairwise(known):
        yield other >= one_at - _CLOCKS
    for item, at in (*seen.jobs, *seen.trials):
        if at:
            yield seconds(item["CreationTime"]) <= at + _CLOCKS


def _named(seen: Recording) -> Iterator[tuple[str, Item]]:
    """Each item with a name and an ARN, and the member that has its name."""
    for item, _ in seen.jobs:
        yield JOB, item
    for item, _ in seen.trials:
        yield TRIAL, item
    for exchange in seen.answers(DESCRIBE_TUNING_JOB):
        yield JOB, exchange.answer
        for best in ("BestTrainingJob", "OverallBestTrainingJob"):
            if exchange.answer.get(best):
                yield TRIAL, exchange.answer[best]
    for exchange in seen.answers(DESCRIBE_TRIAL):
        yield TRIAL, exchange.answer


@fact(
    22,
    "A name has the same case everywhere.",
    source=READ,
    needs={Calls.TRIALS},
    breaks="Tables could not be joined by names, only by ARNs.",
)
def cases(seen: Recording) -> Iterator[bool]:
    """Each name that occurs more than once."""
    shown: dict[tuple[str, str], list[str]] = defaultdict(list)
    for member, item in _named(seen):
        shown[member, item[member].lower()].append(item[member])
    for names in shown.values():
        if len(names) > 1:
            yield len(set(names)) == 1


@fact(
    23,
    "An ARN ends with the name, possibly in lower case. All ARNs have the same region "
    "and account.",
    source=RECORDED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Rows could belong to something other than their names suggest: ARNs are "
    "keys, and the tap takes them as they are.",
)
def arns(seen: Recording) -> Iterator[bool]:
    """Each ARN against its name, and against the others' region and account."""
    homes = set()
    for member, item in _named(seen):
        arn = str(item[_ARN_OF[member]])
        homes.add(tuple(arn.lower().split(":")[1:5]))
        ends = arn.rpartition("/")[2].lower() == item[member].lower()
        yield ends and _ARN.fullmatch(arn) is not None
        yield len(homes) == 1


@fact(
    24,
    "An ARN is the same in every listing, and in descriptions except for its case.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.OLDEST, Calls.TRIALS},
    breaks="One tuning job or trial would have two rows, since ARNs are keys.",
)
def same_arns(seen: Recording) -> Iterator[bool]:
    """Each name that is listed more than once, and each description."""
    listed: dict[tuple[str, str, float], list[str]] = defaultdict(list)
    for member, pairs in ((JOB, seen.jobs), (TRIAL, seen.trials)):
        for item, _ in pairs:
            created = seconds(item["CreationTime"])
            key = member, item[member].lower(), created
            listed[key].append(item[_ARN_OF[member]])
    for arns in listed.values():
        if len(arns) > 1:
            yield len(set(arns)) == 1
    for answer, summary, _ in seen.described_jobs:
        yield answer[_ARN_OF[JOB]].lower() == summary[_ARN_OF[JOB]].lower()
    for answer, summary in seen.described_trials:
        yield answer[_ARN_OF[TRIAL]].lower() == summary[_ARN_OF[TRIAL]].lower()


@fact(
    25,
    "A tuning job can be described by its name, regardless of case.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.TRIALS, Calls.OTHER_CASE},
    breaks="A name in tuning_job_names with the wrong case would count as a missing "
    "tuning job. Nothing else is lost: for open tuning jobs, the tap uses the names "
    "from the API.",
)
def any_case(seen: Recording) -> Iterator[bool]:
    """Each description requested in another case."""
    known = {item[JOB].lower(): item[JOB] for item, _ in seen.jobs}
    for exchange in seen.of(DESCRIBE_TUNING_JOB):
        asked = exchange.request[JOB]
        name = known.get(asked.lower(), asked)
        if name != asked and exchange.is_answer:
            yield exchange.is_fine and exchange.answer[JOB].lower() == asked.lower()


@fact(
    26,
    "Listed trials lack TuningJobName.",
    source=READ,
    needs={Calls.TRIALS},
    breaks="Nothing is lost: the tap knows whose trials it listed.",
)
def no_tuning_job_name(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.trials:
        yield "TuningJobName" not in item


@fact(
    27,
    "An answer with HTTP 200 is a JSON object with the operation's result.",
    source=MODEL,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="The scope would fail: the tap takes an answer without the result for a "
    "proxy's page, and retries the call up to max_attempts times.",
)
def results(seen: Recording) -> Iterator[bool]:
    """Each answer."""
    known = {name: operation.result for name, operation in OPERATIONS.items()}
    for exchange in seen.exchanges:
        if exchange.status == OK and exchange.operation in known:
            yield exchange.is_fine and known[exchange.operation] in exchange.answer


@fact(
    88,
    "Listed tuning jobs and trials can be described, and the trials of listed tuning "
    "jobs can be listed.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.TRIALS, Calls.DESCRIBED},
    breaks="A tuning job that is not found counts as deleted: the tap drops it from "
    "the state and does not read its later trials.",
)
def describable(seen: Recording) -> Iterator[bool]:
    """Each call that requested a listed name in its own case."""
    names = {item[JOB] for item, _ in seen.jobs}
    names |= {item[TRIAL] for item, _ in seen.trials}
    for operation in (DESCRIBE_TUNING_JOB, LIST_TRIALS, DESCRIBE_TRIAL):
        for exchange in seen.of(operation):
            asked = exchange.request.get(JOB) or exchange.request.get(TRIAL)
            is_plain = {"NextToken"}.isdisjoint(exchange.request)
            is_plain &= exchange.request.get("MaxResults", 0) <= _MOST
            if asked in names and is_plain and exchange.is_answer:
                yield exchange.is_fine
