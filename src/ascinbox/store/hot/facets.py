"""How reviews spread over apps, ratings, territories and states, and what values a filter key has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ascinbox.core.clock import Clock
from ascinbox.core.filters import IsTerm, Query
from ascinbox.core.filters.tree import IS_WORDS
from ascinbox.store.database import Database
from ascinbox.store.hot.accounts import AccountRecords
from ascinbox.store.hot.search import Search
from ascinbox.store.hot.team import TeamReads
from ascinbox.store.hot.triage import TriageReads


@dataclass(frozen=True, slots=True)
class Facets:
    """Values with their counts, the most frequent first; ratings from one star up, unknown ones left out."""

    apps: tuple[tuple[str, int], ...] = ()
    """By name."""
    ratings: tuple[tuple[int, int], ...] = ()
    territories: tuple[tuple[str, int], ...] = ()
    """By alpha-3 code."""
    states: tuple[tuple[str, int], ...] = ()
    """By letter."""


class FacetCounts:
    """`store.facets`. Counts whole lists: belongs in the slow lane."""

    def __init__(
        self,
        database: Database,
        search: Search,
        accounts: AccountRecords,
        triage: TriageReads,
        team: TeamReads,
        clock: Clock,
    ) -> None:
        self._database = database
        self._search = search
        self._accounts = accounts
        self._triage = triage
        self._team = team
        self._clock = clock

    def of(self, query: Query) -> Facets:
        """How the reviews of a query spread."""
        tally = self._search.tally(query, ("app", "rating", "territory", "state"))
        return Facets(
            apps=_most_first(self._by_name(tally["app"])),
            ratings=tuple(sorted((int(value), n) for value, n in tally["rating"].items() if value)),
            territories=_most_first(tally["territory"]),
            states=_most_first(tally["state"]),
        )

    def values(self, key: str) -> Mapping[str, int]:
        """The values of a filter key with the number of reviews that each has."""
        match key:
            case "app":
                return self._by_name(self._search.tally(Query(), ("app",))["app"])
            case "acct":
                counts_by_id = self.by_account()
                return {account.name: counts_by_id[account.id] for account in self._accounts.list()}
            case "rating" | "territory" | "lang" | "version":
                counts = self._search.tally(Query(), (key,))[key]
                return {value: number for value, number in counts.items() if value}
            case "is":
                return {word: self._search.count(Query((IsTerm((word,)),))) for word in IS_WORDS}
            case "tag":
                return self._triage.tags()
            case "assignee":
                return self._triage.assignees()
            case "claimed":
                return self._team.writers(self._clock.now())
            case _:
                return {}

    def _by_name(self, by_number: Mapping[str, int]) -> dict[str, int]:
        names = {str(row[0]): row[1] for row in self._database.execute("SELECT number, name FROM cache.app")}
        counts: dict[str, int] = {}
        for number, count in by_number.items():
            name = names.get(number, number)
            counts[name] = counts.get(name, 0) + count
        return counts

    def by_account(self) -> dict[int, int]:
        """How many reviews each account sees, by its id."""
        by_app = self._search.tally(Query(), ("app",))["app"]
        numbers = {row[1]: str(row[0]) for row in self._database.execute("SELECT number, id FROM cache.app")}
        return {
            account.id: sum(by_app.get(numbers.get(app.id, ""), 0) for app in self._accounts.apps(account.id))
            for account in self._accounts.list()
        }


def _most_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(((v, n) for v, n in counts.items() if v), key=lambda pair: (-pair[1], pair[0])))
