"""Which target does what: asserted by the tests, and told in docs/warehouses.md."""

from __future__ import annotations

TARGETS = ("postgres", "snowflake", "duckdb")

TYPES = {
    "postgres": {
        "text": "text",
        "time": "timestamp without time zone",
        "object": "jsonb",
        "array": "array",
        "number": "numeric",
        "integer": "bigint",
        "boolean": "boolean",
    },
    "snowflake": {
        "text": "text",
        "time": "timestamp_ntz",
        "object": "variant",
        "array": "variant",
        "number": "float",
        "integer": "number",
        "boolean": "boolean",
    },
    "duckdb": {
        "text": "varchar",
        "time": "timestamp",
        "object": "json",
        "array": "json",
        "number": "double",
        "integer": "hugeint",
        "boolean": "boolean",
    },
}
"""What information_schema calls the column of each kind; a map is an object."""

ARRAYS = {"postgres": "jsonb[]", "snowflake": "variant", "duckdb": "json"}
"""What the type of an array is called in SQL."""

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

ITEM = {
    "postgres": "({column})[1] ->> '{key}'",
    "snowflake": '{column}[0]:"{key}"::varchar',
    "duckdb": "{column} -> 0 ->> '{key}'",
}
"""How to take one part of an array's first item, as text."""

FLATTENING = {
    "postgres": {"flattening_enabled": True, "flattening_max_depth": 2},
    "snowflake": {"flattening_enabled": True, "flattening_max_depth": 2},
    "duckdb": {"data_flattening_max_level": 2},
}
"""The settings with which a target flattens by itself, to any depth in use."""

MAP_WHEN_TARGET_FLATTENS = {"postgres": "kept", "snowflake": "kept", "duckdb": "lost"}
"""What becomes of a map: a column of JSON text, or nothing."""

ARRAY_WHEN_TARGET_FLATTENS = {
    "postgres": "text",
    "snowflake": "text",
    "duckdb": "json",
}
"""The type of the column that an array becomes; it has all of it."""

EMPTY_TEXT = {"postgres": "", "snowflake": "", "duckdb": None}
"""What becomes of an empty string."""

NAMES = {"postgres": "lower case", "snowflake": "upper case", "duckdb": "lower case"}
"""How the columns' names are stored."""

KEPT_MAPS = {
    "training_job_summaries": {
        "tuned_hyper_parameters": "json.dumps(tuned_hyper_parameters)"
    },
    "training_job_details": {"hyper_parameters": "json.dumps(hyper_parameters)"},
}
"""The stream maps that keep hyperparameters whether tap or target flattens."""

VERSIONS = {
    "postgres": "meltanolabs-target-postgres 0.8.1",
    "snowflake": "meltanolabs-target-snowflake 0.20.4",
    "duckdb": "target-duckdb 0.8.0, duckdb 1.2.2",
}


def table() -> str:
    """The table of docs/warehouses.md, in Markdown."""
    rows = [
        ("Version tested", VERSIONS),
        ("Objects and maps", {t: f"`{TYPES[t]['object']}`" for t in TARGETS}),
        ("Arrays", {t: f"`{ARRAYS[t]}`" for t in TARGETS}),
        (
            "One hyperparameter",
            {
                t: f"`{PART[t].format(column='tuned_hyper_parameters', key='eta')}`"
                for t in TARGETS
            },
        ),
        (
            "A part of an array's first item",
            {
                t: f"`{ITEM[t].format(column='final_metric_data_list', key='value')}`"
                for t in TARGETS
            },
        ),
        ("Numbers", {t: f"`{TYPES[t]['number']}`, exact" for t in TARGETS}),
        ("Whole numbers", {t: f"`{TYPES[t]['integer']}`" for t in TARGETS}),
        ("Times, in UTC", {t: f"`{TYPES[t]['time']}`" for t in TARGETS}),
        (
            "How to test for a missing metric",
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
            "Maps, if the target flattens",
            {
                t: {"kept": "JSON text", "lost": "**lost**: null"}[
                    MAP_WHEN_TARGET_FLATTENS[t]
                ]
                for t in TARGETS
            },
        ),
        (
            "Arrays, if the target flattens",
            {
                t: {"text": "JSON text", "json": "`json`"}[
                    ARRAY_WHEN_TARGET_FLATTENS[t]
                ]
                for t in TARGETS
            },
        ),
        ("Maps and arrays, if the tap flattens", dict.fromkeys(TARGETS, "JSON text")),
        ("Maps, with the stream maps below", dict.fromkeys(TARGETS, "JSON text")),
        (
            "Empty string",
            {t: {"": "kept", None: "null"}[EMPTY_TEXT[t]] for t in TARGETS},
        ),
    ]
    lines = ["| Target | target-postgres | target-snowflake | target-duckdb |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [
        f"| {title} | {' | '.join(cells[t] for t in TARGETS)} |"
        for title, cells in rows
    ]
    return "\n".join(lines)
