"""Copy the tables of a lake into a DuckDB file, for what cannot read Spark."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Copy every table of every schema."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lake", type=Path, help="spark.sql.warehouse.dir")
    parser.add_argument("file", help="the DuckDB file")
    given = parser.parse_args()
    tables = sorted(part for part in given.lake.glob("*.db/*") if part.is_dir())
    if not tables:
        sys.exit(f"Error: {given.lake} has no folders SCHEMA.db/TABLE")
    with duckdb.connect(given.file) as connection:
        for table in tables:
            schema = table.parent.stem
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(
                f'create or replace table "{schema}"."{table.name}" as '  # noqa: S608 - names of folders
                f"select * from read_parquet('{table}/*.parquet')"
            )


if __name__ == "__main__":
    main()
