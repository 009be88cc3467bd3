"""The Accounts screen in lines: the list, one account's connection, its teammates. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.dates import age, remaining
from ascinbox.core.health.capabilities import Capability, info, offered_features
from ascinbox.core.health.credential_shapes import shorten_key_id
from ascinbox.core.health.people import LATE, Person, PersonState
from ascinbox.core.health.status import tally
from ascinbox.core.records import Credential, CredentialKind
from ascinbox.core.stores import kind_info
from ascinbox.core.text import list_cell
from ascinbox.tui.health.text import role_of
from ascinbox.tui.hints import WIDE
from ascinbox.tui.paint import (
    BLANK,
    Line,
    PaintSpan,
    clip,
    line,
    pad,
    plain_rule,
    rule,
    spread,
    wrap,
)
from ascinbox.tui.signs import BAR
from ascinbox.tui.theme import on

if TYPE_CHECKING:
    from ascinbox.workers.accounts.views import AccountView
    from ascinbox.workers.health.report import AccountReport

NARROW = 76
"""Below this width the list has name, kind and state only."""
_TITLE = "  Account      Key         Kind  Key age  Apps  Sync  State"
_NARROW_TITLE = "  Account      Kind  State"
_WIDE_TITLE = (
    "  Account        Key         Kind   Made        Age  Rotate   Apps  Reviews  Last sync"
    "   API left   State"
)
TOKEN_WARNINGS = (30, 14, 3, 1)
"""Days before a Reporter token's end from which it is said more and more plainly."""


def rotate_in(credential: Credential, days: int, now: datetime) -> timedelta | None:
    """How long until the credential is due for replacement; negative when it is overdue."""
    if credential.expires_at is not None:
        return credential.expires_at - now
    return None if credential.added_at is None else credential.added_at + timedelta(days=days) - now


def next_due(view: AccountView, now: datetime) -> tuple[Credential, timedelta | None]:
    """The credential of an account that is due first, and how long until then."""
    never = timedelta.max
    due = [(c, rotate_in(c, view.rotate_days, now)) for c in view.report.account.credentials]
    return min(due, key=lambda entry: never if entry[1] is None else entry[1])


def head_line(views: Sequence[AccountView], keys_folder: str, add_key: str, width: int) -> Line:
    """`3 accounts · 7 apps                     A link an account`; without a key where none is linked."""
    apps = len({app.id for view in views for app in view.shown_apps})
    left = f" {_count(len(views), 'account')} · {_count(apps, 'app')}"
    if width >= WIDE:
        left += f" · keys in {keys_folder} (0700)"
    right = f"{add_key} link an account " if add_key else ""
    return (PaintSpan(spread(left, right, width), "dim"),)


def table(
    views: Sequence[AccountView], reviews: Mapping[int, int], cursor: int, now: datetime, width: int
) -> list[Line]:
    """The column titles and a row for each account."""
    wide = width >= WIDE
    narrow = width < NARROW
    title = _WIDE_TITLE if wide else _NARROW_TITLE if narrow else _TITLE
    lines: list[Line] = [(PaintSpan(clip(title, width), "dim"),)]
    for number, view in enumerate(views):
        here = number == cursor
        text = _wide_row(view, reviews, now) if wide else _row(view, now, narrow=narrow)
        words, role = state_words(view, now, wide=wide)
        surface = "cursor" if here else ""
        left = max(0, width - cell_len(text) - 2)
        lines.append(
            line(
                PaintSpan(BAR if here else " ", on(surface, "focus")),
                PaintSpan(clip(f" {text}", width - 1), surface or "text"),
                PaintSpan(pad(words, left) if here else clip(words, left), on(surface, role)),
            )
        )
    return lines


def _row(view: AccountView, now: datetime, *, narrow: bool) -> str:
    credential = view.primary
    if narrow:
        return f"{pad(list_cell(view.name), 12)} {pad(kind_info(credential.kind).short, 6)}"
    return (
        f"{pad(list_cell(view.name), 12)} {pad(shorten_key_id(credential.key_id), 11)} "
        f"{pad(kind_info(credential.kind).short, 6)}{_days(credential.added_at, now):>7}"
        f"{len(view.shown_apps):>6}{age(view.synced_at, now) if view.synced_at else '-':>6}  "
    )


