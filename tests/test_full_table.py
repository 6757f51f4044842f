"""FULL_TABLE of training_job_summaries: boto3's paginator with its own knobs.

What must come out is asked of boto3's paginator itself, with the same request.
"""

from __future__ import annotations

import functools
import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from click.testing import CliRunner

from emulator import Emulator, Fault, Scope, Trial, TuningJob
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.conftest import Run, TapProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"
START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
CONTEXT = {"account_id": ACCOUNT, "region": "us-east-1"}
TRIALS = "training_job_summaries"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
PAGE = 7
STATUSES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting")

JSON = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def models_read_once() -> Iterator[None]:
    """Read botocore's models once for all runs: most of what a run takes."""
    with pytest.MonkeyPatch.context() as patch:
        read_once = functools.cache(JSONFileLoader().load_file)
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: read_once(path))
        yield


def before(seconds: float) -> datetime:
    """An instant before the emulator's clock."""
    return START - timedelta(seconds=seconds)


def tuning_job(name: str, **fields: Any) -> TuningJob:
    """A running tuning job of 24 trials of all kinds, three of them a second."""
    statuses = ("Completed", "Failed", "Stopped", "Completed", "Deleting")
    trials = [
        Trial(
            name=f"{name}-{index * 5 % 24:03d}",
            created=before(3600 - index // 3),
            started=before(3500),
            stopping=[None, before(60)][index >= 22],
            ended=[before(3000), None][index >= 20],
            status=statuses[index % 5],
            objective_status=["Succeeded", "Failed"][index % 5 == 1],
            value=[(index * 11 % 24) / 16, None][index % 5 == 1],
        )
        for index in range(24)
    ]
    fields = {"created": before(4000), **fields}
    return TuningJob(name=name, trials=tuple(trials), **fields)


@pytest.fixture
def scope(emulator: Emulator) -> Scope:
    """The default account and region, with one such tuning job."""
    scope = emulator.scope()
    scope.add(tuning_job("churn"))
    return scope


@pytest.fixture(scope="module")
def catalog() -> JSON:
    """A catalog with FULL_TABLE of training_job_summaries, and only that selected."""
    tap = TapSageMakerTuning(setup_mapper=False)
    catalog: JSON = json.loads(tap.catalog_json_text)
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["tap_stream_id"] == TRIALS
    return catalog


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """A session that keeps the loaded service model for the whole module."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@dataclass
class Reader:
    """The tap's command in this process, and boto3 beside it."""

    tap: TapProcess
    catalog: JSON
    session: boto3.Session

    def sync(self, state: JSON | None = None, **config: Any) -> Run:
        """Run the tap with these settings, in pages of seven."""
        config = {"page_size": PAGE, **config}
        return self.run(config=config, state=state, catalog=self.catalog)

    def incremental(self, state: JSON | None = None, **config: Any) -> Run:
        """Run the tap without a catalog: both streams, incremental."""
        return self.run(config=config, state=state)

    def run(self, **files: JSON | None) -> Run:
        """Run the tap to its end."""
        environment: dict[str, str | None] = dict.fromkeys(
            name for name in os.environ if name.startswith(("AWS_", "TAP_"))
        )
        environment |= self.tap.emulator.environment(ACCOUNT, "us-east-1")
        command = TapSageMakerTuning.get_singer_command()
        arguments = self.tap.command(**files)[1:]
        done = CliRunner().invoke(command, arguments, env=environment)
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        return Run(done.exit_code, done.stderr, messages)

    def boto3(
        self,
        max_items: int | None = None,
        starting_token: str | None = None,
        tuning_job: str = "churn",
        **request: str,
    ) -> tuple[list[str], str]:
        """Names of trials as boto3's paginator gives them, and the token to go on."""
        client = self.session.client("sagemaker", endpoint_url=self.tap.emulator.url)
        pages = client.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        ).paginate(
            HyperParameterTuningJobName=tuning_job,
            PaginationConfig={
                "PageSize": PAGE,
                "MaxItems": max_items,
                "StartingToken": starting_token,
            },
            **{"SortBy": "CreationTime", "SortOrder": "Ascending", **request},
        )
        names = [
            str(item["TrainingJobName"])
            for page in pages
            for item in page["TrainingJobSummaries"]
        ]
        client.close()
        return names, pages.resume_token or ""


