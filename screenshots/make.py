"""The pictures of the README: `python screenshots/make.py [NUMBER ...]`.

Every picture is the real app on the demo's data at a time that stands still, so the same program gives the
same bytes. SVG always; PNG as well where resvg-py and the fonts DejaVu Sans Mono and WenQuanYi Micro Hei are
there (Debian: fonts-dejavu-core, fonts-wqy-microhei; another folder of fonts: ASCINBOX_FONTS).
"""

from __future__ import annotations

import asyncio
import html
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from rich.cells import cell_len  # noqa: E402
from screenshots import morning  # noqa: E402
from screenshots.animated import animated  # noqa: E402

from ascinbox.cli.demo_clock import DemoClock  # noqa: E402
from ascinbox.cli.demo_server import hello  # noqa: E402
from ascinbox.cli.demo_session import FILES  # noqa: E402
from ascinbox.cli.demo_stage import Stage, queue_the_queued  # noqa: E402
from ascinbox.config import load_config  # noqa: E402
from ascinbox.core.stores import PLAY_STORE  # noqa: E402
from ascinbox.paths import Paths, write_private_file  # noqa: E402
from ascinbox.simulator.app import Settings, Simulator  # noqa: E402
from ascinbox.simulator.demo import demo_world  # noqa: E402
from ascinbox.simulator.play.app import PlaySimulator  # noqa: E402
from ascinbox.simulator.server import serve_in_thread  # noqa: E402
from ascinbox.store.store import Store  # noqa: E402
from ascinbox.tui.app import AscinboxApp  # noqa: E402
from ascinbox.tui.runtime.terminal import TerminalProfile  # noqa: E402
from ascinbox.tui.wizard.screen import WizardScreen  # noqa: E402
from ascinbox.workers.workspace import Workspace  # noqa: E402
from tests.tui.world import Ui  # noqa: E402

HERE = Path(__file__).resolve().parent
NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
SEED = 7
WIDE, NARROW = (120, 36), (80, 24)
THEMES = ("dark", "light")

SINCE = timedelta(seconds=12)
"""So long ago the scene's own reply was queued: another one that a picture queues is the younger."""

HOUR_LEFT = 2740
"""Requests that every key of Apple's has left of its hour, in all pictures."""


class StillClock(DemoClock):
    """It is always the same moment, but for what is told to have happened earlier, or made to pass."""

    def __init__(self) -> None:
        super().__init__(timedelta(0))
        self.passed = timedelta(0)

    def now(self) -> datetime:
        return NOW + self.passed - self.rewound

    def wait(self, time: timedelta) -> None:
        """It is so much later from here on, for all threads."""
        self.passed += time


class StillSession:
    """The demo's App Store Connect and Google Play inside this process, on the clock that stands still."""

    resumed = False

    def __init__(self, folder: Path, clock: StillClock) -> None:
        self.clock = clock
        self._demo = demo_world(SEED, NOW)
        self._simulator = Simulator(self._demo.world, clock=clock, settings=Settings(publish_after_s=60.0))
        self.served = serve_in_thread(self._simulator)
        self.play = serve_in_thread(PlaySimulator(self._demo.play.world, clock=clock))
        self.hello: dict[str, Any] = hello(self._demo, self.served.url, self.play.url, folder / "keys")

    def tell(self, word: str) -> None:
        """As the demo's server does it."""
        if word == "meanwhile":
            self._demo.meanwhile(self._simulator)


@dataclass(frozen=True, slots=True)
class Scene:
    """The demo's files with everything fetched, and the stores that they came from."""

    folder: Path
    clock: StillClock
    url: str
    play_url: str

    @contextmanager
    def workspace(self, home: Path) -> Iterator[Workspace]:
        """A workspace on the files in `home`."""
        paths = Paths.under(home)
        workspace = Workspace.open(
            paths=paths,
            config=load_config(paths.config_file, {}),
            clock=self.clock,
            environ={"USER": "you", "HOME": str(self.folder), PLAY_STORE.url_variable: self.play_url},
            base_url=self.url,
        )
        try:
            workspace.wait_ready()
            yield workspace
        finally:
            workspace.close()

    @contextmanager
    def copied(self) -> Iterator[Workspace]:
        """A workspace on a copy, so that one picture does not show in the next."""
        home = self.folder / "ascinbox"
        shutil.copytree(self.folder / "home", home)
        try:
            with self.workspace(home) as workspace:
                yield workspace
        finally:
            shutil.rmtree(home)


