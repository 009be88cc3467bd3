"""The checks of a reply: what blocks, what warns, what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.core.outbox.states import freeze
from ascinbox.core.replies.checks import (
    AMBER,
    LIMIT,
    NUDGE,
    Finding,
    FindingKind,
    LengthLevel,
    ReplyContext,
    check,
    level,
    measure,
    publishable,
)
from tests.examples import examples

GERMAN = "Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen."
ENGLISH = "Since the update I can not open the app any more, it crashes."


def found(text: str, **context: object) -> list[tuple[str, str]]:
    return [(f.rule, f.found) for f in check(text, ReplyContext(**context))]  # type: ignore[arg-type]


def one(text: str, **context: object) -> Finding:
    (finding,) = check(text, ReplyContext(**context))  # type: ignore[arg-type]
    return finding


class TestLength:
    def test_the_larger_of_two_counts(self) -> None:
        assert measure("abc") == 3
        assert measure("é") == 1
        assert measure("👍👍") == 4
        assert measure("") == 0

    @given(st.text())
    def test_never_below_either(self, text: str) -> None:
        assert measure(text) == max(len(text), len(text.encode("utf-16-le", "surrogatepass")) // 2)

    def test_levels(self) -> None:
        assert [level(n) for n in (0, AMBER - 1, AMBER, LIMIT, LIMIT + 1)] == [
            LengthLevel.FINE,
            LengthLevel.FINE,
            LengthLevel.AMBER,
            LengthLevel.AMBER,
            LengthLevel.OVER,
        ]

    def test_over_the_limit_blocks(self) -> None:
        finding = one("x" * (LIMIT + 42))
        assert (finding.kind, finding.rule) == (FindingKind.BLOCK, "too-long")
        assert finding.sentence == "6,012 of 5,970 characters: 42 too many"
        assert found("x" * LIMIT) == [("long", "")]
        assert found("👍" * (LIMIT // 2)) == [("long", "")]
        assert found("👍" * (LIMIT // 2 + 1)) == [("too-long", "")]

    def test_a_long_text_is_only_nudged(self) -> None:
        assert one("x" * (NUDGE + 1)).kind is FindingKind.NUDGE
        assert found("x" * NUDGE) == []


INVISIBLE = (
    0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E, 0x180F, 0x200C, 0x200D,
    0x3164, 0xFFA0, 0x2800, 0x1D159, *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0080, 0xE0100), *range(0xE0100, 0xE01F0),
    *range(0xE01F0, 0xE1000, 97),
)  # fmt: skip


class TestInvisible:
    @pytest.mark.parametrize("before", ["Thank you", "谢谢你", "Спасибо", "ご連絡", "Thanks 👍!", "1"])
    def test_what_nobody_sees_is_refused_by_its_code_point(self, before: str) -> None:
        for number in INVISIBLE:
            text = freeze(f"{before}{chr(number)} very much")
            finding = next(f for f in check(text, ReplyContext()) if f.kind is FindingKind.BLOCK)
            assert finding.rule == "invisible"
            assert f"U+{number:04X}" in finding.sentence
            assert (finding.start, finding.end) == (len(before), len(before) + 1)

    def test_a_sentence_that_is_spelled_in_selectors_is_refused(self) -> None:
        hidden = "".join(chr(0xE0100 + byte - 16) for byte in b"call me")
        assert {f.rule for f in check(f"Thank you 😀{hidden}", ReplyContext())} >= {"invisible"}
        assert {f.rule for f in check(f"葛{hidden}さん、ありがとう", ReplyContext())} >= {"invisible"}

    def test_every_default_ignorable_character_is_removed_or_refused(self) -> None:
        from ascinbox.core.replies.invisible import unseen

        for number in (
            *INVISIBLE,
            0x61C,
            0x200B,
            0x200E,
            0x200F,
            *range(0x202A, 0x202F),
            *range(0x2060, 0x2070),
            0xFEFF,
        ):
            text = freeze(f"Thank {chr(number)}you")
            assert text == "Thank you" or list(unseen(text))

    @pytest.mark.parametrize(
        "text",
        [
            "می\u200cخواهم از شما تشکر کنم",
            "क्\u200dष धन्यवाद, न्\u200c",
            "ന\u200dന്ദി",
            "שלום\u200f! 5.2 \u200eiOS",
            "شكرا\u061c 5.2",
            "Family 👨\u200d👩\u200d👧, ❤\ufe0f, 👩🏽\u200d💻, 🏳\ufe0f\u200d🌈, 1\ufe0f\u20e3",
            "☎\ufe0e, ‼\ufe0f, ℹ\ufe0f",
            "🧔🏻\u200d♂\ufe0f ©\ufe0f",
            "ᠮᠣᠩᠭᠣᠯ\u180b ᠠ\u180eᠠ",
            "⠓⠊\u2800⠽",
            "Café, naïve, Zoë, Ǆ, ﬁ, 한국어, ไทย, বাংলা, မြန်မာ",
        ],
    )
    def test_what_a_script_needs_stays(self, text: str) -> None:
        assert freeze(text) == text
        assert "invisible" not in {f.rule for f in check(text, ReplyContext())}


class TestBlocks:
    @pytest.mark.parametrize("text", ["", "  \n\t "])
    def test_empty(self, text: str) -> None:
        assert one(text).sentence == "the reply is empty"

    @pytest.mark.parametrize(
        ("text", "variable"),
        [
            ("Hi {nickname}, thanks", "{nickname}"),
            ("Hi {nickname|there}, thanks", "{nickname|there}"),
            ("Hi {first name}", "{first name}"),
            ("Hi {nickname", "{nickname"),
            ("See {support", "{support"),
            ("{ version }", "{ version }"),
        ],
    )
    def test_unfilled(self, text: str, variable: str) -> None:
        finding = one(text)
        assert (finding.kind, finding.rule) == (FindingKind.BLOCK, "unfilled")
        assert finding.sentence == f"{variable} is not filled in"
        assert (finding.start, finding.end) == (text.index("{"), text.index("{") + len(variable))

    @pytest.mark.parametrize("text", ["a {} b", "json {1,2}", "smile :-}", "{", "set {x, y}"])
    def test_other_braces_are_text(self, text: str) -> None:
        assert found(text) == []

    def test_capability_and_read_only(self) -> None:
        assert one("Hi", cannot_reply="x no role: this key may not reply").kind is FindingKind.BLOCK
        assert one("Hi", read_only=True).rule == "read-only"


WARNINGS = [
    # contact
    ("Write to bob@gmail.com.", "contact", "bob@gmail.com"),
    ("see https://tide.example/help?x=1.", "contact", "https://tide.example/help?x=1"),
    ("Visit www.tide.example!", "contact", "www.tide.example"),
    ("Find answers on tide-clock.com/faq, please.", "contact", "tide-clock.com/faq"),
    ("Hilfe gibt es auf hilfe.tide.de.", "contact", "hilfe.tide.de"),
    ("Call +49 30 1234567 now", "contact", "+49 30 1234567"),
    ("Call (555) 123-4567.", "contact", "(555) 123-4567"),
    ("Rufen Sie 030 / 1234567 an", "contact", "030 / 1234567"),
    ("お問い合わせはhelp@tide.exampleまで", "contact", "help@tide.example"),
    # reference
    ("Your order #A-48213 is on its way", "reference", "#A-48213"),
    ("Bestellnummer: 4711-0815", "reference", "4711-0815"),
    ("receipt no. 883412 was found", "reference", "883412"),
    ("account number is 99231177", "reference", "99231177"),
    ("it is MK4TZ81Q2X at Apple", "reference", "MK4TZ81Q2X"),
    ("that is ticket #4411", "reference", "#4411"),
    ("DE44 5001 0517 5407 3249 31", "reference", "DE44 5001 0517 5407 3249 31"),
    ("注文番号：12345678", "reference", "12345678"),
    # name
    ("Hi Sarah, thanks for telling us.", "name", "Sarah"),
    ("Dear Mr Smith, thank you", "name", "Mr Smith"),
    ("Hallo Frau Müller,\ndanke", "name", "Frau Müller"),
    ("Sehr geehrter Herr Kaya, danke", "name", "Herr Kaya"),
    ("田中様、ご連絡ありがとうございます。", "name", "田中"),
    # slips
    ("Hi [name], thanks", "placeholder", "[name]"),
    ("Fixed in TODO.", "placeholder", "TODO"),
    ("Dear <first name>, hi", "placeholder", "<first name>"),
    ("Hello ____, thanks", "placeholder", "____"),
    ("Thank you!!!", "exclamation", "!!!"),
    ("ありがとう！！！", "exclamation", "！！！"),
    ("PLEASE UPDATE the app", "caps", "PLEASE UPDATE"),
    ("Bitte JETZT SOFORT laden", "caps", "JETZT SOFORT"),
    # asking for stars
    ("Could you please update your review?", "asks-rating", "update your review"),
    ("Please consider changing your star rating", "asks-rating", "changing your star rating"),
    ("we would appreciate 5 stars", "asks-rating", "appreciate 5 stars"),
    ("we hope for a better rating", "asks-rating", "better rating"),
    ("Bitte Ihre Bewertung noch einmal anpassen", "asks-rating", "Ihre Bewertung noch einmal anpassen"),
    ("merci de modifier votre note", "asks-rating", "modifier votre note"),
    ("評価を見直していただけますか", "asks-rating", "評価を見直"),
    # codes and money
    ("here is a promo code for you", "incentive", "promo code"),
    ("Enjoy a free month on us", "incentive", "free month"),
    ("We will refund you", "incentive", "We will refund"),
    ("we can give you a credit of $5", "incentive", "give you a credit of $5"),
    ("Sie bekommen einen Gutschein", "incentive", "Gutschein"),
    ("voici un code promo", "incentive", "code promo"),
    ("クーポンをお送りします", "incentive", "クーポン"),
    # blame and other stores
    ("That is your fault", "blame", "your fault"),
    ("You obviously missed it", "blame", "You obviously missed"),
    ("Das ist ein Bedienfehler", "blame", "Bedienfehler"),
    ("get it on Google Play", "other-app", "Google Play"),
]


class TestWarnings:
    @pytest.mark.parametrize(("text", "rule", "words"), WARNINGS)
    def test_each_names_the_thing_it_found(self, text: str, rule: str, words: str) -> None:
        finding = one(text, nickname="maxi_b")
        assert (finding.kind, finding.rule, finding.found) == (FindingKind.WARN, rule, words)
        assert words in finding.sentence
        assert "\n" not in finding.sentence
        assert finding.start is not None
        assert text[finding.start : finding.end] == words

    @pytest.mark.parametrize(
        "text",
        [
            "Hi maxi_b, thank you for telling us. The crash is fixed in 5.2.1, out since 21.11.2026.",
            "Hi Maxi, thanks!",
            "Hi there, thanks!",
            "Hello Tide Clock fans, thanks!",
            "Hello! Great that you like it.",
            "Hallo zusammen, danke!",
            "Liebe Nutzerin, danke!",
            "Cher utilisateur, merci.",
            "Dear Customer, thanks.",
            "Hi again, the fix is out.",
            "お客様、ご連絡ありがとうございます。",
            "ユーザー様、ありがとうございます。",
            "皆さん、ありがとうございます。",
            "고객님, 감사합니다.",
            "Thank you for your positive review! We are glad about the 5 stars.",
            "Thank you for taking the time to leave a five star review.",
            "Danke für Ihre Bewertung, wir verbessern die App gerade.",
            "レビューをいただき、修正いたしました。",
            "Please update the app; thanks for the review.",
            "Restore the purchase under Settings > Account. The free version has no ads.",
            "Refunds are made by Apple: https://reportaproblem.apple.com and support.apple.com/HT204084.",
            "It works with iOS 17.6.1 and needs 120.5 MB; 192.168.0.1 is the router.",
            "Between 2026-11-01 and 2026-11-21 (10 - 15 %) some saw it, in case 2026 matters.",
            "Version 5.2 (build 1204), released 03.11.2026 - 04.11.2026.",
            "The PDF and GPS export, the FAQ and iCloud work.",
            "TIDE CLOCK is on it.",
            "What happened? We do not know yet!!",
            "You should have received the update by now.",
            "e.g. in settings.The switch is new.",
            "用户您好，感谢您的评价，我们已更新。",
            "I use {} and [1] in this text.",
        ],
    )
    def test_ordinary_replies_are_left_alone(self, text: str) -> None:
        app = "TIDE CLOCK" if "TIDE" in text else "Tide Clock"
        assert found(text, nickname="maxi_b", app=app) == []

    def test_the_simulators_replies_are_left_alone(self) -> None:
        from ascinbox.simulator.phrases import bank

        for language in (
            "ar",
            "de",
            "en",
            "es",
            "fr",
            "it",
            "ja",
            "ko",
            "nl",
            "pl",
            "pt",
            "ru",
            "sv",
            "tr",
            "zh",
        ):
            phrases = bank(language)
            for number, reply in enumerate(phrases.reply_bad + phrases.reply_good):
                name = phrases.names[number % len(phrases.names)]
                topic = phrases.bad[number % len(phrases.bad)]
                text = (
                    reply.replace("{name}", name).replace("{app}", "Tide Clock").replace("{version}", "5.2")
                )
                context = ReplyContext(
                    title=topic.titles[0],
                    body=" ".join(topic.lines),
                    language=language,
                    nickname=name,
                    app="Tide Clock",
                    other_apps=("HabitGarden", "Moon Diary", "Notes"),
                )
                assert check(text, context) == (), text

    def test_two_addresses_are_two_findings(self) -> None:
        assert found("a@x.example or b@x.example or a@x.example") == [
            ("contact", "a@x.example"),
            ("contact", "b@x.example"),
        ]


class TestAllowed:
    @pytest.mark.parametrize(
        ("text", "allow"),
        [
            ("mail help@tide.example", "help@tide.example"),
            ("mail HELP@Tide.example", "help@tide.example"),
            ("mail anyone@tide.example", "tide.example"),
            ("see https://www.tide.example/faq", "tide.example"),
            ("see https://help.tide.example", "https://tide.example/"),
            ("see https://social.example/tide/1", "https://social.example/tide"),
            ("call +49 30 123-4567", "+49301234567"),
            ("ticket #4411", "#4411"),
        ],
    )
    def test_own_addresses(self, text: str, allow: str) -> None:
        assert found(text) != []
        assert found(text, allow=(allow,)) == []

    def test_support_and_signature_are_own(self) -> None:
        text = "Write to help@tide.example. — Team Tide, tide-clock.com"
        assert found(text, support="help@tide.example", signature="Team Tide, tide-clock.com") == []

    @pytest.mark.parametrize(
        ("text", "allow"),
        [
            ("see https://eviltide.example", "tide.example"),
            ("see https://social.example/other", "https://social.example/tide"),
            ("mail bob@gmail.com", "help@gmail.com"),
            ("call +49 30 7654321", "+49301234567"),
        ],
    )
    def test_others_are_not(self, text: str, allow: str) -> None:
        assert [rule for rule, _ in found(text, allow=(allow,))] == ["contact"]


class TestContextRules:
    NOTE = "ticket #4411, fixed in 5.2.1, out 20 Nov; customer is a known journalist"

    def test_five_words_of_the_note(self) -> None:
        assert found("We see: Customer is a known journalist!", note=self.NOTE) == [
            ("note", "Customer is a known journalist!")
        ]
        assert found("You are a known journalist, customer is king", note=self.NOTE) == []

    def test_a_note_without_spaces(self) -> None:
        note = "原因はデータベースの移行処理の不具合"
        assert [
            r for r, _ in found("申し訳ございません。データベースの移行処理の不具合でした。", note=note)
        ] == ["note"]
        assert found("データベースの修正をいたしました。", note=note) == []

    def test_other_apps_of_the_house(self) -> None:
        others = ("HabitGarden", "Moon Diary", "Tide Clock", "Notes", "潮時計")
        own = "Tide Clock Pro"
        assert found("Try moon diary instead", other_apps=others, app=own) == [("other-app", "moon diary")]
        assert found("Use Notes for that", other_apps=others, app=own) == [("other-app", "Notes")]
        assert found("潮時計もどうぞ", other_apps=others, app=own) == [("other-app", "潮時計")]
        assert found("Tide Clock Pro keeps your notes", other_apps=others, app=own) == []

    def test_language(self) -> None:
        finding = one("Thank you for the report, this is fixed in the update.", body=GERMAN, language="de")
        assert finding.rule == "language"
        assert finding.sentence == "the reply seems to be in English, the review in German"
        assert found("Danke für die Meldung, das ist im Update behoben.", body=GERMAN, language="de") == []
        assert found("Danke!", body=ENGLISH, language="en") == []
        assert found("Thank you for the report, this is fixed in the update.", body=GERMAN) == []

    def test_the_same_text_again(self) -> None:
        assert found("Thanks.", sent_lately=("Thanks.",)) == []
        finding = one("Thanks.", sent_lately=("Thanks. ", "Thanks.\r\n", "Other"))
        assert finding.sentence == "the same text goes out 3 times within 7 days"

    def test_a_nickname_may_be_greeted_in_parts(self) -> None:
        assert found("Hi Anna Maria, thanks", nickname="anna.maria88") == []
        assert found("Hi Anna Lena, thanks", nickname="anna.maria88") == [("name", "Anna Lena")]
        assert found("fumi.k様、ありがとうございます。", nickname="fumi.k") == []


class TestPublishing:
    def test_warnings_are_accepted_by_their_key(self) -> None:
        findings = check("mail bob@gmail.com!!!", ReplyContext())
        assert not publishable(findings)
        keys = {finding.key for finding in findings}
        assert keys == {"contact:bob@gmail.com", "exclamation:!!!"}
        assert publishable(findings, keys)
        other = check("mail eve@gmail.com!!!", ReplyContext())
        assert not publishable(other, keys)

    def test_blocks_are_never_accepted(self) -> None:
        findings = check("", ReplyContext())
        assert not publishable(findings, {finding.key for finding in findings})

    def test_nudges_stop_nothing(self) -> None:
        assert publishable(check("x" * 800, ReplyContext()))

    def test_the_heaviest_first_then_in_order(self) -> None:
        findings = check("!!! bob@gmail.com {app} " + "x" * 800, ReplyContext())
        assert [f.rule for f in findings] == ["unfilled", "exclamation", "contact", "long"]


PIECES = (
    "Hi_|Dear_|Max|,|.|_|bob@|x.com|www.|+49_|0301234567|order_|#|{|app|}|!!!|TODO|[name]|様|評価を|変更|5_stars|give_|"
    "AAAA_|<a>|👍|\n|\x00|\ud800".replace("_", " ").split("|")
)
TEXTS = st.one_of(
    st.binary(max_size=20).map(lambda numbers: "".join(PIECES[n % len(PIECES)] for n in numbers)),
    st.text(alphabet=st.characters(), max_size=40),
)


@settings(max_examples=examples(2000), deadline=None)
@given(TEXTS, st.text(max_size=12))
def test_any_text_can_be_checked(text: str, note: str) -> None:
    context = ReplyContext(
        note=note,
        nickname=note,
        app="Tide (Clock",
        other_apps=("Moon [Diary", note),
        allow=(note,),
        support=note,
    )
    for finding in check(text, context):
        assert finding.sentence
        if finding.start is not None:
            assert finding.end is not None
            assert 0 <= finding.start < finding.end <= len(text)
        assert len(finding.found) <= 60


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\x07", "\x7f", "\x9b", "\ufffd"])
def test_a_control_character_blocks_and_is_named(character: str) -> None:
    [finding] = [f for f in check(f"Thank{character} you.", ReplyContext()) if f.kind is FindingKind.BLOCK]
    assert f"U+{ord(character):04X}" in finding.sentence
    assert check("Thank you.\n\tBye.", ReplyContext()) == ()
