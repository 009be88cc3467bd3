"""The texts of the apps' pages: app information and versions with their languages, and who may change what.

Limits, states and refusals are those that Apple's pages name and that other tools met (see
`core.listing.fields` and `core.listing.states`); what a review at Apple does to a state is left to events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ascinbox.core.listing.fields import FieldKind, Scope, field_of, in_scope, known_locale
from ascinbox.core.listing.states import state_of, why_not_editable
from ascinbox.simulator.bodies import invalid
from ascinbox.simulator.problems import Problem, entity
from ascinbox.simulator.world import SimulatedVersion

if TYPE_CHECKING:
    from ascinbox.simulator.world import SimulatedApp, World

LANGUAGES = ("en-US", "de-DE", "fr-FR", "ja", "es-ES", "pt-BR", "it", "ko", "zh-Hans", "nl-NL")
"""Languages of an app's page, the primary one first."""
CATEGORIES = frozenset(
    "BOOKS BUSINESS DEVELOPER_TOOLS EDUCATION ENTERTAINMENT FINANCE FOOD_AND_DRINK GAMES GRAPHICS_AND_DESIGN "
    "HEALTH_AND_FITNESS LIFESTYLE MAGAZINES_AND_NEWSPAPERS MEDICAL MUSIC NAVIGATION NEWS PHOTO_AND_VIDEO "
    "PRODUCTIVITY REFERENCE SHOPPING SOCIAL_NETWORKING SPORTS STICKERS TRAVEL UTILITIES WEATHER".split()
)
"""Ids of Apple's categories without their subcategories."""

_SUBTITLE = {
    "en": "High water at a glance",
    "de": "Hochwasser auf einen Blick",
    "fr": "La marée en un coup d'œil",
    "ja": "満潮がひと目でわかる",
    "es": "La marea de un vistazo",
    "pt": "A maré num relance",
    "it": "La marea a colpo d'occhio",
    "ko": "한눈에 보는 만조",
    "zh": "一眼看清潮汐",
    "nl": "Hoogwater in één blik",
}
_DESCRIPTION = {
    "en": "{app} shows what you need today, offline and without an account.",
    "de": "{app} zeigt, was Sie heute brauchen, offline und ohne Konto.",
    "fr": "{app} montre ce qu'il vous faut aujourd'hui, hors ligne et sans compte.",
    "ja": "{app}は今日必要なことを、オフラインでもアカウントなしで表示します。",
    "es": "{app} muestra lo que necesitas hoy, sin conexión y sin cuenta.",
    "pt": "{app} mostra o que você precisa hoje, offline e sem conta.",
    "it": "{app} mostra ciò che ti serve oggi, offline e senza account.",
    "ko": "{app}은 오늘 필요한 것을 계정 없이 오프라인에서도 보여 줍니다.",
    "zh": "{app} 无需账户，离线也能显示今天所需的一切。",
    "nl": "{app} toont wat je vandaag nodig hebt, offline en zonder account.",
}
_NOTES = {
    "en": "Fixes a crash at start.",
    "de": "Behebt einen Absturz beim Start.",
    "fr": "Corrige un plantage au démarrage.",
    "ja": "起動時のクラッシュを修正しました。",
    "es": "Corrige un cierre al iniciar.",
    "pt": "Corrige uma falha ao abrir.",
    "it": "Corregge un arresto all'avvio.",
    "ko": "시작 시 충돌을 수정했습니다.",
    "zh": "修复启动时的崩溃。",
    "nl": "Verhelpt een crash bij het starten.",
}


@dataclass(slots=True)
class SimulatedLanguage:
    """One language of a part."""

    id: str
    locale: str
    values: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)
    stale_until: float = 0.0
    """Until then, reads still show `before`."""

    def shown(self, now: float) -> Mapping[str, str]:
        """What a read shows."""
        return self.before if now < self.stale_until else self.values


