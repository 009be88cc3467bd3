"""The open store: one small object per subject over one `Database`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.clock import Clock
from ascinbox.store import mounts, opening
from ascinbox.store.database import MENDING, MENDING_WAIT_S, Database, maintenance_lock

if TYPE_CHECKING:
    from ascinbox.core.reviews.answer_clock import AnswerClock
    from ascinbox.store.cache.app_versions import AppVersions
    from ascinbox.store.cache.arrivals import Arrivals
    from ascinbox.store.cache.listing import ListingCache
    from ascinbox.store.cache.quarantine import Quarantine
    from ascinbox.store.cache.reports.reports import Reports
    from ascinbox.store.hot.accounts import AccountRecords
    from ascinbox.store.hot.acts import ActReads
    from ascinbox.store.hot.deliveries import DeliveryReads
    from ascinbox.store.hot.drafts import DraftReads
    from ascinbox.store.hot.facets import FacetCounts
    from ascinbox.store.hot.figures import Figures
    from ascinbox.store.hot.health import HealthRecords
    from ascinbox.store.hot.observations import Observations
    from ascinbox.store.hot.outbox import OutboxReads
    from ascinbox.store.hot.public_ratings import PublicRatings
    from ascinbox.store.hot.reply_figures import ReplyFigures
    from ascinbox.store.hot.report_files import ReportFiles
    from ascinbox.store.hot.reviews import Reviews
    from ascinbox.store.hot.summaries import Summaries
    from ascinbox.store.hot.sync import SyncRecords
    from ascinbox.store.hot.team import TeamReads
    from ascinbox.store.hot.triage import TriageReads
    from ascinbox.store.mirror import Mirror
    from ascinbox.store.queue.deliveries import DeliveryQueue
    from ascinbox.store.queue.listing_edits import ListingEdits
    from ascinbox.store.queue.port import Queue


class Store:
    """Everything that is remembered. Belongs to one thread; see `StoreThread`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        me: str = "",
        is_reader: bool = False,
        queue: Callable[[Store], Queue] | None = None,
        mirror: Mirror | None = None,
        app_names: Mapping[str, str] | None = None,
        answer_clock: AnswerClock | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.is_reader = is_reader
        self._queue = queue
        self._mirror = mirror
        self._app_names = app_names or {}
        self.answer_clock = answer_clock
        """How long reviews may wait; None where nothing says so."""
        self.me = me
        """The person at the keyboard, for `is:mine` and `assignee:me`."""

    @classmethod
    def open(
        cls,
        paths: opening.Folders,
        clock: Clock,
        *,
        me: str = "",
        queue: Callable[[Store], Queue] | None = None,
        mirror: Mirror | None = None,
        app_names: Mapping[str, str] | None = None,
        answer_clock: AnswerClock | None = None,
        mountinfo: Path = mounts.MOUNTINFO,
    ) -> Store:
        """Opens or creates both files. What happened to them on the way is in `take_notices`.

        `queue` makes what stands behind the port `Queue`, at the first act; without it that is user.db.
        `mirror`: where what a store showed goes first. `app_names`: what the person calls apps, by id.
        `answer_clock`: how long reviews may wait.
        Raises StoreError for files of a newer ascinbox, and on a network file system while another one
        is running.
        """
        database = opening.open_database(paths, clock, mountinfo=mountinfo)
        store = cls(
            database,
            clock,
            me=me,
            queue=queue,
            mirror=mirror,
            app_names=app_names,
            answer_clock=answer_clock,
        )
        if app_names:
            store.accounts.call_apps()
        return store

    def reader(self) -> Store:
        """A second store over the same files that only reads, for another thread."""
        database = opening.open_reader(self.database)
        return Store(database, self.clock, me=self.me, is_reader=True, answer_clock=self.answer_clock)

    @cached_property
    def accounts(self) -> AccountRecords:
        """Accounts, credentials (references only), apps, hidden apps."""
        from ascinbox.store.hot.accounts import AccountRecords

        return AccountRecords(self.database, self.clock, self._app_names)

    @cached_property
    def reviews(self) -> Reviews:
        """Pages in, windows and details out."""
        from ascinbox.store.hot.reviews import Reviews

        return Reviews(self.database, self.clock, self.me, self._mirror, self.answer_clock)

    @cached_property
    def facets(self) -> FacetCounts:
        """How reviews spread over apps, ratings and territories; values for completion."""
        from ascinbox.store.hot.facets import FacetCounts

        return FacetCounts(
            self.database, self.reviews.search, self.accounts, self.triage, self.team, self.clock
        )

    @cached_property
    def queue(self) -> Queue:
        """Acts on reviews and replies. Asking for it the first time imports SQLModel."""
        if self._queue is not None:
            return self._queue(self)
        from ascinbox.store.queue.local import LocalQueue

        return LocalQueue(self.database, self.clock, self.me)

    @cached_property
    def deliveries(self) -> DeliveryQueue:
        """What is told where. Asking for it the first time imports SQLModel."""
        from ascinbox.store.queue.local_deliveries import LocalDeliveries

        if self._queue is None:
            return LocalDeliveries(self.database, self.clock)
        return LocalDeliveries(self.database, self.clock, self.queue.mark, self.queue.tells)

    @cached_property
    def delivery_reads(self) -> DeliveryReads:
        """Which destinations are broken."""
        from ascinbox.store.hot.deliveries import DeliveryReads

        return DeliveryReads(self.database)

    @cached_property
    def arrivals(self) -> Arrivals:
        """What pages of reviews brought, for the rules of notify.toml."""
        from ascinbox.store.cache.arrivals import Arrivals

        return Arrivals(self.database)

    @cached_property
    def acts(self) -> ActReads:
        """What people did beside answering."""
        from ascinbox.store.hot.acts import ActReads

        return ActReads(self.database)

    @cached_property
    def triage(self) -> TriageReads:
        """Tags, assignees, places, the last act."""
        from ascinbox.store.hot.triage import TriageReads

        return TriageReads(self.database)

    @cached_property
    def team(self) -> TeamReads:
        """Threads of notes, claims, members."""
        from ascinbox.store.hot.team import TeamReads

        return TeamReads(self.database)

    @cached_property
    def drafts(self) -> DraftReads:
        """Drafts and discarded texts."""
        from ascinbox.store.hot.drafts import DraftReads

        return DraftReads(self.database)

    @cached_property
    def outbox(self) -> OutboxReads:
        """Replies on their way, held, failed and finished."""
        from ascinbox.store.hot.outbox import OutboxReads

        return OutboxReads(self.database)

    @property
    def lasting(self) -> bool:
        """False in a session that cannot save anything: nothing may be sent from it."""
        return self.database.lasting

    @cached_property
    def health(self) -> HealthRecords:
        """Verdicts and their history."""
        from ascinbox.store.hot.health import HealthRecords

        return HealthRecords(self)

    @cached_property
    def observations(self) -> Observations:
        """Which apps each key sees, replaced keys, reminders, analytics requests."""
        from ascinbox.store.hot.observations import Observations

        return Observations(self.database)

    @cached_property
    def sync(self) -> SyncRecords:
        """Walks, last runs, budgets, leases."""
        from ascinbox.store.hot.sync import SyncRecords

        return SyncRecords(self.database, self.clock)

    @cached_property
    def quarantine(self) -> Quarantine:
        """What Apple sent and could not be read."""
        from ascinbox.store.cache.quarantine import Quarantine

        return Quarantine(self.database, self.clock)

    @cached_property
    def reports(self) -> Reports:
        """Report files in. Asking for it the first time imports SQLModel."""
        from ascinbox.store.cache.reports.reports import Reports

        return Reports(self.database)

    @cached_property
    def report_files(self) -> ReportFiles:
        """What became of each report that was asked for."""
        from ascinbox.store.hot.report_files import ReportFiles

        return ReportFiles(self.database)

    @cached_property
    def summaries(self) -> Summaries:
        """Apple's digests of an app's reviews."""
        from ascinbox.store.hot.summaries import Summaries

        return Summaries(self.database)

    @cached_property
    def public_ratings(self) -> PublicRatings:
        """What storefronts showed of apps, day by day."""
        from ascinbox.store.hot.public_ratings import PublicRatings

        return PublicRatings(self.database)

    @cached_property
    def figures(self) -> Figures:
        """Sums over report rows."""
        from ascinbox.store.hot.figures import Figures

        return Figures(self.database)

    @cached_property
    def reply_figures(self) -> ReplyFigures:
        """Replies that were sent from here, as Metrics counts them."""
        from ascinbox.store.hot.reply_figures import ReplyFigures

        return ReplyFigures(self.database, self.reviews.names)

    @cached_property
    def app_versions(self) -> AppVersions:
        """Which version of its app a review is about."""
        from ascinbox.store.cache.app_versions import AppVersions

        return AppVersions(self.database, self.clock, self._mirror)

    @cached_property
    def listings(self) -> ListingCache:
        """What was last read of the apps' pages."""
        from ascinbox.store.cache.listing import ListingCache

        return ListingCache(self.database)

    @cached_property
    def listing_edits(self) -> ListingEdits:
        """Texts of listings that have not left."""
        from ascinbox.store.queue.listing_edits import ListingEdits

        return ListingEdits(self.database, self.clock)

    def versions(self) -> tuple[int, int]:
        """Numbers for user.db and cache.db that change when another program has written to them.

        Also notices a file that was deleted or replaced under the running program, and repairs that.
        """
        if self.database.is_stale():
            self.repair()
        return self.database.versions()

    def repair(self) -> None:
        """Puts right what `Damaged` reported: deleted, replaced or damaged files. Appends notices."""
        from ascinbox.store.cache.review_state import doubtful_states, refresh_states
        from ascinbox.store.recovery import repair

        with maintenance_lock(self.database.files.locks, MENDING, MENDING_WAIT_S):
            repair(self.database, self.clock.now())
        for subject in ("reviews", "facets"):
            # What they remember of the index belongs to the former file.
            self.__dict__.pop(subject, None)
        refresh_states(self.database, doubtful_states(self.database))

    def is_suspicious(self) -> bool:
        """Whether a thorough look at the files finds damage."""
        from ascinbox.store.recovery import is_suspicious

        return is_suspicious(self.database)

    def take_notices(self) -> list[str]:
        """Sentences for the person since the last call."""
        taken, self.database.notices[:] = list(self.database.notices), []
        return taken

    def maintain(self) -> None:
        """What is due each hour or so: the daily copy of user.db, the log into cache.db, snoozes that end.

        Quick, but it writes: `StoreThread.maintain` does this and what takes longer. Raises Damaged when
        user.db is found to be broken, rather than copy that.
        """
        now = self.clock.now()
        if self.database.full and not self.database.try_again():
            return
        self.queue.wake(now)
        self.database.back_up(now)
        self.database.checkpoint(0)

    def keep_copy(self, *, anew: bool = False) -> None:
        """The copy of user.db that is due (not before the first account is linked), or one `anew`.

        For programs that do not stay, and after what must not be missing in a restored copy. Raises
        StoreError when it cannot be made.
        """
        if anew or self.accounts.list():
            self.database.back_up(self.clock.now(), anew=anew)

    def close(self) -> None:
        """Closes the files."""
        self.database.close()