@contextmanager
def scene() -> Iterator[Scene]:
    """The demo's scene, reports and verdicts included; gone with the block."""
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), StillClock()
        paths = Paths.under(folder / "home")
        paths.create()
        for source in FILES.iterdir():
            place = paths.config if source.suffix == ".toml" else paths.templates
            place.mkdir(mode=0o700, exist_ok=True)
            write_private_file(place / source.name, source.read_bytes())
        session = StillSession(folder, clock)
        # Paths are shown from `~` on: whoever makes the pictures, they are the same.
        os.environ["HOME"] = str(folder)
        shutil.copytree(folder / "keys", folder / "Downloads")
        with session.served, session.play:
            made = Scene(folder, clock, session.served.url, session.play.url)
            with made.workspace(folder / "home") as workspace:
                stage = Stage(session.hello, clock, workspace)
                stage.link()
                stage.fetch()
                session.tell("meanwhile")
                stage.write()
                queue_the_queued(session.hello, workspace)
                for datasets in (["reviews"], ["sales", "finance", "analytics"]):
                    workspace.sync.run(datasets=datasets)
                workspace.health.check()
                _settle_budgets(workspace)
            clock.wait(SINCE)
            yield made


def _settle_budgets(workspace: Workspace) -> None:
    """Which of several answers at the same instant came last is chance; so is what it said was left."""

    def settle(store: Store) -> None:
        for credential in (one for account in store.accounts.list() for one in account.credentials):
            budget = store.sync.budget(credential.key_id)
            if budget is not None and (budget.hour_limit or 0) > HOUR_LEFT:
                store.sync.save_budget(credential.key_id, replace(budget, hour_left=HOUR_LEFT))

    workspace.store.call(settle)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, the terminal's size, and the keys that lead there."""

    name: str
    size: tuple[int, int]
    play: Callable[[Ui], Awaitable[None]]
    profile: TerminalProfile = field(default_factory=TerminalProfile)
    themes: tuple[str, ...] = THEMES


async def _inbox(ui: Ui) -> None:
    if ui.app.size.width >= WIDE[0]:
        await ui.until(lambda: " similar " in ui.text())


async def _reply(ui: Ui) -> None:
    await _inbox(ui)
    await ui.press("t", "1")
    await ui.until(lambda: "What customers will see" in ui.text())
    await _inbox(ui)
    await ui.press("r", "ctrl+end")
    await ui.type(" Oder: help@tide.example")
    await ui.until(lambda: "never asks again" in ui.text())


async def _queued(ui: Ui) -> None:
    await ui.press("j", "t", "1")
    await ui.until(lambda: "What customers will see" in ui.text())
    await ui.press("P")
    await ui.until(lambda: "2 queued" in ui.text() or "queued ·" in ui.text())
    await ui.press("k")
    await ui.until(lambda: "leaves in" in ui.status)


async def _filter(ui: Ui) -> None:
    await ui.press("slash", "ctrl+u", "ctrl+k")
    await ui.type("rating:<=2")
    await ui.until(lambda: re.search(r"\d,?\d* of 4,812", ui.text()) and "37 left" not in ui.text())
    await ui.type(" is:una")
    await ui.until(lambda: re.search(r"the store shows no reply +\d", ui.text()))


async def _health(ui: Ui) -> None:
    await ui.press("4")
    await ui.until(lambda: "Apple said" in ui.text())


async def _link(ui: Ui) -> None:
    await ui.press("5")
    await ui.until(lambda: "[5 Accounts" in ui.text())
    await ui.press("A")
    await ui.until(lambda: "Link an account of" in ui.text())
    await ui.press("1")
    await ui.until(lambda: "step 1 of 6" in ui.text())
    await ui.press("enter", "enter")
    await ui.until(lambda: "step 3 of 6" in ui.text())
    issuer, key = "57246542-96fe-1a63-e053-0824d0110ae2", "QW3E4R91ZX"
    for value in (issuer, key, f"~/Downloads/AuthKey_{key}.p8", "PixelBakery two"):
        await ui.type(value)
        await ui.press("tab")
    await ui.press("enter")
    await ui.until(lambda: re.search(r"Live checks.* passed", ui.text()) and "ok EC P-256" in ui.text())
    wizard = ui.app.screen
    assert isinstance(wizard, WizardScreen)
    assert wizard.trial is not None
    # The one figure in the pictures that no clock of ours holds still.
    wizard.trial = replace(wizard.trial, elapsed_s=0.212)
    wizard.paint()


