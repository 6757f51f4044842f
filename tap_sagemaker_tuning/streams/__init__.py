"""The streams, one module each, and `STREAMS`, the only list of them.

State checks, catalog checks, IAM policies, the docs and the tests all use that list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_sagemaker_tuning.streams.scopes import Scopes
from tap_sagemaker_tuning.streams.training_instance_prices import (
    TrainingInstancePrices,
)
from tap_sagemaker_tuning.streams.training_job_details import TrainingJobDetails
from tap_sagemaker_tuning.streams.training_job_metrics import TrainingJobMetrics
from tap_sagemaker_tuning.streams.training_job_summaries import TrainingJobSummaries
from tap_sagemaker_tuning.streams.tuning_job_details import TuningJobDetails
from tap_sagemaker_tuning.streams.tuning_jobs import TuningJobs

if TYPE_CHECKING:
    from tap_sagemaker_tuning.streams.base import TapStream

STREAMS: tuple[type[TapStream], ...] = (
    TuningJobs,
    TrainingJobSummaries,
    TuningJobDetails,
    TrainingJobDetails,
    TrainingJobMetrics,
    TrainingInstancePrices,
    Scopes,
)
"""All streams, in the order of the docs."""
