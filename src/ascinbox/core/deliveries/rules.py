"""notify.toml: who is told of what, where, and what a rule does by itself.

# notify.toml
[[destination]]
name = "team"
kind = "slack"
url = "vault:team"            # or "env:NAME"; never the address itself

[[rule]]
name = "low stars"
when = "rating:<=2"           # the filter language; "" is everything
on = ["review.new", "review.changed"]
to = ["team"]
send = "now"                  # or "daily 09:00", "every 4h"
quiet = "22:00-07:00"
at_most = "10/h"              # the rest goes into one digest
text = true                   # false leaves people's words at home
do = ["tag:low", "assign:anna", "flag"]

What cannot be read is a problem with line and column; the rest works.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ascinbox.core.deliveries.events import WITHOUT_REVIEW, EventKind
from ascinbox.core.deliveries.schedule import (
    QuietHours,
    RateLimit,
    SendSchedule,
    read_quiet,
    read_rate,
    read_schedule,
)
from ascinbox.core.filters import AccountTerm, AppTerm, FilterError, did_you_mean, parse
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.text import clean_line
from ascinbox.core.toml_places import place

NAME_LIMIT = 60
REFERENCE = re.compile(r"(vault|env):([A-Za-z0-9_][A-Za-z0-9._-]{0,79})")
"""How a secret is referred to."""


class DestinationKind(StrEnum):
    """The words of `kind`."""

    SLACK = "slack"
    TEAMS = "teams"
    EMAIL = "email"
    WEBHOOK = "webhook"
    ZENDESK = "zendesk"
    COMMAND = "command"
    APPRISE = "apprise"

    @property
    def keyed(self) -> bool:
        """Whether the receiver drops a second copy of the same id itself."""
        return self in {DestinationKind.EMAIL, DestinationKind.WEBHOOK, DestinationKind.ZENDESK}

    @property
    def for_machines(self) -> bool:
        """Whether it gets the event as JSON, each by itself: nothing is put together into a digest."""
        return self in {DestinationKind.WEBHOOK, DestinationKind.COMMAND}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where messages go. Secrets are references, never the thing itself."""

    name: str
    kind: DestinationKind
    url: str = ""
    secrets: tuple[str, ...] = ()
    """Of a webhook: what its messages are signed with, the newest first; several while one is replaced."""
    host: str = ""
    port: int = 0
    tls: str = "starttls"
    """`starttls`, `tls`, or `none` on this machine only."""
    user: str = ""
    password: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """Program and arguments; no shell."""

    @property
    def references(self) -> tuple[str, ...]:
        """Every secret that it needs."""
        named = (self.url, *self.secrets, self.user, self.password)
        return tuple(dict.fromkeys(one for one in named if REFERENCE.fullmatch(one)))


