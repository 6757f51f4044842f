"""Small histories, sync by sync: what is read again, and what is never lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tap_sagemaker_tuning.replication.state import Filters
from tests.laws.service import NEVER, FakeJob, FakeService, FakeTrial, at
from tests.laws.warehouse import STREAMS, Circumstances, Killed, Warehouse

MINUTE, HOUR, DAY = 60, 3600, 86_400
TRIALS = Circumstances(streams=("trials",))
METRICS = Circumstances(streams=("metrics",))


def trial(name: str, created: int, minutes: float = 20, **more: Any) -> FakeTrial:
    """A trial that runs for this many minutes."""
    ended = created + int(minutes * MINUTE)
    return FakeTrial(
        **{"name": name, "created": created, "ended": ended, "settled": ended, **more}
    )


def job(name: str = "job", created: int = 0, **more: Any) -> FakeJob:
    """A tuning job of one hour, by default with three trials, ten minutes apart."""
    trials = [trial(f"{name}-{n}", created + n * 10 * MINUTE) for n in range(3)]
    given = {"ended": created + HOUR, "trials": tuple(trials), **more}
    return FakeJob(name=name, created=created, **given)


def run(service: FakeService, *times: float, **filters: Any) -> Warehouse:
    """Sync the trials and the tuning jobs at these times."""
    tap = Warehouse(service, Filters(**filters))
    sync(tap, *times)
    return tap


def sync(tap: Warehouse, *times: float, how: Circumstances | None = None) -> int:
    """Sync again, and return how many records that wrote."""
    before = tap.written
    for time in times or [tap.service.now]:
        tap.service.now = time
        tap.sync(how or Circumstances(streams=("trials", "tuning_jobs")))
    return tap.written - before


def state(tap: Warehouse, stream: str = "trials") -> dict[str, Any]:
    """The saved state of a stream."""
    found: dict[str, Any] = json.loads(tap.states[stream])
    return found


def opened(tap: Warehouse, stream: str = "trials") -> dict[str, Any]:
    """The open tuning jobs in a state, without their ARNs."""
    found: dict[str, Any] = state(tap, stream)["open"]
    for entry in found.values():
        entry.pop("arn")
    return found


def truth(service: FakeService) -> dict[str, Any]:
    """All trials, as the service shows them."""
    jobs = [each for each in service.jobs if each.is_shown(service.now)]
    return {
        each.name: each.view(service.now)
        for made in jobs
        for each in made.trials
        if each.is_shown(service.now)
    }


# What slow syncs, late listings and odd items must not lose, one case at a time.


def test_now_is_when_the_summary_was_shown() -> None:
    """A tuning job listed 3 s after its end stays open if its counters lag by 30 s,
    even if the target takes ten minutes before the tap decides."""
    quick = trial("job-x", 5, minutes=0.1)
    service = FakeService(
        [job(ended=12, trials=(quick,), counters_lag=30)], now=15, tick=1
    )
    tap = Warehouse(service)
    tap.sync(Circumstances(pause=10 * MINUTE))
    assert list(opened(tap)) == list(opened(tap, "tuning_jobs")) == ["job"]
    sync(tap, 2 * HOUR)
    (row,) = tap.tuning_jobs.values()
    assert row["TrainingJobStatusCounters"] == {"Completed": 1, "InProgress": 0}
    assert opened(tap) == opened(tap, "tuning_jobs") == {}


def test_trial_listed_after_its_tuning_job_was_read_ahead() -> None:
    """A trial that was listed after its tuning job was read ahead comes with the next
    sync, even if the target takes ten minutes before the tap decides."""
    late = trial("job-x", 50, minutes=1, listed=130)
    service = FakeService([job(ended=115, trials=(late,))], now=120, tick=1)
    tap = Warehouse(service)
    tap.sync(replace(TRIALS, ahead=4, pause=10 * MINUTE))
    assert tap.trials == {}
    sync(tap, 2 * HOUR)
    assert tap.trials == truth(service)
    assert opened(tap) == {}


def test_checksum_counts_distinct_trials() -> None:
    """With offset tokens, a trial listed between two pages makes one trial come twice
    and hides another, so the tap compares the counters with distinct trials, not with
    rows."""
    late = trial("job-x", 50 * MINUTE, minutes=1, listed=2 * HOUR + 15)
    made = replace(job(), trials=(*job().trials, late))
    service = FakeService([made], now=2 * HOUR, tick=10, has_offsets=True)
    tap = Warehouse(service)
    tap.sync(TRIALS)
    assert tap.written == 4
    assert set(tap.trials) == {"job-0", "job-1", "job-2"}
    assert list(opened(tap)) == ["job"]
    sync(tap, 3 * HOUR)
    assert tap.trials == truth(service)
    assert opened(tap) == {}
    assert tap.warnings == []


def test_trial_passed_over_by_a_first_read_is_found_by_the_next() -> None:
    """With offset tokens, a row deleted between two pages hides another one, even in a
    first read; the counters show it, and the next sync reads everything again."""
    service = FakeService([job()], now=2 * HOUR, has_offsets=True)
    service.doomed = {3: "job-2"}  # after the listing and the first page
    tap = Warehouse(service, Filters())
    tap.sync(TRIALS)
    assert sorted(tap.trials) == ["job-1", "job-2"]
    service.now = 3 * HOUR
    tap.sync(TRIALS)
    assert sorted(tap.trials) == ["job-0", "job-1", "job-2"]


@pytest.mark.parametrize("start", [None, 1.0])
def test_trial_listed_late_behind_the_newest(start: float | None) -> None:
    """A trial created 10 s before the newest one and listed 20 s late comes with the
    next sync, even if start_date makes the counters useless."""
    newest = trial("job-new", 30 * MINUTE)
    late = trial("job-late", 30 * MINUTE - 10, listed=30 * MINUTE + 10)
    service = FakeService([job(trials=(newest, late))])
    start_date = None if start is None else at(start)
    tap = run(service, 30 * MINUTE, start_date=start_date)
    assert set(tap.trials) == {"job-new"}
    sync(tap, 31 * MINUTE)
    assert set(tap.trials) == {"job-new", "job-late"}
    sync(tap, 55 * MINUTE, 2 * HOUR)
    assert tap.trials == truth(service)


def test_trial_listed_very_late_is_found_by_the_counters() -> None:
    """The counters reveal a trial that was listed more than a minute behind the
    watermark."""
    late = trial("job-x", 60, minutes=1, listed=int(2.5 * HOUR))
    made = replace(job(), trials=(*job().trials, late))
    tap = run(FakeService([made]), 45 * MINUTE, 2 * HOUR, 3 * HOUR)
    assert "job-x" in tap.trials
    assert opened(tap) == {}
    assert tap.warnings == []


def test_trial_listed_a_day_late_is_found_before_the_end() -> None:
    """A tuning job is read in full once more before it is abandoned."""
    late = trial("job-x", 60, minutes=1, listed=5 * HOUR)
    made = replace(job(), trials=(*job().trials, late))
    times = (45 * MINUTE, 2 * HOUR, 3 * HOUR, 6 * HOUR, 26 * HOUR, 27 * HOUR)
    tap = run(FakeService([made]), *times)
    assert "job-x" in tap.trials
    assert opened(tap) == {}
    assert tap.warnings == []


def test_disagreeing_counters_read_the_job_whole_once() -> None:
    """If the counters report more trials than are listed, the tuning job is read in
    full once, and once more a day after its end, before it is abandoned with a
    warning."""
    missing = trial("job-x", 60, minutes=1, listed=NEVER)
    made = replace(job(), trials=(*job().trials, missing))
    tap = run(FakeService([made]), 45 * MINUTE, 2 * HOUR)
    ended = {"created": at(0), "ended": at(2 * HOUR)}
    assert opened(tap) == {"job": {**ended, "checked": 1}}
    assert sync(tap, 3 * HOUR, how=TRIALS) == 3
    assert opened(tap)["job"]["checked"] == 1
    assert sync(tap, 5 * HOUR, how=TRIALS) == 1  # only the newest trial
    sync(tap, 26 * HOUR)
    assert opened(tap) == {"job": {**ended, "checked": 2}}
    assert tap.warnings == []
    assert sync(tap, how=TRIALS) == 3
    assert opened(tap) == {}
    (warning,) = tap.warnings
    assert "its counters report 4 trials, but the listing has 3" in warning


def test_odd_trial_costs_its_tuning_job_only() -> None:
    """An odd trial holds back only its own tuning job, until the trial is well
    again."""
    made = job("odd", trials=(trial("odd-0", 0, odd_until=3 * HOUR), trial("odd-1", 9)))
    service = FakeService([made, job("well")])
    tap = run(service, 2 * HOUR)
    assert set(tap.trials) == {"well-0", "well-1", "well-2"}
    assert list(opened(tap)) == ["odd"]
    assert "trials" not in tap.complete_as_of
    assert tap.complete_as_of["tuning_jobs"] == at(2 * HOUR - 60)
    sync(tap, 4 * HOUR)
    assert tap.trials == truth(service)
    assert opened(tap) == {}
    assert tap.complete_as_of["trials"] == at(4 * HOUR - 60)


def test_odd_tuning_job_is_not_passed_over() -> None:
    """A tuning job without a creation time for a day is not hidden by newer ones."""
    odd = job("odd", odd_until=DAY)
    service = FakeService([odd, job("new", 20 * HOUR)])
    tap = run(service, 23 * HOUR)
    assert set(tap.trials) == {"new-0", "new-1", "new-2"}
    assert tap.complete_as_of == {}
    sync(tap, 2 * DAY)
    assert tap.trials == truth(service)
    assert len(tap.tuning_jobs) == 2


MIDNIGHT = 15 * HOUR  # the history starts at nine o'clock


def rolling(tap: Warehouse, now: float) -> None:
    """Sync with a rolling start_date: midnight of the day before."""
    days = (now - MIDNIGHT) // DAY
    tap.filters = Filters(start_date=at(MIDNIGHT + (days - 1) * DAY))
    tap.service.now = now
    tap.sync(Circumstances(streams=("trials", "tuning_jobs")))


def test_start_date_that_moves_and_an_open_job_without_a_watermark() -> None:
    """A trial that an earlier start_date selected is read even if today's would exclude
    it, whether its tuning job was denied or had no trial yet."""
    before_midnight = trial("job-0", MIDNIGHT - 4 * MINUTE)
    made = job(created=MIDNIGHT - HOUR, ended=9 * DAY, trials=(before_midnight,))
    denied = Warehouse(FakeService([made], denied={"job"}))
    rolling(denied, MIDNIGHT - 2 * MINUTE)
    denied.service.denied = set()
    early = Warehouse(FakeService([made]))
    rolling(early, MIDNIGHT - 30 * MINUTE)
    for tap in (denied, early):
        assert tap.trials == {}
        rolling(tap, MIDNIGHT + DAY + HOUR)
        rolling(tap, MIDNIGHT + 2 * DAY + HOUR)
        assert tap.trials == truth(tap.service)


def test_start_date_that_moves_and_a_killed_sync() -> None:
    """Rows from a killed sync are updated to their end, no matter how much later the
    next sync runs."""
    service = FakeService([job(ended=DAY, trials=(trial("job-0", 60, minutes=600),))])
    tap = Warehouse(service)
    tap.filters = Filters(start_date=at(0))
    service.now = HOUR
    how = Circumstances(streams=("trials", "details"), kill_after=1, save_every=99)
    with pytest.raises(Killed):
        tap.sync(how)
    assert tap.trials["job-0"]["TrainingJobStatus"] == "InProgress"
    rolling(tap, 9 * DAY)
    assert tap.trials == truth(service)


def test_start_date_that_moves_and_a_named_job_denied_at_first() -> None:
    """No later start_date takes over before each named tuning job has been seen."""
    service = FakeService([job("a"), job("b")])
    tap = Warehouse(service)
    tap.filters = Filters(start_date=at(0), tuning_job_names=("b",))
    service.now, service.may_describe = HOUR, False
    tap.sync(TRIALS)
    assert state(tap)["filters"]["start_date"] == at(0)
    service.may_describe = True
    tap.filters = Filters(start_date=at(9 * DAY), tuning_job_names=("b",))
    service.now = 10 * DAY
    tap.sync(TRIALS)
    assert set(tap.trials) == {"b-0", "b-1", "b-2"}
    assert state(tap)["filters"]["start_date"] == at(9 * DAY)


def test_start_date_that_moves_and_counters_that_disagree() -> None:
    """A counter mismatch does not keep a tuning job open forever."""
    missing = trial("job-x", 60, minutes=1, listed=NEVER)
    made = replace(job(), trials=(*job().trials, missing))
    tap = Warehouse(FakeService([made]))
    for day in range(4):
        tap.filters = Filters(start_date=at((day - 20) * DAY))
        sync(tap, 2 * HOUR + day * DAY)
    assert opened(tap) == {}
    (warning,) = tap.warnings
    assert "its counters report 4 trials, but the listing has 3" in warning


@pytest.mark.parametrize(
    ("status", "has_end_time"),
    [("Frozen", True), ("Stopped", False), ("Completed", True)],
)
def test_what_never_settles_is_given_up_after_a_week(
    status: str, *, has_end_time: bool
) -> None:
    """An objective that stays pending ends with one warning per stream after a week,
    even if the status is unknown or there is no end time."""
    never = trial("job-x", 60, minutes=1, settled=NEVER)
    made = job(trials=(never,), status=status, has_end_time=has_end_time)
    tap = run(FakeService([made]), 2 * HOUR, 3 * DAY, 2 * HOUR + 7 * DAY)
    for stream in ("trials", "tuning_jobs"):
        assert list(opened(tap, stream)) == ["job"]
    assert tap.warnings == []
    sync(tap, 2 * HOUR + 7 * DAY + 1)
    for stream in ("trials", "tuning_jobs"):
        assert opened(tap, stream) == {}
    assert len(tap.warnings) == 2
    assert [said for said in tap.warnings if "has not settled" not in said] == []
    assert sync(tap) == 0


def test_unknown_status_with_an_end_settles_like_any_other() -> None:
    """An end time is enough for a tuning job to have ended."""
    tap = run(FakeService([job(status="Frozen")]), 2 * HOUR)
    assert opened(tap) == opened(tap, "tuning_jobs") == {}
    assert tap.warnings == []


def test_ended_without_an_end_time_settles_a_minute_after_it_was_seen() -> None:
    """Without an end time, the minute counts from when the end was first seen, because
    LastModifiedTime keeps moving."""
    tap = run(FakeService([job(has_end_time=False)]), 2 * HOUR, 2 * HOUR + 60)
    assert opened(tap)["job"]["ended"] == at(2 * HOUR)
    sync(tap, 2 * HOUR + 61)
    assert opened(tap) == opened(tap, "tuning_jobs") == {}


def test_denied_job_stays_open() -> None:
    """A denied tuning job stays open without a watermark while the high-water mark
    moves past it, and is read whole once it can be, even weeks later."""
    service = FakeService([job(), job("new", HOUR)], denied={"job"})
    tap = run(service, 3 * HOUR)
    assert opened(tap) == {
        "job": {
            "created": at(0),
            "ended": at(3 * HOUR),
            "failed": at(3 * HOUR),
            "asked": at(3 * HOUR),
            "denied": 1,
        }
    }
    assert state(tap)["replication_key_value"] == at(HOUR)
    sync(tap, 8 * DAY, 30 * DAY)
    service.denied = set()
    sync(tap, 31 * DAY)
    assert tap.trials == truth(service)
    assert (opened(tap), len(tap.trials)) == ({}, 6)


@pytest.mark.parametrize(
    "fault", [{"may_list_trials": False}, {"is_down": True}], ids=str
)
def test_scope_that_cannot_be_read_keeps_its_state(fault: dict[str, bool]) -> None:
    """While no trial of a scope can be listed, nothing of it enters the state, so that
    nothing grows and nothing ages; afterwards, the next sync reads everything."""
    service = FakeService([job(), job("new", HOUR)])
    tap = Warehouse(service)
    for name, value in fault.items():
        setattr(service, name, value)
    tap.service.now = 3 * HOUR
    assert tap.sync(TRIALS).status == "incomplete"
    before = state(tap)
    tap.service.now = 8 * DAY
    assert tap.sync(TRIALS).whole == set()
    assert state(tap) == before
    assert before["open"] == {}
    service.may_list_trials, service.is_down = True, False
    sync(tap, 8 * DAY + 1, how=TRIALS)
    assert (tap.trials, len(tap.trials)) == (truth(service), 6)


def test_long_denied_job_counts_apart() -> None:
    """From seven days on, a tuning job that is denied while others can be read is
    retried once a day, counts as denied, and leaves the scope complete."""
    service = FakeService([job(), job("new", HOUR)], denied={"job"})
    tap = Warehouse(service)
    seen = []
    for now in (3 * HOUR, 9 * DAY + 3 * HOUR, 9 * DAY + 4 * HOUR, 11 * DAY):
        service.now, service.calls, service.succeeded = now, [], set()
        scope = tap.sync(TRIALS)
        asked = "trials job" in service.calls
        seen.append((scope.status, scope.counts.denied, scope.counts.failed, asked))
    assert seen == [
        ("incomplete", 0, 1, True),
        ("complete", 1, 0, True),
        ("complete", 1, 0, False),
        ("complete", 1, 0, True),
    ]
    service.denied = set()
    sync(tap, 13 * DAY, how=TRIALS)
    assert (tap.trials, len(tap.trials)) == (truth(service), 6)


def test_denial_that_nothing_disproves_is_the_scopes() -> None:
    """Without another tuning job that can be read, a denial is the scope's: it never
    counts as one tuning job's own."""
    service = FakeService([job()], denied={"job"})
    tap = Warehouse(service)
    for now in (3 * HOUR, 9 * DAY, 20 * DAY):
        service.now = now
        scope = tap.sync(TRIALS)
        assert (scope.status, scope.counts.denied) == ("incomplete", 0)
        assert opened(tap) == {}


