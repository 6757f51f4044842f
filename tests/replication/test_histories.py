"""What is read again, and what becomes of the state, case by case."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.replication.state import Filters
from tests.replication.history import (
    NEVER,
    FakeJob,
    FakeService,
    FakeTap,
    FakeTrial,
    at,
)

MINUTE, HOUR, DAY = 60, 3600, 86_400


def job(name: str = "job", created: float = 0, **more: Any) -> FakeJob:
    """A tuning job of three trials, an hour long."""
    made = tuple(
        FakeTrial(
            name=f"{name}-{number}",
            created=int(created) + number * 10 * MINUTE,
            ended=int(created) + number * 10 * MINUTE + 20 * MINUTE,
            settled=int(created) + number * 10 * MINUTE + 20 * MINUTE,
        )
        for number in range(3)
    )
    given: dict[str, Any] = {"ended": int(created) + HOUR, "trials": made, **more}
    return FakeJob(name=name, created=created, **given)


def run(service: FakeService, *times: float, **filters: Any) -> FakeTap:
    """Sync at these times."""
    tap = FakeTap(service, Filters(**filters))
    for time in times:
        service.now = time
        tap.sync()
    return tap


def opened(tap: FakeTap, stream: str = "trials") -> dict[str, Any]:
    """The open tuning jobs of a state."""
    found: dict[str, Any] = json.loads(tap.states[stream])["open"]
    return found


def test_watermark_is_the_earliest_trial_that_is_not_final() -> None:
    """A trial that is not final, and all created at or after it, are read again."""
    tap = run(FakeService([job()]), 25 * MINUTE)
    assert opened(tap) == {
        "job": {"created": at(0), "since": at(10 * MINUTE), "rows": 1}
    }


def test_watermark_of_final_trials_is_the_newest() -> None:
    """When all trials are final, the newest is where the next one can follow."""
    tap = run(FakeService([job()]), 55 * MINUTE)
    assert opened(tap) == {
        "job": {"created": at(0), "since": at(20 * MINUTE), "rows": 2}
    }


def test_settled_job_is_not_read_again() -> None:
    """A tuning job that has ended, with final trials and right counters, is closed."""
    tap = run(FakeService([job()]), 2 * HOUR)
    assert opened(tap) == {}
    assert json.loads(tap.states["trials"])["settled"] == {"job": at(0)}
    written = tap.written
    tap.sync()
    assert tap.written == written


def test_open_job_that_no_listing_shows_is_asked_for() -> None:
    """An open tuning job far behind the frontier is asked for by name: one call."""
    old = job("old", ended=9 * DAY)
    service = FakeService([old, *(job(f"n-{n}", DAY + n * 2 * HOUR) for n in range(6))])
    tap = run(service, HOUR, 3 * DAY)
    service.calls.clear()
    tap.sync()
    assert service.calls.count("describe") == 1
    assert service.calls[-1] == "trials old"
    assert len(opened(tap)) == 1


def test_denied_describe_lists_on() -> None:
    """Where an open tuning job may not be asked for by name, the listing goes on."""
    service = FakeService(
        [job("old", ended=DAY * 9), *(job(f"n-{n}", 2 * DAY + n) for n in range(6))],
        may_describe=False,
    )
    tap = run(service, HOUR, 3 * DAY, 3 * DAY)
    assert list(opened(tap)) == ["old"]
    assert "trials old" in service.calls


def test_deleted_job_is_forgotten() -> None:
    """Only the service's word that there is none removes an open tuning job."""
    service = FakeService([job(deleted=2 * HOUR, ended=9 * DAY)])
    tap = run(service, HOUR)
    assert list(opened(tap)) == ["job"]
    service.now = 3 * HOUR
    tap.sync()
    assert opened(tap) == opened(tap, "tuning_jobs") == {}
    assert any("was deleted" in sentence for sentence in tap.warnings)


def test_name_used_again_is_another_job() -> None:
    """The same name with a later creation time, in any case, is read from the start."""
    first = job("Churn", ended=9 * DAY, deleted=2 * HOUR)
    again = job("churn", 3 * HOUR)
    again = replace(
        again,
        trials=tuple(replace(t, name=f"{t.name}-2") for t in again.trials),
    )
    tap = run(FakeService([first, again]), HOUR, 3 * HOUR + 15 * MINUTE, DAY)
    assert set(tap.trials) == {
        *(f"Churn-{n}" for n in range(3)),
        *(f"churn-{n}-2" for n in range(3)),
    }


def test_late_listing_in_the_overlap_is_found() -> None:
    """A tuning job that a listing shows late, within the overlap, is not lost."""
    late = job("late", 0, listed=50 * MINUTE)
    tap = run(FakeService([late, job("new", 30 * MINUTE)]), 40 * MINUTE, 50 * MINUTE)
    assert "late-0" in tap.trials


