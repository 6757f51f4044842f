"""Each hour: SageMaker's tuning jobs into Postgres, the models of them, and a check.

Each account has a load of its own: the executor spreads them over its workers, and one
that fails holds no other back. The regions of an account are read side by side. When
all loads have ended the models are built once, and asked whether all trials are there.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TriggerRule, dag, task

PROJECT = os.environ["TUNING_PROJECT"]  # the Meltano project, on every worker
SCOPES = os.environ.get("TUNING_SCOPES") or Path(__file__).with_name("scopes.json")
WAREHOUSE = "tuning_warehouse"  # the Airflow connection to Postgres
TARGET = {
    "TARGET_POSTGRES_HOST": f"{{{{ conn.{WAREHOUSE}.host }}}}",
    "TARGET_POSTGRES_PORT": f"{{{{ conn.{WAREHOUSE}.port }}}}",
    "TARGET_POSTGRES_USER": f"{{{{ conn.{WAREHOUSE}.login }}}}",
    "TARGET_POSTGRES_PASSWORD": f"{{{{ conn.{WAREHOUSE}.password }}}}",
    "TARGET_POSTGRES_DATABASE": f"{{{{ conn.{WAREHOUSE}.schema }}}}",
}
LACKING = """
select account_id || ' ' || region || ' ' || tuning_job_name
from sagemaker_tuning.sagemaker_tuning__completeness
where not is_complete and ended_at > now() at time zone 'utc' - interval '7 days'
"""


def accounts() -> list[dict[str, str]]:
    """What is loaded: for each account, what its load is told.

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
            "NAME": name,
            "REGIONS": json.dumps(entry["regions"]),
            "ROLES": json.dumps([role]) if role else "",
            **TARGET,
        }
        scopes += [(entry["account_id"], region) for region in entry["regions"]]
    if len(told) < len(entries) or len(set(scopes)) < len(scopes):
        message = f"a name or a scope is twice in {SCOPES}"
        raise ValueError(message)
    return list(told.values())


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
    """A load an account; then the models, and their check."""
    meltano = {"cwd": PROJECT, "append_env": True}
    load = BashOperator.partial(
        task_id="load",
        map_index_template="{{ task.env['NAME'] }}",
        bash_command="load.sh",
        max_active_tis_per_dag=4,  # accounts at once
        execution_timeout=timedelta(minutes=50),
        retries=3,
        # After a worker was lost, Meltano refuses its account for five minutes.
        retry_delay=timedelta(minutes=6),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=30),
        **meltano,
    ).expand(env=accounts())
    build = BashOperator(
        task_id="build",
        bash_command="meltano run --no-install dbt-postgres:build",
        env=TARGET,
        trigger_rule=TriggerRule.ALL_DONE,  # of what was loaded, whatever was not
        **meltano,
    )
    load >> build >> check()
    # Without it a run whose check is good would be good, whatever failed to load.
    load >> EmptyOperator(task_id="all_loaded")


sagemaker_tuning()