@pytest.fixture
def reader(
    tap: TapProcess,
    catalog: JSON,
    session: boto3.Session,
    caplog: pytest.LogCaptureFixture,
) -> Reader:
    """The tap's command in this process, and boto3 beside it."""
    caplog.set_level(logging.INFO)
    return Reader(tap, catalog, session)


def names(run: Run) -> list[str]:
    """The names of the trials that a run wrote; it has to have succeeded."""
    assert (run.returncode, run.stderr) == (0, "")
    return [record["training_job_name"] for record in run.records(TRIALS)]


def saved(run: Run) -> JSON:
    """What the last state says of the scope."""
    partitions = run.state["bookmarks"].get(TRIALS, {}).get("partitions", [])
    entries = [entry for entry in partitions if entry["context"] == CONTEXT]
    return dict(entries[0]) if entries else {}


def resume(run: Run) -> JSON:
    """Where the last state says to go on; empty if nowhere."""
    return dict(saved(run).get("resume", {}))


def asked(emulator: Emulator) -> list[JSON]:
    """The parameters of all calls for trials."""
    return [call.params for call in emulator.calls if call.operation == LIST_TRIALS]


def assert_failed(run: Run, *words: str) -> None:
    """Assert that a run ended with one line that has these words."""
    lines = run.stderr.splitlines()
    assert run.returncode == 1
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert [word for word in words if word not in lines[0]] == []


