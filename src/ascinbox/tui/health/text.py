"""The Health screen in lines: the matrix, and cell by cell what it means and who does what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.deliveries.states import BrokenDestination
from ascinbox.core.health.capabilities import LISTED, Capability, info
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.team_reach import TeamReach
from ascinbox.core.health.verdicts import say_time
from ascinbox.core.stores import APP_STORE, kind_info, store_info, store_of_kind
from ascinbox.core.text import list_cell
from ascinbox.tui.hints import WIDE
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, pad, rule, spread, width_of, wrap
from ascinbox.tui.signs import BAR
from ascinbox.tui.theme import on

if TYPE_CHECKING:
    from ascinbox.workers.health.report import AccountReport, Cell, HealthReport

ROLE_OF_SEVERITY = {0: "good", 1: "warn", 2: "bad", 3: "dim", None: "dim"}
UNPROVEN = frozenset({HealthState.ASSUMED, HealthState.LIKELY, HealthState.PENDING})
"""Nothing to do, and nothing proved: not green like what was seen to work."""
APPLE = APP_STORE.web
PAGES = {
    HealthState.CONTRACT: f"{APPLE}/business",
    HealthState.REJECTED: f"{APPLE}/access/integrations/api",
    HealthState.REMOVED: f"{APPLE}/access/users",
}
"""Where at Apple a state is mended; everything else is in Users and Access."""
NARROW = 60
"""On fewer columns nothing is indented."""
DO = "Do"
"""The label of what somebody has to click: the first line of a card, in bold."""
WORDS, MARKS, NAMES = 8, 4, 12
"""Cells that a column needs for the words of its verdicts; cells of one that has the marks only; cells that
the account's name keeps."""
EQUAL = 78
"""From so many cells on the columns are of one width, where that has room for the words."""


@dataclass(frozen=True, slots=True)
class CellPlace:
    """One cell: the row of its account and its capability."""

    row: int
    capability: str


def page_for(verdict: Verdict, kind: str) -> str:
    """The store's page where a verdict is mended."""
    store = store_of_kind(kind)
    if store is not APP_STORE:
        return next((page for words, page in store.pages if words in verdict.fix), store.keys_page)
    if verdict.state is HealthState.NO_ROLE:
        return f"{APPLE}/access/{'users' if kind == 'individual' else 'integrations/api'}"
    return PAGES.get(verdict.state, f"{APPLE}/access/integrations/api")


def columns(report: HealthReport) -> tuple[Capability, ...]:
    """The capabilities that have a column: the listed ones and what else some account has, without those that
    no linked store gives to anybody."""
    stores = {entry.account.store for entry in report.accounts} or {APP_STORE.id}
    given = frozenset[str]().union(*(store_info(store).capabilities for store in stores))
    shown = {c.value for c in LISTED} | {name for entry in report.accounts for name in entry.cells}
    return tuple(c for c in Capability if c.value in shown & given)


def summary_line(report: HealthReport, now: datetime, every_minutes: float, width: int) -> Line:
    """`8 ok · 2 to fix · 1 waiting ...                    checked 2m ago`."""
    counts = report.tally
    parts = [f"{counts.ok} ok"]
    if counts.crit:
        parts.append(f"{counts.crit} to fix")
    if counts.warn:
        parts.append(f"{counts.warn} to watch")
    if report.destinations:
        refusing = len(report.destinations)
        parts.append(f"{refusing} destination{'s refuse' if refusing > 1 else ' refuses'}")
    if report.team is not None and report.team.severity:
        parts.append(f"team {report.team.state.word}")
    if counts.waiting:
        parts.append(f"{counts.waiting} waiting")
    if counts.unproven + counts.unknown:
        parts.append(f"{counts.unproven + counts.unknown} unproven")
    if counts.off:
        parts.append(f"{counts.off} n/a or off")
    checked = report.checked_at
    right = f"checked {age(checked, now)} ago" if checked else "never checked: F5"
    if width >= WIDE:
        again = f" · every {every_minutes:.0f} min" if every_minutes else ""
        right += f"{again} · exit code {report.status.exit_code} ({report.status.value})"
    role = {"CRITICAL": "bad", "WARNING": "warn", "OK": "good"}.get(report.status.value, "dim")
    return (PaintSpan(spread(" " + " · ".join(parts), right + " ", width), role),)


