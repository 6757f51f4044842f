"""Checks the settings before the first call, with one sentence per problem.

Pure: no call to AWS.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from tap_sagemaker_tuning.settings import ENABLED, Settings
from tap_sagemaker_tuning.settings.roles import ACCOUNT, Role
from tap_sagemaker_tuning.values import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# The API's own patterns: HyperParameterTuningJobName, NameContains.
_TUNING_JOB_NAME = re.compile(r"(?!.{33})[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
_NAME_CONTAINS = re.compile(r"[a-zA-Z0-9-]{1,63}")
_CONFIDENTIAL = (
    *(["assume_roles"], ["organization"], ["aws_profile"], ["aws_endpoint_url"]),
    ["stream_map_config"],
)
"""Paths of settings that can hold a secret, such as an external ID."""

_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "an object",
    "string": "text",
}
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+", re.ASCII)
# IAM's and Organizations' own patterns: a role's name with its path, ExternalId,
# and the IDs of a root and of an organizational unit.
_ROLE_NAME = re.compile(r"(?!role/)[\w+=,.@-]+(/[\w+=,.@-]+)*", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_UNIT = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ].*)?", re.ASCII)


def normalized(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Normalize a configuration, so that it can be checked and parsed.

    Args:
        config: The settings, as the user wrote them.
        schema: The JSON Schema of all settings, including the SDK's.

    Returns:
        The settings, with defaults, and with 2 for 2.0 where the type is integer.
    """
    properties = schema["properties"]
    settings = {
        name: setting["default"]
        for name, setting in properties.items()
        if "default" in setting
    }
    for name, value in config.items():
        is_whole = "integer" in properties.get(name, {}).get("type", ())
        settings[name] = _whole(value) if is_whole else value
    return settings


def problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Find what is wrong with a configuration.

    Args:
        config: The settings, normalized.
        schema: The JSON Schema of all settings, including the SDK's.

    Returns:
        One sentence per problem, with the setting's name but never a secret's value.
    """
    validator = Draft202012Validator(schema)
    violations = [
        _schema_problem(error, schema) for error in validator.iter_errors(config)
    ]
    if violations:
        return violations
    settings = Settings.of(config)
    return [
        *_credential_problems(settings),
        *_scope_problems(settings),
        *_filter_problems(settings),
        *_sdk_problems(config),
    ]


def suggestion(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Return ". Did you mean …?" with similar known names; empty if there are none."""
    guesses = [get_close_matches(wrong, known, n=1) for wrong in unknown]
    meant = ", ".join(guess[0] for guess in guesses if guess)
    return f". Did you mean {meant}?" if meant else ""


def _whole(value: Any) -> Any:
    """Convert 2.0 to 2, which JSON Schema considers the same integer.

    Only within ±2**53: beyond, floats do not represent every integer.
    """
    if isinstance(value, float | Decimal) and -(2**53) < value < 2**53:
        return int(value) if value % 1 == 0 else value
    return value


def _schema_problem(error: Any, schema: Mapping[str, Any]) -> str:
    """Describe a violation of the JSON Schema, without the value of a secret."""
    path = [str(part) for part in error.absolute_path]
    name = path[0] + "".join(f"[{part}]" for part in path[1:]) if path else ""
    rule, bound = error.validator, error.validator_value
    if rule == "additionalProperties":
        known = error.schema["properties"]
        unknown = sorted(set(error.instance) - set(known))
        problem = f"{', '.join(unknown)}: no such setting{name and f' in {name}'}"
        return problem + suggestion(unknown, known)
    is_secret = error.schema.get("secret") or path[:1] in _CONFIDENTIAL
    # The SDK reads a fraction in a file as a Decimal.
    value = error.instance
    plain = float(value) if isinstance(value, Decimal) else value
    shown = "the value" if is_secret else repr(plain)
    bounds = bound if isinstance(bound, list) else [bound]
    match rule:
        case "type":
            what = f"{shown} is not {_wanted(bounds[0], error.absolute_path, schema)}"
        case "enum":
            what = f"{shown} is not one of {', '.join(map(str, bounds))}"
        case "minLength":
            what = "is empty"
        case "minimum":
            what = f"{shown} is not at least {bound}"
        case "maximum":
            what = f"{shown} is not at most {bound}"
        case _:
            what = error.message
    return f"{name}: {what}"


