"""Which test files go first: the longest, so that at the end of a run no process works on alone.

`python tests/check.py` gives each file to one process, which makes what the file's tests share once. The
order is a help and no promise: a file that is not named here goes after these.
"""

from __future__ import annotations

import pytest

LONGEST = (
    "tui/test_accounts_screens.py",
    "hostile/test_stand_in.py",
    "tui/test_actions.py",
    "store/team/test_connection.py",
    "workers/test_metrics_history.py",
    "workers/test_sync.py",
    "tui/test_screens.py",
    "workers/test_outbox_sending.py",
    "workers/test_metrics.py",
    "vault/test_keyring.py",
    "tui/test_answering.py",
    "workers/test_workspace.py",
    "workers/test_unreadable.py",
    "docs/test_story_of_linking.py",
    "cli/test_play_contract.py",
    "workers/test_metrics_strange_files.py",
    "tui/test_levels.py",
    "cli/test_team.py",
    "tui/test_guided_wizard.py",
    "workers/test_replies.py",
    "tui/test_inbox.py",
    "store/team/test_feed.py",
    "workers/test_linking.py",
    "store/team/test_rights.py",
    "cli/test_round_trip.py",
    "store/team/test_team_queue.py",
    "tui/test_compositor.py",
    "workers/deliveries/test_deliveries.py",
    "workers/test_apps_by_files.py",
    "cli/test_demo.py",
    "tui/test_old_reviews.py",
    "workers/test_reporter_link.py",
    "store/test_opening.py",
    "workers/test_people.py",
    "docs/test_team_page.py",
    "cli/test_replying.py",
    "workers/languages/test_assist.py",
    "tui/test_metrics_screen.py",
    "hostile/test_screen_of_attacks.py",
    "workers/test_lists_that_end_early.py",
)
"""Below `tests/`, by how long they keep a process; what waits stands beside what computes."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts tests by file; those of one file stay in their order."""
    ranks = {f"tests/{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))
