"""`ascinbox unlink`: forget an account; says first what goes."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.core.errors import AscinboxError


def run(context: Context, options: argparse.Namespace) -> int:
    """Unlinks after a yes; 0 when it is forgotten."""
    with context.workspace() as workspace:
        account = workspace.accounts.find(options.name)
        held = workspace.accounts.holdings(account.name)
        goes = [
            f"{held.apps} apps with {held.reviews} cached reviews, their notes, tags and marks",
            f"{held.drafts} drafts",
            f"{held.outbox} replies in the outbox and its history (what a store has taken stays there)",
            f"the figures of {held.reports} report files (Apple keeps daily ones for a year)",
            f"its {'key' if len(account.credentials) == 1 else 'keys'}, out of the place on this machine",
        ]
        if not options.json:
            context.output.line(f"Unlinking {account.name} forgets:")
            for line in goes:
                context.output.line(f"  {line}")
        if not options.yes and not context.confirm(f"Forget {account.name}?"):
            raise AscinboxError("Nothing was forgotten.", "", "" if context.interactive else "Add --yes.")
        kept = workspace.accounts.unlink(account.name)
        if options.json:
            context.output.json(
                "ascinbox.unlink/1",
                {
                    "account": {"name": account.name, "id": account.id},
                    "forgotten": {
                        "apps": held.apps,
                        "reviews": held.reviews,
                        "drafts": held.drafts,
                        "outbox": held.outbox,
                        "reports": held.reports,
                    },
                    "notes": list(kept),
                },
                generated_at=context.now(),
                cache_age_s=None,
            )
        for note in kept:
            context.output.words(note)
        return 0