def test_disagreeing_counters_read_the_job_whole_once() -> None:
    """Counters that tell of more trials than are listed: all is read once more, and
    again before the tuning job is given up with a warning, a day after its end."""
    missing = FakeTrial(name="job-x", created=60, ended=120, settled=120, listed=NEVER)
    made = replace(job(), trials=(*job().trials, missing))
    service = FakeService([made])
    tap = run(service, 45 * MINUTE, 2 * HOUR)
    assert opened(tap) == {"job": {"created": at(0), "checked": 1}}
    service.now = 3 * HOUR
    written = tap.written
    tap.sync()
    assert tap.written == written + 3
    assert opened(tap)["job"]["checked"] == 1
    service.now = 5 * HOUR
    written = tap.written
    tap.sync()
    assert tap.written == written + 1  # the newest trial only
    service.now = 26 * HOUR
    tap.sync()
    assert opened(tap) == {"job": {"created": at(0), "checked": 2}}
    assert tap.warnings == []
    tap.sync()
    assert opened(tap) == {}
    assert [sentence for sentence in tap.warnings if "4 trials, and 3" in sentence]


def test_trial_listed_late_is_found_by_the_counters() -> None:
    """A trial that its listing shows late, behind the watermark, is not lost."""
    late = FakeTrial(
        name="job-x", created=60, ended=120, settled=120, listed=int(2.5 * HOUR)
    )
    made = replace(job(), trials=(*job().trials, late))
    tap = run(FakeService([made]), 45 * MINUTE, 2 * HOUR, 3 * HOUR)
    assert "job-x" in tap.trials
    assert opened(tap) == {}
    assert tap.warnings == []


@pytest.mark.parametrize("stream", ["trials", "tuning_jobs"])
def test_what_never_settles_is_given_up_after_a_week(stream: str) -> None:
    """An objective that stays pending ends with one warning, not in a loop."""
    never = FakeTrial(name="job-x", created=60, ended=120, settled=NEVER)
    made = replace(job(), trials=(never,))
    service = FakeService([made])
    tap = run(service, 2 * HOUR, 3 * DAY)
    assert list(opened(tap, stream)) == ["job"]
    service.now = 8 * DAY
    tap.sync()
    assert opened(tap, stream) == {}
    assert len([s for s in tap.warnings if "has not settled" in s]) == 2


def test_denied_job_is_open_and_then_given_up() -> None:
    """A tuning job that may not be read stays open, without a watermark; the frontier
    passes it; a week after its end it is given up with a warning."""
    service = FakeService([job(), job("new", HOUR)], denied={"job"})
    tap = run(service, 3 * HOUR)
    assert opened(tap) == {"job": {"created": at(0), "failed": at(3 * HOUR)}}
    assert json.loads(tap.states["trials"])["replication_key_value"] == at(HOUR)
    service.denied = set()
    tap.sync()
    assert "job-0" in tap.trials
    service = FakeService([job()], denied={"job"})
    tap = run(service, 3 * HOUR, 8 * DAY)
    assert opened(tap) == {}
    assert any("could not be read" in sentence for sentence in tap.warnings)


def test_failure_long_after_the_end_is_not_the_end() -> None:
    """A tuning job that ended long ago is not given up for its first failure."""
    service = FakeService([job()], denied={"job"})
    tap = run(service, 30 * DAY)
    service.denied = set()
    service.now = 31 * DAY
    tap.sync()
    assert set(tap.trials) == {"job-0", "job-1", "job-2"}
    assert opened(tap) == {}


def test_counters_of_before_settle_nothing() -> None:
    """A tuning job that has just ended can show quiet counters of before its trials:
    neither stream settles it until they can not lag any more."""
    quick = FakeTrial(name="job-x", created=5, ended=10, settled=10)
    made = replace(job(), ended=12, trials=(quick,), counters_lag=30)
    tap = run(FakeService([made]), 15, 2 * HOUR)
    (row,) = tap.tuning_jobs.values()
    assert row["TrainingJobStatusCounters"]["Completed"] == 1
    assert opened(tap) == opened(tap, "tuning_jobs") == {}


def test_deleting_may_yet_fail() -> None:
    """A tuning job that is being deleted is looked at again: that may yet fail."""
    tap = run(FakeService([job()]), 30 * MINUTE)
    plan = tap.plan("tuning_jobs")
    seen = {**job().view(3 * HOUR), "HyperParameterTuningJobStatus": "Deleting"}
    visit = Visit(job=seen, since=None)
    assert plan.visited(visit, None, at(3 * HOUR)) is None
    assert list(plan.state.open) == ["job"]
    seen["HyperParameterTuningJobStatus"] = "DeleteFailed"
    assert plan.visited(visit, None, at(3 * HOUR)) is None
    assert plan.state.open == {}


