"""Recordings contain nothing that a company would not share."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.exchanges import Exchange
from sagemaker_tuning_contract.modelled import operation_model
from sagemaker_tuning_contract.pseudonyms import Pseudonyms
from sagemaker_tuning_contract.redaction import Redactor
from sagemaker_tuning_contract.vocabulary import (
    EFFECTIVE,
    is_allowed,
    operations,
    words,
)
from tests.profiles import examples

from .world import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator

NOW = 1_772_442_000.0
LIST = "ListTrainingJobsForHyperParameterTuningJob"
DEPTH = 9
PSEUDONYM = re.compile(r"[bdgkqvxz]{16}")
DATE = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")
FORMS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda s: f"arn:aws:sagemaker:{s}:{s}:training-job/{s}",
    lambda s: f"arn:{s}:sagemaker:us-east-1:1:hyper-parameter-tuning-job/{s}/{s}",
    lambda s: f"s3://{s}/a/{s}.tar.gz",
    lambda s: f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{s}:latest",
    json.dumps,
    lambda s: json.dumps({s: [s], "product": {"sku": s, "attributes": {s: s}}}),
    lambda s: json.dumps({"product": {"attributes": {"usagetype": f"{s}-Train:{s}"}}}),
    lambda s: f"Traceback:\n  {s}\n" * 40,
    lambda s: f"Completed{s}",
    lambda s: f"User {s} is not authorized to perform {s}",
    lambda s: f"Requested resource not found. {s}",
    lambda s: f"2026-03-02T09:00:00Z{s}",
    lambda s: f"ml.{s}.xlarge-Training",
    lambda s: f"{s}----::::////{s}",
)
"""The forms in which a name can be embedded."""


def planted(shape: Any, text: str, depth: int = 0) -> Any:
    """A value with a planted text wherever the model has one, even in times and
    keys."""
    inner = depth + 1
    match shape.type_name:
        case "structure" if depth < DEPTH:
            known = {n: planted(m, text, inner) for n, m in shape.members.items()}
            return {**known, text: text, f"More{text}": {text: [text, 1]}}
        case "list" if depth < DEPTH:
            return [planted(shape.member, text, inner), text, {text: text}]
        case "map" if depth < DEPTH:
            return {text: planted(shape.value, text, inner), "key": text}
        case "integer" | "long":
            return 7
        case "boolean":
            return True
        case _:
            return text


def texts(value: Any) -> Iterator[str]:
    """All strings in JSON, including keys."""
    for key, each in value.items() if isinstance(value, dict) else ():
        yield key
        yield from texts(each)
    for each in value if isinstance(value, list) else ():
        yield from texts(each)
    yield from [value] if isinstance(value, str) else []


def exchanges(text: str) -> list[Exchange]:
    """Responses and errors of every operation, with planted text everywhere."""
    made = []
    for name in sorted(operations()):
        model = operation_model(name)
        request = planted(model.input_shape, text)
        answer = planted(model.output_shape, text)
        error = {"__type": text, "message": text, "Message": text, text: text}
        made += [
            Exchange(name, request, 200, answer, NOW),
            Exchange(name, {}, 200, [text], NOW),
            Exchange(name, {}, 400, error, None),
            Exchange(name, {}, 500, text, NOW),
        ]
    return made


@examples(12)
@given(
    secret=st.text(
        st.characters(categories=["L", "N"], exclude_characters="bdgkqvxz"),
        min_size=4,
        max_size=20,
    ),
    form=st.sampled_from(FORMS),
    with_metrics=st.booleans(),
)
def test_nothing_that_is_planted_is_left(
    secret: str, form: Callable[[str], str], *, with_metrics: bool
) -> None:
    """No planted text is left, in any text, key, error or unknown member."""
    assume(not any(secret.lower() in word.lower() for word in words()))
    planted = exchanges(form(secret))
    contents = recordings.redacted(planted, with_metrics=with_metrics)
    assert len(contents) == len(planted)
    for content in contents:
        left = [t for t in texts(json.loads(content)) if secret.lower() in t.lower()]
        assert left == []


@pytest.mark.parametrize("word", ["Completed", "Training", "TrainingJobName", "NaN"])
def test_a_name_that_is_a_word_of_the_service(word: str) -> None:
    """Names and values of hyperparameters are redacted even if they equal words of the
    service."""
    tuned = {"a": f"my-{word}", "b": word, word: "c"}
    answer = {"TrainingJobSummaries": [{"TunedHyperParameters": tuned}]}
    exchange = Exchange(LIST, {}, 200, answer, NOW)
    shown = Redactor([exchange], with_metrics=False).redacted(exchange)
    (trial,) = shown["answer"]["TrainingJobSummaries"]
    assert word not in json.dumps(trial["TunedHyperParameters"])


def test_text_that_is_left_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the redaction misses a text, the final check finds it."""
    monkeypatch.setattr(Pseudonyms, "of_name", lambda _, text, *__: text)
    answer = {"HyperParameterTuningJobName": "acme-churn"}
    exchange = Exchange("DescribeHyperParameterTuningJob", {}, 200, answer, NOW)
    with pytest.raises(recordings.LeakError):
        recordings.redacted([exchange], with_metrics=False)


