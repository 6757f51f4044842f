"""The stream `scopes`: how complete each account and region is, as of when, and why."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault, Trial, TuningJob
from tests.conftest import ACCOUNT, REGION
from tests.expected import KEYS, misfits

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere
    from tests.expected import Json

LIST = "ListHyperParameterTuningJobs"
DESCRIBE = "DescribeHyperParameterTuningJob"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
ACCOUNTS = ["111111111111", "222222222222", "333333333333"]
REGIONS = ["us-east-1", "eu-west-1"]
NINE = "2026-03-02T08:59:00.000Z"
TEN = "2026-03-02T09:59:00.000Z"
ELEVEN = "2026-03-02T10:59:00.000Z"
"""`complete_as_of` of the syncs at nine, ten and eleven: one minute is allowed for late
listing."""


def role(account: str) -> dict[str, str]:
    """An entry of assume_roles."""
    return {"role_arn": f"arn:aws:iam::{account}:role/reader"}


def fill(emulator: Emulator, account: str = ACCOUNT, region: str = REGION) -> None:
    """Give a scope two tuning jobs that have ended, and one that is running."""
    scope = emulator.scope(account, region)
    scope.plan("first", trials=3, created="2026-03-01T09:00:00Z")
    scope.plan("second", trials=4, created="2026-03-01T10:00:00Z")
    long = (9000, 9000)
    scope.plan("third", trials=5, created="2026-03-02T08:59:00Z", trial_seconds=long)


def rows(run: Run) -> dict[tuple[str, str], Json]:
    """The rows of all scopes, which fit their schema and come last."""
    assert misfits(run.messages) == []
    streams = [m["stream"] for m in run.messages if m["type"] == "RECORD"]
    written = run.records("scopes")
    assert streams[len(streams) - len(written) :] == ["scopes"] * len(written)
    return {(row["account_id"], row["region"]): row for row in written}


def row(run: Run) -> Json:
    """The row of the only scope."""
    (only,) = rows(run).values()
    return only


def test_a_row_for_every_scope(here: TapHere, emulator: Emulator) -> None:
    """Every scope has a row, in the order of the settings, that says how it went: read
    completely, read in part, denied, or behind a role that cannot be assumed."""
    for account in ACCOUNTS:
        for region in REGIONS:
            fill(emulator, account, region)
    emulator.roles[role(ACCOUNTS[2])["role_arn"]] = "another"
    for fault in (
        Fault("deny", operation=LIST, account=ACCOUNTS[1], region=REGIONS[0]),
        Fault(
            "deny",
            operation=TRIALS,
            account=ACCOUNTS[1],
            region=REGIONS[1],
            tuning_job="second",
        ),
    ):
        emulator.faults.add(fault)
    run = here(config={"assume_roles": [*map(role, ACCOUNTS)], "regions": REGIONS})
    assert run.returncode == 1
    by_scope = rows(run)
    assert list(by_scope) == [(a, r) for a in ACCOUNTS for r in REGIONS]
    assert [scope_row["status"] for scope_row in by_scope.values()] == [
        *("complete", "complete"),
        *("failed", "incomplete"),
        *("failed", "failed"),
    ]
    assert [scope_row["complete_as_of"] for scope_row in by_scope.values()] == [
        NINE,
        NINE,
        *[None] * 4,
    ]
    for scope_row in list(by_scope.values())[:2]:
        assert (scope_row["error"], scope_row["error_code"]) == (None, None)
    for scope_row in list(by_scope.values())[2:]:
        assert "\n" not in scope_row["error"]
    denied, part, *unassumed = list(by_scope.values())[2:]
    assert f"Allow sagemaker:{LIST}" in denied["error"]
    assert denied["error_code"] == "AccessDeniedException"
    assert f"Allow sagemaker:{TRIALS}" in part["error"]
    assert (part["tuning_jobs_read"], part["tuning_jobs_failed"]) == (2, 1)
    for scope_row in unassumed:
        assert "sts:AssumeRole" in scope_row["error"]
        assert scope_row["error_code"] == "AccessDenied"
        assert scope_row["tuning_jobs_listed"] == scope_row["calls"] == 0


@pytest.mark.parametrize("streams", [(), tuple(KEYS)], ids=["default", "all"])
def test_numbers(here: TapHere, emulator: Emulator, streams: tuple[str, ...]) -> None:
    """The counts match what was done: a tuning job counts once for all streams, and the
    calls include those for prices."""
    fill(emulator)
    run = here(config={}, catalog=here.catalog(*streams))
    scope_row = row(run)
    calls = Counter(call.operation for call in emulator.calls)
    assert scope_row["tuning_jobs_listed"] == 3
    assert scope_row["tuning_jobs_read"] == 3
    assert scope_row["tuning_jobs_open"] == 1
    assert scope_row["tuning_jobs_failed"] == 0
    assert scope_row["trials_read"] == len(run.records("training_job_summaries"))
    assert scope_row["calls"] == calls.total()
    assert scope_row["throttled_calls"] == 0
    started, ended = (
        datetime.fromisoformat(scope_row[name]) for name in ("started_at", "ended_at")
    )
    assert started <= ended


def test_throttled_calls(here: TapHere, emulator: Emulator) -> None:
    """Throttled calls are counted, and retried."""
    fill(emulator)
    emulator.faults.add(
        Fault(
            "error",
            operation=LIST,
            status=400,
            code="ThrottlingException",
            message="Rate exceeded",
            times=2,
        )
    )
    scope_row = row(here(config={}))
    assert scope_row["status"] == "complete"
    assert scope_row["throttled_calls"] == 2
    assert scope_row["calls"] == len(emulator.calls)


def test_nothing_new(here: TapHere, emulator: Emulator) -> None:
    """A sync that finds nothing new is complete."""
    emulator.scope().plan("churn", trials=3, created="2026-03-01T09:00:00Z")
    first = here(config={})
    emulator.clock.move(seconds=3600)
    scope_row = row(here(config={}, state=first.state))
    assert scope_row["complete_as_of"] == TEN
    assert (scope_row["tuning_jobs_read"], scope_row["trials_read"]) == (0, 0)
    assert scope_row["tuning_jobs_open"] == 0


def test_it_moves_only_when_all_was_read(here: TapHere, emulator: Emulator) -> None:
    """A sync that fails, in full or in part, leaves complete_as_of where it was, and
    the next success moves it on."""
    fill(emulator)
    run = here(config={})
    for fault in (Fault("deny", operation=LIST), Fault("deny", operation=TRIALS)):
        emulator.clock.move(seconds=1800)
        emulator.faults.add(fault)
        run = here(config={}, state=run.state)
        assert row(run)["status"] != "complete"
        assert row(run)["complete_as_of"] == NINE
        emulator.faults.clear()
    run = here(config={}, state=run.state)
    assert row(run)["complete_as_of"] == TEN


def test_neither_listed_nor_described(here: TapHere, emulator: Emulator) -> None:
    """An open tuning job that is neither listed nor described was not read: it fails by
    name, and the scope is incomplete."""
    fill(emulator)
    first = here(config={})

    def leave_out(answer: Json) -> None:
        """Remove the tuning job `third` from the listing."""
        listed = answer["HyperParameterTuningJobSummaries"]
        listed[:] = [j for j in listed if j["HyperParameterTuningJobName"] != "third"]

    emulator.alter(LIST, leave_out)
    emulator.faults.add(Fault("deny", operation=DESCRIBE, tuning_job="third"))
    emulator.clock.move(seconds=3600)
    run = here(config={}, state=first.state)
    run.assert_refused("tuning job third", f"Allow sagemaker:{DESCRIBE}")
    assert row(run)["status"] == "incomplete"
    assert row(run)["complete_as_of"] == NINE
    assert row(run)["tuning_jobs_failed"] == 1
    emulator.faults.clear()
    again = here(config={}, state=run.state)
    assert row(again)["complete_as_of"] == TEN
    assert len(again.records("training_job_summaries")) > 0


@pytest.mark.parametrize(
    "cleared",
    [
        None,
        {},
        {"partitions": []},
        {"partitions": [{"context": {"account_id": ACCOUNT, "region": REGION}}]},
    ],
    ids=json.dumps,
)
def test_a_stream_whose_state_was_cleared(
    here: TapHere, emulator: Emulator, cleared: Json | None
) -> None:
    """Clearing a stream's state and its table resets complete_as_of to null until a
    sync succeeds, even after one that was killed."""
    fill(emulator)
    state = here(config={}).state
    state["bookmarks"]["training_job_summaries"] = cleared
    given = {n: b for n, b in state["bookmarks"].items() if b is not None}
    emulator.clock.move(seconds=3600)
    emulator.faults.add(Fault("deny", operation=TRIALS))
    run = here(config={}, state={"bookmarks": given})
    assert row(run)["complete_as_of"] is None
    first = next(m["value"] for m in run.messages if m["type"] == "STATE")
    for known in (first, run.state):
        again = here(config={}, state=known)
        assert row(again)["complete_as_of"] is None
        jobs = here.catalog("tuning_jobs", "scopes")
        only = row(here(config={}, state=known, catalog=jobs))
        assert only["complete_as_of"] == TEN
    emulator.faults.clear()
    last = here(config={}, state=run.state)
    assert row(last)["complete_as_of"] == TEN


def test_it_is_when_the_sync_began(here: TapHere, emulator: Emulator) -> None:
    """complete_as_of depends on when the sync began, since later changes may be
    missing."""
    fill(emulator)
    emulator.clock.tick = 60
    assert row(here(config={}))["complete_as_of"] == NINE


def test_a_trial_that_is_listed_late(here: TapHere, emulator: Emulator) -> None:
    """A final trial that the service lists up to a minute late does not make
    complete_as_of untrue."""
    scope, now = emulator.scope(), emulator.clock.now

    def ago(seconds: int) -> datetime:
        return now - timedelta(seconds=seconds)

    late = Trial(
        name="late",
        created=ago(50),
        started=ago(40),
        ended=ago(30),
        listed_after_seconds=59,
    )
    scope.add(TuningJob(name="churn", created=ago(600), trials=(late,)))
    run = here(config={})
    assert run.records("training_job_summaries") == []
    assert datetime.fromisoformat(row(run)["complete_as_of"]) < late.created
    emulator.clock.move(seconds=30)
    again = here(config={}, state=run.state)
    assert row(again)["complete_as_of"] == "2026-03-02T08:59:30.000Z"
    (trial,) = again.records("training_job_summaries")
    assert trial["training_job_status"] == "Completed"


def test_a_stream_that_is_selected_later(here: TapHere, emulator: Emulator) -> None:
    """complete_as_of is that of the selected stream that is furthest behind."""
    fill(emulator)
    jobs, both = here.catalog("tuning_jobs", "scopes"), here.catalog()
    run = here(config={}, catalog=jobs)
    assert row(run)["complete_as_of"] == NINE
    emulator.clock.move(seconds=3600)
    emulator.faults.add(Fault("deny", operation=TRIALS))
    run = here(config={}, state=run.state, catalog=both)
    assert row(run)["complete_as_of"] is None
    emulator.faults.clear()
    run = here(config={}, state=run.state, catalog=both)
    assert row(run)["complete_as_of"] == TEN
    emulator.clock.move(seconds=3600)
    run = here(config={}, state=run.state, catalog=jobs)
    assert row(run)["complete_as_of"] == ELEVEN
    emulator.faults.add(Fault("deny", operation=TRIALS))
    run = here(config={}, state=run.state, catalog=both)
    assert row(run)["complete_as_of"] == TEN


@pytest.mark.parametrize(
    ("before", "after", "as_of"),
    [
        ({"name_contains": "first"}, {}, None),
        ({}, {"name_contains": "first"}, None),
        ({"start_date": "2026-03-01"}, {"start_date": "2026-03-02"}, NINE),
        ({"start_date": "2026-03-02"}, {"start_date": "2026-03-01"}, None),
    ],
    ids=["wider", "narrower", "later start", "earlier start"],
)
def test_filters(
    here: TapHere, emulator: Emulator, before: Json, after: Json, as_of: str | None
) -> None:
    """After a filter change, nothing is complete until a sync succeeds, except for a
    later start_date, which selects no more than before."""
    fill(emulator)
    run = here(config=before)
    assert row(run)["complete_as_of"] == NINE
    emulator.clock.move(seconds=3600)
    emulator.faults.add(Fault("deny", operation=LIST))
    run = here(config=after, state=run.state)
    assert row(run)["complete_as_of"] == as_of
    emulator.faults.clear()
    assert row(here(config=after, state=run.state))["complete_as_of"] == TEN


@pytest.mark.parametrize(
    ("knobs", "as_of"),
    [
        ({}, NINE),
        ({"sort_by": "Name"}, NINE),
        ({"max_items": 2}, None),
        ({"sort_by": "FinalObjectiveMetricValue"}, None),
        ({"sort_by": "Status"}, None),
    ],
    ids=json.dumps,
)
def test_a_full_table_that_leaves_out_trials(
    here: TapHere, emulator: Emulator, knobs: Json, as_of: str | None
) -> None:
    """FULL_TABLE is complete unless its options leave out trials."""
    fill(emulator)
    catalog = here.catalog(training_job_summaries="FULL_TABLE")
    run = here(config=knobs, catalog=catalog)
    assert row(run)["status"] == "complete"
    assert row(run)["complete_as_of"] == as_of


def test_a_full_table_that_fails(here: TapHere, emulator: Emulator) -> None:
    """A FULL_TABLE stream has no state of its own, so a failed sync leaves its
    complete_as_of as it was."""
    fill(emulator)
    catalog = here.catalog(training_job_summaries="FULL_TABLE")
    state = here(config={}, catalog=catalog).state
    emulator.clock.move(seconds=3600)
    emulator.faults.add(Fault("deny", operation=TRIALS))
    run = here(config={}, state=state, catalog=catalog)
    assert row(run)["status"] != "complete"
    assert row(run)["complete_as_of"] == NINE


def test_the_scopes_own_error_comes_first(here: TapHere, emulator: Emulator) -> None:
    """If a tuning job fails and then the whole scope, the row has the scope's error."""
    fill(emulator)
    for fault in (
        Fault("deny", operation=TRIALS, tuning_job="first"),
        Fault("expired", operation=DESCRIBE),
        Fault("expired", operation=LIST, after=1),
    ):
        emulator.faults.add(fault)
    catalog = here.catalog("training_job_summaries", "tuning_job_details", "scopes")
    scope_row = row(here(config={}, catalog=catalog))
    assert scope_row["status"] == "failed"
    assert scope_row["error_code"] == "ExpiredTokenException"
    assert scope_row["tuning_jobs_failed"] > 0


