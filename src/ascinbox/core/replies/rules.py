"""The rules that warn: private data, words that Apple or customers object to, and slips."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ascinbox.core.replies.findings import Finding, FindingKind, ReplyContext, warn
from ascinbox.core.replies.words import GENERIC_HONORIFICS, GENERIC_NAMES, GREETINGS, PHRASES, REFERENCE_WORDS
from ascinbox.core.reviews.language import LANGUAGES, guess, same_language
from ascinbox.core.text import fold, fold_terms, normalise_reply

REPEATS = 3
"""So many times the same text within 7 days is worth a warning."""

_Spans = list[tuple[int, int]]

# ASCII only: in Japanese or Chinese the next word follows an address without a space.
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
_LINK = re.compile(r"(?:https?://|www\.)[!#-&(-;=?-~]{3,}", re.IGNORECASE)
# Names of hosts without https:// are only looked for under endings that do not read as a new sentence.
_HOST = re.compile(
    r"(?<![\w@.-])(?:[a-z][a-z0-9-]{0,62}\.){1,4}"
    r"(?:com|net|org|io|dev|info|shop|online|site|biz|gg|ly|page|link|de|fr|uk|eu|ch|nl|jp|cn|ru|br|kr|example)"
    r"(?:/[!#-&(-;=?-~]*)?(?![A-Za-z0-9@])"
)
_PHONE = re.compile(r"(?<![\w.,:/#+-])(?:\+|00)?\(?\d[\d ()./\u2011-]{5,20}\d(?!\w)")
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}")
_LOCAL_PHONE = re.compile(r"(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}")
_REFERENCE = re.compile(
    rf"(?<![A-Za-zÀ-ÿ]){REFERENCE_WORDS}[\w-]{{0,12}}[\s:：.№-]{{0,4}}"
    r"(?:no\.?|nr\.?|number|n[uú]mero|num[eé]ro|id|番号|号码|번호|номер)?[\s:：.№=-]{0,4}(?:is\s)?"
    r"(#?[A-Z0-9][A-Z0-9-]{3,40})(?!\w)",
    re.IGNORECASE,
)
_LOOSE_NUMBER = re.compile(
    r"(?<!\w)#\d{3,}(?!\w)"  # a ticket
    r"|(?<!\w)M(?=[A-Z0-9]*\d[A-Z0-9]*\d)[A-Z0-9]{8,11}(?!\w)"  # an order at Apple
    r"|(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)"  # an IBAN
    r"|(?<![\w.,])\d{9,19}(?![\w])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_GREETED = re.compile(
    rf"\W{{0,5}}{GREETINGS} +((?:[^\W\d_][\w'’.-]*)(?: [^\W\d_][\w'’.-]*){{0,3}}?)\s*[,!:;–—\n。]",
    re.IGNORECASE,
)
_HONORIFIC = re.compile(r"\W{0,5}([^\s、。,!！]{1,15}?)\s?(?:さん|さま|様|님)(?![^\s、。,!！])")
_PLACEHOLDER = re.compile(r"\b(?:TODO|FIXME|TBD|XXX+)\b|\[[^\W\d_][\w ]{1,24}\]|<[a-z][a-z _-]{1,20}>|_{4,}")
_SHOUTS = re.compile(r"[!！]{3,}|[?？]{3,}")
_WORD = re.compile(r"[^\W\d_]+")


def warnings(text: str, context: ReplyContext) -> Iterator[Finding]:
    """Every warning about `text`, rule by rule."""
    for rule in _RULES:
        yield from rule(text, context)


def _contact(text: str, context: ReplyContext) -> Iterator[Finding]:
    for start, end in _contact_spans(text):
        found = text[start:end]
        if not _allowed(found, context):
            yield warn("contact", "contact data in a public reply: {}", start, end, found)


def _contact_spans(text: str) -> _Spans:
    """Addresses, links, hosts and telephone numbers, none twice."""
    spans: _Spans = []
    for pattern in (_EMAIL, _LINK, _HOST, _PHONE):
        for match in pattern.finditer(text):
            start, end = match.start(), match.start() + len(match[0].rstrip(".,;:!?)/ -"))
            if any(start < b and a < end for a, b in spans):
                continue
            if pattern is not _PHONE or _is_phone(text[start:end]):
                spans.append((start, end))
    return sorted(spans)


def _is_phone(candidate: str) -> bool:
    digits = sum(character.isdigit() for character in candidate)
    if not 7 <= digits <= 15:
        return False
    if candidate.startswith(("+", "00")):
        return True
    if _DATE.search(candidate):
        return False
    local = candidate.startswith("0") and digits >= 8 and "." not in candidate
    return local or candidate.startswith("(") or _LOCAL_PHONE.fullmatch(candidate) is not None


def _allowed(found: str, context: ReplyContext) -> bool:
    """True for what the person's own lists name: in full, or as a host, or as the same digits."""
    own = [part for entry in (*context.allow, context.support, context.signature) for part in entry.split()]
    digits = re.sub(r"\D", "", found)
    if "@" not in found and "." not in found.strip("."):
        joined = (re.sub(r"\D", "", entry) for entry in (*context.allow, context.support, context.signature))
        return any(len(digits) >= 7 and digits in entry for entry in joined)
    host = re.sub(r"^https?://", "", found.lower()).split("/")[0].rpartition("@")[2].removeprefix("www.")
    for entry in ("apple.com", *own):
        entry = re.sub(r"^https?://", "", entry.lower()).strip(".,;:!?()<>/").removeprefix("www.")
        if not entry:
            continue
        if found.lower() == entry:
            return True
        if (
            "@" not in entry
            and "." in entry
            and "/" not in entry
            and (host == entry or host.endswith("." + entry))
        ):
            return True
        if "/" in entry and re.sub(r"^https?://|^www\.", "", found.lower()).rstrip("/").startswith(entry):
            return True
    return False