@pytest.mark.parametrize("depth", [1000, 1240, 100_000])
def test_brackets_in_a_value(depth: int) -> None:
    """A value of a hyperparameter can have brackets nested to any depth."""
    tuned = {"layers": "[" * depth + "]" * depth}
    answer = {"TrainingJobSummaries": [{"TunedHyperParameters": tuned}]}
    exchange = Exchange(LIST, {}, 200, answer, NOW)
    (content,) = recordings.redacted([exchange], with_metrics=False)
    assert "[[" not in content


@pytest.mark.parametrize("letters", ["b" * 16, "b" * 64, "B" * 64, "bdgk" * 4])
def test_a_value_of_the_letters_of_pseudonyms(letters: str) -> None:
    """A value that looks like a pseudonym, or like a redacted failure reason, is
    redacted and does not stop the recording."""
    trial = {"TunedHyperParameters": {"a": letters}, "FailureReason": "x" * 64}
    exchange = Exchange(LIST, {}, 200, {"TrainingJobSummaries": [trial]}, NOW)
    (content,) = recordings.redacted([exchange], with_metrics=False)
    (shown,) = json.loads(content)["answer"]["TrainingJobSummaries"]
    assert letters not in shown["TunedHyperParameters"].values()
    assert shown["FailureReason"] == "b" * 64


def test_huge_numbers() -> None:
    """A metric too large for a double is redacted like any other."""
    metric = {"MetricName": "auc", "Value": 10**400}
    summary = {"FinalHyperParameterTuningJobObjectiveMetric": metric}
    exchange = Exchange(LIST, {}, 200, {"TrainingJobSummaries": [summary]}, NOW)
    (content,) = recordings.redacted([exchange], with_metrics=False)
    assert "0" * 100 not in content


def test_the_price_list_tells_nothing_of_the_rest(
    account: Emulator, tmp_path: Path
) -> None:
    """Prices are public, so a pseudonym in a price list stands for no text
    elsewhere."""
    run(account, "--record", str(tmp_path / "new"))
    of_prices: set[str] = set()
    of_others: set[str] = set()
    for path in tmp_path.rglob("0*.json"):
        pseudonyms = PSEUDONYM.findall(path.read_text(encoding="utf-8").lower())
        (of_prices if "GetProducts" in path.name else of_others).update(pseudonyms)
    assert len(of_prices) > 10
    assert len(of_others) > 10
    assert of_prices & of_others == set()


def test_the_price_list_tells_no_offset(account: Emulator, tmp_path: Path) -> None:
    """Price dates are public, so all become one date and do not reveal the time
    offset."""
    run(account, "--record", str(tmp_path / "new"))
    (path,) = tmp_path.rglob("*GetProducts.json")
    assert set(DATE.findall(path.read_text(encoding="utf-8"))) == {EFFECTIVE}
    assert not is_allowed("2026-01-02T00:00:00Z")


def test_the_range_of_a_hyperparameter() -> None:
    """MaxValue is redacted even if it is a number."""
    ranges = {"IntegerParameterRanges": [{"MinValue": 3, "MaxValue": 7788990}]}
    config = {
        "ParameterRanges": ranges,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 5},
    }
    answer = {"HyperParameterTuningJobConfig": config}
    exchange = Exchange("DescribeHyperParameterTuningJob", {}, 200, answer, NOW)
    shown = Redactor([exchange], with_metrics=False).redacted(exchange)
    assert "7788990" not in json.dumps(shown)
    config = shown["answer"]["HyperParameterTuningJobConfig"]
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 5}


def test_times_and_metrics_are_not_the_account_s(
    account: Emulator, tmp_path: Path
) -> None:
    """All times are shifted by one offset; metrics become ranks, or stay if asked."""
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    truth = account.scope().truth()["trials"]
    values = {
        trial[metric]["Value"]
        for trials in truth.values()
        for trial in trials
        if isinstance(trial.get(metric, {}).get("Value"), float)
    }

    def recorded(*options: str) -> tuple[set[float], list[float]]:
        folder = tmp_path / f"metrics{len(options)}"
        run(account, "--record", str(folder), *options)
        (recording,) = recordings.read(folder)
        items = [item for item, _ in recording.trials]
        shown = {item[metric]["Value"] for item in items if metric in item}
        return shown, [item["CreationTime"] for item in items]

    ranks, shifted = recorded()
    kept, others = recorded("--metrics")
    assert not ranks & values
    assert kept - {"NaN"} <= values
    offsets = {time - other for time, other in zip(shifted, others, strict=True)}
    assert len(offsets) == 1
    assert offsets != {0.0}