def _wide_row(view: AccountView, reviews: Mapping[int, int], now: datetime) -> str:
    credential = view.primary
    made = (
        f"{credential.added_at.astimezone().day} {credential.added_at.astimezone():%b}"
        if credential.added_at
        else ""
    )
    synced = f"{age(view.synced_at, now)} ago" if view.synced_at else "never"
    budget = view.budget()
    known = reviews.get(view.report.account.id)
    count = "" if known is None else f"{known:,}"
    left = f"{budget.hour_left}/{budget.hour_limit}" if budget and budget.hour_left is not None else ""
    return (
        f"{pad(list_cell(view.name), 14)} {pad(shorten_key_id(credential.key_id), 11)} "
        f"{pad(kind_info(credential.kind).short, 7)}{pad(made, 6)}{_days(credential.added_at, now):>9}  "
        f"{pad(_rotate_words(view, now), 9)}{len(view.shown_apps):>4}{count:>9}  "
        f"{pad(synced, 10)}{left:>11}  "
    )


def _rotate_words(view: AccountView, now: datetime) -> str:
    _, left = next_due(view, now)
    if left is None:
        return ""
    return "! due" if left <= timedelta(0) else f"in {max(1, left.days)}d"


def state_words(view: AccountView, now: datetime, *, wide: bool) -> tuple[str, str]:
    """`+ ok`, `x 2 to fix · ! rotate due`, with the role to paint it in."""
    counts = tally([view.report.health])
    if counts.crit:
        words, role = f"x {counts.crit} to fix" + (" (Health)" if wide else ""), "bad"
    elif counts.warn:
        words, role = f"! {counts.warn} to watch", "warn"
    elif counts.unknown and not counts.ok:
        words, role = "? never checked", "dim"
    else:
        words, role = "+ ok", "good"
    kinds = {credential.kind for credential in view.report.account.credentials}
    if kinds == {CredentialKind.INDIVIDUAL}:
        words += " (no Sales/Fin.)" if wide else " (no Sales/Finance)"
    _, left = next_due(view, now)
    if left is not None and left <= timedelta(0) and not wide:
        words += " · ! rotate due"
    return words, role


def detail_lines(view: AccountView, now: datetime, width: int, invite_key: str) -> list[Line]:
    """The account under the cursor: how it is reached, what it is for, who is on the team."""
    credential = view.primary
    linked = view.report.account.linked_at
    invite = f"{invite_key} invite" if invite_key else ""
    right = f"{kind_info(credential.kind).title} · linked {_days(linked, now)} ago"
    if width < WIDE:
        lines = [rule(list_cell(view.name), right, width), *_connection(view, now, width)]
        if _has_team(view):
            lines.append(rule(f"Teammates in {view.store.label}", invite, width))
            lines += _people(view, now, width)
        return lines
    half = width // 2 + 1
    left = [
        _heading("CONNECTION", "", half),
        *_connection(view, now, half, alone=False),
        BLANK,
        *_features(view, now, half),
        BLANK,
        *_rotation(view, now, half),
    ]
    other = width - half - 2
    team = [
        _heading(f"TEAMMATES ({view.store.label} users)", invite, other),
        *_people(view, now, other),
        BLANK,
    ]
    side = [
        *(team if _has_team(view) else ()),
        _heading("APPS", "", other),
        *_apps(view, other),
        BLANK,
        _heading("HISTORY", "", other),
        *_history(view, now, other),
    ]
    return [rule(list_cell(view.name), right, width), *_beside(left, side, half), plain_rule(width)]


def _has_team(view: AccountView) -> bool:
    """Whether the store tells who is on the team."""
    return Capability.USERS in view.store.capabilities


def _beside(left: Sequence[Line], right: Sequence[Line], half: int) -> list[Line]:
    rows = []
    for number in range(max(len(left), len(right))):
        first = left[number] if number < len(left) else BLANK
        second = right[number] if number < len(right) else BLANK
        used = sum(cell_len(span.text) for span in first)
        rows.append(line(*first, PaintSpan(" " * max(0, half - used)), PaintSpan("│ ", "rule"), *second))
    return rows


def _heading(left: str, right: str, width: int) -> Line:
    return (PaintSpan(spread(f" {left}", right, width - 1) if right else f" {left}", "strong"),)


def _labelled(label: str, text: str, width: int, lines: int = 3) -> list[Line]:
    parts = wrap(text, max(10, width - 12), lines)
    return [
        line(PaintSpan(pad(f" {label}", 11) if first == 0 else " " * 11, "dim"), PaintSpan(part))
        for first, part in enumerate(parts)
    ]


def _served_by(report: AccountReport, key_id: str) -> list[str]:
    """The capabilities that a credential serves, of some apps at least."""
    return [name for name, cell in report.cells.items() if any(s.key_id == key_id for s in cell.verdict.by)]


