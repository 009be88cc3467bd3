"""The demo's listing: a draft on which two people are at work, and what was written here and has not left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.listing.fields import Scope
from ascinbox.simulator.listing import texts_of

if TYPE_CHECKING:
    from ascinbox.simulator.world import World

APP = "Tide Clock"
NOTES = {
    "en-US": "Moon phases on the watch, and the crash at start is fixed.",
    "de-DE": "Mondphasen auf der Uhr, und der Absturz beim Start ist behoben (Text von Lena).",
    # Not translated yet.
    "fr-FR": "Moon phases on the watch, and the crash at start is fixed.",
    "es-ES": "Fases lunares en el reloj y corregido el cierre al iniciar.",
    "it": "Fasi lunari sull'orologio, e il blocco all'avvio è risolto.",
    "ko": "시계에서 달의 위상을 볼 수 있고 시작 시 충돌이 수정되었습니다.",
    "zh-Hans": "手表上显示月相，并修复了启动时的崩溃。",
    "nl-NL": "Maanfasen op het horloge, en de crash bij het starten is verholpen.",
}
"""What's new in the draft at Apple; `ja` and `pt-BR` have none."""

WRITTEN = (
    (
        "fr-FR",
        "keywords",
        "tide,moon,sea,harbour",
        "marée,lune,mer,port,"
        + ",".join(
            (
                "coefficient",
                "horaires",
                "pleine mer",
                "basse mer",
                "pêche",
                "plage",
                "voile",
                "surf",
                "bateau",
                "marnage",
            )
        ),
    ),
    (
        "es-ES",
        "promotionalText",
        "La marea de un vistazo",
        "La marea y la luna de un vistazo, también sin conexión.",
    ),
)
"""Written here and not sent: locale, field, Apple's text that it was written from, text. One is too long."""
HELD = ("de-DE", "whatsNew", "", "Mondphasen auf der Uhr. Der Absturz beim Start ist behoben.")
"""Written before a colleague changed the same text on the web."""


def write_texts(world: World) -> None:
    """Puts the draft's texts at Apple."""
    app = next(app for app in world.apps.values() if app.name == APP)
    texts = texts_of(world)
    for part in texts.parts(app.id, Scope.VERSION):
        if texts.state(part) != "PREPARE_FOR_SUBMISSION":
            continue
        english = next(one.values["description"] for one in part.languages.values() if one.locale == "en-US")
        for language in part.languages.values():
            if language.locale in NOTES:
                language.values["whatsNew"] = NOTES[language.locale]
            if language.locale == "nl-NL":
                language.values["description"] = english
