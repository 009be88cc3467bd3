"""The words that the reply rules look for, in the languages in which reviews are mostly answered.

Each pattern is meant to be right nearly always: what it misses a person still sees in the check step, while a
warning that cries wolf is accepted unread. In word lists `_` is white space.
"""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """One of the words, as a group; each may be a pattern itself."""
    return f"(?:{'|'.join(word.replace('_', chr(92) + 's+') for word in words.split())})"


GREETINGS = _any(
    "hi hello hey dear good_(?:morning|afternoon|evening) hallo guten_(?:tag|morgen|abend) liebe[rs]? "
    "moin servus sehr_geehrte[rs]? bonjour bonsoir salut cher chère hola estimad[oa] querid[oa] "
    "buenos_días buenas_tardes ciao gentile buongiorno car[oa] olá oi prezad[oa] hej hei beste cześć "
    "dzień_dobry merhaba selam привет здравствуйте добрый_день уважаем(?:ый|ая)"
)
"""How a reply begins before a name; a pattern."""

GENERIC_NAMES = frozenset(
    (
        "there all again everyone everybody folks team friend friends reviewer customer user reader fan "
        "you both and morning day thanks sir madam developer valued zusammen kunde kundin kunden nutzer "
        "nutzerin nutzende fans freund freunde liebe lieber client cliente clienta utilisateur "
        "utilisatrice ami usuario usuaria amigo amiga utente usuário usuária klant gebruiker kund "
        "användare klient użytkowniku kullanıcı müşterimiz пользователь друг клиент"
    ).split()
)
"""Who may be greeted without being a person's name, in folded form."""

GENERIC_HONORIFICS = (
    "客",
    "皆",
    "みな",
    "ユーザ",
    "利用者",
    "各位",
    "担当",
    "고객",
    "사용자",
    "여러분",
    "회원",
    "이용자",
)
"""Parts of what stands before さん, 様 or 님 without being a person's name."""

REFERENCE_WORDS = _any(
    "order receipt invoice account transaction customer case ticket booking bestell rechnung konto "
    "auftrag kunden commande facture compte reçu dossier pedido factura cuenta recibo ordine fattura "
    "ricevuta conta zamówieni 注文 領収書 アカウント 订单 訂單 账号 주문 заказ счет счёт"
)
"""Words after which a number belongs to one customer; a pattern."""

_RATING_EN = _any("rating review stars?")
_RATING_DE = _any("bewertung rezension sterne")

