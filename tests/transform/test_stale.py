"""Inconsistent or incomplete tables, and values that are unknown to the models.

The syncs of `test_models.py` cannot cause them, but a failing stream can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import duckdb, statements
from tests.targets import environments
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

CHANGES = """
-- The details of job-1 are older: they belong to a deleted namesake.
update tap_sagemaker_tuning.tuning_job_details
set creation_time = creation_time - interval '1 day'
where tuning_job_name = 'job-1';

-- Both were started from job-2, which is older.
update tap_sagemaker_tuning.tuning_job_details
set warm_start_config = json_object(
    'warm_start_type', 'TransferLearning',
    'parent_hyper_parameter_tuning_jobs', json_array(
        json_object('hyper_parameter_tuning_job_name', 'job-2')
    )
)
where tuning_job_name in ('job-0', 'job-1');

update tap_sagemaker_tuning.tuning_jobs
set creation_time = creation_time - interval '5 minutes'
where tuning_job_name = 'job-2';

update tap_sagemaker_tuning.tuning_job_details
set creation_time = creation_time - interval '5 minutes'
where tuning_job_name = 'job-2';

-- Some summaries have a direction, which the API's model allows.
update tap_sagemaker_tuning.training_job_summaries
set final_hyper_parameter_tuning_job_objective_metric = json_merge_patch(
    final_hyper_parameter_tuning_job_objective_metric, '{"type": "Minimize"}'
)
where tuning_job_name = 'job-1' and training_job_status = 'Stopped';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'Stopping'
where training_job_name = 'job-2-109';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'Deleting'
where training_job_name = 'job-2-108';

update tap_sagemaker_tuning.scopes set status = 'failed';

-- Trials and details of job-3 are loaded before the tuning job itself.
delete from tap_sagemaker_tuning.tuning_jobs where tuning_job_name = 'job-3';

-- One trial has a metric but no end yet, another has an end but still the old status.
update tap_sagemaker_tuning.training_job_summaries
set training_end_time = null
where training_job_name = 'job-0-5';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'InProgress'
where training_job_name = 'job-0-6';

-- job-4 is in China, in no known scope, with an unknown direction and more trials than
-- its counters.
update tap_sagemaker_tuning.tuning_jobs
set region = 'cn-north-1',
    training_job_status_counters = json_merge_patch(
        training_job_status_counters, '{"completed": 10}'
    )
where tuning_job_name = 'job-4';

update tap_sagemaker_tuning.tuning_job_details
set objective = json_object('type', 'Sideways', 'metric_name', 'validation:auc')
where tuning_job_name = 'job-4';

update tap_sagemaker_tuning.training_job_summaries
set region = 'cn-north-1'
where tuning_job_name = 'job-4';

update tap_sagemaker_tuning.training_job_details
set region = 'cn-north-1'
where training_job_arn like '%job-4-%';

insert into tap_sagemaker_tuning.training_instance_prices
    (region, instance_type, currency, price_per_hour, effective_date, vcpu, gpu)
values
    ('cn-north-1', 'ml.m5.xlarge', 'EUR', 0.5, timestamp '2026-01-01', 4, 1),
    ('cn-north-1', 'ml.m5.xlarge', 'CNY', 2.0, timestamp '2026-01-01', 4, 1);

-- Its details have or lack instances and spot training.
update tap_sagemaker_tuning.training_job_details
set enable_managed_spot_training = null
where training_job_arn like '%job-4-200';

update tap_sagemaker_tuning.training_job_details
set resource_config = null
where training_job_arn like '%job-4-201';

update tap_sagemaker_tuning.training_job_details
set resource_config = json_object(
    'selected_instance_type', 'ml.m5.xlarge', 'selected_instance_count', 3
)
where training_job_arn like '%job-4-202';

update tap_sagemaker_tuning.training_job_details
set resource_config = json_object(
    'instance_type', 'ml.m5.xlarge', 'instance_count', 2,
    'instance_groups', json_array(
        json_object('instance_type', 'ml.m5.xlarge', 'instance_count', 5)
    )
)
where training_job_arn like '%job-4-203';

-- A trial with a warm pool, which is billed, too.
update tap_sagemaker_tuning.training_job_details
set warm_pool_status = json_object('resource_retained_billable_time_in_seconds', 600)
where training_job_arn like '%job-4-205';

-- A tuning job with only a categorical range.
update tap_sagemaker_tuning.tuning_job_details
set training_job_definitions = [json_object('parameter_ranges', json_object(
    'categorical_parameter_ranges', json_array(
        json_object('name', 'order', 'values', json_array('"depth"', '"loss"'))
    )
))]
where tuning_job_name = 'job-0';

