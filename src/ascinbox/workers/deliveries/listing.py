"""Destinations and rules as `ascinbox notify list` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.deliveries.rules import DestinationKind, RuleFile

if TYPE_CHECKING:
    from ascinbox.workers.deliveries.deliveries import RuleView
    from ascinbox.workers.workspace import Workspace


def views(space: Workspace, file: RuleFile) -> list[RuleView]:
    """Destinations first. Broken ones say since when and why; nothing secret is asked for."""
    from ascinbox.workers.deliveries.deliveries import RuleView

    paused, broken, secrets = space.store.call(
        lambda s: (s.deliveries.paused(), s.delivery_reads.broken(), s.deliveries.secrets())
    )
    found: list[RuleView] = []
    for destination in file.destinations.values():
        missing = [
            ref
            for ref in destination.references
            if (ref.startswith("vault:") and ref[6:] not in secrets)
            or (ref.startswith("env:") and space.vault.environment.get(ref[4:]) is None)
        ]
        if destination.name in paused:
            state = "paused"
        elif missing:
            state = f"no secret is stored as {', '.join(missing)}"
        elif destination.name in broken:
            state = f"broken: {broken[destination.name].detail}"
        else:
            state = "ok"
        if state == "ok" and destination.kind is DestinationKind.WEBHOOK and not destination.secrets:
            state = "ok, but not signed: it has no secret"
        found.append(RuleView(destination.name, "destination", destination.kind.value, state))
    for rule in file.rules:
        detail = f"{', '.join(sorted(rule.on))} -> {', '.join(rule.to) or 'nobody'}"
        if rule.when:
            detail = f"{rule.when} · {detail}"
        found.append(RuleView(rule.name, "rule", detail, "paused" if rule.name in paused else "ok"))
    return found