class TestKnobs:
    """Each knob does what it does in boto3's paginator."""

    @pytest.mark.parametrize("order", ["Ascending", "Descending"])
    @pytest.mark.parametrize(
        ("sort_by", "count"),
        [
            ("Name", 24),
            ("CreationTime", 24),
            ("Status", 24),
            ("FinalObjectiveMetricValue", 16),
        ],
    )
    def test_order(
        self, reader: Reader, scope: Scope, sort_by: str, count: int, order: str
    ) -> None:
        """Each order is boto3's; the one by objective leaves out who has none."""
        run = reader.sync(sort_by=sort_by, sort_order=order)
        expected, _ = reader.boto3(SortBy=sort_by, SortOrder=order)
        assert names(run) == expected
        assert len(set(expected)) == len(expected) == count
        assert len(scope.job("churn").trials) == 24

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        ("config", "sent"),
        [
            ({}, ("CreationTime", "Ascending")),
            ({"sort_by": "Name"}, ("Name", "Ascending")),
            ({"sort_order": "Descending"}, ("CreationTime", "Descending")),
        ],
        ids=["neither", "sort_by", "sort_order"],
    )
    def test_default_order(
        self, reader: Reader, emulator: Emulator, config: JSON, sent: tuple[str, str]
    ) -> None:
        """The order is always sent: the service's default is not the documented one."""
        run = reader.sync(**config)
        orders = {(call["SortBy"], call["SortOrder"]) for call in asked(emulator)}
        assert orders == {sent}
        sort_by, sort_order = sent
        assert names(run) == reader.boto3(SortBy=sort_by, SortOrder=sort_order)[0]

    @pytest.mark.parametrize("filter_after_cut", [False, True])
    @pytest.mark.parametrize("status", STATUSES)
    def test_status(
        self, reader: Reader, scope: Scope, status: str, *, filter_after_cut: bool
    ) -> None:
        """Each status is sent, and gives what boto3 gives, empty pages or not."""
        scope.filter_after_cut = filter_after_cut
        run = reader.sync(status_equals=status)
        sent = [call.get("StatusEquals") for call in asked(reader.tap.emulator)]
        assert set(sent) == {status}
        assert names(run) == reader.boto3(StatusEquals=status)[0]
        found = {record["training_job_status"] for record in run.records(TRIALS)}
        assert found == {status}

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(("size", "calls"), [(1, 24), (10, 3), (24, 1), (100, 1)])
    def test_page_size(
        self, reader: Reader, emulator: Emulator, size: int, calls: int
    ) -> None:
        """The page size is asked for in each call, and changes nothing else."""
        run = reader.sync(page_size=size)
        assert [call["MaxResults"] for call in asked(emulator)] == [size] * calls
        assert names(run) == reader.boto3()[0]

    @pytest.mark.parametrize("most", [1, 7, 10, 24, 25])
    def test_max_items_is_of_each_tuning_job(
        self, reader: Reader, scope: Scope, most: int
    ) -> None:
        """The cap counts for each tuning job by itself, as the paginator does."""
        scope.add(tuning_job("later", created=before(3900)))
        run = reader.sync(max_items=most)
        expected, _ = reader.boto3(max_items=most)
        more, _ = reader.boto3(max_items=most, tuning_job="later")
        assert names(run) == expected + more
        assert len(expected) == len(more) == min(most, 24)

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("most", [3, 7, 10, 21])
    def test_starting_token(self, reader: Reader, most: int) -> None:
        """A token of boto3's leads to the rest, in the middle of a page too."""
        first, token = reader.boto3(max_items=most)
        run = reader.sync(tuning_job_names=["churn"], starting_token=token)
        rest, _ = reader.boto3(starting_token=token)
        assert names(run) == rest
        assert first + rest == reader.boto3()[0]

    @pytest.mark.usefixtures("scope")
    def test_all_at_once(self, reader: Reader) -> None:
        """All knobs together are what they are together in boto3."""
        request = {"SortBy": "Name", "SortOrder": "Descending"}
        request["StatusEquals"] = "Completed"
        _, token = reader.boto3(max_items=2, **request)
        run = reader.sync(
            tuning_job_names=["churn"],
            sort_by="Name",
            sort_order="Descending",
            status_equals="Completed",
            max_items=5,
            starting_token=token,
        )
        expected, _ = reader.boto3(max_items=5, starting_token=token, **request)
        assert names(run) == expected
        assert len(expected) == 5

    def test_empty_pages(self, reader: Reader, scope: Scope) -> None:
        """Empty pages that carry a token end nothing."""
        scope.empty_last_page = True
        reader.tap.emulator.faults.add(Fault("empty_pages", operation=LIST_TRIALS))
        assert names(reader.sync()) == reader.boto3()[0]


