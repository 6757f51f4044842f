"""Bad and good configurations, and what the line about a bad one has to name."""

from __future__ import annotations

import copy
from typing import Any

from tap_sagemaker_tuning.tap import TapSageMakerTuning

ROLE = "arn:aws:iam::123456789012:role/tuning-reader"
OTHER_ROLE = "arn:aws:iam::210987654321:role/tuning-reader"
SECRET = "hunter2-never-shown"  # noqa: S105 - what must not show up anywhere
KEY = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": SECRET}

TEXTS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_profile",
    "aws_endpoint_url",
    "name_contains",
    "status_equals",
    "start_date",
    "sort_by",
    "sort_order",
    "starting_token",
)
NUMBERS = ("page_size", "max_items", "concurrency", "max_attempts")
LISTS = ("regions", "assume_roles", "tuning_job_names")
SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
PAGINATOR = {
    "sort_by": "Name",
    "sort_order": "Descending",
    "max_items": 5,
    "starting_token": "token",
}


def all_settings() -> dict[str, Any]:
    """JSON Schema of all settings, the SDK's own included."""
    schema = copy.deepcopy(TapSageMakerTuning.config_jsonschema)
    TapSageMakerTuning.append_builtin_config(schema)
    return schema


def role(**more: Any) -> dict[str, Any]:
    """An entry of assume_roles."""
    return {"role_arn": ROLE, **more}


