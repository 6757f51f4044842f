"""Metrics over HTTP: every point is exact and requested once, at the least cost."""

from __future__ import annotations

import math
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Chances, Fault
from sagemaker_tuning_emulator.definitions import Definition
from tap_sagemaker_tuning.replication.listing import ListedJob
from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.streams.training_job_metrics import TrialSeries
from tests import expected
from tests.laws.service import FakeJob, FakeService, FakeTrial, at
from tests.tables import Tables

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere

STREAM = "training_job_metrics"
METRICS = "GetMetricData"
MINUTE, HOUR, DAY = 60, 3600, 86_400
STEADY = Chances(failed=0, stopped_early=0, stopped_without=0, never_started=0)
NAMES = ("train loss", "métrique:é/ü", "损失", "Loss", "loss", "a" * 255)
"""Names with a space, colons, non-ASCII letters, and two that differ only in case."""


def sync(here: TapHere, tables: Tables, *streams: str, **config: Any) -> Run:
    """Sync from the last state, and reset the call count."""
    here.emulator.calls.clear()
    catalog = here.catalog(*(streams or (STREAM,)))
    run = here(config=config, state=tables.state, catalog=catalog)
    tables.take(run.messages)
    return run


def asked(emulator: Emulator) -> list[int]:
    """How many metrics each call of the last sync requested."""
    return [call.metrics for call in emulator.calls if call.operation == METRICS]


def assert_exact(emulator: Emulator, tables: Tables, period: int = MINUTE) -> None:
    """Every series has every point."""
    rows = expected.trial_metrics(emulator.scope(), period)
    assert rows
    assert tables.rows[STREAM] == expected.keyed(STREAM, rows)