-- Two trials without tags, and two whose status the models do not know.
update tap_sagemaker_tuning.training_job_details
set tags = null
where training_job_arn like '%job-2-149' or training_job_arn like '%job-2-100';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'Pondering'
where training_job_name in ('job-2-106', 'job-2-107');

update tap_sagemaker_tuning.training_job_summaries
set training_end_time = null
where training_job_name = 'job-2-107';

-- In another scope, which is complete, job-5 and job-6 have a pending trial each; one
-- ended a week before, the other a second later.
insert into tap_sagemaker_tuning.scopes
select account_id, 'eu-west-1', 'complete', complete_as_of, started_at, ended_at, 0
from tap_sagemaker_tuning.scopes;

update tap_sagemaker_tuning.tuning_jobs
set region = 'eu-west-1',
    tuning_end_time = timestamp '2026-02-22 00:00:00'
        + interval '1 second' * cast(tuning_job_name = 'job-6' as integer)
where tuning_job_name in ('job-5', 'job-6');

update tap_sagemaker_tuning.training_job_summaries
set region = 'eu-west-1'
where tuning_job_name in ('job-5', 'job-6');

update tap_sagemaker_tuning.training_job_summaries
set objective_status = 'Pending'
where training_job_name in ('job-5-250', 'job-6-300');

-- Tuning jobs that end 140 seconds after their first trial was stopped, some of them
-- because they were stopped or met a completion criterion.
update tap_sagemaker_tuning.tuning_jobs
set tuning_end_time = (
    select min(training_end_time) + interval '140 seconds'
    from tap_sagemaker_tuning.training_job_summaries as trials
    where trials.tuning_job_arn = tuning_jobs.tuning_job_arn
        and training_job_status = 'Stopped'
)
where cast(tuning_job_name[5:] as integer) >= 7;

update tap_sagemaker_tuning.tuning_jobs
set tuning_job_status = 'Stopped'
where tuning_job_name in ('job-7', 'job-14');

update tap_sagemaker_tuning.tuning_job_details
set tuning_job_completion_criteria = '{"max_training_jobs_not_improving": 3}'
where tuning_job_name = 'job-8';

update tap_sagemaker_tuning.tuning_job_details
set tuning_job_completion_criteria = '{"complete_on_convergence": "Enabled"}',
    tuning_job_completion_details = json_object(
        'convergence_detected_time', '2026-01-01T00:00:00Z'
    )
where tuning_job_name = 'job-9';

update tap_sagemaker_tuning.tuning_job_details
set tuning_job_completion_criteria = '{"target_objective_metric_value": 0.001}'
where tuning_job_name = 'job-10';

update tap_sagemaker_tuning.tuning_jobs
set resource_limits = json_object(
    'max_runtime_in_seconds', date_diff('second', creation_time, tuning_end_time)
)
where tuning_job_name = 'job-11';

update tap_sagemaker_tuning.tuning_job_details
set tuning_job_completion_criteria = json_object(
        'target_objective_metric_value', 2,
        'max_training_jobs_not_improving', 4,
        'complete_on_convergence', 'Disabled'
    ),
    tuning_job_completion_details = json_object(
        'training_jobs_not_improving', 3,
        'convergence_detected_time', '2026-01-01T00:00:00Z'
    )
where tuning_job_name = 'job-12';

update tap_sagemaker_tuning.tuning_jobs
set strategy = 'Hyperband'
where tuning_job_name = 'job-13';

delete from tap_sagemaker_tuning.tuning_job_details
where tuning_job_name in ('job-13', 'job-14');

-- job-12 is in a scope of its own, with a trial that has run for an hour.
insert into tap_sagemaker_tuning.scopes
    (account_id, region, status, complete_as_of, tuning_jobs_open)
values ('111122223333', 'ap-south-1', 'complete', timestamp '2026-01-04 06:00:00', 1);

insert into tap_sagemaker_tuning.training_instance_prices
    (region, instance_type, currency, price_per_hour, effective_date)
values ('ap-south-1', 'ml.m5.xlarge', 'INR', 1.0, timestamp '2026-01-01');

update tap_sagemaker_tuning.tuning_jobs
set region = 'ap-south-1'
where tuning_job_name = 'job-12';

update tap_sagemaker_tuning.training_job_details
set region = 'ap-south-1'
where tuning_job_arn like '%/job-12';

