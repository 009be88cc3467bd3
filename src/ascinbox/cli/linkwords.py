"""What link, rotate and invite share: reading a credential from the options, asking, printing the outcome."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.health import matrix_rows
from ascinbox.cli.values import day, names
from ascinbox.core.errors import UsageError
from ascinbox.core.health.capabilities import Capability, parse_features
from ascinbox.core.records import CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.core.stores import APPLE, PLAY, PLAY_STORE

if TYPE_CHECKING:
    from ascinbox.core.health.status import AccountHealth
    from ascinbox.core.records import App
    from ascinbox.vault import VaultKind
    from ascinbox.workers.accounts.credentials import Candidate
    from ascinbox.workers.accounts.linking import Linked
    from ascinbox.workers.workspace import Workspace

STDIN = Path("-")


def candidate_from(context: Context, options: argparse.Namespace, workspace: Workspace) -> Candidate:
    """The credential that the options name: a file, stdin, a token, or the environment's own key."""
    from ascinbox.workers.accounts import credentials

    if is_for_play(options):
        return _service_account(context, options, workspace)
    candidate = _candidate(context, options, workspace)
    if candidate.kind == CredentialKind.REPORTER:
        return credentials.for_account(candidate, options.reporter_account)
    if options.reporter_account is not None:
        raise UsageError("--reporter-account goes with a Reporter token.")
    return candidate


def is_for_play(options: argparse.Namespace) -> bool:
    """Whether the options are about Google Play. UsageError for options of both stores together."""
    named = [
        option
        for option, value in (
            ("--service-account", options.service_account),
            ("--packages", options.packages),
            ("--bucket", options.bucket),
        )
        if value is not None
    ]
    if options.store == APPLE and named:
        raise UsageError(f"{named[0]} goes with Google Play.", "", "Give --store play, or leave it out.")
    if options.store != PLAY and not named:
        return False
    others = [
        option
        for option, value in (
            ("--p8", options.p8),
            ("--key-id", options.key_id),
            ("--issuer-id", options.issuer_id),
            ("--vendor", options.vendor),
            ("--reporter-token", options.reporter_token),
            ("--reporter-account", options.reporter_account),
            ("--token-made", options.token_made),
        )
        if value is not None
    ]
    if others:
        raise UsageError(
            f"{others[0]} goes with App Store Connect, not with Google Play.",
            "",
            "Link the two one after the other.",
        )
    return True


def _service_account(context: Context, options: argparse.Namespace, workspace: Workspace) -> Candidate:
    """The service account, and the packages and the bucket that are named; on a rotation those of before."""
    from ascinbox.sources.base import CredentialInput
    from ascinbox.workers.accounts import credentials

    if options.service_account is None:
        raise UsageError(
            "Which service account? Give --service-account FILE.",
            "",
            "The file is the JSON that Google Cloud let you download: "
            f"{PLAY_STORE.links['keys']} > Add key > Create new key > JSON.",
        )
    packages, bucket = names(options.packages), options.bucket or ""
    known = next((a for a in workspace.accounts.list() if a.name == options.name and a.store == PLAY), None)
    if known is not None:
        packages, bucket = packages or known.primary.apps, bucket or known.primary.bucket
    if not packages and not bucket:
        raise UsageError(
            "Which apps? Give --packages com.example.app.",
            "Google's API tells no apps. With --bucket those are taken that the bucket has files of.",
            "The name of the package stands below the app's title in Play Console > All apps.",
        )
    if options.service_account == STDIN:
        given = CredentialInput(Secret(context.read_stdin()), apps=packages, bucket=bucket)
        return credentials.from_store(PLAY_STORE, given, "stdin")
    return credentials.service_account(workspace.vault, options.service_account, packages, bucket)


