"""Details and prices over HTTP are exact in every row, however poor Search is.

test_signals.py and test_histories.py cover kills and changing selections.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Chances, Definition, Fault, Index
from tests import expected
from tests.conftest import ACCOUNT, REGION
from tests.expected import KEYS, VISITING
from tests.tables import Tables

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere, TapProcess

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
DESCRIBE_TRIAL = "DescribeTrainingJob"
SEARCH = "Search"
PRICES = "GetProducts"
METRICS = "GetMetricData"
PRICE_STREAM = "training_instance_prices"
OTHERS = ("111111111111", "222222222222")
TWO = {
    "assume_roles": [
        {"role_arn": f"arn:aws:iam::{account}:role/reader"} for account in OTHERS
    ]
}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CREATED = "2026-02-27T09:00:00Z"
CHANCES = Chances(failed=0.2, stopped_early=0.2, stopped_without=0.1, non_finite=0.1)
SECRET = "hunter2-never-shown"  # noqa: S105 - must not show up anywhere


def fill(emulator: Emulator, **trials: int) -> None:
    """Give the default scope tuning jobs with this many trials, ended long ago."""
    for name, count in trials.items():
        emulator.scope().plan(
            name,
            trials=count,
            parallel=20,
            created=CREATED,
            chances=CHANCES,
            tags={"team": name},
            spot=True,
            lower_cased_arns=True,
        )


def sync(here: TapHere, tables: Tables, *streams: str, **config: Any) -> Run:
    """Sync these streams from the last state, and reset the call count."""
    here.emulator.calls.clear()
    catalog = here.catalog(*streams)
    return tables.load(here(config=config, state=tables.state, catalog=catalog))


def failing(here: TapHere, tables: Tables, *streams: str, **config: Any) -> Run:
    """Sync with possible failures, and keep what was written."""
    here.emulator.calls.clear()
    catalog = here.catalog(*streams)
    run = here(config=config, state=tables.state, catalog=catalog)
    tables.take(run.messages)
    return run


def called(here: TapHere) -> Counter[str]:
    """The calls of the last sync."""
    return Counter(call.operation for call in here.emulator.calls)


def assert_exact(here: TapHere, tables: Tables, stream: str) -> None:
    """All rows are correct, comparing times to the second and ignoring tags."""
    wanted = expected.truth(here.emulator, stream)
    assert expected.alike(tables.rows[stream]) == expected.alike(wanted)


class TestOnePass:
    """All streams together request each page once."""

    def test_calls_of_a_first_sync(self, here: TapHere, emulator: Emulator) -> None:
        """A first sync makes one list call per page of tuning jobs, one list call and
        one Search per page of trials, and one Describe per tuning job. Streams with
        calls of their own are counted in their own tests."""
        small = {f"small-{number:03}": 1 for number in range(10)}
        fill(emulator, Churn=21, fraud=10, **small)
        tables = Tables()
        sync(here, tables, *VISITING, PRICE_STREAM, "scopes", page_size=10)
        assert called(here) == {
            LIST: 2,
            TRIALS: 3 + 1 + 10,
            SEARCH: 3 + 1 + 10,
            DESCRIBE: 12,
            METRICS: 3 + 1 + 8,  # two never ran
            PRICES: 1,
        }
        for stream in VISITING:
            assert_exact(here, tables, stream)

    def test_streams_at_different_places(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """A stream that is added later reads everything; the others resume where they
        were and share its pages."""
        fill(emulator, churn=15)
        emulator.scope().plan("running", trials=30, parallel=1)
        emulator.clock.move(seconds=14_400)
        pages, tables = {"page_size": 10}, Tables()
        sync(here, tables, "training_job_summaries", "tuning_jobs", **pages)
        emulator.clock.move(seconds=3600)
        run = sync(here, tables, *VISITING, **pages)
        assert called(here)[TRIALS] == 2 + 3
        again = {
            row["tuning_job_name"] for row in run.records("training_job_summaries")
        }
        assert again == {"running"}
        emulator.clock.move(seconds=10 * 86_400)
        sync(here, tables, *VISITING, **pages)
        for stream in VISITING:
            assert_exact(here, tables, stream)


class TestTrials:
    """training_job_details uses Search where it is right, and Describe otherwise."""

    def test_calls_of_a_first_sync(self, here: TapHere, emulator: Emulator) -> None:
        """A hundred trials take one list call, one Search and no Describe; rows from
        Search have tags, and times to the second."""
        fill(emulator, Churn=201, fraud=100)
        tables = Tables()
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1, TRIALS: 3 + 1, SEARCH: 3 + 1}
        wanted = expected.truth(emulator, "training_job_details")
        rows = tables.rows["training_job_details"]
        assert expected.to_the_second(rows) == expected.to_the_second(wanted)
        assert len(rows) == 301
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1}

    def test_described_to_the_millisecond(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """Rows from Describe have times to the millisecond, and no tags."""
        fill(emulator, churn=5)
        emulator.scope().index.missing = 1
        tables = Tables()
        sync(here, tables, "training_job_details")
        wanted = expected.truth(emulator, "training_job_details")
        rows = tables.rows["training_job_details"]
        assert rows == {key: {**row, "tags": None} for key, row in wanted.items()}

    @pytest.mark.parametrize(
        ("index", "most"),
        [
            (Index(missing=0.2), 30),
            (Index(lag_seconds=(0, 2 * 86_400)), 60),
            (Index(lag_seconds=(30 * 86_400, 30 * 86_400)), 60),
            (Index(duplicated=0.5, duplicate_seconds=86_400), 0),
            (Index(thinned=0.3), 30),
            (Index(thinned=0.3, thinned_members=("BillableTimeInSeconds",)), 30),
            (Index(thinned=0.3, thinned_members=("HyperParameters",)), 30),
            (Index(missing=0.2, thinned=0.2, duplicated=0.2), 40),
        ],
        ids=lambda value: str(value).replace(", ", "-"),
    )
    def test_whatever_the_index_is_worth(
        self, here: TapHere, emulator: Emulator, index: Index, most: int
    ) -> None:
        """Exactly the trials that Search lacks are described, whether its index is
        late, incomplete or has duplicates."""
        fill(emulator, churn=60)
        emulator.scope().index = index
        tables = Tables()
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")
        calls = called(here)
        assert (calls[TRIALS], calls[SEARCH]) == (1, 1)
        assert calls[DESCRIBE_TRIAL] <= most

    @pytest.mark.parametrize(
        "metric",
        [{"MetricName": "another"}, {"Value": 0.125}, {"Value": "NaN"}],
        ids=["another name", "another value", "not a number"],
    )
    def test_a_metric_that_is_not_as_listed(
        self, here: TapHere, emulator: Emulator, metric: dict[str, Any]
    ) -> None:
        """A trial is described if its objective metric in Search differs from the
        listing."""
        fill(emulator, churn=30)

        def change(answer: dict[str, Any]) -> None:
            """Change the metric of the first record that has one."""
            records = [result["TrainingJob"] for result in answer["Results"]]
            measured = [each for each in records if each.get("FinalMetricDataList")]
            measured[0]["FinalMetricDataList"][-1] |= metric  # the objective

        emulator.alter(SEARCH, change)
        tables = Tables()
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")
        assert called(here) == {LIST: 1, TRIALS: 1, SEARCH: 1, DESCRIBE_TRIAL: 1}

    def test_search_without_transitions(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """If no record in Search has transitions, they are null: they are not worth one
        Describe per trial."""
        fill(emulator, churn=30)
        emulator.scope().index.without_transitions = True
        tables = Tables()
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1, TRIALS: 1, SEARCH: 1}
        wanted = expected.truth(emulator, "training_job_details")
        assert expected.to_the_second(tables.rows["training_job_details"]) == {
            key: {**expected.to_the_second(row), "secondary_status_transitions": None}
            for key, row in wanted.items()
        }

    @pytest.mark.parametrize(
        "fault",
        [
            Fault("empty_pages", operation=SEARCH),
            Fault("html", operation=SEARCH, times=1),
            Fault("latin1", operation=SEARCH, times=1),
            Fault("drop", operation=SEARCH, times=1),
            Fault("error", operation=SEARCH, times=1),
        ],
        ids=lambda fault: fault.kind,
    )
    def test_search_that_stumbles(
        self, here: TapHere, emulator: Emulator, fault: Fault
    ) -> None:
        """Empty pages with a token and transient failures of Search cause no
        Describe."""
        fill(emulator, churn=30)
        emulator.faults.add(fault)
        tables = Tables()
        run = sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")
        assert called(here)[DESCRIBE_TRIAL] == 0
        assert "WARNING" not in run.stderr

    @pytest.mark.parametrize(
        ("fault", "how", "said"),
        [
            (Fault("deny", operation=SEARCH), "denied", "AccessDeniedException"),
            (
                Fault(
                    "error",
                    operation=SEARCH,
                    status=400,
                    code="ValidationException",
                    message="Too many filters.",
                ),
                "failing",
                "Too many filters",
            ),
            (
                Fault("throttle", operation=SEARCH, rate=0.001, burst=0),
                "throttled",
                "Rate exceeded",
            ),
            (Fault("drop", operation=SEARCH), "failing", "Connection was closed"),
            (Fault("error", operation=SEARCH), "failing", "InternalFailure"),
            (Fault("html", operation=SEARCH), "failing", "without Results"),
        ],
        ids=["denied", "refused", "throttled", "cut", "broken", "proxy"],
    )
    def test_search_that_is_refused(
        self, here: TapHere, emulator: Emulator, fault: Fault, how: str, said: str
    ) -> None:
        """If Search is denied, it is tried once, one warning names the IAM action, and
        each trial is described."""
        fill(emulator, churn=6, fraud=4)
        emulator.faults.add(fault)
        tables = Tables()
        run = sync(here, tables, "training_job_details", concurrency=1, max_attempts=1)
        assert_exact(here, tables, "training_job_details")
        assert called(here) == {LIST: 1, TRIALS: 2, SEARCH: 1, DESCRIBE_TRIAL: 10}
        (line,) = [line for line in run.stderr.splitlines() if "WARNING" in line]
        where = f"account {ACCOUNT}, {REGION}"
        assert f"{where}: Search (sagemaker:Search) is {how}, so trials are" in line
        assert said in line
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1}

    @pytest.mark.parametrize(
        "tokens", [["again"] * 3, [str(n) for n in range(1000)]], ids=["same", "new"]
    )
    def test_search_without_an_end(
        self, here: TapHere, emulator: Emulator, tokens: list[str]
    ) -> None:
        """If Search never ends, with repeated tokens or not, each trial is described,
        and one warning says so."""
        fill(emulator, churn=30, fraud=20)
        pages = [{"Results": [], "NextToken": token} for token in tokens]
        emulator.serve(SEARCH, [(200, {}, page) for page in pages])
        tables = Tables()
        run = sync(here, tables, "training_job_details", concurrency=1)
        assert_exact(here, tables, "training_job_details")
        assert called(here)[DESCRIBE_TRIAL] == 50
        assert called(here)[SEARCH] <= 100
        (line,) = [line for line in run.stderr.splitlines() if "WARNING" in line]
        assert "Search (sagemaker:Search) is failing" in line

    def test_a_record_that_cannot_be_read(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """An odd record fails only the search for its own page, with one warning; the
        next page is searched again."""
        fill(emulator, churn=30, fraud=20, spam=10)

        def spoil(answer: dict[str, Any]) -> None:
            """Give a record of large tuning jobs an invalid name."""
            if len(answer["Results"]) >= 20:
                answer["Results"][0]["TrainingJob"]["LastModifiedTime"] = None
                answer["Results"][0]["TrainingJob"]["FinalMetricDataList"] = [5]

        emulator.alter(SEARCH, spoil)
        tables = Tables()
        run = sync(here, tables, "training_job_details", concurrency=1)
        assert_exact(here, tables, "training_job_details")
        assert called(here)[SEARCH] == 3
        assert called(here)[DESCRIBE_TRIAL] == 50
        (line,) = [line for line in run.stderr.splitlines() if "WARNING" in line]
        assert "Search (sagemaker:Search) is failing" in line

    def test_search_of_no_use(self, here: TapHere, emulator: Emulator) -> None:
        """If Search knows none of a page of ended trials, it is no longer called in
        that scope; other scopes still call it."""
        fill(emulator, churn=30, fraud=30)
        other = emulator.scope(ACCOUNT, "eu-west-1")
        other.plan("spam", trials=30, created=CREATED)
        emulator.scope().index.missing = 1
        tables = Tables()
        regions = [REGION, "eu-west-1"]
        sync(here, tables, "training_job_details", concurrency=1, regions=regions)
        assert_exact(here, tables, "training_job_details")
        searched = Counter(c.region for c in emulator.calls if c.operation == SEARCH)
        assert searched == {REGION: 1, "eu-west-1": 1}
        assert called(here)[DESCRIBE_TRIAL] == 60

    def test_what_changes_after_the_end(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """LastModifiedTime moves for about a minute after a trial's end, so the trial
        is read again until then, even if its tuning job has ended."""
        scope = emulator.scope()
        job = scope.plan("churn", trials=4, parallel=1, touched_seconds=(70, 79))
        tables = Tables()
        for ended in sorted(trial.ended for trial in job.trials if trial.ended):
            # The next trial has begun, and nothing else can still change.
            emulator.clock.move(ended - emulator.clock.now + timedelta(seconds=15))
            sync(here, tables, "training_job_details")
        emulator.clock.move(seconds=86_400)
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")

    def test_an_end_without_any_time(self, here: TapHere, emulator: Emulator) -> None:
        """A trial that ended, with neither the time of its end nor that of its last
        change anywhere, is read once."""
        fill(emulator, churn=3)

        def strip_listed(page: dict[str, Any]) -> None:
            """Remove the trials' end times."""
            for trial in page["TrainingJobSummaries"]:
                trial.pop("TrainingEndTime", None)

        def strip(trial: dict[str, Any]) -> None:
            """Remove all times after its start."""
            for member in ("TrainingEndTime", "LastModifiedTime"):
                trial.pop(member, None)

        emulator.alter(TRIALS, strip_listed)
        emulator.alter(DESCRIBE_TRIAL, strip)
        emulator.scope().index.missing = 1
        tables = Tables()
        sync(here, tables, "training_job_details")
        rows = tables.rows["training_job_details"].values()
        assert [row["last_modified_time"] for row in rows] == [None] * 3
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1}

    @pytest.mark.parametrize("missing", [0, 1], ids=["searched", "described"])
    def test_a_stop_without_a_time(
        self, here: TapHere, emulator: Emulator, missing: float
    ) -> None:
        """A trial that stopped without an end time is read again for two minutes after
        its last change, because its details may still be those of Stopping."""
        chances = Chances(failed=0, stopped_early=0, stopped_without=1, never_started=0)
        scope = emulator.scope()
        job = scope.plan(
            "churn", trials=4, parallel=1, touched_seconds=(70, 79), chances=chances
        )

        def strip_listed(page: dict[str, Any]) -> None:
            """Remove the trials' end times."""
            for trial in page["TrainingJobSummaries"]:
                trial.pop("TrainingEndTime", None)

        def strip(trial: dict[str, Any]) -> None:
            """Remove the end time; for a minute, return the earlier details."""
            end = trial.pop("TrainingEndTime", trial["CreationTime"] - DAY)
            last = trial["LastModifiedTime"] - MINUTE
            trial |= {"SecondaryStatus": "Stopping"} if last < end else {}

        emulator.alter(TRIALS, strip_listed)
        emulator.alter(DESCRIBE_TRIAL, strip)
        emulator.scope().index.missing = missing

        def strip_found(page: dict[str, Any]) -> None:
            """Do the same to what Search found."""
            for result in page["Results"]:
                strip(result["TrainingJob"])

        emulator.alter(SEARCH, strip_found)
        tables = Tables()
        for ended in sorted(trial.ended for trial in job.trials if trial.ended):
            # The next trial has begun, and nothing else can still change.
            emulator.clock.move(ended - emulator.clock.now + timedelta(seconds=15))
            sync(here, tables, "training_job_details")
        emulator.clock.move(seconds=86_400)
        sync(here, tables, "training_job_details")
        wanted = expected.truth(emulator, "training_job_details")
        columns = ("training_job_status", "secondary_status", "last_modified_time")
        assert {
            key: expected.to_the_second([row[column] for column in columns])
            for key, row in tables.rows["training_job_details"].items()
        } == {
            key: expected.to_the_second([row[column] for column in columns])
            for key, row in wanted.items()
        }
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1}

    def test_a_description_of_before(self, here: TapHere, emulator: Emulator) -> None:
        """A trial whose description and listing differ in status is read again, however
        long ago it ended."""
        fill(emulator, churn=5)
        emulator.scope().index.missing = 1

        def lag(trial: dict[str, Any]) -> None:
            """Show a trial as still running."""
            trial["TrainingJobStatus"] = "InProgress"

        emulator.alter(DESCRIBE_TRIAL, lag)
        tables = Tables()
        sync(here, tables, "training_job_details")
        emulator.alter(DESCRIBE_TRIAL, None)
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1}

    def test_a_trial_that_is_gone(self, here: TapHere, emulator: Emulator) -> None:
        """A listed trial that is not found once has no details until the next sync,
        which reads it again."""
        fill(emulator, churn=5)
        emulator.scope().index.missing = 1
        emulator.faults.add(
            Fault(
                "error",
                operation=DESCRIBE_TRIAL,
                times=1,
                status=400,
                code="ValidationException",
                message="Requested resource not found.",
            )
        )
        tables = Tables()
        sync(here, tables, "training_job_details")
        assert len(tables.rows["training_job_details"]) == 4
        sync(here, tables, "training_job_details")
        assert len(tables.rows["training_job_details"]) == 5
        sync(here, tables, "training_job_details")
        assert called(here) == {LIST: 1}

    @pytest.mark.parametrize(
        "message",
        [
            "1 validation error detected: Value 'x' at 'trainingJobName' failed",
            "Requested resource not found in the cache. Please retry.",
            "",
        ],
    )
    def test_what_is_no_deletion(
        self, here: TapHere, emulator: Emulator, message: str
    ) -> None:
        """Any other error of Describe does not mean that a trial was deleted: it is a
        failure, and the next sync reads the trial."""
        fill(emulator, churn=5)
        emulator.scope().index.missing = 1
        fault = Fault(
            "error",
            operation=DESCRIBE_TRIAL,
            times=1,
            status=400,
            code="ValidationException",
            message=message,
        )
        emulator.faults.add(fault)
        tables = Tables()
        run = failing(here, tables, "training_job_details")
        run.assert_refused("tuning job churn", "ValidationException", message[:30])
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")

    @pytest.mark.parametrize("number", [0, 7, 29], ids=["newest", "among", "oldest"])
    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("AccessDeniedException", "Allow sagemaker:DescribeTrainingJob"),
            ("ValidationException", "ValidationException"),
            ("InternalFailure", "a later sync reads what is missing"),
        ],
    )
    def test_one_trial_that_fails(
        self, here: TapHere, emulator: Emulator, number: int, code: str, said: str
    ) -> None:
        """A trial that cannot be described costs only its own row: the failure names
        it, and the next sync reads it."""
        fill(emulator, churn=30, fraud=3)
        emulator.scope().index.missing = 1
        status = {"InternalFailure": 500}.get(code, 400)
        trials = emulator.scope().job("churn").trials
        newest_first = sorted(trials, key=lambda t: (t.created, t.name), reverse=True)
        fault = Fault(
            "error",
            operation=DESCRIBE_TRIAL,
            after=number,
            times=1,
            status=status,
            code=code,
            message="no",
        )
        emulator.faults.add(fault)
        tables = Tables()
        named = {"tuning_job_names": ["churn"], "max_attempts": 1}
        run = failing(here, tables, "training_job_details", "scopes", **named)
        missed = newest_first[number].name
        run.assert_refused(f"tuning job churn: trial {missed}: Describe", said)
        rows = tables.rows["training_job_details"].values()
        written = {row["training_job_name"] for row in rows}
        assert {trial.name for trial in trials} - written == {missed}
        (scope_row,) = run.records("scopes")
        assert (scope_row["status"], scope_row["error_code"]) == ("incomplete", code)
        assert (scope_row["tuning_jobs_failed"], scope_row["complete_as_of"]) == (
            1,
            None,
        )
        sync(here, tables, "training_job_details", **named)
        assert called(here)[DESCRIBE_TRIAL] == 30
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")

    def test_some_trials_that_are_denied(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """If some trials can be described, any number of denied ones are named in one
        line, and what Search has is written."""
        fill(emulator, churn=60)
        emulator.scope().index.missing = 0.6
        for after in range(0, 60, 2):
            denied = Fault("deny", operation=DESCRIBE_TRIAL, after=after, times=1)
            emulator.faults.add(denied)
        tables = Tables()
        run = failing(here, tables, "training_job_details")
        run.assert_refused("tuning job churn: trials ", " and ", " more: DescribeTrain")
        described = called(here)[DESCRIBE_TRIAL]
        missed = 60 - len(tables.rows["training_job_details"])
        assert described > 20
        assert 10 < missed < described
        assert [line for line in run.stderr.splitlines() if "DescribeTr" in line] == [
            run.error
        ]

    @pytest.mark.parametrize(
        ("fault", "most"),
        [
            (Fault("deny", operation=DESCRIBE_TRIAL), 10),
            (Fault("error", operation=DESCRIBE_TRIAL), 3),
            (Fault("error", operation=DESCRIBE_TRIAL, after=20), 20 + 3),
        ],
        ids=["denied", "broken", "broken midway"],
    )
    def test_where_none_can_be_described(
        self, here: TapHere, emulator: Emulator, fault: Fault, most: int
    ) -> None:
        """If no trial can be described, the tap stops early, since each failing call
        takes a minute of retries."""
        fill(emulator, churn=100)
        emulator.scope().index.missing = 1
        emulator.faults.add(fault)
        tables = Tables()
        run = failing(here, tables, "training_job_details", max_attempts=1)
        run.assert_refused("tuning job churn: trials ", "DescribeTrainingJob")
        assert called(here)[DESCRIBE_TRIAL] == most
        emulator.faults.clear()
        sync(here, tables, "training_job_details")
        assert_exact(here, tables, "training_job_details")

    def test_an_outage_of_describe(self, here: TapHere, emulator: Emulator) -> None:
        """If Describe fails in one tuning job after the other, the tap stops calling it
        in that scope; the next sync reads what is missing."""
        fill(emulator, **{f"job-{number:02}": 4 for number in range(30)})
        emulator.scope().index.missing = 1
        emulator.faults.add(Fault("error", operation=DESCRIBE_TRIAL))
        tables = Tables()
        streams = ("training_job_details", "training_job_summaries")
        run = failing(here, tables, *streams, max_attempts=1, concurrency=2)
        run.assert_refused("30 tuning jobs", "DescribeTrainingJob: InternalFailure")
        assert 9 <= called(here)[DESCRIBE_TRIAL] <= 9 + 2
        assert_exact(here, tables, "training_job_summaries")
        emulator.faults.clear()
        sync(here, tables, *streams)
        assert_exact(here, tables, "training_job_details")

    def test_one_description_that_cannot_be_read(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """An odd description costs its own row; an odd record in Search costs none,
        because its trial is described."""
        fill(emulator, churn=30)
        trials = sorted(trial.name for trial in emulator.scope().job("churn").trials)

        def spoil(trial: dict[str, Any]) -> None:
            """Give a trial an invalid number of instances."""
            if trial["TrainingJobName"] in trials[:2]:
                trial["ResourceConfig"] = {"InstanceCount": "many"}

        def spoil_found(page: dict[str, Any]) -> None:
            """Do the same to what Search found."""
            for result in page["Results"]:
                spoil(result["TrainingJob"])

        emulator.alter(SEARCH, spoil_found)
        tables = Tables()
        sync(here, tables, "training_job_details")
        assert called(here)[DESCRIBE_TRIAL] == 2
        assert_exact(here, tables, "training_job_details")
        tables = Tables()
        del trials[1:]
        emulator.alter(DESCRIBE_TRIAL, spoil)
        emulator.alter(SEARCH, None)
        emulator.scope().index.missing = 1
        run = failing(here, tables, "training_job_details")
        run.assert_refused(f"tuning job churn: trial {trials[0]}: its description")
        assert len(tables.rows["training_job_details"]) == 29

    @pytest.mark.parametrize(
        ("streams", "methods", "is_refused"),
        [
            (("training_job_summaries", "training_job_details"), {}, True),
            (("training_job_details",), {}, True),
            (
                ("training_job_details",),
                {"training_job_details": "FULL_TABLE"},
                False,
            ),
            (
                ("training_job_details",),
                {
                    "training_job_details": "FULL_TABLE",
                    "training_job_summaries": "INCREMENTAL",
                },
                False,
            ),
            (("training_job_summaries", "tuning_jobs"), {}, False),
        ],
        ids=["both", "alone", "full", "full alone", "deselected"],
    )
    def test_a_status_that_is_not_final(
        self,
        here: TapHere,
        emulator: Emulator,
        streams: tuple[str, ...],
        methods: dict[str, str],
        *,
        is_refused: bool,
    ) -> None:
        """Incremental details of InProgress trials are refused, because they would
        never be updated, whichever replication method the summaries use."""
        fill(emulator, churn=2)
        methods = {"training_job_summaries": "FULL_TABLE", **methods}
        catalog = here.catalog(*streams, **methods)
        run = here(config={"status_equals": "InProgress"}, catalog=catalog)
        refusal = (
            "Error: status_equals: 'InProgress' is not final: incremental replication "
            "of training_job_details allows only Completed, Failed, Stopped"
        )
        assert (run.returncode, refusal in run.stderr) == (is_refused, is_refused)
        assert bool(emulator.calls) is not is_refused

    @pytest.mark.parametrize("status", ["InProgress", "Stopping", "Deleting"])
    def test_incremental_summaries_take_final_statuses(
        self, here: TapHere, status: str
    ) -> None:
        """Incremental summaries refuse a status in which trials do not stay."""
        run = here(config={"status_equals": status})
        run.assert_refused(
            f"status_equals: {status!r} is not final: incremental replication of "
            "training_job_summaries allows only Completed, Failed, Stopped"
        )

    def test_status_equals(self, here: TapHere, emulator: Emulator) -> None:
        """With `status_equals`, only trials in that status are described and
        written."""
        fill(emulator, churn=40)
        emulator.scope().index.missing = 1
        tables = Tables()
        sync(here, tables, "training_job_details", status_equals="Failed")
        wanted = expected.truth(emulator, "training_job_details")
        failed = {
            key for key, row in wanted.items() if row["training_job_status"] == "Failed"
        }
        assert set(tables.rows["training_job_details"]) == failed
        assert called(here)[DESCRIBE_TRIAL] == len(failed) > 0


class TestTuningJobs:
    """tuning_job_details describes each new or open tuning job."""

    def test_calls(self, here: TapHere, emulator: Emulator) -> None:
        """A first sync describes each tuning job, a second one only the open ones."""
        fill(emulator, Churn=20, fraud=20)
        emulator.scope().plan("running", trials=50, parents=("Churn",))
        emulator.clock.move(seconds=600)
        tables = Tables()
        sync(here, tables, "tuning_job_details")
        assert called(here) == {LIST: 1, DESCRIBE: 3}
        assert_exact(here, tables, "tuning_job_details")
        emulator.clock.move(seconds=600)
        sync(here, tables, "tuning_job_details")
        assert called(here) == {LIST: 1, DESCRIBE: 1}
        assert_exact(here, tables, "tuning_job_details")

    @pytest.mark.parametrize("streams", [("tuning_job_details",), VISITING], ids=len)
    def test_an_answer_of_the_listing_serves(
        self, here: TapHere, emulator: Emulator, streams: tuple[str, ...]
    ) -> None:
        """A tuning job that the listing already described is not described again."""
        fill(emulator, Churn=2, fraud=2)
        tables = Tables()
        sync(here, tables, *streams, tuning_job_names=["churn", "fraud"])
        assert called(here)[DESCRIBE] == 2
        assert_exact(here, tables, "tuning_job_details")

    def test_open_and_old(self, here: TapHere, emulator: Emulator) -> None:
        """The same applies to an old one that still runs; its rows keep the ARN from
        the listing, even if a description shows it in another case."""
        scope = emulator.scope()
        long = (9000, 9000)
        scope.plan("Old", trials=50, parallel=1, trial_seconds=long, cased_arns=True)
        tables = Tables()
        for number in range(12):
            emulator.clock.move(seconds=3000)
            scope.plan(f"new-{number}", trials=1, trial_seconds=(60, 90))
        emulator.clock.move(seconds=3600)
        sync(here, tables, *VISITING)
        emulator.clock.move(seconds=9000)
        scope.plan("last", trials=1, trial_seconds=(60, 90))
        emulator.clock.move(seconds=300)
        sync(here, tables, *VISITING, page_size=3)
        assert called(here)[DESCRIBE] == 1 + 1
        for stream in VISITING:
            assert_exact(here, tables, stream)

    def test_gone_meanwhile(self, here: TapHere, emulator: Emulator) -> None:
        """A tuning job that is deleted after it was listed is not a failure."""
        fill(emulator, churn=2, fraud=2)
        gone = Fault(
            "error",
            operation=DESCRIBE,
            tuning_job="churn",
            status=400,
            code="ResourceNotFound",
            message="Amazon SageMaker can't find a tuning job called churn.",
        )
        emulator.faults.add(gone)
        tables = Tables()
        sync(here, tables, "tuning_job_details")
        (row,) = tables.rows["tuning_job_details"].values()
        assert row["tuning_job_name"] == "fraud"

    def test_definitions(self, here: TapHere, emulator: Emulator) -> None:
        """Each of several definitions has its own objective, ranges and instances."""
        definitions = tuple(
            Definition(
                definition_name=name,
                objective={"Type": direction, "MetricName": f"validation:{name}"},
                instance_groups=groups,
            )
            for name, direction, groups in (
                ("large", "Maximize", {"ml.p3.2xlarge": 2, "ml.m5.large": 1}),
                ("small", "Minimize", {}),
            )
        )
        emulator.scope().plan(
            "churn",
            trials=6,
            created=CREATED,
            definitions=definitions,
            config={
                "RandomSeed": 7,
                "TuningJobCompletionCriteria": {
                    "TargetObjectiveMetricValue": 0.95,
                    "BestObjectiveNotImproving": {
                        "MaxNumberOfTrainingJobsNotImproving": 12
                    },
                    "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
                },
                "StrategyConfig": {
                    "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}
                },
            },
        )
        tables = Tables()
        sync(here, tables, *KEYS)
        assert_exact(here, tables, "tuning_job_details")
        assert_exact(here, tables, "training_job_details")
        (row,) = tables.rows["tuning_job_details"].values()
        directions = [
            definition["objective"]["type"]
            for definition in row["training_job_definitions"]
        ]
        assert directions == ["Maximize", "Minimize"]
        assert row["objective"] is None
        assert row["random_seed"] == 7


class TestPrices:
    """training_instance_prices makes a call or two per region, and fails on its own."""

    def test_each_region_once(self, here: TapHere, emulator: Emulator) -> None:
        """Each region's prices are requested once, for any number of accounts."""
        regions = [REGION, "eu-west-1"]
        roles = [
            {"role_arn": f"arn:aws:iam::{account}:role/reader"}
            for account in ("111111111111", "222222222222")
        ]
        for region in regions:
            emulator.scope("111111111111", region)
        tables = Tables()
        sync(
            here,
            tables,
            "training_instance_prices",
            assume_roles=roles,
            regions=regions,
        )
        assert called(here)[PRICES] == 2
        assert_exact_prices(here, tables)

    def test_a_long_list(self, here: TapHere, emulator: Emulator) -> None:
        """All pages of a long price list are read."""
        emulator.scope()
        (some, *_) = [
            price
            for price in emulator.prices
            if price.region == REGION and price.component == "Training"
        ]
        emulator.prices += [
            type(some)(
                region=REGION,
                instance_type=f"ml.m{number}.large",
                per_unit=f"{number}.5",
                effective=some.effective,
            )
            for number in range(10, 150)
        ]
        tables = Tables()
        sync(here, tables, "training_instance_prices")
        assert called(here)[PRICES] == 2
        assert len(tables.rows["training_instance_prices"]) > 140
        assert_exact_prices(here, tables)

    def test_it_fails_alone(self, here: TapHere, emulator: Emulator) -> None:
        """A denied price list is one line in the log, and everything else is read."""
        fill(emulator, churn=10)
        emulator.faults.add(Fault("deny", operation=PRICES))
        run = here(config={}, catalog=here.catalog(*KEYS))
        run.assert_refused("training_instance_prices", "Allow pricing:GetProducts")
        tables = Tables()
        tables.take(run.messages)
        for stream in VISITING:
            assert_exact(here, tables, stream)

    @pytest.mark.parametrize("kind", ["deny", "drop"])
    def test_another_account_is_asked(
        self, here: TapHere, emulator: Emulator, kind: Any
    ) -> None:
        """If one account of a region fails, another is tried, and it comes first in the
        other regions."""
        regions = [REGION, "eu-west-1"]
        for region in regions:
            emulator.scope(ACCOUNT, region)
        emulator.faults.add(Fault(kind, operation=PRICES, account=OTHERS[0]))
        tables = Tables()
        run = sync(here, tables, PRICE_STREAM, **TWO, regions=regions, max_attempts=1)
        assert run.returncode == 0
        assert_exact_prices(here, tables)
        asked = [call.account for call in emulator.calls if call.operation == PRICES]
        assert asked == [OTHERS[0], OTHERS[1], OTHERS[1]]

    def test_no_account_may_ask(self, here: TapHere, emulator: Emulator) -> None:
        """Only if every account fails is it a failure, in one line."""
        emulator.faults.add(Fault("deny", operation=PRICES))
        catalog = here.catalog(PRICE_STREAM)
        run = here(config=TWO, catalog=catalog)
        failed = "training_instance_prices, us-east-1, 2 accounts failed, the first: "
        run.assert_refused(failed, f"{OTHERS[0]}:", "Allow pricing:GetProducts")
        assert called(here)[PRICES] == 2

    def test_odd_products(self, here: TapHere, emulator: Emulator) -> None:
        """Odd products are counted in one warning with the first reason, all others are
        read, and tomorrow's price is not used today."""
        for region in (REGION, "eu-west-1"):
            emulator.scope(ACCOUNT, region)
        wanted = expected.truth(emulator, PRICE_STREAM)

        def add_more(answer: dict[str, Any]) -> None:
            first = answer["PriceList"][0]
            later = first.replace(
                '"effectiveDate": "2026-01-01', '"effectiveDate": "2026-03-03'
            ).replace('"USD": "', '"USD": "99')
            odd = json.loads(first)
            del odd["product"]["sku"]
            answer["PriceList"] += [json.dumps(odd), later, "{"]

        emulator.alter(PRICES, add_more)
        tables = Tables()
        run = sync(here, tables, PRICE_STREAM, regions=[REGION, "eu-west-1"])
        assert run.returncode == 0
        assert tables.rows[PRICE_STREAM] == wanted
        (warning,) = [line for line in run.stderr.splitlines() if "WARNING" in line]
        assert "skipped 4 products that cannot be read; the first: a prod" in warning
        assert "'sku' is missing" in warning

    def test_nothing_but_odd_products(self, here: TapHere, emulator: Emulator) -> None:
        """A price list without any readable product is a failure."""
        emulator.serve(PRICES, [(200, {}, {"PriceList": ["{", "N/A"]})])
        run = here(config={}, catalog=here.catalog(PRICE_STREAM))
        run.assert_refused("training_instance_prices, us-east-1: a product of the")

    def test_where_there_is_no_list(self, here: TapHere) -> None:
        """A partition without a price list is a warning, and no call is made."""
        run = here(
            config={"regions": ["us-gov-west-1"]},
            catalog=here.catalog("training_instance_prices"),
        )
        assert run.returncode == 0
        assert "us-gov-west-1: no price list for partition aws-us-gov" in run.stderr
        assert called(here) == {}


def assert_exact_prices(here: TapHere, tables: Tables) -> None:
    """All prices are there, and nothing else."""
    wanted = expected.truth(here.emulator, "training_instance_prices")
    assert tables.rows["training_instance_prices"] == wanted


def test_no_secret_is_shown(tap: TapProcess, emulator: Emulator) -> None:
    """Values from Environment appear in no record, state or log line, even at DEBUG,
    for one definition or several and from any API call."""
    environment = {"API_KEY": SECRET}
    single = Definition(environment=environment)
    two = tuple(
        Definition(definition_name=name, environment=environment) for name in "ab"
    )
    regions = [REGION, "eu-west-1"]
    for region in regions:
        scope = emulator.scope(ACCOUNT, region)
        for name, definitions in (("one", (single,)), ("two", two)):
            scope.plan(name, trials=4, created=CREATED, definitions=definitions)
    emulator.faults.add(Fault("deny", operation=SEARCH, region=REGION))
    tap.variables["LOGLEVEL"] = "DEBUG"
    config = {"tuning_job_names": ["one", "two"], "regions": regions}
    run = tap(config=config, catalog=tap.catalog(*KEYS))
    assert run.returncode == 0, run.stderr
    asked = Counter((call.operation, call.region) for call in emulator.calls)
    assert asked[DESCRIBE_TRIAL, REGION] == 8
    assert asked[SEARCH, "eu-west-1"] == 2
    assert len(run.records("training_job_details")) == 16
    assert "Found endpoint" in run.stderr
    assert SECRET in json.dumps(emulator.scope().details(), default=str)
    assert SECRET not in run.stdout + run.stderr
    assert "API_KEY" not in run.stdout + run.stderr
