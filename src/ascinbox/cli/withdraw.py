"""`ascinbox withdraw ID`: deletes the reply that stands at Apple, or takes back the one that is not sent.

Without --yes nothing is done.
"""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.cli.publishing import Consent, Publishing
from ascinbox.cli.reply import show
from ascinbox.cli.reviewids import resolve


def run(context: Context, options: argparse.Namespace) -> int:
    """States and exit codes are those of `reply`, and `withdrawn`, `undone`."""
    with context.workspace(fresh=True) as workspace:
        review_id = resolve(workspace, options.id)
        publishing = Publishing(context, workspace)
        outcome = publishing.withdraw(review_id, Consent(options.yes))
        age = context.cache_age_s(workspace)
    show(context, outcome, age)
    return outcome.exit_code