def test_long_unread_jobs_are_retried_in_turn() -> None:
    """At most 20 tuning jobs that could not be read for seven days are retried in one
    sync, those asked longest ago first."""
    jobs = [job(f"job-{n:02}", n) for n in range(30)]
    denied = {each.name for each in jobs[:29]}
    tap = run(FakeService(jobs, denied=denied), 3 * HOUR, 8 * DAY)
    asked = []
    for now in (9 * DAY, 9 * DAY + HOUR, 10 * DAY + 2 * HOUR):
        tap.service.calls.clear()
        sync(tap, now, how=TRIALS)
        asked.append([call for call in tap.service.calls if "job" in call])
    assert [len(calls) for calls in asked] == [20, 9, 20]
    assert not set(asked[0]) & set(asked[1])
    assert asked[2][0] == asked[0][0]
    assert set(opened(tap)) == denied


def test_failure_long_after_the_end_is_not_the_end() -> None:
    """A tuning job that ended long ago is not abandoned after its first failure."""
    service = FakeService([job()], denied={"job"})
    tap = run(service, 30 * DAY)
    service.denied = set()
    sync(tap, 31 * DAY)
    assert tap.trials == truth(service)
    assert opened(tap) == {}


# What is listed and described.


def test_rows_are_counted() -> None:
    """The row counts in the log match what was written."""
    tap = Warehouse(FakeService([job()], now=2 * HOUR))
    assert tap.sync().rows == tap.written == 3 + 3 + 3 + 1