class TestPoints:
    """The points of a series."""

    @pytest.mark.parametrize(
        "options",
        [
            {"metric_definitions": NAMES},
            {"instance_type": "ml.p3.8xlarge", "instance_count": 3},
            {"instance_groups": {"ml.m5.xlarge": 2, "ml.g4dn.xlarge": 1}},
            {"metric_definitions": ()},
            {"chances": Chances(failed=0.4, stopped_early=0.4, never_started=0.1)},
            {"trial_seconds": (1, 50)},
            {"trial_seconds": (20 * HOUR, 30 * HOUR), "trials": 5},
        ],
        ids=["names", "cluster", "groups", "objective", "failures", "short", "long"],
    )
    def test_every_point(
        self, here: TapHere, emulator: Emulator, options: dict[str, Any]
    ) -> None:
        """Each metric of the algorithm and of each instance has every point, in order
        of time."""
        tables = Tables()
        emulator.scope().plan("job", **{"trials": 25, **options})
        emulator.clock.move(seconds=5 * DAY)
        assert sync(here, tables).returncode == 0
        assert_exact(emulator, tables)

    def test_definitions_differ(self, here: TapHere, emulator: Emulator) -> None:
        """Each trial has the metrics and the instances of its own definition."""
        emulator.scope().plan(
            "job",
            trials=30,
            definitions=(
                Definition(definition_name="cpu", metric_definitions=("a",)),
                Definition(
                    definition_name="gpu",
                    metric_definitions=("b", "c"),
                    instance_type="ml.g4dn.xlarge",
                    instance_count=2,
                ),
            ),
        )
        emulator.clock.move(seconds=DAY)
        tables = Tables()
        sync(here, tables)
        assert_exact(emulator, tables)
        hosts = {key[2] for key in tables.rows[STREAM]}
        assert hosts == {"algorithm", "algo-1", "algo-2"}

    def test_what_is_no_number(self, here: TapHere, emulator: Emulator) -> None:
        """NaN and infinity become points without a value."""
        scope = emulator.scope()
        job = scope.plan("job", trials=1, chances=STEADY, trial_seconds=(900, 900))
        curve = (0.5, math.nan, None, math.inf, -math.inf, 0.0)
        (trial,) = job.trials
        odd = replace(trial, curves={"train:loss": curve})
        scope.replace(replace(job, trials=(odd,)))
        emulator.clock.move(seconds=DAY)
        tables = Tables()
        sync(here, tables)
        (points,) = (
            row["points"]
            for row in tables.rows[STREAM].values()
            if row["metric_name"] == "train:loss"
        )
        assert [point["value"] for point in points] == [0.5, None, None, None, 0.0]
        assert_exact(emulator, tables)

    def test_after_fifteen_days(self, here: TapHere, emulator: Emulator) -> None:
        """After 15 days, CloudWatch has only one point per five minutes."""
        emulator.scope().plan("job", trials=20)
        emulator.clock.move(seconds=20 * DAY)
        tables = Tables()
        sync(here, tables)
        assert_exact(emulator, tables, period=300)

    def test_a_trial_that_started_before(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """A trial that started more than 15 days ago but ended later is read
        completely."""
        emulator.scope().plan(
            "job", trials=1, chances=STEADY, trial_seconds=(2 * DAY, 2 * DAY)
        )
        emulator.clock.move(seconds=16 * DAY)
        tables = Tables()
        sync(here, tables)
        assert_exact(emulator, tables, period=300)

    def test_after_sixty_three_days(self, here: TapHere, emulator: Emulator) -> None:
        """After 63 days, no metrics are requested, and that is not a failure."""
        emulator.scope().plan("job", trials=20, parallel=20)
        emulator.clock.move(seconds=64 * DAY)
        tables = Tables()
        assert sync(here, tables).returncode == 0
        assert (asked(emulator), tables.rows[STREAM]) == ([], {})


@pytest.mark.parametrize(
    ("trials", "minutes", "parts"),
    [
        (25, 20, [(10, 210), (10, 210), (5, 105)]),
        (4, 1500, [(3, 4503), (1, 1501)]),
        (2, 6000, [(1, 6001), (1, 6001)]),
    ],
    ids=["many", "long", "longer than a part"],
)
def test_what_is_handed_on_at_once(
    trials: int, minutes: int, parts: list[tuple[int, int]]
) -> None:
    """At most ten records, and 5,000 points, unless one record has more."""
    ended = minutes * MINUTE
    made = [
        FakeTrial(name=f"trial-{number}", created=0, ended=ended, settled=ended)
        for number in range(trials)
    ]
    job = FakeJob(name="job", created=0, ended=ended, trials=tuple(made))
    client: Any = FakeService([job], now=ended + HOUR, page_size=100)
    now = int(client.now)
    visit = Visit(job=ListedJob.of(job.view(now), at(now)), since=None)
    series = TrialSeries(client, visit, lambda: described(client), None, Lock())
    batches = [rows for page in client.trials("job") for rows in series.rows(page)]
    batches += series.end()
    assert [
        (len(rows.records), rows.points) for rows in batches if rows.records
    ] == parts


def described(client: FakeService) -> dict[str, Any]:
    """The description of the only tuning job."""
    description, _ = client.tuning_job("job")
    assert description
    return description


class TestCalls:
    """How many calls there are, and how much each requests."""

    def test_trials_share_calls(self, here: TapHere, emulator: Emulator) -> None:
        """With any page size of trials, a call requests 500 metrics."""
        emulator.scope().plan("job", trials=250, parallel=50, chances=STEADY)
        emulator.clock.move(seconds=DAY)
        tables = Tables()
        run = sync(here, tables, page_size=7)
        assert asked(emulator) == [500, 500, 250]
        assert "CloudWatch metrics: 1250 requested; " in run.stderr.splitlines()[-1]
        assert_exact(emulator, tables)

    def test_a_long_window_takes_more_calls(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """CloudWatch allows 180,000 data points per second, and counts each metric's
        periods between the first start and the last end in a call."""
        emulator.scope().plan(
            "job", trials=60, parallel=2, chances=STEADY, trial_seconds=(3000, 3600)
        )
        emulator.clock.move(seconds=5 * DAY)
        tables = Tables()
        sync(here, tables)
        sent = [call.params for call in emulator.calls if call.operation == METRICS]
        for params in sent:
            minutes = (params["EndTime"] - params["StartTime"]) / MINUTE
            assert len(params["MetricDataQueries"]) * minutes <= 180_000
        assert sum(asked(emulator)) == 300
        assert len(sent) <= 5
        assert_exact(emulator, tables)

    def test_an_answer_has_no_second_page(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """A call requests no more points than fit into one page, because each page is
        billed; so metrics of long trials are requested once, too."""
        emulator.scope().plan(
            "job",
            trials=36,
            parallel=36,
            chances=STEADY,
            trial_seconds=(5 * HOUR, 5 * HOUR),
        )
        emulator.clock.move(seconds=DAY)
        tables = Tables()
        run = sync(here, tables)
        assert sum(asked(emulator)) == 180
        assert "CloudWatch metrics: 180 requested; " in run.stderr.splitlines()[-1]
        assert len(asked(emulator)) == 3  # 54,000 points; 25,200 fit a call
        assert_exact(emulator, tables)

    def test_each_trial_once(self, here: TapHere, emulator: Emulator) -> None:
        """Even if a tuning job is read every few minutes, each trial's metrics are
        requested once, after its last points have arrived."""
        emulator.scope().plan("job", trials=15, parallel=5, chances=STEADY)
        tables, total = Tables(), 0
        for _ in range(18):
            emulator.clock.move(seconds=7 * MINUTE + 13)
            assert sync(here, tables, STREAM, "training_job_summaries").returncode == 0
            total += sum(asked(emulator))
            assert_exact_so_far(emulator, tables)
        assert total == 15 * 5
        assert len(tables.rows["training_job_summaries"]) == 15
        assert_exact(emulator, tables)

    def test_settled_means_no_call(self, here: TapHere, emulator: Emulator) -> None:
        """For settled tuning jobs, the next sync makes only the list call."""
        emulator.scope().plan("job", trials=10)
        emulator.clock.move(seconds=DAY)
        tables = Tables()
        sync(here, tables)
        sync(here, tables)
        assert {call.operation for call in emulator.calls} == {
            "ListHyperParameterTuningJobs"
        }

    def test_points_that_come_late(self, here: TapHere, emulator: Emulator) -> None:
        """Points that arrive just before the five minutes are over are read."""
        scope = emulator.scope()
        job = scope.plan("job", trials=1, chances=STEADY)
        (trial,) = job.trials
        late = replace(trial, metrics_late_seconds=299)
        scope.replace(replace(job, trials=(late,)))
        ended = trial.ended or job.created
        tables = Tables()
        emulator.clock.move(seconds=(ended - job.created).total_seconds() + 298)
        sync(here, tables)
        assert (asked(emulator), tables.rows[STREAM]) == ([], {})
        emulator.clock.move(seconds=3)
        sync(here, tables)
        assert_exact(emulator, tables)

    def test_a_status(self, here: TapHere, emulator: Emulator) -> None:
        """With `status_equals`, other trials' metrics are not requested, and so not
        billed."""
        emulator.scope().plan("job", trials=40, chances=Chances(failed=0.5))
        emulator.clock.move(seconds=DAY)
        tables = Tables()
        sync(here, tables, status_equals="Failed")
        listed = emulator.scope().truth()["trials"]["job"]
        failed = [t for t in listed if t["TrainingJobStatus"] == "Failed"]
        ran = [trial for trial in failed if "TrainingStartTime" in trial]
        assert sum(asked(emulator)) == 5 * len(ran)
        assert {row["training_job_name"] for row in tables.rows[STREAM].values()} == {
            trial["TrainingJobName"] for trial in ran
        }

    def test_full_table(self, here: TapHere, emulator: Emulator) -> None:
        """A full read requests everything again."""
        emulator.scope().plan("job", trials=10, chances=STEADY)
        emulator.clock.move(seconds=DAY)
        catalog = here.catalog(STREAM, **{STREAM: "FULL_TABLE"})
        for _ in range(2):
            emulator.calls.clear()
            run = here(config={}, catalog=catalog)
            assert expected.keyed(STREAM, run.records(STREAM)) == expected.keyed(
                STREAM, expected.trial_metrics(emulator.scope())
            )
            assert asked(emulator) == [50]


def assert_exact_so_far(emulator: Emulator, tables: Tables) -> None:
    """The series read so far have their final values."""
    rows = expected.keyed(STREAM, expected.trial_metrics(emulator.scope()))
    assert tables.rows[STREAM] == rows


class TestTrouble:
    """CloudWatch with partial, failing, denied and slow responses."""

    @pytest.fixture(autouse=True)
    def tuning_jobs(self, emulator: Emulator) -> None:
        """Two tuning jobs that ended long ago."""
        for name in ("first", "second"):
            emulator.scope().plan(name, trials=30, parallel=10, chances=STEADY)
        emulator.clock.move(seconds=DAY)

    @pytest.mark.parametrize(
        "fault",
        [
            Fault("internal_error", times=40),
            Fault("partial_data", metric="CPUUtilization", times=1),
            Fault("throttle", operation=METRICS, rate=2, burst=1),
            Fault("error", operation=METRICS, times=3),
            Fault("drop", operation=METRICS, times=2),
            Fault("empty_pages", operation=METRICS),
            Fault("left_out", times=200),
        ],
        ids=["internal", "partial", "throttle", "error", "drop", "empty", "left out"],
    )
    def test_what_passes(self, here: TapHere, emulator: Emulator, fault: Fault) -> None:
        """After a transient failure, only the missing metric is requested again, and no
        point is lost."""
        emulator.faults.add(fault)
        tables = Tables()
        assert sync(here, tables).returncode == 0
        assert_exact(emulator, tables)

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (Fault("internal_error", metric="train:loss"), "InternalError"),
            (
                Fault("left_out", metric="train:loss"),
                "no result (Maximum number of allowed metrics exceeded)",
            ),
            (Fault("forbidden", metric="train:loss"), "Forbidden"),
        ],
        ids=["internal", "left out", "forbidden"],
    )
    def test_what_stays(
        self, here: TapHere, emulator: Emulator, fault: Fault, words: str
    ) -> None:
        """A metric that keeps failing fails its tuning jobs in a line that names it;
        all other series are written, and the next sync after the failure reads the
        rest."""
        emulator.faults.add(fault)
        tables = Tables()
        run = sync(here, tables, STREAM, "training_job_summaries", max_attempts=2)
        assert run.returncode == 1
        assert f"{METRICS}: {words} for train:loss of algorithm" in run.error
        rows = expected.keyed(STREAM, expected.trial_metrics(emulator.scope()))
        assert tables.rows[STREAM] == {
            key: row for key, row in rows.items() if key[1] != "train:loss"
        }
        emulator.faults.clear()
        assert sync(here, tables).returncode == 0
        assert_exact(emulator, tables)

    def test_a_refused_name(self, here: TapHere, emulator: Emulator) -> None:
        """A metric name that CloudWatch refuses costs a warning and its own series;
        while the tuning job is open, later syncs leave it out."""
        scope = emulator.scope()
        scope.plan("third", trials=30, parallel=2, chances=STEADY)
        emulator.clock.move(seconds=6 * HOUR)
        fault = emulator.faults.add(Fault("refused", metric="train:loss"))
        tables, lines = Tables(), []
        for _ in range(3):
            run = sync(here, tables)
            assert run.returncode == 0
            lines += [line for line in run.stderr.splitlines() if "WARNING" in line]
            emulator.clock.move(seconds=6 * HOUR)
        rows = expected.keyed(STREAM, expected.trial_metrics(scope))
        assert tables.rows[STREAM] == {
            key: row for key, row in rows.items() if key[1] != "train:loss"
        }
        assert len(lines) == 3
        assert all("CloudWatch refuses metrics (train:loss)" in line for line in lines)
        assert "The value for parameter MetricName is not valid" in lines[0]
        assert emulator.faults.struck(fault) == 3 * 3

    def test_when_every_call_is_refused(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """If CloudWatch refuses every call, the names are not to blame: the tuning jobs
        fail, and are read later."""
        fault = emulator.faults.add(Fault("refused"))
        tables = Tables()
        run = sync(here, tables)
        assert run.returncode == 1
        assert "ValidationError: The value for parameter MetricName" in run.error
        emulator.faults.remove(fault)
        assert sync(here, tables).returncode == 0
        assert_exact(emulator, tables)

    def test_an_outage_is_not_billed_for_every_metric(
        self, here: TapHere, emulator: Emulator
    ) -> None:
        """While every metric fails, a tuning job requests all of them once, and then
        one per attempt."""
        emulator.faults.add(Fault("internal_error"))
        run = sync(here, Tables(), max_attempts=4)
        assert run.returncode == 1
        assert sorted(asked(emulator)) == [1] * 6 + [150] * 2

    def test_denied(self, here: TapHere, emulator: Emulator) -> None:
        """If CloudWatch is denied, only this stream fails, in one line that names the
        action."""
        emulator.faults.add(Fault("deny", operation=METRICS))
        tables = Tables()
        run = sync(here, tables, *expected.VISITING)
        assert run.returncode == 1
        lines = [line for line in run.stderr.splitlines() if METRICS in line]
        assert len(lines) == 1
        assert "Allow cloudwatch:GetMetricData" in lines[0]
        for stream in expected.VISITING:
            wanted = {} if stream == STREAM else expected.truth(emulator, stream)
            assert expected.alike(tables.rows[stream]) == expected.alike(wanted)
        emulator.faults.clear()
        assert sync(here, tables, *expected.VISITING).returncode == 0
        assert_exact(emulator, tables)

    def test_a_name_used_again(self, here: TapHere, emulator: Emulator) -> None:
        """Both tuning jobs have rows if one is deleted and another takes its name."""
        tables = Tables()
        sync(here, tables)
        before = dict(tables.rows[STREAM])
        emulator.scope().delete("first")
        emulator.clock.move(seconds=HOUR)
        emulator.scope().plan("First", trials=5, chances=STEADY)
        emulator.clock.move(seconds=DAY)
        assert sync(here, tables).returncode == 0
        rows = expected.keyed(STREAM, expected.trial_metrics(emulator.scope()))
        assert tables.rows[STREAM] == before | rows