def matrix(report: HealthReport, cursor: CellPlace | None, now: datetime, width: int) -> list[Line]:
    """The column titles and a row for each account."""
    shown = columns(report)
    names, cells = _widths(report, shown, width)
    titles = "".join(
        pad(_title(capability, cell), cell) for capability, cell in zip(shown, cells, strict=True)
    )
    lines: list[Line] = [(PaintSpan(clip(pad("  Account", names + 2) + titles, width).rstrip(), "dim"),)]
    for number, entry in enumerate(report.accounts):
        here = cursor is not None and cursor.row == number
        surface = "resting" if here else ""
        name = pad(list_cell(entry.account.name), names - 1)
        spans = [PaintSpan(BAR if here else " ", on(surface, "focus"))]
        spans.append(PaintSpan(f" {name} ", surface or "text"))
        for capability, cell in zip(shown, cells, strict=True):
            found = entry.cells.get(capability.value)
            chosen = here and cursor is not None and cursor.capability == capability.value
            lit = "cursor" if chosen else surface
            spans += _cell(found, entry, now, cell, lit, surface, wide=width >= WIDE)
        row = line(*spans)
        lines.append((*row, PaintSpan(" " * max(0, width - width_of(row)), surface)) if here else row)
    return lines


def _title(capability: Capability, cell: int) -> str:
    """A column's heading; over marks alone its first letters."""
    title = info(capability).title
    return title[: cell - 1] if cell <= MARKS else clip(title, cell - 1)


