"""Singer tap for Amazon SageMaker hyperparameter tuning."""

from __future__ import annotations
