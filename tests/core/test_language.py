"""The local guess of a language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.reviews import language
from ascinbox.core.reviews.language import LANGUAGES, guess, same_language

SENTENCES = [
    ("en", "Every time I open the app it closes again."),
    ("en", "Widget never refreshes - The widget shows yesterday until I open it"),
    ("en", "Same crash as everyone, please fix."),
    ("en", "Love it, don’t change a thing"),
    ("de", "Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen."),
    ("de", "Dauert ewig bis die Karte da ist."),
    ("de", "Hallo maxi_b, danke für die Meldung und bitte entschuldigen Sie den Ärger."),
    ("ja", "起動しない - アップデート後に落ちます。直してください"),
    ("ar", "بطيء جدا - التطبيق بطيء منذ التحديث الأخير"),
    ("fa", "بعد از آپدیت برنامه کار نمی\u200cکند لطفا درست کنید"),
    ("pt", "Ótimo app mas trava - Gosto muito, porém quando tento exportar"),
    ("fr", "Presque parfait - Il manque seulement un mode sombre et le reste"),
    ("nl", "Vraag: komt er een widget voor het slotscherm"),
    ("it", "Non si apre - Dopo l'aggiornamento resta sulla schermata"),
    ("es", "No funciona desde la última actualización, se cierra"),
    ("ru", "Приложение не работает после обновления, верните деньги"),
    ("uk", "Після оновлення застосунок не працює"),
    ("pl", "Po aktualizacji aplikacja nie działa"),
    ("tr", "Uygulama açılmıyor, lütfen düzeltin, çok kötü"),
    ("ko", "업데이트 후 앱이 계속 꺼집니다"),
    ("zh", "更新后一直闪退，请修复"),
    ("zh", "更新後一直閃退，請修復"),
    ("sv", "Appen kraschar hela tiden efter uppdateringen, det går inte"),
    ("da", "Appen virker ikke efter opdateringen, meget irriterende"),
    ("nb", "Appen fungerer ikke etter oppdateringen, veldig irriterende"),
    ("fi", "Sovellus ei toimi päivityksen jälkeen"),
    ("hu", "A frissítés után nem működik az alkalmazás"),
    ("ro", "După actualizare aplicația nu mai merge"),
    ("cs", "Po aktualizaci aplikace nefunguje, prosím opravte to"),
    ("hi", "यह ऐप बहुत धीमा है और बंद हो जाता है"),
    ("vi", "Ứng dụng không mở được sau khi cập nhật"),
    ("id", "Aplikasi ini sangat bagus tapi tidak bisa dibuka"),
    ("th", "แอปเปิดไม่ได้"),
    ("he", "האפליקציה קורסת כל הזמן"),
    ("el", "Η εφαρμογή δεν ανοίγει"),
]


@pytest.mark.parametrize(("code", "text"), SENTENCES)
def test_ordinary_reviews(code: str, text: str) -> None:
    assert guess(text) == code


@pytest.mark.parametrize(
    "text", ["", "Top app", "ok 5", "!!!", "12345", "lol xd", "👍👍👍", "Tide Clock 5.2.1", "ٹھیک ہے"]
)
def test_too_little_to_tell(text: str) -> None:
    assert guess(text) is None


def test_same_language_is_lenient() -> None:
    def alike(left: str, right: str) -> bool:
        return same_language(guess(left), guess(right))

    assert alike("Top app", "Seit dem Update geht es nicht mehr")
    assert alike(SENTENCES[0][1], SENTENCES[1][1])
    assert not alike("Thank you for the report, this is fixed", "Seit dem Update geht es nicht mehr")
    assert alike(
        "Appen virker ikke efter opdateringen, meget irriterende",
        "Appen fungerer ikke etter oppdateringen, veldig irriterende",
    )


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_gets_a_known_code_or_none(text: str) -> None:
    assert guess(text) in {None, *LANGUAGES}


def main_script(sample: str) -> str | None:
    """The definition: every script counted by itself."""
    counts = {
        name: len(re.findall(f"[{characters}]", sample)) * (2 if name in ("kana", "han", "hangul") else 1)
        for name, characters in language._SCRIPTS.items()
    }
    if counts["kana"] * 5 > counts["han"]:
        counts["kana"] += counts["han"]
        counts["han"] = 0
    first, second = sorted(counts, key=counts.__getitem__, reverse=True)[:2]
    return first if counts[first] >= 4 and counts[first] > counts[second] else None


@given(st.lists(st.text("".join(f"{a[0]}{a[2]}" for a in language._SCRIPTS.values()) + " 1!", max_size=9)))
def test_one_pass_over_a_text_counts_as_one_for_each_script(parts: list[str]) -> None:
    # Repeated, so that one script leads often enough to be named.
    sample = "".join(part * 3 for part in parts)
    assert language._main_script(sample) == main_script(sample)


@given(st.text(st.characters(max_codepoint=127) | st.sampled_from("'’ é_9")))
def test_words_are_letters_and_what_an_apostrophe_joins(sample: str) -> None:
    assert language._words(sample) == language._WORD.findall(sample.replace("’", "'"))
