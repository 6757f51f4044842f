"""Each hour and for each account: SageMaker's tuning jobs into Postgres, and a check.

Each account has tasks of its own: the executor spreads them over its workers, and one
that fails holds no other back. The regions of an account are read side by side.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task, task_group

PROJECT = os.environ["TUNING_PROJECT"]  # the Meltano project, on every worker
SCOPES = os.environ.get("TUNING_SCOPES") or Path(__file__).with_name("scopes.json")
CHECK = Path(PROJECT) / "examples" / "check.sql"
WAREHOUSE = "tuning_warehouse"  # the Airflow connection to Postgres


def accounts() -> list[dict[str, str]]:
    """What is loaded, each with what its tasks are told.

    Raises:
        ValueError: A name or a scope, an account in a region, is there twice: two loads
            of it would overlap.
    """
    told = {}
    scopes = []
    entries = json.loads(Path(SCOPES).read_text(encoding="utf-8"))
    for entry in entries:
        role = {key: entry[key] for key in ("role_arn", "external_id") if key in entry}
        name = entry.get("name", entry["account_id"])
        told[name] = {
            "name": name,
            "account_id": entry["account_id"],
            "regions": json.dumps(entry["regions"]),
            "roles": json.dumps([role]) if role else "",
        }
        scopes += [(entry["account_id"], region) for region in entry["regions"]]
    if len(told) < len(entries) or len(set(scopes)) < len(scopes):
        message = f"a name or a scope is twice in {SCOPES}"
        raise ValueError(message)
    return list(told.values())


@task(map_index_template="{{ task.op_kwargs['name'] }}")
def check(name: str, account_id: str, regions: str) -> None:
    """Whether the trials in the table agree with the tuning jobs' counters.

    Raises:
        ValueError: They do not.
    """
    sql = CHECK.read_text(encoding="utf-8")
    asked = {"account_id": account_id, "regions": json.loads(regions)}
    agrees, tuning_jobs = PostgresHook(WAREHOUSE).get_first(sql, asked)
    if not agrees:
        message = f"{name}: trials and counters differ in {tuning_jobs}"
        raise ValueError(message)


@dag(
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # so that two loads of an account never overlap
)
def sagemaker_tuning() -> None:
    """Two tasks an account: load, then check."""

    @task_group
    def account(name: str, account_id: str, regions: str, roles: str) -> None:
        """The tasks of one account."""
        load = BashOperator(
            task_id="load",
            map_index_template="{{ task.env['NAME'] }}",
            bash_command="load.sh",
            cwd=PROJECT,
            append_env=True,
            env={
                "NAME": name,
                "REGIONS": regions,
                "ROLES": roles,
                "TARGET_POSTGRES_HOST": f"{{{{ conn.{WAREHOUSE}.host }}}}",
                "TARGET_POSTGRES_PORT": f"{{{{ conn.{WAREHOUSE}.port }}}}",
                "TARGET_POSTGRES_USER": f"{{{{ conn.{WAREHOUSE}.login }}}}",
                "TARGET_POSTGRES_PASSWORD": f"{{{{ conn.{WAREHOUSE}.password }}}}",
                "TARGET_POSTGRES_DATABASE": f"{{{{ conn.{WAREHOUSE}.schema }}}}",
            },
            max_active_tis_per_dag=4,  # accounts at once
            execution_timeout=timedelta(minutes=50),
            retries=3,
            # After a worker was lost, Meltano refuses its account for five minutes.
            retry_delay=timedelta(minutes=6),
            retry_exponential_backoff=2,
            max_retry_delay=timedelta(minutes=30),
        )
        load >> check(name=name, account_id=account_id, regions=regions)

    account.expand_kwargs(accounts())


sagemaker_tuning()