def _connection(view: AccountView, now: datetime, width: int, *, alone: bool = True) -> list[Line]:
    """How the account is reached; `alone`: nothing beside it tells features, apps and rotation."""
    account, credential = view.report.account, view.primary
    lines: list[Line] = []
    if view.elsewhere:
        return [*_labelled("Keys", "the team's workers hold them; none is on this machine", width, 2)] + (
            _chosen_here(view, width) if width >= 76 and alone else []
        )
    none = "none (individual key)" if credential.kind != CredentialKind.REPORTER else "none (token)"
    issuer = shorten_issuer(credential.issuer_id) if credential.issuer_id else none
    if credential.kind == CredentialKind.REPORTER:
        issuer = "none (Reporter token)"
    vendor = account.vendor or "none"
    owner, sells = kind_info(credential.kind).owner, Capability.SALES in view.store.capabilities
    if width >= 76 and sells:
        lines += _labelled(owner, f"{issuer:<33}Vendor number  {vendor}", width, 1)
    else:
        lines += _labelled(owner, issuer, width, 1 if sells else 2)
    if credential.bucket:
        lines += _labelled("Bucket", credential.bucket, width, 1)
    for entry in account.credentials:
        place = view.places[entry.key_id]
        safe = "ok" if place.ok else "NOT SAFE"
        words = f"{shorten_path(place.where, width - 30)}   {place.detail} {safe}"
        label = "Key file" if place.kind == "key file" else place.kind.capitalize()[:9]
        lines += _labelled(label, words, width, 2)
        if len(account.credentials) > 1:
            used = ", ".join(_served_by(view.report, entry.key_id)) or "nothing"
            lines += _labelled("", f"{shorten_key_id(entry.key_id)} is used for {used}", width, 1)
    if width < 76:
        lines += _labelled("Vendor", vendor, width, 1) if sells else []
    if width < 76 or not alone:
        return lines
    lines += _chosen_here(view, width)
    lines += _labelled("Rotate", _rotation_words(view, now), width, 3)
    return lines


def _chosen_here(view: AccountView, width: int) -> list[Line]:
    """The features that are on, and the apps that are shown."""
    account = view.report.account
    offered = offered_features(account.store)
    on = "  ".join(info(c).title for c in offered if c.value in account.features)
    off = ", ".join(info(c).title for c in offered if c.value not in account.features)
    lines = _labelled("Features", f"{on}{f'   ({off}: off)' if off else ''}", width, 2)
    hidden = len(view.apps) - len(view.shown_apps)
    names = "  ".join(list_cell(app.name) for app in view.shown_apps) or "none"
    return lines + _labelled("Apps", f"{names}{f'   (hidden: {hidden})' if hidden else ''}", width, 2)


def _features(view: AccountView, now: datetime, width: int) -> list[Line]:
    lines: list[Line] = [(PaintSpan(pad(" FEATURES YOU CHOSE      needs", width - 9) + "proven", "strong"),)]
    for name, cell in view.report.cells.items():
        row = info(name)
        proved = cell.proved_at or (cell.verdict.checked_at if cell.verdict.severity == 0 else None)
        when = "waiting" if cell.verdict.state.mark == "~" else f"{age(proved, now)} ago" if proved else "-"
        needs = row.needs + (" (not chosen)" if name not in view.report.account.features else "")
        first, *rest = wrap(needs, width - 35, 2) or [""]
        mark = PaintSpan(f" {cell.verdict.state.mark} ", role_of(cell.verdict))
        lines.append(
            line(mark, PaintSpan(f"{pad(row.title, 22)}{pad(first, width - 34)}"), PaintSpan(when, "dim"))
        )
        lines += [line(PaintSpan(f"{'':25}{part}")) for part in rest]
    return lines


def _rotation_words(view: AccountView, now: datetime) -> str:
    if view.elsewhere:
        return "where a worker runs."
    credential, left = next_due(view, now)
    several = len(view.report.account.credentials) > 1
    name = f"{shorten_key_id(credential.key_id)}: " if several else ""
    old = (
        f" Old key {', '.join(view.retired)} still works at {view.store.company}: revoke it there."
        if view.retired
        else ""
    )
    if credential.expires_at is not None:
        days = (credential.expires_at - now).days
        sign = "! " if days <= TOKEN_WARNINGS[0] else ""
        return f"{sign}{name}the token ends in {max(0, days)} days; w takes a new one.{old}"
    if left is None:
        return old.strip()
    due = f"due in {left.days} days" if left > timedelta(0) else f"! due since {-left.days} days"
    return (
        f"{name}{due} (every {view.rotate_days}). w starts it; the old key keeps working until the new one "
        f"has passed every check.{old}"
    )


