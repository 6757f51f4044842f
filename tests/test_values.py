"""From summary to record: cases in `tests/cases`, and laws for any summary at all."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from tap_sagemaker_tuning import schemas_root, values
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.streams import training_job_summaries, tuning_jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape
    from hypothesis.strategies import SearchStrategy

CASES = Path(__file__).parent / "cases"
FUNCTIONS = (
    "timestamp",
    "tuning_job",
    "training_job",
    "storable",
    "tuning_job_details",
    "training_job_details",
    "training_instance_prices",
    "believed",
)
FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PURE = (
    "values",
    "replication.plan",
    "replication.state",
    "replication.tally",
    "shapes",
)
IMPURE = {"boto3", "botocore", "requests", "singer_sdk"}
MODEL = botocore.session.get_session().get_service_model("sagemaker")
HERE = Scope("111122223333", "us-east-1")
SCOPE = HERE.context
ASKED = {
    "tuning_job_name": "churn-xgb-230204",
    "tuning_job_arn": "arn:aws:sagemaker:us-east-1:111122223333:"
    "hyper-parameter-tuning-job/churn-xgb-230204",
}
HALF_A_MILLISECOND = timedelta(microseconds=501)  # and what a double loses


def cases(function: str) -> list[Any]:
    """The cases of a function, each named like its file."""
    return [
        pytest.param(json.loads(path.read_text(encoding="utf-8")), id=path.stem)
        for path in sorted((CASES / function).glob("*.json"))
    ]


def assert_same(actual: object, expected: object) -> None:
    """Compare by value, and 1 is neither 1.0 nor true."""
    assert actual == expected
    assert json.dumps(actual, sort_keys=True) == json.dumps(expected, sort_keys=True)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_cases(function: str) -> None:
    """A folder without cases guards nothing."""
    assert cases(function)


def test_each_folder_is_of_a_function() -> None:
    """A case in a folder that no test reads guards nothing."""
    assert sorted(path.name for path in CASES.iterdir() if path.is_dir()) == sorted(
        FUNCTIONS
    )


@pytest.mark.parametrize("case", cases("timestamp"))
def test_timestamp(case: dict[str, Any]) -> None:
    """A time of the API becomes RFC 3339 text in UTC, to the millisecond."""
    assert_same(values.timestamp(case["given"]), case["expect"])


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_no_time_depends_on_this_machines_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """In any zone a number and a text without an offset are the same time in UTC."""
    with monkeypatch.context() as local:
        local.setenv("TZ", zone)
        time.tzset()
        written = {values.timestamp(given) for given in ("2026-03-02T09", 1772442000)}
    time.tzset()
    assert written == {"2026-03-02T09:00:00.000Z"}


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "09:00", "1.5.2"])
def test_timestamp_refuses_what_is_no_time(text: str) -> None:
    """Text that is neither a number nor a time is refused, not guessed at."""
    with pytest.raises(ValueError, match=r"[Ii]nvalid|month"):
        values.timestamp(text)


@pytest.mark.parametrize("case", cases("tuning_job"))
def test_tuning_job(case: dict[str, Any]) -> None:
    """A HyperParameterTuningJobSummary becomes its record, member by member."""
    summary, scope = case["given"].pop("summary"), Scope(**case["given"])
    assert_same(tuning_jobs.record_of(summary, scope), case["expect"])


@pytest.mark.parametrize("case", cases("training_job"))
def test_training_job(case: dict[str, Any]) -> None:
    """A HyperParameterTrainingJobSummary becomes its record, member by member."""
    given = dict(case["given"])
    scope = Scope(given.pop("account_id"), given.pop("region"))
    record = training_job_summaries.record_of(scope=scope, **given)
    assert_same(record, case["expect"])


@pytest.mark.parametrize("case", cases("storable"))
def test_storable(case: dict[str, Any]) -> None:
    """What no warehouse can store becomes U+FFFD; all else is left as it is."""
    assert_same(values.storable(case["given"]), case["expect"])


# Laws of time

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the time zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the time zone
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)


@given(MOMENTS)
def test_timestamp_keeps_the_instant_of_a_number(moment: datetime) -> None:
    """Seconds since 1970 keep their instant, to the millisecond."""
    text = values.timestamp(moment.timestamp())
    assert FORM.fullmatch(text)
    assert abs(datetime.fromisoformat(text) - moment) <= HALF_A_MILLISECOND


@given(MOMENTS)
def test_timestamp_keeps_the_instant_of_the_wires_notation(moment: datetime) -> None:
    """Scientific notation, as a number or as text, keeps it too."""
    number = f"{moment.timestamp():.15E}"
    text = values.timestamp(float(number))
    assert abs(datetime.fromisoformat(text) - moment) <= HALF_A_MILLISECOND
    assert values.timestamp(number) == text


@given(MOMENTS)
def test_timestamp_keeps_the_instant_of_a_text(moment: datetime) -> None:
    """ISO 8601 text with any offset keeps its instant, to the millisecond."""
    text = values.timestamp(moment.isoformat())
    assert FORM.fullmatch(text)
    assert abs(datetime.fromisoformat(text) - moment) <= HALF_A_MILLISECOND


@given(MOMENTS)
def test_whole_milliseconds_are_exact(moment: datetime) -> None:
    """A time of whole milliseconds is written as exactly that."""
    whole = moment.astimezone(UTC)
    whole = whole.replace(microsecond=whole.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(values.timestamp(whole.timestamp())) == whole


@given(st.lists(MOMENTS, min_size=2))
def test_text_sorts_as_time(moments: list[datetime]) -> None:
    """In the order of time the texts are in the order of text."""
    ordered = [
        values.timestamp(moment.timestamp())
        for moment in sorted(moments, key=datetime.timestamp)
    ]
    assert ordered == sorted(ordered)


@given(MOMENTS)
def test_timestamp_leaves_its_own_text(moment: datetime) -> None:
    """What it wrote it reads back unchanged: state goes through it again and again."""
    text = values.timestamp(moment.timestamp())
    assert values.timestamp(text) == text
    assert values.moment(text) == datetime.fromisoformat(text)


# Laws of the mapping

HARD = st.sampled_from('\0\ud83d\udd25"\n7 \u00e9\U0001f525')  # NUL, halves of a pair
ANY = st.characters(exclude_categories=())
FREE = {None, ".*", ".+"}  # patterns that let all characters through


def texts(shape: Shape) -> SearchStrategy[str]:
    """Text that the model allows, words that it does not know yet among it."""
    sizes = {
        "min_size": shape.metadata.get("min", 0),
        "max_size": min(shape.metadata.get("max", 40), 40),
    }
    free = st.text(HARD, **sizes) | st.text(ANY, **sizes)
    pattern = shape.metadata.get("pattern")
    of_pattern = st.from_regex(pattern or "", fullmatch=True)
    known = st.sampled_from(shape.metadata.get("enum", ["Completed"]))
    word = st.from_regex("[A-Z][A-Za-z]{0,20}", fullmatch=True)
    kinds = {True: free, False: of_pattern}
    is_free = pattern in FREE or r"\p{" in str(pattern)  # no pattern of Python's
    return {True: known | word, False: kinds[is_free]}["enum" in shape.metadata]


def structures(shape: Any) -> SearchStrategy[dict[str, Any]]:
    """A structure with its required members and some of the others."""
    members = {name: any_value(member) for name, member in shape.members.items()}
    required = {name: members.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=members)


def maps(shape: Any) -> SearchStrategy[dict[str, Any]]:
    """A map; an explicit null for a value is in what botocore gives."""
    return st.dictionaries(
        any_value(shape.key), st.none() | any_value(shape.value), max_size=4
    )


def lists(shape: Any) -> SearchStrategy[list[Any]]:
    """A short list, or an empty one whatever the model says: the service has some."""
    return st.lists(any_value(shape.member), max_size=2)


def integers(shape: Shape) -> SearchStrategy[int]:
    """A 32-bit integer within the model's bounds."""
    bounds = shape.metadata
    return st.integers(bounds.get("min", -(2**31)), bounds.get("max", 2**31 - 1))


