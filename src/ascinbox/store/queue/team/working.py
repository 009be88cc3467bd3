"""What only a worker does: reviews and facts into the team's database, and the lease of each account."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any

from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview
from ascinbox.store.database import Database
from ascinbox.store.queue.team import facts
from ascinbox.store.queue.team.connection import MUCH_WORK_S, TeamSession

_NAMES = (
    "id rating territory created content rest nickname title body"
    " response_id response_state response_at response_text told"
).split()
_COLUMNS = itemgetter(*map(PreparedReview._fields.index, _NAMES))
_ROW, _FIELD, _NONE = "\x1e", "\x1f", "\x1d"
"""As the function `put_reviews` takes a page apart. No cleaned text has one of them."""
_SEPARATORS = str.maketrans(dict.fromkeys(_ROW + _FIELD + _NONE, "\ufffd"))
_MOST_AT_ONCE = 2_000
"""Reviews in one act."""


def _line(review: PreparedReview) -> str:
    """A review as a line of `put_reviews`."""
    values = [_NONE if v is None else v if type(v) is str else str(v) for v in _COLUMNS(review)]
    if review.told is not None:
        values[-1] = json.dumps(review.told, ensure_ascii=False)
    line = _FIELD.join(values)
    if line.count(_FIELD) == len(values) - 1 and _ROW not in line:
        return line
    return _FIELD.join(v if v == _NONE else v.translate(_SEPARATORS) for v in values)


class TeamWorker:
    """One worker of a team. Accounts are named by their names: each home numbers its own."""

    def __init__(
        self,
        session: TeamSession,
        name: str,
        lease: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name`: who it is, for people, and no other program's; `lease`: how long a killed worker keeps its
        accounts, `[outbox] lease_seconds`."""
        self._session = session
        self._name = name
        self._lease_s = lease.total_seconds()
        self._monotonic = monotonic
        self._numbers: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._ours: frozenset[str] = frozenset()
        self._until = 0.0
        self._told: dict[tuple[str, str], str] = {}

    # --- accounts ---

    def know(self, accounts: Iterable[tuple[int, str]]) -> None:
        """The accounts of this home, as (number here, name). Raises TeamError."""
        for number, name in accounts:
            if self._names.get(number) != name:
                self._numbers[number] = int(self._session.call("account_number", name))
                self._names[number] = name

    def forget(self) -> None:
        """The database is another one: numbers of accounts, what was told and leases hold no more."""
        self._numbers.clear()
        self._names.clear()
        self._told.clear()
        self._ours = frozenset()

    def team_account(self, number: int) -> int:
        """The team's number of an account of this home; its own number where the team has none."""
        return self._numbers.get(number, number)

    def local_account(self, number: int) -> int:
        """The other way round; 0 for an account that this home has no key of."""
        return next((here for here, there in self._numbers.items() if there == number), 0)

    def renew(self) -> frozenset[str]:
        """Takes the accounts that nobody works on, keeps its own, and says that this worker lives.

        Call it three times a lease. Returns the names of those that are ours now. Raises TeamError.
        """
        asked = self._monotonic()
        names = sorted(self._names.values())
        self._ours = frozenset(self._session.call("work", self._name, names, self._lease_s))
        # From when it was asked: the database's lease began later, so it ends later than this.
        self._until = asked + self._lease_s
        return self._ours

    def works_on(self, number: int) -> bool:
        """Whether an account of this home is this worker's now."""
        return self._names.get(number) in self._ours and self._monotonic() < self._until

    def release(self) -> None:
        """Gives all accounts back, so that another worker need not wait. Raises TeamError."""
        self._ours = frozenset()
        self._session.call("work", self._name, [], self._lease_s)

    # --- reviews and facts ---

    def save_pages(self, pages: Sequence[PreparedPage]) -> int:
        """Reviews as the store showed them; how many rows were new or changed. Raises TeamError.

        Call it before they are stored here: what the team does not have must not count as known.
        """
        by_app: dict[str, dict[str, PreparedReview]] = {}
        for page in pages:
            # A review that moved on to the next page while the pages were read is in both.
            by_app.setdefault(page.app_id, {}).update(page.prepared)
        written = 0
        for app_id, reviews in by_app.items():
            lines = [_line(review) for review in reviews.values()]
            for start in range(0, len(lines), _MOST_AT_ONCE):
                part = _ROW.join(lines[start : start + _MOST_AT_ONCE])
                written += int(self._much("put_reviews", app_id, part))
        return written

    def remove(self, ids: Sequence[str]) -> None:
        """Reviews that the store does not show any more. Raises TeamError."""
        if ids:
            self._much("remove_reviews", list(ids))

    def name_versions(self, ids: Sequence[str], version: str) -> None:
        """Which version of its app these reviews are about. Raises TeamError."""
        if ids:
            self._much("put_versions", list(ids), version)

    def _much(self, function: str, *args: Any) -> Any:
        """An act that nobody at the keys waits for, and that may be much work."""
        return self._session.call(function, *args, answers_s=MUCH_WORK_S)

    def share(self, database: Database) -> int:
        """Tells what changed of accounts, apps, verdicts and runs since the last time; how much.

        On the store's thread. Raises TeamError."""
        new, told = facts.changed(self._told, facts.described(database, self.team_account))
        if new:
            self._much("share", new)
        self._told = told
        return len(new)
