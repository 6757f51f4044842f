"""The columns of the models, from their contracts, and of the tap's tables."""

from __future__ import annotations

from pathlib import Path

import yaml

_MARTS = Path(__file__).resolve().parents[3] / "transform/models/marts/_marts.yml"

COLUMNS: dict[str, dict[str, str]] = {
    model["name"].removeprefix("sagemaker_tuning__"): {
        column["name"]: column["data_type"]
        for column in model["columns"]
        if column["name"] != "at"  # reserved in SQL; the page does not read it
    }
    for model in yaml.safe_load(_MARTS.read_text(encoding="utf-8"))["models"]
}
"""By model, each column's type."""

SCOPES = {
    "account_id": "text",
    "region": "text",
    "status": "text",
    "complete_as_of": "timestamp",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "error": "text",
    "tuning_jobs_open": "bigint",
    "calls": "bigint",
}
TUNING_JOBS = {
    "account_id": "text",
    "region": "text",
    "tuning_job_name": "text",
    "tuning_job_arn": "text",
    "tuning_job_status": "text",
    "creation_time": "timestamp",
}
METRICS = {
    "training_job_arn": "text",
    "metric_name": "text",
    "host": "text",
    "points": "text",
}
