"""What a message says, for each service in its own form, escaped and cut at its limit.

What people wrote reaches a service only through `quiet` and the service's own escaping: no mention, link or
markup of a review does anything there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ascinbox.core.deliveries.events import TEST, NotifyEvent
from ascinbox.core.deliveries.states import MAY_BE_TWICE
from ascinbox.core.reviews import territories
from ascinbox.core.reviews.links import review_address
from ascinbox.core.stores import APP_STORE, short_id, store_of_review
from ascinbox.core.text import clean_body

SLACK_SECTION = 3_000
"""Characters of a section's text (docs.slack.dev, Block Kit)."""
SLACK_TOTAL = 12_000
"""Slack answers `msg_blocks_too_long` from about 13,000 (slackapi/bolt-js 2509)."""
SLACK_FALLBACK = 300
TEAMS_BYTES = 24_000
"""A message to Teams may have 28 KB in all; what surrounds the card is counted too."""
TICKET_BODY = 30_000
SUBJECT = 150
CHAT = 1_800
"""Discord, the narrowest of the services behind apprise, takes 2,000."""
MAIL_BODY = 100_000
DIGEST_LINE = 160

_AT = re.compile(r"(?<![\w.+-])@(?=\w)")
_JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """What goes out at once to one destination: one event, or several as a digest."""

    id: str
    """The same for every try."""
    events: tuple[NotifyEvent, ...]
    rule: str = ""
    again: bool = False
    """The receiver may have it already, and has no way to tell."""

    @property
    def is_digest(self) -> bool:
        return len(self.events) > 1


def quiet(text: str) -> str:
    """`text` cleaned, with no mention in it that a chat service would take for one."""
    return _AT.sub(f"@{_JOINER}", clean_body(text))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what is left out is counted."""
    if len(text) <= limit:
        return text
    room = max(0, limit - len(f"… {len(text)} more"))
    return f"{text[:room]}… {len(text) - room} more"


def stars(rating: object) -> str:
    """`★★☆☆☆`; an unknown rating is a question mark."""
    return "★" * rating + "☆" * (5 - rating) if isinstance(rating, int) and 0 < rating < 6 else "?"


def heading(message: OutgoingMessage) -> str:
    """One line that says what it is."""
    if message.is_digest:
        counts = Counter(event.title for event in message.events)
        parts = ", ".join(f"{count} x {title}" for title, count in counts.most_common())
        return f"{len(message.events)} events: {parts}"
    event = message.events[0]
    return f"{event.title}: {_about(event)}" if _about(event) else event.title


def _about(event: NotifyEvent) -> str:
    app = quiet(event.app_name)
    if event.review is None:
        return app or quiet(event.account)
    return f"{stars(event.review.get('rating'))} {app}".strip()


def facts(event: NotifyEvent) -> str:
    """Who, where, when: one line."""
    review = event.review
    if review is None:
        return ""
    territory = review.get("territory")
    store = store_of_review(event.review_id)
    parts = (
        quiet(str(review.get("nickname") or "")),
        "" if store is APP_STORE else store.market,
        territories.name(str(territory)) if territory else "",
        str(review.get("created_at") or "")[:10],
        f"version {quiet(str(review['app_version']))}" if review.get("app_version") else "",
        f"assigned to {quiet(str(review['assignee']))}" if review.get("assignee") else "",
    )
    return " · ".join(part for part in parts if part)


def words(event: NotifyEvent) -> str:
    """What people wrote: title and body, what it was before, the reply that is meant."""
    parts = [quiet(event.detail)]
    if (review := event.review) is not None:
        parts += [quiet(str(review.get("title") or "")), quiet(str(review.get("body") or ""))]
        if event.before is not None:
            before = " ".join(quiet(str(event.before.get(name) or "")) for name in ("title", "body")).strip()
            parts.append(f"Before: {stars(event.before.get('rating'))} {before}".rstrip())
    return "\n".join(part for part in parts if part)


def answer_hint(event: NotifyEvent) -> str:
    """How one gets at exactly this review: no service's button publishes anything."""
    return f"ascinbox open {short_id(event.review_id)}" if event.review_id else ""


def digest_lines(events: Iterable[NotifyEvent]) -> list[str]:
    """A line for each event."""
    found = []
    for event in events:
        text = " ".join(words(event).split())
        found.append(
            cut(f"{_about(event)} · {text}" if text else f"{_about(event)} · {event.title}", DIGEST_LINE)
        )
    return found


def within(lines: Sequence[str], limit: int) -> list[str]:
    """As many lines as fit into `limit` characters; the last one counts what is missing."""
    kept: list[str] = []
    used = 0
    reserve = len(f"… {len(lines)} more") + 1
    for number, line in enumerate(lines):
        rest = reserve if number < len(lines) - 1 else 0
        if used + len(line) + 1 + rest > limit:
            return [*kept, f"… {len(lines) - number} more"]
        kept.append(line)
        used += len(line) + 1
    return kept


def _marks(message: OutgoingMessage) -> list[str]:
    marks = []
    if any(event.kind == TEST for event in message.events):
        marks.append("This is a test of ascinbox: nothing happened.")
    if message.again:
        marks.append(f"({MAY_BE_TWICE})")
    return marks