async def _metrics(ui: Ui) -> None:
    await ui.press("3")
    await ui.until(lambda: "Total" in ui.text())


async def _held(ui: Ui) -> None:
    await ui.press("2")
    await ui.until(lambda: "HELD" in ui.text())
    await ui.press("n")
    await ui.until(lambda: "Theirs" in ui.text())


async def _check(ui: Ui) -> None:
    await ui.press("j")
    await _inbox(ui)
    await ui.press("t", "1")
    await ui.until(lambda: "What customers will see" in ui.text())
    await _inbox(ui)


async def _listing(ui: Ui) -> None:
    await ui.press("6")
    await ui.until(lambda: "the draft" in ui.text())
    await ui.press("n")


async def _settings(ui: Ui) -> None:
    await _inbox(ui)
    await ui.press("comma")
    await ui.until(lambda: "undo_seconds" in ui.text())


PICTURES: tuple[Picture, ...] = (
    Picture("01-inbox", WIDE, _inbox),
    Picture("02-reply", WIDE, _reply),
    Picture("03-queued", NARROW, _queued),
    Picture("04-filter", NARROW, _filter),
    Picture("05-health", WIDE, _health),
    Picture("06-link", NARROW, _link),
    Picture("07-metrics", WIDE, _metrics),
    Picture("08-held", WIDE, _held),
    Picture("10-no-colour", NARROW, _inbox, TerminalProfile(colour=False), ("plain",)),
    Picture("12-check", WIDE, _check),
    Picture("13-listing", WIDE, _listing),
    Picture("14-settings", WIDE, _settings, themes=("dark",)),
)
TERMINAL = "09-terminal"
ANIMATED = "11-morning"
ANIMATED_WORDS = (
    "The morning loop: the Inbox, a review answered by a template, the check step, the undo bar, the next "
    "one by the same template, a filter, three similar reviews answered in one go, the Outbox, Health."
)
UNDO_OVER = timedelta(seconds=31)
"""So long after the scene's start its own queued reply has left."""


@asynccontextmanager
async def _shown(workspace: Workspace, picture: Picture, theme: str) -> AsyncIterator[Ui]:
    profile = picture.profile if theme == "plain" else replace(picture.profile, theme=theme)
    app = AscinboxApp(workspace, replace(profile, animations=False), demo=True)
    async with app.run_test(size=picture.size) as pilot:
        ui = Ui(app, pilot, workspace)
        await ui.until(lambda: "37 left of 4,812" in ui.text(), 20)
        await ui.rest()
        await picture.play(ui)
        await ui.rest()
        yield ui


async def _svg(workspace: Workspace, picture: Picture, theme: str) -> str:
    async with _shown(workspace, picture, theme) as ui:
        return without_net(ui.app.export_screenshot(title=f"ascinbox · {picture.name[3:]}", simplify=True))


TEXT = re.compile(
    r'<text class="([^"]+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" ([^>]*)>([^<]*)\n?</text>'
)
CELL = 12.2
"""Width of a cell in the exported pictures."""


def _on_the_grid(found: re.Match[str]) -> str:
    """A text with double-width characters as runs that begin where their cells do."""
    kind, x, y, rest, escaped = found.groups()
    text = html.unescape(escaped)
    if cell_len(text) == len(text):
        return found[0]
    pieces, at = [], float(x)
    for _wide, run in itertools.groupby(text, key=lambda character: cell_len(character) != 1):
        piece = "".join(run)
        cells = cell_len(piece)
        shown = html.escape(piece).replace("\u00a0", "&#160;")
        if piece.strip():
            pieces.append(
                f'<text class="{kind}" x="{at:g}" y="{y}" textLength="{cells * CELL:g}" {rest}>{shown}</text>'
            )
        at += cells * CELL
    return "".join(pieces)