def test_a_full_table_that_resumes(here: TapHere, emulator: Emulator) -> None:
    """A full read that resumes from a token is partial, even without a cap. The next
    one starts at the beginning and is complete."""
    fill(emulator)
    catalog = here.catalog(training_job_summaries="FULL_TABLE")
    config: dict[str, Any] = {"tuning_job_names": ["second"]}
    run = here(config={**config, "max_items": 2}, catalog=catalog)
    assert row(run)["complete_as_of"] is None
    run = here(config=config, state=run.state, catalog=catalog)
    assert len(run.records("training_job_summaries")) == 2
    assert row(run)["complete_as_of"] is None
    run = here(config=config, state=run.state, catalog=catalog)
    assert len(run.records("training_job_summaries")) == 4
    assert row(run)["complete_as_of"] == NINE


def test_prices_that_nobody_serves(here: TapHere, emulator: Emulator) -> None:
    """If the price list is down, two accounts are tried, because all share it. If it is
    denied, a few more are tried, but not a whole organization."""
    roles = [{"role_arn": f"arn:aws:iam::{n:012}:role/reader"} for n in range(1, 21)]
    regions = ["us-east-1", "eu-west-1"]
    config = {"assume_roles": roles, "regions": regions, "max_attempts": 2}
    for fault, calls in (
        (Fault("error", operation="GetProducts", status=500), 4),
        (Fault("deny", operation="GetProducts"), 10),
    ):
        emulator.calls.clear()
        emulator.faults.clear()
        emulator.faults.add(fault)
        run = here(config=config, catalog=here.catalog("training_instance_prices"))
        assert run.returncode == 1
        assert sum(call.operation == "GetProducts" for call in emulator.calls) == calls
        errors = [line for line in run.stderr.splitlines() if "ERROR" in line]
        assert [region for region in regions if region in "".join(errors)] == regions


