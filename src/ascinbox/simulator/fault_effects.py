"""Carries out the faults: drops connections, cuts bodies, sends byte by byte, waits, answers nonsense."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.simulator.asgi import CONNECTION, ConnectionDropped
from ascinbox.simulator.calls import SimulatedAnswer
from ascinbox.simulator.faults import Fault
from ascinbox.simulator.oddlists import changed

if TYPE_CHECKING:
    from ascinbox.simulator.exchange import SimulatedExchange

_PAGE = b"<html><head><title>Gateway</title></head><body><h1>Please sign in</h1></body></html>"


async def carry_out(
    exchange: SimulatedExchange, faults: Iterable[Fault], answer: SimulatedAnswer | None
) -> bool:
    """Does what the faults say; True when the request has got its (bad) answer.

    `answer` is what would have been said, None before the request took effect.
    """
    for fault in faults:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "world":
                details = dict(fault.event)
                exchange.simulator.happen(details.pop("what"), **details)
            case "drop":
                await _drop(exchange, fault)
                return True
            case "cut" if answer is not None:
                await _cut(exchange, fault, answer)
                return True
            case "drip" if answer is not None:
                await _drip(exchange, fault, answer)
                return True
            case "list" if answer is not None:
                await exchange.reply(changed(answer, fault))
                return True
            case _:
                await exchange.reply(_instead(exchange, fault))
                return True
    return False


def _instead(exchange: SimulatedExchange, fault: Fault) -> SimulatedAnswer:
    match fault.kind:
        case "html":
            return SimulatedAnswer(fault.status, _PAGE, "text/html; charset=utf-8")
        case "answer":
            kind = fault.headers.get("content-type", "application/json")
            return SimulatedAnswer(fault.status, fault.body.encode(), kind, fault.headers)
        case "empty":
            return SimulatedAnswer(fault.status, b"", "")
        case _:
            return _shaped(exchange.simulator.refuse(fault.problem()), fault)


def _shaped(refusal: SimulatedAnswer, fault: Fault) -> SimulatedAnswer:
    """The refusal in one of the forms that are seen beside the documented one."""
    match fault.shape:
        case "no_body":
            return replace(refusal, body=b"", content_type="")
        case "no_errors":
            return replace(refusal, body=b'{"errors":[]}')
        case "two_errors":
            document = json.loads(refusal.body)
            (specific,) = document["errors"]
            family = specific["code"].partition(".")[0]
            general = {
                "status": specific["status"],
                "code": family if family in ("FORBIDDEN_ERROR", "PARAMETER_ERROR") else "ENTITY_ERROR",
                "title": "The request cannot be fulfilled",
                "detail": "There is a problem with the request entity",
            }
            return replace(refusal, body=json.dumps({"errors": [general, specific]}).encode())
        case _:
            return refusal


async def _cut(exchange: SimulatedExchange, fault: Fault, answer: SimulatedAnswer) -> None:
    cut_at = len(answer.body) // 2 if fault.cut_at is None else fault.cut_at
    await exchange.start(answer)
    await exchange.send({"type": "http.response.body", "body": answer.body[:cut_at], "more_body": True})
    await _drop(exchange, fault, answer.status)


async def _drip(exchange: SimulatedExchange, fault: Fault, answer: SimulatedAnswer) -> None:
    await exchange.start(answer)
    exchange.note(answer.status)
    for at in range(len(answer.body)):
        await exchange.send(
            {"type": "http.response.body", "body": answer.body[at : at + 1], "more_body": True}
        )
        await asyncio.sleep(fault.seconds)
    await exchange.send({"type": "http.response.body", "body": b""})


async def _drop(exchange: SimulatedExchange, fault: Fault, status: int = 0) -> None:
    exchange.note(status)
    connection = exchange.scope.get("extensions", {}).get(CONNECTION)
    if connection is None:
        raise ConnectionDropped("the simulator was told to drop this connection")
    if fault.reset:
        # Without lingering, closing sends RST instead of FIN.
        plug = connection.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.abort()
    else:
        connection.close()
    # The server learns of the closed connection in one of its next turns and then expects no answer.
    for _ in range(3):
        await asyncio.sleep(0)
