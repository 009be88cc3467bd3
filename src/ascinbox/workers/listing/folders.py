"""Listings in folders of fastlane's layout: pulled from Apple, compared, pushed.

A folder's base is what Apple had when it was pulled, kept in this home by the folder's real path: a push
sends only over texts that the folder was made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.listing.changes import HELD, ChangeState, ListingChange, decide, same_text
from ascinbox.core.listing.checks import why_not_sent
from ascinbox.core.listing.fields import FIELDS, LANGUAGE, TABLE, Scope, in_scope
from ascinbox.core.listing.folder import path_of
from ascinbox.core.listing.records import Listing, ListingPart
from ascinbox.workers.listing.folder_files import MetadataFolder, read_folder, write_text

if TYPE_CHECKING:
    from ascinbox.core.listing.records import FieldKey
    from ascinbox.workers.listing.listings import ListedApp
    from ascinbox.workers.workspace import Workspace

NEVER_PULLED = "This folder was never pulled here, so nobody knows which texts it was made from."
OTHER_NOTES = "The draft has another text already; --no-base writes over it."
CHANGED_HERE = "The file was changed since it was pulled; --yes writes Apple's text over it."


@dataclass(frozen=True, slots=True)
class ListingResult:
    """What a command did, or would do, about one app."""

    listing: Listing
    version: ListingPart | None
    changes: tuple[ListingChange, ...]
    notes: tuple[str, ...] = ()
    """What was passed over, a sentence each."""
    error: AscinboxError | None = None
    """What ended it early; changes that have no result yet were not sent."""

    def count(self, state: ChangeState) -> int:
        """How many changes have this state."""
        return sum(1 for change in self.changes if change.state is state)


@dataclass(frozen=True, slots=True)
class AppParts:
    """The parts of an app that a command is about: the drafts, or what is live."""

    listing: Listing
    parts: Mapping[Scope, ListingPart] = field(default_factory=dict)

    @property
    def version(self) -> ListingPart | None:
        """The version."""
        return self.parts.get(Scope.VERSION)

    @property
    def editable(self) -> bool:
        """Whether either part is a draft."""
        return any(part.editable for part in self.parts.values())

    def first_version(self, part: ListingPart) -> bool:
        """Whether it is the first version that the app has on its platform."""
        return part.scope is Scope.VERSION and self.listing.is_first_version(part.platform)

    def texts(self) -> dict[FieldKey, str]:
        """Every text of the parts, empty ones too, by scope, locale and name."""
        found: dict[FieldKey, str] = {}
        for scope, part in self.parts.items():
            for row in in_scope(scope, localized=False):
                found[scope, "", row.name] = part.value(row)
            for locale in part.locales:
                for row in in_scope(scope):
                    found[scope, locale, row.name] = part.value(row, locale)
        return found


def parts_of(listing: Listing, platform: str = "") -> AppParts:
    """The drafts, where there is none the live part. UsageError when several platforms have a draft."""
    drafts = [one for one in listing.platforms() if listing.editable_version(one) is not None]
    if platform and platform not in listing.platforms():
        known = ", ".join(listing.platforms()) or "none"
        raise UsageError(f"{listing.name} has no version for {platform}.", f"Platforms: {known}.")
    if not platform and len(drafts) > 1:
        raise UsageError(
            f"{listing.name} has drafts for {', '.join(drafts)}.", "", "Name one: --platform IOS"
        )
    chosen = platform or next(iter(drafts), "")
    return AppParts(listing, {part.scope: part for part in listing.read_parts(chosen)})


class ListingFolders:
    """`workspace.folders`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    # --- pull ---

    def pull(
        self, listed: ListedApp, folder: Path, platform: str = "", *, overwrite: bool = False
    ) -> ListingResult:
        """Reads an app from Apple and writes its texts into the folder; files that say it already stay as
        they are. A file that was changed here since it was last pulled is held, unless `overwrite`."""
        listing = self._space.listings.refresh(listed)
        app = parts_of(listing, platform)
        _make(folder)
        real = folder.resolve()
        base = self._base(real, listed)
        there = read_folder(real)
        changes: list[ListingChange] = []
        held: set[FieldKey] = set()
        for key, text in app.texts().items():
            row = TABLE[key[0], key[2]]
            if not row.file:
                continue
            relative = path_of(row, key[1])
            said = there.says(relative)
            if said is not None and same_text(said, text):
                continue
            written = said or ""
            change = ListingChange(key[0], key[1], row.name, None, written, text)
            mine = written and (base is None or not same_text(written, base.get(key, "")))
            if mine and not overwrite:
                held.add(key)
                changes.append(replace(change, state=ChangeState.HELD, detail=CHANGED_HERE))
                continue
            try:
                write_text(there.place(relative), text)
            except AscinboxError as error:
                held.add(key)
                changes.append(change.refused(f"{error.title} {error.detail}"))
                continue
            if not same_text(written, text):
                changes.append(change.changed())
        texts = {key: text for key, text in app.texts().items() if key not in held}
        if held and base is not None:
            texts |= {key: base[key] for key in held if key in base}
        self._space.store.call(lambda store: store.listing_edits.pulled(str(real), listed.app.id, texts))
        notes = tuple(one.sentence for one in there.texts.problems)
        return ListingResult(listing, app.version, tuple(changes), notes)

    # --- diff and push ---

    def diff(self, listed: ListedApp, folder: Path, platform: str = "") -> ListingResult:
        """What a push of the folder would do, against what Apple has now."""
        listing = self._space.listings.refresh(listed)
        app = parts_of(listing, platform)
        there = read_folder(folder.resolve())
        base = self._base(folder.resolve(), listed)
        changes = self._meant(app, there, base)
        decided = []
        for change in changes:
            part = app.parts[change.scope]
            # Where nothing can be edited there is nothing to refuse either: it is compared only.
            why = change.detail if change.state is ChangeState.REFUSED else ""
            if not why and app.editable:
                why = why_not_sent(change, part, first_version=app.first_version(part))
            found = change.refused(why) if why else decide(change, allow_no_base=change.base is None)
            if found is not None:
                decided.append(found)
        return ListingResult(listing, app.version, tuple(decided), _notes(app, there))

    def push(
        self, listed: ListedApp, folder: Path, platform: str = "", *, send: bool, allow_no_base: bool = False
    ) -> ListingResult:
        """Sends what the folder says otherwise than Apple; without `send` tells what would be sent.

        AscinboxError when there is no draft, or when the folder was never pulled here and `allow_no_base` is
        not given.
        """
        real = folder.resolve()
        there = read_folder(real)
        base = self._base(real, listed)
        if base is None and not allow_no_base:
            raise AscinboxError(
                NEVER_PULLED,
                str(folder),
                "Pull it first, or add --no-base to write over whatever Apple has.",
            )
        listing = self._space.listings.refresh(listed)
        app = parts_of(listing, platform)
        if not app.editable:
            raise _no_draft(listing, app)
        changes = self._meant(app, there, None if allow_no_base else base)
        return self._send(listed, app, changes, real, _notes(app, there), send, allow_no_base)

    def release_notes(
        self,
        listed: ListedApp,
        texts: Mapping[str, str],
        platform: str = "",
        *,
        send: bool,
        allow_no_base: bool = False,
    ) -> ListingResult:
        """Sends `What's new` by language. Over a text that stands there already only with `allow_no_base`."""
        listing = self._space.listings.refresh(listed)
        app = parts_of(listing, platform)
        version = app.version
        if version is None or not version.editable:
            raise _no_draft(listing, app)
        row = TABLE[Scope.VERSION, "whatsNew"]
        changes = []
        notes = []
        for locale, text in texts.items():
            if version.localization(locale) is None:
                notes.append(f"{locale} is in the file, and the version does not have it: left out.")
                continue
            theirs = version.value(row, locale)
            base = None if allow_no_base else ""
            if not same_text(theirs, text):
                changes.append(ListingChange(Scope.VERSION, locale, row.name, base, theirs, text))
        missing = [locale for locale in version.locales if locale not in texts]
        if missing:
            notes.append(f"No text for {', '.join(missing)}: left as it is.")
        done = self._send(listed, app, changes, None, tuple(notes), send, allow_no_base)
        return replace(done, changes=tuple(map(_not_over_another, done.changes)))

    def _send(
        self,
        listed: ListedApp,
        app: AppParts,
        changes: Sequence[ListingChange],
        folder: Path | None,
        notes: tuple[str, ...],
        send: bool,
        allow_no_base: bool,
    ) -> ListingResult:
        done: list[ListingChange] = []
        open_changes: list[ListingChange] = []
        known: dict[FieldKey, str] = {}
        for change in changes:
            if change.state is ChangeState.REFUSED:
                done.append(change)
            elif same_text(change.theirs, change.mine) and change.name != LANGUAGE:
                known[change.key] = change.theirs
            else:
                open_changes.append(change)
        if folder is not None and send:
            self._learn(folder, listed, known)
        error: AscinboxError | None = None
        for scope, part in app.parts.items():
            mine = [change for change in open_changes if change.scope is scope]
            if not send:
                done += _decided(mine, app, part, allow_no_base)
                continue
            results: dict[FieldKey, ListingChange] = {}
            if error is None:
                try:
                    for change in self._space.listings.send(
                        listed, app.listing, part, mine, allow_no_base=allow_no_base
                    ):
                        results[change.key] = change
                        if folder is not None and change.state is ChangeState.CHANGED:
                            self._learn(folder, listed, {change.key: change.mine})
                except AscinboxError as problem:
                    error = problem
            done += [results.get(change.key, change) for change in mine]
        order = {(row.scope, row.name): place for place, row in enumerate(FIELDS)}
        done.sort(key=lambda change: (change.locale, order.get((change.scope, change.name), -1)))
        return ListingResult(app.listing, app.version, tuple(done), notes, error)

    def _learn(self, folder: Path, listed: ListedApp, texts: Mapping[FieldKey, str]) -> None:
        """Notes texts that folder and Apple share by now, so that the next push knows its base."""
        if texts:
            self._space.store.call(
                lambda store: store.listing_edits.pushed(str(folder), listed.app.id, texts)
            )

    def _base(self, real: Path, listed: ListedApp) -> Mapping[FieldKey, str] | None:
        found: Mapping[FieldKey, str] | None = self._space.store.call(
            lambda store: store.listing_edits.base_of_folder(str(real), listed.app.id)
        )
        return found

    def _meant(
        self, app: AppParts, there: MetadataFolder, base: Mapping[FieldKey, str] | None
    ) -> list[ListingChange]:
        """Every text of the folder beside Apple's, and the files that cannot be used as refused ones."""
        changes: list[ListingChange] = []
        for (locale, row), text in there.texts.texts.items():
            part = app.parts.get(row.scope)
            if part is None:
                continue
            key = (row.scope, locale, row.name)
            change = ListingChange(
                row.scope,
                locale,
                row.name,
                None if base is None else base.get(key, ""),
                part.value(row, locale),
                text,
            )
            changes.append(change)
        for problem in there.texts.problems:
            if problem.field is not None and problem.field.scope in app.parts:
                part = app.parts[problem.field.scope]
                theirs = part.value(problem.field, problem.locale)
                broken = ListingChange(
                    problem.field.scope, problem.locale, problem.field.name, None, theirs, theirs
                )
                changes.append(broken.refused(problem.sentence))
        changes += self._empty_languages(app, there)
        return changes

    def _empty_languages(self, app: AppParts, there: MetadataFolder) -> Iterator[ListingChange]:
        """A folder without texts adds its language to the version."""
        version = app.version
        if version is None or not version.editable:
            return
        named = {locale for locale, row in there.texts.texts if row.scope is Scope.VERSION}
        for locale in there.texts.locales:
            if locale not in named and version.localization(locale) is None:
                yield ListingChange(Scope.VERSION, locale, LANGUAGE, "", "", locale)


