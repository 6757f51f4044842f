"""The emulator's own HTTP interface: what `--help` says of it, and wrong requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_emulator import Emulator, Fault
from sagemaker_tuning_emulator.__main__ import main
from sagemaker_tuning_emulator.admin import ENDPOINTS, PREFIX, answer
from sagemaker_tuning_emulator.faults import KINDS, METRIC_KINDS, PAGE_KINDS, Kind

from .calling import ACCOUNT, START

if TYPE_CHECKING:
    from sagemaker_tuning_emulator.admin import Endpoint

TAKING = [each for each in ENDPOINTS if each.form.fields()]
WITHOUT = [each for each in ENDPOINTS if not each.form.fields()]
PLAN: dict[str, Any] = {"account": ACCOUNT, "region": "us-east-1", "name": "churn"}
LEAST: dict[str, dict[str, Any]] = {
    "POST clock": {"seconds": 1},
    "POST environment": {"account": ACCOUNT, "region": "us-east-1"},
    "POST plan": PLAN,
    "PUT organization": {"accounts": {}},
    "POST faults": {"kind": "deny"},
}
"""For each request with fields, the least that it takes."""


def named(endpoint: Endpoint) -> str:
    """The name of a request."""
    return f"{endpoint.method} {endpoint.name}"


def asked(emulator: Emulator, request: str, body: object) -> tuple[int, Any]:
    """Status and JSON of the answer to a request."""
    method, name = request.split()
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = answer(emulator, "http://127.0.0.1:1", method, f"{PREFIX}{name}", sent)
    return reply.status, json.loads(reply.body)


def refused(request: str, body: object, emulator: Emulator | None = None) -> str:
    """The error with which a wrong request is answered, without its request."""
    status, told = asked(emulator or Emulator(START), request, body)
    assert (status, told.keys()) == (400, {"error"})
    method, name = request.split()
    start = f"{method} {PREFIX}{name}: "
    assert told["error"].startswith(start)
    return str(told["error"].removeprefix(start))


def test_help_has_all_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--help` fits into 80 columns, and has each request, field and kind of fault."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    entries = {" ".join(line[:26].split()) for line in lines} | {
        line.split()[0] for line in lines if line
    }
    fields = {field.name for each in ENDPOINTS for field in each.form.fields()}
    assert {*map(named, ENDPOINTS), *fields, *KINDS} - entries == set()


def test_everything_is_said() -> None:
    """Each kind of fault has an effect, and each field a meaning and a form."""
    assert KINDS.keys() == set(get_args(Kind))
    assert LEAST.keys() == set(map(named, TAKING))
    for field in (field for each in ENDPOINTS for field in each.form.fields()):
        assert field.meaning.endswith(("…", ".")), field
        assert field.form, field


@pytest.mark.parametrize("request_", LEAST)
def test_the_least_is_enough(request_: str) -> None:
    """A request takes its required fields alone."""
    assert asked(Emulator(START), request_, LEAST[request_])[0] == 200


@pytest.mark.parametrize("endpoint", TAKING, ids=named)
def test_what_is_missing_is_named(endpoint: Endpoint) -> None:
    """The error names each required field, and what it must be."""
    required = [field for field in endpoint.form.fields() if field.required]
    told = refused(named(endpoint), {})
    assert told == "; ".join(f"{each.name}: missing ({each.form})" for each in required)
    assert required


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_an_unknown_field_is_named(endpoint: Endpoint) -> None:
    """The error names a field that does not exist, and those that do."""
    request = named(endpoint)
    told = refused(request, {**LEAST.get(request, {}), "secnods": 1})
    fields = [field.name for field in endpoint.form.fields()]
    outer = [name for name in fields if "." not in name]
    known = " or ".join(filter(None, [", ".join(outer[:-1]), *outer[-1:]]))
    use = f"use {known}" if outer else "there are no fields"
    assert told == f"secnods: unknown; {use}"


@pytest.mark.parametrize("endpoint", TAKING, ids=named)
def test_a_wrong_type_is_named(endpoint: Endpoint) -> None:
    """No field takes an object without meaning, and the error names it."""
    request = named(endpoint)
    for field in endpoint.form.fields():
        if "." not in field.name and not field.form.startswith("object"):
            wrong = {"no": "meaning"}
            told = refused(request, {**LEAST[request], field.name: wrong})
            assert told.startswith(f"{field.name}: should be "), told
            assert told.endswith(', not {"no": "meaning"}')


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b"3", b"null", b'"x"'])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_a_body_that_is_no_object(endpoint: Endpoint, body: bytes) -> None:
    """The error says that the body must be a JSON object."""
    told = refused(named(endpoint), body)
    assert told.startswith(("body: Invalid JSON: ", "body: should be an object, not "))


@pytest.mark.parametrize(
    ("request_", "body", "words"),
    [
        ("POST clock", {"seconds": 1, "a\nb": 1}, "a\\nb: unknown; "),
        ("PUT organization", {"accounts": {"\r": {}}}, "accounts.\\r.[key]: "),
        ("PUT organization", {"accounts": {}, "units": {"\x1b": 1}}, "units.\\x1b: "),
        (
            "PUT organization",
            {"accounts": {}, "units": {"ou-a": "\n\u2028"}},
            "units.ou-a: there is no \\n\\u2028; ",
        ),
    ],
)
def test_an_error_is_one_line(request_: str, body: dict[str, Any], words: str) -> None:
    """Names and values with control characters are repeated escaped."""
    assert refused(request_, body).startswith(words)


@pytest.mark.parametrize(
    ("request_", "body", "error"),
    [
        (
            "POST plan",
            {**PLAN, "parallel": 10**30},
            f"parallel: should be less than or equal to 100000, not {10**30}",
        ),
        ("POST clock", {"seconds": "x"}, 'seconds: should be a valid number, not "x"'),
        (
            "POST clock",
            {"seconds": -1},
            "seconds: should be greater than or equal to 0, not -1",
        ),
        (
            "POST faults",
            {"kind": "throttle", "rate": float("nan")},
            "rate: should be a finite number, not NaN",
        ),
        (
            "POST faults",
            {"kind": "deny", "account": "me"},
            "account: String should match pattern '^[0-9]{12}$', not \"me\"",
        ),
        (
            "POST faults",
            {"kind": "deny", "role_arn": "arn"},
            "role_arn: set operation to AssumeRole as well",
        ),
        (
            "POST plan",
            {**PLAN, "trial_seconds": [2, 1]},
            "trial_seconds: the minimum comes before the maximum",
        ),
        (
            "POST plan",
            {**PLAN, "chances": {"failed": 2}},
            "chances.failed: should be less than or equal to 1, not 2",
        ),
        ("POST plan", {**PLAN, "definitions": []}, "definitions: give at least one"),
        (
            "POST plan",
            {**PLAN, "definitions": [{"spot": True}], "spot": True},
            "definitions: each has its own spot",
        ),
        (
            "POST plan",
            {**PLAN, "definitions": [{"objective": {"Type": "Max"}}]},
            "definitions.0.objective: give Type (Maximize or Minimize) and MetricName",
        ),
        (
            "POST plan",
            {**PLAN, "ranges": {"IntegerParameterRanges": [{"Name": "depth"}]}},
            "ranges: not `ParameterRanges` of the API: KeyError('MinValue')",
        ),
        (
            "POST plan",
            {**PLAN, "created": "9999-12-31T23:59:59Z"},
            "created: emulated time ends with the year 9999",
        ),
        (
            "PUT organization",
            {"accounts": {ACCOUNT: {"unit": "ou-a"}}, "units": {"ou-b": "r-emul"}},
            f"accounts.{ACCOUNT}.unit: there is no ou-a; use r-emul or ou-b",
        ),
        (
            "PUT organization",
            {"accounts": {}, "units": {"ou-b": "ou-a"}},
            "units.ou-b: there is no ou-a; use r-emul or ou-b",
        ),
    ],
)
def test_each_check(request_: str, body: dict[str, Any], error: str) -> None:
    """The error says which field is wrong, and what it must be."""
    assert refused(request_, body) == error


def test_a_name_in_use() -> None:
    """A second tuning job of the same name is refused in AWS's words."""
    emulator = Emulator(START)
    assert asked(emulator, "POST plan", PLAN)[0] == 200
    told = refused("POST plan", PLAN, emulator)
    assert told.startswith("name: Hyperparameter tuning job names must be unique")