def test_settled_job_is_not_read_again() -> None:
    """A tuning job is settled once it has ended, its trials are final and its counters
    agree."""
    tap = run(FakeService([job()]), 2 * HOUR)
    assert opened(tap) == {}
    assert state(tap)["settled"] == {"job": at(0)}
    assert sync(tap) == 0


def test_open_job_that_no_listing_shows_is_asked_for() -> None:
    """An open tuning job far behind the high-water mark is described by name, once."""
    old = job("old", ended=9 * DAY)
    service = FakeService([old, *(job(f"n-{n}", DAY + n * 2 * HOUR) for n in range(6))])
    tap = run(service, HOUR, 3 * DAY)
    service.calls.clear()
    sync(tap, how=TRIALS)
    assert service.calls == ["list", "describe", "trials old"]
    assert list(opened(tap)) == ["old"]


def test_denied_describe_lists_on() -> None:
    """If Describe is denied, the listing continues until it reaches the open tuning
    job."""
    late = trial("old-late", 3 * DAY)
    old = job("old", ended=9 * DAY, trials=(*job("old").trials, late))
    service = FakeService(
        [old, *(job(f"n-{n}", DAY + n * 2 * HOUR) for n in range(6))],
        may_describe=False,
    )
    tap = run(service, HOUR, 3 * DAY - HOUR)
    service.calls.clear()
    sync(tap, 3 * DAY + 60)
    assert service.calls.count("describe") == 1
    assert tap.trials == truth(service)
    assert list(opened(tap)) == ["old"]
    assert tap.warnings == []