def without_net(svg: str) -> str:
    """The picture with no font of somebody's server in it, and with ids that do not hang on its content."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*Fira Code[^;]*;", "font-family: 'DejaVu Sans Mono', monospace;", svg)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = TEXT.sub(_on_the_grid, svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def make(made: Scene, picture: Picture, theme: str) -> str:
    """One picture in one theme."""
    with made.copied() as workspace:
        return asyncio.run(_svg(workspace, picture, theme))


async def _morning(made: Scene, workspace: Workspace, theme: str) -> str:
    made.clock.wait(UNDO_OVER)
    workspace.sync.run(datasets=["replies"])
    picture = Picture(ANIMATED, morning.SIZE, _inbox)
    async with _shown(workspace, picture, theme) as ui:
        played = morning.Morning(ui, made.clock.wait)
        await played.play()
    still = next(at for at, frame in enumerate(played.frames) if frame.keys == morning.STILL)
    return animated(played.frames, still, "ascinbox · the morning loop", ANIMATED_WORDS, theme)


def make_animated(theme: str) -> str:
    """The animated picture, on a scene of its own: time passes in it, and replies leave."""
    with scene() as made, made.copied() as workspace:
        return asyncio.run(_morning(made, workspace, theme))


COMMANDS = (
    ("ascinbox --demo health; echo $?", ("health",)),
    ("ascinbox --demo reviews 'rating:1 is:unanswered store:apple' --limit 6 --json"
     " | jq -r '.reviews[].title'",
     ("reviews", "rating:1 is:unanswered store:apple", "--limit", "6", "--json")),
)  # fmt: skip


def terminal_text(theme: str) -> str:
    """What the two commands print, as a picture of a terminal."""
    import json

    from rich.console import Console
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI
    from rich.text import Text

    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        for shown, words in COMMANDS:
            done = subprocess.run(
                [sys.executable, "-m", "ascinbox", "--demo", *words],
                env={**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder, "ASCINBOX_HOME": folder},
                capture_output=True,
                text=True,
                check=False,
            )
            console.print(Text(f"$ {shown}", style="bold"))
            if "--json" in words:
                for review in json.loads(done.stdout)["reviews"]:
                    console.print(Text(review["title"]))
            else:
                console.print(Text(done.stdout.rstrip()))
                console.print(Text(str(done.returncode)))
    colours = MONOKAI if theme == "dark" else DEFAULT_TERMINAL_THEME
    return without_net(console.export_svg(title="ascinbox", theme=colours, unique_id="terminal"))


def fonts() -> list[Path]:
    """The fonts for PNG, empty when one is missing."""
    places = [Path(os.environ.get("ASCINBOX_FONTS", "/usr/share/fonts")), Path("/usr/share/fonts")]
    found = []
    for name in ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSans.ttf", "wqy-microhei.ttc"):
        font = next((path for place in places for path in sorted(place.rglob(name))), None)
        if font is None:
            return []
        found.append(font)
    return found


def png(svg: str, files: list[Path]) -> bytes:
    """The picture as pixels."""
    import resvg_py

    made = resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(file) for file in files],
        skip_system_fonts=True,
        font_family="DejaVu Sans Mono",
        monospace_family="DejaVu Sans Mono",
    )
    return bytes(made)


def all_of(wanted: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """File name and content of every picture, or of those whose file names begin as one of `wanted`."""

    def chosen(name: str, themes: Sequence[str] = THEMES) -> list[tuple[str, str]]:
        files = [(f"{name}-{theme}.svg", theme) for theme in themes]
        return [one for one in files if not wanted or any(one[0].startswith(begin) for begin in wanted)]

    pictures = [(picture, chosen(picture.name, picture.themes)) for picture in PICTURES]
    if any(files for _picture, files in pictures):
        with scene() as made:
            for picture, files in pictures:
                for file, theme in files:
                    yield file, make(made, picture, theme)
    for file, theme in chosen(TERMINAL):
        yield file, terminal_text(theme)
    for file, theme in chosen(ANIMATED):
        yield file, make_animated(theme)


def main(arguments: list[str]) -> int:
    """Makes the named pictures, or all."""
    files = fonts()
    for name, svg in all_of(arguments):
        (HERE / name).write_text(svg, "utf-8")
        print(name, flush=True)
        if files:
            (HERE / name).with_suffix(".png").write_bytes(png(svg, files))
    if not files:
        print("no PNG: a font is missing (see the top of this file)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
