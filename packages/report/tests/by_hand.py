"""A few odd rows of the models, and the page's content for them, both written by
hand."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from .columns import COLUMNS
from .story import EAST, IRELAND, OURS, THEIRS, Row, Story

DAY = datetime(2026, 3, 2)  # noqa: DTZ001 - UTC, as in warehouses
MIDNIGHT = 1772409600000
"""Midnight of that day in milliseconds since 1970."""


def at(minutes: float) -> datetime:
    """A time of that day, as in a warehouse."""
    return DAY + timedelta(minutes=minutes)


def ms(minutes: int) -> int:
    """A time of that day, as on the page."""
    return MIDNIGHT + minutes * 60_000


def keys(name: str, account: str = OURS, region: str = EAST) -> Row:
    """The columns that each row of a tuning job has."""
    return {
        "account_id": account,
        "region": region,
        "tuning_job_name": name,
        "tuning_job_arn": f"arn:{name}",
    }


def rows(names: str, *values: tuple[Any, ...], **same: Any) -> list[Row]:
    """Rows of a table, from column names and each row's values."""
    columns = names.split()
    return [same | dict(zip(columns, row, strict=True)) for row in values]


TRIAL = "training_job_name definition_name outcome objective_value place "
TIMES = "created_at started_at ended_at duration_seconds "
MORE = "cost instance_type instance_count failure is_of_deleted_namesake"
TRIALS = [
    *rows(
        TRIAL + TIMES + MORE,
        ("t-5", "a", "running", None, None, at(604), None, None, None, *[None] * 5),
        (
            *("t-1", "a", "completed", 0.0, 2, at(600), at(601), at(611), 600.0),
            *(0.5, "ml.m5.xlarge", 2, None, False),
        ),
        (
            *("t-2", "a", "completed", 0.5, 1, at(601), at(611), at(631), 1200.0),
            *(0.25, "ml.m5.xlarge", 1, None, False),
        ),
        (
            *("t-3", "a", "running", None, None, at(602), at(605), None, None),
            *(None, None, 3, None, None),
        ),
        (
            *("t-4", "a", "failed", None, None, at(603), None, at(604), None),
            *(None, None, None, "boom", False),
        ),
        (
            *("t-6", "a", "failed", None, None, at(610), at(612), at(613), 60.0),
            *(None, None, None, None, False),
        ),
        (
            *("t-8", "a", "failed", None, None, at(610), at(612), at(613), 60.0),
            *(None, None, None, "ash", False),
        ),
        (
            *("t-7", "a", "failed", None, None, at(610), at(612), at(614), 120.0),
            *(None, None, None, "boom", False),
        ),
        (
            *("u-1", "b", "completed", math.nan, None, at(620), at(620), at(621), 60.0),
            *(math.inf, None, None, None, False),
        ),
        (
            *("u-4", "b", "completed", 3.0, 1, at(622), at(622), at(624), 120.0),
            *(None, None, None, None, False),
        ),
        (
            *("u-2", "b", "stopped_early", 3.0, 1, at(621), at(621), at(622), 60.0),
            *(None, None, None, None, False),
        ),
        (
            *("u-3", "b", "completed", 3000.0, 3, at(621), at(621), at(623), 120.0),
            *(None, None, None, None, False),
        ),
        **keys("new"),
        objective_metric_name="validation:f1",
        objective_direction="Maximize",
    ),
    *rows(
        TRIAL + TIMES + MORE,
        (
            *("old-1", None, "completed", 1.0, None, at(10), at(11), at(12), 60.0),
            *(None, None, None, None, True),
        ),
        (
            *("old-2", None, None, None, None, at(490), at(491), at(492), 60.0),
            *(None, None, None, None, False),
        ),
        **keys("old", THEIRS, IRELAND),
        objective_metric_name=None,
        objective_direction=None,
    ),
    *rows(
        TRIAL + TIMES + MORE,
        ("loose-2", None, "running", None, None, at(310), *[None] * 8),
        ("loose-1", None, "running", None, None, at(300), *[None] * 8),
        **keys("loose"),
        objective_metric_name=None,
        objective_direction=None,
    ),
]
for row in TRIALS:
    row["training_job_arn"] = "arn:" + row["training_job_name"]
    row["failure_group"] = None