@dataclass(frozen=True, slots=True)
class NotifyRule:
    """Of what, whom, when, in which words; and what it does with the review itself."""

    name: str
    when: str = ""
    on: frozenset[str] = frozenset({EventKind.REVIEW_NEW})
    to: tuple[str, ...] = ()
    schedule: SendSchedule = field(default_factory=SendSchedule)
    quiet: QuietHours | None = None
    rate: RateLimit | None = None
    text: bool = True
    do: MarkChange | None = None


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What notify.toml says, and what is wrong with it."""

    destinations: Mapping[str, Destination] = field(default_factory=dict)
    rules: tuple[NotifyRule, ...] = ()
    problems: tuple[str, ...] = ()
    """A sentence each, with line and column."""
    written: frozenset[str] = frozenset()
    """Names of all rules and destinations that are written down, those that cannot be read among them."""
    whole: bool = True
    """False: the file itself cannot be read, so nothing is known of what it no longer names."""

    def rule(self, name: str) -> NotifyRule | None:
        """The rule of that name."""
        return next((rule for rule in self.rules if rule.name == name), None)


Wrong = tuple[str, int, str]
"""The key that is wrong, where in its text, and why."""

_DESTINATION_KEYS = {
    "name", "kind", "url", "secret", "host", "port", "tls", "user", "password", "from", "to", "command",
}  # fmt: skip
_RULE_KEYS = {"name", "when", "on", "to", "send", "quiet", "at_most", "text", "do"}
_MAIL = re.compile(r"[^\s@<>,;:\\\"]+@[^\s@<>,;:\\\"]+", re.ASCII)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def read_rules(document: Mapping[str, Any], text: str, path: str) -> RuleFile:
    """The rules and destinations of a parsed notify.toml; `text` is for line and column."""
    problems = [f"{path}: unknown key {key}" for key in document if key not in {"destination", "rule"}]
    written: set[str] = set()
    destinations: dict[str, Destination] = {}
    for index, entry in enumerate(_entries(document, "destination", path, problems)):
        destination, wrong = _destination(entry)
        if destination is not None and destination.name in destinations:
            wrong = [("name", 0, f"there are two destinations called {destination.name}")]
            destination = None
        _note(problems, written, path, text, "destination", index, entry, wrong)
        if destination is not None:
            destinations[destination.name] = destination
    rules: dict[str, NotifyRule] = {}
    for index, entry in enumerate(_entries(document, "rule", path, problems)):
        rule, wrong = _rule(entry, destinations, frozenset(written))
        if rule is not None and rule.name in rules:
            wrong, rule = [("name", 0, f"there are two rules called {rule.name}")], None
        _note(problems, written, path, text, "rule", index, entry, wrong)
        if rule is not None:
            rules[rule.name] = rule
    return RuleFile(destinations, tuple(rules.values()), tuple(map(clean_line, problems)), frozenset(written))


def _entries(document: Mapping[str, Any], table: str, path: str, problems: list[str]) -> list[Any]:
    entries = document.get(table, [])
    if isinstance(entries, list):
        return entries
    problems.append(f"{path}: {table} must be written [[{table}]]")
    return []


def _note(
    problems: list[str],
    written: set[str],
    path: str,
    text: str,
    table: str,
    index: int,
    entry: object,
    wrong: list[Wrong],
) -> None:
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        written.add(clean_line(entry["name"]))
    name = f"{table} {clean_line(entry.get('name'))!r}: " if isinstance(entry, dict) else ""
    problems += [
        f"{path}:{place(text, table, index, key, offset)}: {name}{words}" for key, offset, words in wrong
    ]


def _name(entry: object, what: str) -> tuple[str, list[Wrong]]:
    if not isinstance(entry, dict):
        return "", [("", 0, f"a {what} must be a table")]
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LIMIT:
        return "", [("name", 0, f"a {what} needs a name of at most {NAME_LIMIT} characters")]
    return clean_line(name), []


# --- destinations ---


def _destination(entry: Any) -> tuple[Destination | None, list[Wrong]]:
    name, wrong = _name(entry, "destination")
    if wrong:
        return None, wrong
    wrong = _unknown_keys(entry, _DESTINATION_KEYS)
    word = entry.get("kind")
    if not isinstance(word, str) or word not in set(DestinationKind):
        known = ", ".join(DestinationKind)
        hint = did_you_mean(word, DestinationKind) if isinstance(word, str) else ""
        return None, [*wrong, ("kind", 0, f"kind is one of {known}{hint}")]
    kind = DestinationKind(word)
    fatal: list[Wrong] = []
    if kind is DestinationKind.EMAIL:
        made = _mail_server(name, entry, fatal)
    elif kind is DestinationKind.COMMAND and "url" not in entry:
        made = Destination(name, kind, command=_command(entry.get("command"), fatal))
    else:
        made = Destination(
            name,
            kind,
            url=_reference(entry, "url", fatal),
            secrets=_secrets(entry, fatal) if kind is DestinationKind.WEBHOOK else (),
            user=_user(entry, fatal),
            password=_reference(entry, "password", fatal, needed=False),
        )
    return (None if fatal else made), [*wrong, *fatal]


def _reference(entry: Mapping[str, Any], key: str, wrong: list[Wrong], *, needed: bool = True) -> str:
    value = entry.get(key)
    if value is None and not needed:
        return ""
    if isinstance(value, str) and REFERENCE.fullmatch(value):
        return value
    # The value itself may be the secret: it is not repeated.
    said = f'{key} must be "vault:NAME" or "env:NAME"; store the secret with: ascinbox notify secret NAME'
    wrong.append((key, 0, said))
    return ""


def _secrets(entry: Mapping[str, Any], wrong: list[Wrong]) -> tuple[str, ...]:
    value = entry.get("secret")
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > 4:
        wrong.append(("secret", 0, "secret takes one reference, or the new one and the old one"))
    return tuple(_reference({"secret": one}, "secret", wrong) for one in values)


def _user(entry: Mapping[str, Any], wrong: list[Wrong]) -> str:
    """A user's name is no secret: it may stand there as it is."""
    value = entry.get("user", "")
    if isinstance(value, str) and len(value) <= 200:
        return value
    wrong.append(("user", 0, "user must be a text"))
    return ""


