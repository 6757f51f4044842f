"""The laws of replication, over any history, with kills and faults in any place."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tap_sagemaker_tuning.replication.plan import OVERLAP, PATIENCE, Visit
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.values import moment, timestamp
from tests.history import (
    NEVER,
    FakeJob,
    FakeService,
    FakeTap,
    FakeTrial,
    Killed,
    at,
)

MINUTE, HOUR, DAY = 60, 3600, 86_400


@st.composite
def trials(draw: st.DrawFn, name: str, created: int, ended: int) -> FakeTrial:
    """A trial of a tuning job that runs from `created` to `ended`."""
    start = draw(st.integers(created, ended - 2 * MINUTE))
    end = draw(st.integers(start + MINUTE, ended))
    late = draw(st.sampled_from([0, 0, 0, 20]))
    return FakeTrial(
        name=name,
        created=start,
        ended=end,
        settled=draw(st.sampled_from([end, end, end + 30, ended + 10 * MINUTE])),
        status=draw(st.sampled_from(["Completed", "Failed", "Stopped"])),
        has_objective=draw(st.sampled_from([True, True, True, False])),
        listed=start + late,
        deleted=draw(st.sampled_from([NEVER] * 7 + [end + HOUR])),
    )


@st.composite
def tuning_jobs(draw: st.DrawFn) -> list[FakeJob]:
    """Some tuning jobs, near each other or days apart; some names are used again."""
    found: list[FakeJob] = []
    free_from: dict[str, int] = {}
    for number in range(draw(st.integers(1, 5))):
        name = draw(st.sampled_from([f"Job-{number}", "again"]))
        after = free_from.get(name, 0)
        if after >= NEVER:
            name, after = f"Job-{number}", 0
        created = after + draw(st.sampled_from([1, 10, HOUR, DAY])) * draw(
            st.integers(0, 3)
        )
        ended = created + draw(st.sampled_from([10 * MINUTE, 3 * HOUR, 9 * DAY]))
        deleted = draw(st.sampled_from([NEVER] * 4 + [created + HOUR, ended + DAY]))
        free_from[name] = deleted + 1 if deleted < NEVER else NEVER
        found.append(
            FakeJob(
                name=name,
                created=created + draw(st.sampled_from([0, 0.5])),
                ended=ended,
                trials=tuple(
                    draw(trials(f"{name}-{number}-{trial}", created, ended))
                    for trial in range(draw(st.integers(0, 5)))
                ),
                listed=created + draw(st.sampled_from([0, 0, 0, HOUR])),
                deleted=deleted,
                counters_lag=draw(st.sampled_from([0, 30])),
            )
        )
    return found


WAITS = st.sampled_from([1, 30, 10 * MINUTE, HOUR, HOUR, DAY, 3 * DAY])


def over(jobs: list[FakeJob]) -> int:
    """When nothing of a history changes any more."""
    return max(
        [int(job.ended) for job in jobs]
        + [max(trial.settled, trial.ended) for job in jobs for trial in job.trials]
    )


def truth(service: FakeService) -> dict[str, dict[str, Any]]:
    """What a full read of the trials would show."""
    return {
        trial["TrainingJobName"]: trial
        for job in service.jobs
        if job.exists(service.now)
        for page in service.trials(job.name)
        for trial in page
    }


def tuning_job_truth(service: FakeService) -> dict[str, dict[str, Any]]:
    """What a full read of the tuning jobs would show."""
    return {
        f"{job.name} {at(job.created)}": job.view(service.now)
        for job in service.jobs
        if job.exists(service.now)
    }


def live(tap: FakeTap, plan: list[tuple[int, int | None, int, set[str]]]) -> None:
    """Run syncs at these waits, some killed, some denied some tuning jobs."""
    for wait, kill_after, save_every, denied in plan:
        tap.service.now += wait
        tap.service.denied = denied
        try:
            tap.sync(kill_after, save_every)
        except Killed:
            event("killed")
    tap.service.denied = set()


SYNCS = st.lists(
    st.tuples(
        WAITS,
        st.one_of(st.none(), st.integers(0, 12)),
        st.integers(1, 3),
        st.sampled_from([set(), set(), set(), {"again"}, {"Job-0"}]),
    ),
    max_size=10,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(jobs=tuning_jobs(), plan=SYNCS, tick=st.sampled_from([0, 1, 20]))
def test_nothing_is_lost(
    jobs: list[FakeJob], plan: list[tuple[int, int | None, int, set[str]]], tick: int
) -> None:
    """Once all is over and one more sync has run, the tables equal a full read."""
    tap = FakeTap(FakeService(jobs, tick=tick))
    live(tap, plan)
    tap.service.now = max(tap.service.now, over(jobs) + HOUR)
    tap.sync()
    tap.service.tick = 0
    expected = truth(tap.service)
    assert {name: tap.trials.get(name) for name in expected} == expected
    listed = tuning_job_truth(tap.service)
    assert {name: tap.tuning_jobs.get(name) for name in listed} == listed


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(jobs=tuning_jobs(), plan=SYNCS, wait=WAITS)
def test_nothing_is_stale(
    jobs: list[FakeJob], plan: list[tuple[int, int | None, int, set[str]]], wait: int
) -> None:
    """After a complete sync each listed trial that was over is held as it ended."""
    jobs = [replace(job, listed=job.created) for job in jobs]
    jobs = [
        replace(job, trials=tuple(replace(trial, listed=0) for trial in job.trials))
        for job in jobs
    ]
    tap = FakeTap(FakeService(jobs))
    live(tap, plan)
    tap.service.now += wait
    tap.sync()
    now = tap.service.now
    for job in jobs:
        for trial in job.trials:
            if job.exists(now) and trial.is_over(now) and now < trial.deleted:
                assert tap.trials[trial.name] == trial.view(now)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(jobs=tuning_jobs(), plan=SYNCS)
def test_quiet_sync_lists_the_overlap_only(
    jobs: list[FakeJob], plan: list[tuple[int, int | None, int, set[str]]]
) -> None:
    """When nothing changed and nothing is open, nothing is visited, and the state is
    no more than the tuning jobs of the overlap."""
    tap = FakeTap(FakeService(jobs))
    live(tap, plan)
    tap.service.now = max(tap.service.now, over(jobs) + PATIENCE.days * DAY + HOUR)
    tap.sync()
    tap.sync()  # counters that disagree are looked into once more
    visited, written, state = tap.visited, tap.written, dict(tap.states)
    tap.service.calls.clear()
    tap.sync()
    assert (tap.visited, tap.written, tap.states) == (visited, written, state)
    there = [at(job.created) for job in jobs if job.exists(tap.service.now)]
    frontier = json.loads(tap.states["trials"]).get("replication_key_value", at(0))
    boundary = timestamp((moment(frontier) - OVERLAP).isoformat())
    in_overlap = sum(created >= boundary for created in there)
    assert len(tap.service.calls) <= in_overlap // tap.service.page_size + 1
    for text in tap.states.values():
        saved = json.loads(text)
        assert saved["open"] == {}
        assert all(created >= boundary for created in saved["settled"].values())


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