STORY = Story(
    scopes=rows(
        "account_id region status complete_as_of ended_at error tuning_jobs_open calls",
        (THEIRS, IRELAND, "failed", None, None, "denied", None, None),
        (THEIRS, EAST, "complete", at(660), at(661), None, 0, 7),
        (OURS, EAST, "complete", at(719), at(720), None, 1, 12),
    ),
    tuning_jobs=[
        {**keys("new"), "tuning_job_status": "InProgress", "creation_time": at(599)},
        {
            **keys("old", THEIRS, IRELAND),
            "tuning_job_status": "Completed",
            "creation_time": at(480),
        },
    ],
    marts={name: [] for name in COLUMNS}
    | {
        "trials": TRIALS,
        "leaderboard": [row for row in TRIALS if row["place"] is not None],
        "progress": rows(
            "definition_name training_job_arn trial_number ended_at best_so_far",
            ("b", "arn:u-4", 3, at(624), 3.0),
            ("b", "arn:u-3", 2, at(623), 3.0),
            ("b", "arn:u-2", 1, at(622), 3.0),
            ("a", "arn:t-8", 3, at(632), 0.5),
            ("a", "arn:t-2", 2, at(631), 0.5),
            ("a", "arn:t-1", 1, at(611), 0.0),
            (None, "arn:t-0", 3, at(700), 0.9),
            ("b", "arn:u-5", 4, at(701), None),
            **keys("new"),
        ),
        "spend": rows(
            "outcome trials duration_seconds cost currency spot_saved_seconds "
            "trials_with_cost",
            ("failed", 4, 240.0, None, None, 0.0, 0),
            ("completed", 5, 2100.0, 0.75, "USD", 30.0, 3),
            **keys("new"),
        )
        + rows(
            "outcome trials duration_seconds cost currency spot_saved_seconds "
            "trials_with_cost",
            (None, 1, None, None, None, None, None),
            **keys("old", THEIRS, IRELAND),
        ),
        "completeness": [
            {
                **keys("new"),
                "counted_trials": 13,
                "is_complete": False,
                "scope_status": "complete",
            },
            {
                **keys("old", THEIRS, IRELAND),
                "counted_trials": 1,
                "is_complete": None,
                "scope_status": None,
            },
            {
                **keys("empty"),
                "counted_trials": 0,
                "is_complete": True,
                "scope_status": None,
            },
        ],
        "freshness": rows(
            "running_trials oldest_created_at", (2, at(602)), **keys("new")
        ),
        "hyper_parameters": rows(
            "training_job_arn name value number",
            ("arn:t-1", "weak", "2", 2.0),
            ("arn:t-2", "weak", "4", 4.0),
            ("arn:t-1", "z-strong", "10", 10.0),
            ("arn:t-2", "z-strong", "1000", 1000.0),
            ("arn:t-1", "a-word", "adam", None),
            ("arn:t-2", "a-word", "NaN", None),
            ("arn:u-2", "of-b", "1", 1.0),
            **keys("new"),
        ),
        "hyper_parameter_effects": rows(
            "definition_name name trials rank_correlation best_quarter_low "
            "best_quarter_high",
            ("b", "z-strong", 3, 0.1, 1.0, 1.0),
            ("a", "weak", 2, 0.2, 2.0, 4.0),
            ("a", "z-strong", 2, -0.9, 10.0, 10.0),
            **keys("new"),
        ),
        "importance": rows(
            "definition_name name trials importance",
            ("a", "weak", 2, 0.25),
            ("a", "a-word", 2, 0.5),
            ("b", "weak", 3, 0.9),
            **keys("new"),
        ),
        "next_ranges": rows(
            "definition_name name scaling_type reason trials parameter_ranges"
            " best_trials range_min range_max next_min next_max range_values"
            " next_values",
            (
                *("a", "z-strong", "Logarithmic", "narrowed", 2, '{"a":1}', 1),
                *(1.0, 10000.0, 5.0, 20.0, None, None),
            ),
            (
                *("a", "a-word", None, "kept", 2, '{"a":1}', None),
                *(None, None, None, None, '["adam"]', '["adam"]'),
            ),
            **keys("new"),
        ),
        "tuning_job_summary": rows(
            "family trials_to_best seconds_to_best cost_to_best "
            "trials_to_best_with_cost",
            ("f", 4, 90.0, 0.5, 3),
            **keys("new"),
        ),
        "range_edges": rows(
            "definition_name name range_min range_max scaling_type edge",
            ("a", "z-strong", 1.0, 10000.0, "Logarithmic", "low"),
            ("a", "weak", 0.0, None, "Linear", None),
            **keys("new"),
        ),
    },
)


