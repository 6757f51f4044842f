"""Skipped tests. They are failures in CI, where everything that tests need is there."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]

ARE_FAILURES = os.environ.get("CI") == "true" and (CHECKOUT / ".git").exists()
"""Whether a skipped test fails. Not on the wheel, whose environments have only what its
tests need."""

NOT_PUBLIC = "the recorded cases are not public: RECORDED_CASES is none"
OLD_PYTHON_ONLY = "PyAirbyte lacks 3.13"
_ALLOWED = (NOT_PUBLIC, OLD_PYTHON_ONLY)


def failure(reason: str) -> str | None:
    """Return the message of the failure that a skipped test is; None: it is none.

    Args:
        reason: Why the test was skipped, as pytest reports it.
    """
    if not ARE_FAILURES or any(allowed in reason for allowed in _ALLOWED):
        return None
    return f"Skipped, which is a failure in CI: {reason}"
