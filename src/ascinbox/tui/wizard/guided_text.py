"""The wizard for a store whose apps the person names, in lines: its three steps. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import LISTED, Capability, info
from ascinbox.core.health.evidence import Verdict
from ascinbox.core.link_guides import LinkGuide
from ascinbox.core.stores import StoreInfo
from ascinbox.core.text import list_cell
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, pad, rule, wrap
from ascinbox.tui.signs import BAR
from ascinbox.tui.wizard.text import ROLES

if TYPE_CHECKING:
    from ascinbox.workers.accounts.trials import Trial

STEPS = ("Clicks", "Key file", "Checks")


def clicks_lines(guide: LinkGuide, store: StoreInfo, copy_key: str, width: int) -> list[Line]:
    """Step 1: what is clicked, where."""
    lines: list[Line] = [rule(f"Make the key at {store.company}", "", width)]
    for number, click in enumerate(guide.clicks, 1):
        for first, part in enumerate(wrap(click, width - 6, 4)):
            lines.append((PaintSpan(f" {f'{number}.' if first == 0 else '':<3} {part}"),))
    lines += [BLANK, *_dim(guide.after_clicks, width)]
    lines += _dim(f"{copy_key} copies these clicks as a message to send to whoever may do them.", width)
    return [*lines, (PaintSpan(" enter: the file is here"),)]


def file_lines(guide: LinkGuide, width: int, *, rotating: bool) -> list[Line]:
    """Above the fields of step 2."""
    lines: list[Line] = [rule("Where to find these", "", width)]
    lines += [(PaintSpan(f" {part}"),) for part in wrap(guide.file_words, width - 2, 7)]
    if rotating:
        lines += _dim("Without a file the key stays, and only what stands below it is changed.", width)
    return [*lines, BLANK]


def promise_lines(guide: LinkGuide, folder: str, width: int) -> list[Line]:
    """Below the fields of step 2."""
    return _dim(guide.promise.format(folder=folder), width)


def checks_lines(
    trial: Trial, store: StoreInfo, left_out: Collection[str], cursor: int, width: int
) -> list[Line]:
    """Step 3: each app with what came of it, then what the key may do."""
    good = sum(1 for _, verdict in trial.tried if verdict.severity == 0)
    lines: list[Line] = [rule("Tried one by one (read only)", f"{good} of {len(trial.tried)} answer", width)]
    for number, (app, verdict) in enumerate(trial.tried):
        here = number == cursor
        out = app in left_out
        word = "left out" if out else verdict.cell
        text = f"{BAR if here else ' '} [{' ' if out else 'x'}] {pad(list_cell(app), 36)} "
        role = "cursor" if here else "dim" if out else ROLES[verdict.severity]
        lines.append(line(PaintSpan(clip(text, width), "cursor" if here else "text"),
                          PaintSpan(clip(word, max(0, width - len(text))), role)))  # fmt: skip
    lines += [BLANK, rule("What this key may do", store.label, width)]
    for capability in _shown(trial):
        verdict = trial.verdicts[capability]
        head = f" {pad(info(capability).title, 13)} {pad(verdict.cell, 12)} "
        lines.append(
            line(
                PaintSpan(head, ROLES[verdict.severity]),
                PaintSpan(clip(verdict.detail, max(0, width - len(head) - 1)), "dim"),
            )
        )
    return lines


def _shown(trial: Trial) -> Sequence[Capability]:
    """What the key's kind can have at all, in the order of the columns."""
    able = [capability for capability in Capability if capability in trial.verdicts]
    return [c for c in able if trial.verdicts[c].severity is not None or c in LISTED[:2]]


def verdict_lines(trial: Trial, app: str, width: int, *, here: str) -> list[Line]:
    """Below step 3: what the verdict on the app under the cursor means, and who does what.

    `here`: what one presses afterwards. The commands that verdicts name are for accounts that are linked.
    """
    verdict = dict(trial.tried).get(app)
    lines: list[Line] = []
    for shown in _open(trial, verdict):
        then = here if "ascinbox " in shown.then else shown.then
        said = (("Said", shown.evidence), ("Means", shown.detail), ("Do", shown.fix))
        for label, text in (*said, ("Who", shown.who), ("Then", then), ("Or", shown.instead)):
            lines += _labelled(label, text, width) if text else []
        lines.append(BLANK)
    return lines


def _open(trial: Trial, verdict: Verdict | None) -> list[Verdict]:
    if verdict is not None and verdict.severity != 0:
        return [verdict]
    rest = [trial.verdicts[c] for c in _shown(trial) if c not in (Capability.REVIEWS, Capability.REPLY)]
    return [one for one in rest if one.severity in {1, 2, 3}]


def _labelled(label: str, text: str, width: int) -> list[Line]:
    return [
        line(PaintSpan(f" {label if number == 0 else '':<6} ", "dim"), PaintSpan(part))
        for number, part in enumerate(wrap(text, max(10, width - 9), 4))
    ]


def _dim(text: str, width: int) -> list[Line]:
    return [(PaintSpan(f" {part}", "dim"),) for part in wrap(text, width - 2, 4)]
