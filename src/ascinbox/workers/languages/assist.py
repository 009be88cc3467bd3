"""`workspace.assist`: translations and drafts by the engine that the person plugged in.

Nothing is sent before the person agreed to its host, save to this machine itself; what comes back goes to the
person and nowhere else. Methods wait for the engine: call them from a background thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.assist.answers import cut_to_limit, draft_of
from ascinbox.core.assist.change import changed_percent
from ascinbox.core.assist.choice import HOW, EngineChoice, EngineKind, chosen_engine
from ascinbox.core.assist.outgoing import (
    WHAT_LEAVES,
    WHAT_LEAVES_FOR_DRAFTS,
    WHAT_STAYS,
    TitledText,
    draft_request,
    masked,
    unmasked,
)
from ascinbox.core.clock import to_epoch
from ascinbox.core.errors import ConfigError, NetworkError, StoreError, UsageError
from ascinbox.core.plainfiles import read_plain
from ascinbox.core.replies.findings import Finding
from ascinbox.core.replies.templates import context_for
from ascinbox.core.reviews.language import code_of
from ascinbox.core.text import clean_body
from ascinbox.vault.environment import SECRET_VARIABLES
from ascinbox.workers.languages.engines.base import Engine, TimeLimit
from ascinbox.workers.replies.composing import unknown_review
from ascinbox.workers.runtime.settings import save_setting

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewDetail
    from ascinbox.core.replies.templates import Template
    from ascinbox.core.secret import Secret
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

KEY_VARIABLE = "ASCINBOX_ASSIST_KEY"
KEY_NAME = "assist"
DAY = timedelta(days=1)


def _not_heard(_text: str) -> None:
    """Nobody wants to know what came so far."""


class NotAgreed(UsageError):
    """Texts would leave this machine for a host that the person was not asked about yet."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in another language."""

    review_id: str
    to: str
    engine: str
    """What it is marked by."""
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class EngineDraft:
    """The draft of a reply, as it goes into the editor."""

    review_id: str
    engine: str
    text: str
    findings: tuple[Finding, ...]


