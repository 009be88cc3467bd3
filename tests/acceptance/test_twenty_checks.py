"""What anyone can check by hand, checked: the demo in a terminal, key by key."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ascinbox.tui.actions import ACTIONS, LIST, Keymap
from ascinbox.tui.hints import HINTS, hint_line
from tests.acceptance.conftest import Opened
from tests.acceptance.desk import LETTERS, PROGRAM, Desk, demo

pytestmark = pytest.mark.slow
on_the_shared_demo = pytest.mark.xdist_group("acceptance")

SIZES = [(80, 24), (120, 36)]
both_sizes = pytest.mark.parametrize("desk", SIZES, indirect=True, ids=["80x24", "120x36"])


@contextmanager
def stalls() -> Iterator[list[float]]:
    """The longest time in ms that this machine kept a sleeping thread waiting while the block ran."""
    worst, ended = [0.0], threading.Event()

    def sleeper() -> None:
        while not ended.is_set():
            began = time.perf_counter()
            time.sleep(0.01)
            worst[0] = max(worst[0], (time.perf_counter() - began - 0.01) * 1000)

    thread = threading.Thread(target=sleeper)
    thread.start()
    try:
        yield worst
    finally:
        ended.set()
        thread.join()


def headless(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command without a terminal, in a home of its own."""
    runtime = home / "run"
    runtime.mkdir(exist_ok=True)
    own = {"HOME": str(home), "ASCINBOX_HOME": str(home / "ascinbox"), "XDG_RUNTIME_DIR": str(runtime)}
    return subprocess.run(
        [*PROGRAM, *arguments],
        env={**os.environ, **own, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@on_the_shared_demo
@both_sizes
def test_check_01_rows_come_at_once_and_hints_are_whole(desk: Desk) -> None:
    assert len(desk.rows) >= 9
    width = desk.screen.columns
    assert desk.lines[-1] == hint_line(HINTS["inbox"], Keymap.build(), width)
    assert desk.lines[-1].rstrip().endswith("? help")


@on_the_shared_demo
@both_sizes
def test_check_02_every_screen_fits(desk: Desk) -> None:
    height = desk.screen.lines
    for key, title in zip("12345", ("Inbox", "Outbox", "Metrics", "Health", "Accounts"), strict=True):
        desk.keys(key)
        desk.until(rf"\[{key} {title}")
        desk.until(lambda: desk.lines[-1].rstrip().endswith("? help"))
        desk.rested()
        assert len(desk.lines) == height
        # At 80 columns six tabs with their counts have room for three letters of those that are not shown.
        assert re.match(r"^ [ \[]1 Inb", desk.tabs)
        assert desk.lines[-2].strip()
    desk.keys("?")
    desk.until("Help · keys that work here")
    desk.until(lambda: "esc close" in desk.lines[-1])
    desk.inbox()
    if desk.screen.columns >= 110:
        panes = [line for line in desk.lines if line.count("│") >= 2]
        assert len(panes) >= height - 10, desk.text()


@on_the_shared_demo
@both_sizes
def test_check_04_arrows_and_letters_move_alike(desk: Desk) -> None:
    first = desk.chosen
    desk.keys("j", "j", "j")
    third = desk.chosen
    assert third != first
    desk.keys("k")
    above = desk.chosen
    desk.keys("down")
    assert desk.chosen == third
    desk.keys("up")
    assert desk.chosen == above
    desk.keys("G")
    desk.until("37/37")
    last = desk.chosen
    desk.keys("g", "g")
    desk.until(lambda: desk.chosen == first)
    desk.keys("end")
    desk.until(lambda: desk.chosen == last)
    desk.keys("home")
    desk.until(lambda: desk.chosen == first)


@on_the_shared_demo
@both_sizes
def test_check_09_the_filter_narrows_live_and_forgives(desk: Desk) -> None:
    before = desk.lines[2]
    desk.keys("/")
    desk.until(lambda: "type" in desk.text() or desk.lines[-1] != "")
    desk.keys("ctrl+k", "ctrl+u")
    desk.type("rating:<=2 territory:DE")
    desk.until(lambda: desk.rows and desk.storefronts == {"DE"})
    assert desk.stars <= {1, 2}
    desk.until(r"\d+ of \d")
    desk.keys("esc")
    desk.until(lambda: desk.lines[2] == before)
    rows = desk.rows
    desk.keys("/", "ctrl+k", "ctrl+u")
    desk.type("terr:DE")
    desk.until(r"no such key terr: did you mean territory:\?")
    assert desk.rows[: len(rows) // 2]
    desk.keys("esc")
    desk.until(lambda: desk.lines[2] == before)


@on_the_shared_demo
def test_check_11_health_says_who_clicks_what_where(desk: Desk) -> None:
    desk.keys("4")
    desk.until(r"\[4 Health")
    desk.until("Apple said")
    desk.keys("n")
    text = desk.rested()
    assert re.search(r"· x (contract|no role)", text)
    assert "Account Holder: App Store Connect > Business" in text or "An Admin: App Store Connect >" in text
    desk.raw.clear()
    desk.keys("y")
    desk.until("copied")
    assert b"\x1b]52;c;" in desk.raw


@on_the_shared_demo
@both_sizes
def test_check_13_reads_the_same_without_colour(opened: Opened, desk: Desk) -> None:
    size = desk.screen.columns, desk.screen.lines
    plain = opened(columns=size[0], rows=size[1], NO_COLOR="1")
    plain.ready()
    plain.until(lambda: len(plain.rows) == len(desk.rows))
    assert plain.rows == desk.rows
    colours = {
        colour
        for row in plain.screen.buffer.values()
        for cell in row.values()
        for colour in (cell.fg, cell.bg)
    }
    assert colours == {"default"}
    reversed_rows = {n for n, row in plain.screen.buffer.items() for cell in row.values() if cell.reverse}
    assert plain.cursor_row in reversed_rows
    plain.keys("4")
    plain.until(r"x contract")
    plain.until(r"\+ ok")


@on_the_shared_demo
def test_check_15_strange_texts_keep_the_columns(desk: Desk) -> None:
    desk.keys("/", "ctrl+k", "ctrl+u")
    seen = ""
    for words in ("markup", "family", "app:tide territory:SA", "app:tide territory:JP"):
        desk.type(words)
        desk.until(lambda: re.search(r"\d+ of \d", desk.lines[2]))
        desk.rested()
        assert desk.rows, desk.text()
        for row in desk.rows:
            assert re.match(rf"^[{LETTERS}][⚑ ] [★☆]{{5}} +\d+[smhdwy] [A-Z?-]{{2}} ", row), row
        seen += desk.text()
        desk.keys("ctrl+e", "ctrl+u")
    assert "[/red]" in seen
    assert re.search(r"[\u0600-\u06ff]", seen)
    assert re.search(r"[\u3040-\u30ff]", seen)
    desk.keys("esc")


@on_the_shared_demo
def test_check_19_unpublished_days_are_no_zeros(desk: Desk) -> None:
    desk.keys("3")
    desk.until(r"\[3 Metrics")
    desk.until("Total")
    # Said below the table, or in fewer words where the curve is shown.
    desk.until("not published (by Apple yet: never drawn, counted or exported|yet, never counted) as 0")
    with_comparison = desk.text()
    assert "?" in with_comparison
    desk.keys("=")
    desk.until(lambda: desk.text() != with_comparison and "+/-" not in desk.text())
    desk.keys("=")
    desk.until(r"\+/-")
    titles = []
    for _ in range(3):
        desk.keys("b")
        desk.rested()
        titles.append(desk.lines[2])
    assert len(set(titles)) == 3, titles
    desk.until("App ")
    desk.keys("enter")
    desk.until(r"\d{1,2} (?:Nov|Oct)|20\d\d-")
    desk.keys("G")
    days = [line for line in desk.rested().splitlines() if re.search(r"2[01] Nov|2026-11-2[01]", line)]
    assert days, desk.text()
    assert all("?" in day for day in days), days
    desk.keys("esc")


@on_the_shared_demo
def test_check_14_a_paste_without_brackets_runs_nothing(desk: Desk) -> None:
    before = desk.rows
    desk.send(b"Dear reviewer, yes P D")
    desk.until("as if pasted: ignored")
    assert desk.rows == before
    assert "[1 Inbox 37]" in desk.tabs
    desk.send(b"\x1b[200~Dear reviewer, yes P D\x1b[201~")
    desk.until("pasted text is ignored")
    assert desk.rows == before


@on_the_shared_demo
def test_check_16_a_sync_never_holds_the_keys_up(desk: Desk) -> None:
    desk.keys("v", "7", "gg")
    desk.until(lambda: desk.cursor_row >= 0)
    desk.keys("f5", quiet=0.02)
    with stalls() as worst:
        gap, lag = desk.hold("j", 5.0)
    # On a machine of its own a paint never takes 100 ms; what the machine itself stalls comes on top.
    allowed = 200 + 8 * worst[0]
    assert gap < allowed, f"{gap:.0f} ms without a paint, {allowed:.0f} allowed"
    assert lag < allowed, f"{lag:.0f} ms behind the key, {allowed:.0f} allowed"
    chosen = desk.chosen
    assert chosen
    # In the demo a key meets a 429 once; Apple then wants twenty seconds of peace from it.
    desk.until(lambda: "synced <1m ago" in desk.status and "syncing" not in desk.text(), 90)
    assert desk.chosen == chosen


def test_check_17_any_size_at_any_moment(opened: Opened) -> None:
    desk = opened()
    desk.ready()
    desk.keys("j", "r")
    desk.until("draft|characters")
    desk.type("Kept through it all")
    desk.until("draft saved")
    for columns, rows in ((50, 14), (40, 12), (120, 36), (20, 5), (1, 1), (200, 60), (80, 24)):
        desk.resize(columns, rows)
        if columns >= 40:
            desk.until("Kept through it")
    desk.type(" too")
    desk.until("Kept through it all too")
    desk.keys("esc")
    desk.resize(40, 12)
    desk.until(lambda: desk.cursor_row >= 0)
    assert "✎" in desk.chosen
    first = desk.chosen
    desk.keys("j")
    desk.until(lambda: desk.chosen != first)
    desk.keys("z")
    desk.until(lambda: desk.cursor_row == -1)
    desk.keys("z")
    desk.until(lambda: desk.cursor_row >= 0)


def test_check_03_every_key_acts_or_says_why_not(opened: Opened) -> None:
    desk = opened(EDITOR="true", VISUAL="true")
    desk.ready()
    silent = []
    for verb in ACTIONS:
        if LIST not in verb.contexts or verb.id in {"quit", "leave"}:
            continue
        for key in verb.keys:
            desk.uncover()
            desk.keys("esc", "home", "j", "j", quiet=0.05)
            desk.settle(0.1, 1)
            before = desk.picture()
            desk.raw.clear()
            typed = tuple(key) if len(key) == 2 and key.isalpha() else (key,)
            desk.keys(*typed, quiet=0.05)
            if not acted(desk, verb.id, before, 3) and len(typed) == 1:
                desk.keys(key)
                if not acted(desk, verb.id, before, 3):
                    silent.append(f"{key} ({verb.id})")
    assert not silent, silent


def acted(desk: Desk, verb: str, before: object, within_s: float) -> bool:
    """Whether something visible comes about; drawing again only has to write the screen."""
    limit = time.perf_counter() + within_s
    while time.perf_counter() < limit:
        if desk.picture() != before or (verb == "redraw" and len(desk.raw) > 1000):
            return True
        desk.settle(0.05, 0.2)
    return False


def test_check_05_ten_replies_from_one_template(opened: Opened) -> None:
    desk = opened()
    desk.ready()
    desk.keys("v", "2", "gg")
    desk.until(r"\[Low stars")
    desk.keys("t", "1")
    desk.until("What customers will see")
    desk.rested()
    passed = [desk.lines[0]]
    desk.keys("P")
    for _ in range(9):
        desk.until(lambda: "[1 Inbox" in desk.tabs)
        desk.keys(".")
        desk.until("What customers will see")
        desk.rested()
        passed.append(desk.lines[0])
        desk.keys("P")
    desk.until(lambda: "[1 Inbox" in desk.tabs)
    assert len(set(passed)) == 10, passed
    desk.keys("2")
    desk.until(r"\[2 Outbox")
    desk.rested()
    assert re.search(r"1 Inb(ox)? 27", desk.tabs)
    assert not re.search(r"\b[1-9]\d* failed", desk.status), desk.text()


def test_check_06_undo_brings_the_draft_back_and_sends_nothing(opened: Opened) -> None:
    desk = opened()
    desk.ready()
    desk.keys("j", "r")
    desk.until(" of 5,970")
    desk.type("Thank you, we are on it")
    desk.keys("ctrl+g")
    desk.until("P publish")
    desk.keys("P")
    desk.until("queued|leaves in")
    desk.keys("u")
    desk.until(lambda: any(row[0] == "✎" and "Crashes on launch" in row for row in desk.rows))
    desk.keys("2")
    desk.until(r"\[2 Outbox")
    desk.keys(">")
    desk.until(r"\[Activity")
    desk.rested()
    for line in desk.lines:
        assert not re.search(r"(?:QUEUED|SENDING|PENDING_PUBLISH|PUBLISHED) .*Thank you, we are", line), line


def test_check_07_a_killed_editor_loses_nothing(opened: Opened, tmp_path: Path) -> None:
    home = tmp_path / "kept"
    desk = opened(home=home)
    desk.ready()
    desk.keys("j", "r")
    desk.until(" of 5,970")
    desk.type("three whole words")
    desk.until("17 of 5,970.*draft saved")
    desk.until(lambda: desk.kept)
    desk.kill()
    again = opened(home=home)
    again.until(lambda: any(row[0] == "✎" and "Crashes on launch" in row for row in again.rows), 40)
    again.ready()
    again.go_to("Crashes on launch")
    again.keys("r")
    again.until("three whole words")


def test_check_08_warnings_are_named_and_blocks_hold(opened: Opened) -> None:
    desk = opened()
    desk.ready()
    desk.keys("j", "r")
    desk.until(" of 5,970")
    desk.type("mail bob@gmail.com")
    desk.keys("ctrl+g")
    desk.until(r"contact data in a public reply: bob@gmail\.com")
    desk.keys("P")
    desk.until("accepts the warning")
    assert "What customers will see" in desk.text()
    desk.keys("!")
    desk.until(r"\(accepted\)")
    desk.keys("r")
    desk.until(r"ctrl\+g check")
    desk.type(" {nickname")
    desk.keys("ctrl+g")
    desk.until("x [1-9] block")
    desk.keys("!", "P")
    desk.rested()
    assert "What customers will see" in desk.text()
    desk.keys("r", "ctrl+a")
    desk.send(b"\x1b[200~" + b"a " * 2986 + b"\x1b[201~")
    desk.until(r"\d,?\d{3} of 5,970")
    desk.keys("ctrl+g")
    desk.until("x [1-9] block")
    desk.keys("P")
    desk.rested()
    assert "What customers will see" in desk.text()


def test_check_10_a_rival_answer_holds_and_a_change_shows_both_texts(opened: Opened) -> None:
    desk = opened()
    desk.ready()
    assert "Stürzt beim Start ab" in desk.chosen
    desk.until('was ★★☆☆☆ "Lädt sehr langsam"')
    assert "Seit dem Update auf 5.2" in desk.text()
    desk.go_to("Ads ads ads")
    desk.keys("r")
    desk.until(" of 5,970")
    desk.type("Sorry about the ads, we look into it")
    desk.keys("ctrl+g")
    desk.until("P publish")
    desk.keys("P")
    desk.until("queued|leaves in")
    desk.keys("2")
    desk.until(r"\[2 Outbox")
    desk.go_to("Ads ads")
    desk.keys("P")
    desk.until(r"‼ HELD +\d*s? *.*Ads ads", 40)
    desk.go_to("Ads ads")
    desk.until("Theirs")
    desk.until("Sorry about the ads")


def test_check_12_commands_end_as_scripts_expect(tmp_path: Path) -> None:
    health = headless(tmp_path, "--demo", "health", "--json")
    assert health.returncode == 2, health.stderr
    assert json.loads(health.stdout)["status"] == "CRITICAL"
    assert headless(tmp_path, "nonsense").returncode == 3
    bare = headless(tmp_path)
    assert bare.returncode == 3
    said = bare.stdout + bare.stderr
    assert "\x1b" not in said
    assert len(said.strip().splitlines()) == 1, said


def test_check_18_offline_reads_all_and_queues(opened: Opened) -> None:
    desk = opened("--offline")
    desk.until(lambda: desk.rows, 40)
    desk.until(r"offline, data from \d\d:\d\d")
    for key, word in zip("2345", ("Outbox", "Metrics", "Health", "Accounts"), strict=True):
        desk.keys(key)
        desk.until(rf"\[{key} {word}")
    desk.inbox()
    desk.keys("j", "r")
    desk.until(" of 5,970")
    desk.type("We will see to it")
    desk.keys("ctrl+g")
    desk.until("P publish")
    desk.keys("P")
    desk.until("queued.*offline|offline.*queued|goes out when online|offline: ")
    desk.keys("2")
    desk.until("QUEUED.*Crashes|Crashes.*We will see")


def test_check_20_three_wrong_keys_three_sentences(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    server = subprocess.Popen(
        [*PROGRAM, "simulator", "--reviews", "20", "--keys-dir", str(keys)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        hello = json.loads(server.stdout.readline())
        team = [key for key in hello["keys"] if key["kind"] == "team"]
        wrong = tmp_path / "AuthKey_WRONG.p8"
        wrong.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        wrong.chmod(0o600)
        home = tmp_path / "home"
        with Desk(home, "link", environment={"ASCINBOX_API_URL": hello["url"]}) as desk:
            desk.until("Link an account of", 90)
            desk.keys("1")
            desk.until("step 1 of 6")
            desk.keys("enter", "enter")
            desk.until("step 3 of 6")
            said = []
            for key_id, p8 in ((team[0]["key_id"], str(wrong)), ("ABC", team[0]["p8"])):
                fill(desk, hello["issuer_id"], key_id, p8, "Mine")
                desk.keys("enter")
                desk.until(r"\n [x!] .{12,}")
                said.append(re.findall(r"\n [x!] (.{12,})", desk.rested())[-1].strip())
            skew(hello, 600)
            fill(desk, hello["issuer_id"], team[0]["key_id"], team[0]["p8"], "Mine")
            desk.keys("enter")
            desk.until("clock")
            said.append(next(line for line in desk.rested().splitlines() if "clock" in line).strip())
            assert len(set(said)) == 3, said
            back_to_the_third_step(desk)
            assert team[0]["key_id"] in desk.text()
            assert hello["issuer_id"] in desk.text()
            assert not list((home / "ascinbox").rglob("*.p8"))
    finally:
        server.terminate()
        server.communicate(timeout=10)


def fill(desk: Desk, *values: str) -> None:
    """Types into the fields of the third step, from the first on, whatever stood there."""
    back_to_the_third_step(desk)
    for _ in values:
        desk.keys("shift+tab")
    for value in values:
        desk.keys("ctrl+e", "ctrl+u", "ctrl+k")
        desk.type(value)
        desk.keys("tab")


def back_to_the_third_step(desk: Desk) -> None:
    """By esc, as often as it takes."""
    for _ in range(8):
        if "step 3 of 6" in desk.text():
            return
        desk.keys("esc")
    raise AssertionError(desk.text())


def skew(hello: dict[str, object], seconds: int) -> None:
    """Puts the simulated Apple's clock off."""
    body = json.dumps({"skew_s": seconds}).encode()
    request = urllib.request.Request(
        f"{hello['url']}/_sim/settings",
        body,
        {"Content-Type": "application/json", "X-Simulator-Token": str(hello["control_token"])},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_signals_end_it_and_leave_nothing(tmp_path: Path) -> None:
    desk = demo(tmp_path)
    try:
        desk.ready()
        os.kill(desk.pid, signal.SIGTERM)
        limit = time.perf_counter() + 10
        while time.perf_counter() < limit and any((tmp_path / "run").iterdir()):
            desk.settle(0.1, 0.5)
        assert not list((tmp_path / "run").iterdir())
        assert not (tmp_path / "ascinbox").exists()
    finally:
        desk.close()
