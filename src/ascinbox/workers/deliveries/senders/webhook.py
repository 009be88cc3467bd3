"""A signed webhook: the event as JSON, after Standard Webhooks (standardwebhooks.com).

`webhook-id` is the same for every try, so a receiver that remembers ids acts once. Signed is
`id.timestamp.body` by HMAC-SHA256; with several secrets there are several signatures, so that one secret can
be replaced while the receiver still knows the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from ascinbox.core.deliveries.events import body_of
from ascinbox.core.deliveries.messages import OutgoingMessage
from ascinbox.core.deliveries.rules import Destination
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.workers.deliveries.senders import SenderTools
from ascinbox.workers.deliveries.senders.http import as_json, judged, post

PREFIX = "whsec_"


def send(
    message: OutgoingMessage, destination: Destination, _reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`."""
    url = tools.secret(destination.url)
    secrets = [word for ref in destination.secrets for word in tools.secret(ref).split()]
    try:
        keys = [key_of(secret) for secret in secrets]
    except ValueError as error:
        return TryOutcome(TryResult.REFUSED, str(error), why="secret")
    body = as_json(body_of(message.events[0], message.id))
    timestamp = int(tools.clock.now().timestamp())
    headers = {"webhook-id": message.id, "webhook-timestamp": str(timestamp)}
    if keys:
        headers["webhook-signature"] = signatures(keys, message.id, timestamp, body)
    answer = post(url, body, headers, tools)
    return answer if isinstance(answer, TryOutcome) else judged(answer, tools.clock, (url, *secrets))


def key_of(secret: str) -> bytes:
    """The key of a `whsec_<base64>` secret. Raises ValueError, whose words do not repeat it."""
    text = secret.strip().removeprefix(PREFIX)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError(f"the stored secret is not {PREFIX} and base64")
    return key


def signatures(keys: Sequence[bytes], identifier: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((identifier.encode(), str(timestamp).encode(), body))
    made = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in made)