def _reference(text: str, context: ReplyContext) -> Iterator[Finding]:
    taken = _contact_spans(text)
    for pattern in (_REFERENCE, _LOOSE_NUMBER):
        for match in pattern.finditer(text):
            start, end = match.span(1) if pattern is _REFERENCE else match.span()
            found = text[start:end]
            enough = sum(character.isdigit() for character in found) >= (4 if pattern is _REFERENCE else 2)
            if not enough or _YEAR.fullmatch(found) or any(start < b and a < end for a, b in taken):
                continue
            if _DATE.fullmatch(found) or found in context.allow:
                continue
            taken.append((start, end))
            yield warn("reference", "an order, receipt or account number in public: {}", start, end, found)


def _name(text: str, context: ReplyContext) -> Iterator[Finding]:
    if match := _GREETED.match(text):
        words = match[1].split()
        # Where a script has capitals, names begin with one: "Hi again," greets nobody by name.
        if not words[-1][0].isupper() or set(fold_terms(match[1])) & GENERIC_NAMES:
            return
        known = f"{context.nickname} {context.app} {context.signature}"
    elif match := _HONORIFIC.match(text):
        if any(part in match[1] for part in GENERIC_HONORIFICS):
            return
        known = context.nickname
    else:
        return
    joined = _joined(known)
    if any(_joined(word) not in joined for word in match[1].split()):
        yield warn("name", "a name that is not the nickname: {}", *match.span(1), match[1])


def _joined(text: str) -> str:
    return fold(text).replace(" ", "")


def _note(text: str, context: ReplyContext) -> Iterator[Finding]:
    """The first run of five words that the internal note has too (twelve characters without spaces)."""
    if not context.note:
        return
    for split, length in ((_spaced_words, 5), (_unspaced_words, 12)):
        mine, theirs = split(text), split(context.note)
        runs = {tuple(word for word, _, _ in theirs[i : i + length]) for i in range(len(theirs) - length + 1)}
        for i in range(len(mine) - length + 1):
            if tuple(word for word, _, _ in mine[i : i + length]) not in runs:
                continue
            start, end = mine[i][1], mine[i + length - 1][2]
            yield warn("note", 'words of the internal note: "{}"', start, end, text[start:end])
            return


def _spaced_words(text: str) -> list[tuple[str, int, int]]:
    words = ((_joined(match[0]), *match.span()) for match in re.finditer(r"\S+", text))
    return [word for word in words if word[0]]


def _unspaced_words(text: str) -> list[tuple[str, int, int]]:
    characters = (
        (fold_terms(character), i, i + 1) for i, character in enumerate(text) if character > "\u0e00"
    )
    return [(tokens[0], start, end) for tokens, start, end in characters if tokens]


def _phrases(text: str, _context: ReplyContext) -> Iterator[Finding]:
    for rule, sentence, pattern in PHRASES:
        for match in pattern.finditer(text):
            yield warn(rule, sentence, *match.span(), match[0])


def _other_apps(text: str, context: ReplyContext) -> Iterator[Finding]:
    own = fold(context.app)
    for name in context.other_apps:
        if len(name) < 3 or fold(name).strip() in own:
            continue
        words = [re.escape(word) for word in name.split()]
        spaced = len(fold_terms(name)) <= len(words)
        pattern = r"\W+".join(words)
        # One word ("Notes") may be an ordinary one: then its capitals have to be right.
        flags = re.IGNORECASE if len(words) > 1 or not spaced else 0
        match = re.search(rf"(?<!\w){pattern}(?!\w)" if spaced else pattern, text, flags)
        if match:
            yield warn("other-app", "names another app: {}", *match.span(), match[0])


def _shouting(text: str, context: ReplyContext) -> Iterator[Finding]:
    for match in _SHOUTS.finditer(text):
        yield warn("exclamation", "reads as shouting: {}", *match.span(), match[0])
    own = set(context.app.split())
    loud: _Spans = []
    for match in _WORD.finditer(text):
        word = match[0]
        if len(word) < 4 or not word.isupper() or word in own:
            continue
        if loud and not text[loud[-1][1] : match.start()].strip(" ,-–—"):
            loud[-1] = (loud[-1][0], match.end())
        else:
            loud.append(match.span())
    for start, end in loud:
        if re.search(r"\s", text[start:end]):
            yield warn("caps", "reads as shouting: {}", start, end, text[start:end])


def _language(text: str, context: ReplyContext) -> Iterator[Finding]:
    mine, theirs = guess(text), context.language
    if mine is None or theirs is None or same_language(mine, theirs):
        return
    yield Finding(
        FindingKind.WARN,
        "language",
        f"the reply seems to be in {LANGUAGES[mine]}, the review in {LANGUAGES[theirs]}",
        found=f"{mine}/{theirs}",
    )


def _repeat(text: str, context: ReplyContext) -> Iterator[Finding]:
    same = normalise_reply(text)
    times = 1 + sum(normalise_reply(other) == same for other in context.sent_lately)
    if same and times >= REPEATS:
        yield Finding(
            FindingKind.WARN,
            "repeat",
            f"the same text goes out {times} times within 7 days",
            found=str(times),
        )


def _placeholders(text: str, _context: ReplyContext) -> Iterator[Finding]:
    for match in _PLACEHOLDER.finditer(text):
        yield warn("placeholder", "a placeholder was left: {}", *match.span(), match[0])


_RULES: tuple[Callable[[str, ReplyContext], Iterator[Finding]], ...] = (
    _contact,
    _reference,
    _name,
    _note,
    _phrases,
    _other_apps,
    _shouting,
    _language,
    _repeat,
    _placeholders,
)
