"""Who knows everything that AWS documents learns nothing private from a recording.

They know, for example, how trials are numbered, what hosts, paths and images look like,
SageMaker's status messages, and the names that built-in algorithms give to
hyperparameters and metrics.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.exchanges import Exchange

from .world import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_emulator import Emulator

NOW = 1_772_442_000.0
DESCRIBE = "DescribeTrainingJob"
LIST = "ListTrainingJobsForHyperParameterTuningJob"
PSEUDONYM = re.compile(r"[bdgkqvxz]{16}")
MAPS = {"HyperParameters", "StaticHyperParameters", "TunedHyperParameters"}
TRIAL = "TrainingJobName"
DOMAINS = {
    **dict.fromkeys(("HyperParameterTuningJobName", "NameContains"), "tuning jobs"),
    **dict.fromkeys(("FailureReason", "StatusMessage"), "messages"),
    "TuningJobName": "tuning jobs",
    **dict.fromkeys(("HyperParameterTuningJobArn", "TuningJobArn"), "tuning job ARNs"),
    **dict.fromkeys((TRIAL, "Dimension", "Filter"), "trials"),
    **dict.fromkeys(("DefinitionName", "TrainingJobDefinitionName"), "definitions"),
    **dict.fromkeys(("MetricName", "MetricDefinition"), "metrics"),
    **dict.fromkeys(MAPS, "hyperparameters"),
}
"""Members that share a domain; the pseudonyms in any other member are its own."""

SHARED = [
    {"tuning jobs", "tuning job ARNs"},
    {"trials", "TrainingJobArn"},
    {"tuning job ARNs", "TrainingJobArn"},
]
"""Domains that facts compare: an ARN has a name, an account and a region."""

SIBLINGS = {
    "Regex": {"Name": "MetricDefinition"},
    "MinValue": {"Name": "HyperParameters"},
    "Values": {"Name": "HyperParameters"},
    "Operator": {"Value": "Filter"},
    "Name": {"Value": "Dimension"},
}
"""By a member that only one structure has, what its other members are called here."""

NUMBERS = [str(number) for number in range(100, 120)]


def place(key: str, structure: dict[str, Any]) -> str:
    """The member of a structure, or the structure's own name if that says more."""
    for sibling, by_key in SIBLINGS.items():
        if sibling in structure and key in by_key:
            return by_key[key]
    return key


def places(value: Any, member: str = "") -> Iterator[tuple[str, str]]:
    """Each text of an exchange, with the member that has it."""
    match value:
        case dict():
            for key, inner in value.items():
                if member in MAPS:
                    yield member, key
                    yield from places(inner, "values")
                else:
                    yield from places(inner, place(key, value))
        case list():
            for inner in value:
                yield from places(inner, member)
        case str():
            yield member, value
        case _:
            pass