def floats(_: Shape) -> SearchStrategy[float | str]:
    """A metric as it arrives: float, int or text."""
    numbers = st.floats(width=32) | st.integers(-(2**31), 2**31)
    return (
        numbers | numbers.map(str) | st.sampled_from(["NaN", "Infinity", "-Infinity"])
    )


def booleans(_: Shape) -> SearchStrategy[bool]:
    """Yes or no."""
    return st.booleans()


def timestamps(_: Shape) -> SearchStrategy[str]:
    """A time as the client's parser gives it."""
    return st.integers(0, 4_102_444_800_000).map(
        lambda milliseconds: values.timestamp(milliseconds / 1000)
    )


KINDS: dict[str, Callable[[Any], SearchStrategy[Any]]] = {
    "structure": structures,
    "map": maps,
    "list": lists,
    "string": texts,
    "boolean": booleans,
    "integer": integers,
    "long": integers,
    "float": floats,
    "timestamp": timestamps,
}


def any_value(shape: Shape) -> SearchStrategy[Any]:
    """Any value of a shape."""
    return KINDS[shape.type_name](shape)


def summaries(name: str) -> SearchStrategy[dict[str, Any]]:
    """Any summary of this shape that the service's model allows."""
    return structures(MODEL.shape_for(name))


def closed(schema: Any) -> Any:
    """The schema, and no property that it does not name, in arrays neither."""
    members = schema.get("properties", {})
    more = {"additionalProperties": False, "required": sorted(members)}
    return {
        **{True: more, False: {}}["properties" in schema],
        **schema,
        "properties": {name: closed(member) for name, member in members.items()},
        **{word: closed(item) for word, item in schema.items() if word == "items"},
    }