def test_deleted_job_is_forgotten() -> None:
    """An open tuning job is removed only if the service reports that it does not
    exist."""
    tap = run(FakeService([job(deleted=2 * HOUR, ended=9 * DAY)]), HOUR)
    assert list(opened(tap)) == ["job"]
    sync(tap, 3 * HOUR)
    assert opened(tap) == opened(tap, "tuning_jobs") == {}
    assert [said for said in tap.warnings if "was deleted" not in said] == []
    assert len(tap.warnings) == 2


def test_job_deleted_after_it_was_listed_is_forgotten() -> None:
    """A tuning job that is deleted between its listing and its trials is forgotten once
    a later listing lacks it, too; until then, the scope's time stands still."""
    service = FakeService([job()], now=2 * HOUR, doomed={2: "job"})
    tap = Warehouse(service)
    scope = tap.sync(TRIALS)
    assert (scope.status, scope.whole, list(opened(tap))) == (
        "complete",
        set(),
        ["job"],
    )
    assert "does not exist when described" in tap.warnings[0]
    assert state(tap)["replication_key_value"] == at(0)
    scope = tap.sync(TRIALS)
    assert (scope.whole, tap.trials, opened(tap)) == ({"trials"}, {}, {})


def test_one_answer_is_no_deletion() -> None:
    """If listing trials once says that a listed tuning job does not exist, it fails and
    is read by the next sync."""
    service = FakeService([job(), job("new", HOUR)], now=3 * HOUR, lies={2})
    tap = Warehouse(service)
    assert tap.sync(TRIALS).status == "incomplete"
    assert tap.sync(TRIALS).status == "complete"
    assert (tap.trials, len(tap.trials)) == (truth(service), 6)