@pytest.fixture(scope="module")
def recorded(
    account: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The files of a recording, except for the price list, which is all public."""
    folder = tmp_path_factory.mktemp("recording") / "new"
    run(account, "--record", str(folder))
    exchanges = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("scope-1/*.json"))
    ]
    return [each for each in exchanges if each["operation"] != "GetProducts"]


def test_a_pseudonym_belongs_to_one_domain(recorded: list[dict[str, Any]]) -> None:
    """Text that AWS documents, such as algo-1, model.tar.gz or the numbers of trials,
    has other pseudonyms than the same text in a private place."""
    by_domain: dict[str, set[str]] = defaultdict(set)
    for exchange in recorded:
        for member, text in places([exchange["request"], exchange["answer"]]):
            pseudonyms = PSEUDONYM.findall(text.lower())
            by_domain[DOMAINS.get(member, member)].update(pseudonyms)
    assert len(by_domain["values"]) > 100
    assert len(by_domain["S3ModelArtifacts"]) > 0
    assert len(by_domain["TrainingImage"]) > 0
    shared = [
        {domain, other}
        for domain, other in combinations(by_domain, 2)
        if by_domain[domain] & by_domain[other] and {domain, other} not in SHARED
    ]
    assert shared == []


def test_the_words_of_a_name_have_no_pseudonyms(recorded: list[dict[str, Any]]) -> None:
    """A name is replaced as a whole, so that the number in a trial's name is not shown
    by its place in the listing."""
    names = {
        text
        for exchange in recorded
        for member, text in places(exchange["answer"])
        if member in {TRIAL, "HyperParameterTuningJobName"}
    }
    assert [name for name in names if not PSEUDONYM.fullmatch(name.lower())] == []


def test_equal_values_differ_from_trial_to_trial() -> None:
    """Values that count up, or that repeat, show neither: each trial and hyperparameter
    has pseudonyms of its own."""
    tuned = [{"num_round": number, "depth": number, "tree": "a"} for number in NUMBERS]
    answer = {
        "TrainingJobSummaries": [
            {TRIAL: f"churn-{values['num_round']}-a", "TunedHyperParameters": values}
            for values in tuned
        ]
    }
    (content,) = recordings.redacted(
        [Exchange(LIST, {}, 200, answer, NOW)], with_metrics=False
    )
    trials = json.loads(content)["answer"]["TrainingJobSummaries"]
    shown = [
        value for item in trials for value in item["TunedHyperParameters"].values()
    ]
    assert len(set(shown)) == len(shown) == 3 * len(NUMBERS)


def test_ranges_do_not_share_their_ends() -> None:
    """Two hyperparameters with the same range or categories do not show it, nor do
    their static values."""
    ends = {"MinValue": "1", "MaxValue": "1"}
    categories = {"Values": ["true", "false"]}
    ranges = {
        "IntegerParameterRanges": [{"Name": "a", **ends}, {"Name": "b", **ends}],
        "CategoricalParameterRanges": [
            {"Name": "c", **categories},
            {"Name": "d", **categories},
        ],
    }
    answer = {
        "HyperParameterTuningJobName": "churn",
        "HyperParameterTuningJobConfig": {"ParameterRanges": ranges},
        "TrainingJobDefinition": {"StaticHyperParameters": {"e": "1", "f": "true"}},
    }
    operation = "DescribeHyperParameterTuningJob"
    (content,) = recordings.redacted(
        [Exchange(operation, {}, 200, answer, NOW)], with_metrics=False
    )
    texts = [text for _, text in places(json.loads(content)["answer"])]
    assert len(set(texts)) == len(texts) == 1 + 4 + 8 + 4


@pytest.mark.parametrize(
    "answer",
    [
        {TRIAL: "a", "HyperParameters": dict.fromkeys(NUMBERS, "1")},
        {
            "AlgorithmSpecification": {
                "MetricDefinitions": [{"Name": n, "Regex": n} for n in NUMBERS]
            }
        },
    ],
    ids=["hyperparameters", "metrics"],
)
def test_the_order_of_public_names_is_lost(answer: dict[str, Any]) -> None:
    """Built-in algorithms list their hyperparameters and metrics in a documented order;
    a recording sorts them by their pseudonyms."""
    exchange = Exchange(DESCRIBE, {}, 200, answer, NOW)
    (content,) = recordings.redacted([exchange], with_metrics=False)
    names = [
        text
        for member, text in places(json.loads(content)["answer"])
        if member in {"HyperParameters", "MetricDefinition"}
    ]
    assert len(names) == len(NUMBERS)
    assert names == sorted(names)


@pytest.mark.parametrize("name", ["FailureReason", "StatusMessage"])
def test_messages_show_their_length_only(name: str) -> None:
    """SageMaker's own messages, which are public, have no pseudonyms."""
    steps = [{"StatusMessage": "Training image download completed"}]
    reason = "AlgorithmError: churn"
    answer = {"FailureReason": reason, "SecondaryStatusTransitions": steps}
    exchange = Exchange(DESCRIBE, {}, 200, answer, NOW)
    (content,) = recordings.redacted([exchange], with_metrics=False)
    (text,) = (text for member, text in places(json.loads(content)) if member == name)
    assert set(text) == {"b"}


def test_names_that_contain_a_requested_name() -> None:
    """Which names contain the name that NameContains requested stays visible: a fact
    needs it."""
    names = ["Churn", "old-churn-2", "fraud", "CHURN-churn"]
    answer = {
        "HyperParameterTuningJobSummaries": [
            {"HyperParameterTuningJobName": name} for name in names
        ]
    }
    request = {"NameContains": "cHURN"}
    operation = "ListHyperParameterTuningJobs"
    (content,) = recordings.redacted(
        [Exchange(operation, request, 200, answer, NOW)], with_metrics=False
    )
    shown = json.loads(content)
    part = shown["request"]["NameContains"].lower()
    assert [
        part in item["HyperParameterTuningJobName"].lower()
        for item in shown["answer"]["HyperParameterTuningJobSummaries"]
    ] == [True, True, False, True]


def test_a_name_that_is_a_constant_of_the_contract() -> None:
    """A trial or metric named like a constant in the contract's requests is redacted in
    requests as well."""
    metric = {"MetricName": "Average", "Dimensions": [{"Name": "Host", "Value": "Hrs"}]}
    request = {"MetricDataQueries": [{"Id": "m0", "MetricStat": {"Metric": metric}}]}
    exchanges = [
        Exchange("GetMetricData", request, 200, {"MetricDataResults": []}, NOW),
        Exchange(DESCRIBE, {TRIAL: "Training"}, 200, {}, NOW),
    ]
    contents = "".join(recordings.redacted(exchanges, with_metrics=False))
    assert re.findall('"(Average|Hrs|Training)"', contents) == []
