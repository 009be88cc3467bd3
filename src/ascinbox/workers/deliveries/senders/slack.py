"""Slack, by the address of an incoming webhook (docs.slack.dev, Incoming webhooks)."""

from __future__ import annotations

from ascinbox.core.deliveries.messages import OutgoingMessage, slack_payload
from ascinbox.core.deliveries.rules import Destination
from ascinbox.core.deliveries.states import TryOutcome
from ascinbox.workers.deliveries.senders import SenderTools
from ascinbox.workers.deliveries.senders.http import as_json, judged, post


def send(
    message: OutgoingMessage, destination: Destination, _reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`. Slack gives nothing back by which a message could be found again."""
    url = tools.secret(destination.url)
    answer = post(url, as_json(slack_payload(message)), {}, tools)
    return answer if isinstance(answer, TryOutcome) else judged(answer, tools.clock, (url,))