class Assist:
    """Asks the engine, keeps translations, and remembers what was drafted."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    # --- which engine, and whether it may be asked ---

    @property
    def choice(self) -> EngineChoice:
        """The engine in force. Raises ConfigError for settings that make no sense."""
        return chosen_engine(self._workspace.config.get)

    @property
    def is_on(self) -> bool:
        """Whether one is plugged in."""
        return bool(self._workspace.config.get("assist", "kind") != EngineKind.OFF)

    def why_not(self, *, draft: bool = False) -> str:
        """Why nothing can be asked, in a sentence; empty when it can."""
        if not self.is_on:
            return "no engine is plugged in: [assist] in config.toml, see help languages"
        try:
            choice = self.choice
        except ConfigError as error:
            return error.title
        return f"{choice.name} translates and cannot draft" if draft and not choice.can_draft else ""

    def must_ask(self) -> bool:
        """Whether the person has to agree to the host first."""
        choice = self.choice
        return not choice.is_local and choice.host not in self._workspace.config.get("assist", "agreed")

    def question(self) -> tuple[str, ...]:
        """What a person is told before the first use: where to, and exactly what leaves."""
        choice = self.choice
        open_line = () if choice.is_encrypted else ("The connection is not encrypted (http).",)
        return (
            f"Texts would be sent to {choice.host}.",
            *open_line,
            f"What leaves: {WHAT_LEAVES}; {WHAT_LEAVES_FOR_DRAFTS}.",
            f"{WHAT_STAYS[0].upper()}{WHAT_STAYS[1:]}.",
        )

    def agree(self) -> None:
        """The person agreed: noted in config.toml, where it can be taken back."""
        space, host = self._workspace, self.choice.host
        agreed = [*space.config.get("assist", "agreed"), host]
        self._save("agreed", agreed, tuple(agreed))
        space.record("set", "", f"[assist] agreed = {agreed}")

    # --- the key ---

    def set_key(self, secret: Secret, kind: str) -> str:
        """Puts the engine's key into the vault; returns where. Raises VaultRefusal."""
        space = self._workspace
        before = str(space.config.get("assist", "key_ref"))
        ref = space.vault.store(kind, KEY_NAME, secret)
        self._save("key_ref", ref, ref)
        if before and before != ref:
            space.vault.delete(before)
        return ref

    def forget_key(self) -> bool:
        """Removes the engine's key; False when there was none."""
        space = self._workspace
        ref = str(space.config.get("assist", "key_ref"))
        if not ref:
            return False
        self._save("key_ref", "", "")
        space.vault.delete(ref)
        return True

    def key(self) -> Secret | None:
        """The engine's key: of the environment, else of the vault; None where none is configured."""
        vault = self._workspace.vault
        given = vault.environment.get(KEY_VARIABLE)
        ref = str(self._workspace.config.get("assist", "key_ref"))
        return given or (vault.load(ref) if ref else None)

    # --- translating ---

    @property
    def target(self) -> str:
        """The language that reviews are translated into."""
        return language(str(self._workspace.config.get("assist", "to")))

    def known(self, review_id: str, to: str | None = None) -> Translation | None:
        """The translation of a review that was made before; nothing is asked."""
        if not self.is_on:
            return None
        wanted, identity = language(to) if to else self.target, self.choice.identity
        return self._workspace.store.call(self._known, review_id, wanted, identity)

    def translate(
        self,
        review_id: str,
        to: str | None = None,
        *,
        agreed: bool = False,
        stop: threading.Event | None = None,
    ) -> Translation:
        """A review in another language: kept, or asked for.

        `agreed`: the person agreed for this once. Raises UsageError for an unknown review, language or
        engine, NotAgreed, NetworkError when offline, EngineTrouble.
        """
        choice, engine = self._engine()
        wanted = language(to) if to else self.target
        detail = self._detail(review_id)
        known = self._workspace.store.call(self._known, review_id, wanted, choice.identity)
        if known is not None:
            return known
        self._may_ask(agreed)
        review = detail.review
        piece = TitledText(review.title, review.body).cut()
        patience = self._patience(stop)
        made = engine.translate(piece, detail.language.code, wanted, patience)
        found = Translation(review_id, wanted, choice.name, made.title, made.body)
        self._keep(found, review.title, review.body, choice.identity, review_id)
        return found

    def translate_reply(
        self, review_id: str, text: str, *, agreed: bool = False, stop: threading.Event | None = None
    ) -> Translation:
        """A reply that is being checked, in the person's language; the customer's nickname stays here."""
        from ascinbox.store.cache.translations import hash_of, translation

        choice, engine = self._engine()
        nickname, to = self._detail(review_id).review.nickname, self.target
        content = hash_of("", text)
        stored = self._workspace.store.call(lambda s: translation(s.database, content, to, choice.identity))
        if stored is not None:
            return Translation(review_id, to, stored.name, stored.title, stored.body)
        self._may_ask(agreed)
        made = engine.translate(TitledText("", masked(text, nickname)).cut(), None, to, self._patience(stop))
        body = "\n".join(part for part in (made.title, made.body) if part)
        found = Translation(review_id, to, choice.name, "", unmasked(body, nickname))
        self._keep(found, "", text, choice.identity, "")
        return found

    def left_today(self) -> int:
        """How many translations may still be made by themselves today."""
        from ascinbox.store.cache.translations import translations_since

        since = to_epoch(self._workspace.clock.now() - DAY)
        made = self._workspace.store.call(lambda s: translations_since(s.database, since))
        return max(0, int(self._workspace.config.get("assist", "a_day")) - made)

    # --- drafting ---

    def draft(
        self,
        review_id: str,
        template: str = "",
        *,
        agreed: bool = False,
        stop: threading.Event | None = None,
        heard: Callable[[str], None] = _not_heard,
    ) -> EngineDraft:
        """The draft of a reply: cleaned, filled in, cut to what the store takes, and checked as any text.

        `heard` is told what came so far, as it would stand in the editor. It is saved nowhere and sent
        nowhere. Raises as `translate`.
        """
        choice, engine = self._engine()
        if not choice.can_draft:
            raise UsageError(f"{choice.name} translates and cannot draft.", "", HOW)
        detail = self._detail(review_id)
        found = self._template(template)
        self._may_ask(agreed)
        config = self._workspace.config
        context = context_for(
            detail.review,
            app=detail.app_name,
            support=config.get("reply", "support"),
            signature=config.get("reply", "signature"),
        )
        request = draft_request(detail, found, self.guidance())
        answer = engine.draft(
            request, self._patience(stop), lambda text: heard(cut_to_limit(clean_body(text)))
        )
        text = draft_of(answer, context)
        self._workspace.store.call(self._remember, review_id, choice.name, text)
        return EngineDraft(review_id, choice.name, text, self._workspace.composing.check(review_id, text))

    def save_draft(self, review_id: str, text: str, by: str) -> str:
        """Keeps a draft that somebody else's program wrote, cleaned and cut; returns it.

        Raises UsageError where a draft is begun, which stays, and for an unknown review or no text.
        """
        self._detail(review_id)
        kept = cut_to_limit(clean_body(text).strip())
        if not kept:
            raise UsageError("The draft is empty.")
        if self._workspace.composing.draft(review_id) is not None:
            raise UsageError(
                "A draft is begun for this review, and stays.", "", "Finish or discard it first."
            )
        self._workspace.composing.save_draft(review_id, kept)
        self._workspace.store.call(self._remember, review_id, by, kept)
        return kept

    def guidance(self) -> str:
        """The person's guidance.md beside config.toml; empty where there is none."""
        try:
            return clean_body(read_plain(self._workspace.paths.guidance).decode("utf-8", "replace"))
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise ConfigError(
                f"{self._workspace.paths.guidance} cannot be read: {error.strerror or error}"
            ) from None

    # --- inside ---

    def _save(self, key: str, written: object, value: object) -> None:
        """Writes a setting of `[assist]`; the others stay in force as they are, those of this run too."""
        space = self._workspace
        save_setting(space.paths.config_file, "assist", key, written)
        space.config = replace(space.config, values={**space.config.values, ("assist", key): value})

    def _engine(self) -> tuple[EngineChoice, Engine]:
        choice = self.choice
        match choice.kind:
            case EngineKind.OPENAI:
                from ascinbox.workers.languages.engines.openai import OpenAIEngine

                return choice, OpenAIEngine(choice, self.key)
            case EngineKind.LIBRETRANSLATE:
                from ascinbox.workers.languages.engines.libretranslate import LibreTranslateEngine

                return choice, LibreTranslateEngine(choice, self.key)
            case EngineKind.COMMAND:
                from ascinbox.workers.languages.engines.command import CommandEngine

                environ = self._workspace.environ
                return choice, CommandEngine(
                    choice, {name: text for name, text in environ.items() if name not in SECRET_VARIABLES}
                )
            case _:
                raise UsageError(
                    "No engine for translations and drafts is plugged in.", "[assist] kind is off.", HOW
                )

    def _may_ask(self, agreed: bool) -> None:
        choice = self.choice
        if self._workspace.offline and not choice.is_local:
            raise NetworkError("Offline was asked for; the engine needs the network.", unsent=True)
        if not agreed and self.must_ask():
            raise NotAgreed(
                f"{choice.host} was not agreed to yet, so nothing was sent.",
                " ".join(self.question()[1:]),
                "Agree with --yes, or on the screen.",
            )

    def _patience(self, stop: threading.Event | None) -> TimeLimit:
        seconds = self._workspace.config.seconds("assist", "deadline_seconds")
        return TimeLimit(seconds, stop or threading.Event())

    def _detail(self, review_id: str) -> ReviewDetail:
        detail = self._workspace.store.call(lambda s: s.reviews.get(review_id))
        if detail is None:
            raise unknown_review(review_id)
        return detail

    def _template(self, name: str) -> Template | None:
        if not name:
            return None
        from ascinbox.core.replies.template_files import load_templates

        library = load_templates(self._workspace.paths.templates)
        found = library.find(name)
        if found is None:
            there = ", ".join(t.name for t in library.templates)
            raise UsageError(f"There is no template {name[:60]}.", f"There are: {there or 'none'}.")
        return found

    def _known(self, store: Store, review_id: str, to: str, identity: str) -> Translation | None:
        from ascinbox.store.cache.translations import hash_of, translation

        detail = store.reviews.get(review_id)
        if detail is None:
            return None
        content = hash_of(detail.review.title, detail.review.body)
        stored = translation(store.database, content, to, identity)
        return None if stored is None else Translation(review_id, to, stored.name, stored.title, stored.body)

    def _keep(self, made: Translation, title: str, body: str, identity: str, review_id: str) -> None:
        from ascinbox.store.cache.translations import StoredTranslation, hash_of, put_translation

        stored = StoredTranslation(made.title, made.body, made.engine)
        at = to_epoch(self._workspace.clock.now())

        def put(store: Store) -> None:
            if not store.database.read_only:
                put_translation(
                    store.database,
                    content=hash_of(title, body),
                    target=made.to,
                    engine=identity,
                    review_id=review_id,
                    made=stored,
                    at=at,
                )

        # On a full disk it is shown all the same, and asked for again another time.
        with suppress(StoreError):
            self._workspace.store.call(put)

    def _remember(self, store: Store, review_id: str, engine: str, text: str) -> None:
        from ascinbox.store.cache.translations import Drafted, put_drafted

        if store.database.read_only:
            return
        at = to_epoch(self._workspace.clock.now())
        put_drafted(store.database, review_id, Drafted(engine, text, at))
        store.queue.record("draft", "", f"by {engine}", (review_id,))


def note_confirmed(store: Store, review_id: str, text: str) -> None:
    """A reply was confirmed: if its review had a draft of an engine, Activity tells how much was changed."""
    from ascinbox.store.cache.translations import take_drafted

    drafted = take_drafted(store.database, review_id)
    if drafted is not None:
        percent = changed_percent(drafted.text, text)
        store.queue.record("drafted", "", f"by {drafted.engine}, {percent} % changed", (review_id,))


def language(word: str) -> str:
    """The code of a language. UsageError for none."""
    code = code_of(word)
    if code is None:
        raise UsageError(f"No such language {word[:40]!r}.", "", "A code such as en, de or ja.")
    return code