def _candidate(context: Context, options: argparse.Namespace, workspace: Workspace) -> Candidate:
    from ascinbox.workers.accounts import credentials

    if options.p8 is not None and options.reporter_token is not None:
        raise UsageError(
            "--p8 and --reporter-token exclude each other.", "", "Link them one after the other."
        )
    if options.reporter_token is not None:
        if options.reporter_token != STDIN:
            token = credentials.reporter_from_file(
                workspace.vault, options.reporter_token, context.now(), options.token_made
            )
            return token if options.token_made is not None else _with_day_asked(context, options, token)
        text = Secret(context.read_stdin())
        return credentials.reporter_token(text, context.now(), "stdin", options.token_made)
    if options.token_made is not None and options.p8 is not None:
        raise UsageError("--token-made goes with a Reporter token; a key does not end by itself.")
    if options.p8 == STDIN:
        secret = Secret(context.read_stdin())
        return credentials.from_text(secret, options.key_id, options.issuer_id, source="stdin")
    if options.p8 is not None:
        return credentials.from_file(workspace.vault, options.p8, options.key_id, options.issuer_id)
    found = workspace.vault.find_keys(Path.home(), Path.cwd())
    wanted = [f for f in found if options.key_id is None or f.key_id == options.key_id]
    # A key id says which is meant; without one, only what this session's variables name is.
    given = [f for f in wanted if f.named] or (wanted if options.key_id is not None else [])
    if len(given) == 1:
        context.output.words(f"Using {given[0].source}.")
        return credentials.from_found(workspace.vault, given[0], options.issuer_id)
    kept = credentials.reporter_from_environment(workspace.vault, context.now(), options.token_made)
    if kept is not None and not given:
        context.output.words(f"Using {kept.source}.")
        return kept
    listed = "; ".join(f"{f.key_id or 'no key id'} ({f.source})" for f in wanted)
    raise UsageError(
        "Which key? Give --p8 FILE.",
        f"Found on this machine: {listed}." if listed else "",
        "The file is AuthKey_<key id>.p8, as App Store Connect let you download it.",
    )


def _with_day_asked(context: Context, options: argparse.Namespace, found: Candidate) -> Candidate:
    """Asks a person on which day the token was made: the file's date is only a guess."""
    from ascinbox.workers.accounts import credentials

    if not context.interactive or options.yes or options.json:
        return found
    assert found.expires_at is not None
    guess = f"{found.expires_at - credentials.REPORTER_LIVES:%Y-%m-%d}"
    answer = context.ask(f"On which day was the token made? (enter: {guess}, the file's date) ")
    if not answer:
        return found
    try:
        made = day(answer)
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from None
    return credentials.dated(found, context.now(), made)


def features_from(text: str | None) -> tuple[Capability, ...] | None:
    """`--features`; None leaves the choice to what the credential can do. UsageError for unknown words."""
    chosen = names(text)
    if not chosen:
        return None
    try:
        return parse_features(chosen)
    except ValueError as error:
        raise UsageError(str(error)) from None


def apps_from(text: str | None) -> tuple[str, ...] | None:
    """`--apps`; None shows all."""
    chosen = names(text)
    return None if not chosen or chosen == ("all",) else chosen


def roles_from(options: argparse.Namespace) -> tuple[str, ...]:
    """`--preset` and `--roles` together; UsageError when there is none, or for unknown words."""
    from ascinbox.core.health.people import roles_of

    try:
        return roles_of(names(options.preset), names(options.roles))
    except ValueError as error:
        raise UsageError(
            f"Which roles? {str(error)[0].upper()}{str(error)[1:]}.", "", "--preset replies, or --roles SALES"
        ) from None


def vault_from(text: str | None) -> VaultKind | None:
    """`--vault`; None takes the OS keyring when a real one answers, else a key file."""
    from ascinbox.vault import VaultKind

    return None if text is None else VaultKind(text)


def show_matrix(context: Context, health: AccountHealth) -> None:
    """A line for each capability, on stdout."""
    context.output.table(("FEATURE", "STATE", ""), matrix_rows(health))


def show_linked(context: Context, linked: Linked) -> None:
    """What was saved, for a person."""
    show_matrix(context, linked.health)
    show_notes(context, linked)


def show_notes(context: Context, linked: Linked) -> None:
    """Where the key is now, and what is left to do: words, so that nothing of it is silent beside JSON."""
    for note in linked.notes:
        context.output.words(note)


def app_records(apps: Iterable[App], hidden: Iterable[str] = ()) -> list[dict[str, str]]:
    """The apps that are shown, as they stand in JSON."""
    left_out = set(hidden)
    return [{"id": a.id, "name": a.name, "bundle_id": a.bundle_id} for a in apps if a.id not in left_out]