@dataclass(slots=True)
class SimulatedPart:
    """The texts of an appInfo or of a version."""

    scope: Scope
    id: str
    app_id: str
    state: str
    """Of an appInfo; a version's is in the app's list of versions."""
    languages: dict[str, SimulatedLanguage] = field(default_factory=dict)
    """By the language's id."""
    shared: dict[str, str] = field(default_factory=dict)

    def language(self, locale: str) -> SimulatedLanguage | None:
        """The language, when it is there."""
        return next((one for one in self.languages.values() if one.locale == locale), None)


class SimulatedTexts:
    """The texts of all apps of a world, made when they are first asked for."""

    def __init__(self, world: World, languages: int = len(LANGUAGES)) -> None:
        self._world = world
        self._locales = _locales(languages)
        self._parts: dict[str, list[SimulatedPart]] = {}

    # --- looking ---

    def parts(self, app_id: str, scope: Scope) -> list[SimulatedPart]:
        """The parts of an app: infos as Apple lists them, the live one first; versions newest first."""
        with self._world.lock:
            if app_id not in self._parts:
                self._parts[app_id] = list(self._made(self._world.apps[app_id]))
            return [part for part in self._parts[app_id] if part.scope is scope]

    def part(self, scope: Scope, part_id: str) -> SimulatedPart | None:
        """A part by its id."""
        for app_id in self._world.apps:
            for part in self.parts(app_id, scope):
                if part.id == part_id:
                    return part
        return None

    def language(self, scope: Scope, language_id: str) -> tuple[SimulatedPart, SimulatedLanguage] | None:
        """A language by its id, with its part."""
        for app_id in self._world.apps:
            for part in self.parts(app_id, scope):
                if language_id in part.languages:
                    return part, part.languages[language_id]
        return None

    def state(self, part: SimulatedPart) -> str:
        """The state of a part."""
        if part.scope is Scope.INFO:
            return part.state
        return next(v.state for v in self._world.apps[part.app_id].versions if v.id == part.id)

    # --- changing; each raises `Problem` for what Apple refuses ---

    def write(
        self,
        part: SimulatedPart,
        language: SimulatedLanguage,
        given: Mapping[str, str | None],
        *,
        now: float,
        stale_s: float = 0.0,
    ) -> None:
        """Changes fields of a language, all of them or none."""
        self._refuse(part, given)
        with self._world.lock:
            language.before, language.stale_until = dict(language.values), now + stale_s
            for name, text in given.items():
                language.values.pop(name, None)
                if text:
                    language.values[name] = text

    def write_shared(self, part: SimulatedPart, given: Mapping[str, str | None]) -> None:
        """Changes what all languages of a part share."""
        self._refuse(part, given)
        with self._world.lock:
            part.shared.update({name: text or "" for name, text in given.items()})

    def add(self, part: SimulatedPart, locale: str, given: Mapping[str, str | None]) -> SimulatedLanguage:
        """Adds a language to a part."""
        pointer = "/data/attributes/locale"
        if known_locale(locale) != locale:
            raise invalid("locale", pointer, f"'{locale}' is not a valid value for the attribute 'locale'")
        if part.language(locale) is not None:
            raise entity(
                ".ATTRIBUTE.INVALID.DUPLICATE",
                "The provided entity includes an attribute with a value that has already been used",
                f"A localization for '{locale}' exists already",
                pointer,
            )
        if not state_of(part.scope, self.state(part)).languages:
            raise _fixed("locale")
        self._refuse(part, given)
        with self._world.lock:
            made = SimulatedLanguage(self._id(), locale, {name: text for name, text in given.items() if text})
            part.languages[made.id] = made
            return made

    def remove(self, part: SimulatedPart, language: SimulatedLanguage) -> None:
        """Removes a language; never the app's primary one."""
        primary = self._world.apps[part.app_id].primary_locale
        if language.locale == primary or not state_of(part.scope, self.state(part)).languages:
            raise _fixed("locale")
        with self._world.lock:
            del part.languages[language.id]

    def add_version(self, app: SimulatedApp, platform: str, name: str, now: float) -> SimulatedVersion:
        """Makes the draft of a new version; texts are taken over from the one before, but for what is new."""
        there = [one for one in app.versions if one.platform == platform]
        if any(not state_of(Scope.VERSION, one.state).live and not _is_past(one) for one in there):
            raise entity(
                ".RELATIONSHIP.INVALID",
                "The provided entity includes a relationship with an invalid value",
                "You cannot create a new version of the App in the current state.",
                "/data/relationships/app",
            )
        if any(one.name == name for one in there):
            raise entity(
                ".ATTRIBUTE.INVALID.DUPLICATE",
                "The provided entity includes an attribute with a value that has already been used",
                f"The version number '{name}' has been previously used.",
                "/data/attributes/versionString",
            )
        before = next((p for p in self.parts(app.id, Scope.VERSION) if there and p.id == there[0].id), None)
        with self._world.lock:
            version = SimulatedVersion(self._id(), name, platform, "PREPARE_FOR_SUBMISSION", now)
            app.versions = (version, *app.versions)
            app.version += 1
            self._world.versions[version.id] = app
            part = SimulatedPart(Scope.VERSION, version.id, app.id, "")
            self._take_over(part, before, leave_out=("whatsNew",))
            self._parts[app.id].insert(0, part)
            infos = self.parts(app.id, Scope.INFO)
            if not any(state_of(Scope.INFO, one.state).editable for one in infos):
                draft = SimulatedPart(Scope.INFO, self._id(), app.id, "PREPARE_FOR_SUBMISSION")
                self._take_over(draft, infos[0] if infos else None)
                self._parts[app.id].append(draft)
            return version

    def set_state(self, part_id: str, state: str) -> None:
        """Something happened at Apple: a part has another state. KeyError for an unknown id."""
        with self._world.lock:
            info = self.part(Scope.INFO, part_id)
            if info is not None:
                info.state = state
                return
            app = self._world.versions[part_id]
            app.versions = tuple(
                replace(one, state=state) if one.id == part_id else one for one in app.versions
            )
            app.version += 1

    def colleague_writes(self, app_id: str, scope: Scope, locale: str, name: str, text: str) -> str:
        """A colleague changes one field of the draft in the web form. Returns the language's id."""
        drafts = [p for p in self.parts(app_id, scope) if state_of(scope, self.state(p)).editable]
        language = drafts[0].language(locale) if drafts else None
        if language is None:
            raise ValueError(f"no draft of {app_id} has {locale}")
        language.values[field_of(scope, name).name] = text
        return language.id

    # --- making ---

    def _refuse(self, part: SimulatedPart, given: Mapping[str, str | None]) -> None:
        """Raises one refusal with an entry for each field that Apple would not take."""
        state = self.state(part)
        problems = [
            problem for name, text in given.items() for problem in self._wrong(part, state, name, text or "")
        ]
        if problems:
            first, *more = problems
            first.more = tuple(more)
            raise first

    def _wrong(self, part: SimulatedPart, state: str, name: str, text: str) -> Iterator[Problem]:
        row = field_of(part.scope, name)
        pointer = f"/data/attributes/{name}"
        versions = self._world.apps[part.app_id].versions
        if why_not_editable(row, state) or (name == "whatsNew" and len(versions) == 1):
            yield _fixed(name)
        elif row.kind is FieldKind.CATEGORY and text not in CATEGORIES:
            yield invalid(name, f"/data/relationships/{name}")
        elif row.most and len(text) > row.most:
            yield entity(
                ".ATTRIBUTE.INVALID.TOO_LONG",
                "The provided entity includes an attribute with a value that is too long",
                f"The attribute '{name}' must not be longer than {row.most} characters",
                pointer,
            )
        elif text and len(text) < row.least:
            yield entity(
                ".ATTRIBUTE.INVALID.TOO_SHORT",
                "The provided entity includes an attribute with a value that is too short",
                f"The attribute '{name}' must have at least {row.least} characters",
                pointer,
            )
        elif row.kind is FieldKind.URL and text and not text.startswith(("http://", "https://")):
            yield invalid(name, pointer, f"The attribute '{name}' is not a valid URL")
        elif row.name == "name" and not text:
            yield invalid(name, pointer, "An app name is required")
        elif any(ord(character) < 32 and character not in "\n\r\t" for character in text):
            yield invalid(name, pointer, f"The attribute '{name}' contains invalid characters")

    def _made(self, app: SimulatedApp) -> Iterator[SimulatedPart]:
        states = ["READY_FOR_DISTRIBUTION"]
        if any(state_of(Scope.VERSION, version.state).editable for version in app.versions):
            states.append("PREPARE_FOR_SUBMISSION")
        for state in states:
            part = SimulatedPart(
                Scope.INFO, self._id(), app.id, state, shared={"primaryCategory": "UTILITIES"}
            )
            self._fill(part, app)
            yield part
        for version in app.versions:
            part = SimulatedPart(Scope.VERSION, version.id, app.id, "")
            part.shared["copyright"] = f"2026 {app.name}"
            self._fill(part, app)
            if state_of(Scope.VERSION, version.state).editable:
                for language in part.languages.values():
                    language.values.pop("whatsNew", None)
            yield part

    def _fill(self, part: SimulatedPart, app: SimulatedApp) -> None:
        for locale in dict.fromkeys((app.primary_locale, *self._locales)):
            words = locale.partition("-")[0]
            texts = {
                "name": app.name[:30],
                "subtitle": _SUBTITLE.get(words, f"High water, {locale}"),
                "description": _DESCRIPTION.get(words, f"{{app}} ({locale}).").format(app=app.name),
                "keywords": "tide,moon,sea,harbour",
                "promotionalText": _SUBTITLE.get(words, locale),
                "whatsNew": _NOTES.get(words, f"Fixes ({locale})."),
                "supportUrl": "https://example.com/support",
                "privacyPolicyUrl": "https://example.com/privacy",
            }
            held = {row.name for row in in_scope(part.scope)}
            made = SimulatedLanguage(self._id(), locale, {n: t for n, t in texts.items() if n in held})
            part.languages[made.id] = made

    def _take_over(
        self, part: SimulatedPart, before: SimulatedPart | None, leave_out: tuple[str, ...] = ()
    ) -> None:
        if before is None:
            return
        part.shared = dict(before.shared)
        for language in before.languages.values():
            kept = {name: text for name, text in language.values.items() if name not in leave_out}
            made = SimulatedLanguage(self._id(), language.locale, kept)
            part.languages[made.id] = made

    def _id(self) -> str:
        serial = self._world.serial()
        return f"{0x61000000 + serial:08x}-0000-4000-8000-{serial:012x}"


def texts_of(world: World) -> SimulatedTexts:
    """The texts of this world."""
    with world.lock:
        if not isinstance(world.texts, SimulatedTexts):
            world.texts = SimulatedTexts(world)
        return world.texts


def _locales(count: int) -> tuple[str, ...]:
    from ascinbox.core.listing.fields import LOCALES

    return tuple(dict.fromkeys((*LANGUAGES, *LOCALES)))[: max(1, count)]


def _is_past(version: SimulatedVersion) -> bool:
    return state_of(Scope.VERSION, version.state).past


def _fixed(name: str) -> Problem:
    """As met by fastlane (its pull request 16626), one entry for each attribute."""
    return entity(
        ".ATTRIBUTE.INVALID.INVALID_STATE",
        "The provided entity includes an attribute with an invalid value",
        f"Attribute '{name}' cannot be edited at this time",
        f"/data/attributes/{name}",
    )