def _rotation(view: AccountView, now: datetime, width: int) -> list[Line]:
    words = wrap(_rotation_words(view, now), width - 2, 5)
    return [_heading("ROTATE", "", width), *((PaintSpan(f" {part}"),) for part in words)]


def _people(view: AccountView, now: datetime, width: int) -> list[Line]:
    if not view.people:
        words = (
            "A member of a team does not read them: that is done where a worker runs."
            if view.elsewhere
            else "none read yet; F5 reads them."
            if view.may_invite
            else "not read: the feature Users is off, or no key may read them. Inviting (I) shows the clicks."
        )
        return [(PaintSpan(f"  {part}", "dim"),) for part in wrap(words, width - 3, 3)]
    short = width < 76
    mail = 20 if width >= 56 else 16
    roles = 20 if not short else max(8, min(18, width - mail - 20))
    lines: list[Line] = []
    for person in view.people:
        standing, role = standing_words(person, now, short=short)
        lines.append(
            line(
                PaintSpan(f"  {pad(list_cell(person.email), mail)} {pad(person.roles_words, roles)} "),
                PaintSpan(clip(standing, max(0, width - mail - roles - 5)), role),
            )
        )
    return lines


def standing_words(person: Person, now: datetime, *, short: bool = False) -> tuple[str, str]:
    """`PENDING  expires in 1d 04h` (short: `PENDING 1d 04h`), with the role to paint it in."""
    match person.standing:
        case PersonState.ACTIVE:
            return "active", "text"
        case PersonState.PENDING:
            if person.expires_at is None:
                return "PENDING", "text"
            left = person.expires_at - now
            sign = "! " if left < LATE else ""
            until = f" {remaining(left)}" if short else f"  expires in {remaining(left)}"
            return f"{sign}PENDING{until}", "warn" if sign else "text"
        case PersonState.EXPIRED:
            since = age(person.changed_at, now) if person.changed_at else ""
            return f"EXPIRED {since} · I" if short else f"EXPIRED  {since} ago · I re-sends", "warn"
        case PersonState.WITHDRAWN:
            return f"WITHDRAWN{' ' if short else '  '}{_day(person.changed_at)}", "dim"
        case _:
            return f"REMOVED{' ' if short else '  at Apple, '}{_day(person.changed_at)}", "bad"


def _apps(view: AccountView, width: int) -> list[Line]:
    hidden = set(view.report.account.hidden_apps)
    lines: list[Line] = []
    for app in view.apps[:8]:
        off = app.id in hidden
        text = f" {pad(list_cell(app.name), 16)} id {app.id}  hidden: {'yes' if off else 'no'}"
        lines.append((PaintSpan(clip(text, width), "dim" if off else "text"),))
    return lines or [(PaintSpan(" none", "dim"),)]


def _history(view: AccountView, now: datetime, width: int) -> list[Line]:
    lines: list[Line] = []
    for run in view.report.runs:
        if run.dataset == "reviews" and run.succeeded_at is not None:
            text = f" {age(run.succeeded_at, now):<4} synced {run.new} new, {run.changed} changed"
            lines.append((PaintSpan(clip(text, width)),))
    for change in view.report.changes[:5]:
        text = f" {age(change.at, now):<4} {info(change.capability).title}: {change.before} -> {change.state}"
        lines.append((PaintSpan(clip(text, width)),))
    return lines or [(PaintSpan(" nothing yet", "dim"),)]


def shorten_issuer(issuer: str) -> str:
    """`69a6de7f-…-5b8c7c11a4d1`."""
    parts = issuer.split("-")
    return f"{parts[0]}-…-{parts[-1]}" if len(parts) == 5 else issuer


def shorten_path(path: str, width: int, home: str | None = None) -> str:
    """A path with `~` for the home folder, its middle left out when it is too long."""
    import os

    home = home if home is not None else os.path.expanduser("~")  # noqa: PTH111
    if home not in {"", "/"} and path.startswith(home + "/"):
        path = "~" + path[len(home) :]
    if cell_len(path) <= max(width, 12):
        return path
    name = path.rsplit("/", 1)[-1]
    room = max(12, width) - cell_len(name) - 2
    return f"{path[: max(1, room)]}…/{name}" if room > 3 else clip(name, max(width, 12))


def _days(since: datetime | None, now: datetime) -> str:
    return "" if since is None else f"{max(0, (now - since).days)}d"


def _day(moment: datetime | None) -> str:
    if moment is None:
        return ""
    local = moment.astimezone()
    return f"{local.day} {local:%b}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
