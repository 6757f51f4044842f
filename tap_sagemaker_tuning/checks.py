"""Which settings are refused, and why: before the first call, a sentence per problem.

Pure: it looks at a configuration and never at AWS.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk.plugin_base import JSONSchemaValidator

from tap_sagemaker_tuning.aws.scope import Role
from tap_sagemaker_tuning.replication.tally import FINAL_STATUSES
from tap_sagemaker_tuning.values import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PAGINATOR_SETTINGS = ("sort_by", "sort_order", "max_items", "starting_token")
"""Settings that only a FULL_TABLE read of `training_job_summaries` knows."""

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+", re.ASCII)
# The API's own patterns: HyperParameterTuningJobName, NameContains, ExternalId.
_TUNING_JOB_NAME = re.compile(r"(?!.{33})[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
_NAME_CONTAINS = re.compile(r"[a-zA-Z0-9-]{1,63}")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ].*)?", re.ASCII)


def problems(config: dict[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Find what is wrong with a configuration, and fill in its defaults.

    Args:
        config: The settings; defaults are added to it, and 2.0 becomes 2 where a whole
            number is asked for.
        schema: JSON Schema of `SETTINGS` and the SDK's own settings.

    Returns:
        One sentence per problem, each with the setting's name and never with the value
        of a secret one.
    """
    for name, setting in schema["properties"].items():
        if name in config and "integer" in setting["type"]:
            config[name] = _whole(config[name])
    found = [
        _schema_problem(error)
        for error in JSONSchemaValidator(schema).iter_errors(config)
    ]
    # What follows relies on the types being right.
    return found or [
        *_credential_problems(config),
        *_scope_problems(config),
        *_filter_problems(config),
    ]


def catalog_problems(
    config: Mapping[str, Any],
    chosen: Mapping[str, str],
    allowed: Mapping[str, Sequence[str]],
) -> list[str]:
    """Find settings that do not go with how the catalog lets the streams replicate.

    Args:
        config: The settings.
        chosen: The replication method of each stream, by its name.
        allowed: Which ones each stream has.

    Returns:
        One sentence per problem.
    """
    found = [
        f"catalog: replication method {method!r} of {stream}: not "
        + " or ".join(allowed[stream])
        for stream, method in chosen.items()
        if method not in allowed[stream]
    ]
    if chosen.get("training_job_summaries") == "FULL_TABLE":
        return found
    found += [
        f"{name}: only with the replication method FULL_TABLE of "
        "training_job_summaries, which the catalog chooses"
        for name in PAGINATOR_SETTINGS
        if name in config
    ]
    if config.get("status_equals", "Completed") not in FINAL_STATUSES:
        found.append(
            f"status_equals: {config['status_equals']!r} is not final: in incremental "
            f"replication one of {', '.join(FINAL_STATUSES)}"
        )
    return found


def selection_problems(named: Iterable[str], selected: Mapping[str, bool]) -> list[str]:
    """Find why a catalog cannot be what its user wants.

    Args:
        named: The streams that it names.
        selected: The tap's streams by name, and whether the catalog selects each.

    Returns:
        One sentence per problem.
    """
    unknown = sorted(set(named) - selected.keys())
    if unknown:
        told = f"catalog: {', '.join(unknown)}: no such stream"
        return [told + _suggestion(unknown, selected)]
    if not any(selected.values()):
        return [f"catalog: selects no stream: select some of {', '.join(selected)}"]
    return []