update tap_sagemaker_tuning.training_job_summaries
set region = 'ap-south-1'
where tuning_job_name = 'job-12';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'InProgress', training_end_time = null,
    training_start_time = timestamp '2026-01-04 05:00:00'
where training_job_name = 'job-12-600';

-- Trials stopped by a time limit, one stopped for an unknown reason, and one stopped in
-- a tuning job without early stopping.
update tap_sagemaker_tuning.training_job_details
set secondary_status = 'MaxRuntimeExceeded'
where training_job_arn like '%job-2-101';

update tap_sagemaker_tuning.training_job_details
set secondary_status = 'MaxWaitTimeExceeded'
where training_job_arn like '%job-2-111';

update tap_sagemaker_tuning.training_job_details
set secondary_status = null
where training_job_arn like '%job-2-121';

update tap_sagemaker_tuning.tuning_job_details
set training_job_early_stopping_type = 'Off'
where tuning_job_name = 'job-0';
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The models of fifteen tuning jobs with fifty trials each, with tables changed
    this way."""
    folder = tmp_path_factory.mktemp("stale")
    with duckdb(folder) as warehouse:
        for statement in [*statements("duckdb", 750), CHANGES]:
            warehouse.answer(statement)
        variables = {"sagemaker_tuning_team_tag": "team"}
        building.build(warehouse, folder, "models", variables, "run")
        yield warehouse


def ask(built: Warehouse, what: str, mart: str, where: str = "true") -> list[Any]:
    """Rows of a mart, as tuples."""
    _, rows = built.answer(
        f"select {what} from models.sagemaker_tuning__{mart} "  # noqa: S608 - ours
        f"where {where} order by all"
    )
    return [tuple(row) for row in rows]


def test_details_of_a_deleted_namesake_are_not_believed(built: Warehouse) -> None:
    """Details that are older than the tuning job do not apply to it."""
    counted = "tuning_job_name, objective_direction, count(*), count(place)"
    wanted = "tuning_job_name <= 'job-4' and tuning_job_name not like 'job-1_' "
    wanted += "group by tuning_job_name, objective_direction"
    assert ask(built, counted, "trials", wanted) == [
        ("job-0", "Maximize", 50, 45),
        ("job-1", "Minimize", 5, 5),
        ("job-1", None, 45, 0),
        ("job-2", "Maximize", 50, 45),
        ("job-3", None, 50, 0),
        ("job-4", None, 50, 0),
    ]
    for mart in ("range_edges", "next_ranges"):
        names = ask(built, "distinct tuning_job_name", mart)
        assert ("job-2",) in names
        assert ("job-1",) not in names


def test_warm_starts_of_a_deleted_namesake_are_not_believed(built: Warehouse) -> None:
    """A warm start in details that are older than the tuning job does not apply to
    it."""
    names = "tuning_job_name, parent_tuning_job_name, parent_tuning_job_arn is null"
    of_both = "tuning_job_name in ('job-0', 'job-1')"
    assert ask(built, names, "lineage", of_both) == [("job-0", "job-2", False)]


def test_a_failed_sync_loads_nothing(built: Warehouse) -> None:
    """After a failed sync, tables count as loaded at the last complete sync."""
    what = "tuning_job_name, running_trials, last_loaded_at"
    assert ask(built, what, "freshness", "region = 'us-east-1'") == [
        ("job-0", 1, "2026-03-01 00:00:00"),
        ("job-2", 4, "2026-03-01 00:00:00"),
    ]
    elsewhere = "region in ('us-east-1', 'cn-north-1')"
    states = ask(
        built, "distinct scope_status, complete_as_of", "completeness", elsewhere
    )
    assert states == [("failed", "2026-03-01 00:00:00"), (None, None)]


def test_a_status_that_says_no_outcome(built: Warehouse) -> None:
    """A trial that is being deleted is deleted; one that is stopping or in progress is
    running, regardless of its end time. One with an unknown status is running until it
    has an end, and then has no outcome."""
    names = "training_job_name in ('job-0-6', 'job-2-108', 'job-2-109') "
    names += "or status = 'Pondering'"
    found = ask(built, "status, outcome, ended_at is not null", "trials", names)
    assert found == [
        ("Deleting", "deleted", True),
        ("InProgress", "running", True),
        ("Pondering", "running", False),
        ("Pondering", None, True),
        ("Stopping", "running", True),
    ]


def test_a_trial_whose_tuning_job_is_not_loaded_yet(built: Warehouse) -> None:
    """A trial whose tuning job is not loaded yet counts as a trial but not as a
    namesake's, and has nothing that needs the tuning job's row."""
    of_job = "tuning_job_name = 'job-3'"
    counted = "count(*), count(objective_value), bool_or(is_of_deleted_namesake)"
    assert ask(built, counted, "trials", of_job) == [(50, 45, False)]
    assert ask(built, "count(*), bool_and(is_final)", "trials", of_job) == [(50, True)]
    assert ask(built, "sum(trials)", "spend", of_job) == [(50,)]
    marts = ("completeness", "hyper_parameter_effects", "range_edges", "utilisation")
    for mart in marts:
        found = ask(built, "distinct tuning_job_name", mart)
        assert ("job-2",) in found
        assert ("job-3",) not in found
        assert (None,) not in found


def test_a_direction_that_nobody_has_heard_of(built: Warehouse) -> None:
    """An unknown direction is like none: no trial is the best."""
    of_job = "tuning_job_name = 'job-4'"
    counted = "count(*), count(best_so_far), count(objective_direction)"
    assert ask(built, counted, "progress", of_job) == [(45, 0, 0)]
    found = "name, rank_correlation, best_quarter_low, best_quarter_high"
    effects = ask(built, found, "hyper_parameter_effects", of_job)
    assert ("learning-rate", None, None, None) in effects


def test_a_metric_without_an_end_is_no_progress(built: Warehouse) -> None:
    """A trial is in the curve only once it has ended."""
    counted = ask(built, "count(*)", "progress", "tuning_job_name = 'job-0'")
    assert counted == [(44,)]


def test_more_trials_than_are_counted(built: Warehouse) -> None:
    """Counters that lag behind do not make a tuning job incomplete."""
    what = "counted_trials, loaded_trials, is_complete"
    assert ask(built, what, "completeness", "tuning_job_name = 'job-4'") == [
        (20, 50, True)
    ]


def test_who_stopped_a_trial(built: Warehouse) -> None:
    """Reaching a time limit is not early stopping, and neither is anything if that is
    off."""
    what = "training_job_name, outcome, is_outcome_estimate"
    stopped = "status = 'Stopped' and tuning_job_name in ('job-0', 'job-2')"
    early = ("stopped_early", False)
    assert {row[0]: row[1:] for row in ask(built, what, "trials", stopped)} == {
        **{f"job-0-{number}": ("stopped", False) for number in range(1, 50, 10)},
        "job-2-101": ("stopped_by_limit", False),
        "job-2-111": ("stopped_by_limit", False),
        "job-2-121": ("stopped_early", True),
        "job-2-131": early,
        "job-2-141": early,
    }
    what = "tuning_job_name, stopped_early_trials, is_estimate, saved_seconds_low <= "
    what += "saved_seconds and saved_seconds < saved_seconds_high"
    names = "tuning_job_name in ('job-1', 'job-2')"
    assert ask(built, what, "early_stopping", names) == [
        ("job-1", 5, True, True),
        ("job-2", 3, True, True),
    ]


EARLY, BESIDE = "stopped_early", "stopped_with_tuning_job"
ENDINGS = {
    "job-7": (BESIDE, False),  # stopped
    "job-8": (BESIDE, False),  # no longer improving
    "job-9": (BESIDE, False),  # converged
    "job-10": (BESIDE, False),  # reached its target
    "job-11": (BESIDE, False),  # reached its longest runtime
    "job-12": (EARLY, False),  # met none of its criteria
    "job-13": (EARLY, True),  # Hyperband, whose criteria are unknown
    "job-14": (BESIDE, False),  # stopped, without details
}


@pytest.mark.parametrize("name", ENDINGS)
def test_what_ends_with_its_tuning_job(built: Warehouse, name: str) -> None:
    """A trial that ends within two minutes of a tuning job that was stopped or met a
    completion criterion was stopped with it, even if early stopping is on."""
    of_job = f"status = 'Stopped' and tuning_job_name = '{name}' order by ended_at"
    _, rows = built.answer(
        "select outcome, is_outcome_estimate "  # noqa: S608 - ours
        f"from models.sagemaker_tuning__trials where {of_job}"
    )
    is_described = name not in {"job-13", "job-14"}
    before = (EARLY, not is_described)
    assert [tuple(row) for row in rows] == [before] * 2 + [ENDINGS[name]] * 3


def test_currency_beside_an_unknown_cost(built: Warehouse) -> None:
    """A trial without a cost has the currency of its region's prices, so that it is in
    one row with the others."""
    of_job = "tuning_job_name = 'job-4' group by currency"
    counted = "currency, sum(trials), sum(trials_with_cost)"
    assert ask(built, counted, "spend", of_job) == [("CNY", 50, 49)]


def test_how_many_trials_are_the_best(built: Warehouse) -> None:
    """Of 45 ranked trials, the best tenth are five and the best fifth are nine."""
    numeric = "tuning_job_name = 'job-12' and name = 'dropout'"
    assert ask(built, "trials, best_trials", "range_edges", numeric) == [(45, 5)]
    assert ask(built, "trials, best_trials", "next_ranges", numeric) == [(45, 9)]


def test_next_ranges_of_one_kind(built: Warehouse) -> None:
    """A tuning job with only categorical hyperparameters has next ranges, too."""
    of_job = "tuning_job_name = 'job-0'"
    what = "kind, parameter_ranges like '%order%'"
    assert ask(built, what, "next_ranges", of_job) == [("categorical", True)]


def test_teams_of_trials_without_tags(built: Warehouse) -> None:
    """The team of a trial without tags is that of the newest sibling with some, which
    was created last, or comes last by name."""
    names = "training_job_name in ('job-2-100', 'job-2-148', 'job-2-149')"
    assert ask(built, "training_job_name, team", "trials", names) == [
        ("job-2-100", "team-1"),
        ("job-2-148", "team-1"),
        ("job-2-149", "team-1"),
    ]


def test_a_gpu_that_was_not_measured(built: Warehouse) -> None:
    """The idle cost of a machine with a GPU needs the GPU's utilization."""
    of_job = "tuning_job_name = 'job-4' and instance_type is not null"
    what = "gpu, average_cpu > 0, cost > 0, trials_with_idle_cost, idle_cost"
    found = ask(built, what, "hardware_utilisation", of_job)
    assert found == [(1, True, True, 0, None)]


