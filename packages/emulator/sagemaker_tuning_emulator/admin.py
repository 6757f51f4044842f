"""The emulator's own HTTP interface, under `/_emulator/`: JSON in, JSON out.

`ENDPOINTS` is its only list: requests are checked by it, and `--help` and the README
are written from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self, get_type_hints

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    create_model,
    model_validator,
)
from pydantic.dataclasses import dataclass

from sagemaker_tuning_emulator.definitions import Definition
from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.faults import Fault
from sagemaker_tuning_emulator.forms import Form, meanings
from sagemaker_tuning_emulator.given import CHECKED, Account, Region, Seconds
from sagemaker_tuning_emulator.jobs import TuningJob
from sagemaker_tuning_emulator.organization import ROOT, OptStatus, Organization, State
from sagemaker_tuning_emulator.plan import Plan
from sagemaker_tuning_emulator.security_tokens import Reply

if TYPE_CHECKING:
    from sagemaker_tuning_emulator.world import World

Shown = dict[str, Any]
PREFIX = "/_emulator/"


@dataclass(config=CHECKED)
class Nothing:
    """A request without fields."""


@dataclass(config=CHECKED)
class Move:
    """An advance of the clock.

    Attributes:
        seconds: Emulated seconds.
    """

    seconds: Seconds


@dataclass(config=CHECKED)
class Place:
    """One account in one region.

    Attributes:
        account: The account.
        region: The region.
    """

    account: Account
    region: Region


@dataclass(config=CHECKED)
class Member:
    """An account of the organization.

    Attributes:
        state: Its state.
        unit: Its organizational unit, or the root.
        regions: The opt status of each region in which it is not the default.
    """

    state: State = "ACTIVE"
    unit: str = ROOT
    regions: Mapping[Region, OptStatus] = field(default_factory=dict)


@dataclass(config=CHECKED)
class Members:
    """The whole organization.

    Attributes:
        accounts: Its accounts by id; without any, there is no organization.
        units: The parent of each organizational unit: another unit, or the root.
        with_state: Whether accounts have the newer member `State`.
    """

    accounts: Mapping[Account, Member]
    units: Mapping[str, str] = field(default_factory=dict)
    with_state: bool = True

    @model_validator(mode="after")
    def _have_parents(self) -> Self:
        """Refuse a unit or an account whose parent does not exist."""
        parents = {f"units.{unit}": parent for unit, parent in self.units.items()}
        for account, member in self.accounts.items():
            parents[f"accounts.{account}.unit"] = member.unit
        known = [ROOT, *self.units]
        for name, parent in parents.items():
            if parent not in known:
                message = f"{name}: there is no {parent}; use {' or '.join(known)}"
                raise ValueError(message)
        return self


class Planned(BaseModel):
    """A tuning job to plan; its options follow.

    Attributes:
        account: The account.
        region: The region.
        name: Its name.
        created: When it is created; by default now.
    """

    model_config = CHECKED

    account: Account
    region: Region
    name: Annotated[
        str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$", examples=["churn"])
    ]
    created: AwareDatetime | None = None


_NOT_OPTIONS = {"created", "ended", "failure_reason", "name", "status", "stopping"}
"""Fields of a tuning job that come from its plan, or from elsewhere in the request."""


def _with_options() -> type[Planned]:
    """Return `Planned` with all options of `Scope.plan`."""
    known = {"datetime": AwareDatetime, "Mapping": Mapping}
    options: dict[str, Any] = {}
    told: dict[str, str] = {}
    for kind in (TuningJob, Definition, Plan):  # the plan's replace the tuning job's
        types = get_type_hints(kind, localns=known, include_extras=True)
        told |= meanings(kind)
        for option in fields(kind):
            if option.init and option.name not in _NOT_OPTIONS:
                default: Any = option.default
                if option.default_factory is not MISSING:
                    default = Field(default_factory=option.default_factory)
                options[option.name] = (types[option.name], default)
    definitions, default = options["definitions"]
    options["definitions"] = (Annotated[definitions, AfterValidator(_some)], default)
    told |= meanings(Planned)
    lines = [f"    {name}: {told[name]}" for name in (*Planned.model_fields, *options)]
    return create_model(
        "PlannedWithOptions",
        __base__=Planned,
        __doc__="\n".join(["A tuning job to plan.", "", "Attributes:", *lines]),
        **options,
    )


def _some(definitions: tuple[Definition, ...]) -> tuple[Definition, ...]:
    if not definitions:
        message = "give at least one"
        raise ValueError(message)
    return definitions


def _state(world: World, url: str, _: object) -> Shown:
    return {
        "clock": world.clock.now,
        "url": url,
        "calls": len(world.calls),
        "metrics": sum(call.metrics for call in list(world.calls)),
        "scopes": [asdict(scope.home) for scope in world.scopes()],
    }


def _calls(world: World, _url: str, _: object) -> Shown:
    return {"calls": [asdict(call) for call in list(world.calls)]}


def _forget_calls(world: World, url: str, _: object) -> Shown:
    world.calls.clear()
    return _state(world, url, _)


def _move(world: World, url: str, given: Move) -> Shown:
    try:
        world.clock.move(seconds=given.seconds)
    except ValueError as error:
        message = f"seconds: {error}"
        raise ValueError(message) from error
    return _state(world, url, given)


def _plan(world: World, _url: str, given: Any) -> Shown:
    options = {name: getattr(given, name) for name in given.model_fields_set}
    scope = world.scope(options.pop("account"), options.pop("region"))
    single = options.keys() & {field.name for field in fields(Definition)}
    if single and "definitions" in options:
        message = f"definitions: each has its own {' and '.join(sorted(single))}"
        raise ValueError(message)
    try:
        job = scope.plan(options.pop("name"), **options)
    except ServiceError as error:
        message = f"name: {error.message}"
        raise ValueError(message) from error
    except OverflowError as error:
        message = "created: emulated time ends with the year 9999"
        raise ValueError(message) from error
    trials = [trial.name for trial in job.trials]
    return {"name": job.name, "created": job.created, "trials": trials}


def _faults(world: World, _url: str, _: object) -> Shown:
    return {
        "faults": [
            {**asdict(fault), "struck": struck}
            for fault, struck in world.faults.active()
        ]
    }


def _break(world: World, _url: str, given: Fault) -> Shown:
    return asdict(world.faults.add(given))


def _mend(world: World, url: str, _: object) -> Shown:
    world.faults.clear()
    return _state(world, url, _)


def _organization(world: World, _url: str, _: object) -> Shown:
    shown = world.organization
    return {
        "accounts": {
            account: {
                "state": state,
                "unit": shown.unit_of.get(account, ROOT),
                "regions": shown.regions.get(account, {}),
            }
            for account, state in shown.accounts.items()
        },
        "units": shown.parents,
        "with_state": shown.with_state,
    }


def _organize(world: World, url: str, given: Members) -> Shown:
    members = given.accounts.items()
    world.organization = Organization(
        accounts={account: member.state for account, member in members},
        unit_of={account: member.unit for account, member in members},
        parents=dict(given.units),
        regions={account: dict(member.regions) for account, member in members},
        with_state=given.with_state,
    )
    return _organization(world, url, given)


def _environment(world: World, url: str, given: Place) -> Shown:
    return world.identities.environment(given.account, given.region, url)


class Endpoint(NamedTuple):
    """A request that the interface answers.

    Attributes:
        method: Its HTTP method.
        name: Its path, after `/_emulator/`.
        meaning: What it does or returns.
        act: Does so.
        form: What it must send.
    """

    method: str
    name: str
    meaning: str
    act: Callable[[World, str, Any], Shown]
    form: Form = Form(Nothing)


ENDPOINTS = (
    Endpoint("GET", "state", "the clock, the URL, the number of calls, scopes", _state),
    Endpoint("GET", "calls", "the calls so far", _calls),
    Endpoint("DELETE", "calls", "forgets the calls so far", _forget_calls),
    Endpoint(
        "GET",
        "truth",
        "what a full read should find: summaries of tuning jobs and trials",
        lambda world, _url, _: world.truth(),
    ),
    Endpoint(
        "GET",
        "details",
        "likewise: descriptions, tags and prices",
        lambda world, _url, _: world.details(),
    ),
    Endpoint(
        "GET",
        "metrics",
        "likewise: the final metrics in CloudWatch",
        lambda world, _url, _: world.metrics(),
    ),
    Endpoint("POST", "clock", "advances the clock", _move, Form(Move)),
    Endpoint(
        "POST",
        "environment",
        "environment variables with a key for an account",
        _environment,
        Form(Place),
    ),
    Endpoint("POST", "plan", "adds a tuning job", _plan, Form(_with_options())),
    Endpoint("GET", "organization", "the organization", _organization),
    Endpoint(
        "PUT", "organization", "replaces the organization", _organize, Form(Members)
    ),
    Endpoint("GET", "faults", "the faults, and the calls that each struck", _faults),
    Endpoint("POST", "faults", "makes calls fail", _break, Form(Fault)),
    Endpoint("DELETE", "faults", "removes all faults", _mend),
)


def answer(world: World, url: str, method: str, path: str, body: bytes) -> Reply:
    """Answer a request under `/_emulator/`, as in `ENDPOINTS`.

    A wrong request is answered with one line as `error`: 404 names all paths, 405 the
    methods of the path, and 400 each wrong field.
    """
    name = path.removeprefix(PREFIX)
    methods = {each.method: each for each in ENDPOINTS if each.name == name}
    if not methods:
        names = ", ".join(dict.fromkeys(each.name for each in ENDPOINTS))
        return _refusal(404, f"{path}: use {PREFIX} and one of {names}")
    if method not in methods:
        error = f"{method} {path}: use {' or '.join(methods)}"
        return _refusal(405, error, Allow=", ".join(methods))
    endpoint = methods[method]
    try:
        return _reply(200, endpoint.act(world, url, endpoint.form.read(body)))
    except ValueError as error:
        return _refusal(400, f"{method} {path}: {error}")


def _refusal(status: int, error: str, **headers: str) -> Reply:
    """Return an error as one line: what it repeats of the request may have more."""
    line = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in error
    )
    return _reply(status, {"error": line}, **headers)


def _reply(status: int, shown: Shown, **headers: str) -> Reply:
    body = json.dumps(shown, default=_text, ensure_ascii=False).encode()
    return Reply(status, {"Content-Type": "application/json", **headers}, body)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        text = value.isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    message = f"no JSON for {type(value).__name__}"
    raise TypeError(message)
