"""What the DuckDB file says about a run. It must not be open elsewhere meanwhile."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

RAW_SCHEMA = "tap_sagemaker_tuning"
"""The schema of the tap's tables."""


def loaded_until(database: Path) -> str | None:
    """When the last sync of the tap ended whose rows are in a database.

    Args:
        database: The DuckDB file.

    Returns:
        The time as text, which sorts like the time; empty if there is none; None if the
        database cannot be read, because it is open elsewhere or damaged.
    """
    try:
        with closing(duckdb.connect(str(database), read_only=True)) as connection:
            row = connection.execute(
                "select strftime(max(ended_at), '%Y-%m-%dT%H:%M:%S.%f')"  # noqa: S608
                f" from {RAW_SCHEMA}.scopes"
            ).fetchone()
    except duckdb.CatalogException:  # the table is missing
        return ""
    except duckdb.Error:
        return None
    return (row and row[0]) or ""
