"""SageMaker's tuning jobs and trials in Postgres: assets with a partition an account.

Each account is loaded by a run of its own, so Dagster spreads them over its workers,
and one that fails holds no other back. The regions of an account are read side by side.
When none is being loaded any more, the models are built, and asked whether all trials
are there.
"""

# ruff: noqa: I002 - Dagster refuses a context whose annotation is text

import json
import os
import subprocess
from collections import deque
from collections.abc import Iterator  # noqa: TC003 - Dagster looks at annotations
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg

HERE = Path(__file__).parent
PROJECT = Path(os.environ["TUNING_PROJECT"])  # the Meltano project, on every worker
SCOPES = os.environ.get("TUNING_SCOPES") or HERE / "scopes.json"
TABLES = ("tuning_jobs", "training_job_summaries", "scopes")
TAIL = 30  # lines of the log that a failure carries
LACKING = """
select account_id || ' ' || region || ' ' || tuning_job_name
from sagemaker_tuning.sagemaker_tuning__completeness
where not is_complete and ended_at > now() at time zone 'utc' - interval '7 days'
"""


def accounts() -> dict[str, dict[str, Any]]:
    """What is loaded, by name.

    Raises:
        ValueError: A name or a scope, an account in a region, is there twice: two loads
            of it would overlap.
    """
    entries = json.loads(Path(SCOPES).read_text("utf-8"))
    told = {entry.get("name", entry["account_id"]): entry for entry in entries}
    scopes = [
        (entry["account_id"], region)
        for entry in entries
        for region in entry["regions"]
    ]
    if len(told) < len(entries) or len(set(scopes)) < len(scopes):
        message = f"a name or a scope is twice in {SCOPES}"
        raise ValueError(message)
    return told


ACCOUNTS = accounts()


@dg.multi_asset(
    specs=[dg.AssetSpec(table) for table in TABLES],
    partitions_def=dg.StaticPartitionsDefinition(list(ACCOUNTS)),
    backfill_policy=dg.BackfillPolicy.multi_run(1),  # a run an account
    pool="sagemaker_tuning",  # its limit: accounts at once
    retry_policy=dg.RetryPolicy(
        max_retries=int(os.environ.get("TUNING_RETRIES", "3")),
        # After a worker was lost, Meltano refuses its account for five minutes.
        delay=float(os.environ.get("TUNING_RETRY_SECONDS", "360")),
        backoff=dg.Backoff.EXPONENTIAL,
    ),
)
def sagemaker_tuning(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult]:
    """Load one account."""
    name = context.partition_key
    plugins = (f"--state-id-suffix={name}", "tap-sagemaker-tuning", "target-postgres")
    run(plugins, environment(name), context)
    for table in TABLES:
        yield dg.MaterializeResult(asset_key=table)


@dg.asset(
    deps=TABLES,
    check_specs=[dg.AssetCheckSpec("all_trials_are_there", asset="models")],
    # Also when an account was never loaded.
    automation_condition=dg.AutomationCondition.eager().without(
        ~dg.AutomationCondition.any_deps_missing()
    ),
)
def models(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Build the models of what was loaded, whatever was not, and check it."""
    run(("dbt-postgres:build",), shared_environment(), context)
    yield dg.MaterializeResult()
    tuning_jobs = lacking()
    yield dg.AssetCheckResult(
        passed=not tuning_jobs, metadata={"tuning_jobs": tuning_jobs}
    )


@dg.schedule(cron_schedule="@hourly", target=[sagemaker_tuning])
def hourly(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    """A run an account."""
    now = context.scheduled_execution_time.isoformat()
    return [
        dg.RunRequest(run_key=f"{name} {now}", partition_key=name) for name in ACCOUNTS
    ]


def run(
    plugins: tuple[str, ...],
    environment: dict[str, str],
    context: dg.AssetExecutionContext,
) -> None:
    """Run Meltano, its log in the run's.

    Raises:
        Failure: Meltano's run failed; it has the end of the log.
    """
    command = ["meltano", "run", "--no-install"]
    tail: deque[str] = deque(maxlen=TAIL)
    with subprocess.Popen(
        [*command, *plugins],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as meltano:
        try:
            for line in meltano.stdout:
                context.log.info(line.rstrip())
                tail.append(line)
        except BaseException:
            meltano.terminate()  # it ends what it runs
            raise
    if meltano.returncode:
        message = f"meltano run {' '.join(plugins)} ended with {meltano.returncode}"
        raise dg.Failure(
            message,
            metadata={"log": dg.MetadataValue.md(f"```\n{''.join(tail)}```")},
        )


def shared_environment() -> dict[str, str]:
    """What Meltano is always told: where states and locks are."""
    database = PROJECT / ".meltano" / "meltano.db"
    return {"MELTANO_DATABASE_URI": f"sqlite:///{database}", **os.environ}


def environment(name: str) -> dict[str, str]:
    """What Meltano is told of an account.

    Accounts run side by side. Each has a system folder of its own: Meltano hands a
    plugin its state in a file there, and in a shared one an account is given another's
    state. The plugins are shared, and so is the database, which holds states and locks.
    """
    shared = PROJECT / ".meltano"
    own = shared / "accounts" / name
    own.mkdir(parents=True, exist_ok=True)
    for kind in ("extractors", "loaders", "utilities"):
        if not (own / kind).is_symlink():
            (own / kind).symlink_to(shared / kind)
    entry = ACCOUNTS[name]
    role = {key: entry[key] for key in ("role_arn", "external_id") if key in entry}
    return {
        **shared_environment(),
        "MELTANO_SYS_DIR_ROOT": str(own),
        "TAP_SAGEMAKER_TUNING_REGIONS": json.dumps(entry["regions"]),
        **({"TAP_SAGEMAKER_TUNING_ASSUME_ROLES": json.dumps([role])} if role else {}),
    }


def lacking() -> list[str]:
    """The tuning jobs of the last week that lack trials, with account and region."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    server = {
        option: os.environ[f"TARGET_POSTGRES_{name}"] for option, name in names.items()
    }
    database = os.environ["TARGET_POSTGRES_DATABASE"]
    with psycopg.connect(dbname=database, **server) as connection:
        return [name for (name,) in connection.execute(LACKING)]


defs = dg.Definitions(assets=[sagemaker_tuning, models], schedules=[hourly])
