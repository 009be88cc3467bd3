"""Which test files go first: the longest, so that at the end of a run no process works on alone.

`python tests/check.py` gives each file to one process, which makes what the file's tests share once. The
order is a help and no promise: a file that is not named here goes after these.
"""

from __future__ import annotations

import pytest

LONGEST = (
    "tui/test_accounts_screens.py",
    "tui/test_actions.py",
    "workers/test_sync.py",
    "workers/test_unreadable.py",
    "hostile/test_stand_in.py",
    "tui/test_screens.py",
    "workers/test_metrics_history.py",
    "tui/test_answering.py",
    "workers/test_reporter_link.py",
    "workers/test_outbox_sending.py",
    "tui/test_inbox.py",
    "tui/test_guided_wizard.py",
    "tui/test_levels.py",
    "tui/test_metrics_screen.py",
    "hostile/test_screen_of_attacks.py",
    "workers/test_several_credentials.py",
    "workers/test_lists_that_end_early.py",
    "hostile/test_canaries.py",
    "workers/test_replies.py",
    "workers/test_metrics_strange_files.py",
    "store/test_migrations.py",
    "workers/test_metrics.py",
    "workers/test_linking.py",
    "store/team/test_team_queue.py",
    "tui/test_template_picker.py",
    "cli/test_team.py",
    "workers/languages/test_assist.py",
    "store/test_database.py",
    "tui/test_compositor.py",
    "tui/listing/test_listing_by_key.py",
    "workers/test_apps_by_files.py",
    "cli/test_play_contract.py",
    "workers/deliveries/test_deliveries.py",
    "tui/test_cut_words.py",
    "store/team/test_rights.py",
    "tui/test_hint_line.py",
    "workers/test_health.py",
    "vault/test_keyring.py",
    "hostile/test_crashpoints.py",
    "cli/test_account_commands.py",
    "workers/test_people.py",
    "tui/test_approval.py",
    "workers/test_open_words.py",
    "workers/test_reading.py",
    "workers/test_workspace.py",
    "tui/test_what_is_left.py",
    "workers/test_metrics_reporter.py",
    "store/team/test_connection.py",
)
"""Below `tests/`, by how long they keep a process; what waits stands beside what computes."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts tests by file; those of one file stay in their order."""
    ranks = {f"tests/{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))
