"""Recordings contain nothing that a company would not share."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.exchanges import Exchange
from sagemaker_tuning_contract.modelled import operation_model
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

    from sagemaker_tuning_emulator import Emulator

NOW = 1_772_442_000.0
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where recordings go, each replacing the one before."""
    return tmp_path_factory.mktemp("recordings")


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
    folder: Path, secret: str, form: Callable[[str], str], *, with_metrics: bool
) -> None:
    """No planted text is left, in any text, key, error or unknown member."""
    assume(not any(secret.lower() in word.lower() for word in words()))
    found = exchanges(form(secret))
    count = recordings.write(folder, found, with_metrics=with_metrics)
    assert count == len(found)
    for path in folder.iterdir():
        content = path.read_text(encoding="utf-8")
        left = [t for t in texts(json.loads(content)) if secret.lower() in t.lower()]
        assert left == []
        assert secret not in path.name


@pytest.mark.parametrize("word", ["Completed", "Training", "TrainingJobName", "NaN"])
def test_a_name_that_is_a_word_of_the_service(word: str) -> None:
    """Names and values of hyperparameters are redacted even if they equal words of the
    service."""
    tuned = {"a": f"my-{word}", "b": word, word: "c"}
    answer = {"TrainingJobSummaries": [{"TunedHyperParameters": tuned}]}
    operation = "ListTrainingJobsForHyperParameterTuningJob"
    one = Exchange(operation, {}, 200, answer, NOW)
    shown = Redactor([one], with_metrics=False).redacted(one)
    (trial,) = shown["answer"]["TrainingJobSummaries"]
    assert word not in json.dumps(trial["TunedHyperParameters"])


def test_text_that_is_left_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the redaction misses a text, the final check finds it, and no file is kept."""
    monkeypatch.setattr(Redactor, "_token", lambda _, text: text)
    answer = {"HyperParameterTuningJobName": "acme-churn"}
    one = Exchange("DescribeHyperParameterTuningJob", {}, 200, answer, NOW)
    with pytest.raises(recordings.LeakError):
        recordings.write(tmp_path, [one], with_metrics=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_recording_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """If a file cannot be written, none of the recording is kept."""
    written = Path.write_text

    def write(path: Path, *args: str, **options: str) -> int:
        written(path, *args, **options)
        if path.name.startswith("002"):
            raise error
        return 0

    monkeypatch.setattr(Path, "write_text", write)
    one = Exchange("Search", {}, 200, {"Results": []}, NOW)
    with pytest.raises(error):
        recordings.write(tmp_path, [one, one, one], with_metrics=False)
    assert list(tmp_path.iterdir()) == []


def test_an_odd_answer_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a response cannot be redacted, nothing is written."""

    def fail(*_: object) -> None:
        raise OverflowError

    one = Exchange("Search", {}, 200, {"Results": []}, NOW)
    monkeypatch.setattr(Redactor, "_structure", fail)
    with pytest.raises(OverflowError):
        recordings.write(tmp_path / "new", [one], with_metrics=False)
    assert list(tmp_path.iterdir()) == []


def test_huge_numbers(tmp_path: Path) -> None:
    """A metric too large for a double is redacted like any other."""
    metric = {"MetricName": "auc", "Value": 10**400}
    summary = {"FinalHyperParameterTuningJobObjectiveMetric": metric}
    answer = {"TrainingJobSummaries": [summary]}
    name = "ListTrainingJobsForHyperParameterTuningJob"
    one = Exchange(name, {}, 200, answer, NOW)
    assert recordings.write(tmp_path, [one], with_metrics=False) == 1
    (path,) = tmp_path.iterdir()
    assert "0" * 100 not in path.read_text(encoding="utf-8")


def test_the_price_list_tells_nothing_of_the_rest(
    account: Emulator, tmp_path: Path
) -> None:
    """Prices are public, so a pseudonym in a price list stands for no text
    elsewhere."""
    run(account, "--record", str(tmp_path))
    of_prices: set[str] = set()
    of_others: set[str] = set()
    for path in tmp_path.rglob("*.json"):
        found = PSEUDONYM.findall(path.read_text(encoding="utf-8").lower())
        (of_prices if "GetProducts" in path.name else of_others).update(found)
    assert len(of_prices) > 10
    assert len(of_others) > 10
    assert of_prices & of_others == set()


def test_the_price_list_tells_no_offset(account: Emulator, tmp_path: Path) -> None:
    """Price dates are public, so all become one date and do not reveal the time
    offset."""
    run(account, "--record", str(tmp_path))
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
    one = Exchange("DescribeHyperParameterTuningJob", {}, 200, answer, NOW)
    shown = Redactor([one], with_metrics=False).redacted(one)
    assert "7788990" not in json.dumps(shown)
    config = shown["answer"]["HyperParameterTuningJobConfig"]
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 5}


def test_times_and_metrics_are_not_the_account_s(
    account: Emulator, tmp_path: Path
) -> None:
    """All times are shifted by one offset; metrics become ranks, or stay if asked."""
    operation = "ListTrainingJobsForHyperParameterTuningJob"
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
        (found,) = recordings.read(folder)
        items = [item for item, _ in found.trials]
        shown = {item[metric]["Value"] for item in items if metric in item}
        return shown, [item["CreationTime"] for item in items]

    ranks, shifted = recorded()
    kept, others = recorded("--metrics")
    assert not ranks & values
    assert kept - {"NaN"} <= values
    assert operation
    offsets = {one - other for one, other in zip(shifted, others, strict=True)}
    assert len(offsets) == 1
    assert offsets != {0.0}