def test_how_long_a_tuning_job_is_followed(built: Warehouse) -> None:
    """A tuning job that a complete sync no longer follows was deleted, unless it ended
    a week or more before."""
    names = "tuning_job_name in ('job-5', 'job-6')"
    assert ask(built, "tuning_job_name, is_deleted", "tuning_job_summary", names) == [
        ("job-5", False),
        ("job-6", True),
    ]


def test_the_example_of_a_failure(built: Warehouse) -> None:
    """Failures that differ only in a number are one, with the first text as example."""
    what = "failure, example, tuning_jobs"
    found = ask(built, what, "failures", "region = 'us-east-1'")
    assert found == [("ValueError: bad value <n>", "ValueError: bad value 0", 11)]


def test_costs(built: Warehouse) -> None:
    """Prices in China are in yuan, unknown instances have no cost, and a single type
    with its count takes precedence over instance groups."""
    what = "instance_type, instance_count, billable_seconds, cost, currency, "
    what += "is_spot, spot_saved_seconds"
    names = "training_job_name between 'job-4-200' and 'job-4-205'"
    kind = "ml.m5.xlarge"

    def cost(seconds: int, count: int) -> Any:
        return pytest.approx(seconds * count * 2.0 / 3600)

    order = "training_job_name, " + what
    assert [row[1:] for row in ask(built, order, "trials", names)] == [
        (kind, 1, 380, cost(380, 1), "CNY", None, None),
        (None, None, 381, None, "CNY", True, 180),
        (kind, 3, 382, cost(382, 3), "CNY", True, 180),
        (kind, 2, 383, cost(383, 2), "CNY", True, 180),
        (kind, 1, 384, cost(384, 1), "CNY", True, 180),
        (kind, 1, 385, cost(385 + 600, 1), "CNY", True, 180),
    ]


def test_the_forecast_of_a_month(built: Warehouse) -> None:
    """The days from today on are assumed to cost as much as the last seven complete
    ones, and a running trial costs its price until the last sync."""
    what = "month, sum(trials), sum(trials_with_cost), sum(running_trials), "
    what += "is_complete, sum(cost), sum(running_cost), sum(forecast)"
    of_scope = "region = 'ap-south-1' group by month, is_complete"
    cost = sum(180 + number for number in range(1, 50)) / 3600
    assert ask(built, what, "budget", of_scope) == [
        (
            *("2026-01-01", 49, 49, 1, False),
            pytest.approx(cost),
            pytest.approx(1.0),
            pytest.approx(cost + cost / 7 * 28),
        )
    ]


def test_a_month_that_is_over(built: Warehouse) -> None:
    """A month that ended before the last sync has its cost as forecast."""
    what = "distinct is_complete, cost > 0, forecast = cost, running_cost"
    january = "region = 'us-east-1' and month = date '2026-01-01'"
    assert ask(built, what, "budget", january) == [(True, True, True, None)]