def test_one_answer_is_no_deletion_of_a_trial() -> None:
    """If a listed trial once does not exist when described, it is read again."""
    service = FakeService([job()], now=3 * HOUR, lies={4})
    tap = Warehouse(service)
    how = Circumstances(streams=("details",))
    scope = tap.sync(how)
    assert (scope.whole, len(tap.tables["details"])) == (set(), 2)
    assert "but DescribeTrainingJob does not find" in tap.warnings[0]
    scope = tap.sync(how)
    assert (scope.whole, len(tap.tables["details"])) == ({"details"}, 3)
    assert opened(tap, "details") == {}


def test_creation_time_ahead_hides_nothing() -> None:
    """The high-water mark never passes the time of the listing."""
    ahead = job("ahead", 5 * DAY, exists_from=0, trials=())
    late = job("late", 2 * HOUR)
    tap = run(FakeService([ahead, late]), HOUR)
    assert state(tap)["replication_key_value"] == at(HOUR)
    sync(tap, 4 * HOUR, 6 * DAY, 7 * DAY)
    assert set(tap.trials) == {"late-0", "late-1", "late-2"}
    assert opened(tap) == {}


def test_description_cut_to_the_second_is_of_the_same_job() -> None:
    """A description whose CreationTime lacks the milliseconds is the tuning job's."""
    early = replace(job("early", ended=4 * DAY), created=0.5)
    news = [job(f"new-{n}", 3 * HOUR + n) for n in range(2)]
    news.append(job("newest", DAY))
    service = FakeService([early, *news], cuts_times=True)
    tap = run(service, HOUR, 2 * DAY, 3 * DAY)
    assert "describe" in service.calls
    assert opened(tap)["early"]["created"] == at(0.5)
    sync(tap, 5 * DAY)
    assert (opened(tap), tap.trials) == ({}, truth(service))