def test_time_ends() -> None:
    """The clock cannot be moved beyond the last year that times can have."""
    told = refused("POST clock", {"seconds": 10**7}, Emulator("9999-12-01T00:00:00Z"))
    assert told == "seconds: emulated time ends with the year 9999"


@pytest.mark.parametrize(("kind", "effect"), KINDS.items())
def test_fields_of_other_kinds(kind: Kind, effect: Any) -> None:
    """A kind of fault takes its own fields, and names the kinds of any other one."""
    numbers = {"rate": 1, "burst": 1, "status": 503, "seconds": 1}
    names = ("code", "date", "message", "metric", "training_job")
    for name, value in (numbers | dict.fromkeys(names, "text")).items():
        body = {"kind": kind, name: value}
        owners = [other for other, its in KINDS.items() if name in its.fields]
        if kind in owners:
            assert name in effect.fields
            assert asked(Emulator(START), "POST faults", body)[0] == 200
        else:
            told = f"{name}: {kind} has none, only {', '.join(owners)}"
            assert refused("POST faults", body) == told


@pytest.mark.parametrize("kind", KINDS)
def test_operations_of_a_kind(kind: Kind) -> None:
    """A fault that no call of its operation could show names those that could."""
    told = refused("POST faults", {"kind": kind, "operation": "ListTuningJobs"})
    assert told.startswith(f"operation: {kind} affects ")
    assert told.endswith(", not ListTuningJobs")
    assert ("ListTags" in told) == (kind not in METRIC_KINDS + PAGE_KINDS)
    assert ("Search" in told) == (kind not in METRIC_KINDS)
    assert "GetMetricData" in told