def _command(value: object, wrong: list[Wrong]) -> tuple[str, ...]:
    try:
        parts = shlex.split(value) if isinstance(value, str) else value
    except ValueError as error:
        wrong.append(("command", 0, f"command cannot be read: {error}"))
        return ()
    if isinstance(parts, list) and parts and all(isinstance(part, str) and part for part in parts):
        return tuple(parts)
    wrong.append(("command", 0, 'command must be a list such as ["/usr/bin/logger", "-t", "reviews"]'))
    return ()


def _mail_server(name: str, entry: Mapping[str, Any], wrong: list[Wrong]) -> Destination:
    host, port, tls = entry.get("host"), entry.get("port"), entry.get("tls", "starttls")
    if not isinstance(host, str) or not re.fullmatch(r"[A-Za-z0-9.:_-]+", host):
        wrong.append(("host", 0, "host must be the name of the mail server"))
        host = ""
    if tls not in ("starttls", "tls", "none"):
        wrong.append(("tls", 0, 'tls is "starttls", "tls" or "none"'))
    elif tls == "none" and host and not is_this_machine(host):
        wrong.append(("tls", 0, 'tls = "none" is for this machine only (127.0.0.1)'))
    if port is None:
        port = {"tls": 465, "none": 25}.get(str(tls), 587)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65_536:
        wrong.append(("port", 0, "port must be a number up to 65535"))
        port = 0
    sender = entry.get("from")
    if not isinstance(sender, str) or not _MAIL.fullmatch(sender):
        wrong.append(("from", 0, "from must be an e-mail address"))
        sender = ""
    to = entry.get("to")
    to = [to] if isinstance(to, str) else to
    if not isinstance(to, list) or not to or not all(isinstance(a, str) and _MAIL.fullmatch(a) for a in to):
        wrong.append(("to", 0, 'to must be a list of e-mail addresses, such as ["team@example.com"]'))
        to = []
    return Destination(
        name,
        DestinationKind.EMAIL,
        host=host,
        port=port,
        tls=str(tls),
        user=_user(entry, wrong),
        password=_reference(entry, "password", wrong, needed=bool(entry.get("user"))),
        sender=sender,
        recipients=tuple(dict.fromkeys(to)),
    )


def is_this_machine(host: str) -> bool:
    """`localhost`, 127.0.0.0/8 or ::1."""
    return host in LOOPBACK or re.fullmatch(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}", host) is not None


# --- rules ---


def _rule(
    entry: Any, destinations: Mapping[str, Destination], written: frozenset[str]
) -> tuple[NotifyRule | None, list[Wrong]]:
    name, wrong = _name(entry, "rule")
    if wrong:
        return None, wrong
    wrong = _unknown_keys(entry, _RULE_KEYS)
    fatal: list[Wrong] = []
    on = _events(entry, fatal)
    when = _filter(entry, on, fatal, wrong)
    to = _destinations(entry, destinations, written, fatal, wrong)
    do = _deeds(entry, fatal)
    made = NotifyRule(
        name,
        when,
        on,
        to,
        _read(entry, "send", "now", read_schedule, SendSchedule(), fatal),
        _read(entry, "quiet", "", read_quiet, None, fatal),
        _read(entry, "at_most", "", read_rate, None, fatal),
        entry.get("text", True) is not False,
        do,
    )
    if not isinstance(entry.get("text", True), bool):
        fatal.append(("text", 0, "text must be true or false"))
    if not fatal and not to and do is None:
        fatal.append(("to", 0, "a rule needs a destination in to, or something to do"))
    return (None if fatal else made), [*wrong, *fatal]


