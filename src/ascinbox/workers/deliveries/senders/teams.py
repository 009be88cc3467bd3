"""Microsoft Teams, by the address of a workflow that takes Adaptive Cards (learn.microsoft.com, Create
incoming webhooks with Workflows)."""

from __future__ import annotations

import re
from dataclasses import replace

from ascinbox.core.deliveries.messages import OutgoingMessage, teams_payload
from ascinbox.core.deliveries.rules import Destination
from ascinbox.core.deliveries.states import TryOutcome
from ascinbox.workers.deliveries.senders import SenderTools
from ascinbox.workers.deliveries.senders.http import as_json, judged, post

_FAILED_INSIDE = re.compile(r"returned HTTP error (\d{3})")


def send(
    message: OutgoingMessage, destination: Destination, _reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`. The older connectors answer 200 and put what failed into the text."""
    url = tools.secret(destination.url)
    answer = post(url, as_json(teams_payload(message)), {}, tools)
    if isinstance(answer, TryOutcome):
        return answer
    inside = _FAILED_INSIDE.search(answer.text)
    if answer.status == 200 and inside is not None:
        answer = replace(answer, status=int(inside[1]))
    return judged(answer, tools.clock, (url,))
