"""A local guess of the language of a short text: by script first, then by its commonest small words.

Apple gives no language. The guess is made from the text alone, offline, and says None rather than
something unlikely: two small words of one language, and a clear lead over the next, are the least it needs.
"""

from __future__ import annotations

import re
from functools import cache

LANGUAGES: dict[str, str] = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian",
    "kk": "Kazakh", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ms": "Malay",
    "nb": "Norwegian",
    "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai",
    "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""ISO 639-1 codes of languages that reviews come in, with English names. `zh` is either script, `nb` any
Norwegian."""

SAMPLE = 400
"""Characters looked at."""

_SMALL_WORDS = {
    "en": (
        "same great love good crash crashes thanks thank we hi hello using use no too always update new "
        "like really needs fix the and is it to of this you for my not with was but have are that app after "
        "every please when they can't doesn't i'm it's don't has be on all just so would very works since "
        "again can your me"
    ),
    "de": (
        "funktioniert beim ab danke bitte hallo wir sich update seit von zum zur super gut leider doch dass "
        "startet stürzt der die das und ist nicht ich es mit ein eine auf zu für nach dem den man wird kann "
        "sehr auch wenn aber noch mehr nur bei mir habe immer geht sie alles jetzt"
    ),
    "fr": (
        "merci beaucoup manque bonjour très application jour marche fonctionne super le la les et est pas "
        "je de une un pour avec que qui sur mais depuis mise dans ne c'est j'ai il elle plus tout cette "
        "vous ça bien des du au fait"
    ),
    "es": (
        "gracias hola actualización funciona buena puedo abrir siempre el la los las y es no que de una un "
        "para con por pero muy desde se me mi lo esta está aplicación cuando más después todo hace tengo "
        "bien"
    ),
    "pt": (
        "obrigado olá funciona ótimo gosto quero não consigo o a os as e é que de uma um para com por mas "
        "muito desde se me meu minha está isso quando mais depois tudo você eu aplicativo atualização do da "
        "no na bom"
    ),
    "it": (
        "grazie ottimo buona funziona ciao aprire sempre il la gli le e è non che di una un per con ma "
        "molto dopo si mi sono più questa questo quando tutto ho anche della dell'app l'app aggiornamento "
        "nel applicazione ottima"
    ),
    "nl": (
        "bedankt hallo update werkt graag jullie wij de het een en is niet ik dat van voor met maar heel "
        "sinds op er je mijn ook wel geen niets wordt kan komt naar deze alleen nog zijn als goed"
    ),
    "sv": (
        "tack appen hela tiden uppdateringen och är inte jag det att en ett för med men mycket efter på som "
        "den kan har när min man bara till alla fungerar av så går"
    ),
    "da": (
        "tak appen opdateringen hele og er ikke jeg det at en et for med men meget efter på som den kan har "
        "når min man kun til virker af så være blevet"
    ),
    "nb": (
        "takk appen oppdateringen hele og er ikke jeg det at en et for med men veldig etter på som den kan "
        "har når min man bare til fungerer av så være blitt"
    ),
    "fi": (
        "ja on ei se että en kun mutta hyvin tämä ole sovellus minun kaikki vain niin toimi päivityksen "
        "jälkeen myös voi oli nyt"
    ),
    "pl": (
        "i jest nie się to na w z że do jak ale bardzo po aplikacja mam mi tylko już od dla przez działa "
        "gdy wszystko proszę można"
    ),
    "cs": (
        "a je to se na že v z ale velmi po aplikace není mi jen už od pro když nefunguje jak vše jsem by "
        "také prosím ani"
    ),
    "tr": (
        "ve bir bu çok için ama değil ile daha sonra uygulama en güzel olarak gibi da de her şey lütfen yok "
        "var beni ne kadar güncelleme açılmıyor"
    ),
    "ro": (
        "și este nu că o un pentru cu dar foarte după se mi am la din aplicația mai când sunt face merge "
        "care ce decât bună"
    ),
    "hu": (
        "a az és nem hogy egy is de nagyon van csak már ha meg volt ez azt minden lehet alkalmazás jó után "
        "mert működik"
    ),
    "id": (
        "yang dan ini tidak di untuk dengan saya aplikasi tapi sangat bisa ada setelah dari sudah juga "
        "karena kenapa lagi mohon bagus banget tolong"
    ),
    "vi": (
        "và là không của này cho tôi có ứng dụng nhưng rất được với khi sau đã các một thì cập nhật bị nên "
        "lại quá tốt"
    ),
    "ru": (
        "и в не на что я с это как но все очень после приложение по у мне для есть было только при так еще "
        "даже обновления нет спасибо"
    ),
    "uk": (
        "і в не на що я з це як але все дуже після застосунок по у мені для є було тільки при так ще навіть "
        "та оновлення немає дякую додаток"
    ),
    "hi": "है का की के और में नहीं यह से को मैं बहुत भी पर हो ऐप हैं कर ये लिए",
}
_LETTERS = {
    "de": "ß", "es": "ñ¿¡", "pt": "ãõ", "pl": "łąężśźć", "cs": "řěůď", "tr": "ğış", "ro": "țșă", "hu": "őű",
    "fr": "çœêù", "vi": "đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", "ru": "ыэъё", "uk": "іїєґ",
}  # fmt: skip


_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_BEYOND_LATIN = re.compile("[^\x00-\u02ff\u1e00-\u1eff\u2000-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff]")
_HINDI_WORD = re.compile("[\u0900-\u097f]+")
_ONE_LANGUAGE = {"hangul": "ko", "thai": "th", "hebrew": "he", "greek": "el"}
_PERSIAN = re.compile("[پچژگکی]")
_URDU = re.compile("[ٹڈڑںےہ]")
_TOLD_BY_SCRIPT = frozenset({"ja", "zh", "ar", "fa", *_ONE_LANGUAGE.values()})
_SCRIPTS = {
    "kana": "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d",
    "han": "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff",
    "hangul": "\u1100-\u11ff\uac00-\ud7a3",
    "thai": "\u0e01-\u0e4e",
    "arabic": "\u0620-\u064a\u066e-\u06d3",
    "hebrew": "\u05d0-\u05ea",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "devanagari": "\u0900-\u097f",
    "cyrillic": "\u0400-\u04ff",
    "latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
}
"""Characters of each script that tells something."""
_MARK_OF = {name: chr(ord("a") + number) for number, name in enumerate(_SCRIPTS)}
# A CJK character says about as much as two letters.
_DENSE = frozenset({"kana", "han", "hangul"})


def code_of(word: str) -> str | None:
    """The key of `LANGUAGES` that a code (`pt`, `pt-BR`, `no`) or an English name means, or None."""
    by_name = _codes()
    word = word.strip().lower()
    code = by_name.get(word, word.replace("_", "-").split("-")[0])
    code = by_name.get(code, code)
    return code if code in LANGUAGES else None


def language_names() -> tuple[str, ...]:
    """Every word that `code_of` takes beside codes."""
    return tuple(_codes())


@cache
def _codes() -> dict[str, str]:
    return {name.lower(): code for code, name in LANGUAGES.items()} | {"no": "nb", "nn": "nb", "iw": "he"}


def guess(text: str) -> str | None:
    """The ISO 639-1 code of the language that `text` is probably in, or None. A key of `LANGUAGES`."""
    sample = text[:SAMPLE]
    script = _main_script(sample) if _BEYOND_LATIN.search(sample) else "latin"
    match script:
        case None:
            return None
        case "kana":
            return "ja"
        case "han":
            return "zh"
        case "arabic":
            if _URDU.search(sample):
                return None
            return "fa" if _PERSIAN.search(sample) else "ar"
        case "devanagari":
            words = _HINDI_WORD.findall(sample)
            return "hi" if sum(word in _languages_of() for word in words) >= 2 else None
        case "latin" | "cyrillic":
            return _by_small_words(sample.lower())
        case _:
            return _ONE_LANGUAGE[script]


def is_told_by_script(language: str) -> bool:
    """Whether a guess of this language comes from the letters alone."""
    return language in _TOLD_BY_SCRIPT


def same_language(mine: str | None, theirs: str | None) -> bool:
    """False only when both languages are known and differ; Danish and Norwegian count as alike."""
    return mine is None or theirs is None or mine == theirs or {mine, theirs} == {"da", "nb"}


def _main_script(sample: str) -> str | None:
    # One pass in C for all scripts; a pattern for each of ten scripts took most of the time of a guess.
    marks = sample.translate(_MARKS)
    counts = {
        name: marks.count(mark) * (2 if name in _DENSE else 1)
        for name, mark in _MARK_OF.items()
        if mark in marks
    }
    # Japanese mixes kana into Han; Chinese does not.
    kana, han = counts.get("kana", 0), counts.get("han", 0)
    if kana * 5 > han:
        counts["kana"] = kana + counts.pop("han", 0)
    if not counts:
        return None
    script = max(counts, key=counts.__getitem__)
    most = counts.pop(script)
    return script if most >= 4 and most > max(counts.values(), default=0) else None


def _by_small_words(sample: str) -> str | None:
    words = _words(sample)
    languages_of = _languages_of()
    scores: dict[str, int] = {}
    for languages in filter(None, map(languages_of.get, words)):
        for language in languages:
            scores[language] = scores.get(language, 0) + 2
    if not sample.isascii():
        letter_of = _letter_of()
        for letter in set(sample) & letter_of.keys():
            for language in letter_of[letter]:
                scores[language] = scores.get(language, 0) + 1
    if not scores:
        return None
    best = max(scores, key=scores.__getitem__)
    most = scores.pop(best)
    second = max(scores.values(), default=0)
    return best if most >= 4 and most > second and most * 4 >= len(words) else None


def _words(sample: str) -> list[str]:
    if sample.isascii() and "'" not in sample:
        # The same words in a third of the time; most texts are so.
        return sample.translate(_NO_LETTERS).split()
    return _WORD.findall(sample.replace("’", "'"))


@cache
def _languages_of() -> dict[str, tuple[str, ...]]:
    return _inverted({code: words.split() for code, words in _SMALL_WORDS.items()})


@cache
def _letter_of() -> dict[str, tuple[str, ...]]:
    return _inverted({code: list(letters) for code, letters in _LETTERS.items()})


def _inverted(table: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    inverted: dict[str, tuple[str, ...]] = {}
    for code, entries in table.items():
        for entry in dict.fromkeys(entries):
            inverted[entry] = (*inverted.get(entry, ()), code)
    return inverted


class _Marks(dict[int, str]):
    """What `str.translate` puts in the place of a character: the mark of its script, or a space.

    Fills itself: the memo of a pure function.
    """

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        found = (mark for mark, pattern in _patterns() if pattern.match(character))
        self[code_point] = mark = next(found, " ")
        return mark


_MARKS = _Marks()


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((_MARK_OF[name], re.compile(f"[{characters}]")) for name, characters in _SCRIPTS.items())