def fact(**known: Any) -> list[Row]:
    """The page's content from `completeness`."""
    names = (
        "counted_trials loaded_trials is_complete is_deleted scope_status "
        "complete_as_of ended_at"
    )
    return [dict.fromkeys(names.split()) | known]


NOTHING: Row = {
    name: [] for name in ("utilisation", "early_stopping", "lineage", "freshness")
}
AS_OF = ms(719)
DEFINITION_A = {
    "name": "a",
    "metric": "validation:f1",
    "direction": "Maximize",
    "best": 0.5,
    "best_trials": ["t-2"],
    "is_log": False,  # one of the two objectives is 0
    "outcomes": {"completed": 2, "running": 2, "failed": 4},
    "measured": 2,
    "ranked": 2,
    "last_place": 2,
    "slots": 7,
    "seconds": 2040,
    "ended": 6,
    "never_started": 1,
    "cost": 0.75,
    "with_cost": 2,
    "failures": [
        {"failure": "boom", "trials": 2, "seconds": 120, "newest": "t-7"},
        {"failure": "ash", "trials": 1, "seconds": 60, "newest": "t-8"},
        {"failure": "no reason given", "trials": 1, "seconds": 60, "newest": "t-6"},
    ],
    "trials": {
        "name": ["t-1", "t-2", "t-3", "t-4", "t-5", "t-6", "t-7", "t-8"],
        "outcome": [
            *("completed", "completed", "running", "failed"),
            *("running", "failed", "failed", "failed"),
        ],
        "value": [0, 0.5, *[None] * 6],
        "place": [2, 1, *[None] * 6],
        # t-4 ended without a start, and t-5 still waits for one.
        "started": [
            *(ms(601), ms(611), ms(605), None),
            *(None, ms(612), ms(612), ms(612)),
        ],
        "waited": [60, 600, 180, 60, 6900, 120, 120, 120],
        "ended": [
            *(ms(611), ms(631), None, ms(604)),
            *(None, ms(613), ms(614), ms(613)),
        ],
        "until": [None, None, AS_OF, None, AS_OF, None, None, None],
        # t-4 has ended when t-5 is created, so they share a slot.
        "slot": [0, 1, 2, 3, 3, 4, 6, 5],
        "seconds": [600, 1200, None, None, None, 60, 120, 60],
        "cost": [0.5, 0.25, *[None] * 6],
        "instance": ["2 \N{MULTIPLICATION SIGN} ml.m5.xlarge", "ml.m5.xlarge"]
        + [None] * 6,
        "failure": [
            *(None, None, None, "boom"),
            *(None, "no reason given", "boom", "ash"),
        ],
        "group": [None] * 8,
        "model": [],
    },
    "models": [],
    "is_adaptive": False,
    "drawn": None,
    "curve": [[ms(611), 0, 1], [ms(631), 0.5, 2]],
    "parameters": [
        {
            "name": "a-word",
            "kind": "category",
            "values": ["adam", "NaN", *[None] * 6],
            "positions": [1, 0, *[None] * 6],
            "ticks": [(0, "NaN"), (1, "adam")],
            "range": None,
            "edge": None,
            "correlation": None,
            "best_quarter": [None, None],
            "importance": 0.5,
            "chance": None,
            "trials": 2,
        },
        {
            "name": "weak",
            "kind": "linear",
            "values": [2, 4, *[None] * 6],
            "positions": [0.5, 1, *[None] * 6],
            "ticks": [(0, "0"), (0.5, "2"), (1, "4")],
            "range": None,
            "edge": None,
            "correlation": 0.2,
            "best_quarter": [2, 4],
            "importance": 0.25,
            "chance": None,
            "trials": 2,
        },
        {
            "name": "z-strong",
            "kind": "log",
            "values": [10, 1000, *[None] * 6],
            "positions": [0.25, 0.75, *[None] * 6],
            "ticks": [
                *[(0, "1"), (0.25, "10"), (0.5, "100"), (0.75, "1000")],
                (1, "10,000"),
            ],
            "range": (1, 10_000),
            "edge": "low",
            "correlation": -0.9,
            "best_quarter": [10, 10],
            "importance": None,
            "chance": None,
            "trials": 2,
        },
    ],
    "ranges": {
        "rows": [
            {
                "name": "a-word",
                "now": ["adam"],
                "next": ["adam"],
                "scale": None,
                "reason": "kept",
                "trials": 2,
                "best_trials": None,
                "importance": 0.5,
                "bars": None,
                "dots": [],
            },
            {
                "name": "z-strong",
                "now": [1, 10_000],
                "next": [5, 20],
                "scale": "Logarithmic",
                "reason": "narrowed",
                "trials": 2,
                "best_trials": 1,
                "importance": None,
                # On a logarithmic scale from 1 to 10,000; t-2 has 1000.
                "bars": [[0, 1], [0.1747, 0.3253]],
                "dots": [0.75],
            },
        ],
        "json": '{\n  "a": 1\n}',
    },
}
DEFINITION_B = {
    "name": "b",
    "metric": "validation:f1",
    "direction": "Maximize",
    "best": 3,
    "best_trials": ["u-2", "u-4"],
    "is_log": True,  # 3 and 3000; a value that is not finite does not count
    "outcomes": {"completed": 3, "stopped_early": 1},
    "measured": 3,
    "ranked": 3,
    "last_place": 3,
    "slots": 2,
    "seconds": 360,
    "ended": 4,
    "never_started": 0,
    "cost": None,
    "with_cost": 0,
    "failures": [],
    "trials": {
        "name": ["u-1", "u-2", "u-3", "u-4"],
        "outcome": ["completed", "stopped_early", "completed", "completed"],
        "value": [None, 3, 3000, 3],
        "place": [None, 1, 3, 1],
        "started": [ms(620), ms(621), ms(621), ms(622)],
        "waited": [0, 0, 0, 0],
        "ended": [ms(621), ms(622), ms(623), ms(624)],
        "slot": [0, 0, 1, 0],
        "seconds": [60, 60, 120, 120],
        "cost": [None] * 4,
        "instance": [None] * 4,
        "failure": [None] * 4,
        "until": [None] * 4,
        "group": [None] * 4,
        "model": [],
    },
    "models": [],
    "is_adaptive": False,
    "drawn": None,
    "curve": [[ms(622), 3, 1]],
    "parameters": [
        {
            "name": "of-b",
            "kind": "linear",
            "values": [None, 1, None, None],
            "positions": [None, 0.5, None, None],
            "ticks": [(0.5, "1")],
            "range": None,
            "edge": None,
            "correlation": None,
            "best_quarter": [None, None],
            "importance": None,
            "chance": None,
            "trials": 0,
        }
    ],
    "ranges": None,
}
TOGETHER = {
    "name": "*",
    "metric": "validation:f1",
    "direction": "Maximize",
    "best": 3000,
    "best_trials": ["u-3"],
    "is_log": False,
    "outcomes": {"completed": 5, "running": 2, "failed": 4, "stopped_early": 1},
    "measured": 5,
    "ranked": 5,
    "last_place": 5,
    "slots": 7,
    "seconds": 2400,
    "ended": 10,
    "never_started": 1,
    "cost": 0.75,
    "with_cost": 2,
    "failures": DEFINITION_A["failures"],
    "models": [],
    "is_adaptive": False,
    "drawn": None,
    # Ordered by end: t-1, u-2, u-3, u-4, t-2.
    "curve": [[ms(611), 0, 1], [ms(622), 3, 2], [ms(623), 3000, 3]],
    "ranges": None,
}
"""The content for all definitions together; trials and hyperparameters are shown for
one definition at a time."""
TOGETHER_PLACES = [5, 4, *[None] * 6, None, 2, 1, 2]
TOGETHER_SLOTS = [0, 1, 2, 3, 3, 4, 6, 5, 0, 0, 4, 0]
OLD: Row = {
    "name": None,
    "metric": None,
    "direction": None,
    "best": None,
    "best_trials": [],
    "is_log": False,
    "outcomes": {"unknown": 1},
    "measured": 0,
    "ranked": 0,
    "last_place": 0,
    "slots": 1,
    "seconds": 60,
    "ended": 1,
    "never_started": 0,
    "cost": None,
    "with_cost": 0,
    "failures": [],
    "trials": {
        "name": ["old-2"],
        "outcome": ["unknown"],
        "value": [None],
        "place": [None],
        "started": [ms(491)],
        "waited": [60],
        "ended": [ms(492)],
        "slot": [0],
        "seconds": [60],
        "cost": [None],
        "instance": [None],
        "failure": [None],
        "until": [None],
        "group": [None],
        "model": [],
    },
    "models": [],
    "is_adaptive": False,
    "drawn": None,
    "curve": [],
    "parameters": [],
    "ranges": None,
}
LOOSE: Row = {
    **OLD,
    "outcomes": {"running": 2},
    "slots": 2,
    "seconds": None,
    "ended": 0,
    "trials": {
        **{column: [None, None] for column in OLD["trials"]},
        "model": [],
        "name": ["loose-1", "loose-2"],
        "outcome": ["running", "running"],
        "until": [AS_OF, AS_OF],
        "waited": [25_140, 24_540],
        "slot": [0, 1],
    },
}
JOBS: list[Row] = [
    {
        "key": "arn:new",
        "account": OURS,
        "region": EAST,
        "name": "new",
        "created": ms(599),
        "status": "InProgress",
        "complete": False,
        "deleted": False,
        "trials": 12,
        "definitions": [
            {name: DEFINITION_A[name] for name in [*DEFINITION_A][:5]},
            {name: DEFINITION_B[name] for name in [*DEFINITION_B][:5]},
        ],
        "outcomes": {
            "failed": {
                "trials": 4,
                "seconds": 240,
                "cost": None,
                "with_cost": 0,
                "spot_saved": 0,
            },
            "completed": {
                "trials": 5,
                "seconds": 2100,
                "cost": 0.75,
                "with_cost": 3,
                "spot_saved": 30,
            },
        },
        "currency": "USD",
        "family": "f",
        "to_best": {"trials": 4, "seconds": 90, "cost": 0.5, "with_cost": 3},
        "curve": [[0, 0], [12, 100]],
        "view": {
            "as_of": AS_OF,
            "namesakes": 0,
            "facts": {
                **NOTHING,
                "freshness": [
                    {
                        "running_trials": 2,
                        "oldest_created_at": ms(602),
                        "last_loaded_at": None,
                    }
                ],
                "completeness": fact(
                    counted_trials=13, is_complete=False, scope_status="complete"
                ),
            },
            "definitions": [DEFINITION_A, DEFINITION_B],
            "together": TOGETHER,
            "series": [],
        },
    },
    {
        "key": "arn:old",
        "account": THEIRS,
        "region": IRELAND,
        "name": "old",
        "created": ms(480),
        "status": "Completed",
        "complete": None,
        "deleted": False,
        "trials": 1,
        "definitions": [{name: OLD[name] for name in [*OLD][:5]}],
        "outcomes": {
            "unknown": {
                "trials": 1,
                "seconds": None,
                "cost": None,
                "with_cost": 0,
                "spot_saved": None,
            }
        },
        "currency": None,
        "family": None,
        "to_best": None,
        "curve": [],
        "view": {
            "as_of": ms(492),  # its scope failed: the last time that it has
            "namesakes": 1,
            "facts": {**NOTHING, "completeness": fact(counted_trials=1)},
            "definitions": [OLD],
            "together": None,
            "series": [],
        },
    },
    {
        # Only known by its trials.
        "key": "arn:loose",
        "account": OURS,
        "region": EAST,
        "name": "loose",
        "created": ms(300),
        "status": None,
        "complete": None,
        "deleted": False,
        "trials": 2,
        "definitions": [{name: LOOSE[name] for name in [*LOOSE][:5]}],
        "outcomes": {},
        "currency": None,
        "family": None,
        "to_best": None,
        "curve": [],
        "view": {
            "as_of": AS_OF,
            "namesakes": 0,
            "facts": {**NOTHING, "completeness": []},
            "definitions": [LOOSE],
            "together": None,
            "series": [],
        },
    },
    {
        "key": "arn:empty",
        "account": OURS,
        "region": EAST,
        "name": "empty",
        "created": None,
        "status": None,
        "complete": True,
        "deleted": False,
        "trials": 0,
        "definitions": [],
        "outcomes": {},
        "currency": None,
        "family": None,
        "to_best": None,
        "curve": [],
        "view": {
            "as_of": AS_OF,
            "namesakes": 0,
            "facts": {
                **NOTHING,
                "completeness": fact(counted_trials=0, is_complete=True),
            },
            "definitions": [],
            "together": None,
            "series": [],
        },
    },
]