def _suggestion(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Ask whether something known was meant; empty where nothing is similar."""
    guesses = [get_close_matches(wrong, known, n=1) for wrong in unknown]
    meant = ", ".join(guess[0] for guess in guesses if guess)
    return f". Did you mean {meant}?" if meant else ""


def _whole(value: Any) -> Any:
    """Make 2 of 2.0: the same number in JSON, and a whole one to JSON Schema.

    Up to 2**53, from where on not every whole number is a float.
    """
    if isinstance(value, float | Decimal) and -(2**53) < value < 2**53:
        return int(value) if value % 1 == 0 else value
    return value


def _schema_problem(error: Any) -> str:
    """Say what JSON Schema found, without the value of a secret setting."""
    path = [str(part) for part in error.absolute_path]
    name = path[0] + "".join(f"[{part}]" for part in path[1:]) if path else ""
    rule, bound = error.validator, error.validator_value
    if rule == "additionalProperties":
        known = error.schema["properties"]
        unknown = sorted(set(error.instance) - set(known))
        told = f"{', '.join(unknown)}: no such setting{name and f' in {name}'}"
        return told + _suggestion(unknown, known)
    # A role can hold an external id, which is told to nobody.
    is_secret = error.schema.get("secret") or path[:1] == ["assume_roles"]
    # The SDK reads a fraction in a file as a Decimal.
    value = error.instance
    plain = float(value) if isinstance(value, Decimal) else value
    shown = "the value" if is_secret else repr(plain)
    kinds = bound if isinstance(bound, list) else [bound]
    what = {
        "type": f"{shown} is not of type {' or '.join(map(str, kinds))}",
        "enum": f"{shown} is not one of {', '.join(map(str, kinds))}",
        "minLength": "is empty",
        "minimum": f"{shown} is not at least {bound}",
        "maximum": f"{shown} is not at most {bound}",
    }
    return f"{name}: {what.get(rule, error.message)}"


def _credential_problems(config: Mapping[str, Any]) -> Iterator[str]:
    key_id, secret = "aws_access_key_id", "aws_secret_access_key"
    has_id, has_secret = key_id in config, secret in config
    if has_id and not has_secret:
        yield f"{secret}: missing, while {key_id} is set: both or neither"
    if has_secret and not has_id:
        yield f"{key_id}: missing, while {secret} is set: both or neither"
    if "aws_session_token" in config and not (has_id and has_secret):
        yield (
            "aws_session_token: needs aws_access_key_id and aws_secret_access_key, "
            "the key that it belongs to"
        )
    if "aws_profile" in config and (has_id or has_secret):
        yield "aws_profile: contradicts aws_access_key_id: set one of the two"
    url = config.get("aws_endpoint_url", "http://localhost")
    if not _is_url(url):
        shown = "a URL with a password" if "@" in url else repr(url)
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
        and not re.search(r"[\s@]", text)
    )


def _scope_problems(config: Mapping[str, Any]) -> Iterator[str]:
    yield from _list_problems("regions", config.get("regions"), _REGION, "us-east-1")
    roles = config.get("assume_roles")
    if roles is None:
        return
    if not roles:
        yield "assume_roles: is empty: leave it out, or name a role"
    reached: Counter[tuple[str, str]] = Counter()
    for index, role in enumerate(roles):
        name = f"assume_roles[{index}]"
        account = name  # until it is known: entries that are wrong reach no other
        try:
            account = Role.parse(role["role_arn"]).account_id
        except ValueError as error:
            example = "arn:aws:iam::123456789012:role/tuning-reader"
            yield f"{name}[role_arn]: {error} such as {example}"
        if not _EXTERNAL_ID.fullmatch(role.get("external_id", "ok")):
            yield (
                f"{name}[external_id]: not 2 to 1,224 letters, digits and any of "
                "_+=,.@:/-"
            )
        regions = role.get("regions")
        yield from _list_problems(f"{name}[regions]", regions, _REGION, "us-east-1")
        for region in regions or config.get("regions") or [""]:
            reached[account, region] += 1
    for (account, region), times in reached.items():
        if times > 1:
            yield (
                f"assume_roles: {times} entries reach account {account}"
                + (f" in {region}" if region else "")
            )


def _filter_problems(config: Mapping[str, Any]) -> Iterator[str]:
    names = config.get("tuning_job_names")
    yield from _list_problems(
        "tuning_job_names", names, _TUNING_JOB_NAME, "churn-xgb-230204", fold=True
    )
    part = config.get("name_contains")
    if part is not None:
        if not _NAME_CONTAINS.fullmatch(part):
            yield (
                f"name_contains: {part!r} is not 1 to 63 letters, digits and hyphens"
            )
        if names is not None:
            yield "name_contains: contradicts tuning_job_names: set one of the two"
    if "start_date" in config and not _is_time(config["start_date"]):
        yield (
            f"start_date: {config['start_date']!r} is not a time such as "
            "2026-01-31T00:00:00Z"
        )
    if config.get("flattening_enabled") and "flattening_max_depth" not in config:
        yield "flattening_max_depth: missing, while flattening_enabled is set"
    if "starting_token" in config and not _is_one_tuning_job(config):
        yield (
            "starting_token: needs one name in tuning_job_names, and one account and "
            "region: a token is good for one tuning job only"
        )


def _list_problems(
    name: str,
    values: Sequence[str] | None,
    pattern: re.Pattern[str],
    example: str,
    *,
    fold: bool = False,
) -> Iterator[str]:
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
            yield f"{name}: {value!r} is there {times} times"


def _is_time(text: str) -> bool:
    # A bare number is a time to `timestamp`, and a mistake here.
    if not _DATE.fullmatch(text):
        return False
    try:
        moment(timestamp(text))
    except (OverflowError, ValueError):
        return False
    return True


def _is_one_tuning_job(config: Mapping[str, Any]) -> bool:
    roles = config.get("assume_roles", [{}])
    return (
        len(config.get("tuning_job_names", [])) == 1
        and len(roles) == 1
        and len(roles[0].get("regions") or config.get("regions") or [""]) == 1
    )