def _wanted(kind: str, path: Sequence[str | int], settings: Mapping[str, Any]) -> str:
    """Say which values a setting takes, with an example if the type has many forms.

    Args:
        kind: Its type in JSON Schema.
        path: Where it is: names of settings, and places in lists.
        settings: The JSON Schema of all settings.
    """
    examples: list[Any] = []
    of = settings
    for part in path:
        is_place = isinstance(part, int)
        of = of["items"] if is_place else of["properties"][part]
        of_items = [item for example in examples for item in example]
        examples = of.get("examples", of_items if is_place else [])
    has_forms = kind in {"array", "object"} or (path and isinstance(path[-1], int))
    such = f" such as {json.dumps(examples[0])}" if examples and has_forms else ""
    return _KINDS.get(kind, f"of type {kind}") + such


def _credential_problems(settings: Settings) -> Iterator[str]:
    key_id, secret = "aws_access_key_id", "aws_secret_access_key"
    has_id = settings.aws_access_key_id is not None
    has_secret = settings.aws_secret_access_key is not None
    if has_id and not has_secret:
        yield f"{secret}: missing, while {key_id} is set: both or neither"
    if has_secret and not has_id:
        yield f"{key_id}: missing, while {secret} is set: both or neither"
    if settings.aws_session_token is not None and not (has_id and has_secret):
        yield (
            "aws_session_token: needs aws_access_key_id and aws_secret_access_key, "
            "the key that it belongs to"
        )
    if settings.aws_profile is not None and (has_id or has_secret):
        yield "aws_profile: conflicts with aws_access_key_id: set only one of them"
    url = settings.aws_endpoint_url
    if url is not None and not _is_url(url):
        shown = repr(url)
        if "@" in url:
            shown = "a URL with a password"
        elif "?" in url or "#" in url:
            shown = "a URL with a query"
        yield f"aws_endpoint_url: {shown} is not of the form http://localhost:5000"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port != 0
    except ValueError:
        return False
    return bool(
        port_is_fine
        and parts.scheme in {"http", "https"}
        and parts.hostname
        and not re.search(r"[\s@?#]", text)
    )


def _filter_problems(settings: Settings) -> Iterator[str]:
    names = settings.tuning_job_names
    yield from _list_problems(
        "tuning_job_names", names, _TUNING_JOB_NAME, "churn-xgb-230204", fold=True
    )
    part = settings.name_contains
    if part is not None:
        if not _NAME_CONTAINS.fullmatch(part):
            yield (
                f"name_contains: {part!r} is not 1 to 63 letters, digits and hyphens"
            )
        if names is not None:
            yield "name_contains: conflicts with tuning_job_names: set only one of them"
    start = settings.start_date
    if start is not None and not _is_time(start):
        yield f"start_date: {start!r} is not a time such as 2026-01-31T00:00:00Z"
    if settings.starting_token is not None and not _is_one_tuning_job(settings):
        yield (
            "starting_token: needs one name in tuning_job_names, and one account and "
            "region: a token is valid for one tuning job only"
        )


def _sdk_problems(config: Mapping[str, Any]) -> Iterator[str]:
    if config.get("flattening_enabled") and "flattening_max_depth" not in config:
        yield "flattening_max_depth: missing, while flattening_enabled is set"


def _is_time(text: str) -> bool:
    # `timestamp` accepts a bare number, which is a mistake here.
    if not _DATE.fullmatch(text):
        return False
    try:
        moment(timestamp(text))
    except (OverflowError, ValueError):
        return False
    return True


