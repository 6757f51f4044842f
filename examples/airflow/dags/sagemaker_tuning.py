"""Each hour: SageMaker's tuning jobs into Postgres, the models of them, and a check.

The tap finds the accounts, and each has a load of its own: the executor spreads them
over its workers, and one that fails holds no other back. The regions of an account are
read side by side. When all loads have ended the models are built once, and asked
whether all trials are there.
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
    """The accounts that the tap's settings reach: what the load of each is told.

    Args:
        ti: Airflow's task instance; it keeps, as `are_all`, whether these are all.

    Raises:
        RuntimeError: It found none.
        AirflowFailException: Meltano's own settings have an organization: no load could
            unset it, and each would read all of it.
    """
    if "organization" in json.loads(invoke("--dump=config", TAP).stdout):
        message = f"organization: move it from Meltano's settings to {SETTINGS}"
        raise AirflowFailException(message)
    found = invoke(TAP, f"--config={SETTINGS}", "--scopes")
    accounts = by_account(found.stdout.splitlines())
    if not accounts:
        message = f"no accounts found; the tap ended with {found.returncode}"
        raise RuntimeError(message)
    ti.xcom_push("are_all", found.returncode == 0)
    return accounts


def invoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `meltano invoke` in the project, its log in the task's."""
    command = ["meltano", "invoke", "--no-install", *arguments]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    print(done.stderr)  # noqa: T201 - Airflow takes it
    return done


def by_account(lines: Iterable[str]) -> list[dict[str, str]]:
    """What each account's load is told.

    Args:
        lines: What the tap printed: a region of an account each, as JSON.
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
    """Whether the tap found all accounts and regions.

    Raises:
        ValueError: It could not find out; the log of `find` says why.
    """
    if not are_all:
        message = "accounts or regions may be missing: see the log of the task find"
        raise ValueError(message)


@task
def check() -> None:
    """Whether all trials of the tuning jobs that ended in the last week are there.

    Raises:
        ValueError: They are not.
    """
    lacking = [name for (name,) in PostgresHook(WAREHOUSE).get_records(LACKING)]
    if lacking:
        message = f"trials are missing of {', '.join(lacking)}"
        raise ValueError(message)


@dag(
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # so that two loads of an account never overlap
)
def sagemaker_tuning() -> None:
    """A load for each account that is found; then the models, and their check."""
    meltano = {"cwd": PROJECT, "append_env": True}
    found = find()
    load = BashOperator.partial(
        task_id="load",
        map_index_template="{{ task.env['NAME'] }}",
        bash_command="load.sh",
        env=ACCOUNT | TARGET,
        max_active_tis_per_dag=4,  # accounts at once
        execution_timeout=timedelta(minutes=50),
        retries=3,
        # After a worker was lost, Meltano refuses its account for five minutes.
        retry_delay=timedelta(minutes=6),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=30),
        **meltano,
    ).expand(params=found)
    build = BashOperator(
        task_id="build",
        bash_command="meltano run --no-install dbt-postgres:build",
        env=TARGET,
        trigger_rule=TriggerRule.ALL_DONE,  # even if some loads failed
        **meltano,
    )
    load >> build >> check()
    # Without these, a run would succeed if its check does, even if accounts were not
    # found or failed to load.
    all_found(are_all=found["are_all"])
    load >> EmptyOperator(task_id="all_loaded")


sagemaker_tuning()