_ASKS = (
    rf"\b{_any('change update revise edit reconsider upgrade adjust amend changing updating revising')}"
    rf"\s+(?:your|the|this|that)\s+(?:\w+\s+)?{_RATING_EN}\b",
    rf"\b{_any('raise improve increase')}\s+your\s+(?:\w+\s+)?{_RATING_EN}\b",
    # "Thank you for taking the time to leave a five star review" asks for nothing.
    r"(?<!time to )\b(?:give|leave|rate|appreciate|earn)\b[^.!?\n]{0,30}\b(?:5|five|4|four)[ -]?stars?\b",
    r"\b(?:better|higher)\s+(?:rating|review)\b",
    rf"\b(?:ihre|deine|eure|die)\s+{_RATING_DE}\s+(?:\w+\s+){{0,3}}"
    + _any("ändern anpassen überdenken erhöhen aktualisieren anzupassen zu_verbessern zu_korrigieren"),
    rf"\b(?:bessere|höhere)n?\s+{_RATING_DE}\b|\b(?:um|über)\s+(?:5|fünf)\s+sterne\b",
    rf"\b{_any('modifier changer revoir améliorer réviser augmenter mettre_à_jour')}"
    r"\s+(?:votre|ta|cette)\s+(?:note|évaluation|avis)\b|\bmeilleure?\s+(?:note|avis)\b",
    rf"\b{_any('cambiar actualizar mejorar modificar reconsiderar subir')}"
    r"\s+(?:su|tu|esta)\s+(?:reseña|calificación|valoración|puntuación)\b",
    rf"\b{_any('mudar alterar atualizar melhorar rever reconsiderar')}"
    r"\s+(?:a\s+)?(?:sua|tua)\s+(?:avaliação|nota|resenha)\b",
    rf"\b{_any('cambiare modificare aggiornare migliorare rivedere')}"
    r"\s+(?:la\s+)?(?:sua|tua)\s+(?:recensione|valutazione)\b",
    rf"\b{_any('изменить обновить исправить повысить пересмотреть')}"
    r"\s+(?:вашу?\s+|ваш\s+|свою\s+|свой\s+)?(?:оценку|отзыв)\b",
    r"(?:評価|レビュー|星)を[^。、！？\n]{0,5}(?:変更|見直|上げ|修正)",
    r"(?:修改|更改|更新|提高|调整)(?:一下|您的|你的|对我们的){0,2}(?:评分|评价|评论|星级)",
    r"(?:평점|별점|리뷰)[을를]\s?[^.,!?\n]{0,6}(?:수정|변경|올려)",
)
_INCENTIVES = (
    rf"\b{_any('promo promotional gift discount coupon voucher redemption offer')}[ -]?(?:code|card)s?\b",
    r"\bcoupons?\b",
    r"\b(?:free|complimentary|extra)\s+(?:months?|years?|weeks?|premium|coins|gems|credits)\b",
    rf"\b(?:we|i)(?:['’]ll|\s+will|\s+can|\s+would\s+like\s+to)\s+(?:gladly\s+|happily\s+)?"
    rf"{_any('refund compensate reimburse')}\b",
    rf"\b{_any('give send pay offer grant credit')}\s+you\b[^.!?\n]{{0,30}}"
    r"(?:[$€£¥₩₹]\s?\d|\d\s?(?:€|usd|eur|dollars|euros))",
    r"\b(?:gutschein|rabatt|promo|geschenk)[ -]?(?:codes?|karten?)\b|\bgutscheine?\b",
    r"\bgratis[ -]?monat\w*|\bkostenlose[nrs]?\s+(?:monat|jahr|abo)\w*",
    r"\b(?:wir|ich)\s+(?:erstatten|entschädigen|schenken)\b|\berstatten\s+wir\b",
    r"\bcodes?\s+promo\b|\bbon\s+de\s+réduction\b|\bcode\s+cadeau\b|\bmois\s+(?:offert|gratuit)s?\b",
    r"\bnous\s+(?:vous\s+)?(?:rembourserons|remboursons|offrons)\b",
    r"\bcódigo\s+(?:promocional|de\s+descuento)\b|\bcupón\b|\bcupom\b|\bmes(?:es)?\s+gratis\b",
    r"\ble\s+(?:reembolsaremos|regalamos)\b|\breembolsaremos\b",
    r"\bcodice\s+(?:promozionale|sconto)\b|\bbuono\s+sconto\b|\bla\s+rimborseremo\b",
    r"промокод|купон|вернём вам деньги|вернем вам деньги",
    r"クーポン|プロモ(?:ーション)?コード|ギフトコード|割引コード|返金いたします|返金します",
    r"优惠码|兑换码|优惠券|礼品码|折扣码|退款给您|쿠폰|할인 ?코드|환불해 ?드리",
)
_BLAME = (
    r"\byour\s+(?:own\s+)?(?:fault|mistake)\b|\buser\s+error\b|\byou\s+(?:clearly|obviously)\s+\w+",
    r"\byou\s+failed\s+to\b|\byou\s+did(?:n['’]t|\s+not)\s+(?:read|bother)\b|\bcalm\s+down\b",
    r"\byou(?:['’]re|\s+are)\s+(?:wrong|lying|mistaken)\b|\b(?:stupid|ridiculous|nonsense|liar)\b",
    r"\bas\s+(?:we|i)\s+(?:have\s+)?already\s+(?:said|told|explained|wrote)\b",
    r"\b(?:ihre?|deine?)\s+(?:eigene[rn]?\s+)?(?:schuld|fehler)\b|\bselbst\s+schuld\b",
    r"\bbedien(?:ungs)?fehler\b",
    r"\boffensichtlich\s+(?:haben\s+sie|hast\s+du)\b|\bunsinn\b",
    r"\bwie\s+(?:wir\s+)?bereits\s+(?:gesagt|erklärt)\b",
    r"\b(?:votre|ta)\s+(?:propre\s+)?faute\b|\berreur\s+de\s+votre\s+part\b",
    r"\b(?:su|tu)\s+(?:propia\s+)?culpa\b|\berror\s+(?:suyo|tuyo|de\s+usuario)\b",
    r"\bcolpa\s+(?:sua|tua)\b|\b(?:sua|tua)\s+culpa\b|\berro\s+(?:seu|do\s+usuário)\b",
)
_OTHER_STORES = (r"\b(?:google\s+play|play\s+store|galaxy\s+store|appgallery|amazon\s+appstore)\b",)


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


PHRASES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("asks-rating", 'asks for a better rating: "{}"', _compiled(_ASKS)),
    ("incentive", 'offers a code or money: "{}"', _compiled(_INCENTIVES)),
    ("blame", 'reads as blame: "{}"', _compiled(_BLAME)),
    ("other-app", "names another store: {}", _compiled(_OTHER_STORES)),
)
"""Rule, sentence and pattern of the rules that only look for phrases."""