def test_name_used_again_is_another_job() -> None:
    """The same name with a later creation time, in any case, is a new tuning job."""
    first = job("Churn", ended=9 * DAY, deleted=2 * HOUR)
    trials = tuple(
        replace(t, name=f"{t.name}-2") for t in job("churn", 3 * HOUR).trials
    )
    again = job("churn", 3 * HOUR, trials=trials)
    tap = run(FakeService([first, again]), HOUR, 3 * HOUR + 15 * MINUTE, DAY)
    assert set(tap.trials) == {
        *(f"Churn-{n}" for n in range(3)),
        *(f"churn-{n}-2" for n in range(3)),
    }
    assert opened(tap) == {}


def test_late_listing_in_the_lookback_window_is_found() -> None:
    """A tuning job that is listed late, within the lookback window, is found."""
    late = job("late", 0, listed=50 * MINUTE)
    tap = run(FakeService([late, job("new", 30 * MINUTE)]), 40 * MINUTE, 50 * MINUTE)
    assert "late-0" in tap.trials


def test_unlisted_job_that_may_not_be_asked_for_stays_open() -> None:
    """An open tuning job that is in no listing and cannot be described stays open, and
    is looked for once a day after a week."""
    service = FakeService([job(ended=9 * DAY, deleted=2 * HOUR)], may_describe=False)
    tap = run(service, HOUR, 3 * DAY, 11 * DAY)
    assert list(opened(tap)) == ["job"]
    service.calls.clear()
    sync(tap, 11 * DAY + HOUR)
    assert service.calls == ["list"]
    service.may_describe = True
    sync(tap, 13 * DAY)
    assert (opened(tap), opened(tap, "tuning_jobs")) == ({}, {})
    assert [said for said in tap.warnings if "was deleted" not in said] == []


