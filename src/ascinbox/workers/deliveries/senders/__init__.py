"""One file a kind of destination: how a message goes out, and what the answer means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from ascinbox.core.clock import Clock
from ascinbox.core.deliveries.messages import OutgoingMessage
from ascinbox.core.deliveries.rules import Destination, DestinationKind
from ascinbox.core.deliveries.states import TryOutcome


@dataclass(frozen=True, slots=True)
class SenderTools:
    """What a sender is handed."""

    clock: Clock
    deadline_s: float
    """The longest that one try may take, in all."""
    secret: Callable[[str], str]
    """The text behind a reference of the destination's. Raises VaultRefusal."""
    environ: Mapping[str, str]
    """This program's environment; no secret of a destination is in it."""


MessageSender = Callable[[OutgoingMessage, Destination, tuple[str, ...], SenderTools], TryOutcome]
"""Tries once. The third argument is whom an earlier try has reached already (e-mail). Never raises for what a
receiver or the network does; raises VaultRefusal when a secret cannot be had."""


def sender_of(kind: DestinationKind) -> MessageSender:
    """The sender of a kind; its module is imported when it is first used."""
    module = {DestinationKind.EMAIL: "mail", DestinationKind.APPRISE: "apprise_bridge"}.get(kind, kind.value)
    found: MessageSender = import_module(f"{__name__}.{module}").send
    return found
