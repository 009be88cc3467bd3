"""`/_sim/`: how a test or a person tells the simulator what should happen. No part of Apple's API.

GET    /_sim/ledger            effects, request counts per route, the last requests; DELETE empties it
GET    /_sim/faults            rules that can fire; POST adds one (fields of faults.Fault), DELETE clears
POST   /_sim/events            {"what": …, …}: see schedule.Event; with "in_s" it happens that much later
GET    /_sim/settings          the fields of app.Settings; POST changes them
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, Router

if TYPE_CHECKING:
    from ascinbox.simulator.app import Simulator
    from ascinbox.simulator.asgi import Receive, Scope, Send


async def serve(simulator: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one control request."""
    scope.setdefault("state", {})["simulator"] = simulator
    await _ROUTER(scope, receive, send)


def _simulator(request: Request) -> Simulator:
    found: Simulator = request.state.simulator
    return found


async def _object(request: Request) -> dict[str, Any]:
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("an object is expected")
    return body


def _refused(problem: Exception) -> JSONResponse:
    return JSONResponse({"error": f"{type(problem).__name__}: {problem}"}, 400)


async def _ledger(request: Request) -> JSONResponse:
    simulator = _simulator(request)
    if request.method == "DELETE":
        simulator.ledger.reset()
    return JSONResponse(simulator.ledger.as_json())


async def _faults(request: Request) -> JSONResponse:
    simulator = _simulator(request)
    if request.method == "DELETE":
        simulator.faults.clear()
    elif request.method == "POST":
        try:
            body = await _object(request)
            simulator.faults.add(str(body.pop("kind")), **body)
        except (KeyError, TypeError, ValueError) as problem:
            return _refused(problem)
    return JSONResponse({"faults": [asdict(rule) for rule in simulator.faults.rules()]})


async def _events(request: Request) -> JSONResponse:
    simulator = _simulator(request)
    try:
        body = await _object(request)
        what, later = str(body.pop("what")), float(body.pop("in_s", 0.0))
        if later > 0:
            simulator.schedule.at(simulator.now() + later, what, **body)
            return JSONResponse({"planned": what})
        return JSONResponse({"id": simulator.happen(what, **body)})
    except (KeyError, TypeError, ValueError) as problem:
        return _refused(problem)


async def _settings(request: Request) -> JSONResponse:
    settings = _simulator(request).settings
    if request.method == "POST":
        try:
            held = asdict(settings)
            asked = await _object(request)
            unknown = set(asked) - set(held)
            if unknown:
                raise ValueError(f"unknown settings {sorted(unknown)}")
            changes = {name: type(held[name])(value) for name, value in asked.items()}
        except (TypeError, ValueError) as problem:
            return _refused(problem)
        for name, value in changes.items():
            setattr(settings, name, value)
    return JSONResponse(asdict(settings))


_ROUTER = Router(
    [
        Route("/_sim/ledger", _ledger, methods=["GET", "DELETE"]),
        Route("/_sim/faults", _faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sim/events", _events, methods=["POST"]),
        Route("/_sim/settings", _settings, methods=["GET", "POST"]),
    ]
)
