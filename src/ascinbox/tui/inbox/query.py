"""What the list shows: views, the filter bar with completion, the order, the side column, and counts."""

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
    parse,
)
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.coalescer import Coalescer
from ascinbox.tui.inbox.list_places import ListPlaces
from ascinbox.tui.inbox.rows import Total
from ascinbox.tui.inbox.source import QuerySource
from ascinbox.tui.inbox.state import NextView
from ascinbox.tui.inbox.taking_off import taken_off_words
from ascinbox.tui.inbox.text import BAR_HELP, SORTS, counts_words
from ascinbox.tui.sidetext import ViewLabel, side_entries
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen, confirm_word

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState
    from ascinbox.workers.reviews.views import ViewList

COUNT_CAP = 2_000
"""Counting stops here in the quick lane; the list says `2,000+`."""


class InboxQuery:
    """Everything that decides which reviews are listed."""

    def __init__(self, screen: InboxScreen, state: InboxState) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._side = screen.side
        self._bar = screen.bar
        self._options = screen.options
        self._viewsbar = screen.viewsbar
        self._state = state
        self._facets: Any = None
        self._counting = Coalescer(self._count, lambda: False)
        self._before_edit = ""
        self.places = ListPlaces(screen, state)

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {
            "views": Handler(self.pick_view),
            "view_next": Handler(lambda: self._turn_view(1)),
            "view_prev": Handler(lambda: self._turn_view(-1)),
            "save_view": Handler(self.save_view),
            "filter": Handler(self.open_filter),
            "sort": Handler(self.pick_sort),
        }

    def editing(self) -> Handlers:
        """What it does while the filter bar is open."""
        return {
            "open": Handler(self.keep_filter),
            "back": Handler(self.drop_filter),
            **sideways(self.complete_now),
        }

    def choose_option(self, step: int) -> None:
        """Arrows in the open bar: to the next option, or to an earlier filter where there are none."""
        if self._options.options:
            self._options.step(step)
        else:
            self._bar.recall(step)

    # --- the query ---

    def parse(self, text: str) -> Query:
        """The query of a filter; raises FilterError."""
        return parse(text, now=self._app.now().astimezone())

    async def show(self, text: str, *, at: str | None = None) -> bool:
        """Loads the list for a filter; raises FilterError for a bad one, and leaves the list as it is."""
        query = self.parse(text)
        source = QuerySource(self._app.ask, self._app.workspace.inbox, query)
        if not await self._listing.load(source, at=at):
            return False
        self._state.query_text, self._state.query, self._state.source = text, query, source
        self._state.needing, self._state.next_view = Total(), None
        self._screen.arrange_rows()
        self._listing.empty_text = ()
        self._app.spawn(self.count_rows(source))
        self._screen.focusing.tell_header()
        self.tell_filter()
        return True

    async def count_rows(self, source: QuerySource) -> None:
        """Counts in the background: quickly up to a cap, then, if there are more, in the slow lane."""
        try:
            count = await self._app.ask(self._app.workspace.inbox.count, source.query, COUNT_CAP)
            self._listing.tell_total(Total(count, count >= COUNT_CAP), source)
            self.tell_filter()
            if count >= COUNT_CAP:
                count = await self._app.work(self._app.workspace.inbox.count, source.query)
                self._listing.tell_total(Total(count), source)
            await self._count_left(source, count)
        except AscinboxError as error:
            self._app.notices.tell_error(error)
        self.tell_filter()

    async def _count_left(self, source: QuerySource, count: int) -> None:
        """Counts what needs somebody; where nothing does, looks where the work goes on."""
        inbox = self._app.workspace.inbox
        left = count
        if not source.query.only_needing:
            left = await self._app.work(inbox.count, inbox.needing(source.query))
        found = None if left else await self._app.work(inbox.next_with_work, self._state.view)
        if self._state.source is not source:
            return
        self._state.needing = Total(left)
        views = self._state.views
        self._state.next_view = (
            NextView(found[0], views[found[0]].name, str(found[1]))
            if found is not None and found[0] < len(views)
            else None
        )

    async def go_on(self) -> bool:
        """To the next view in which a review needs somebody; False when nothing is known of one."""
        following = self._state.next_view
        if following is None:
            return False
        await self.show_view(following.number)
        return True

    def tell_filter(self) -> None:
        """Brings filter bar and tab bar up to date."""
        if self._screen.is_mounted:
            right = while_open = self.counts()
            if self._screen.is_wide:
                taken = taken_off_words(self, self._state, selected=bool(self._listing.selected))
                off = taken and not self._screen.answering
                right = f"{self._app.keymap.shown('back')} {taken}" if off else ""
                while_open = BAR_HELP
            self._bar.tell(self._state.query, right, while_open)
            self._screen.tell_frame()

    def counts(self) -> str:
        """`2 selected · 37 of 4,812`, and `+4 new (F5 shows)` before it."""
        return counts_words(
            waiting=self._listing.waiting,
            selected=len(self._listing.selected),
            total=self._listing.data.total,
            of=self._state.total_all if self._state.query_text else Total(),
            left=self._state.left(self._listing.data.total),
            sync_key=self._app.keymap.shown("sync"),
        )

    async def begin(self, view: str | None) -> None:
        """The first rows: of the view that was asked for, or where one left."""
        first = await self._app.ask(self._app.workspace.inbox.beginning, view)
        self.take_views(first.views)
        self._state.view, self._state.several_stores = first.view, first.several_stores
        self._state.came_from = first.view or 0
        await self.show(first.query, at=first.review)
        self.tell_views()

    async def show_review(self, review_id: str) -> None:
        """Puts the cursor on a review; when the filter does not show it, without a filter."""
        if not await self._listing.go_to(review_id):
            self._state.view = next((n for n, view in enumerate(self._state.views) if not view.query), None)
            await self.show("", at=review_id)
            self.tell_views()

    # --- views ---

    async def load_views(self) -> None:
        """Reads the views; a broken views.toml is named, the rest works."""
        self.take_views(await self._app.ask(self._app.workspace.inbox.views))

    def take_views(self, found: ViewList) -> None:
        """Puts these views in place and names what is wrong with the file."""
        self._state.views = found.views
        for problem in found.problems:
            self._app.notices.say_problem(problem)

    async def show_view(self, number: int, *, at: str | None = None) -> None:
        """Puts a view in force; the cursor goes where it last stood there."""
        self.places.leave()
        self._state.view = self._state.came_from = number
        place = at or await self.places.of(self._state.views[number].name)
        await self.show(self._state.views[number].query, at=place)
        self.tell_views()
        self.refresh_counts()

    def tell_views(self) -> None:
        """Brings bar and column up to date."""
        if not self._screen.is_mounted:
            return
        labels = self.view_labels()
        if self._screen.is_wide:
            self._side.tell(self._side_entries(labels))
        else:
            self._viewsbar.tell(labels, self._state.view)

    def view_labels(self) -> list[ViewLabel]:
        """The views with their counts, as far as they are known."""
        labels = []
        for view in self._state.views:
            total = self._state.view_counts.get(view.name, Total())
            labels.append(ViewLabel(view.name, str(total) if total.count else ""))
        return labels

    def _side_entries(self, labels: Sequence[ViewLabel]) -> Any:
        facets = self._facets
        terms = self._state.query.terms
        apps = {value for t in terms if isinstance(t, AppTerm) for value in t.values}
        stars = {n for t in terms if isinstance(t, RatingTerm) for n in t.ratings}
        places = {value for t in terms if isinstance(t, TerritoryTerm) for value in t.values}
        return side_entries(
            labels,
            self._state.view,
            [(name, f"{n:,}", name in apps) for name, n in (facets.apps if facets else ())],
            [
                (n, f"{count:,}", n in stars and len(stars) < 5)
                for n, count in (facets.ratings if facets else ())
            ],
            [(alpha2(code), f"{n:,}", code in places) for code, n in (facets.territories if facets else ())],
            self._side.size.height,
            self._app.keymap.shown("views"),
        )

    # --- counts ---

    def has_facets(self) -> bool:
        """Whether the side column has been counted."""
        return self._facets is not None

    def refresh_counts(self) -> None:
        """Counts views and facets in the background."""
        self._counting.ask(self._app.spawn)

    def follow_time(self) -> None:
        """Counts again where what is due decides a count; asked once a minute."""
        if not self._state.has_clock:
            return
        inbox = self._app.workspace.inbox
        queries = (self._state.query, *(inbox.query(view.query) for view in self._state.views))
        if any(query.asks_clock for query in queries):
            self.refresh_counts()

    def begin_counting(self) -> None:
        """The same, unless they are being counted: a start asks for it more than once."""
        if not self._counting.is_running:
            self.refresh_counts()

    async def _count(self) -> None:
        counts = await self._app.work(self._app.workspace.inbox.view_counts)
        self._state.view_counts = {name: Total(tally.count, tally.more) for name, tally in counts.items()}
        self.tell_views()
        self._state.total_all = Total(await self._app.work(self._app.workspace.inbox.count, Query()))
        whole = {view.name: self._state.total_all for view in self._state.views if not view.query}
        self._state.view_counts = {**self._state.view_counts, **whole}
        self._facets = (
            await self._app.work(self._app.workspace.inbox.facets, self._state.query)
            if self._screen.is_wide
            else None
        )
        if self._facets is None and self._screen.is_wide:
            # The screen has become wide meanwhile.
            self.refresh_counts()
        self.tell_views()
        self.tell_filter()

    # --- choosing a view ---

    async def pick_view(self) -> None:
        """A menu of the views."""
        choices = [
            Choice(number, list_cell(view.name), f"{label.count:>8}  {view.query}")
            for number, (view, label) in enumerate(zip(self._state.views, self.view_labels(), strict=True))
        ]
        menu = MenuScreen(self._screen, "Views", choices, self.show_view, cursor=self._state.view or 0)
        await self._app.push_screen(menu)

    async def _turn_view(self, step: int) -> None:
        if self._state.views:
            at = -1 if self._state.view is None and step > 0 else (self._state.view or 0)
            await self.show_view((at + step) % len(self._state.views))

    async def save_view(self) -> None:
        """Saves the filter as a view."""
        if not self._state.query_text.strip():
            self._app.notices.say("nothing is filtered; / filters first")
            return
        notes = [f"filter: {self._state.query_text}", "a digit before the name gives the place: 7 Crashes"]
        value = "" if self._state.view is None else self._state.view_name
        await self._app.push_screen(
            PromptScreen(self._screen, "Save as a view called", self._save_view, value=value, notes=notes)
        )

    async def _save_view(self, text: str) -> str | None:
        first, _, rest = text.strip().partition(" ")
        position = int(first) if first.isdigit() and rest else None
        name = rest if position is not None else text
        try:
            view = await self._app.work(
                self._app.workspace.inbox.save_view, name, self._state.query_text, position
            )
        except AscinboxError as error:
            return str(error)
        await self._app.pop_screen()
        await self.load_views()
        self._state.view = next((n for n, v in enumerate(self._state.views) if v.name == view.name), None)
        self.tell_views()
        self.refresh_counts()
        self._app.notices.say(
            f"saved the view {view.name}; {self._app.keymap.shown('delete')} in the list of views removes it"
        )
        return None

    # --- the filter bar ---

    def open_filter(self) -> None:
        """Opens the filter bar."""
        self._before_edit = self._state.query_text
        self._bar.open(self._state.query_text)
        self._screen.tell_frame()
        self._offer()

    async def follow_typing(self, text: str) -> None:
        """Live: the list follows; what is no filter leaves it as it is."""
        await self._follow(text, live=True)
        self._offer()

    async def _follow(self, text: str, *, live: bool = False) -> bool:
        try:
            if text.strip() != self._state.query_text.strip():
                await self.show(text.strip())
            self._bar.tell_problem("")
        except FilterError as error:
            self._bar.tell_problem("" if live and self._is_half_typed(error) else str(error))
            return False
        return True

    def _is_half_typed(self, error: FilterError) -> bool:
        """Whether what is to blame is a value at the cursor that is empty or begins as a known one does."""
        text, cursor = self._bar.field.value, self._bar.field.cursor_position
        if not self._bar.is_open or cursor != len(text) or error.end < len(text):
            return False
        completion = complete(text, cursor)
        return bool(completion and completion.key and (not completion.typed or completion.options({})))

    def _offer(self) -> None:
        text, cursor = self._bar.field.value, self._bar.field.cursor_position
        completion = complete(text, cursor)
        options = self._options
        if completion is None or (completion.key is None and not completion.typed):
            options.tell(None, (), text)
            return
        self._app.spawn(self._offer_counted(text, cursor))

    async def _offer_counted(self, text: str, cursor: int) -> None:
        completion = complete(text, cursor)
        if completion is None:
            return
        counts: Mapping[str, int] = {}
        if completion.key is not None:
            counts = await self._app.ask(self._app.workspace.inbox.values, completion.key.name)
        if self._bar.is_open and self._bar.field.value == text:
            self._options.tell(completion, completion.options(counts), text)

    async def complete_now(self, step: int) -> None:
        """`tab`: puts the chosen option in, for what stands in the bar now."""
        options = self._options
        text = self._bar.field.value
        if options.offered_for != text:
            await self._offer_counted(text, self._bar.field.cursor_position)
        chosen, completion = options.chosen, options.completion
        if chosen is None or completion is None:
            self._offer()
            return
        if step < 0:
            options.step(-1)
            return
        text, cursor = completion.apply(self._bar.field.value, chosen)
        self._bar.put(text, cursor)
        options.tell(None, ())
        self._offer()

    async def keep_filter(self) -> None:
        """`enter`: the filter stays. One that is not understood stays open, with its reason."""
        text = self._bar.field.value.strip()
        if not await self._follow(text):
            return
        self._bar.close(text)
        self._options.tell(None, ())
        self._state.view = next((n for n, view in enumerate(self._state.views) if view.query == text), None)
        self.tell_views()
        self.tell_filter()
        self.refresh_counts()

    async def drop_filter(self) -> None:
        """`esc`: back to the filter before."""
        self._bar.close(None)
        self._options.tell(None, ())
        if self._state.query_text.strip() != self._before_edit.strip():
            await self.show(self._before_edit)
        self.tell_filter()

    # --- the order ---

    async def pick_sort(self) -> None:
        """A menu of the orders."""
        now = self._state.query.sort.key
        choices = [Choice(key, words, f"sort:{key}") for key, words in SORTS.items()]
        cursor = next((n for n, key in enumerate(SORTS) if key is now), 0)
        await self._app.push_screen(MenuScreen(self._screen, "Sort", choices, self._sort_by, cursor=cursor))

    async def _sort_by(self, key: SortKey) -> None:
        query = self._state.query.with_sort(Sort(key))
        await self.show_own(query)

    async def show_own(self, query: Query) -> None:
        """Puts a changed query in force, the cursor on the same review if that is still listed."""
        row = self._listing.current
        self._state.view = next(
            (n for n, view in enumerate(self._state.views) if view.query == str(query)), None
        )
        await self.show(str(query), at=row.id if row is not None else None)
        self.tell_views()
        self.refresh_counts()

    async def show_filter(self, text: str, *, at: str) -> None:
        """Puts a filter in force, the cursor on a review if that is listed."""
        self.places.leave()
        self._state.view = next((n for n, view in enumerate(self._state.views) if view.query == text), None)
        await self.show(text, at=at)
        self.tell_views()
        self.refresh_counts()

    # --- the side column ---

    async def choose_side(self, term: str) -> None:
        """Goes to a view, or adds or takes away one term of the filter."""
        if term.startswith("view:"):
            await self.show_view(int(term.removeprefix("view:")))
        elif term.startswith("more:"):
            self._app.notices.say("/ territory: lists all of them")
        elif term:
            await self.show_own(self._toggled(term))

    def _toggled(self, term: str) -> Query:
        (added,) = self.parse(term).terms
        kind = type(added)
        terms = self._state.query.terms
        if added in terms:
            return replace(self._state.query, terms=tuple(t for t in terms if t != added))
        return self._state.query.without(kind).adding(added)

    async def delete_view(self, name: str) -> None:
        """Deletes a view of the person's own; the word is typed."""

        async def act() -> None:
            if not await self._app.work(self._app.workspace.inbox.delete_view, name):
                self._app.notices.say(f"{name} is built in and stays")
                return
            await self.load_views()
            await self.show_view(0)
            self._app.notices.say(f"the view {name} is gone")

        await self._app.push_screen(confirm_word(self._screen, f"Delete the view {name}?", "delete", act, []))
