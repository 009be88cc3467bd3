"""Discord, Telegram and some 170 other services by apprise (`pip install 'ascinbox[apprise]'`).

apprise follows redirects and keeps state on disk unless told otherwise, and gives no id back: at least once,
and nothing by which a receiver could tell a second copy.
"""

from __future__ import annotations

from ascinbox.core.deliveries.messages import CHAT, OutgoingMessage, heading, plain
from ascinbox.core.deliveries.rules import Destination
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.workers.deliveries.senders import SenderTools

MISSING = "apprise is not installed: pip install 'ascinbox[apprise]'"


def send(
    message: OutgoingMessage, destination: Destination, _reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`."""
    try:
        import apprise
    except ImportError:
        return TryOutcome(TryResult.REFUSED, MISSING)
    url = tools.secret(destination.url).strip()
    asset = apprise.AppriseAsset(app_id="ascinbox", app_desc="ascinbox", async_mode=False)
    service = apprise.Apprise(asset=asset)
    if not service.add(f"{url}{'&' if '?' in url else '?'}redirect=no&store=no"):
        return TryOutcome(TryResult.REFUSED, "apprise does not know the stored address")
    text = plain(message, CHAT)
    sent = service.notify(body=text, title=heading(message), body_format=apprise.NotifyFormat.TEXT)
    if sent:
        return TryOutcome(TryResult.SENT, "apprise sent it")
    return TryOutcome(TryResult.AGAIN, "apprise could not send it")