def plain(message: OutgoingMessage, limit: int) -> str:
    """The message as plain text."""
    head = [*_marks(message), heading(message)]
    if message.is_digest:
        lines = digest_lines(message.events)
        used = sum(len(line) + 1 for line in head) + 1
        return "\n".join([*head, "", *within(lines, max(0, limit - used))])
    event = message.events[0]
    tail = [line for line in (facts(event), answer_hint(event), _page(event)) if line]
    used = sum(len(line) + 1 for line in (*head, *tail)) + 2
    body = cut(words(event), max(0, limit - used))
    return "\n".join([*head, "", body, "", *tail] if body else [*head, *tail])


def _page(event: NotifyEvent) -> str:
    return review_address(event.app_id, event.review_id) if event.review_id else ""


# --- Slack ---


def slack_escaped(text: str) -> str:
    """`&`, `<` and `>` are the three characters that Slack gives a meaning (docs.slack.dev, Formatting)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_payload(message: OutgoingMessage) -> dict[str, Any]:
    """The body of an incoming webhook: sections without links that Slack makes by itself."""
    parts = [f"*{slack_escaped(heading(message))}*"]
    event = message.events[0]
    if message.is_digest:
        parts += _packed([slack_escaped(line) for line in digest_lines(message.events)])
    else:
        body = _cut_escaped(words(event), SLACK_SECTION - 100)
        hint = answer_hint(event)
        tail = [slack_escaped(facts(event)), f"`{slack_escaped(hint)}`" if hint else ""]
        parts += [part for part in (body, "\n".join(line for line in tail if line)) if part]
    parts = [*(slack_escaped(mark) for mark in _marks(message)), *parts]
    sections: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": part, "verbatim": True}} for part in parts
    ]
    if not message.is_digest and _page(event):
        button = {
            "type": "button",
            "text": {"type": "plain_text", "text": store_of_review(event.review_id).label},
            "url": _page(event),
        }
        sections.append({"type": "actions", "elements": [button]})
    return {
        "text": slack_escaped(cut(heading(message), SLACK_FALLBACK)),
        "blocks": sections,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _cut_escaped(text: str, limit: int) -> str:
    """Cut so that no escaped character is cut in two, the limit counted after escaping."""
    room = limit
    while len(escaped := slack_escaped(cut(text, room))) > limit:
        room -= max(1, len(escaped) - limit)
    return escaped


def _packed(lines: Sequence[str]) -> list[str]:
    """Lines in as few sections as fit, and no more than Slack takes."""
    sections: list[str] = []
    for line in within(lines, SLACK_TOTAL - 1_000):
        if sections and len(sections[-1]) + len(line) + 1 <= SLACK_SECTION - 100:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line)
    return sections


# --- Teams ---


def teams_payload(message: OutgoingMessage) -> dict[str, Any]:
    """An Adaptive Card for a workflow's webhook. Text is in runs, in which nothing is markup."""
    event = message.events[0]
    size = TEAMS_BYTES
    while True:
        if message.is_digest:
            body = within(digest_lines(message.events), size)
        else:
            lines = (cut(words(event), size), facts(event), answer_hint(event))
            body = [line for line in lines if line]
        payload = _card([*_marks(message), heading(message)], body)
        too_many = len(json.dumps(payload).encode()) - TEAMS_BYTES
        if too_many <= 0:
            return payload
        size = min(size, sum(map(len, body))) - max(200, too_many // 6)


def _card(heads: Sequence[str], body: Sequence[str]) -> dict[str, Any]:
    def run(text: str, *, bold: bool) -> dict[str, Any]:
        inline: dict[str, Any] = {"type": "TextRun", "text": text.replace("<at>", "<\u2060at>")}
        if bold:
            inline["weight"] = "Bolder"
        return {"type": "RichTextBlock", "inlines": [inline]}

    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [*(run(text, bold=True) for text in heads), *(run(text, bold=False) for text in body)],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "contentUrl": None, "content": content}],
    }


# --- Zendesk, mail ---


def subject_of(message: OutgoingMessage) -> str:
    """One line for a ticket or a mail."""
    event = message.events[0]
    if message.is_digest:
        return cut(heading(message), SUBJECT)
    title = " ".join(quiet(str((event.review or {}).get("title") or event.detail)).split())
    return cut(f"{heading(message)}{f' - {title}' if title else ''}", SUBJECT)


def ticket_payload(message: OutgoingMessage) -> dict[str, Any]:
    """The body of Zendesk's "create ticket". Its placeholders (`{{...}}`) are not taken from a review."""
    event = message.events[0]
    kinds = sorted({each.kind for each in message.events})
    ticket: Mapping[str, Any] = {
        "subject": _no_placeholder(subject_of(message)),
        "comment": {"body": _no_placeholder(plain(message, TICKET_BODY))},
        "external_id": event.review_id if event.review_id and not message.is_digest else message.id,
        "tags": ["ascinbox", *(kind.replace(".", "_") for kind in kinds)],
    }
    return {"ticket": ticket}


def _no_placeholder(text: str) -> str:
    return text.replace("{{", f"{{{_JOINER}{{").replace("{%", f"{{{_JOINER}%")
