"""SageMaker's tuning jobs and trials in Postgres: one partition per account.

The tap finds the accounts, and each account has its own run. Dagster distributes the
runs to its workers, and a failed run doesn't hold up the others. Each run reads the
regions of its account in parallel. Once no load is running, Dagster builds the models,
and uses them to check that no trial is missing.
"""

# ruff: noqa: I002 - Dagster rejects a context whose annotation is a string

import json
import os
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator  # noqa: TC003 - Dagster evaluates annotations
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg

HERE = Path(__file__).parent
PROJECT = Path(os.environ["TUNING_PROJECT"])  # the Meltano project, on every worker
SETTINGS = os.environ.get("TUNING_SETTINGS") or HERE / "tuning.json"
TAP = "tap-sagemaker-tuning"
PARTITIONS = dg.DynamicPartitionsDefinition(name="accounts")
TABLES = ("tuning_jobs", "training_job_summaries", "scopes")
TAIL = 30  # lines of the log to attach to a failure
LACKING = """
select account_id || ' ' || region || ' ' || tuning_job_name
from sagemaker_tuning.sagemaker_tuning__completeness
where not is_complete and ended_at > now() at time zone 'utc' - interval '7 days'
"""


RETRIES = dg.RetryPolicy(
    max_retries=int(os.environ.get("TUNING_RETRIES", "3")),
    # If a worker is lost, Meltano refuses to load its account for five minutes.
    delay=float(os.environ.get("TUNING_RETRY_SECONDS", "360")),
    backoff=dg.Backoff.EXPONENTIAL,
)


@dg.asset(retry_policy=RETRIES)
def accounts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Find the accounts that the tap's settings cover, with their regions and roles.

    Raises:
        Failure: The tap found no accounts, or the list may be incomplete; in the latter
            case, the accounts in it are still loaded. Or Meltano's own settings contain
            `organization`: a load can't unset it, so every load would read the whole
            organization.
    """
    if "organization" in json.loads(invoke(context, "--dump=config", TAP).stdout):
        message = f"organization: move it from Meltano's settings to {SETTINGS}"
        raise dg.Failure(message, allow_retries=False)
    listing = invoke(context, TAP, f"--config={SETTINGS}", "--scopes")
    by_name = by_account(listing.stdout.splitlines())
    log = {"log": dg.MetadataValue.md(f"```\n{listing.stderr}```")}
    if not by_name:
        message = f"no accounts found; the tap ended with {listing.returncode}"
        raise dg.Failure(message, metadata=log)
    # An account that left keeps its partition: its rows are still in the warehouse.
    context.instance.add_dynamic_partitions("accounts", [*by_name])
    yield dg.MaterializeResult(metadata={"accounts": by_name, "number": len(by_name)})
    if listing.returncode:
        message = "accounts or regions may be missing"
        raise dg.Failure(message, metadata=log, allow_retries=False)


def invoke(
    context: dg.AssetExecutionContext, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run `meltano invoke` in the project, and copy its log to the run's log."""
    command = ["meltano", "invoke", "--no-install", *arguments]
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=shared_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    context.log.info(done.stderr)
    return done


