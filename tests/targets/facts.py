"""Which target does what: asserted by the tests, and printed in the README.

`python -m tests.targets.facts` prints the table anew.
"""

from __future__ import annotations

import sys

TARGETS = ("postgres", "snowflake", "duckdb")

TYPES = {
    "postgres": {
        "text": "text",
        "time": "timestamp without time zone",
        "nested": "jsonb",
        "number": "numeric",
    },
    "snowflake": {
        "text": "text",
        "time": "timestamp_ntz",
        "nested": "variant",
        "number": "float",
    },
    "duckdb": {
        "text": "varchar",
        "time": "timestamp",
        "nested": "json",
        "number": "double",
    },
}
"""What information_schema calls the column of each kind."""

NULL_OBJECT = {
    "postgres": "jsonb_typeof({column}) = 'null'",
    "snowflake": "{column} is null",
    "duckdb": "{column} is null",
}
"""How to find a trial without a metric: SQL that is true of the nested column."""

PART = {
    "postgres": "{column} ->> '{key}'",
    "snowflake": '{column}:"{key}"::varchar',
    "duckdb": "{column} ->> '{key}'",
}
"""How to take one part of a nested column, as text."""

FLATTENING = {
    "postgres": {"flattening_enabled": True, "flattening_max_depth": 1},
    "snowflake": {"flattening_enabled": True, "flattening_max_depth": 1},
    "duckdb": {"data_flattening_max_level": 1},
}
"""The settings by which a target flattens by itself."""

MAP_WHEN_TARGET_FLATTENS = {"postgres": "kept", "snowflake": "kept", "duckdb": "lost"}
"""What becomes of tuned_hyper_parameters: a column of JSON text, or nothing."""

NAMES = {"postgres": "lower case", "snowflake": "upper case", "duckdb": "lower case"}
"""How the columns' names are stored."""

MAPPED_TEXT = "json.dumps(tuned_hyper_parameters)"
"""The stream map that keeps the hyperparameters whoever flattens."""

VERSIONS = {
    "postgres": "meltanolabs-target-postgres 0.8.1",
    "snowflake": "meltanolabs-target-snowflake 0.20.4",
    "duckdb": "target-duckdb 0.8.0, duckdb 1.2.2",
}


def table() -> str:
    """The table of the README, in Markdown."""
    rows = [
        ("Version tested", VERSIONS),
        ("Objects and the map", {t: f"`{TYPES[t]['nested']}`" for t in TARGETS}),
        (
            "One hyperparameter",
            {
                t: f"`{PART[t].format(column='tuned_hyper_parameters', key='eta')}`"
                for t in TARGETS
            },
        ),
        (
            "Numbers, once flattened",
            {t: f"`{TYPES[t]['number']}`, exact" for t in TARGETS},
        ),
        ("Times, in UTC", {t: f"`{TYPES[t]['time']}`" for t in TARGETS}),
        (
            "No metric: true of the column",
            {t: f"`{NULL_OBJECT[t].format(column='metric')}`" for t in TARGETS},
        ),
        ("NaN and infinity", dict.fromkeys(TARGETS, "`value` null, `non_finite` set")),
        ("Names", NAMES),
        ("Second sync", dict.fromkeys(TARGETS, "upserts on the key")),
        (
            "Setting to flatten",
            {t: f"`{next(iter(FLATTENING[t]))}`" for t in TARGETS},
        ),
        (
            "The map, if the target flattens",
            {
                t: {"kept": "JSON text", "lost": "**lost**: null"}[
                    MAP_WHEN_TARGET_FLATTENS[t]
                ]
                for t in TARGETS
            },
        ),
        ("The map, if the tap flattens", dict.fromkeys(TARGETS, "JSON text")),
        ("The map, by the stream map below", dict.fromkeys(TARGETS, "JSON text")),
    ]
    lines = ["| | target-postgres | target-snowflake | target-duckdb |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [
        f"| {title} | {' | '.join(cells[t] for t in TARGETS)} |"
        for title, cells in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