def _scope_problems(settings: Settings) -> Iterator[str]:
    """Find what is wrong with the settings that choose accounts and regions."""
    yield from _region_problems("regions", settings.regions)
    yield from _organization_problems(settings)
    roles = settings.assume_roles
    if roles is None:
        return
    if not roles:
        yield "assume_roles: is empty: leave it out, or name a role"
    reached: Counter[tuple[str, str]] = Counter()
    for index, role in enumerate(roles):
        name = f"assume_roles[{index}]"
        wrong = list(_role_problems(f"{name}[role_arn]", role.role_arn))
        yield from wrong
        yield from _external_id_problems(name, role.external_id)
        yield from _region_problems(f"{name}[regions]", role.regions)
        if not wrong:
            account = Role.parse(role.role_arn).account_id
            for region in role.regions or settings.regions or [""]:
                reached[account, region] += 1
    for (account, region), times in reached.items():
        where = f" in {region}" if region not in {"", ENABLED} else ""
        if times > 1:
            yield f"assume_roles: {times} entries reach account {account}{where}"
        elif region == ENABLED and len([1 for of, _ in reached if of == account]) > 1:
            yield (
                f"assume_roles: account {account} has an entry for all enabled regions "
                "and another entry"
            )


def _is_one_tuning_job(settings: Settings) -> bool:
    """Whether the settings name one tuning job, in one account and region."""
    roles = settings.assume_roles or (None,)
    regions = (roles[0] and roles[0].regions) or settings.regions or [""]
    if settings.organization or ENABLED in regions:
        return False
    return len(settings.tuning_job_names or ()) == len(roles) == len(regions) == 1


def _region_problems(name: str, regions: Sequence[str] | None) -> Iterator[str]:
    if regions and ENABLED in regions:
        if len(regions) > 1:
            yield f"{name}: {ENABLED!r} covers all enabled regions: name no others"
        return
    yield from _list_problems(name, regions, _REGION, "us-east-1")


def _organization_problems(settings: Settings) -> Iterator[str]:
    of = settings.organization
    if of is None:
        return
    if not _ROLE_NAME.fullmatch(of.role_name):
        yield (
            f"organization[role_name]: {of.role_name!r} is not the name of a role "
            "such as tuning-reader"
        )
    yield from _external_id_problems("organization", of.external_id)
    yield from _list_problems(
        "organization[organizational_units]",
        of.organizational_units,
        _UNIT,
        "ou-ab12-11223344 or r-ab12",
    )
    yield from _list_problems(
        "organization[exclude_accounts]", of.exclude_accounts, ACCOUNT, "123456789012"
    )
    if of.list_role_arn is not None:
        yield from _role_problems("organization[list_role_arn]", of.list_role_arn)


def _role_problems(name: str, arn: str) -> Iterator[str]:
    try:
        Role.parse(arn)
    except ValueError as error:
        example = "arn:aws:iam::123456789012:role/tuning-reader"
        yield f"{name}: {error} such as {example}"


def _external_id_problems(name: str, external_id: str | None) -> Iterator[str]:
    if external_id and not _EXTERNAL_ID.fullmatch(external_id):
        allowed = "2 to 1,224 letters, digits and any of _+=,.@:/-"
        yield f"{name}[external_id]: not {allowed}"


def _list_problems(
    name: str,
    values: Sequence[str] | None,
    pattern: re.Pattern[str],
    example: str,
    *,
    fold: bool = False,
) -> Iterator[str]:
    """Find what is wrong with a list.

    Args:
        name: The setting.
        values: The list; None: it is not set.
        pattern: The pattern that each value must match.
        example: A value that does.
        fold: Whether values that differ only in case are duplicates.

    Yields:
        One sentence per problem.
    """
    if values is None:
        return
    if not values:
        yield f"{name}: is empty: leave it out, or name one"
    for value in values:
        if not pattern.fullmatch(value):
            yield f"{name}: {value!r} is not of the form {example}"
    counted = Counter(value.lower() if fold else value for value in values)
    for value, times in counted.items():
        if times > 1:
            yield f"{name}: {value!r} is listed {times} times"
