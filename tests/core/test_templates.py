"""Template files, filling them in, and which one fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import ConfigError
from ascinbox.core.records import Review
from ascinbox.core.replies.checks import check
from ascinbox.core.replies.findings import ReplyContext
from ascinbox.core.replies.template_files import load_templates, parse_template
from ascinbox.core.replies.templates import (
    VARIABLES,
    Template,
    TemplateContext,
    TemplateText,
    Variable,
    context_for,
    fit,
    render,
)
from ascinbox.core.reviews.nickname import greetable
from ascinbox.core.stores import PLAY_STORE
from tests.hostile.fuzzing import fuzz

FILE = """---
# for the crash of 5.2
name: crash-fixed
lang: en
rating: <=2, 5   # and happy ones
app: "Tide Clock", 1476097590
---

Hi {nickname|there}, the crash in {app} is fixed in {version|the latest version}.
Still trouble? {support}

[de]
Hallo {nickname|}, der Absturz ist behoben. {{wirklich}}

[pt-BR]
Olá {nickname | amigo}!
"""

REVIEW = Review(
    id="r1",
    app_id="1476097583",
    rating=1,
    title="Stürzt beim Start ab",
    body="Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen.",
    nickname="maxi_b",
    created_at=None,
    territory="DEU",
)


def template(name: str, *, languages: tuple[str | None, ...] = (None,), **rest: object) -> Template:
    texts = tuple(TemplateText(language, ("text",)) for language in languages)
    return replace(Template(name, texts), **rest)  # type: ignore[arg-type]


PIECES = (
    *"--- name: lang:de rating: <=2 app:a,b [de] [fr] { } {{ {nickname | a} {app} # b".split(),
    *("\n", "\n", "\n---\n", " ", '"', "\x1b", "\ud800", "é"),
)
FILES = st.one_of(
    st.binary(max_size=24).map(lambda numbers: "".join(PIECES[n % len(PIECES)] for n in numbers)),
    st.text(alphabet=st.characters(), max_size=40),
)


class TestFiles:
    def test_a_whole_file(self) -> None:
        parsed = parse_template(FILE, "crash.md")
        assert parsed.name == "crash-fixed"
        assert parsed.ratings == (1, 2, 5)
        assert parsed.apps == ("Tide Clock", "1476097590")
        assert [text.language for text in parsed.texts] == ["en", "de", "pt"]
        assert parsed.texts[0].pieces == (
            "Hi ",
            Variable("nickname", "there"),
            ", the crash in ",
            Variable("app"),
            " is fixed in ",
            Variable("version", "the latest version"),
            ".\nStill trouble? ",
            Variable("support"),
        )
        assert parsed.texts[1].pieces[-1] == ", der Absturz ist behoben. {wirklich}"
        assert parsed.texts[2].pieces == ("Olá ", Variable("nickname", "amigo"), "!")
        assert parsed.warnings == ()

    def test_the_smallest_file(self) -> None:
        parsed = parse_template("Thank you!\r\n", "folder/thanks.md")
        assert parsed == Template("thanks", (TemplateText(None, ("Thank you!",)),), source="folder/thanks.md")

    def test_only_sections(self) -> None:
        assert [t.language for t in parse_template("[de]\nHallo\n[fr]\nSalut", "x.md").texts] == ["de", "fr"]

    def test_head_in_toml_manner(self) -> None:
        parsed = parse_template('---\nname = "a # b"\nrating = [1, 2]\napp = ["Tide, Clock"]\n---\nx', "x.md")
        assert (parsed.name, parsed.ratings, parsed.apps) == ("a # b", (1, 2), ("Tide, Clock",))

    def test_blank_lines_inside_stay(self) -> None:
        assert parse_template("\n\na\n\nb\n\n", "x.md").texts[0].pieces == ("a\n\nb",)

    def test_an_unknown_key_is_a_warning(self) -> None:
        parsed = parse_template("---\nnmae: x\n---\ntext", "t.md")
        assert parsed.warnings == ("t.md:2:1: unknown key nmae: did you mean name?",)

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("Hi {nicknme}", "t.md:1:4: no such variable {nicknme}: did you mean {nickname}?"),
            ("a\nHi {}", "t.md:2:4: no such variable {}"),
            ("Hi {nickname", "t.md:1:4: a single {: write {{ for a brace"),
            ("Hi }", "t.md:1:4: a single }: write }} for a brace"),
            ("---\nname: x\nHi", "t.md:3:1: the head has lines such as name: crash-fixed"),
            ("---\nname: x\n", "t.md:1:1: the head is not closed: a second line of --- is missing"),
            ("---\nname: x\nname: y\n---\nHi", "t.md:3:1: name is there twice"),
            ("---\nrating: 7\n---\nHi", "t.md:2:9: rating: takes 1 to 5, <=2 or 2..4, not 7"),
            ("---\nlang: german\n---\nHi", "t.md:2:7: a language is two letters such as de, not german"),
            ("Hi\n[de]\n\n[fr]\nSalut", "t.md:2:1: there is no text after [de]"),
            ("[de]\nHi\n[de]\nHo", "t.md:3:1: there is a text in de already"),
            ("---\nlang: de\n---\nHi\n[de]\nHo", "t.md:5:1: there is a text in de already"),
            ("---\nname: x\n---\n\n", "t.md:5:1: there is no text"),
            ("", "t.md:1:1: there is no text"),
            ("x" * 100_001, "t.md:1:1: a template has at most 100,000 characters"),
        ],
    )
    def test_errors_name_file_line_and_column(self, text: str, title: str) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_template(text, "t.md")
        assert caught.value.title == title

    @fuzz("templates")
    @given(FILES)
    def test_any_file_is_read_or_refused_by_name(self, text: str) -> None:
        try:
            parsed = parse_template(text, "t.md")
        except ConfigError as error:
            assert error.title.startswith("t.md:")
            return
        context = TemplateContext(nickname="max", app="A")
        for language in (None, "de"):
            rendered = render(parsed, context, language=language)
            rendered.text.encode("utf-8")
            assert set(rendered.unfilled) <= set(VARIABLES)
            assert all(f"{{{name}}}" in rendered.text for name in rendered.unfilled)

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text(FILE, "utf-8")
        (tmp_path / "b.md").write_text("Hi {nicknme}", "utf-8")
        (tmp_path / "c.md").write_bytes(b"\xff\xfe")
        (tmp_path / "d.md").write_text("---\nname: CRASH-fixed\n---\nHi", "utf-8")
        (tmp_path / "e.md").write_text("\ufeffHi", "utf-8")
        (tmp_path / "f.txt").write_text("{", "utf-8")
        (tmp_path / "g.md").mkdir()
        library = load_templates(tmp_path)
        assert [t.name for t in library.templates] == ["crash-fixed", "e"]
        assert [Path(p.split(":")[0]).name for p in library.problems] == ["b.md", "c.md", "d.md", "g.md"]
        assert library.find(" Crash-Fixed") is library.templates[0]
        assert library.find("nope") is None
        assert load_templates(tmp_path / "none").templates == ()


class TestRender:
    PARSED = parse_template(FILE, "crash.md")

    def test_filled(self) -> None:
        context = context_for(REVIEW, app="Tide Clock", support="help@tide.example", version="5.2.1")
        rendered = render(self.PARSED, context, language="en")
        assert rendered.text == (
            "Hi maxi_b, the crash in Tide Clock is fixed in 5.2.1.\nStill trouble? help@tide.example"
        )
        assert rendered.unfilled == ()
        assert rendered.language == "en"

    def test_the_language_of_the_review_else_english(self) -> None:
        context = context_for(REVIEW)
        assert (
            render(self.PARSED, context, language="de").text
            == "Hallo maxi_b, der Absturz ist behoben. {wirklich}"
        )
        assert render(self.PARSED, context, language="pt").text == "Olá maxi_b!"
        assert render(self.PARSED, context, language="ja").language == "en"
        neutral = template("x", languages=("en", None, "de"))
        assert render(neutral, context, language="ja").language is None

    def test_fallbacks_and_what_stays_unfilled(self) -> None:
        rendered = render(self.PARSED, TemplateContext(), language="en")
        assert rendered.text.startswith("Hi there, the crash in {app} is fixed in the latest version.")
        assert rendered.unfilled == ("app", "support")

    def test_an_empty_fallback_takes_its_blank_along(self) -> None:
        assert render(self.PARSED, TemplateContext(), language="de").text.startswith("Hallo, der")

    def test_braces_in_a_title_are_not_variables(self) -> None:
        parsed = parse_template("About {title}", "x.md")
        assert render(parsed, context_for(replace(REVIEW, title="{app}"))).text == "About (app)"

    def test_long_texts_are_never_cut(self) -> None:
        parsed = parse_template("word " * 9000 + "{nickname}", "x.md")
        assert render(parsed, context_for(REVIEW)).text.endswith("word maxi_b")
        assert len(render(parsed, context_for(REVIEW)).text) == 45_006

    def test_every_variable_has_a_place_in_the_context(self) -> None:
        assert set(VARIABLES) == set(TemplateContext.__dataclass_fields__)

    def test_context(self) -> None:
        context = context_for(replace(REVIEW, rating=None, territory=None))
        assert (context.rating, context.territory) == ("", "")
        assert context_for(REVIEW).territory == "Germany"


class TestNickname:
    @pytest.mark.parametrize(
        "name",
        [
            "maxi_b",
            "Müller",
            "さくら",
            "x",
            "J. R.",
            "Dickens",
            "Misty",
            "Cassandra",
            "o'neil",
            "Ivy 88",
            "محمد",
        ],
    )
    def test_ordinary_names(self, name: str) -> None:
        assert greetable(name) == name

    @pytest.mark.parametrize(
        "name",
        ["", "   ", "12345", "!!!", "x" * 31, "fuckapple", "F.U.C.K", "sh1t", "Arschloch99", "死ね", "ass",
         "bob@mail.example", "www.spam.example", "spam.com", "{app}", "<b>", "a\x1bb", "хуй"],
    )  # fmt: skip
    def test_names_that_a_reply_does_not_repeat(self, name: str) -> None:
        assert greetable(name) is None

    def test_invisible_characters_are_gone(self) -> None:
        assert greetable("ma\u202exi\u200b ") == "maxi"

    @given(st.text(alphabet=st.characters(), max_size=60))
    def test_any_name(self, name: str) -> None:
        shown = greetable(name)
        assert shown is None or (0 < len(shown) <= 30 and "{" not in shown)


class TestFit:
    APP = ("Tide Clock", "1476097583")

    def order(
        self, *templates: Template, usage: dict[str, int] | None = None, language: str | None = None
    ) -> list[str]:
        return [t.name for t in fit(templates, REVIEW, usage or {}, app=self.APP, language=language)]

    def test_stars_and_app_count_more_than_use(self) -> None:
        assert self.order(
            template("other app", apps=("Moon",)),
            template("other stars", ratings=(5,)),
            template("any"),
            template("meant", ratings=(1, 2), apps=("tide",)),
            template("stars", ratings=(1,)),
            usage={"other stars": 99, "any": 3},
        ) == ["meant", "stars", "any", "other stars", "other app"]

    def test_past_use_then_name(self) -> None:
        assert self.order(template("b"), template("a"), template("c"), usage={"c": 2}) == ["c", "a", "b"]

    def test_a_text_in_the_language_of_the_review(self) -> None:
        order = self.order(
            template("a", languages=("fr",)),
            template("b", languages=("fr", "de")),
            template("c"),
            language="de",
        )
        assert order == ["b", "c", "a"]


def test_a_template_with_a_stores_limit_comes_first_there_and_is_told_of_when_too_long() -> None:
    long = parse_template("Thank you for your words.", "long.md")
    short = parse_template("---\nlimit: play\n---\nThanks.", "short.md")
    there = Review("play:com.a.b:1", "com.a.b", 2, "", "Late", "Ada", None, None)
    assert [t.name for t in fit([long, short], there, {})] == ["short", "long"]
    here = Review("r1", "42", 2, "", "Late", "Ada", None, None)
    assert [t.name for t in fit([short, long], here, {})] == ["long", "short"]
    (warning,) = parse_template("---\nlimit: play\n---\n" + "x" * 351, "far.md").warnings
    assert "351 characters, Google Play takes 350" in warning
    with pytest.raises(ConfigError, match="a limit is that of a store"):
        parse_template("---\nlimit: 350\n---\nThanks.", "odd.md")


LONG = "We are very sorry. " * 30


class TestShortVariant:
    HERE = Review("r1", "42", 2, "", "Late", "Ada", None, None)

    def test_a_second_text_is_taken_for_the_store_and_never_for_another(self) -> None:
        text = f"---\nlang: en\n---\n{LONG}\n\n[de]\nLang.\n\n[play]\nShort.\n\n[play de]\nKurz."
        one = parse_template(text, "a.md")
        assert [(t.language, t.store) for t in one.texts] == [
            ("en", ""), ("de", ""), (None, "play"), ("de", "play"),
        ]  # fmt: skip
        nothing = TemplateContext()
        assert render(one, nothing, language="en", store=PLAY_STORE).text == "Short."
        assert render(one, nothing, language="de", store=PLAY_STORE).text == "Kurz."
        assert render(one, nothing, language="en").text == LONG.strip()
        assert render(one, nothing, language="de").text == "Lang."
        assert render(one, nothing, language="fr").text == LONG.strip()

    def test_what_is_written_for_the_store_goes_before_what_would_fit_as_well(self) -> None:
        one = parse_template("---\nlang: en\n---\nIn the App Store.\n\n[play]\nOn Google Play.", "a.md")
        assert render(one, TemplateContext(), language="en", store=PLAY_STORE).text == "On Google Play."
        assert render(one, TemplateContext(), language="en").text == "In the App Store."

    def test_the_language_goes_before_the_store_while_it_is_short_enough(self) -> None:
        one = parse_template(
            "---\nlang: en\n---\nHello.\n\n[de]\nHallo {nickname|}, {title|}.\n\n[play en]\nHi.", "a.md"
        )
        german = render(one, TemplateContext(nickname="maxi", title="Hm"), language="de", store=PLAY_STORE)
        assert german.text == "Hallo maxi, Hm."
        far = render(
            one, TemplateContext(nickname="x" * 190, title="y" * 190), language="de", store=PLAY_STORE
        )
        assert far.text == "Hi.", "filled in, the German text is longer than Google takes"

    def test_a_text_that_is_too_long_everywhere_is_whole_and_named_with_the_count(self) -> None:
        one = parse_template(LONG, "a.md")
        there = render(one, TemplateContext(), store=PLAY_STORE).text
        assert there == LONG.strip()
        (finding, *_) = check(there, ReplyContext(store=PLAY_STORE))
        assert finding.sentence == "569 of 350 characters: 219 too many"

    def test_two_files_of_one_name_are_one_template_when_one_keeps_a_limit(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text(f"---\nname: late\nrating: <=2\n---\n{LONG}", "utf-8")
        (tmp_path / "b.md").write_text("---\nname: late\nlimit: play\n---\nSorry.", "utf-8")
        (tmp_path / "c.md").write_text("---\nname: late\nlimit: play\n---\nPardon.", "utf-8")
        library = load_templates(tmp_path)
        (one,) = library.templates
        assert (one.ratings, render(one, TemplateContext(), store=PLAY_STORE).text) == ((1, 2), "Sorry.")
        assert render(one, TemplateContext()).text == LONG.strip()
        assert "c.md: the name late is taken" in library.problems[0]

    def test_what_has_only_a_long_text_is_offered_last_there(self) -> None:
        there = Review("play:com.a.b:1", "com.a.b", 2, "", "Late", "Ada", None, None)
        long, plain = parse_template(LONG, "a-long.md"), parse_template("Thanks.", "plain.md")
        both = parse_template(f"{LONG}\n\n[play]\nSorry.", "z-both.md")
        assert [t.name for t in fit([long, plain, both], there, {})] == ["z-both", "plain", "a-long"]
        assert [t.name for t in fit([long, plain, both], self.HERE, {})] == ["a-long", "plain", "z-both"]
