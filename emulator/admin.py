"""The emulator's own HTTP interface, under `/_emulator/`: JSON in, JSON out."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.definitions import Definition
from emulator.errors import ServiceError
from emulator.faults import Fault
from emulator.plan import Chances
from emulator.security_tokens import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator import Emulator

Given = dict[str, Any]
PREFIX = "/_emulator/"


def answer(emulator: Emulator, method: str, path: str, body: bytes) -> Reply:
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
        return _reply(200, act(emulator, given))
    except (TypeError, ValueError, KeyError, ServiceError) as error:
        return _reply(400, {"error": f"{type(error).__name__}: {error}"})


def _calls(emulator: Emulator, _: Given) -> Given:
    return {"calls": [asdict(call) for call in list(emulator.calls)]}


def _forget_calls(emulator: Emulator, _: Given) -> Given:
    emulator.calls.clear()
    return _state(emulator, {})


def _truth(emulator: Emulator, _: Given) -> Given:
    return emulator.truth()


def _details(emulator: Emulator, _: Given) -> Given:
    return emulator.details()


def _metrics(emulator: Emulator, _: Given) -> Given:
    return emulator.metrics()


def _move(emulator: Emulator, given: Given) -> Given:
    emulator.clock.move(seconds=float(given["seconds"]))
    return _state(emulator, {})


def _break(emulator: Emulator, given: Given) -> Given:
    return asdict(emulator.faults.add(Fault(**given)))


def _mend(emulator: Emulator, _: Given) -> Given:
    emulator.faults.clear()
    return _state(emulator, {})


def _plan(emulator: Emulator, given: Given) -> Given:
    scope = emulator.scope(given.pop("account"), given.pop("region"))
    if "chances" in given:
        given["chances"] = Chances(**given["chances"])
    if "definitions" in given:
        given["definitions"] = tuple(
            Definition(**each) for each in given["definitions"]
        )
    job = scope.plan(given.pop("name"), **given)
    trials = [trial.name for trial in job.trials]
    return {"name": job.name, "created": job.created, "trials": trials}


def _environment(emulator: Emulator, given: Given) -> Given:
    return dict(emulator.environment(given["account"], given["region"]))


def _state(emulator: Emulator, _: Given) -> Given:
    return {
        "clock": emulator.clock.now,
        "url": emulator.url,
        "calls": len(emulator.calls),
        "metrics": sum(call.metrics for call in list(emulator.calls)),
        "scopes": [
            {"account": scope.home.account, "region": scope.home.region}
            for scope in emulator.scopes()
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


_ACTIONS: dict[str, Callable[[Emulator, Given], Given]] = {
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
