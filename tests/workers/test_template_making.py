"""Template files that the program writes: starters in the languages that are needed, replies, empty ones."""

from __future__ import annotations

import stat
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from ascinbox.core.errors import ConfigError, UsageError
from ascinbox.core.replies.checks import ReplyContext, check
from ascinbox.core.replies.template_files import load_templates, parse_template
from ascinbox.core.replies.templates import Template, TemplateContext, render
from ascinbox.core.stores import STORES
from ascinbox.workers.replies.template_making import (
    content_of_reply,
    in_languages,
    keep_template,
    new_content,
    starters,
)
from tests.workers.test_backlog import home
from tests.workers.test_inbox_triage_export import detail

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "tr", "ru", "ja", "ko", "zh", "ar")


@cache
def all_starters() -> tuple[Template, ...]:
    folder = files("ascinbox.workers.replies") / "starters"
    paths = sorted(each.name for each in folder.iterdir())
    return tuple(parse_template((folder / name).read_text("utf-8"), name) for name in paths)


def test_there_are_five_in_fifteen_languages() -> None:
    assert [one.name for one in all_starters()] == ["problem", "fixed", "idea", "purchase", "thanks"]
    for starter in all_starters():
        assert [text.language for text in starter.texts] == list(LANGUAGES)


@pytest.mark.parametrize("name", ["", "Zeynep"])
@pytest.mark.parametrize("support", ["", "help@tide.example"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_starter_passes_the_checks_of_either_store(language: str, support: str, name: str) -> None:
    for starter in all_starters():
        for store in STORES:
            context = TemplateContext(nickname=name, app="Tide Clock", support=support)
            made = render(starter, context, language=language, store=store)
            assert made.language == language
            about = ReplyContext(
                language=language, nickname=name, app="Tide Clock", support=support, store=store
            )
            assert check(made.text, about) == (), made.text
            assert "  " not in made.text


def test_a_home_gets_the_languages_of_its_reviews(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        assert {code for code, count in space.inbox.values("lang").items() if count} >= {"de", "en", "ja"}
        found = starters(space)
    languages = {text.language for one in found for text in one.template.texts}
    assert {"en", "de", "ja"} <= languages
    assert not languages & {"ko", "zh", "tr"}
    for one in found:
        assert parse_template(one.content, "x").texts == one.template.texts


def test_what_stands_before_the_sections_stays() -> None:
    content = "---\nname: a\n---\nHello\n\n[de]\nHallo\n\n[fr]\nBonjour\n"
    assert in_languages(content, {"fr"}) == "---\nname: a\n---\nHello\n\n[fr]\nBonjour\n"


def test_a_kept_template_is_a_private_file_that_is_found_by_name(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        starter = starters(space)[0]
        kept = keep_template(space, starter.template.name, starter.content)
        path = space.paths.templates / "problem.md"
        assert kept.source == str(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert load_templates(space.paths.templates).find("problem") is not None
        with pytest.raises(UsageError, match="There is a template problem already"):
            keep_template(space, " Problem ", new_content("problem", None, "Hello"))


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        space.paths.templates.mkdir(parents=True)
        broken = space.paths.templates / "thanks.md"
        broken.write_text("---\nnever closed", "utf-8")
        kept = keep_template(space, "Thanks", new_content("Thanks", "en", "Thank you"))
        assert broken.read_text("utf-8") == "---\nnever closed"
        assert Path(kept.source).name == "thanks-2.md"


@pytest.mark.parametrize("name", ["", "  ", "...", "x" * 41])
def test_a_name_needs_letters_and_has_an_end(tmp_path: Path, name: str) -> None:
    with home(tmp_path) as space, pytest.raises(UsageError):
        keep_template(space, name, new_content("a", None, "Hello"))


def test_what_is_no_template_is_not_written(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        with pytest.raises(ConfigError):
            keep_template(space, "a", new_content("a", None, "Hello {nobody}"))
        assert not space.paths.templates.exists()


def test_a_reply_becomes_a_template_for_others() -> None:
    about = detail(nickname="maxi_b", title="Stürzt ab", body="Die App ist nicht zu gebrauchen.")
    content = content_of_reply(
        "crash", "Hallo maxi_b, danke für die Meldung. Tide Clock {5.2} ist nicht betroffen.", about
    )
    template = parse_template(content, "crash.md")
    assert template.texts[0].language == "de"
    made = render(template, TemplateContext(nickname="anna", app="Moon Diary"), language="de")
    assert made.text == "Hallo anna, danke für die Meldung. Moon Diary {5.2} ist nicht betroffen."


@pytest.mark.slow
def test_a_nickname_within_a_word_stays_a_word() -> None:
    content = content_of_reply("a", "Thank you, Ann and Annabel.", detail(nickname="Ann"))
    assert "Thank you, {nickname|} and Annabel." in content
