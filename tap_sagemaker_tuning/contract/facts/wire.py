"""Facts about answers as they are on the wire: times, names, ARNs."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    OPERATIONS,
)
from tap_sagemaker_tuning.contract.exchanges import JOB, OK, TRIAL
from tap_sagemaker_tuning.contract.fact import ASSUMED, MODEL, READ, RECORDED, fact
from tap_sagemaker_tuning.contract.facts.values import is_number, seconds
from tap_sagemaker_tuning.contract.modelled import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.contract.exchanges import Item, Recording

_FIRST = 1_483_228_800.0  # 2017, SageMaker's first year
_DAY = 86_400.0  # seconds
_CLOCKS = 2.0  # seconds by which a time may be later than a Date, which is cut
_MOST = 100  # items of a page
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
    breaks="Times in the tables would be wrong or null, and state relies on them.",
)
def times(seen: Recording) -> Iterator[bool]:
    """Each time of each answer, but those of final metrics: see their own fact."""
    for one in seen.exchanges:
        if not one.is_fine:
            continue
        for shape, name, value in leaves(one.operation, one.answer):
            if shape and shape.type_name == "timestamp" and name != "Timestamp":
                latest = (one.at or math.inf) + _DAY
                yield is_number(value) and _FIRST <= value <= latest


@fact(
    19,
    "The times of a listed trial are cut to whole seconds.",
    source=RECORDED,
    breaks="Nothing is lost: the tap compares with >=. With milliseconds, details "
    "that Search has would never agree with the listing, and each trial would take a "
    "call of its own.",
)
def whole_seconds(seen: Recording) -> Iterator[bool]:
    """Each time of each summary."""
    for item, _ in seen.trials:
        for name in ("CreationTime", "TrainingStartTime", "TrainingEndTime"):
            if name in item:
                yield seconds(item[name]).is_integer()


@fact(
    20,
    "What is absent is left out, and never null.",
    source=RECORDED,
    breaks="Nothing: the tap reads null as absent.",
)
def no_nulls(seen: Recording) -> Iterator[bool]:
    """Each answer of SageMaker."""
    for one in seen.exchanges:
        if one.is_fine and one.is_of_sagemaker:
            found = leaves(one.operation, one.answer)
            yield all(value is not None for _, _, value in found)


@fact(
    21,
    "Each answer has a Date, which no creation in a listing is later than, and which "
    "does not run backwards.",
    source=READ,
    breaks="The tap's «now» is the Date of the page. Without it the machine's clock "
    "decides for how long a tuning job is followed.",
)
def dates(seen: Recording) -> Iterator[bool]:
    """Each answer, and each creation."""
    for one in seen.exchanges:
        if one.is_answer:
            yield one.at is not None
    known = [one.at for one in seen.exchanges if one.at is not None]
    for one_at, other in pairwise(known):
        yield other >= one_at - _CLOCKS
    for item, at in (*seen.jobs, *seen.trials):
        if at:
            yield seconds(item["CreationTime"]) <= at + _CLOCKS


def _named(seen: Recording) -> Iterator[tuple[str, Item]]:
    """Everything that has a name and an ARN, with the member that names it."""
    for item, _ in seen.jobs:
        yield JOB, item
    for item, _ in seen.trials:
        yield TRIAL, item
    for one in seen.answers(DESCRIBE_TUNING_JOB):
        yield JOB, one.answer
        for best in ("BestTrainingJob", "OverallBestTrainingJob"):
            if one.answer.get(best):
                yield TRIAL, one.answer[best]
    for one in seen.answers(DESCRIBE_TRIAL):
        yield TRIAL, one.answer


@fact(
    22,
    "A name has the same case wherever it is shown.",
    source=READ,
    breaks="Tables could not be joined on names, only on ARNs.",
)
def cases(seen: Recording) -> Iterator[bool]:
    """Each name that is shown by more than one call."""
    shown: dict[tuple[str, str], list[str]] = defaultdict(list)
    for member, item in _named(seen):
        shown[member, item[member].lower()].append(item[member])
    for names in shown.values():
        if len(names) > 1:
            yield len(set(names)) == 1


@fact(
    23,
    "An ARN ends with the name, maybe in lower case; region and account are the same "
    "in all.",
    source=RECORDED,
    breaks="ARNs are keys: the tap takes them as they are. Rows would be of something "
    "else than their names say.",
)
def arns(seen: Recording) -> Iterator[bool]:
    """Each ARN beside its name."""
    homes = set()
    for member, item in _named(seen):
        arn = str(item[_ARN_OF[member]])
        homes.add(tuple(arn.lower().split(":")[1:5]))
        ends = arn.rpartition("/")[2].lower() == item[member].lower()
        yield ends and _ARN.fullmatch(arn) is not None
        yield len(homes) == 1


@fact(
    24,
    "An ARN is the same in every listing, and but for its case in descriptions.",
    source=ASSUMED,
    breaks="ARNs are keys: one tuning job or trial would have two rows.",
)
def same_arns(seen: Recording) -> Iterator[bool]:
    """Each name that is listed more than once."""
    listed: dict[tuple[str, str, float], list[str]] = defaultdict(list)
    for member, pairs in ((JOB, seen.jobs), (TRIAL, seen.trials)):
        for item, _ in pairs:
            created = seconds(item["CreationTime"])
            key = member, item[member].lower(), created
            listed[key].append(item[_ARN_OF[member]])
    for found in listed.values():
        if len(found) > 1:
            yield len(set(found)) == 1
    for answer, summary, _ in seen.described_jobs:
        yield answer[_ARN_OF[JOB]].lower() == summary[_ARN_OF[JOB]].lower()
    for answer, summary in seen.described_trials:
        yield answer[_ARN_OF[TRIAL]].lower() == summary[_ARN_OF[TRIAL]].lower()


@fact(
    25,
    "A tuning job is found by its name in any case.",
    source=ASSUMED,
    breaks="An open tuning job is asked for by the name that the API gave, so nothing "
    "is lost. With tuning_job_names in another case than theirs, tuning jobs would be "
    "taken for missing.",
)
def any_case(seen: Recording) -> Iterator[bool]:
    """Descriptions that were asked for in another case."""
    known = {item[JOB].lower(): item[JOB] for item, _ in seen.jobs}
    for one in seen.of(DESCRIBE_TUNING_JOB):
        asked = one.request[JOB]
        name = known.get(asked.lower(), asked)
        if name != asked and one.is_answer:
            yield one.is_fine and one.answer[JOB].lower() == asked.lower()


@fact(
    26,
    "The trials in a listing lack TuningJobName.",
    source=READ,
    breaks="Nothing: the tap knows which tuning job it asked about.",
)
def no_tuning_job_name(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.trials:
        yield "TuningJobName" not in item


@fact(
    27,
    "An answer with status 200 is a JSON object with the operation's result.",
    source=MODEL,
    breaks="The tap takes an answer without it for a proxy's page, and retries "
    "until max_attempts: such a scope would fail.",
)
def results(seen: Recording) -> Iterator[bool]:
    """Each answer."""
    known = {name: operation.result for name, operation in OPERATIONS.items()}
    for one in seen.exchanges:
        if one.status == OK and one.operation in known:
            yield one.is_fine and known[one.operation] in one.answer


@fact(
    88,
    "What is listed can be described, and its trials can be listed.",
    source=ASSUMED,
    breaks="A tuning job that cannot be described counts as deleted: it is dropped "
    "from the state, and its later trials are not read.",
)
def describable(seen: Recording) -> Iterator[bool]:
    """Each call that asked for a listed name as it is written."""
    names = {item[JOB] for item, _ in seen.jobs}
    names |= {item[TRIAL] for item, _ in seen.trials}
    for operation in (DESCRIBE_TUNING_JOB, LIST_TRIALS, DESCRIBE_TRIAL):
        for one in seen.of(operation):
            asked = one.request.get(JOB) or one.request.get(TRIAL)
            is_plain = {"NextToken"}.isdisjoint(one.request)
            is_plain &= one.request.get("MaxResults", 0) <= _MOST
            if asked in names and is_plain and one.is_answer:
                yield one.is_fine
