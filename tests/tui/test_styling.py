"""How often widgets are styled: once when they are made, then for other colours and sizes only."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

from ascinbox import tui
from ascinbox.paths import Paths
from ascinbox.tui.app import AscinboxApp
from ascinbox.tui.inbox.panes import PARTS, shown_parts
from ascinbox.tui.widgets.lines import PaintsLines
from tests.tui.world import Ui, running

SIZES = [(80, 24), (120, 36), (170, 45), (46, 20)]


@pytest.fixture
def styled(monkeypatch: pytest.MonkeyPatch) -> Counter[PaintsLines]:
    """How often each of our widgets was styled. A text field changes its own classes and is not counted."""
    counts: Counter[PaintsLines] = Counter()
    apply = Stylesheet.apply

    def counted(sheet: Stylesheet, node: DOMNode, **more: Any) -> None:
        if isinstance(node, PaintsLines):
            counts[node] += 1
        apply(sheet, node, **more)

    monkeypatch.setattr(Stylesheet, "apply", counted)
    return counts


@pytest.mark.parametrize("size", SIZES)
async def test_a_start_styles_each_widget_once(
    paths: Paths, styled: Counter[PaintsLines], size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        assert {widget.id for widget in styled} >= {"tabs", "list", "read", "others", "status", "hints"}
        assert set(styled.values()) == {1}
        assert all(widget.screen is ui.inbox for widget in styled)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_panes_come_and_go_without_styling_the_others(
    paths: Paths, styled: Counter[PaintsLines], size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        for keys in (
            "enter escape",
            "z z",
            "p p",
            "tab tab escape",
            "/ escape",
            "r ctrl+s escape escape",
            "r escape",
        ):
            styled.clear()
            await ui.press(*keys.split())
            made = {
                widget for widget in styled if (widget.id or "").startswith("rp-") or widget.id == "edge3"
            }
            again = {widget.id for widget in styled if widget not in made}
            assert again <= {"read"}, keys
            assert all(styled[widget] == 1 for widget in made), keys


async def test_a_screen_that_is_shown_styles_its_own_widgets_once_and_no_others(
    paths: Paths, styled: Counter[PaintsLines], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[Stylesheet] = []
    reparse = Stylesheet.reparse

    def counted(sheet: Stylesheet) -> None:
        parsed.append(sheet)
        reparse(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    async with running(paths) as ui:
        for key in ("2", "3", "4", "5", "6", "?", ":", ","):
            styled.clear()
            await ui.press(key)
            assert styled, key
            assert set(styled.values()) == {1}, key
            assert all(widget.screen is ui.app.screen for widget in styled), key
            if key in "?:,":
                await ui.press("escape")
        styled.clear()
        await ui.press("1", "2", "3", "4", "5", "6", "1")
        assert not styled
    assert not parsed, "all style sheets are parsed anew each time"


async def unlike_a_whole_pass(ui: Ui) -> list[str]:
    """The widgets of the shown screens that a pass over everything would style otherwise."""
    found = []
    for screen in ui.app.screen_stack:
        nodes = list(screen.walk_children(with_self=True))
        before = [node.styles.base.get_rules() for node in nodes]
        screen.update_node_styles(animate=False)
        found += [
            str(node)
            for node, rules in zip(nodes, before, strict=True)
            if node.styles.base.get_rules() != rules
        ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_nothing_would_look_otherwise_if_everything_were_styled_again(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        steps = (
            "1 enter escape r ctrl+s escape escape z z p p / escape 2 3 4 5 6 ? escape : escape , escape 1"
        )
        for key in steps.split():
            await ui.press(key)
            assert not await unlike_a_whole_pass(ui), key
        for other in SIZES:
            await ui.pilot.resize_terminal(*other)
            await ui.rest()
            assert not await unlike_a_whole_pass(ui), other


async def test_other_colours_are_worn_by_the_screens_of_all_modes(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("2")
        before = ui.app.screen.styles.background
        ui.app.wear("light")
        await ui.rest()
        assert ui.app.screen.styles.background != before
        await ui.press("?")
        for key in ("escape", "1", "3", "2", "1"):
            await ui.press(key)
            assert not await unlike_a_whole_pass(ui), key
            assert ui.app.screen.styles.background.hex == ui.app.get_css_variables()["background"].upper()
        ui.app.wear("dark")
        await ui.rest()
        for key in ("3", "2"):
            await ui.press(key)
            assert ui.app.screen.styles.background == before


def test_the_app_loads_the_style_sheets_of_all_screens() -> None:
    folder = Path(tui.__file__).parent
    assert {folder / path for path in AscinboxApp.CSS_PATH} == set(folder.rglob("*.tcss"))


def test_parts_by_size_and_what_is_done() -> None:
    assert shown_parts(80, 24) == PARTS - {
        *("toprule", "bottomrule", "side", "edge1", "edge2", "edge3", "reply", "edge4", "others")
    }
    assert shown_parts(80, 24, side_hidden=True) == shown_parts(80, 24) - {"read"}
    assert shown_parts(80, 24, alone=True) == shown_parts(80, 24) - {"middle"}
    assert shown_parts(80, 24, alone=True, side_hidden=True) == shown_parts(80, 24, alone=True)
    assert shown_parts(80, 24, answering=True) == {"reply", "hints"}
    assert shown_parts(46, 12, alone=True, answering=True) == {"reply"}
    assert shown_parts(40, 7) == {"middle"}
    wide = shown_parts(120, 36)
    assert wide == PARTS - {"viewsbar", "header", "edge3", "reply", "edge4", "others"}
    assert shown_parts(120, 36, side_hidden=True) == wide - {"side", "edge1"}
    assert shown_parts(120, 36, alone=True) == wide - {"side", "edge1", "middle", "edge2"}
    assert shown_parts(120, 36, answering=True) == wide - {"side", "edge1", "middle", "edge2"} | {
        "edge3",
        "reply",
    }
    assert shown_parts(170, 45) == wide | {"edge4", "others"}
    assert shown_parts(170, 45, answering=True) == shown_parts(120, 36, answering=True)


async def test_the_pane_that_is_hidden_is_shown_alone_all_the_same(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("p", "z")
        row = ui.inbox.listing.current
        assert row is not None
        assert row.title in ui.text()
        assert ui.inbox.reader.size.height > 15
        await ui.press("z")
        assert ui.inbox.listing.size.height > 15


async def test_a_reply_has_the_whole_of_a_narrow_screen(paths: Paths) -> None:
    """Also where the review was read alone before."""
    async with running(paths, size=(46, 20)) as ui:
        await ui.press("enter", "r")
        assert ui.lines()[0].startswith(" Inbox > ")
        assert not ui.inbox.reader.size.height
        await ui.press("escape")
        assert ui.inbox.reader.size.height > 10