def _widths(report: HealthReport, shown: Sequence[Capability], width: int) -> tuple[int, list[int]]:
    """Cells of the account column and of each other one: alike, or as many as its longest verdict needs.

    Where that is too much as well, names and then the widest columns give way; without room for words
    the marks stand alone.
    """
    if width >= WIDE:
        return 16, [min(17, (width - 18) // max(1, len(shown)))] * len(shown)
    cells = [
        1
        + max(
            len(info(c).title),
            *(len(entry.cells[c].verdict.cell) for entry in report.accounts if c in entry.cells),
        )
        for c in shown
    ]
    equal = (width - 2 - NAMES) // max(1, len(shown))
    if width >= EQUAL and max(cells, default=0) <= equal:
        return NAMES, [equal] * len(shown)
    longest = max((cell_len(list_cell(entry.account.name)) for entry in report.accounts), default=0) + 2
    least = min(max(longest, len("Account  ")), NAMES)
    while sum(cells) + least + 2 > width and max(cells, default=0) > WORDS:
        cells[cells.index(max(cells))] -= 1
    if sum(cells) + least + 2 > width:
        return max(6, min(16, width - 2 - MARKS * len(shown))), [MARKS] * len(shown)
    room = width - 2 - sum(cells)
    names = min(max(longest, len("Account  ")), room)
    spare = (room - names) // max(1, len(shown))
    return names, [cell + min(spare, 2) for cell in cells]


def _cell(
    found: Cell | None,
    entry: AccountReport,
    now: datetime,
    width: int,
    lit: str,
    surface: str,
    *,
    wide: bool,
) -> list[PaintSpan]:
    """What is found in one cell, on `lit`, and the gap behind it on the row's `surface`."""
    if found is None:
        return [PaintSpan(pad("", width), lit or "text")]
    verdict = found.verdict
    words, more = verdict.cell, ""
    if wide and verdict.state is HealthState.NOT_POSSIBLE:
        more = f" ({kind_info(entry.kind).short})"
    elif wide and verdict.checked_at is not None and verdict.severity is not None:
        more = f" {age(verdict.checked_at, now)}"
    words += more if len(words) + len(more) < width else ""
    text = verdict.state.mark if width <= MARKS else clip(words, width - 1)
    return [
        PaintSpan(text, on(lit, role_of(verdict))),
        PaintSpan(" " * (width - len(text)), surface or "text"),
    ]


def role_of(verdict: Verdict) -> str:
    """The colour of a verdict."""
    unproven = verdict.state in UNPROVEN and verdict.severity in {0, 3}
    return "accent" if unproven else ROLE_OF_SEVERITY[verdict.severity]


def to_fix(report: HealthReport) -> list[CellPlace]:
    """The broken cells, by account and column."""
    return _places(report, lambda verdict: verdict.severity == 2)


def to_watch(report: HealthReport) -> list[CellPlace]:
    """The cells that are not broken yet and that somebody can mend."""
    return _places(report, lambda verdict: verdict.severity == 1 and verdict.who != "nobody")


def _places(report: HealthReport, fits: Callable[[Verdict], bool]) -> list[CellPlace]:
    return [
        CellPlace(row, name)
        for row, entry in enumerate(report.accounts)
        for name, cell in entry.cells.items()
        if fits(cell.verdict)
    ]


def waiting(report: HealthReport) -> list[CellPlace]:
    """The cells that wait or are unproven."""
    quiet = {HealthState.PENDING, HealthState.ASSUMED, HealthState.LIKELY, HealthState.NEVER}
    return [
        CellPlace(row, name)
        for row, entry in enumerate(report.accounts)
        for name, cell in entry.cells.items()
        if (cell.verdict.state in quiet and cell.verdict.severity in {0, 3})
        or (cell.verdict.severity == 1 and cell.verdict.who == "nobody")
    ]


def details(report: HealthReport, cursor: CellPlace | None, now: datetime, width: int) -> list[Line]:
    """What the cell under the cursor needs, then the other broken ones, then what waits."""
    lines: list[Line] = []
    broken, watched = to_fix(report), to_watch(report)
    acting = [*broken, *watched]
    order = [cursor] if cursor is not None and cursor not in acting else []
    order += _from(acting, cursor)
    for place in order:
        entry = report.accounts[place.row]
        cell = entry.cells.get(place.capability)
        if cell is None:
            continue
        number = "to watch" if place in watched else ""
        if place in broken:
            at = broken.index(place) + 1
            number = f"{at}/{len(broken)}" if width < NARROW else f"{at} of {len(broken)} to fix"
        if number and place == order[0] and len(acting) > 1 and width >= NARROW:
            number += " · n next"
        lines += [*block(entry, place.capability, cell, now, width, number)]
        if width >= WIDE:
            lines.append(BLANK)
    if report.team is not None and report.team.severity:
        lines += _team(report.team, width)
    for broken_one in report.destinations:
        lines += _destination(broken_one, now, width)
    quiet = [place for place in waiting(report) if place != cursor]
    if quiet and (width >= WIDE or not acting):
        lines.append(rule("Waiting and unproven", "nothing to do", width))
        for place in quiet:
            entry = report.accounts[place.row]
            lines += _quiet_lines(entry, place.capability, entry.cells[place.capability], width)
    return lines


def _team(team: TeamReach, width: int) -> list[Line]:
    """A team's database that cannot be reached, or that refuses this login."""
    role = "bad" if team.severity == 2 else "warn"
    lines = [rule(f"Team {list_cell(team.team)} {team.state.word}", "", width)]
    lines += [(PaintSpan(f"   {part}", role),) for part in wrap(list_cell(team.detail), width - 4, 3)]
    return lines + [(PaintSpan(f"   {part}"),) for part in wrap(list_cell(team.fix), width - 4, 3)]


def _destination(broken: BrokenDestination, now: datetime, width: int) -> list[Line]:
    """A receiver of notify.toml that refuses what it is sent."""
    name = list_cell(broken.name)
    lines = [rule(f"Destination {name} refuses", f"{age(broken.since, now)} ago", width)]
    lines += [(PaintSpan(f"   {part}", "bad"),) for part in wrap(list_cell(broken.detail), width - 4, 3)]
    do = f"Mend it: ascinbox notify secret, then ascinbox notify test {name}; send again in 2 Outbox."
    return lines + [(PaintSpan(f"   {part}"),) for part in wrap(do, width - 4, 3)]


def _from(broken: Sequence[CellPlace], cursor: CellPlace | None) -> list[CellPlace]:
    """The broken cells, the one under the cursor first."""
    if cursor in broken:
        start = broken.index(cursor)
        return [*broken[start:], *broken[:start]]
    return list(broken)


def block(
    entry: AccountReport, capability: str, cell: Cell, now: datetime, width: int, number: str = ""
) -> list[Line]:
    """One cell: its heading and a labelled paragraph for each thing there is to say."""
    verdict = cell.verdict
    name = list_cell(entry.account.name)
    lines = [rule(f"{name} · {info(capability).title} · {verdict.cell}", number, width)]
    wide = width >= WIDE
    room = max(10, width - (16 if wide else 15))
    for label, text in _paragraphs(entry, capability, cell, now, wide=wide, room=room):
        role = "strong" if label == DO else "text"
        if width < NARROW:
            lines += [line(PaintSpan(f" {part}", role)) for part in wrap(f"{label}: {text}", width - 2)]
            continue
        parts = wrap(text, room)
        head = pad(f" {label}", 15 if wide else 14)
        lines += [
            line(
                PaintSpan(head if first == 0 else " " * len(head), role if label == DO else "dim"),
                PaintSpan(part, role),
            )
            for first, part in enumerate(parts)
        ]
    return lines


def _paragraphs(
    entry: AccountReport, capability: str, cell: Cell, now: datetime, *, wide: bool, room: int
) -> list[tuple[str, str]]:
    verdict = cell.verdict
    said = _apple_said(cell, now, wide=wide, room=room)
    then = verdict.then or ("F5 here." if verdict.severity in {1, 2} else "")
    others = [t for t in entry.working if t != info(capability).title]
    found = [
        (DO, verdict.fix),
        ("Who", verdict.who),
        (verdict.said_by(store_info(entry.account.store).company), said),
        ("Changed", changed_words(entry, cell, now)),
        ("Means", verdict.detail),
        ("Then", then),
        ("Or", verdict.instead),
        ("Still works", ", ".join(others) if verdict.severity == 2 and others else ""),
        ("By", _by(verdict)),
        ("Fetched", _fetched(entry, capability, now) if wide else ""),
    ]
    return [(label, text) for label, text in found if text]


def _by(verdict: Verdict) -> str:
    """`2X9R4HXF34: Foo; 3ABC5DEF67: Bar, Baz`, where the account has several keys."""
    parts = [f"{share.key_id or 'no key'}: {', '.join(map(list_cell, share.apps))}" for share in verdict.by]
    return "; ".join(parts)


LATELY = timedelta(hours=36)
"""A change is shown beside the finding until the evening of the next day."""


def changed_words(entry: AccountReport, cell: Cell, now: datetime) -> str:
    """`was ok until 14:02, contract since 14:32`, while that is news; empty otherwise."""
    verdict = cell.verdict
    for change in entry.changes:
        if (change.credential, change.capability) != (verdict.credential, verdict.capability):
            continue
        if change.state != verdict.state.value or now - change.at > LATELY:
            return ""
        before, now_word = HealthState(change.before).word, verdict.state.word
        until = (
            f" until {say_time(cell.proved_at, now)}" if cell.proved_at and cell.proved_at < change.at else ""
        )
        return f"was {before}{until}, {now_word} since {say_time(change.at, now)}"
    return ""


def _fetched(entry: AccountReport, capability: str, now: datetime) -> str:
    """How fresh the data of a capability is, and what is left of the key's hour."""
    dataset = "replies" if capability == "reply" else capability
    times = [run.succeeded_at for run in entry.runs if run.dataset == dataset and run.succeeded_at]
    words = f"{age(max(times), now)} ago" if times else ""
    budget = entry.budgets.get(entry.cells[capability].verdict.credential)
    if budget is not None and budget.hour_left is not None:
        left = f"{budget.hour_left}/{budget.hour_limit} requests of this key's hour left"
        words = f"{words} · {left}" if words else left
    return words


def _apple_said(cell: Cell, now: datetime, *, wide: bool, room: int) -> str:
    verdict = cell.verdict
    if not verdict.evidence:
        return ""
    ago = f", {age(verdict.checked_at, now)} ago" if verdict.checked_at is not None else ""
    words = verdict.evidence.rstrip(".") if wide else verdict.evidence.partition(": ")[0]
    if not wide and len(words) + len(ago) > room:
        words = words.partition(" on ")[0]
    words += ago
    if wide and cell.since is not None and verdict.severity in {1, 2} and cell.since != verdict.checked_at:
        words += f", first seen {age(cell.since, now)} ago"
    if wide and cell.proved_at is not None and verdict.severity in {1, 2}:
        words += f"; it last worked {age(cell.proved_at, now)} ago"
    return words


def _quiet_lines(entry: AccountReport, capability: str, cell: Cell, width: int) -> list[Line]:
    verdict = cell.verdict
    head = f" {verdict.state.mark} {list_cell(entry.account.name)} · {info(capability).title}"
    head = pad(head, 28 if width >= WIDE else 26)
    room = max(10, width - len(head) - 2)
    parts = wrap(verdict.detail, room, 3)
    if len(parts) > 2:
        parts = [parts[0], clip(f"{parts[1]} {parts[2]}", room)]
    return [
        line(PaintSpan(head if first == 0 else " " * cell_len(head), "dim"), PaintSpan(part))
        for first, part in enumerate(parts)
    ]


def fix_text(entry: AccountReport, capability: str) -> str:
    """What `y` copies: the whole finding, fit to be sent to whoever can act."""
    verdict = entry.cells[capability].verdict
    parts = [f"{entry.account.name} · {info(capability).title}: {verdict.cell}"]
    for label, text in (
        (verdict.said_by(store_info(entry.account.store).company), verdict.evidence),
        ("Means", verdict.detail),
        ("Do", verdict.fix),
        ("Then", verdict.then),
        ("Who", verdict.who),
    ):
        if text:
            parts.append(f"{label}: {text}")
    return "\n".join(parts)


def history_lines(entry: AccountReport, capability: str, now: datetime) -> list[str]:
    """`2d ago  ok -> contract`, the latest first."""
    return [
        f"{age(change.at, now)} ago  {HealthState(change.before).word} -> {HealthState(change.state).word}"
        for change in entry.changes
        if change.capability == capability
    ]
