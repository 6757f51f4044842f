"""The Airbyte source against the emulator: its messages, and what it reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from botocore.parsers import ResponseParserError
from jsonschema import Draft7Validator, FormatChecker

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.airbyte.source import AirbyteTap, failure_type
from tap_sagemaker_tuning.airbyte.spec import specification
from tap_sagemaker_tuning.exceptions import (
    NoResultError,
    NotReadError,
    SettingsError,
    TapError,
    UnreadableError,
)
from tests import expected
from tests.airbyte.source import Json, Output, configured
from tests.conftest import ACCOUNT, REGION, TapHere

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.airbyte.source import Source, SourceHere

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "airbyte.md"
HOME = f"account {ACCOUNT}, {REGION}"
SUMMARIES = "training_job_summaries"
DEFAULT = ("tuning_jobs", SUMMARIES, "scopes")


KEYS = {
    name: list(stream.primary_keys)
    for name, stream in AirbyteTap(setup_mapper=False).streams.items()
}
"""The primary key of each stream."""


@pytest.fixture
def catalog() -> Json:
    """The catalog from `discover`."""
    return AirbyteTap(setup_mapper=False).describe()


@pytest.fixture
def default(catalog: Json) -> Json:
    """The streams that are selected by default, to be read incrementally."""
    return configured(catalog, only=DEFAULT)


def counted(output: Output, stream: str) -> float:
    """The record count in the states of a stream."""
    counts: list[float] = [
        message["sourceStats"]["recordCount"]
        for message in output.contents("STATE")
        if message["stream"]["stream_descriptor"]["name"] == stream
    ]
    return sum(counts)


def test_spec(source: Source) -> None:
    """The console script prints its settings, and nothing else."""
    output = source("spec")
    assert output.returncode == 0, output.stderr
    assert output.messages == [{"type": "SPEC", "spec": specification()}]


def test_spec_is_of_the_settings() -> None:
    """Each of the tap's own settings except the streams, which a connection chooses, is
    in the form, in order, with one type, and only secrets are marked as such."""
    schema = specification()["connectionSpecification"]
    Draft7Validator.check_schema(schema)
    fields: Json = schema["properties"]
    tap = AirbyteTap(setup_mapper=False)
    own = tap.config_jsonschema["properties"]
    assert list(fields) == sorted(fields, key=lambda name: int(fields[name]["order"]))
    assert list(fields) == [name for name in own if name != "streams"]
    secrets = {name for name in fields if fields[name].get("airbyte_secret")}
    assert secrets == {name for name in own if own[name].get("secret")} != set()
    texts = {name for name in fields if fields[name]["type"] == "string"}
    assert all(isinstance(fields[name]["airbyte_secret"], bool) for name in texts)
    assert "additionalProperties" not in json.dumps(schema)
    assert "FULL_TABLE" not in json.dumps(schema)
    assert "replication" not in json.dumps(schema)
    assert "resumes" not in fields["max_items"]["description"]


def test_discover(here: SourceHere) -> None:
    """Every stream has its own primary key, and its own cursor if it can be read
    incrementally, and times have an offset."""
    output = here("discover", config={})
    assert output.returncode == 0
    (catalog,) = output.contents("CATALOG")
    streams = {stream["name"]: stream for stream in catalog["streams"]}
    assert streams.keys() == KEYS.keys()
    for name, keys in KEYS.items():
        described = streams[name]
        columns = described["json_schema"]["properties"]
        assert described["source_defined_primary_key"] == [[key] for key in keys]
        assert set(keys) <= columns.keys()
        cursor = described.get("default_cursor_field", [])
        assert described.get("source_defined_cursor", False) == bool(cursor)
        assert described["supported_sync_modes"][1:] == ["incremental"] * len(cursor)
        assert all(columns[name]["format"] == "date-time" for name in cursor)
    without = [name for name, s in streams.items() if "default_cursor_field" not in s]
    assert without == ["training_instance_prices"]
    time = streams["tuning_jobs"]["json_schema"]["properties"]["creation_time"]
    assert time["airbyte_type"] == "timestamp_with_timezone"


def test_check(here: SourceHere) -> None:
    """The connection test makes each call that is needed, and reports the refused
    ones."""
    config = {"regions": [REGION, "eu-west-1"]}
    output = here("check", config=config)
    assert output.contents("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]
    sizes = {call.params.get("MaxResults", 1) for call in here.tap.emulator.calls}
    assert sizes == {1}
    here.tap.emulator.faults.add(Fault("deny", region="eu-west-1"))
    output = here("check", config=config)
    assert output.returncode == 0
    (status,) = output.contents("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert status["message"].startswith(f"account {ACCOUNT}, eu-west-1: ")
    assert "Allow sagemaker:ListHyperParameterTuningJobs" in status["message"]
    assert HOME not in status["message"]


def test_check_does_not_ask_how_streams_are_read(here: SourceHere) -> None:
    """Settings that only a full refresh uses are accepted before there is a catalog."""
    output = here("check", config={"max_items": 5, "page_size": 50.0})
    assert output.contents("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]


def test_two_reads(here: SourceHere, emulator: Emulator, catalog: Json) -> None:
    """After two reads, the second from the states of the first, the rows are right, and
    the second requests only what can have changed."""
    scope = emulator.scope(ACCOUNT, REGION)
    for number in range(5):
        scope.plan(f"ended-{number}", trials=3, parallel=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=7200)
    scope.plan("running", trials=40, parallel=4)
    emulator.clock.move(seconds=1800)
    every = configured(catalog)
    rows: dict[str, dict[str, Json]] = {}

    def read(**state: Any) -> Output:
        output = here("read", config={}, catalog=every, **state)
        assert output.returncode == 0, output.errors
        for message in output.contents("RECORD"):
            stream, record = message["stream"], message["data"]
            key = json.dumps([record[column] for column in KEYS[stream]])
            rows.setdefault(stream, {})[key] = record
        return output

    first = read()
    emulator.clock.move(seconds=5 * 86_400)
    emulator.calls.clear()
    second = read(state=first.states)
    assert list(rows["tuning_jobs"].values()) == expected.tuning_jobs(scope)
    assert sorted(rows[SUMMARIES].values(), key=_name) == sorted(
        expected.trials(scope, newest_first=False), key=_name
    )
    # Prices, a listing, and the trials and details of one tuning job, twice each.
    assert len(emulator.calls) <= 8
    assert len(second.records("tuning_jobs")) == 1
    for stream in KEYS:
        assert counted(first, stream) == len(first.records(stream))
        assert counted(second, stream) == len(second.records(stream))
        assert first.statuses(stream) == ["STARTED", "RUNNING", "COMPLETE"]
    assert misfits(first, catalog) == []
    assert first.stderr == ""


def _name(record: Json) -> str:
    return str(record["training_job_name"])


def misfits(output: Output, catalog: Json) -> list[str]:
    """Records that do not fit the schemas of the catalog."""
    checkers = {
        stream["name"]: Draft7Validator(
            stream["json_schema"], format_checker=FormatChecker(["date-time"])
        )
        for stream in catalog["streams"]
    }
    return [
        error.message
        for message in output.contents("RECORD")
        for error in checkers[message["stream"]].iter_errors(message["data"])
    ]


def test_nothing_new(here: SourceHere, emulator: Emulator, default: Json) -> None:
    """A read that finds nothing new still returns each stream's state, once."""
    emulator.scope(ACCOUNT, REGION).plan("churn", trials=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    first = here("read", config={}, catalog=default)
    emulator.calls.clear()
    second = here("read", config={}, catalog=default, state=first.states)
    assert len(emulator.calls) <= 2
    assert second.records(SUMMARIES) == []
    assert second.statuses(SUMMARIES) == ["STARTED", "COMPLETE"]
    assert len(second.states) == len(second.contents("STATE")) == 3
    assert second.state(SUMMARIES) == first.state(SUMMARIES)


def test_full_refresh(here: SourceHere, emulator: Emulator, catalog: Json) -> None:
    """A full refresh reads everything regardless of the state, with the paginator's
    options, and leaves a state from which an incremental read starts over."""
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan("churn", trials=7, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    some = configured(catalog, only=[SUMMARIES])
    full = configured(catalog, only=[SUMMARIES], full_refresh=[SUMMARIES])
    before = here("read", config={}, catalog=some)
    newest = here(
        "read",
        config={"sort_order": "Descending", "max_items": 2},
        catalog=full,
        state=before.states,
    )
    true = expected.trials(scope, newest_first=True)
    assert newest.records(SUMMARIES) == true[:2]
    again = here("read", config={}, catalog=some, state=newest.states)
    assert again.records(SUMMARIES) == before.records(SUMMARIES)
    assert len(true) == len(again.records(SUMMARIES)) == 7


def test_state_is_each_streams_own(here: SourceHere, default: Json) -> None:
    """A stream whose state is reset is read from the start, and no other stream is."""
    emulator = here.tap.emulator
    emulator.scope(ACCOUNT, REGION).plan("churn", trials=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    states = here("read", config={}, catalog=default).states
    for message in states:
        if message["stream"]["stream_descriptor"]["name"] == SUMMARIES:
            message["stream"]["stream_state"] = None
    output = here("read", config={}, catalog=default, state=states)
    assert len(output.records(SUMMARIES)) == 3
    assert output.records("tuning_jobs") == []


def test_state_of_singer(
    here: SourceHere,
    emulator: Emulator,
    default: Json,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream's state is its Singer bookmark, so with the states that the guide's
    program makes from a Singer state, a read resumes where the tap was."""
    emulator.scope(ACCOUNT, REGION).plan("churn", trials=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    singer = TapHere(emulator, tmp_path)(config={}).state
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state.json").write_text(json.dumps(singer), encoding="utf-8")
    guide = GUIDE.read_text(encoding="utf-8")
    program = re.findall("```python\n(.+?)```", guide, re.DOTALL)[-1]
    exec(program, {})  # noqa: S102 - it is ours
    states = json.loads((tmp_path / "states.json").read_text(encoding="utf-8"))
    output = here("read", config={}, catalog=default, state=states)
    assert output.records(SUMMARIES) == output.records("tuning_jobs") == []
    assert output.state(SUMMARIES) == singer["bookmarks"][SUMMARIES]


def test_columns(here: SourceHere, catalog: Json) -> None:
    """A column that the catalog leaves out is left out, except for keys."""
    emulator = here.tap.emulator
    emulator.scope(ACCOUNT, REGION).plan("churn", trials=3)
    emulator.clock.move(seconds=3600)
    some = configured(catalog, only=["tuning_jobs"])
    columns = some["streams"][0]["stream"]["json_schema"]["properties"]
    for name in columns.keys() - {"tuning_job_name"}:
        del columns[name]
    (record,) = here("read", config={}, catalog=some).records("tuning_jobs")
    assert record.keys() == {"tuning_job_name", "tuning_job_arn", "creation_time"}


def test_a_scope_fails(here: SourceHere, default: Json) -> None:
    """If a scope fails, its streams are incomplete and the exit code is 1; other
    scopes' records are written, and the next read resumes from the states."""
    emulator = here.tap.emulator
    for region in (REGION, "eu-west-1"):
        emulator.scope(ACCOUNT, region).plan("churn", trials=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    emulator.faults.add(Fault("deny", region="eu-west-1"))
    config = {"regions": [REGION, "eu-west-1"]}
    failed = here("read", config=config, catalog=default)
    assert failed.returncode == 1
    ((kind, text),) = failed.errors
    assert kind == "config_error"
    assert text.startswith(f"account {ACCOUNT}, eu-west-1: ListHyperParameterTuningJob")
    for stream in ("tuning_jobs", SUMMARIES):
        assert failed.statuses(stream) == ["STARTED", "RUNNING", "INCOMPLETE"]
    assert failed.statuses("scopes") == ["STARTED", "RUNNING", "COMPLETE"]
    assert len(failed.records(SUMMARIES)) == 3
    emulator.faults.clear()
    later = here("read", config=config, catalog=default, state=failed.states)
    assert later.returncode == 0
    assert {r["region"] for r in later.records(SUMMARIES)} == {"eu-west-1"}


def test_an_account_that_is_not_found_out(here: SourceHere, default: Json) -> None:
    """If an account's regions cannot be listed, no stream of tuning jobs is complete,
    or a full refresh would remove that account's rows."""
    emulator = here.tap.emulator
    for account in (ACCOUNT, "111111111111"):
        emulator.organization.join(account)
        emulator.scope(account, REGION).plan("churn", trials=3, trial_seconds=(60, 90))
    emulator.clock.move(seconds=5 * 86_400)
    emulator.faults.add(Fault("deny", operation="AssumeRole", account="111111111111"))
    config = {"regions": ["enabled"], "organization": {"role_name": "reader"}}
    failed = here("read", config=config, catalog=default)
    assert failed.returncode == 1
    for stream in ("tuning_jobs", SUMMARIES):
        assert failed.statuses(stream) == ["STARTED", "RUNNING", "INCOMPLETE"]
    assert len(failed.records(SUMMARIES)) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("deny"), "config_error"),
        (Fault("error", status=500, code="InternalFailure"), "transient_error"),
        (Fault("error", status=400, code="ThrottlingException"), "transient_error"),
        (Fault("drop"), "transient_error"),
        (Fault("html"), "transient_error"),
        (Fault("error", status=400, code="NobodyKnows"), "system_error"),
    ],
    ids=["denied", "failing", "throttled", "dropped", "html", "unknown"],
)
def test_failure_types(
    here: SourceHere, catalog: Json, fault: Fault, kind: str
) -> None:
    """The type of an error says who has to act: the user, nobody, or a maintainer."""
    here.tap.emulator.faults.add(fault)
    some = configured(catalog, only=["tuning_jobs"])
    output = here("read", config={"max_attempts": 1}, catalog=some)
    assert output.returncode == 1
    ((failure, text),) = output.errors
    assert failure == kind
    assert text.startswith(f"{HOME}: ")
    assert output.statuses("tuning_jobs") == ["STARTED", "INCOMPLETE"]


def test_an_account_without_regions(here: SourceHere, default: Json) -> None:
    """If AWS lists no region to read, neither `check` nor `read` succeeds."""
    config = {"regions": ["enabled"]}
    here.tap.emulator.alter("ListRegions", lambda answer: answer["Regions"].clear())
    status = here("check", config=config).contents("CONNECTION_STATUS")[0]
    assert status["status"] == "FAILED"
    assert "there is no region to read" in status["message"]
    output = here("read", config=config, catalog=default)
    assert output.returncode == 1
    ((kind, text),) = output.errors
    assert kind == "config_error"
    assert text.startswith(f"account {ACCOUNT}: ListRegions: there is no region")
    assert "COMPLETE" not in output.statuses(SUMMARIES)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aws.EndpointConnectionError(endpoint_url="https://host"), "transient_error"),
        (aws.ReadTimeoutError(endpoint_url="https://host"), "transient_error"),
        (aws.ProxyConnectionError(proxy_url="http://host"), "config_error"),
        (
            aws.SSLError(endpoint_url="https://host", error=OSError("self-signed")),
            "config_error",
        ),
        (aws.NoRegionError(), "config_error"),
        (aws.ProfileNotFound(profile="work"), "config_error"),
        (NoResultError("ListTags: no result"), "transient_error"),
        (ResponseParserError("cut"), "transient_error"),
        (aws.HTTPClientError(error=ValueError("a header")), "config_error"),
        (NotReadError("there is no region to read"), "config_error"),
        (SettingsError("2 entries reach one account"), "config_error"),
        (UnreadableError("a trial cannot be read"), "system_error"),
        (RuntimeError("a bug"), "system_error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failure_types_of_other_errors(error: Exception, kind: str) -> None:
    """Errors that do not come from the service have a type as well, and so do their
    causes."""
    assert failure_type(error) == kind
    wrapped = TapError("prices")
    wrapped.__cause__ = error
    assert failure_type(wrapped) == kind


def test_no_prices(here: SourceHere, catalog: Json) -> None:
    """Denied prices are a config_error."""
    here.tap.emulator.faults.add(Fault("deny", operation="GetProducts"))
    some = configured(catalog, only=["training_instance_prices"])
    output = here("read", config={}, catalog=some)
    ((kind, text),) = output.errors
    assert kind == "config_error"
    assert "Allow pricing:GetProducts" in text


def test_no_credentials(here: SourceHere, default: Json) -> None:
    """Without credentials, nothing is read, and no stream is complete."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    here.tap.variables.update(dict.fromkeys(keys))
    output = here("read", config={}, catalog=default)
    assert output.returncode == 1
    ((kind, text),) = output.errors
    assert kind == "config_error"
    assert text.startswith("Unable to locate credentials. Set AWS_PROFILE")
    assert [output.statuses(stream)[-1] for stream in DEFAULT] == ["INCOMPLETE"] * 3


@pytest.mark.parametrize("verb", ["discover", "read"])
def test_bad_setting(here: SourceHere, default: Json, verb: str) -> None:
    """An invalid setting is a config_error of one line, before the first call, without
    any secret."""
    config = {"aws_secret_access_key": "sEcReT", "page_size": 1000}
    catalog = {"catalog": default} if verb == "read" else {}
    output = here(verb, config=config, **catalog)
    assert output.returncode == 1
    assert output.errors == [("config_error", "page_size: 1000 is not at most 100")]
    assert "sEcReT" not in output.stdout
    assert here.tap.emulator.calls == []


def test_check_of_a_bad_setting(here: SourceHere) -> None:
    """For `check`, an invalid setting is a failed connection."""
    output = here("check", config={"aws_secret_access_key": "sEcReT"})
    assert output.returncode == 0
    (status,) = output.contents("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert status["message"].startswith("aws_access_key_id: missing")
    assert "sEcReT" not in output.stdout


def test_what_does_not_go_with_the_catalog(here: SourceHere, default: Json) -> None:
    """A setting that only a full refresh uses is refused in other modes, in Airbyte's
    terms."""
    output = here("read", config={"max_items": 5}, catalog=default)
    ((kind, text),) = output.errors
    assert kind == "config_error"
    assert text.startswith(f"max_items: requires a full refresh of {SUMMARIES}")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"config": []}, "--config: {folder}/config.json is not a JSON object"),
        ({"catalog": {"streams": [{}]}}, "is not a configured catalog"),
        ({"state": [{"type": "GLOBAL", "global": {}}]}, "is not a list of stream"),
        ({"state": "nothing"}, "is not a JSON array or object"),
    ],
)
def test_bad_files(here: SourceHere, default: Json, files: Json, words: str) -> None:
    """A file in the wrong format is a config_error that names it."""
    given = {"config": {}, "catalog": default, **files}
    output = here("read", **given)
    assert output.returncode == 1
    ((kind, text),) = output.errors
    assert kind == "config_error"
    assert words.format(folder=here.tap.folder) in text


@pytest.mark.parametrize("state", [[], {}])
def test_no_state(here: SourceHere, default: Json, state: Any) -> None:
    """An empty state counts as none, in the old format, too."""
    output = here("read", config={}, catalog=default, state=state)
    assert output.returncode == 0
    ended = [output.statuses(stream)[-1] for stream in DEFAULT]
    assert ended == ["COMPLETE"] * 3


def test_damaged_state(here: SourceHere, default: Json) -> None:
    """A damaged state is a config_error, because clearing the data solves it."""
    state = {
        "stream_descriptor": {"name": SUMMARIES},
        "stream_state": {"partitions": 7},
    }
    states = [{"type": "STREAM", "stream": state}]
    output = here("read", config={}, catalog=default, state=states)
    ((kind, text),) = output.errors
    assert kind == "config_error"
    assert text.startswith("state: ")


def test_unknown_stream(here: SourceHere, default: Json) -> None:
    """A stream that this source does not have fails the read but does not affect
    others."""
    emulator = here.tap.emulator
    emulator.scope(ACCOUNT, REGION).plan("churn", trials=3)
    default["streams"].append({"stream": {"name": "gone"}, "sync_mode": "incremental"})
    output = here("read", config={}, catalog=default)
    assert output.returncode == 1
    assert [text for _, text in output.errors] == [
        "gone: no such stream. Refresh the source's schema"
    ]
    assert output.statuses("gone") == ["INCOMPLETE"]
    assert output.statuses("tuning_jobs")[-1] == "COMPLETE"


def test_a_mode_that_a_stream_does_not_have(here: SourceHere, catalog: Json) -> None:
    """Prices are read even if PyAirbyte requests an incremental read of them, as it
    does for each stream."""
    some = configured(catalog, only=["training_instance_prices"])
    some["streams"][0]["sync_mode"] = "incremental"
    output = here("read", config={}, catalog=some)
    assert output.returncode == 0
    assert len(output.records("training_instance_prices")) > 1
    assert output.state("training_instance_prices") == {}


def test_a_bug(
    here: SourceHere, default: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected exception is a system_error with its stack trace, and its stream is
    incomplete."""

    def fail(*_: Any) -> None:
        msg = "nobody foresaw it"
        raise RuntimeError(msg)

    monkeypatch.setattr("tap_sagemaker_tuning.streams.scopes.record_of", fail)
    output = here("read", config={}, catalog=default)
    assert output.returncode == 1
    assert output.errors == [("system_error", "RuntimeError: nobody foresaw it")]
    assert output.statuses("scopes") == ["STARTED", "INCOMPLETE"]
    (trace,) = [t["error"] for t in output.contents("TRACE") if "error" in t]
    assert "in record_of" in trace["stack_trace"] or "in fail" in trace["stack_trace"]


def test_log(source: Source, default: Json) -> None:
    """Every log line is a message, even from other threads."""
    source.tap.variables["LOGLEVEL"] = "DEBUG"
    output = source("read", config={}, catalog=default)
    assert output.stderr == ""
    assert "INFO 1 of 1 accounts and regions complete" in output.log
    # A thread opens the clients.
    assert "INFO Found credentials in environment variables" in output.log
    assert "METRIC" not in output.log
