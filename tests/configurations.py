"""Valid and invalid configurations, and the error line for each invalid one."""

from __future__ import annotations

import copy
from typing import Any

from tap_sagemaker_tuning.settings.schema import schema
from tap_sagemaker_tuning.tap import TapSageMakerTuning

ROLE = "arn:aws:iam::123456789012:role/tuning-reader"
OTHER_ROLE = "arn:aws:iam::210987654321:role/tuning-reader"
SECRET = "hunter2-never-shown"  # noqa: S105 - must not show up anywhere
KEY = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": SECRET}

DECLARED: dict[str, Any] = schema()["properties"]
TEXTS = [name for name in DECLARED if DECLARED[name]["type"] == ["string"]]
NUMBERS = [name for name in DECLARED if DECLARED[name]["type"] == ["integer"]]
MOST: dict[str, int] = {
    name: DECLARED[name]["maximum"] for name in NUMBERS if "maximum" in DECLARED[name]
}
"""The maximum of each setting that has one."""
LISTS = [name for name in DECLARED if DECLARED[name]["type"] == ["array"]]
SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
PAGINATOR: dict[str, Any] = {
    "sort_by": "Name",
    "sort_order": "Descending",
    "max_items": 5,
    "starting_token": "token",
}


def all_settings() -> dict[str, Any]:
    """JSON Schema of all settings, including the SDK's own."""
    schema = copy.deepcopy(TapSageMakerTuning.config_jsonschema)
    TapSageMakerTuning.append_builtin_config(schema)
    return schema


def role(**more: Any) -> dict[str, Any]:
    """An entry of assume_roles."""
    return {"role_arn": ROLE, **more}


ENUMS = {
    name: ", ".join(setting["enum"])
    for name, setting in DECLARED.items()
    if "enum" in setting
}
"""The allowed values of each setting that lists them."""
ARN_FORM = "is not a role's ARN such as arn:aws:iam::123456789012:role/tuning-reader"
ID_FORM = "not 2 to 1,224 letters, digits and any of _+=,.@:/-"
URL_FORM = "is not of the form http://localhost:5000"
BOTH = "is set: both or neither"
NEEDS_A_KEY = (
    "aws_session_token: needs aws_access_key_id and aws_secret_access_key, the key "
    "that it belongs to"
)
ONE_NEEDED = (
    "starting_token: needs one name in tuning_job_names, and one account and region: a "
    "token is valid for one tuning job only"
)


def typed(name: str, value: Any, kind: str) -> str:
    """The line about a value of the wrong type, without the value if it is secret."""
    is_secret = name in (*SECRETS, "assume_roles", "aws_profile", "aws_endpoint_url")
    shown = "the value" if is_secret else repr(value)
    return f"{name}: {shown} is not {kind}" + listed(name, value)


def listed(name: str, value: Any) -> str:
    """The end of the line, if the setting allows only some values."""
    known = ENUMS.get(name)
    return f"; {name}: {value!r} is not one of {known}" if known else ""


A_ROLE = f'{{"role_arn": "{ROLE}"}}'
A_LIST = {
    "regions": 'a list such as ["us-east-1"]',
    "assume_roles": f"a list such as [{A_ROLE}]",
    "streams": 'a list such as ["tuning_jobs"]',
    "tuning_job_names": 'a list such as ["churn-xgb-230204"]',
}
KINDS = {
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(NUMBERS, "a whole number"),
    **{name: A_LIST[name] for name in LISTS},
}

