"""Incremental builds: what changed is rebuilt, and nothing is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import duckdb, postgres, statements
from tests.targets import environments
from tests.transform import building
from tests.transform.answers import MARTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

WAREHOUSES = {"duckdb": duckdb, "postgres": postgres}
RAW = "tap_sagemaker_tuning."
SETTINGS = {"team_tag": "team", "tuning_job_family": "^([a-z]+)-"}
"""Variables, by their names without the prefix."""
TRIALS = ("--select", "+sagemaker_tuning__trials")
"""Builds what the trials are made of, including the history of prices."""
PER_HOUR = "round(cast(cost * 3600 / billable_seconds as numeric), 2)"

CHANGES = """
-- A trial ends later than was loaded, and another one is new.
update tap_sagemaker_tuning.training_job_summaries
set training_end_time = training_end_time + interval '1 minute'
where training_job_name = 'job-1-57';

insert into tap_sagemaker_tuning.training_job_summaries
select
    account_id, region, tuning_job_name, tuning_job_arn, 'job-2-new',
    training_job_arn || '-new', training_job_definition_name, training_job_status,
    objective_status, tuned_hyper_parameters,
    final_hyper_parameter_tuning_job_objective_metric, failure_reason, creation_time,
    training_start_time, training_end_time
from tap_sagemaker_tuning.training_job_summaries
where training_job_name = 'job-2-109';

-- Details arrive late, with another value.
update tap_sagemaker_tuning.training_job_details
set billable_time_in_seconds = 1
where training_job_arn like '%job-3-150';

-- Points of a metric arrive late, and so does a whole metric.
update tap_sagemaker_tuning.training_job_metrics
set points = (
    select max(cast(points as varchar)) from tap_sagemaker_tuning.training_job_metrics
)::json
where training_job_name = 'job-5-250' and host = 'algo-1';

insert into tap_sagemaker_tuning.training_job_metrics
select
    account_id, region, tuning_job_name, tuning_job_arn, training_job_name,
    training_job_arn, creation_time, 'train:loss', host, statistic, period_in_seconds,
    points
from tap_sagemaker_tuning.training_job_metrics
where training_job_name = 'job-6-300' and host = 'algorithm';

-- A user deletes the rows of a tuning job.
delete from tap_sagemaker_tuning.tuning_jobs where tuning_job_name = 'job-4';