class TestResume:
    """A capped read of one tuning job in one scope goes on in the next sync."""

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        ("most", "syncs"), [(5, 5), (7, 4), (10, 3), (12, 2), (23, 2)]
    )
    def test_to_the_end_and_anew(
        self,
        reader: Reader,
        caplog: pytest.LogCaptureFixture,
        most: int,
        syncs: int,
    ) -> None:
        """Syncs go on where the last one ended, to the end, and then start anew."""
        config: JSON = {"tuning_job_names": ["churn"], "max_items": most}
        found: list[str] = []
        state: JSON = {}
        for _ in range(syncs - 1):
            caplog.clear()
            run = reader.sync(state=state, **config)
            found += names(run)
            token = resume(run)["token"]
            assert f"starting_token to go on: {token}" in caplog.text
            state = run.state
        caplog.clear()
        last = reader.sync(state=state, **config)
        found += names(last)
        assert found == reader.boto3()[0]
        assert "starting_token to go on" not in caplog.text
        assert resume(last) == {}
        anew = reader.sync(state=last.state, **config)
        assert names(anew) == reader.boto3(max_items=most)[0]

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("most", [24, 25, 100])
    def test_a_cap_that_meets_the_end(self, reader: Reader, most: int) -> None:
        """A cap that the tuning job's trials do not exceed leaves no token."""
        run = reader.sync(tuning_job_names=["churn"], max_items=most)
        assert names(run) == reader.boto3()[0]
        assert resume(run) == {}

    @pytest.mark.usefixtures("scope")
    def test_state(self, reader: Reader) -> None:
        """The token is kept with the request that it belongs to; it is boto3's."""
        run = reader.sync(
            tuning_job_names=["CHURN"], max_items=10, sort_by="Name", page_size=PAGE
        )
        assert names(run) == reader.boto3(max_items=10, SortBy="Name")[0]
        entry = saved(run)
        assert set(entry) == {"context", "version", "resume"}
        assert entry["version"] == 1
        assert entry["resume"]["request"] == {
            "tuning_job_name": "churn",
            "creation_time": "2026-03-02T07:53:20.000Z",
            "sort_by": "Name",
            "page_size": PAGE,
        }
        token = entry["resume"]["token"]
        rest = reader.boto3(starting_token=token, SortBy="Name")[0]
        assert names(run) + rest == reader.boto3(SortBy="Name")[0]

    @pytest.mark.usefixtures("scope")
    def test_another_cap_goes_on(self, reader: Reader) -> None:
        """The cap is not part of the request: it may change on the way."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        second = reader.sync(state=first.state, tuning_job_names=["churn"])
        assert names(first) + names(second) == reader.boto3()[0]
        assert resume(second) == {}

    @pytest.mark.usefixtures("scope")
    def test_configured_token_wins(self, reader: Reader) -> None:
        """A configured token counts, whatever the state has."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        _, token = reader.boto3(max_items=3)
        config: JSON = {"tuning_job_names": ["churn"], "starting_token": token}
        run = reader.sync(state=first.state, **config)
        assert names(run) == reader.boto3(starting_token=token)[0]
        assert len(names(run)) == 21

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        ("config", "request_"),
        [
            ({"sort_by": "Name"}, {"SortBy": "Name"}),
            ({"sort_order": "Descending"}, {"SortOrder": "Descending"}),
            ({"status_equals": "Completed"}, {"StatusEquals": "Completed"}),
            ({"page_size": 8}, {}),
        ],
        ids=["sort_by", "sort_order", "status_equals", "page_size"],
    )
    def test_another_request_starts_anew(
        self,
        reader: Reader,
        caplog: pytest.LogCaptureFixture,
        config: JSON,
        request_: JSON,
    ) -> None:
        """A token of another request is not sent: all is read, without a warning."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        assert resume(first) != {}
        caplog.clear()
        run = reader.sync(state=first.state, tuning_job_names=["churn"], **config)
        assert names(run) == reader.boto3(**request_)[0]
        assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
        assert resume(run) == {}

    def test_another_tuning_job_starts_anew(self, reader: Reader, scope: Scope) -> None:
        """A token of one tuning job is not sent for another."""
        scope.add(tuning_job("other"))
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        run = reader.sync(state=first.state, tuning_job_names=["other"])
        assert names(run) == reader.boto3(tuning_job="other")[0]

    def test_a_name_used_again_starts_anew(self, reader: Reader, scope: Scope) -> None:
        """A deleted tuning job's token is not sent for its namesake."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        emulator = reader.tap.emulator
        scope.delete("churn")
        emulator.clock.move(seconds=10)
        again = tuning_job("churn", created=START + timedelta(seconds=5))
        scope.add(again)
        run = reader.sync(state=first.state, tuning_job_names=["churn"])
        assert names(run) == reader.boto3()[0]
        assert len(names(run)) == 24

    @pytest.mark.parametrize("names_", [["churn", "later"], None], ids=["two", "all"])
    def test_several_tuning_jobs_keep_no_token(
        self, reader: Reader, scope: Scope, names_: list[str] | None
    ) -> None:
        """With several tuning jobs, or all, no token is kept: each starts anew."""
        scope.add(tuning_job("later", created=before(3900)))
        config: JSON = {"tuning_job_names": names_} if names_ else {}
        first = reader.sync(max_items=10, **config)
        assert "resume" not in json.dumps(first.state)
        second = reader.sync(state=first.state, max_items=10, **config)
        assert names(second) == names(first)
        assert len(names(first)) == 20

    def test_several_scopes_keep_no_token(self, reader: Reader, scope: Scope) -> None:
        """Nor is one kept where the name is read in several scopes."""
        regions = [scope.home.region, "eu-west-1"]
        config: JSON = {"tuning_job_names": ["churn"], "regions": regions}
        first = reader.sync(max_items=10, **config)
        assert len(names(first)) == 10
        assert "resume" not in json.dumps(first.state)