def test_names_need_no_listing() -> None:
    """With `tuning_job_names`, nothing is listed and a settled tuning job is not read
    again, but a new one with the same name is."""
    again = job("job", 9 * DAY, trials=())
    service = FakeService(
        [job(deleted=8 * DAY), job("other", DAY), again], may_list=False
    )
    tap = run(service, 2 * DAY, 3 * DAY, tuning_job_names=("job", "other"))
    assert service.calls == [
        *("describe", "describe", "trials job", "trials job"),
        *("trials other", "trials other"),
        *("describe", "describe"),
    ]
    sync(tap, 10 * DAY)
    assert f"job {at(9 * DAY)}" in tap.tuning_jobs


# Filters.


def test_status_filter_loses_no_trial_that_reaches_it_later() -> None:
    """With `status_equals`, a trial is written when it reaches that status."""
    service = FakeService([job()])
    tap = run(service, 5 * MINUTE, 2 * HOUR, status_equals="Completed")
    assert tap.trials == truth(service)


def test_start_date_is_exact_on_the_trial() -> None:
    """Trials created at or after start_date are read, to the second that the API shows,
    even of older tuning jobs; tuning jobs that ended before it are left out."""
    ended = job("ended", -3 * HOUR)
    tap = run(FakeService([ended, job()]), DAY, start_date=at(10 * MINUTE + 0.9))
    assert set(tap.trials) == {"job-1", "job-2"}
    assert list(tap.tuning_jobs) == [f"job {at(0)}"]
    assert opened(tap) == {}


def test_later_start_date_keeps_the_state() -> None:
    """After a later start_date, rows already written are still updated to their end,
    and nothing settled is read again."""
    service = FakeService([job()])
    tap = run(service, 25 * MINUTE, start_date=at(0))
    assert tap.written == 3 + 1
    tap.filters = Filters(start_date=at(40 * MINUTE))
    assert sync(tap, 2 * HOUR) == 2 + 1
    assert tap.trials == truth(service)
    tap.filters = Filters(start_date=at(50 * MINUTE))
    assert sync(tap) == 0


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
    """Any change of filter, except a later start_date, starts from scratch."""
    service = FakeService([job()])
    tap = run(service, 2 * HOUR, start_date=at(10 * MINUTE))
    tap.filters = changed
    tap.trials.clear()
    sync(tap)
    assert tap.trials == {
        name: each
        for name, each in truth(service).items()
        if each["CreationTime"] >= (changed.start_date or "")
    }


# Streams.