def test_prices_fail_alone(here: TapHere, emulator: Emulator) -> None:
    """A denied price list makes no scope incomplete, and everything else is still
    reported."""
    fill(emulator)
    emulator.faults.add(Fault("deny", operation="GetProducts"))
    config = {"tuning_job_names": ["first", "nobody"]}
    run = here(config=config, catalog=here.catalog(*KEYS))
    assert "tuning_job_names: nobody was not found" in run.stderr
    assert run.returncode == 1
    assert "Allow pricing:GetProducts" in run.error
    assert row(run)["status"] == "complete"


def test_no_way_in(here: TapHere) -> None:
    """If no scope is known at all, there is no row, and one line says why."""
    here.variables["AWS_DEFAULT_REGION"] = None
    run = here(config={})
    run.assert_refused("Set regions, or AWS_DEFAULT_REGION")
    assert run.records("scopes") == []


def test_whose_account_it_is_cannot_be_found_out(
    here: TapHere, emulator: Emulator
) -> None:
    """If GetCallerIdentity fails, each scope in the state has failed: nothing was read,
    and its complete_as_of is unchanged."""
    fill(emulator)
    fill(emulator, region="eu-west-1")
    state = here(config={"regions": REGIONS}).state
    emulator.clock.move(seconds=3600)
    config = {"regions": REGIONS, "max_attempts": 1}
    here.variables["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:9"  # no listener
    run = here(config=config, state=state)
    run.assert_refused("127.0.0.1:9")
    assert [*rows(run)] == [(ACCOUNT, "eu-west-1"), (ACCOUNT, "us-east-1")]
    for scope_row in rows(run).values():
        assert (scope_row["status"], scope_row["complete_as_of"]) == ("failed", NINE)
        assert scope_row["error_code"] == "EndpointConnectionError"
        assert "127.0.0.1:9" in scope_row["error"]
        assert (
            scope_row["tuning_jobs_listed"]
            == scope_row["trials_read"]
            == scope_row["calls"]
            == 0
        )
        assert scope_row["started_at"] <= scope_row["ended_at"]
    assert run.state == state
    del state["bookmarks"]["scopes"]
    run = here(config=config, state=state)
    assert {scope_row["complete_as_of"] for scope_row in rows(run).values()} == {None}
    del here.variables["AWS_ENDPOINT_URL_STS"]
    again = here(config=config, state=run.state)
    assert {scope_row["complete_as_of"] for scope_row in rows(again).values()} == {TEN}


def test_a_scope_that_is_no_longer_in_the_settings(
    here: TapHere, emulator: Emulator
) -> None:
    """A scope that the settings no longer reach is removed, not failed: its tables are
    complete as of the last sync that read them, and the sync succeeds. A warning says
    so once, and it is complete again once the settings reach it again."""
    fill(emulator)
    fill(emulator, region="eu-west-1")
    both, fewer = {"regions": REGIONS}, {"regions": ["eu-west-1"]}
    run = here(config=both)
    warned = []
    for _ in range(2):
        emulator.clock.move(seconds=3600)
        run = here(config=fewer, state=run.state)
        assert run.returncode == 0
        read, left = rows(run).values()
        assert (read["region"], read["status"]) == ("eu-west-1", "complete")
        assert (left["region"], left["status"]) == ("us-east-1", "removed")
        assert (left["complete_as_of"], left["error_code"]) == (NINE, "NotReadError")
        assert "not in the settings" in left["error"]
        assert "1 of 1 accounts and regions complete, 1 removed; " in run.error
        warned += [line for line in run.stderr.splitlines() if "WARNING" in line]
    (line,) = warned
    assert f"account {ACCOUNT}, us-east-1: " in line
    assert "not in the settings. Check regions" in line
    again = here(config=both, state=run.state)
    assert [scope_row["status"] for scope_row in rows(again).values()] == [
        "complete"
    ] * 2
    gone = here(config=fewer, state=again.state)
    assert "not in the settings" in gone.stderr


def test_a_removed_scope_stays_removed(here: TapHere, emulator: Emulator) -> None:
    """A failure that hides which accounts there are does not make a removed scope
    fail."""
    fill(emulator)
    fill(emulator, region="eu-west-1")
    first = here(config={"regions": REGIONS})
    run = here(config={"regions": ["eu-west-1"]}, state=first.state)
    here.variables["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:9"  # no listener
    config = {"regions": ["eu-west-1"], "max_attempts": 1}
    run = here(config=config, state=run.state)
    statuses = [scope_row["status"] for scope_row in rows(run).values()]
    assert statuses == ["failed", "removed"]


@pytest.mark.parametrize("others", [(), ("training_instance_prices",)], ids=str)
def test_nothing_that_reads_it_is_selected(
    here: TapHere, emulator: Emulator, others: tuple[str, ...]
) -> None:
    """A scope that no selected stream reads has the status failed and keeps its
    complete_as_of, but the sync itself succeeds."""
    fill(emulator)
    catalog = here.catalog("scopes", *others)
    first = here(config={}, catalog=catalog)
    assert first.returncode == 0
    assert (row(first)["status"], row(first)["complete_as_of"]) == ("failed", None)
    assert row(first)["error_code"] == "NotReadError"
    assert "no selected stream" in row(first)["error"]
    assert "0 of 1 accounts and regions complete, 1 not read; " in first.stderr
    full = here(config={}, state=first.state)
    assert row(full)["complete_as_of"] == NINE
    emulator.clock.move(seconds=3600)
    then = here(config={}, state=full.state, catalog=catalog)
    assert (row(then)["status"], row(then)["complete_as_of"]) == ("failed", NINE)
    emulator.faults.add(Fault("deny", operation=LIST))
    last = here(config={}, state=then.state)
    assert row(last)["complete_as_of"] == NINE


def test_an_error_without_a_code(here: TapHere, emulator: Emulator) -> None:
    """An error without a code of the service is reported by its type."""
    fill(emulator)
    emulator.faults.add(Fault("drop", operation=LIST))
    scope_row = row(here(config={"max_attempts": 1}))
    assert (scope_row["status"], scope_row["error_code"]) == (
        "failed",
        "ConnectionClosedError",
    )


def test_a_scope_that_ends_early(here: TapHere, emulator: Emulator) -> None:
    """Each scope has its own end time, however long another one takes."""
    fill(emulator)
    fill(emulator, region="eu-west-1")
    slow = Fault("latency", operation=TRIALS, region="eu-west-1", seconds=0.5)
    emulator.faults.add(slow)
    catalog = here.catalog("training_job_summaries", "scopes")
    run = here(config={"regions": REGIONS}, catalog=catalog)
    early, late = (
        datetime.fromisoformat(scope_row["ended_at"])
        for scope_row in rows(run).values()
    )
    assert late - early > timedelta(seconds=0.3)


def test_state(here: TapHere, emulator: Emulator) -> None:
    """The state of `scopes` has only times and the filters they apply to."""
    fill(emulator)
    run = here(config={"name_contains": "s"})
    (entry,) = run.state["bookmarks"]["scopes"]["partitions"]
    wanted: dict[str, Any] = {
        "context": {"account_id": ACCOUNT, "region": REGION},
        "version": 1,
        "filters": {"name_contains": "s"},
        "complete_as_of": NINE,
        "complete_streams": {"training_job_summaries": NINE, "tuning_jobs": NINE},
    }
    assert entry == wanted
