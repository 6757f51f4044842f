"""Load SageMaker's tuning jobs into Postgres hourly, and build and check the models.

The tap finds the accounts, and each account has its own load. The executor distributes
the loads to its workers, and a failed load doesn't hold up the others. Each load reads
the regions of its account in parallel. After all loads have ended, the DAG builds the
models once, and uses them to check that no trial is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = os.environ["TUNING_PROJECT"]  # the Meltano project, on every worker
SETTINGS = os.environ.get("TUNING_SETTINGS") or Path(__file__).with_name("tuning.json")
ROLE = ("role_arn", "external_id")
TAP = "tap-sagemaker-tuning"
WAREHOUSE = "tuning_warehouse"  # the Airflow connection to Postgres
TARGET = {
    "TARGET_POSTGRES_HOST": f"{{{{ conn.{WAREHOUSE}.host }}}}",
    "TARGET_POSTGRES_PORT": f"{{{{ conn.{WAREHOUSE}.port }}}}",
    "TARGET_POSTGRES_USER": f"{{{{ conn.{WAREHOUSE}.login }}}}",
    "TARGET_POSTGRES_PASSWORD": f"{{{{ conn.{WAREHOUSE}.password }}}}",
    "TARGET_POSTGRES_DATABASE": f"{{{{ conn.{WAREHOUSE}.schema }}}}",
}
ACCOUNT = {
    "NAME": "{{ params.name }}",
    "REGIONS": "{{ params.regions }}",
    "ROLES": "{{ params.roles }}",
}
LACKING = """
select account_id || ' ' || region || ' ' || tuning_job_name
from sagemaker_tuning.sagemaker_tuning__completeness
where not is_complete and ended_at > now() at time zone 'utc' - interval '7 days'
"""


@task(retries=3, retry_delay=timedelta(minutes=1))
def find(ti: Any = None) -> list[dict[str, str]]:
    """Find the accounts that the tap's settings cover.

    Args:
        ti: Airflow's task instance. Its XCom `are_all` is true if the list is complete.

    Returns:
        The parameters for the load of each account.

    Raises:
        RuntimeError: There are no accounts.
        AirflowFailException: Meltano's own settings contain `organization`. A load
            can't unset it, so every load would read the whole organization.
    """
    if "organization" in json.loads(invoke("--dump=config", TAP).stdout):
        message = f"organization: move it from Meltano's settings to {SETTINGS}"
        raise AirflowFailException(message)
    listing = invoke(TAP, f"--config={SETTINGS}", "--scopes")
    accounts = by_account(listing.stdout.splitlines())
    if not accounts:
        message = f"no accounts found; the tap ended with {listing.returncode}"
        raise RuntimeError(message)
    ti.xcom_push("are_all", listing.returncode == 0)
    return accounts


def invoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `meltano invoke` in the project, and copy its log to the task's log."""
    command = ["meltano", "invoke", "--no-install", *arguments]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    print(done.stderr)  # noqa: T201 - Airflow logs it
    return done


def by_account(lines: Iterable[str]) -> list[dict[str, str]]:
    """Group the output of `--scopes` by account.

    Args:
        lines: The lines that the tap printed: one account and region each, as JSON.

    Returns:
        The parameters for the load of each account.
    """
    regions: dict[str, list[str]] = {}
    roles: dict[str, dict[str, dict[str, Any]]] = {}
    for scope in map(json.loads, lines):
        name, region = scope["account_id"], scope["region"]
        regions.setdefault(name, []).append(region)
        of_account = roles.setdefault(name, {})
        if "role_arn" in scope:
            role = {key: scope[key] for key in scope if key in ROLE}
            key = json.dumps(role)
            of_account.setdefault(key, {**role, "regions": []})
            of_account[key]["regions"].append(region)
    return [
        {
            "name": name,
            "regions": json.dumps(regions[name]),
            "roles": json.dumps([*roles[name].values()]) if roles[name] else "",
        }
        for name in regions
    ]


@task
def all_found(*, are_all: bool) -> None:
    """Check that the tap found all accounts and regions.

    Raises:
        ValueError: The list may be incomplete; the log of `find` says why.
    """
    if not are_all:
        message = "accounts or regions may be missing: see the log of the task find"
        raise ValueError(message)


@task
def check() -> None:
    """Check that no trial of the tuning jobs that ended in the last week is missing.

    Raises:
        ValueError: Trials are missing.
    """
    lacking = [name for (name,) in PostgresHook(WAREHOUSE).get_records(LACKING)]
    if lacking:
        message = f"trials are missing in {', '.join(lacking)}"
        raise ValueError(message)


@dag(
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two loads of an account must not overlap
)
def sagemaker_tuning() -> None:
    """Load each account that was found, then build and check the models."""
    meltano = {"cwd": PROJECT, "append_env": True}
    accounts = find()
    load = BashOperator.partial(
        task_id="load",
        map_index_template="{{ task.env['NAME'] }}",
        bash_command="load.sh",
        env=ACCOUNT | TARGET,
        max_active_tis_per_dag=4,  # accounts at once
        execution_timeout=timedelta(minutes=50),
        retries=3,
        # If a worker is lost, Meltano refuses to load its account for five minutes.
        retry_delay=timedelta(minutes=6),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=30),
        **meltano,
    ).expand(params=accounts)
    build = BashOperator(
        task_id="build",
        bash_command="meltano run --no-install dbt-postgres:build",
        env=TARGET,
        trigger_rule=TriggerRule.ALL_DONE,  # even if some loads failed
        **meltano,
    )
    load >> build >> check()
    # Without these, a run would succeed whenever its check does, even if accounts were
    # not found or failed to load.
    all_found(are_all=accounts["are_all"])
    load >> EmptyOperator(task_id="all_loaded")


sagemaker_tuning()
