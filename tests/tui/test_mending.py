"""Each finding of a check tells the key that mends it, or goes on in spite of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from ascinbox.core.records import ReviewDetail
from ascinbox.core.replies.findings import Finding, FindingKind
from ascinbox.paths import Paths
from ascinbox.tui.actions import BY_ID, CHECK, Keymap, is_printing
from ascinbox.tui.inbox.mending import BY_KIND, BY_RULE, WHILE_WRITING, mending_words
from ascinbox.tui.inbox.replytext import ReplyJob, checks_lines
from ascinbox.tui.paint import text_of
from tests.tui.world import review, running, template

CONTACT = Finding(FindingKind.WARN, "contact", "contact data in public: a@b.example", found="a@b.example")
LENGTH = Finding(FindingKind.BLOCK, "too-long", "6,000 of 5,970 characters: 30 too many")


@pytest.mark.parametrize(
    ("finding", "writing", "words"),
    [
        (CONTACT, False, "! accept"),
        (CONTACT, True, "ctrl+g ! accept"),
        (LENGTH, False, "r edit"),
        (LENGTH, True, ""),
        (Finding(FindingKind.BLOCK, "capability", "this key may not reply"), False, "4 Health"),
        (Finding(FindingKind.BLOCK, "read-only", "read-only mode publishes nothing"), False, ""),
        (Finding(FindingKind.WARN, "placeholder", "a placeholder was left: TODO"), False, "r edit, ! accept"),
    ],
)
def test_the_key_follows_from_what_was_found(finding: Finding, writing: bool, words: str) -> None:
    assert mending_words(finding, Keymap.build(), writing=writing) == words


def test_the_keys_are_those_of_the_key_table() -> None:
    moved = Keymap.build({"accept": ["$"], "reply": ["c"]})
    assert mending_words(CONTACT, moved, writing=False) == "$ accept"
    assert mending_words(LENGTH, moved, writing=False) == "c edit"
    hints = [hint for table in (BY_KIND, BY_RULE) for row in table.values() for hint in row]
    assert all(CHECK in BY_ID[action_id].contexts for hint in hints for action_id in hint.actions)
    first = [row[0].actions[0] for row in WHILE_WRITING.values()]
    assert not any(is_printing(key) for action_id in first for key in BY_ID[action_id].keys), (
        "it would be text"
    )


@pytest.mark.parametrize("width", [30, 40, 80, 120])
def test_no_line_is_too_long_and_each_finding_has_its_key(width: int) -> None:
    findings = (
        LENGTH,
        CONTACT,
        replace(CONTACT, rule="name", sentence="a name that is not the nickname: Jo"),
    )
    job = ReplyJob(ReviewDetail(review(1), "Northwind", "Tide Clock", "N"), "Hello", findings=findings)
    lines = [text_of(one) for one in checks_lines(job, width, Keymap.build(), live=False, most=20)]
    assert all(cell_len(one) <= width for one in lines)
    assert sum("! accept" in one for one in lines) == 2
    assert sum("r edit" in one for one in lines) == 1
    accepted = job.accepting({one.key for one in findings})
    told = [text_of(one) for one in checks_lines(accepted, width, Keymap.build(), live=False, most=20)]
    assert sum("(accepted)" in one for one in told) == 2
    assert not any("! accept" in one for one in told)


async def test_the_key_stands_beside_the_warning_and_does_what_it_says(paths: Paths) -> None:
    template(paths, "help", "Write to help@else.example and we look into it.")
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("t", "1")
        warning = next(line for line in ui.lines() if "contact data" in line)
        key = ui.app.keymap.shown("accept")
        assert f"{key} accept" in ui.text()
        await ui.press(key)
        assert "(accepted)" in ui.text(), warning