def test_stream_left_out_for_weeks_catches_up() -> None:
    """Each stream has its own state, so one that was deselected catches up."""
    service = FakeService([job(), job("new", 20 * DAY)])
    tap = run(service, 2 * HOUR)
    sync(tap, 21 * DAY, how=Circumstances(streams=("tuning_jobs",)))
    assert set(tap.trials) == {"job-0", "job-1", "job-2"}
    sync(tap, 30 * DAY)
    assert tap.trials == truth(service)


def test_streams_synced_alone_and_then_together() -> None:
    """No stream takes over another's visits, in any order of selection, and together
    they list the tuning jobs once."""
    service = FakeService([job(), job("old", -30 * DAY)], page_size=100)
    tap = Warehouse(service)
    for stream in STREAMS:
        sync(tap, 2 * HOUR, how=Circumstances(streams=(stream,)))
    assert [len(table) for table in tap.tables.values()] == [6, 6, 6, 2]
    for table in tap.tables.values():
        table.clear()
    tap.states.clear()
    service.calls.clear()
    sync(tap, how=Circumstances())
    assert [len(table) for table in tap.tables.values()] == [6, 6, 6, 2]
    assert service.calls.count("list") == 1
    assert sync(tap, how=Circumstances()) == 0


def test_details_are_read_again_until_they_cannot_change() -> None:
    """The description of a trial keeps changing for a minute or two after its end."""
    service = FakeService([job(trials=(trial("job-0", 0), trial("job-1", 9 * MINUTE)))])
    tap = Warehouse(service)
    sync(tap, 20 * MINUTE + 30, how=Circumstances())
    assert tap.tables["details"]["job-0"]["LastModifiedTime"] == "early"
    assert opened(tap, "details")["job"]["since"] == at(0)
    assert opened(tap, "trials")["job"]["since"] == at(8 * MINUTE)
    sync(tap, 23 * MINUTE, how=Circumstances())
    assert tap.tables["details"]["job-0"]["LastModifiedTime"] == "late"


def test_metrics_of_a_trial_whose_end_is_shown_late() -> None:
    """A trial is read once its end is shown, even if that was long before the previous
    visit, and only once."""
    late = trial("late", 0, minutes=10, end_late=30 * MINUTE)
    service = FakeService([job(ended=2 * HOUR, trials=(late, trial("other", MINUTE)))])
    tap = Warehouse(service)
    for time in (30 * MINUTE, 50 * MINUTE, HOUR):
        sync(tap, time, how=METRICS)
    assert service.asked == ["other", "late"]
    assert opened(tap, "metrics")["job"]["read_once"] == {
        "until": at(HOUR),
        "newest": at(MINUTE),
    }


def test_metrics_after_a_time_that_was_ahead() -> None:
    """If one response has a time that is two hours ahead, trials that run or begin
    afterwards are read, too."""
    trials = (trial("a", 0), trial("b", 25 * MINUTE), trial("c", 50 * MINUTE))
    service = FakeService([job(ended=2 * HOUR, trials=trials)])
    tap = Warehouse(service)
    service.ahead[2] = 2 * HOUR
    sync(tap, 30 * MINUTE, how=METRICS)
    assert service.calls[:2] == ["list", "trials job"]
    sync(tap, 80 * MINUTE, how=METRICS)
    assert service.asked == ["a", "c", "b"]


def test_metrics_that_were_read_too_early() -> None:
    """If the listing's time was ahead, CloudWatch's own shows that points were missing,
    and the trial is read again."""
    service = FakeService([job(ended=2 * HOUR, trials=(trial("a", 0),))])
    tap = Warehouse(service)
    service.ahead[2] = 10 * MINUTE
    sync(tap, 22 * MINUTE, how=METRICS)
    assert opened(tap, "metrics")["job"]["read_once"]["unread"] == ["a"]
    sync(tap, HOUR, how=METRICS)
    sync(tap, 80 * MINUTE, how=METRICS)
    assert service.asked == ["a", "a"]
    assert len(tap.tables["metrics"]["a"]["points"]) == 21


def test_open_entry_is_short() -> None:
    """An open tuning job takes less than 250 bytes of state, even with the longest
    name."""
    tap = run(FakeService([job("x" * 32)]), 25 * MINUTE)
    entry = json.dumps(state(tap)["open"], separators=(",", ":"))[1:-1]
    assert len(entry) + 1 < 250
