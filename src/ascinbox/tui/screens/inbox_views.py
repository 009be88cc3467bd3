"""The Inbox's query: views, filter bar with completion, sort order, saved views, the side column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import AscinboxError
from ascinbox.core.filters import (
    AppTerm,
    FilterError,
    Query,
    RatingTerm,
    Sort,
    SortKey,
    TerritoryTerm,
    complete,
)
from ascinbox.core.territories import alpha2
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import INPUT
from ascinbox.tui.rows import Total
from ascinbox.tui.screens.inbox_reading import InboxReading
from ascinbox.tui.screens.menu import Choice, MenuScreen, PromptScreen
from ascinbox.tui.sidetext import ViewLabel, side_entries
from ascinbox.tui.steady import Steady
from ascinbox.tui.widgets.filter_bar import FilterBar, Options
from ascinbox.tui.widgets.side import Side, ViewsBar

if TYPE_CHECKING:
    from textual import events

    from ascinbox.workers.views import View, ViewList

SORTS: Mapping[SortKey, str] = {
    SortKey.OLDEST: "oldest first",
    SortKey.NEWEST: "newest first",
    SortKey.RATING: "lowest rating first",
    SortKey.CHANGED: "last changed first",
    SortKey.LONGEST: "longest first",
}


class InboxViews(InboxReading):
    """Everything that decides which reviews are listed."""

    def __init__(self) -> None:
        super().__init__()
        self.views: Sequence[View] = ()
        self.view_counts: Mapping[str, Total] = {}
        self.view: int | None = 0
        """Number of the view in force; None for a filter of one's own."""
        self._facets: Any = None
        self._counting = Steady(self._count, lambda: False)
        self._before_edit = ""

    @property
    def view_name(self) -> str:
        """Name of the view in force; `Filter` for one's own."""
        return self.views[self.view].name if self.view is not None and self.views else "Filter"

    # --- views ---

    async def load_views(self) -> None:
        """Reads the views; a broken views.toml is named, the rest works."""
        self.take_views(await self.desk.ask(self.inbox.views))

    def take_views(self, found: ViewList) -> None:
        """Puts these views in place and names what is wrong with the file."""
        self.views = found.views
        for problem in found.problems:
            self.desk.say_problem(problem)

    async def show_view(self, number: int, *, at: str | None = None) -> None:
        """Puts a view in force; the cursor goes where it last stood there."""
        await self.save_place()
        self.view = number
        place = at or await self.saved_place(self.views[number].name)
        await self.show_query(self.views[number].query, at=place)
        self.tell_views()
        self.refresh_counts()

    async def saved_place(self, view: str) -> str | None:
        """The review on which the cursor last stood in a view."""
        place: str | None = await self.desk.ask(self.inbox.place, view)
        return place

    async def save_place(self) -> None:
        """Remembers view and review for the next time."""
        if self.views and self.listing.current is not None:
            await self.desk.ask(
                self.inbox.save_place, self.view_name, self.query_text, self.listing.current.id
            )

    def tell_views(self) -> None:
        """Brings bar and column up to date."""
        if not self.is_mounted:
            return
        labels = self.view_labels()
        if self.is_wide:
            self.side.tell(self._side_entries(labels))
        else:
            self.query_one(ViewsBar).tell(labels, self.view)

    def view_labels(self) -> list[ViewLabel]:
        """The views with their counts, as far as they are known."""
        labels = []
        for view in self.views:
            total = self.view_counts.get(view.name, Total())
            labels.append(ViewLabel(view.name, str(total) if total.count else ""))
        return labels

    def _side_entries(self, labels: Sequence[ViewLabel]) -> Any:
        facets = self._facets
        terms = self.filter_query.terms
        apps = {value for t in terms if isinstance(t, AppTerm) for value in t.values}
        stars = {n for t in terms if isinstance(t, RatingTerm) for n in t.ratings}
        places = {value for t in terms if isinstance(t, TerritoryTerm) for value in t.values}
        return side_entries(
            labels,
            self.view,
            [(name, str(n), name in apps) for name, n in (facets.apps if facets else ())],
            [
                (n, str(count), n in stars and len(stars) < 5)
                for n, count in (facets.ratings if facets else ())
            ],
            [(alpha2(code), str(n), code in places) for code, n in (facets.territories if facets else ())],
            self.side.size.height,
            self.desk.keymap.shown("views"),
        )

    def on_resize(self) -> None:
        """A column that was not there has nothing to show yet."""
        if self.is_wide and self.views and self._facets is None:
            self.refresh_counts()

    def refresh_counts(self) -> None:
        """Counts views and facets in the background."""
        self._counting.ask(self.desk.spawn)

    async def _count(self) -> None:
        counts = await self.desk.work(self.inbox.view_counts)
        self.view_counts = {name: Total(tally.count, tally.more) for name, tally in counts.items()}
        self.tell_views()
        self.total_all = Total(await self.desk.work(self.inbox.count, Query()))
        whole = {view.name: self.total_all for view in self.views if not view.query}
        self.view_counts = {**self.view_counts, **whole}
        self._facets = await self.desk.work(self.inbox.facets, self.filter_query) if self.is_wide else None
        self.tell_views()
        self.tell_filter()

    async def verb_views(self) -> None:
        """A menu of the views."""
        choices = [
            Choice(number, list_cell(view.name), f"{label.count:>8}  {view.query}")
            for number, (view, label) in enumerate(zip(self.views, self.view_labels(), strict=True))
        ]
        menu = MenuScreen(self, "Views", choices, self.show_view, cursor=self.view or 0)
        await self.app.push_screen(menu)

    async def verb_view_next(self) -> None:
        """The next view."""
        await self._turn_view(1)

    async def verb_view_prev(self) -> None:
        """The view before."""
        await self._turn_view(-1)

    async def _turn_view(self, step: int) -> None:
        if self.views:
            at = -1 if self.view is None and step > 0 else (self.view or 0)
            await self.show_view((at + step) % len(self.views))

    async def verb_save_view(self) -> None:
        """Saves the filter as a view."""
        if not self.query_text.strip():
            self.desk.say("nothing is filtered; / filters first")
            return
        notes = [f"filter: {self.query_text}", "a digit before the name gives the place: 7 Crashes"]
        value = "" if self.view is None else self.view_name
        await self.app.push_screen(
            PromptScreen(self, "Save as a view called", self._save_view, value=value, notes=notes)
        )

    async def _save_view(self, text: str) -> str | None:
        first, _, rest = text.strip().partition(" ")
        position = int(first) if first.isdigit() and rest else None
        name = rest if position is not None else text
        try:
            view = await self.desk.work(self.inbox.save_view, name, self.query_text, position)
        except AscinboxError as error:
            return str(error)
        await self.app.pop_screen()
        await self.load_views()
        self.view = next((n for n, v in enumerate(self.views) if v.name == view.name), None)
        self.tell_views()
        self.refresh_counts()
        self.desk.say(
            f"saved the view {view.name}; {self.desk.keymap.shown('delete')} in the list of views removes it"
        )
        return None

    # --- the filter bar ---

    def verb_filter(self) -> None:
        """Opens the filter bar."""
        self._before_edit = self.query_text
        self.bar.open(self.query_text)
        self.tell_frame()
        self._offer()

    @property
    def hint_place(self) -> str:
        return "filter" if self.bar.is_open else super().hint_place

    async def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Live: the list follows; what is no filter leaves it as it is."""
        await self._follow(message.text, live=True)
        self._offer()

    async def _follow(self, text: str, *, live: bool = False) -> bool:
        try:
            if text.strip() != self.query_text.strip():
                await self.show_query(text.strip())
            self.bar.tell_problem("")
        except FilterError as error:
            self.bar.tell_problem("" if live and self._is_half_typed(error) else str(error))
            return False
        return True

    def _is_half_typed(self, error: FilterError) -> bool:
        """Whether what is to blame is a value that stands under the cursor and begins as a known one does."""
        text, cursor = self.bar.field.value, self.bar.field.cursor_position
        if not self.bar.is_open or cursor != len(text) or error.end < len(text):
            return False
        completion = complete(text, cursor)
        return completion is not None and completion.key is not None and bool(completion.options({}))

    def _offer(self) -> None:
        text, cursor = self.bar.field.value, self.bar.field.cursor_position
        completion = complete(text, cursor)
        options = self.query_one(Options)
        if completion is None or (completion.key is None and not completion.typed):
            options.tell(None, (), text)
            return
        self.desk.spawn(self._offer_counted(text, cursor))

    async def _offer_counted(self, text: str, cursor: int) -> None:
        completion = complete(text, cursor)
        if completion is None:
            return
        counts: Mapping[str, int] = {}
        if completion.key is not None:
            counts = await self.desk.ask(self.inbox.values, completion.key.name)
        if self.bar.is_open and self.bar.field.value == text:
            self.query_one(Options).tell(completion, completion.options(counts), text)

    async def other_key(self, name: str, event: events.Key) -> bool:
        if self.context == INPUT:
            if name in ("down", "up"):
                options = self.query_one(Options)
                if options.options:
                    options.step(1 if name == "down" else -1)
                else:
                    self.bar.recall(-1 if name == "up" else 1)
                return True
            return False
        return await super().other_key(name, event)

    async def complete_now(self, step: int) -> None:
        """`tab`: puts the chosen option in, for what stands in the bar now."""
        options = self.query_one(Options)
        text = self.bar.field.value
        if options.offered_for != text:
            await self._offer_counted(text, self.bar.field.cursor_position)
        chosen, completion = options.chosen, options.completion
        if chosen is None or completion is None:
            self._offer()
            return
        if step < 0:
            options.step(-1)
            return
        text, cursor = completion.apply(self.bar.field.value, chosen)
        self.bar.put(text, cursor)
        options.tell(None, ())
        self._offer()

    async def keep_filter(self) -> None:
        """`enter`: the filter stays. One that is not understood stays open, with its reason."""
        text = self.bar.field.value.strip()
        if not await self._follow(text):
            return
        self.bar.close(text)
        self.query_one(Options).tell(None, ())
        self.view = next((n for n, view in enumerate(self.views) if view.query == text), None)
        self.tell_views()
        self.tell_filter()
        self.refresh_counts()

    async def drop_filter(self) -> None:
        """`esc`: back to the filter before."""
        self.bar.close(None)
        self.query_one(Options).tell(None, ())
        if self.query_text.strip() != self._before_edit.strip():
            await self.show_query(self._before_edit)
        self.tell_filter()

    # --- sort ---

    async def verb_sort(self) -> None:
        """A menu of the orders."""
        now = self.filter_query.sort.key
        choices = [Choice(key, words, f"sort:{key}") for key, words in SORTS.items()]
        cursor = next((n for n, key in enumerate(SORTS) if key is now), 0)
        await self.app.push_screen(MenuScreen(self, "Sort", choices, self._sort_by, cursor=cursor))

    async def _sort_by(self, key: SortKey) -> None:
        query = self.filter_query.with_sort(Sort(key))
        await self.show_own(query)

    async def show_own(self, query: Query) -> None:
        """Puts a changed query in force, the cursor on the same review if that is still listed."""
        row = self.listing.current
        self.view = next((n for n, view in enumerate(self.views) if view.query == str(query)), None)
        await self.show_query(str(query), at=row.id if row is not None else None)
        self.tell_views()
        self.refresh_counts()

    # --- the column ---

    async def on_side_chosen(self, message: Side.Chosen) -> None:
        """A click in the column."""
        await self.choose_side(message.term)

    async def choose_side(self, term: str) -> None:
        """Goes to a view, or adds or takes away one term of the filter."""
        if term.startswith("view:"):
            await self.show_view(int(term.removeprefix("view:")))
        elif term.startswith("more:"):
            self.desk.say("/ territory: lists all of them")
        elif term:
            await self.show_own(self._toggled(term))

    def _toggled(self, term: str) -> Query:
        (added,) = self.parse(term).terms
        kind = type(added)
        terms = self.filter_query.terms
        if added in terms:
            return replace(self.filter_query, terms=tuple(t for t in terms if t != added))
        return self.filter_query.without(kind).adding(added)
