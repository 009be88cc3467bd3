"""Zendesk: a ticket for each message (developer.zendesk.com, Ticketing, Create Ticket and Idempotency).

The stored address is `https://SUBDOMAIN.zendesk.com`, with `agent%40example.com%2Ftoken:TOKEN@` before the
host or `user` and `password` in notify.toml. `Idempotency-Key` makes it one ticket, however often it is sent.
"""

from __future__ import annotations

import httpx

from ascinbox.core.deliveries.messages import OutgoingMessage, ticket_payload
from ascinbox.core.deliveries.rules import REFERENCE, Destination
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.workers.deliveries.senders import SenderTools
from ascinbox.workers.deliveries.senders.http import BadAddress, as_json, checked, judged, post

PATH = "/api/v2/tickets.json"


def send(
    message: OutgoingMessage, destination: Destination, _reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`."""
    stored = tools.secret(destination.url)
    try:
        url = _tickets(checked(stored))
    except BadAddress as error:
        return TryOutcome(TryResult.REFUSED, str(error))
    user, password = (_text(part, tools) for part in (destination.user, destination.password))
    auth = (user, password) if user or password else None
    headers = {"idempotency-key": message.id}
    answer = post(str(url), as_json(ticket_payload(message)), headers, tools, auth=auth)
    if isinstance(answer, TryOutcome):
        return answer
    outcome = judged(answer, tools.clock, (stored, password))
    if outcome.verdict is not TryResult.SENT:
        return outcome
    found = answer.headers.get("x-idempotency-lookup", "")
    again = " (it was there already)" if found == "hit" else ""
    return TryOutcome(TryResult.SENT, f"{answer.status} ticket made{again}", reference=_ticket(answer.text))


def _tickets(url: httpx.URL) -> httpx.URL:
    return url.copy_with(path=PATH) if url.path in ("", "/") else url


def _text(value: str, tools: SenderTools) -> str:
    return tools.secret(value) if REFERENCE.fullmatch(value) else value


def _ticket(text: str) -> str:
    import json

    try:
        number = json.loads(text)["ticket"]["id"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(number)[:40] if isinstance(number, int) else ""
