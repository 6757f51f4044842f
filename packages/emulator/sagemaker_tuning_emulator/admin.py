"""The emulator's own HTTP interface, under `/_emulator/`: JSON in, JSON out."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.definitions import Definition
from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.faults import Fault
from sagemaker_tuning_emulator.plan import Chances
from sagemaker_tuning_emulator.security_tokens import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_emulator.world import World

Given = dict[str, Any]
PREFIX = "/_emulator/"


def answer(world: World, url: str, method: str, path: str, body: bytes) -> Reply:
    """Answer a request under `/_emulator/`.

    GET `state`, `calls`, `truth`, `details`, `metrics`; POST `clock` {"seconds"},
    `faults` {fields of `Fault`}, `plan` {"account", "region", "name", "trials",
    "parallel", …; "definitions" as objects} and `environment` {"account", "region"}
    (variables with a key for that account); DELETE `faults`, `calls`. Answers 404 to an
    unknown path and 400 to invalid arguments, both with `error`.
    """
    try:
        given = json.loads(body or b"{}")
        act = _ACTIONS.get(f"{method} {path.removeprefix(PREFIX)}")
        if act is None:
            return _reply(404, {"error": f"no such resource: {method} {path}"})
        return _reply(200, act(world, url, given))
    except (TypeError, ValueError, KeyError, ServiceError) as error:
        return _reply(400, {"error": f"{type(error).__name__}: {error}"})


def _calls(world: World, _url: str, _: Given) -> Given:
    return {"calls": [asdict(call) for call in list(world.calls)]}


def _forget_calls(world: World, url: str, _: Given) -> Given:
    world.calls.clear()
    return _state(world, url, {})


def _truth(world: World, _url: str, _: Given) -> Given:
    return world.truth()


def _details(world: World, _url: str, _: Given) -> Given:
    return world.details()


def _metrics(world: World, _url: str, _: Given) -> Given:
    return world.metrics()


def _move(world: World, url: str, given: Given) -> Given:
    world.clock.move(seconds=float(given["seconds"]))
    return _state(world, url, {})


def _break(world: World, _url: str, given: Given) -> Given:
    return asdict(world.faults.add(Fault(**given)))


def _mend(world: World, url: str, _: Given) -> Given:
    world.faults.clear()
    return _state(world, url, {})


def _plan(world: World, _url: str, given: Given) -> Given:
    scope = world.scope(given.pop("account"), given.pop("region"))
    if "chances" in given:
        given["chances"] = Chances(**given["chances"])
    if "definitions" in given:
        given["definitions"] = tuple(
            Definition(**each) for each in given["definitions"]
        )
    job = scope.plan(given.pop("name"), **given)
    trials = [trial.name for trial in job.trials]
    return {"name": job.name, "created": job.created, "trials": trials}


def _environment(world: World, url: str, given: Given) -> Given:
    return world.identities.environment(given["account"], given["region"], url)


def _state(world: World, url: str, _: Given) -> Given:
    return {
        "clock": world.clock.now,
        "url": url,
        "calls": len(world.calls),
        "metrics": sum(call.metrics for call in list(world.calls)),
        "scopes": [
            {"account": scope.home.account, "region": scope.home.region}
            for scope in world.scopes()
        ],
    }


def _reply(status: int, shown: Given) -> Reply:
    body = json.dumps(shown, default=_text, ensure_ascii=False).encode()
    return Reply(status, {"Content-Type": "application/json"}, body)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        text = value.isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    message = f"no JSON for {type(value).__name__}"
    raise TypeError(message)


_ACTIONS: dict[str, Callable[[World, str, Given], Given]] = {
    "GET state": _state,
    "GET calls": _calls,
    "DELETE calls": _forget_calls,
    "GET truth": _truth,
    "GET details": _details,
    "GET metrics": _metrics,
    "POST clock": _move,
    "POST faults": _break,
    "DELETE faults": _mend,
    "POST plan": _plan,
    "POST environment": _environment,
}
