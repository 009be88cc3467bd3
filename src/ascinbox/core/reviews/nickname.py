"""Whether a reviewer can be addressed by the nickname that they gave themselves."""

from __future__ import annotations

import re

from ascinbox.core.text import clean_line, fold

LONGEST = 30
"""Characters of a nickname that still reads as one."""

# Whole words, and roots that no ordinary name contains, both in folded form. A false alarm costs a
# "Hi there", no more.
_RUDE_WORDS = frozenset(
    (
        "anus arse arsch ass asshat bastard bollocks boob boobs cabron cazzo chinga cock cojones con "
        "connard connasse coon cretin crap culo dick dildo dumb dyke encule fag fdp fick foda fotze hitler "
        "homo hoe hure idiot idiota idioot idiote jerk joder jodete kak kanker kike klootzak kut loser "
        "merda merde mierda mist moron nazi neger niger nutte orospu paki penis pendejo piss porn porra "
        "prick puta putain pute puto rape retard salope scheiss scheisse schlampe sex shit siktir slut "
        "spast spic stronzo stupid suka tits tonto trou twat viado wank whore xxx yarrak блять говно дебил "
        "дурак идиот пидор пизда сука хуи"
    ).split()
)
_RUDE_ROOTS = (
    "fuck", "fickdich", "cunt", "nigger", "nigga", "faggot", "asshole", "arschloch", "hurensohn", "wichser",
    "motherf", "bitch", "shithead", "bullshit", "vaffanculo", "hijodeputa", "caralho", "kurwa", "sukablyat",
    "バカ", "死ね", "くそ", "クソ", "傻逼", "操你", "他妈", "씨발", "병신", "개새끼",
)  # fmt: skip
_NOBODY = frozenset(
    (
        "agoogleuser eingooglenutzer unutilisateurdegoogle unusuariodegoogle umusuariodogoogle "
        "umutilizadordogoogle utentegoogle unutentedigoogle eengooglegebruiker uzytkownikgoogle "
        "пользовательgoogle googleユーザー google用户 google使用者 google사용자"
    ).split()
)
"""What Google Play writes in place of the name of somebody who gave none, folded and without spaces."""
_DISGUISES = str.maketrans("013457$@!", "oieastsai")
_CONTACT = re.compile(r"@|://|www\.|\.(?:com|net|org|io|app)\b", re.IGNORECASE)


def greetable(nickname: str) -> str | None:
    """The nickname as it can stand in a public reply, or None when a reply had better not repeat it.

    None for an empty or overlong one, one without a letter, one with an address or braces in it, and for
    swear words, also with digits in place of letters.
    """
    name = clean_line(nickname)
    if not 0 < len(name) <= LONGEST or not any(character.isalpha() for character in name):
        return None
    if _CONTACT.search(name) or re.search(r"[{}<>\[\]\ufffd]", name):
        return None
    return None if is_rude(name) else name


def names_one_person(nickname: str) -> bool:
    """Whether reviews of one store with this nickname may be by the same person: false for an empty one and
    for what stands in the place of a name."""
    folded = fold(nickname).replace(" ", "")
    return bool(folded) and folded not in _NOBODY


def is_rude(name: str) -> bool:
    """True when the name has a swear word, plain or with digits for letters."""
    for spelling in {name, name.translate(_DISGUISES)}:
        folded = fold(spelling)
        joined = folded.replace(" ", "")
        words = {re.sub(r"\d+", "", word) for word in folded.split()} | {joined}
        if words & _RUDE_WORDS or any(root in joined for root in _RUDE_ROOTS):
            return True
    return False