def test_an_unknown_path_and_method() -> None:
    """The error names all paths, or the methods of the path."""
    emulator = Emulator(START)
    status, told = asked(emulator, "GET nothing", {})
    names = ", ".join(dict.fromkeys(each.name for each in ENDPOINTS))
    expected = f"/_emulator/nothing: use /_emulator/ and one of {names}"
    assert (status, told) == (404, {"error": expected})
    status, told = asked(emulator, "POST calls", {})
    expected = "POST /_emulator/calls: use GET or DELETE"
    assert (status, told) == (405, {"error": expected})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([ACCOUNT, "us-east-1", "2026-03-02T09:00:00Z", *KINDS]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("endpoint", TAKING, ids=named)
@given(data=st.data())
def test_any_request(endpoint: Endpoint, data: st.DataObject) -> None:
    """With any JSON in its fields, a request is done, or the error is one line that
    names a field; afterwards, everything can be read."""
    names = [f.name for f in endpoint.form.fields() if "." not in f.name]
    request = named(endpoint)
    more = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=3))
    emulator = Emulator(START)
    status, told = asked(emulator, request, {**LEAST[request], **more})
    if status == 200:
        for each in WITHOUT:
            assert asked(emulator, named(each), {})[0] == 200
    else:
        assert status == 400
        assert any(f": {name}" in told["error"] for name in more), told
        assert "\n" not in told["error"]


def test_the_organization() -> None:
    """What was put is what is returned, and what AWS Organizations lists."""
    emulator = Emulator(START)
    other = {"state": "SUSPENDED", "unit": "ou-a", "regions": {"me-south-1": "ENABLED"}}
    given_ = {
        "accounts": {ACCOUNT: {}, "222222222222": other},
        "units": {"ou-a": "r-emul"},
        "with_state": False,
    }
    whole = {"state": "ACTIVE", "unit": "r-emul", "regions": {}}
    accounts = {ACCOUNT: whole, "222222222222": other}
    expected = {**given_, "accounts": accounts}
    assert asked(emulator, "PUT organization", given_) == (200, expected)
    assert asked(emulator, "GET organization", {}) == (200, expected)
    organization = emulator.organization
    assert organization.members("ou-a") == ["222222222222"]
    assert organization.shown("222222222222")["Status"] == "SUSPENDED"
    assert organization.opt_status("222222222222")["me-south-1"] == "ENABLED"


def test_the_faults() -> None:
    """The active faults can be read, with the number of calls that each affected."""
    emulator = Emulator(START)
    assert asked(emulator, "POST faults", {"kind": "deny", "times": 3})[0] == 200
    _, told = asked(emulator, "GET faults", {})
    (fault,) = told["faults"]
    assert (fault.pop("struck"), Fault(**fault)) == (0, Fault("deny", times=3))
    asked(emulator, "DELETE faults", {})
    assert asked(emulator, "GET faults", {}) == (200, {"faults": []})


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--start=now", "such as 2026-03-02T09:00:00Z"),
        ("--start=2026-03-02T09:00:00", "such as 2026-03-02T09:00:00Z"),
        ("--port=65536", "less than or equal to 65535"),
        ("--account=me", "'^[0-9]{12}$'"),
        ("--region=moon", "match pattern"),
        ("--parallel=0", "greater than or equal to 1"),
        ("--trials=-1", "greater than or equal to 0"),
        ("--rate=nan", "finite"),
    ],
)
def test_wrong_options(
    option: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is refused in one last line that says what it must be."""
    with pytest.raises(SystemExit) as caught:
        main([option])
    name, _, value = option.partition("=")
    last = capsys.readouterr().err.splitlines()[-1]
    assert caught.value.code == 2
    assert f"error: argument {name}: {value}: " in last
    assert words in last
