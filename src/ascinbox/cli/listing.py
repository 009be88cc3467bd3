"""`ascinbox listing`: texts of the apps' pages in folders: pull, diff, push; new versions, release notes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.cli.subcommands import Subcommand, check_options
from ascinbox.core.errors import AscinboxError, Forbidden, NoKeysHere, UsageError
from ascinbox.core.listing.changes import ChangeState, ListingChange
from ascinbox.core.listing.platforms import IOS
from ascinbox.core.plainfiles import read_plain
from ascinbox.core.stores import APPLE

if TYPE_CHECKING:
    from ascinbox.core.records import Account
    from ascinbox.workers.listing.folders import ListingResult
    from ascinbox.workers.listing.listings import ListedApp
    from ascinbox.workers.workspace import Workspace

SCHEMA = "ascinbox.listing/1"

_TAKES: dict[str, Subcommand] = {
    "pull": Subcommand("DIR", frozenset({"app", "platform", "yes"})),
    "diff": Subcommand("DIR", frozenset({"app", "platform"})),
    "push": Subcommand("DIR", frozenset({"app", "platform", "yes", "no_base", "dry_run"})),
    "notes": Subcommand("FILE", frozenset({"app", "platform", "yes", "no_base", "dry_run"})),
    "new-version": Subcommand("NUMBER", frozenset({"app", "platform"})),
}
"""Of each thing to do, the word that it needs and the options that it takes."""


def run(context: Context, options: argparse.Namespace) -> int:
    """Does one of the things. Exits: see the table of commands."""
    _check_words(options)
    if options.yes and options.dry_run:
        raise UsageError("--yes and --dry-run exclude each other.")
    with context.workspace() as workspace:
        return _DOES[options.what](context, options, workspace)


def _check_words(options: argparse.Namespace) -> None:
    wanted = _TAKES[options.what].word
    if options.target is None:
        raise UsageError(f"listing {options.what} needs a {wanted}.", "", "See: ascinbox listing --help")
    check_options("listing", options, _TAKES)


# --- folders ---


def _pull(context: Context, options: argparse.Namespace, workspace: Workspace) -> int:
    def pull(listed: ListedApp, folder: Path) -> ListingResult:
        return workspace.folders.pull(listed, folder, options.platform or "", overwrite=options.yes)

    results, errors = _each(context, options, workspace, pull, creates=True)
    _show(context, workspace, results, "written")
    left = any(result.count(state) for result in results for state in (ChangeState.HELD, ChangeState.REFUSED))
    return _exit(results, errors, worst=1 if left else 0)


def _diff(context: Context, options: argparse.Namespace, workspace: Workspace) -> int:
    def diff(listed: ListedApp, folder: Path) -> ListingResult:
        return workspace.folders.diff(listed, folder, options.platform or "")

    results, errors = _each(context, options, workspace, diff)
    _show(context, workspace, results, "different")
    return _exit(results, errors, worst=1 if any(result.changes for result in results) else 0)


def _push(context: Context, options: argparse.Namespace, workspace: Workspace) -> int:
    if options.yes:
        workspace.listings.refuse_when_read_only()

    def push(listed: ListedApp, folder: Path) -> ListingResult:
        return workspace.folders.push(
            listed,
            folder,
            options.platform or "",
            send=options.yes,
            allow_no_base=options.no_base,
        )

    results, errors = _each(context, options, workspace, push)
    return _pushed(context, options, workspace, results, errors)


def _notes(context: Context, options: argparse.Namespace, workspace: Workspace) -> int:
    from ascinbox.core.listing.release_notes import parse_release_notes

    if options.yes:
        workspace.listings.refuse_when_read_only()
    try:
        text = read_plain(Path(options.target)).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{options.target} cannot be read.", str(error)) from None
    notes = parse_release_notes(text)
    for line, name in notes.unknown:
        context.output.words(
            f"ascinbox: line {line}: the App Store has no language {name!r}; its part is left out"
        )
    for line, words in notes.in_text:
        context.output.words(
            f"ascinbox: line {line}: {words!r} is no language of the App Store: "
            "it is taken for a part of the text above"
        )
    listed = _the_app(context, options, workspace)
    result = workspace.folders.release_notes(
        listed,
        notes.texts,
        options.platform or "",
        send=options.yes,
        allow_no_base=options.no_base,
    )
    return _pushed(context, options, workspace, [result], [])


def _pushed(
    context: Context,
    options: argparse.Namespace,
    workspace: Workspace,
    results: Sequence[ListingResult],
    errors: Sequence[AscinboxError],
) -> int:
    _show(context, workspace, results, "sent" if options.yes else "to be sent")
    if not options.yes:
        if any(result.count(ChangeState.WOULD_CHANGE) for result in results) and not context.wants_json:
            context.output.words("Nothing was sent. To send it: the same command with --yes.")
        return _exit(results, errors, worst=0)
    all_changes = [change for result in results for change in result.changes]
    open_ones = [change for change in all_changes if change.state is not ChangeState.CHANGED]
    if not open_ones:
        return _exit(results, errors, worst=0)
    taken = len(all_changes) > len(open_ones)
    held = any(change.state is ChangeState.HELD for change in open_ones)
    return _exit(results, errors, worst=1 if taken or held else 2)


def _each(
    context: Context,
    options: argparse.Namespace,
    workspace: Workspace,
    act: Callable[[ListedApp, Path], ListingResult],
    *,
    creates: bool = False,
) -> tuple[list[ListingResult], list[AscinboxError]]:
    """The same for one app, or for each app that has a folder by its bundle id. One that fails is named and
    does not keep the others from being done."""
    results: list[ListingResult] = []
    errors: list[AscinboxError] = []
    for listed, folder in _folders(context, options, workspace, creates=creates):
        try:
            result = act(listed, folder)
        except AscinboxError as error:
            if options.app:
                raise _explained(error) from None
            context.output.words(f"ascinbox: {listed.app.name}:")
            context.output.error(_explained(error))
            errors.append(error)
            continue
        results.append(result)
        if result.error is not None:
            context.output.error(_explained(result.error))
            errors.append(result.error)
    return results, errors


def _folders(
    context: Context, options: argparse.Namespace, workspace: Workspace, *, creates: bool
) -> Iterable[tuple[ListedApp, Path]]:
    folder = Path(options.target).expanduser()
    if options.app:
        named = _the_app(context, options, workspace)
        return [(named, _own_folder(folder, named))]
    apps = _apps(context, workspace)
    if creates:
        return [(one, folder / one.app.bundle_id) for one in apps]
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "", "Make it: ascinbox listing pull DIR")
    by_bundle = {one.app.bundle_id.casefold(): one for one in apps}
    found: list[tuple[ListedApp, Path]] = []
    strange: list[str] = []
    for entry in sorted(folder.iterdir()):
        if not entry.is_dir() or entry.name.startswith("."):
            continue
        listed = by_bundle.get(entry.name.casefold())
        if listed is None:
            strange.append(entry.name)
        else:
            found.append((listed, entry))
    if not found:
        raise UsageError(
            f"{folder} has no folder that is called like an app's bundle id.",
            f"It has: {', '.join(strange[:8])}." if strange else "It is empty.",
            "For the metadata folder of one app: --app ID",
        )
    for name in strange:
        context.output.words(f"ascinbox: {name} is the bundle id of no linked app: left out")
    return found


def _own_folder(folder: Path, listed: ListedApp) -> Path:
    """Where `folder` has a folder an app, as `pull DIR` makes them, the one of this app; else `folder`."""
    wanted = listed.app.bundle_id.casefold()
    try:
        for entry in folder.iterdir():
            if entry.name.casefold() == wanted and entry.is_dir():
                return entry
    except OSError:
        # Not there yet, or no folder: whoever reads or makes it says so.
        pass
    return folder


def _apps(context: Context, workspace: Workspace) -> tuple[ListedApp, ...]:
    if workspace.asks_no_store:
        raise NoKeysHere
    chosen = _chosen(context, workspace)
    apps = workspace.listings.apps(chosen)
    if not apps and chosen is not None and chosen.store != APPLE:
        from ascinbox.workers.listing.listings import other_store

        raise other_store(f"{chosen.name} is an account of", chosen.store)
    if not apps:
        raise UsageError("No app of the App Store is linked.", "", "Link an account: ascinbox link")
    return apps


def _chosen(context: Context, workspace: Workspace) -> Account | None:
    """The account that was named; None: all. Raises where none is linked."""
    accounts = context.chosen_accounts(workspace)
    return accounts[0] if context.options.account else None


def _the_app(context: Context, options: argparse.Namespace, workspace: Workspace) -> ListedApp:
    if options.app:
        return workspace.listings.app(options.app, _chosen(context, workspace))
    apps = _apps(context, workspace)
    if len(apps) == 1:
        return apps[0]
    raise UsageError(
        "Several apps are linked.",
        "; ".join(f"{one.app.id} {one.app.name}" for one in apps[:8]),
        "Name one: --app ID",
    )


# --- versions ---


def _new_version(context: Context, options: argparse.Namespace, workspace: Workspace) -> int:
    listed = _the_app(context, options, workspace)
    try:
        platforms = workspace.listings.refresh(listed).platforms()
        platform = options.platform or next(iter(platforms), IOS)
        listing = workspace.listings.add_version(listed, platform, options.target)
    except AscinboxError as error:
        raise _explained(error) from None
    version = listing.editable_version(platform)
    state = "" if version is None else version.state
    if context.wants_json:
        app = {
            "app": _app_json(listing),
            "version": options.target,
            "state": state,
            "platform": platform,
            "changes": [],
        }
        context.output.json(
            SCHEMA,
            {"apps": [app]},
            generated_at=context.now(),
            cache_age_s=context.cache_age_s(workspace),
        )
    else:
        context.output.line(f"{listing.name} {options.target} ({platform}) is made.")
    return 0


# --- output ---


def _show(context: Context, workspace: Workspace, results: Sequence[ListingResult], done: str) -> None:
    if context.wants_json:
        context.output.json(
            SCHEMA,
            {"apps": [_result_json(result) for result in results]},
            generated_at=context.now(),
            cache_age_s=context.cache_age_s(workspace),
        )
    for result in results:
        version = result.version
        head = result.listing.name if version is None else f"{result.listing.name} {version.version}"
        for note in result.notes:
            context.output.words(f"ascinbox: {head}: {note}")
        if context.wants_json:
            continue
        for change in result.changes:
            context.output.text(_change_words(head, change, done))
        if not result.changes:
            context.output.line(f"{head}: nothing differs")


def _change_words(head: str, change: ListingChange, done: str) -> str:
    place = f"{change.locale or 'all languages'} {change.field.title}"
    words = {ChangeState.WOULD_CHANGE: "to be sent", ChangeState.CHANGED: done}
    state = words.get(change.state, str(change.state))
    if change.state is ChangeState.WOULD_CHANGE and done == "different":
        state = "different"
    lines = [f"{head}: {place}: {state}" + (f": {change.detail}" if change.detail else "")]
    if change.state is ChangeState.HELD and change.base is not None:
        for word, text in (("was", change.base), ("Apple has", change.theirs), ("yours", change.mine)):
            lines += [f"  {word:<9} | {line}" for line in text.splitlines() or [""]]
    elif change.state is not ChangeState.REFUSED or change.mine != change.theirs:
        lines += [f"  - {line}" for line in change.theirs.splitlines()]
        lines += [f"  + {line}" for line in change.mine.splitlines()]
    return "\n".join(lines)


def _result_json(result: ListingResult) -> dict[str, Any]:
    version = result.version
    return {
        "app": _app_json(result.listing),
        "version": None if version is None else version.version,
        "state": None if version is None else version.state,
        "changes": [
            {
                "scope": change.scope,
                "locale": change.locale,
                "field": change.name,
                "from": change.theirs,
                "to": change.mine,
                "state": change.state,
                "detail": change.detail,
            }
            for change in result.changes
        ],
    }


def _app_json(listing: Any) -> dict[str, str]:
    return {"id": listing.app_id, "name": listing.name, "bundle_id": listing.bundle_id}


def _exit(results: Sequence[ListingResult], errors: Sequence[AscinboxError], *, worst: int) -> int:
    if not errors:
        return worst
    done = any(not result.error or result.count(ChangeState.CHANGED) for result in results)
    return max(worst, 1) if done else 2


def _explained(error: AscinboxError) -> AscinboxError:
    if isinstance(error, Forbidden):
        error.next_step = "The listing needs a key with App Manager or Admin: ascinbox rotate or link."
    return error


_DOES: dict[str, Callable[[Context, argparse.Namespace, Workspace], int]] = {
    "pull": _pull,
    "diff": _diff,
    "push": _push,
    "notes": _notes,
    "new-version": _new_version,
}