def test_trial_listed_long_after_is_found_before_the_end() -> None:
    """A trial that is listed hours after the tuning job was read whole is not lost."""
    late = FakeTrial(name="job-x", created=60, ended=120, settled=120, listed=5 * HOUR)
    made = replace(job(), trials=(*job().trials, late))
    times = (45 * MINUTE, 2 * HOUR, 3 * HOUR, 6 * HOUR, 26 * HOUR, 27 * HOUR)
    tap = run(FakeService([made]), *times)
    assert "job-x" in tap.trials
    assert opened(tap) == {}
    assert tap.warnings == []


def test_unlisted_job_that_may_not_be_asked_for_is_given_up() -> None:
    """Neither listed nor to be asked for: it is given up after a week, and said."""
    service = FakeService([job(ended=9 * DAY, deleted=2 * HOUR)], may_describe=False)
    tap = run(service, HOUR, 3 * DAY)
    assert list(opened(tap)) == ["job"]
    service.now = 8 * DAY
    tap.sync()
    assert opened(tap) == {}


def test_status_filter_loses_no_trial_that_reaches_it_later() -> None:
    """With `status_equals` a trial is written when it reaches the status."""
    tap = run(FakeService([job()]), 5 * MINUTE, 2 * HOUR, status_equals="Completed")
    assert set(tap.trials) == {"job-0", "job-1", "job-2"}
    assert {t["TrainingJobStatus"] for t in tap.trials.values()} == {"Completed"}


def test_start_date_is_exact_on_the_trial() -> None:
    """Trials created at or after it are read, to the second that the API shows, also
    of tuning jobs created earlier; tuning jobs that ended before it are left out."""
    ended = job("ended", -3 * HOUR)
    tap = run(FakeService([ended, job()]), DAY, start_date=at(10 * MINUTE + 0.9))
    assert set(tap.trials) == {"job-1", "job-2"}
    assert list(tap.tuning_jobs) == [f"job {at(0)}"]
    assert opened(tap) == {}


def test_later_start_date_keeps_the_state() -> None:
    """Many compute it each day: what was written is followed to its end all the same,
    and nothing is read again."""
    service = FakeService([job()])
    tap = run(service, 25 * MINUTE, start_date=at(0))
    tap.filters = Filters(start_date=at(40 * MINUTE))
    service.now = 2 * HOUR
    tap.sync()
    assert tap.trials["job-1"]["TrainingJobStatus"] == "Completed"
    assert tap.written == 3 + 1 + 2 + 1


@pytest.mark.parametrize(
    "changed",
    [
        Filters(),
        Filters(start_date=at(5 * MINUTE)),
        Filters(start_date=at(10 * MINUTE), status_equals="Completed"),
        Filters(start_date=at(10 * MINUTE), name_contains="job"),
        Filters(start_date=at(10 * MINUTE), tuning_job_names=("job",)),
    ],
)
def test_changed_filter_reads_what_the_old_one_left_out(changed: Filters) -> None:
    """Any change but a later start_date starts from nothing."""
    service = FakeService([job()])
    tap = run(service, 2 * HOUR, start_date=at(10 * MINUTE))
    tap.filters = changed
    tap.trials.clear()
    tap.sync()
    assert tap.trials == {
        name: trial
        for name, trial in truth(service).items()
        if trial["CreationTime"] >= (changed.start_date or "")
    }


def test_names_need_no_listing() -> None:
    """With `tuning_job_names` nothing is listed, and a settled one is not read again,
    however old; a name used again is."""
    again = replace(job("job", 9 * DAY), trials=())
    service = FakeService(
        [job(deleted=8 * DAY), job("other", DAY), again], may_list=False
    )
    tap = run(service, 2 * DAY, 3 * DAY, tuning_job_names=("job", "other"))
    assert service.calls == [
        *("describe", "describe", "trials job", "trials job"),
        *("trials other", "trials other"),
        *("describe", "describe"),
    ]
    service.now = 10 * DAY
    tap.sync()
    assert f"job {at(9 * DAY)}" in tap.tuning_jobs


def test_stream_left_out_for_weeks_catches_up() -> None:
    """Each stream has its own state: one that was deselected misses nothing."""
    service = FakeService([job(), job("new", 20 * DAY)])
    tap = run(service, 2 * HOUR)
    kept = tap.states["trials"]
    service.now = 21 * DAY
    tap.sync()
    tap.trials.clear()
    tap.states["trials"] = kept
    service.now = 30 * DAY
    tap.sync()
    assert set(tap.trials) == {"new-0", "new-1", "new-2"}


def test_open_entry_is_short() -> None:
    """An open tuning job takes at most 120 bytes of state, also of the longest name."""
    name = "x" * 32
    tap = run(FakeService([job(name)]), 25 * MINUTE)
    entry = json.dumps(opened(tap), separators=(",", ":"))[1:-1]
    assert len(entry) + 1 <= 120
