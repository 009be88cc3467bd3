"""`ascinbox approve ID`: publishes a reply that waits for a publisher. Without --yes it is only shown."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.cli.publishing import Consent, Publishing
from ascinbox.cli.reply import show
from ascinbox.cli.reviewids import resolve


def run(context: Context, options: argparse.Namespace) -> int:
    """States and exit codes are those of `reply`."""
    with context.workspace(fresh=True) as workspace:
        review_id = resolve(workspace, options.id)
        outcome = Publishing(context, workspace).approve(review_id, Consent(options.yes))
        age = context.cache_age_s(workspace)
    show(context, outcome, age)
    return outcome.exit_code
