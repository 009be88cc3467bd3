"""`/_sim/`: how a test or a person tells the simulator what should happen. No part of Apple's API.

It takes JSON only, under this machine's own name and with the token that the simulator printed at its start
(header `X-Simulator-Token`): a page in a browser can then do nothing here.

GET    /_sim/ledger            effects, request counts per route, the last requests; DELETE empties it
GET    /_sim/faults            rules that can fire; POST adds one (fields of faults.Fault), DELETE clears
POST   /_sim/events            {"what": …, …}: see schedule.Event; with "in_s" it happens that much later
GET    /_sim/settings          the fields of app.Settings; POST changes them
"""

from __future__ import annotations

import hmac
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, Router

if TYPE_CHECKING:
    from ascinbox.simulator.app import Simulator
    from ascinbox.simulator.asgi import Receive, Scope, Send


_HEADER = "x-simulator-token"
_OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")


async def serve(simulator: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one control request."""
    refusal = _refusal(simulator, Request(scope))
    if refusal is not None:
        await refusal(scope, receive, send)
        return
    scope.setdefault("state", {})["simulator"] = simulator
    await _ROUTER(scope, receive, send)


def _refusal(simulator: Simulator, request: Request) -> JSONResponse | None:
    """Why a request is not taken; None when it is."""
    host = request.headers.get("host", "")
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "")
    server = request.scope.get("server")
    if name not in _OWN_NAMES or (server is not None and port != str(server[1])):
        return JSONResponse({"error": "this host is not the simulator's own"}, 403)
    given = request.headers.get(_HEADER, "").encode("utf-8")
    if not hmac.compare_digest(given, simulator.control_token.encode()):
        return JSONResponse({"error": "the token that was printed at the start is missing or wrong"}, 401)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind != "application/json":
        return JSONResponse({"error": "JSON is expected (content-type application/json)"}, 415)
    return None


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