# The test's name, the configuration, and the error line.
BAD: list[tuple[str, dict[str, Any], str]] = [
    # unknown
    (
        "unknown",
        {"region": "us-east-1"},
        "region: no such setting. Did you mean regions?",
    ),
    (
        "unknown: case",
        {"Regions": ["us-east-1"]},
        "Regions: no such setting. Did you mean regions?",
    ),
    (
        "unknown: two",
        {"lookback": 1, "aws_region": "x"},
        "aws_region, lookback: no such setting. Did you mean regions?",
    ),
    ("unknown: like none", {"lookback": 1}, "lookback: no such setting"),
    (
        "unknown: BATCH is not offered",
        {"batch_config": {}},
        "batch_config: no such setting. Did you mean faker_config?",
    ),
    (
        "unknown in a role",
        {"assume_roles": [role(RoleArn=ROLE)]},
        "RoleArn: no such setting in assume_roles[0]. Did you mean role_arn?",
    ),
    # wrong type
    *[
        (f"type: {name} is a number", {name: 20260131}, typed(name, 20260131, "text"))
        for name in TEXTS
    ],
    *[
        (f"type: {name} is a list", {name: ["x"]}, typed(name, ["x"], "text"))
        for name in TEXTS
    ],
    *[
        (f"type: {name} is text", {name: "7"}, typed(name, "7", "a whole number"))
        for name in NUMBERS
    ],
    *[
        (f"type: {name} is true", {name: True}, typed(name, True, "a whole number"))  # noqa: FBT003
        for name in NUMBERS
    ],
    *[
        (f"type: {name} is a fraction", {name: 1.5}, typed(name, 1.5, "a whole number"))
        for name in NUMBERS
    ],
    *[
        (f"type: {name} is text", {name: "us-1"}, typed(name, "us-1", A_LIST[name]))
        for name in LISTS
    ],
    (
        "type: regions holds a number",
        {"regions": ["us-east-1", 5]},
        'regions[1]: 5 is not text such as "us-east-1"',
    ),
    (
        "type: tuning_job_names holds a number",
        {"tuning_job_names": [5]},
        'tuning_job_names[0]: 5 is not text such as "churn-xgb-230204"',
    ),
    (
        "type: assume_roles holds a number",
        {"assume_roles": [5]},
        f"assume_roles[0]: the value is not an object such as {A_ROLE}",
    ),
    (
        "type: assume_roles is an object",
        {"assume_roles": role(external_id=SECRET)},
        f"assume_roles: the value is not {A_LIST['assume_roles']}",
    ),
    (
        "type: assume_roles holds text",
        {"assume_roles": [SECRET]},
        f"assume_roles[0]: the value is not an object such as {A_ROLE}",
    ),
    (
        "type: role_arn",
        {"assume_roles": [{"role_arn": 5}]},
        "assume_roles[0][role_arn]: the value is not text",
    ),
    (
        "type: external_id",
        {"assume_roles": [role(external_id=[SECRET])]},
        "assume_roles[0][external_id]: the value is not text",
    ),
    (
        "type: external_id of the second role",
        {"assume_roles": [role(), {"role_arn": OTHER_ROLE, "external_id": [SECRET]}]},
        "assume_roles[1][external_id]: the value is not text",
    ),
    (
        "type: regions of a role",
        {"assume_roles": [role(regions="us-east-1")]},
        f"assume_roles[0][regions]: the value is not {A_LIST['regions']}",
    ),
    (
        "type: stream_maps",
        {"stream_maps": []},
        "stream_maps: [] is not an object",
    ),
    (
        "type: stream_map_config",
        {"stream_map_config": [SECRET]},
        "stream_map_config: the value is not an object",
    ),
    (
        "type: profile",
        {"aws_profile": {"key": SECRET}},
        "aws_profile: the value is not text",
    ),
    *[
        (
            f"endpoint with a token: {url}",
            {"aws_endpoint_url": url},
            f"aws_endpoint_url: a URL with a query {URL_FORM}",
        )
        for url in (
            f"https://vpce.example/?token={SECRET}",
            f"vpce.example?token={SECRET}",
            f"https://vpce.example/#{SECRET}",
        )
    ],
    (
        "type: flattening_enabled",
        {"flattening_enabled": "y"},
        "flattening_enabled: 'y' is not true or false",
    ),
    (
        "type: flattening_max_depth",
        {"flattening_enabled": True, "flattening_max_depth": "1"},
        "flattening_max_depth: '1' is not a whole number",
    ),
    (
        "missing role_arn",
        {"assume_roles": [{"external_id": SECRET}]},
        "assume_roles[0]: 'role_arn' is a required property",
    ),
    (
        "missing depth",
        {"flattening_enabled": True},
        "flattening_max_depth: missing, while flattening_enabled is set",
    ),
    # null and empty
    *[
        (f"null: {name}", {name: None}, typed(name, None, kind))
        for name, kind in KINDS.items()
    ],
    (
        "null: external_id",
        {"assume_roles": [role(external_id=None)]},
        "assume_roles[0][external_id]: the value is not text",
    ),
    (
        "null: in regions",
        {"regions": [None]},
        'regions[0]: None is not text such as "us-east-1"',
    ),
    *[
        (
            f"empty: {name}",
            {name: ""},
            listed(name, "").removeprefix("; ") or f"{name}: is empty",
        )
        for name in TEXTS
    ],
    *[
        (f"empty: {name}", {name: []}, f"{name}: is empty: leave it out, or name one")
        for name in ("regions", "tuning_job_names")
    ],
    (
        "empty: assume_roles",
        {"assume_roles": []},
        "assume_roles: is empty: leave it out, or name a role",
    ),
    ("empty: in regions", {"regions": [""]}, "regions[0]: is empty"),
    (
        "empty: in tuning_job_names",
        {"tuning_job_names": [""]},
        "tuning_job_names[0]: is empty",
    ),
    (
        "empty: regions of a role",
        {"assume_roles": [role(regions=[])]},
        "assume_roles[0][regions]: is empty: leave it out, or name one",
    ),
    # out of range
    *[(f"zero: {name}", {name: 0}, f"{name}: 0 is not at least 1") for name in NUMBERS],
    *[
        (f"negative: {name}", {name: -3}, f"{name}: -3 is not at least 1")
        for name in NUMBERS
    ],
    *[
        (
            f"range: {name}",
            {name: most + 1},
            f"{name}: {most + 1} is not at most {most}",
        )
        for name, most in MOST.items()
    ],
    *[
        (f"range: {name} {text}", {name: text}, listed(name, text).removeprefix("; "))
        for name, text in (
            ("status_equals", "Succeeded"),
            ("status_equals", "completed"),
            ("sort_by", "creation_time"),
            ("sort_order", "desc"),
        )
    ],
    # dates
    *[
        (
            f"date: {text!r}",
            {"start_date": text},
            f"start_date: {text!r} is not a time such as 2026-01-31T00:00:00Z",
        )
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
    (
        "half a key: id",
        {"aws_access_key_id": "AKIA"},
        f"aws_secret_access_key: missing, while aws_access_key_id {BOTH}",
    ),
    (
        "half a key: secret",
        {"aws_secret_access_key": SECRET},
        f"aws_access_key_id: missing, while aws_secret_access_key {BOTH}",
    ),
    ("token alone", {"aws_session_token": SECRET}, NEEDS_A_KEY),
    (
        "token with half a key",
        {"aws_session_token": SECRET, "aws_access_key_id": "AKIA"},
        (
            f"aws_secret_access_key: missing, while aws_access_key_id {BOTH}; "
            f"{NEEDS_A_KEY}"
        ),
    ),
    (
        "token with the other half",
        {"aws_session_token": SECRET, "aws_secret_access_key": SECRET},
        (
            f"aws_access_key_id: missing, while aws_secret_access_key {BOTH}; "
            f"{NEEDS_A_KEY}"
        ),
    ),
    (
        "profile with a key",
        {"aws_profile": "dev", **KEY},
        "aws_profile: conflicts with aws_access_key_id: set only one of them",
    ),
    (
        "profile with half a key",
        {"aws_profile": "dev", "aws_secret_access_key": SECRET},
        (
            f"aws_access_key_id: missing, while aws_secret_access_key {BOTH}; "
            "aws_profile: conflicts with aws_access_key_id: set only one of them"
        ),
    ),
    (
        "profile with a token",
        {"aws_profile": "dev", "aws_session_token": SECRET},
        NEEDS_A_KEY,
    ),
    # endpoint
    *[
        (
            f"endpoint: {url!r}",
            {"aws_endpoint_url": url},
            f"aws_endpoint_url: {url!r} {URL_FORM}",
        )
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
        )
    ],
    *[
        (
            f"endpoint: {url!r}",
            {"aws_endpoint_url": url},
            f"aws_endpoint_url: a URL with a password {URL_FORM}",
        )
        for url in (
            f"http://user:{SECRET}@localhost:5000",
            f"user:{SECRET}@localhost:5000",
        )
    ],
    # regions
    *[
        (
            f"region: {text!r}",
            {"regions": [text]},
            f"regions: {text!r} is not of the form us-east-1",
        )
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
        "assume_roles[0][regions]: 'us-east' is not of the form us-east-1",
    ),
    # roles
    *[
        (
            f"role: {arn!r}",
            {"assume_roles": [{"role_arn": arn}]},
            f"assume_roles[0][role_arn]: {arn!r} {ARN_FORM}",
        )
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
    (
        "the second role",
        {"assume_roles": [role(), {"role_arn": "x"}]},
        f"assume_roles[1][role_arn]: 'x' {ARN_FORM}",
    ),
    *[
        (
            f"external id: {len(text)} characters, {text[:9]!r}",
            {"assume_roles": [role(external_id=text)]},
            f"assume_roles[0][external_id]: {ID_FORM}",
        )
        for text in ("a", "a" * 1225, f"{SECRET} x", "a;b", "ab\n")
    ],
    (
        "external id: of the second role",
        {"assume_roles": [role(), {"role_arn": OTHER_ROLE, "external_id": "a b"}]},
        f"assume_roles[1][external_id]: {ID_FORM}",
    ),
    # names
    *[
        (
            f"name: {text!r}",
            {"tuning_job_names": [text]},
            f"tuning_job_names: {text!r} is not of the form churn-xgb-230204",
        )
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
        (
            f"part: {text!r}",
            {"name_contains": text},
            f"name_contains: {text!r} is not 1 to 63 letters, digits and hyphens",
        )
        for text in ("under_score", "two words", "a" * 64, "churn*", "churn\n")
    ],
    # duplicates
    (
        "twice: a region",
        {"regions": ["us-east-1", "us-east-1"]},
        "regions: 'us-east-1' is listed 2 times",
    ),
    (
        "twice: a name",
        {"tuning_job_names": ["a", "b", "a"]},
        "tuning_job_names: 'a' is listed 2 times",
    ),
    (
        "thrice: a name's case",
        {"tuning_job_names": ["Ab", "aB", "AB"]},
        "tuning_job_names: 'ab' is listed 3 times",
    ),
    (
        "twice: a region of a role",
        {"assume_roles": [role(regions=["us-east-1", "us-east-1"])]},
        (
            "assume_roles[0][regions]: 'us-east-1' is listed 2 times; assume_roles: 2 "
            "entries reach account 123456789012 in us-east-1"
        ),
    ),
    (
        "twice: a role",
        {"assume_roles": [role(), role()]},
        "assume_roles: 2 entries reach account 123456789012",
    ),
    (
        "twice: an account, through two roles",
        {"assume_roles": [role(), {"role_arn": f"{ROLE}-2"}]},
        "assume_roles: 2 entries reach account 123456789012",
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
        "assume_roles: 2 entries reach account 123456789012 in us-west-2",
    ),
    # contradictions
    (
        "names and a part of a name",
        {"tuning_job_names": ["churn"], "name_contains": "ch"},
        "name_contains: conflicts with tuning_job_names: set only one of them",
    ),
    ("token: no name", {"starting_token": "t"}, ONE_NEEDED),
    (
        "token: two names",
        {"starting_token": "t", "tuning_job_names": ["a", "b"]},
        ONE_NEEDED,
    ),
    (
        "token: two regions",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "regions": ["us-east-1", "us-west-2"],
        },
        ONE_NEEDED,
    ),
    (
        "token: two roles",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "assume_roles": [role(), {"role_arn": OTHER_ROLE}],
        },
        ONE_NEEDED,
    ),
    (
        "token: a role in two regions",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "assume_roles": [role(regions=["us-east-1", "us-west-2"])],
        },
        ONE_NEEDED,
    ),
    # several at once
    (
        "two at once",
        {"regions": ["nowhere"], "start_date": "soon"},
        (
            "regions: 'nowhere' is not of the form us-east-1; "
            "start_date: 'soon' is not a time such as 2026-01-31T00:00:00Z"
        ),
    ),
    (
        "two at once, by type",
        {"page_size": 0, "regions": 5},
        f"regions: 5 is not {A_LIST['regions']}; page_size: 0 is not at least 1",
    ),
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
    ("smallest numbers", dict.fromkeys(MOST, 1)),
    ("largest numbers", MOST),
    *[
        (f"status: {status}", {"status_equals": status})
        for status in ("Completed", "Failed", "Stopped")
    ],
    ("flattening", {"flattening_enabled": True, "flattening_max_depth": 2}),
    ("stream maps", {"stream_maps": {"tuning_jobs": {"region": "region"}}}),
]