def by_account(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Group the output of `--scopes` by account.

    Args:
        lines: The lines that the tap printed: one account and region each, as JSON.

    Returns:
        By account ID, its regions, and its roles by their ARN.
    """
    grouped: dict[str, dict[str, Any]] = {}
    for scope in map(json.loads, lines):
        account = grouped.setdefault(scope["account_id"], {"regions": [], "roles": {}})
        account["regions"].append(scope["region"])
        if "role_arn" in scope:
            # Without its external ID: the result is metadata, which everyone can see.
            role = {"role_arn": scope["role_arn"], "regions": []}
            own = account["roles"].setdefault(scope["role_arn"], role)
            own["regions"].append(scope["region"])
    return grouped


def with_external_ids(
    context: dg.AssetExecutionContext, roles: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Add the external IDs of roles, which the tap's settings have."""
    settings = json.loads(invoke(context, "--dump=config", TAP).stdout)
    settings |= json.loads(Path(SETTINGS).read_text(encoding="utf-8"))
    known = {role["role_arn"]: role for role in settings.get("assume_roles", ())}
    others = settings.get("organization", {})
    return [
        {**role, "external_id": external_id}
        if (external_id := known.get(role["role_arn"], others).get("external_id"))
        else role
        for role in roles
    ]


@dg.multi_asset(
    specs=[dg.AssetSpec(table, deps=[accounts]) for table in TABLES],
    partitions_def=PARTITIONS,
    backfill_policy=dg.BackfillPolicy.multi_run(1),  # one run per account
    pool="sagemaker_tuning",  # its limit is how many accounts are loaded at once
    retry_policy=RETRIES,
)
def sagemaker_tuning(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult]:
    """Load one account.

    Raises:
        Failure: The load failed, or the account was not among those found last.
    """
    name = context.partition_key
    account = found_last(context.instance).get(name)
    if account is None:
        message = f"account {name} is not among those found last"
        raise dg.Failure(message, allow_retries=False)
    roles = with_external_ids(context, account["roles"].values())
    plugins = (f"--state-id-suffix={name}", TAP, "target-postgres")
    run(plugins, environment(name, account["regions"], roles), context)
    for table in TABLES:
        yield dg.MaterializeResult(asset_key=table)


@dg.asset(
    deps=TABLES,
    check_specs=[dg.AssetCheckSpec("all_trials_are_there", asset="models")],
    # Also if an account has never been loaded.
    automation_condition=dg.AutomationCondition.eager().without(
        ~dg.AutomationCondition.any_deps_missing()
    ),
)
def models(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Build and check the models, even if some loads failed."""
    run(("dbt-postgres:build",), shared_environment(), context)
    yield dg.MaterializeResult()
    tuning_jobs = lacking()
    yield dg.AssetCheckResult(
        passed=not tuning_jobs, metadata={"tuning_jobs": tuning_jobs}
    )


hourly = dg.ScheduleDefinition(
    name="hourly", cron_schedule="@hourly", target=[accounts]
)


load = dg.define_asset_job("load", selection=[sagemaker_tuning])


@dg.asset_sensor(asset_key=accounts.key, job=load)
def found(
    context: dg.SensorEvaluationContext, asset_event: dg.EventLogEntry
) -> list[dg.RunRequest]:
    """Request a run for each account that was found."""
    return [
        dg.RunRequest(run_key=f"{name} {asset_event.run_id}", partition_key=name)
        for name in found_last(context.instance)
    ]


def found_last(instance: dg.DagsterInstance) -> dict[str, dict[str, Any]]:
    """Return the accounts found last, by ID, each with its regions and roles."""
    event = instance.get_latest_materialization_event(accounts.key)
    if event is None:
        return {}
    return event.asset_materialization.metadata["accounts"].value


def run(
    plugins: tuple[str, ...],
    environment: dict[str, str],
    context: dg.AssetExecutionContext,
) -> None:
    """Run Meltano, and copy its log to the run's log.

    Raises:
        Failure: Meltano failed. The end of its log is in the metadata.
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
            meltano.terminate()  # it stops its own processes
            raise
    if meltano.returncode:
        message = f"meltano run {' '.join(plugins)} ended with {meltano.returncode}"
        raise dg.Failure(
            message,
            metadata={"log": dg.MetadataValue.md(f"```\n{''.join(tail)}```")},
        )


def shared_environment() -> dict[str, str]:
    """Return the environment of every Meltano command: it names the shared database."""
    database = PROJECT / ".meltano" / "meltano.db"
    return {"MELTANO_DATABASE_URI": f"sqlite:///{database}", **os.environ}


def environment(
    name: str, regions: list[str], roles: list[dict[str, Any]]
) -> dict[str, str]:
    """Return the environment for Meltano to load an account.

    Loads of several accounts run in parallel. Each account has its own system folder:
    Meltano passes the state to the tap in a file there, and in a shared folder, an
    account would get the state of another. The loads share the plugins, and the
    database with states and locks.
    """
    shared = PROJECT / ".meltano"
    own = shared / "accounts" / name
    own.mkdir(parents=True, exist_ok=True)
    for kind in ("extractors", "loaders", "utilities"):
        if not (own / kind).is_symlink():
            (own / kind).symlink_to(shared / kind)
    assumed = {"TAP_SAGEMAKER_TUNING_ASSUME_ROLES": json.dumps(roles)} if roles else {}
    return {
        **shared_environment(),
        "MELTANO_SYS_DIR_ROOT": str(own),
        "TAP_SAGEMAKER_TUNING_REGIONS": json.dumps(regions),
        **assumed,
    }


def lacking() -> list[str]:
    """Find last week's tuning jobs with missing trials, with account and region."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    server = {
        option: os.environ[f"TARGET_POSTGRES_{name}"] for option, name in names.items()
    }
    database = os.environ["TARGET_POSTGRES_DATABASE"]
    with psycopg.connect(dbname=database, **server) as connection:
        return [name for (name,) in connection.execute(LACKING)]


defs = dg.Definitions(
    assets=[accounts, sagemaker_tuning, models], schedules=[hourly], sensors=[found]
)