delete from tap_sagemaker_tuning.training_job_summaries where tuning_job_name = 'job-4'
"""


@pytest.fixture(scope="module")
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, Path]]:
    """Eight tuning jobs with fifty trials each, and their models."""
    folder = tmp_path_factory.mktemp(request.param)
    with WAREHOUSES[request.param](folder) as warehouse:
        for statement in statements(request.param, 400):
            warehouse.answer(statement)
        building.build(warehouse, folder, "models", SETTINGS, *building.UNTESTED)
        yield warehouse, folder


def on(*names: str) -> pytest.MarkDecorator:
    """Run a test on these warehouses."""
    return pytest.mark.parametrize("built", names, indirect=True, scope="module")


# What another warehouse cannot change is tested on one; test_what_changed_is_rebuilt
# runs the statements of each.
ON_EACH, ON_DUCKDB, ON_POSTGRES = on(*WAREHOUSES), on("duckdb"), on("postgres")


def rows(warehouse: Warehouse, schema: str, mart: str) -> list[tuple[str, ...]]:
    """The rows of a mart as text, in order, rounded because sums can differ in the last
    digits."""
    _, found = warehouse.answer(f"select * from {schema}.sagemaker_tuning__{mart}")  # noqa: S608 - ours
    return sorted(tuple(_text(value) for value in row) for row in found)


def _text(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


@ON_EACH
def test_what_changed_is_rebuilt(built: tuple[Warehouse, Path]) -> None:
    """After any change, an incremental build equals a full one and rebuilds only the
    tuning jobs that changed."""
    warehouse, folder = built
    for change in CHANGES.split(";"):
        warehouse.answer(change)
    building.build(warehouse, folder, "models", SETTINGS)
    building.build(warehouse, folder, "rebuilt", SETTINGS, "run")
    for mart in MARTS:
        assert rows(warehouse, "models", mart) == rows(warehouse, "rebuilt", mart), mart
    _, changed = warehouse.answer(
        "select right(tuning_job_arn, 5) from models.int_sagemaker_tuning__tuning_jobs "
        "where changed_in = 2 order by 1"
    )
    assert [row[0] for row in changed] == [f"job-{number}" for number in range(1, 7)]


@ON_DUCKDB
def test_a_variable_changes_everything(built: tuple[Warehouse, Path]) -> None:
    """A changed variable applies to every row, without --full-refresh."""
    warehouse, folder = built
    other = SETTINGS | {"team_tag": "none"}
    building.build(warehouse, folder, "models", other, "run", *TRIALS)
    _, found = warehouse.answer(
        "select count(*), count(team) from models.sagemaker_tuning__trials"
    )
    assert found[0][0] > 0
    assert found[0][1] == 0


@ON_DUCKDB
def test_a_model_is_no_newer_than_its_inputs(built: tuple[Warehouse, Path]) -> None:
    """A build of some models, without the inputs of their inputs, does not keep the
    next build from bringing them up to date."""
    warehouse, folder = built
    warehouse.answer(
        "update tap_sagemaker_tuning.training_job_details "
        "set billable_time_in_seconds = 2 where training_job_arn like '%job-7-350'"
    )
    some = ("--select", "1+sagemaker_tuning__spend")
    building.build(warehouse, folder, "models", SETTINGS, "run", *some)
    building.build(warehouse, folder, "models", SETTINGS, "run", *TRIALS)
    _, found = warehouse.answer(
        "select billable_seconds from models.sagemaker_tuning__trials "
        "where training_job_name = 'job-7-350'"
    )
    assert [tuple(row) for row in found] == [(2,)]


@ON_POSTGRES
def test_rebuilding_trials_drops_nothing(built: tuple[Warehouse, Path]) -> None:
    """A build of only the trials, even a full one, leaves the leaderboard as it was,
    although Postgres drops the views of a table with it."""
    warehouse, folder = built
    before = rows(warehouse, "models", "leaderboard")
    alone = ("--select", "sagemaker_tuning__trials", "--full-refresh")
    building.build(warehouse, folder, "models", SETTINGS, "run", *alone)
    assert before
    assert rows(warehouse, "models", "leaderboard") == before


@ON_DUCKDB
def test_what_ran_keeps_the_price_of_its_day(built: tuple[Warehouse, Path]) -> None:
    """A new price applies only from its effective date, although the tap keeps one row
    per price."""
    warehouse, folder = built
    warehouse.answer(
        "update tap_sagemaker_tuning.training_instance_prices "
        "set price_per_hour = 2.3, effective_date = timestamp '2026-01-01 00:09:30'"
    )
    building.build(warehouse, folder, "models", SETTINGS, *building.UNTESTED, *TRIALS)
    _, found = warehouse.answer(
        f"select ended_at >= timestamp '2026-01-01 00:09:30', {PER_HOUR}, count(*) > 0 "  # noqa: S608 - ours
        "from models.sagemaker_tuning__trials where cost is not null "
        "group by 1, 2 order by 1, 2"
    )
    assert [(row[0], float(row[1]), row[2]) for row in found] == [
        (False, 0.23, True),
        (True, 2.3, True),
    ]


@ON_DUCKDB
def test_a_corrected_price_stays(built: tuple[Warehouse, Path]) -> None:
    """A price that is corrected under its date applies from that date on, also after
    the next price."""
    warehouse, folder = built
    for price, day in ((4.6, "2026-01-01 00:09:30"), (9.2, "2026-01-01 00:12:00")):
        warehouse.answer(
            "update tap_sagemaker_tuning.training_instance_prices "  # noqa: S608 - ours
            f"set price_per_hour = {price}, effective_date = timestamp '{day}'"
        )
        building.build(
            warehouse, folder, "models", SETTINGS, *building.UNTESTED, *TRIALS
        )
    _, found = warehouse.answer(
        f"select distinct {PER_HOUR} from models.sagemaker_tuning__trials "  # noqa: S608 - ours
        "where cost is not null order by 1"
    )
    assert [float(row[0]) for row in found] == [0.23, 4.6, 9.2]


OPTIONAL = {
    "tuning_jobs": ("strategy", "resource_limits", "last_modified_time"),
    "training_job_summaries": (
        "training_job_definition_name",
        "objective_status",
        "failure_reason",
        "tuned_hyper_parameters",
    ),
    "training_job_details": ("tuning_job_arn", "resource_config", "tags"),
    "tuning_job_details": ("objective", "warm_start_config"),
    "scopes": ("ended_at", "tuning_jobs_open"),
    "training_instance_prices": ("effective_date", "vcpu"),
    "training_job_metrics": ("tuning_job_arn", "period_in_seconds"),
}


@ON_EACH
def test_what_is_missing_is_null(built: tuple[Warehouse, Path]) -> None:
    """Neither deselected columns nor a stream that was never loaded fail a build; one
    line names the stream."""
    warehouse, folder = built
    for table, columns in OPTIONAL.items():
        for column in columns:
            warehouse.answer(f"alter table {RAW}{table} rename {column} to no_{column}")
    warehouse.answer(f"alter table {RAW}training_instance_prices rename to no_prices")
    building.build(warehouse, folder, "less", {})
    _, found = warehouse.answer(
        "select count(*) > 0, count(billable_seconds) > 0, count(failure), "
        "count(instance_type), count(cost), count(team) "
        "from less.sagemaker_tuning__trials"
    )
    assert [tuple(row) for row in found] == [(True, True, 0, 0, 0, 0)]
    _, found = warehouse.answer(
        "select count(*) > 0, count(value) > 0, count(period_seconds) "
        "from less.sagemaker_tuning__learning_curves"
    )
    assert [tuple(row) for row in found] == [(True, True, 0)]
    _, found = warehouse.answer(
        "select sum(trials_with_metrics), count(average_memory) > 0, "
        "count(average_cpu), count(idle_cost) "
        "from less.sagemaker_tuning__hardware_utilisation"
    )
    assert [(int(row[0]), *row[1:]) for row in found] == [(14, True, 0, 0)]
    log = (folder / "build.log").read_text("utf-8")
    missing = [line for line in log.splitlines() if "was never loaded" in line]
    assert len(missing) == 1
    assert "Stream training_instance_prices was never loaded into" in missing[0]