# A name for the test, the configuration, and what the line has to name.
BAD: list[tuple[str, dict[str, Any], str]] = [
    # unknown
    ("unknown", {"region": "us-east-1"}, "region"),
    ("unknown: case", {"Regions": ["us-east-1"]}, "Regions"),
    ("unknown: two", {"lookback": 1, "aws_region": "x"}, "lookback aws_region"),
    ("unknown: BATCH is not offered", {"batch_config": {}}, "batch_config"),
    ("unknown in a role", {"assume_roles": [role(RoleArn=ROLE)]}, "RoleArn"),
    # wrong type
    *[(f"type: {name} is a number", {name: 20260131}, name) for name in TEXTS],
    *[(f"type: {name} is a list", {name: ["x"]}, name) for name in TEXTS],
    *[(f"type: {name} is text", {name: "7"}, name) for name in NUMBERS],
    *[(f"type: {name} is true", {name: True}, name) for name in NUMBERS],
    *[(f"type: {name} is a fraction", {name: 1.5}, name) for name in NUMBERS],
    *[(f"type: {name} is text", {name: "us-east-1"}, name) for name in LISTS],
    *[(f"type: {name} holds a number", {name: [5]}, name) for name in LISTS],
    ("type: assume_roles is an object", {"assume_roles": role()}, "assume_roles"),
    ("type: assume_roles holds text", {"assume_roles": [ROLE]}, "assume_roles"),
    ("type: role_arn", {"assume_roles": [{"role_arn": 5}]}, "role_arn"),
    ("type: external_id", {"assume_roles": [role(external_id=5)]}, "external_id"),
    (
        "type: regions of a role",
        {"assume_roles": [role(regions="us-east-1")]},
        "assume_roles regions",
    ),
    ("type: stream_maps", {"stream_maps": []}, "stream_maps"),
    ("type: flattening_enabled", {"flattening_enabled": "y"}, "flattening_enabled"),
    (
        "type: flattening_max_depth",
        {"flattening_enabled": True, "flattening_max_depth": "1"},
        "flattening_max_depth",
    ),
    ("missing role_arn", {"assume_roles": [{"external_id": "ab"}]}, "role_arn"),
    # null, and nothing
    *[(f"null: {n}", {n: None}, n) for n in (*TEXTS, *NUMBERS, *LISTS)],
    ("null: external_id", {"assume_roles": [role(external_id=None)]}, "external_id"),
    ("null: in regions", {"regions": [None]}, "regions"),
    *[(f"empty: {name}", {name: ""}, name) for name in TEXTS],
    *[(f"empty: {name}", {name: []}, name) for name in LISTS],
    ("empty: in regions", {"regions": [""]}, "regions"),
    ("empty: in tuning_job_names", {"tuning_job_names": [""]}, "tuning_job_names"),
    ("empty: regions of a role", {"assume_roles": [role(regions=[])]}, "regions"),
    # out of range
    *[(f"zero: {name}", {name: 0}, name) for name in NUMBERS],
    *[(f"negative: {name}", {name: -3}, name) for name in NUMBERS],
    ("range: page_size", {"page_size": 101}, "page_size"),
    ("range: concurrency", {"concurrency": 65}, "concurrency"),
    ("range: max_attempts", {"max_attempts": 101}, "max_attempts"),
    ("range: status_equals", {"status_equals": "Succeeded"}, "status_equals"),
    ("range: case of status_equals", {"status_equals": "completed"}, "status_equals"),
    ("range: sort_by", {"sort_by": "creation_time"}, "sort_by"),
    ("range: sort_order", {"sort_order": "desc"}, "sort_order"),
    # dates
    *[
        (f"date: {text!r}", {"start_date": text}, "start_date")
        for text in (
            "yesterday",
            "31/01/2026",
            "2026-02-30",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00+99:00",
            "2026-01-01T00:00:00Zulu",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "1767225600",
            "1767225600.5",
            "1.7672256E9",
            "1_767_225_600",
            "-86400",
            " 1767225600 ",
            "nan",
            "Infinity",
        )
    ],
    # credentials
    ("half a key: id", {"aws_access_key_id": "AKIA"}, "aws_secret_access_key"),
    ("half a key: secret", {"aws_secret_access_key": SECRET}, "aws_access_key_id"),
    ("token alone", {"aws_session_token": SECRET}, "aws_session_token"),
    (
        "token with half a key",
        {"aws_session_token": SECRET, "aws_access_key_id": "AKIA"},
        "aws_session_token aws_secret_access_key",
    ),
    ("profile with a key", {"aws_profile": "dev", **KEY}, "aws_profile"),
    (
        "profile with a token",
        {"aws_profile": "dev", "aws_session_token": SECRET},
        "aws_session_token",
    ),
    # endpoint
    *[
        (f"endpoint: {url!r}", {"aws_endpoint_url": url}, "aws_endpoint_url")
        for url in (
            "localhost:5000",
            "localhost",
            "//localhost:5000",
            "ftp://localhost:5000",
            "http://",
            "http://:5000",
            "http://localhost:port",
            "http://localhost:99999",
            "http://localhost:0",
            "http://[::1:5000",
            "http://local host:5000",
            " http://localhost:5000",
            "http://localhost:5000\n",
            f"http://user:{SECRET}@localhost:5000",
        )
    ],
    # regions
    *[
        (f"region: {text!r}", {"regions": [text]}, "regions")
        for text in (
            "us-east",
            "useast1",
            "US-EAST-1",
            "us_east_1",
            "us-east-1a",
            " us-east-1",
            "us-east-1\n",
            "us-east-1,us-west-2",
            "us-east-１",  # noqa: RUF001 - a digit, but not an ASCII one
            "https://api.sagemaker.us-east-1.amazonaws.com",
        )
    ],
    (
        "region: of a role",
        {"assume_roles": [role(regions=["us-east"])]},
        "assume_roles regions",
    ),
    # roles
    *[
        (f"role: {arn!r}", {"assume_roles": [{"role_arn": arn}]}, "role_arn")
        for arn in (
            "tuning-reader",
            "arn:aws:iam::123456789012:user/tuning-reader",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::12345678901:role/tuning-reader",
            "arn:aws:iam::1234567890123:role/tuning-reader",
            "arn:aws:iam::１２３４５６７８９０１２:role/tuning-reader",  # noqa: RUF001
            "arn:aws:sts::123456789012:assumed-role/tuning-reader/me",
            "arn:aws:iam:us-east-1:123456789012:role/tuning-reader",
            "arn:gcp:iam::123456789012:role/tuning-reader",
            "arn:aws:iam::123456789012:role/tuning reader",
            "arn:aws:iam::123456789012:role/tuning-reader\n",
        )
    ],
    *[
        (
            f"external id: {len(text)} characters, {text[:9]!r}",
            {"assume_roles": [role(external_id=text)]},
            "external_id",
        )
        for text in ("a", "a" * 1225, "with space", "a;b", "ab\n")
    ],
    # names
    *[
        (f"name: {text!r}", {"tuning_job_names": [text]}, "tuning_job_names")
        for text in (
            "under_score",
            "-churn",
            "churn-",
            "two words",
            "a" * 33,
            "a" + "-" * 31 + "b",
            "churn\n",
            "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/a",
        )
    ],
    *[
        (f"part: {text!r}", {"name_contains": text}, "name_contains")
        for text in ("under_score", "two words", "a" * 64, "churn*", "churn\n")
    ],
    # duplicates
    ("twice: a region", {"regions": ["us-east-1", "us-east-1"]}, "regions"),
    ("twice: a name", {"tuning_job_names": ["a", "b", "a"]}, "tuning_job_names"),
    ("twice: a name's case", {"tuning_job_names": ["Ab", "aB"]}, "tuning_job_names"),
    (
        "twice: a region of a role",
        {"assume_roles": [role(regions=["us-east-1", "us-east-1"])]},
        "regions",
    ),
    ("twice: a role", {"assume_roles": [role(), role()]}, "assume_roles"),
    (
        "twice: an account, through two roles",
        {"assume_roles": [role(), {"role_arn": f"{ROLE}-2"}]},
        "assume_roles 123456789012",
    ),
    (
        "twice: an account and region, one by default",
        {
            "regions": ["us-east-1", "us-west-2"],
            "assume_roles": [
                role(),
                {"role_arn": f"{ROLE}-2", "regions": ["us-west-2", "eu-west-1"]},
            ],
        },
        "assume_roles 123456789012 us-west-2",
    ),
    # contradictions
    (
        "names and a part of a name",
        {"tuning_job_names": ["churn"], "name_contains": "ch"},
        "name_contains tuning_job_names",
    ),
    ("token: no name", {"starting_token": "t"}, "starting_token tuning_job_names"),
    (
        "token: two names",
        {"starting_token": "t", "tuning_job_names": ["a", "b"]},
        "starting_token tuning_job_names",
    ),
    (
        "token: two regions",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "regions": ["us-east-1", "us-west-2"],
        },
        "starting_token",
    ),
    (
        "token: two roles",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "assume_roles": [role(), {"role_arn": OTHER_ROLE}],
        },
        "starting_token",
    ),
    (
        "token: a role in two regions",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "assume_roles": [role(regions=["us-east-1", "us-west-2"])],
        },
        "starting_token",
    ),
    # several at once
    (
        "two at once",
        {"regions": ["nowhere"], "start_date": "soon"},
        "regions start_date",
    ),
    ("two at once, by type", {"page_size": 0, "regions": 5}, "page_size regions"),
]

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("nothing", {}),
    ("a key", KEY),
    ("a temporary key", {**KEY, "aws_session_token": SECRET}),
    ("a profile", {"aws_profile": "dev"}),
    *[
        (f"endpoint: {url}", {"aws_endpoint_url": url})
        for url in (
            "http://localhost:5000",
            "https://emulator.example/sagemaker",
            "http://[::1]:5000",
            "http://127.0.0.1",
        )
    ],
    (
        "regions of any partition",
        {
            "regions": [
                "us-east-1",
                "ap-southeast-2",
                "cn-north-1",
                "us-gov-west-1",
                "us-iso-east-1",
                "us-isob-east-1",
                "eu-isoe-west-1",
                "eusc-de-east-1",
            ]
        },
    ),
    *[
        (f"role: {arn}", {"assume_roles": [{"role_arn": arn}]})
        for arn in (
            ROLE,
            "arn:aws-cn:iam::123456789012:role/tuning-reader",
            "arn:aws-us-gov:iam::123456789012:role/tuning-reader",
            "arn:aws-iso-b:iam::123456789012:role/tuning-reader",
            "arn:aws:iam::123456789012:role/team/ml/tuning+reader=a,b.c@d_e-f",
        )
    ],
    ("shortest external id", {"assume_roles": [role(external_id="ab")]}),
    ("longest external id", {"assume_roles": [role(external_id="a" * 1224)]}),
    ("external id", {"assume_roles": [role(external_id="Az09_+=,.@:/-")]}),
    (
        "two roles of an account, each its own region",
        {
            "assume_roles": [
                role(regions=["us-east-1"]),
                {"role_arn": f"{ROLE}-2", "regions": ["us-west-2"]},
            ]
        },
    ),
    (
        "two accounts in one region",
        {"regions": ["us-east-1"], "assume_roles": [role(), {"role_arn": OTHER_ROLE}]},
    ),
    ("names", {"tuning_job_names": ["a", "Churn-XGB-230204", "a--b", "a" * 32]}),
    *[(f"part: {text}", {"name_contains": text}) for text in ("-", "A1", "a" * 63)],
    *[
        (f"date: {text}", {"start_date": text})
        for text in (
            "2026-01-31",
            "2026-01-31T00:00:00Z",
            "2026-01-31T00:00:00",
            "2026-01-31 00:00:00",
            "2026-01-31T00:00:00.123456Z",
            "2026-01-31T02:00:00+02:00",
            "2024-02-29T00:00:00Z",
            "2099-01-01T00:00:00Z",
        )
    ],
    ("smallest numbers", {"page_size": 1, "concurrency": 1, "max_attempts": 1}),
    ("largest numbers", {"page_size": 100, "concurrency": 64, "max_attempts": 100}),
    *[
        (f"status: {status}", {"status_equals": status})
        for status in ("Completed", "Failed", "Stopped")
    ],
    ("flattening", {"flattening_enabled": True, "flattening_max_depth": 2}),
    ("stream maps", {"stream_maps": {"tuning_jobs": {"region": "region"}}}),
]