def _decided(
    changes: Iterable[ListingChange], app: AppParts, part: ListingPart, allow_no_base: bool
) -> Iterator[ListingChange]:
    for change in changes:
        why = why_not_sent(change, part, first_version=app.first_version(part))
        found = change.refused(why) if why else decide(change, allow_no_base=allow_no_base)
        if found is not None:
            yield found


def _notes(app: AppParts, there: MetadataFolder) -> tuple[str, ...]:
    notes = [one.sentence for one in there.texts.problems if one.field is None]
    notes += app.listing.notes
    for scope, part in app.parts.items():
        if not part.editable and app.editable:
            what = "version" if scope is Scope.VERSION else "app information"
            notes.append(f"There is no draft of the {what}: what differs there is refused.")
    return tuple(notes)


def _not_over_another(change: ListingChange) -> ListingChange:
    """Release notes that are held: nobody knows what they were written from, a text is there."""
    if change.state is ChangeState.HELD and change.detail == HELD:
        return replace(change, base=None, detail=OTHER_NOTES)
    return change


def _no_draft(listing: Listing, app: AppParts) -> AscinboxError:
    version = app.version
    state = f"Version {version.version} is the newest." if version is not None else "It has no version."
    return AscinboxError(
        f"{listing.name} has no draft that could be edited.",
        state,
        f"Make one: ascinbox listing new-version NUMBER --app {listing.app_id}",
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AscinboxError(f"{folder} cannot be made.", str(error)) from None