class TestRefusedTokens:
    """Tokens that the service, or boto3, does not take."""

    @pytest.mark.usefixtures("scope")
    def test_an_expired_one_from_state(
        self, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A token of the state's that has expired is dropped with a warning."""
        emulator = reader.tap.emulator
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        emulator.tokens.seconds = 60
        emulator.clock.move(seconds=120)
        caplog.clear()
        run = reader.sync(state=first.state, tuning_job_names=["churn"])
        assert names(run) == reader.boto3()[0]
        warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert "churn" in warnings[0].getMessage()
        assert "expired" in warnings[0].getMessage()
        assert resume(run) == {}

    @pytest.mark.usefixtures("scope")
    def test_a_damaged_one_from_state(
        self, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        """So is one that is no token at all; the cap holds all the same."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        state = json.loads(json.dumps(first.state))
        [entry] = state["bookmarks"][TRIALS]["partitions"]
        entry["resume"]["token"] = "no token"  # noqa: S105 - a page's, not a secret
        caplog.clear()
        run = reader.sync(state=state, tuning_job_names=["churn"], max_items=12)
        assert names(run) == reader.boto3(max_items=12)[0]
        warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert resume(run)["token"] == reader.boto3(max_items=12)[1]

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("kind", ["no token", "foreign", "expired"])
    def test_a_configured_one(self, reader: Reader, kind: str) -> None:
        """A configured token that is refused is a failure: nothing else is read."""
        emulator = reader.tap.emulator
        tokens = {
            "no token": "no token",
            "foreign": reader.boto3(max_items=10, SortBy="Name")[1],
            "expired": reader.boto3(max_items=10)[1],
        }
        emulator.tokens.seconds = 60
        emulator.clock.move(seconds={"expired": 120}.get(kind, 0))
        config: JSON = {"tuning_job_names": ["churn"], "starting_token": tokens[kind]}
        run = reader.sync(**config)
        assert_failed(run, "churn")
        assert run.records(TRIALS) == []

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("after", [0, 1], ids=["at once", "in the middle"])
    def test_a_failure_keeps_the_token(self, reader: Reader, after: int) -> None:
        """A sync that fails for another reason goes on there in the next."""
        config: JSON = {"tuning_job_names": ["churn"]}
        first = reader.sync(max_items=10, **config)
        emulator = reader.tap.emulator
        fault = Fault("deny", operation=LIST_TRIALS, after=after)
        emulator.faults.add(fault)
        failed = reader.sync(state=first.state, **config)
        assert_failed(failed, "churn", f"Allow sagemaker:{LIST_TRIALS}")
        assert resume(failed) == resume(first)
        emulator.faults.remove(fault)
        last = reader.sync(state=failed.state, **config)
        assert names(first) + names(last) == reader.boto3()[0]

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        "damage",
        ["text", 5, [], {"token": 5}, {"request": {}}],
        ids=json.dumps,
    )
    def test_a_damaged_state(self, reader: Reader, damage: Any) -> None:
        """A state whose `resume` is damaged is refused, or read without it."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        state = json.loads(json.dumps(first.state))
        [entry] = state["bookmarks"][TRIALS]["partitions"]
        entry["resume"] = damage
        run = reader.sync(state=state, tuning_job_names=["churn"])
        assert (run.returncode, run.stderr[:7]) in {(0, ""), (1, "Error: ")}

    @pytest.mark.usefixtures("scope")
    def test_a_state_without_its_token(self, reader: Reader) -> None:
        """A request in the state whose token is missing is refused, or read anew."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        state = json.loads(json.dumps(first.state))
        [entry] = state["bookmarks"][TRIALS]["partitions"]
        del entry["resume"]["token"]
        run = reader.sync(state=state, tuning_job_names=["churn"])
        assert (run.returncode, run.stderr[:7]) in {(0, ""), (1, "Error: ")}


class TestBesideIncremental:
    """Incremental state, and the filters that both methods have."""

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("most", [{}, {"max_items": 10}], ids=["all", "capped"])
    def test_state_is_left_untouched(self, reader: Reader, most: JSON) -> None:
        """FULL_TABLE reads all and leaves what incremental replication knows."""
        config: JSON = {"tuning_job_names": ["churn"]}
        first = reader.incremental(**config)
        assert len(names(first)) == 24
        kept = saved(first)
        assert kept["replication_key_value"] == "2026-03-02T07:53:20.000Z"
        full = reader.sync(state=first.state, **config, **most)
        assert names(full) == reader.boto3(**most)[0]
        entry = saved(full)
        entry.pop("resume", None)
        assert entry == kept
        both = first.state["bookmarks"]["tuning_jobs"]
        assert full.state["bookmarks"]["tuning_jobs"] == both

    @pytest.mark.usefixtures("scope")
    def test_incremental_goes_on(self, reader: Reader) -> None:
        """After a capped FULL_TABLE incremental replication goes on as if it were not.

        And a token waits through it for the next FULL_TABLE.
        """
        config: JSON = {"tuning_job_names": ["churn"]}
        first = reader.incremental(**config)
        expected = reader.incremental(state=first.state, **config)
        full = reader.sync(state=first.state, max_items=10, **config)
        then = reader.incremental(state=full.state, **config)
        assert names(then) == names(expected)
        assert {name: saved(then)[name] for name in saved(expected)} == saved(expected)

    @pytest.mark.usefixtures("scope")
    def test_full_table_first(self, reader: Reader) -> None:
        """Incremental replication that starts after FULL_TABLE reads all by itself."""
        config: JSON = {"tuning_job_names": ["churn"]}
        full = reader.sync(max_items=10, **config)
        run = reader.incremental(state=full.state, **config)
        assert sorted(names(run)) == sorted(reader.boto3()[0])

    @pytest.mark.parametrize(
        "start_date",
        ["2026-03-02T08:00:03Z", "2026-03-02T08:00:03.900Z", "2026-03-02 10:00:03+02"],
    )
    def test_start_date(self, reader: Reader, scope: Scope, start_date: str) -> None:
        """Trials created in an earlier second are left out, and ended tuning jobs."""
        scope.add(tuning_job("over", created=before(9000), ended=before(5000)))
        run = reader.sync(start_date=start_date)
        assert names(run) == reader.boto3()[0][9:]
        first = run.records(TRIALS)[0]
        assert first["creation_time"] == "2026-03-02T08:00:03.000Z"
        assert {
            call["HyperParameterTuningJobName"] for call in asked(reader.tap.emulator)
        } == {"churn"}

    def test_name_contains(self, reader: Reader, scope: Scope) -> None:
        """FULL_TABLE reads only the tuning jobs that the settings name."""
        scope.add(tuning_job("other"))
        run = reader.sync(name_contains="URN")
        assert names(run) == reader.boto3()[0]

    @pytest.mark.usefixtures("scope")
    def test_everything_each_time(self, reader: Reader) -> None:
        """FULL_TABLE reads settled tuning jobs too, however often it runs."""
        reader.tap.emulator.clock.move(seconds=30 * 86400)
        first = reader.sync()
        second = reader.sync(state=first.state)
        assert names(first) == names(second) == reader.boto3()[0]