def validator(stream: str) -> Draft202012Validator:
    """Checks records of a stream against its schema, formats and names included."""
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    return Draft202012Validator(
        closed(json.loads(text)), format_checker=FormatChecker(["date-time"])
    )


CHECKS = {
    name: validator(name)
    for name in (
        "tuning_jobs",
        "training_job_summaries",
        "tuning_job_details",
        "training_job_details",
    )
}


def problems(stream: str, record: dict[str, Any]) -> list[str]:
    """What does not fit in a record."""
    return [error.message for error in CHECKS[stream].iter_errors(record)]


@pytest.mark.parametrize("stream", CHECKS)
def test_the_check_sees_what_does_not_fit(stream: str) -> None:
    """The check that the laws rely on sees another property, and text for a time."""
    record = {"creation_time": "yesterday", "surprise": 1}
    found = " ".join(problems(stream, record))
    assert "'surprise' was unexpected" in found
    assert "'yesterday' is not a 'date-time'" in found
    assert "'account_id' is a required property" in found


@given(summaries("HyperParameterTuningJobSummary"))
def test_any_tuning_job_has_a_record(summary: dict[str, Any]) -> None:
    """Any summary that the model allows gives a record that fits and can be written."""
    record = tuning_jobs.record_of(summary, HERE)
    assert problems("tuning_jobs", record) == []
    assert msgspec.json.decode(msgspec.json.encode(record)) == record


@given(summaries("HyperParameterTrainingJobSummary"))
def test_any_trial_has_a_record(summary: dict[str, Any]) -> None:
    """Any summary that the model allows gives a record that fits and can be written."""
    record = training_job_summaries.record_of(summary, HERE, **ASKED)
    assert problems("training_job_summaries", record) == []
    written = msgspec.json.encode(record)
    assert msgspec.json.decode(written) == record
    assert b"\\u0000" not in written.replace(rb"\\", b"")  # no NUL


@given(st.text(HARD) | st.text(ANY))
def test_storable_keeps_length_and_has_a_utf_8_form(text: str) -> None:
    """Any text keeps its length, and its form in UTF-8 reads back as the same."""
    stored = values.storable(text)
    assert len(stored) == len(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored
    assert values.storable(stored) == stored


@given(summaries("HyperParameterTrainingJobSummary"))
def test_a_summary_is_left_as_it_was(summary: dict[str, Any]) -> None:
    """Mapping changes nothing in what it is given: replication looks at it as well."""
    before = repr(summary)
    training_job_summaries.record_of(summary, HERE, **ASKED)
    assert repr(summary) == before


# What it may lean on


def imported(module: str) -> set[str]:
    """Top-level names of all packages that a module of ours imports, anywhere."""
    spec = importlib.util.find_spec(f"tap_sagemaker_tuning.{module}")
    source = Path(str(spec and spec.origin)).read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    plain = [
        alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    names = [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in plain + names}


def test_imports_are_seen() -> None:
    """The check below sees imports: the client's of botocore."""
    assert "botocore" in imported("aws.client")


@pytest.mark.parametrize("module", PURE)
def test_what_is_pure_imports_no_io(module: str) -> None:
    """What is pure knows neither AWS's SDK nor Singer's."""
    assert imported(module) & IMPURE == set()
