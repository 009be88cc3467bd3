"""What the simulator was told to do wrong: rules by method and path, once or for ever."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

from ascinbox.simulator.problems import Problem, forbidden, rate_limited, server_error, unauthorized

KINDS = frozenset(("status", "drop", "slow", "cut", "drip", "html", "answer", "empty", "world", "list"))
VARIANTS = frozenset(
    (
        *("role", "agreement", "membership", "scope"),
        *("no_next", "blank_next", "empty", "empty_next", "repeated", "total", "links_only"),
        *("again", "no_responses"),
    )
)
"""Of `status` 403 the first, of `list` the others."""


SHAPES = frozenset(("", "no_body", "no_errors", "two_errors"))
"""Of `status`: the document, none at all, one whose `errors` is empty, a general error before this one."""


@dataclass(slots=True)
class Fault:
    """One rule. It fires on requests whose method and path match, after `skip` of them, `times` times.

    kind     what it does
    status   Apple's error document of `status`; 403 comes as `variant` role, agreement, membership or scope
    drop     the connection is closed without an answer
    slow     waits `seconds`, then goes on
    cut      the answer's headers and `cut_at` bytes of its body, then the connection is closed
    drip     the body byte by byte, `seconds` apart
    html     an HTML page with `status`, as proxies and captive portals send
    empty    `status` without a body and without a content type, as a 201 may come
    answer   exactly `status`, `headers` and `body`
    world    runs the event in `event` (see schedule.Event)
    list     the list that would be answered, changed as `variant` says (see oddlists)

    `after` True lets the request take effect first: `drop` is then the lost answer of faults.md.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    """A shell pattern, e.g. `/v1/apps/*/customerReviews`."""
    query: str = "*"
    """A shell pattern for the query as it came; of a request to Reporter, for its command."""
    key_id: str = ""
    """Only for requests of this key."""
    times: int | None = 1
    """None is for ever."""
    skip: int = 0
    after: bool = False
    status: int = 500
    variant: str = "role"
    shape: str = ""
    """How the refusal of a `status` rule comes; see SHAPES."""
    code: str = ""
    title: str = ""
    detail: str = ""
    retry_after: str | None = None
    seconds: float = 0.0
    cut_at: int | None = None
    """Bytes of the body that are still sent; None is half of it."""
    reset: bool = False
    """True aborts the connection (RST) where False closes it (FIN)."""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    event: dict[str, Any] = field(default_factory=dict)
    total: int | str | None = None
    """What a `list` rule of the variant total says."""
    kept: list[Any] = field(default_factory=list)
    """What a `list` rule of the variant again remembers."""
    id: int = 0
    fired: int = 0

    def problem(self) -> Problem:
        """The refusal of a `status` rule."""
        match self.status:
            case 401:
                made = unauthorized()
            case 403:
                made = forbidden(self.variant)
            case 429:
                made = rate_limited(self.retry_after)
            case _:
                made = server_error(self.status)
        if self.retry_after is not None:
            made.headers = {**made.headers, "Retry-After": self.retry_after}
        made.code = self.code or made.code
        made.title = self.title or made.title
        made.detail = self.detail or made.detail
        return made


class Faults:
    """The rules, in the order they were given. Safe to use from any thread."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self._ids = count(1)

    def add(self, kind: str, method: str = "*", path: str = "*", **options: Any) -> Fault:
        """Adds a rule; options are the fields of `Fault`. Raises ValueError for an unknown kind or option."""
        known = {entry.name for entry in fields(Fault)} - {"id", "fired", "kept", "kind"}
        unknown = set(options) - known
        if kind not in KINDS or unknown:
            raise ValueError(f"unknown fault {kind!r} or options {sorted(unknown)}")
        rule = Fault(kind, method.upper(), path, **options)
        if rule.variant not in VARIANTS:
            raise ValueError(f"unknown variant {rule.variant!r}")
        if rule.shape not in SHAPES:
            raise ValueError(f"unknown shape {rule.shape!r}")
        with self._lock:
            rule.id = next(self._ids)
            self._rules.append(rule)
        return rule

    def remove(self, rule_id: int) -> None:
        """Takes a rule back; an unknown id is no error."""
        with self._lock:
            self._rules = [rule for rule in self._rules if rule.id != rule_id]

    def clear(self) -> None:
        """Takes all rules back."""
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[Fault]:
        """The rules that can still fire."""
        with self._lock:
            return list(self._rules)

    def matching(self, method: str, path: str, key_id: str, query: str = "") -> list[Fault]:
        """The rules that fire on this request; counts them as fired. At most one that ends the request."""
        if not self._rules:
            return []
        fired: list[Fault] = []
        with self._lock:
            for rule in list(self._rules):
                if not _fits(rule, method, path, key_id, query):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.fired += 1
                fired.append(rule)
                if rule.times is not None and rule.fired >= rule.times:
                    self._rules.remove(rule)
                if rule.kind not in ("slow", "world"):
                    break
        return fired


def _fits(rule: Fault, method: str, path: str, key_id: str, query: str) -> bool:
    addressed = rule.method in ("*", method) and rule.key_id in ("", key_id)
    return addressed and fnmatchcase(path, rule.path) and fnmatchcase(query, rule.query)