def _events(entry: Mapping[str, Any], wrong: list[Wrong]) -> frozenset[str]:
    on = entry.get("on", [EventKind.REVIEW_NEW.value])
    on = [on] if isinstance(on, str) else on
    if not isinstance(on, list) or not on:
        wrong.append(("on", 0, 'on must be a list of events, such as ["review.new"]'))
        return frozenset()
    for word in on:
        if not isinstance(word, str) or word not in set(EventKind):
            hint = did_you_mean(str(word), EventKind)
            known = "" if hint else f"; there are {', '.join(EventKind)}"
            wrong.append(("on", 0, f"there is no event {clean_line(str(word))[:40]!r}{hint}{known}"))
    return frozenset(map(str, on))


def _filter(entry: Mapping[str, Any], on: frozenset[str], fatal: list[Wrong], wrong: list[Wrong]) -> str:
    when = entry.get("when", "")
    if not isinstance(when, str):
        fatal.append(("when", 0, "when must be a filter in quotes"))
        return ""
    try:
        query = parse(when, now=datetime.now(UTC))
    except FilterError as error:
        fatal.append(
            ("when", error.start, f"{error.title}{f'. {error.next_step}' if error.next_step else ''}")
        )
        return ""
    fits = all(isinstance(term, AppTerm | AccountTerm) for term in query.terms)
    if not fits and (lost := sorted(on & WITHOUT_REVIEW)):
        wrong.append(
            ("when", 0, f"{', '.join(lost)} is about no review: only app: and acct: can fit it, this never")
        )
    return when


def _destinations(
    entry: Mapping[str, Any],
    destinations: Mapping[str, Destination],
    written: frozenset[str],
    fatal: list[Wrong],
    wrong: list[Wrong],
) -> tuple[str, ...]:
    to = entry.get("to", [])
    to = [to] if isinstance(to, str) else to
    if not isinstance(to, list) or not all(isinstance(word, str) for word in to):
        fatal.append(("to", 0, "to must be a list of names of destinations"))
        return ()
    found = tuple(dict.fromkeys(word for word in map(clean_line, to) if word in destinations))
    for word in map(clean_line, to):
        if word not in destinations and word not in written:
            hint = did_you_mean(word, destinations)
            wrong.append(("to", 0, f"there is no destination {word[:40]!r}{hint}"))
        elif word not in destinations:
            wrong.append(("to", 0, f"the destination {word[:40]!r} cannot be used, see above"))
    if to and not found:
        fatal.append(("to", 0, "none of its destinations can be used"))
    return found


def _deeds(entry: Mapping[str, Any], wrong: list[Wrong]) -> MarkChange | None:
    do = entry.get("do", [])
    do = [do] if isinstance(do, str) else do
    if not isinstance(do, list) or not all(isinstance(word, str) for word in do):
        wrong.append(("do", 0, 'do must be a list such as ["tag:crash", "assign:anna", "flag"]'))
        return None
    tags: list[str] = []
    assignee: str | None = None
    flag: bool | None = None
    for word in map(clean_line, do):
        verb, _, value = word.partition(":")
        value = value.strip()
        if verb == "tag" and value:
            tags.append(value)
        elif verb == "assign" and value:
            assignee = value
        elif word == "flag":
            flag = True
        else:
            wrong.append(("do", 0, f"there is no deed {word[:40]!r}: tag:NAME, assign:NAME or flag"))
    return MarkChange(tag=tuple(tags), assign=assignee, flag=flag) if do and not wrong else None


def _read(
    entry: Mapping[str, Any], key: str, default: str, reader: Any, nothing: Any, wrong: list[Wrong]
) -> Any:
    value = entry.get(key, default)
    try:
        if not isinstance(value, str):
            raise ValueError(f"{key} must be a text")
        return reader(value)
    except ValueError as error:
        wrong.append((key, 0, str(error)))
        return nothing


def _unknown_keys(entry: Mapping[str, Any], known: set[str]) -> list[Wrong]:
    return [
        (key, 0, f"unknown key {clean_line(key)[:40]}{did_you_mean(key, known)}")
        for key in entry
        if key not in known
    ]
