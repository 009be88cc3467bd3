"""Health, Accounts, the wizard, rotating and inviting, by keyboard, against a simulated Apple."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.credential_shapes import Look, shorten_key_id
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.roles import Task
from ascinbox.simulator.server import serve_in_thread
from ascinbox.tui.accounts.screen import AccountsScreen
from ascinbox.tui.paint import width_of
from ascinbox.tui.widgets.field import Field
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.wizard.screen import WizardScreen
from ascinbox.vault import Reason, Vault, VaultRefusal
from ascinbox.workers.workspace import Workspace
from tests.tui.linked import Team, shown
from tests.tui.world import Ui

LAST_YEAR = date(datetime.now(UTC).year - 1, 1, 1)
"""Ten years of sales would cost seconds, and nothing here shows them."""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    simulator = Simulator(
        make_world(7, datetime.now(UTC), apps=3, reviews=9, sells_since=LAST_YEAR), hour_limit=100_000
    )
    tmp_path.chmod(0o700)
    with serve_in_thread(simulator) as served:
        yield Team(simulator, served.url, tmp_path)


def surface(role: str) -> str:
    """What a role is painted on."""
    return role.rpartition(" on ")[2]


def fits(ui: Ui, width: int) -> bool:
    return all(cell_len(line) <= width for line in ui.lines())


def test_a_field_that_is_not_on_the_screen_yet_takes_a_look() -> None:
    Field("issuer", "Issuer ID").look(Look(False, "36 characters"))


async def test_a_field_that_goes_is_not_painted_any_more(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        field = Field("issuer", "Issuer ID")
        await ui.app.screen.mount(field)
        await field.query(Lines).remove()
        # What was put off until the next paint comes after the field's parts have gone.
        field.on_resize()
        await ui.rest()
        assert ui.app.is_running


async def test_health_shows_the_matrix_and_n_goes_to_what_is_to_fix(team: Team) -> None:
    key = team.key("ADMIN")
    team.link("Northwind", key)
    key.refusals.update({Task.SALES: "agreement", Task.FINANCE: "role"})
    async with shown(team, "health") as ui:
        await ui.press("f5")
        await ui.until(lambda: "x contract" in ui.text())
        await ui.rest()
        lines = ui.lines()
        assert lines[1].startswith(" 2 ok · 2 to fix · 1 waiting · 1 unproven")
        assert lines[2] == "  Account     Reviews    Reply      Sales      Finance    Analytics  Users"
        assert lines[3] == "▌ Northwind   + ok       ? assumed  x contract x no role  ~ pending  + ok"
        row = ui.app.screen.query_one("#matrix", Lines).lines[1]
        assert (width_of(row), {surface(span.role) for span in row}) == (80, {"resting", "cursor"})
        assert [span.text for span in row if surface(span.role) == "cursor"] == ["+ ok"]
        await ui.press("n")
        assert "─ Northwind · Sales · x contract ─" in ui.text()
        assert "1 of 2 to fix · n next" in ui.text()
        assert re.search(r"Changed +was ok( until \d\d:\d\d)?, contract since \d\d:\d\d", ui.text())
        assert "403 FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED" in ui.text()
        assert "The Account Holder: App Store Connect > Business" in ui.text()
        await ui.press("n")
        assert ui.lines()[5].startswith("─ Northwind · Finance · x no role ─")
        await ui.press("y")
        assert "copied the fix" in ui.status
        await ui.press("n")
        assert ui.lines()[5].startswith("─ Northwind · Sales · x contract ─")
        assert fits(ui, 80)


async def test_health_at_120_columns_says_who_and_then(team: Team) -> None:
    key = team.key("ADMIN")
    team.link("Northwind", key)
    key.refusals[Task.FINANCE] = "role"
    async with shown(team, "health", size=(120, 36)) as ui:
        await ui.press("f5")
        await ui.until(lambda: "x no role" in ui.text())
        await ui.rest()
        text = ui.text()
        assert "exit code 2 (CRITICAL)" in ui.lines()[1]
        for label in (" Apple said", " Means", " Do ", " Then", " Who", " Or ", "Waiting and unproven"):
            assert label in text
        assert fits(ui, 120)


async def test_a_vault_that_hangs_does_not_hold_the_screen(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.link("Northwind", team.key("ADMIN"))

    answered = threading.Event()

    def hangs(*_: object) -> None:
        answered.wait(30.0)
        raise VaultRefusal(Reason.TIMED_OUT, "The keyring did not answer.", "", "Unlock it.")

    async with shown(team, "health") as ui:
        ui.workspace.clients.close()
        monkeypatch.setattr(Vault, "load", hangs)
        started = time.monotonic()
        await ui.press("f5", "right", background=False)
        await ui.until(lambda: "─ Northwind · Reply ·" in ui.text())
        assert not answered.is_set(), "a key was answered while the vault hung"
        assert time.monotonic() - started < 20.0
        assert "rejected" not in ui.text()
        answered.set()
        await ui.until(lambda: "x rejected" in ui.text())
        assert "The keyring did not answer." in ui.text()


async def test_a_cell_is_switched_off_and_on_again(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "health") as ui:
        await ui.press("G", "l", "l", "l", "enter")
        assert "Northwind · Finance" in ui.text()
        await ui.press("3")
        await ui.until(lambda: ". off" in ui.lines()[3])
        assert "finance" not in ui.workspace.accounts.find("Northwind").features
        await ui.press("enter", "2")
        await ui.until(lambda: "finance" in ui.workspace.accounts.find("Northwind").features)
        await ui.until(lambda: ". off" not in ui.lines()[3])


async def test_a_reply_is_tried_only_when_chosen(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "health") as ui:
        await ui.press("l", "enter")
        assert "try a reply to a review that cannot exist" in ui.text()
        await ui.press("escape")
        assert not [seen for seen in team.simulator.ledger.requests if seen.method == "POST"]
        await ui.press("enter", "4")
        await ui.until(lambda: "? likely" in ui.lines()[3])


async def test_accounts_shows_how_a_team_is_reached(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    team.link(
        "Indie (me)", team.key("CUSTOMER_SUPPORT", individual=True), (Capability.REVIEWS, Capability.REPLY)
    )
    async with shown(team, "accounts") as ui:
        await ui.until(lambda: "Customer Support" in ui.text())
        lines = ui.lines()
        assert lines[1].startswith(" 2 accounts · 3 apps")
        assert lines[2] == "  Account      Key         Kind  Key age  Apps  Sync  State"
        assert lines[3].startswith("▌ Northwind    K244…B6QK   team       0d     3     -  + ok")
        row = ui.app.screen.query_one("#actable", Lines).lines[1]
        assert (width_of(row), {surface(span.role) for span in row}) == (80, {"cursor"})
        assert "AuthKey_K244JXB6QK.p8   0600 ok" in ui.text()
        assert "Vendor number  81406487" in ui.text()
        assert "─ Teammates in App Store Connect ─" in ui.text()
        await ui.press("j")
        assert "none (individual key)" in ui.text()
        assert "(no Sales/Finance)" in ui.lines()[4]
        assert fits(ui, 80)


async def test_accounts_at_120_columns(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts", size=(120, 36)) as ui:
        await ui.until(lambda: "3500" in ui.text() or "100000" in ui.text())
        text = ui.text()
        for words in ("CONNECTION", "FEATURES YOU CHOSE", "TEAMMATES", "APPS", "HISTORY", "ROTATE"):
            assert words in text
        assert fits(ui, 120)


@pytest.mark.parametrize("size", [(60, 20), (50, 14), (40, 12)])
@pytest.mark.parametrize("place", ["health", "accounts"])
async def test_small_terminals_still_show_the_states(place: str, size: tuple[int, int], team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, place, size=size) as ui:
        assert "North" in ui.text()
        assert "+" in ui.text()
        assert fits(ui, size[0])


async def test_unlinking_needs_the_word_and_says_what_goes(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        await ui.press("D")
        assert "Unlink Northwind? This goes:" in ui.text()
        await ui.type("yes")
        await ui.press("enter")
        assert ui.workspace.accounts.list()
        await ui.press(*["backspace"] * 3)
        await ui.type("unlink")
        await ui.press("enter")
        await ui.until(lambda: not ui.workspace.accounts.list())
        assert list(team.paths.keys.iterdir()) == []


async def test_apps_are_hidden_and_shown_again(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        await ui.press("enter", "3", "enter")
        await ui.until(lambda: ui.workspace.accounts.find("Northwind").hidden_apps)
        await ui.press("escape")
        assert "(hidden: 1)" in ui.text()


async def test_read_only_changes_nothing_and_says_so(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts", ASCINBOX_UI_READ_ONLY="true") as ui:
        for key in ("A", "w", "I", "D"):
            await ui.press(key)
            assert "read-only" in ui.status


# --- the wizard ---


async def fill_key_step(ui: Ui, team: Team, role: str, name: str, *, key_id: str = "") -> None:
    key = team.key(role)
    await ui.type(key.issuer_id)
    await ui.press("tab")
    if key_id:
        await ui.type(key_id)
    await ui.press("tab")
    await ui.type(str(team.file(key)))
    await ui.press("tab")
    await ui.type(name)
    await ui.until(lambda: "ok EC P-256" in ui.text())


def wizard(ui: Ui) -> WizardScreen:
    screen = ui.app.screen_stack[-1]
    assert isinstance(screen, WizardScreen)
    return screen


def saved(team: Team) -> bool:
    return team.paths.keys.exists() and any(team.paths.keys.iterdir())


@pytest.mark.slow
async def test_the_wizard_links_in_six_steps_and_saves_nothing_before_the_last(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1")
        assert ui.lines()[0] == " Link an account" + "step 1 of 6".rjust(63)
        assert "Customer Support + Finance; Admin not needed" in ui.text()
        await ui.press("enter")
        assert "Access: Customer Support + Finance" in ui.text()
        await ui.press("y")
        await ui.press("enter")
        assert "[3 Key]" in ui.lines()[1]
        await fill_key_step(ui, team, "ADMIN", "North")
        assert f"[{team.key('ADMIN').key_id}" in ui.text(), "the key id is taken from the file's name"
        await ui.press("enter")
        await ui.until(lambda: "Live checks" in ui.text())
        assert "+ apps      3 found" in ui.text()
        assert "after the vendor number (step 6)" in ui.text()
        await ui.press("enter")
        assert "[4 Checks]" in ui.lines()[1]
        await ui.press("enter", "space")
        assert "Apps to show" in ui.text()
        await ui.press("enter")
        assert "[6 Vendor]" in ui.lines()[1]
        await ui.type("80000001")
        await ui.press("enter")
        await ui.until(lambda: "does not know vendor number 80000001" in ui.text())
        await ui.press(*["backspace"] * 8)
        await ui.type(team.vendor)
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        assert not saved(team)
        assert ui.workspace.accounts.list() == ()
        await ui.press("1")
        await ui.until(lambda: ui.workspace.accounts.list())
        (account,) = ui.workspace.accounts.list()
        assert (account.name, account.vendor) == ("North", team.vendor)
        assert len(account.hidden_apps) == 1
        assert saved(team)
        # One lands where the reviews appear, without a key.
        await ui.until(lambda: ui.app.current_mode == "inbox")
        await ui.until(lambda: ui.inbox.listing.data.rows, 15)
        await ui.until(lambda: ui.app.frame.synced_at is not None, 15)
        oldest = ui.workspace.inbox.window(ui.workspace.inbox.query("is:needs-reply sort:oldest")).rows
        await ui.until(lambda: ui.current == oldest[0].id)
        assert [row.id for row in ui.inbox.listing.data.rows] == [row.id for row in oldest]
        assert "F5 shows" not in ui.text(), "nobody has a place to keep yet"
        await ui.press("5")
        await ui.until(lambda: "North" in ui.lines()[3])


@pytest.mark.slow
async def test_esc_goes_back_and_keeps_what_was_typed_even_after_leaving(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter")
        await fill_key_step(ui, team, "ADMIN", "North")
        await ui.press("escape", "escape", "escape")
        assert "[5 Accounts" in ui.lines()[0]
        await ui.press("A", "1")
        assert "continuing where you left" in ui.status
        await ui.press("enter", "enter")
        assert wizard(ui).value("name") == "North"
        assert wizard(ui).value("file").endswith(".p8")
        assert not saved(team)


@pytest.mark.slow
async def test_three_faults_have_three_sentences_and_the_input_stays(team: Team) -> None:
    sentences = set()
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter")
        await fill_key_step(ui, team, "ADMIN", "North", key_id="ABC")
        await ui.press("enter")
        await ui.until(lambda: " x " in ui.text())
        sentences.add(next(line for line in ui.lines() if line.startswith(" x ")))
        wizard(ui).fields["key_id"].fill(team.key("ADMIN").key_id)
        other = team.folder / "keys" / "broken.p8"
        other.write_text("not a key")
        other.chmod(0o600)
        wizard(ui).fields["file"].fill(str(other))
        await ui.press("enter")
        await ui.until(lambda: "does not hold a private key" in ui.text())
        sentences.add(next(line for line in ui.lines() if line.startswith(" x ")))
        wizard(ui).fields["file"].fill(str(team.file(team.key("ADMIN"))))
        team.simulator.settings.skew_s = -600.0
        await ui.press("enter")
        await ui.until(lambda: "ahead of Apple's" in ui.text())
        sentences.add(next(line for line in ui.lines() if line.startswith(" x ")))
        assert wizard(ui).value("name") == "North"
    assert len(sentences) == 3
    assert not saved(team)


@pytest.mark.slow
async def test_values_are_judged_while_one_types(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter")
        await ui.type("69a6de7f")
        assert "8 of 36 characters" in ui.text()
        await ui.type("-03d1-47e3-e053-5b8c7c11a4d1")
        assert "ok UUID" in ui.text()
        open_file = team.folder / "keys" / "AuthKey_OPENTOALL0.p8"
        open_file.write_text(team.key("ADMIN").pem()) if open_file.parent.exists() else None
        team.file(team.key("ADMIN")).chmod(0o644)
        await ui.press("tab", "tab")
        await ui.type(str(team.folder / "keys" / f"AuthKey_{team.key('ADMIN').key_id}.p8"))
        await ui.until(lambda: "open to others" in ui.text())


@pytest.mark.slow
async def test_an_individual_key_is_not_asked_for_an_issuer(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "tab")
        assert "never with an individual key" in ui.text()
        await ui.press("enter", "enter")
        assert "Issuer ID  [" not in ui.text()
        key = team.key("CUSTOMER_SUPPORT", individual=True)
        await ui.type(key.key_id)
        await ui.press("tab")
        await ui.type(str(team.file(key)))
        await ui.press("tab")
        await ui.type("Mine")
        await ui.press("enter")
        await ui.until(lambda: "Live checks" in ui.text())
        await ui.press("enter", "enter", "enter")
        assert "Not needed" in ui.text()
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        await ui.press("1")
        await ui.until(lambda: ui.workspace.accounts.list())
        assert ui.workspace.accounts.list()[0].primary.kind == "individual"


async def test_keys_of_other_tools_are_offered(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = team.folder / ".private_keys"
    key = team.key("ADMIN")
    key.write(folder)
    monkeypatch.setenv("HOME", str(team.folder))
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter")
        await ui.until(lambda: "Keys that were found on this machine" in ui.text())
        await ui.press("1")
        assert wizard(ui).value("key_id") == key.key_id
        assert wizard(ui).value("file").endswith(f"AuthKey_{key.key_id}.p8")


@pytest.mark.slow
async def test_a_sealed_key_asks_for_a_passphrase_of_its_own(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter")
        await fill_key_step(ui, team, "ADMIN", "North")
        await ui.press("enter")
        await ui.until(lambda: "Live checks" in ui.text())
        await ui.press("enter", "enter", "enter")
        await ui.type(team.vendor)
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        await ui.press("2")
        await ui.until(lambda: "Choose a passphrase" in ui.text())
        await ui.type("correct horse")
        assert "correct" not in ui.text()
        await ui.press("tab")
        await ui.type("correct horsf")
        await ui.press("enter")
        assert "the two differ" in ui.text()
        await ui.press("backspace")
        await ui.type("e")
        await ui.press("enter")
        await ui.until(lambda: ui.workspace.accounts.list())
        assert ui.workspace.accounts.list()[0].primary.secret_ref.startswith("enc:")
        assert [path.suffix for path in team.paths.keys.iterdir()] == [".sealed"]


@pytest.mark.slow
async def test_rotating_shows_both_keys_and_a_loss_needs_the_word(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        await ui.press("w")
        assert "A new key for Northwind" in ui.lines()[0]
        await ui.press("enter")
        worse = team.key("CUSTOMER_SUPPORT")
        await ui.type(worse.key_id)
        await ui.press("tab")
        await ui.type(str(team.file(worse)))
        await ui.press("enter")
        await ui.until(lambda: "Live checks" in ui.text())
        await ui.press("enter")
        assert "Old key and new key" in ui.text()
        assert "Sales, Finance, Analytics, Users would stop working" in ui.text().replace("\n ", " ")
        await ui.press("enter")
        await ui.type("switch")
        await ui.press("enter")
        assert "[6 Vendor]" in ui.lines()[1]
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        assert ui.workspace.accounts.find("Northwind").primary.key_id == team.key("ADMIN").key_id
        await ui.press("1")
        await ui.until(lambda: ui.workspace.accounts.find("Northwind").primary.key_id == worse.key_id)


async def test_with_several_keys_the_one_to_be_replaced_is_asked_for(team: Team) -> None:
    team.link("Northwind", team.key("CUSTOMER_SUPPORT", individual=True))
    team.link("Northwind", team.key("FINANCE"))
    async with shown(team, "accounts") as ui:
        await ui.press("w")
        assert "Which is to be replaced?" in ui.text()
        await ui.press("2", "enter")
        assert "[3 Key]" in ui.lines()[1]
        assert "Issuer ID  [" in ui.text(), "the second is a team key"
        await ui.press("escape", "escape", "4")
        await ui.until(lambda: "Northwind · Users" in ui.text())
        await ui.press("left", "left")
        assert "Northwind · Finance" in ui.text()
        await ui.press("w", "enter")
        assert "Issuer ID  [" in ui.text(), "the cell was tested with the team key"


# --- inviting ---


async def test_inviting_asks_who_what_and_begins_on_back(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        await ui.press("I")
        await ui.type("mia@new.example")
        await ui.press("tab")
        await ui.type("Mia")
        await ui.press("tab")
        await ui.type("Berg")
        await ui.press("enter")
        assert "Replies only" in ui.text()
        await ui.press("1", "1")
        assert "▌1 back, change something" in ui.text()
        await ui.press("enter")
        assert not [s for s in team.simulator.ledger.requests if s.method == "POST"]
        await ui.press("enter", "1", "1", "2")
        await ui.until(lambda: "PENDING" in ui.text())
        assert "mia@new.example" in ui.text()


@pytest.mark.slow
async def test_an_invitation_is_limited_to_the_ticked_apps(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        await ui.press("I")
        await ui.type("mia@new.example")
        await ui.press("tab")
        await ui.type("Mia")
        await ui.press("tab")
        await ui.type("Berg")
        await ui.press("enter", "1", "2", "4", "3", "3")
        assert "go on with 2 apps" in ui.text()
        await ui.press("5", "2")
        await ui.until(lambda: "PENDING" in ui.text())
        names = sorted(app.name for app in team.simulator.world.apps.values())
        (person,) = [
            p
            for p in ui.workspace.people.known(ui.workspace.accounts.find("Northwind"))
            if p.email == "mia@new.example"
        ]
        assert not person.all_apps
        by_id = {app.id: app.name for app in team.simulator.world.apps.values()}
        assert sorted(by_id[app_id] for app_id in person.apps) == [names[0], names[2]]


async def test_several_roles_are_ticked_for_one_invitation(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        await ui.press("I")
        await ui.type("jo@new.example")
        await ui.press("tab")
        await ui.type("Jo")
        await ui.press("tab")
        await ui.type("Lee")
        await ui.press("enter", "5", "1")
        assert "go on with Customer Support" in ui.text()
        await ui.press("4")
        assert "go on with Customer Support, Finance" in ui.text()
        await ui.press("1")
        assert "Customer Support + Finance; sees all apps" in ui.text()
        await ui.press("2")
        await ui.until(lambda: "PENDING" in ui.text())
        (effect,) = team.simulator.ledger.effects
        sent = next(iter(team.simulator.world.teams.values())).invitations[effect.target]
        assert set(sent.roles) == {"CUSTOMER_SUPPORT", "FINANCE"}


async def member_menu(ui: Ui, name: str) -> None:
    """Opens what can be done with somebody of the team."""
    await ui.until(lambda: name in ui.text())
    await ui.press("enter", "5")
    lines = [line for line in ui.lines() if re.search(r"\d \S+@", line)]
    row = next(line for line in lines if name in line)
    digit = re.search(r"(\d) \S+@", row)
    assert digit is not None
    await ui.press(digit[1])


async def test_a_teammate_is_removed_by_a_typed_word_and_what_breaks_is_said(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts", size=(100, 40)) as ui:
        await member_menu(ui, "anna@north")
        await ui.press("2")
        await ui.until(lambda: "loses all access" in ui.text())
        assert "a team key belongs to nobody" in ui.text()
        await ui.press("enter")
        await ui.type("yes")
        await ui.press("enter")
        assert not team.simulator.ledger.effects
        await ui.press("ctrl+u")
        await ui.type("remove")
        await ui.press("enter")
        await ui.until(lambda: "REMOVED" in ui.text())
        assert [effect.kind for effect in team.simulator.ledger.effects] == ["user_removed"]


async def test_roles_of_a_teammate_are_changed_by_ticks_and_a_word(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts", size=(100, 40)) as ui:
        await member_menu(ui, "anna@north")
        await ui.press("1")
        await ui.until(lambda: "go on with Customer Support" in ui.text())
        await ui.press("3")
        assert "go on with Customer Support, Sales" in ui.text()
        await ui.press("1")
        await ui.until(lambda: "Gains: Sales." in ui.text())
        await ui.type("change")
        await ui.press("enter")
        await ui.until(lambda: bool(team.simulator.ledger.effects))
        (effect,) = team.simulator.ledger.effects
        assert set(effect.text.split(",")) == {"CUSTOMER_SUPPORT", "SALES"}


async def test_a_key_in_a_variable_is_offered(team: Team) -> None:
    key = team.key("ADMIN")
    async with shown(
        team,
        "accounts",
        ASC_KEY_ID=key.key_id,
        ASC_ISSUER_ID=key.issuer_id,
        ASC_PRIVATE_KEY=key.pem(),
    ) as ui:
        await ui.press("A", "1", "enter", "enter")
        await ui.until(lambda: "asc's variable ASC_PRIVATE_KEY" in ui.text())
        await ui.press("1")
        assert wizard(ui).value("file") == "env:ASC_PRIVATE_KEY"
        await ui.until(lambda: "ok EC P-256" in ui.text())
        await ui.press("tab", "tab", "tab")
        await ui.type("CI")
        await ui.press("enter")
        await ui.until(lambda: "Live checks" in ui.text())


async def test_a_missing_file_is_said_and_the_sentence_goes_when_one_types(team: Team) -> None:
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter", "tab", "tab", "tab")
        await ui.type("North")
        await ui.press("enter")
        await ui.until(lambda: "The .p8 file is missing" in ui.text())
        await ui.type("!")
        assert "The .p8 file is missing" not in ui.text()


async def test_the_wizard_at_40_by_12_shows_the_kind_and_the_refusal(team: Team) -> None:
    async with shown(team, "accounts", size=(40, 12)) as ui:
        await ui.press("A", "1")
        assert "Team key, tab" in ui.text()
        await ui.press("tab")
        assert "Individual key, tab" in ui.text()
        await ui.press("enter", "enter")
        await ui.type("2X9R4HXF34")
        await ui.press("tab")
        await ui.type("/nothing/here.p8")
        await ui.press("tab")
        await ui.type("North")
        await ui.press("enter")
        await ui.until(lambda: "There is no key file" in ui.text())
        assert "chmod 600" in ui.text(), "the way out is seen too"
        assert "[North" in ui.text()
        assert fits(ui, 40)


async def test_without_a_key_that_may_the_clicks_are_shown(team: Team) -> None:
    team.link("Plain", team.key("MARKETING"), (Capability.REVIEWS,))
    async with shown(team, "accounts") as ui:
        await ui.press("I")
        assert "No key of this account may invite" in ui.text()
        await ui.type("mia@new.example")
        await ui.press("tab")
        await ui.type("Mia")
        await ui.press("tab")
        await ui.type("Berg")
        await ui.press("enter", "3")
        assert "Users and Access > People > +" in ui.text()
        assert "Roles: Finance" in ui.text()


async def test_somebody_on_the_team_is_not_invited_again(team: Team) -> None:
    team.link("Northwind", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        member = next(p for p in ui.workspace.people.refresh(ui.workspace.accounts.find("Northwind")))
        await ui.press("I")
        await ui.type(member.email)
        await ui.press("tab")
        await ui.type("A")
        await ui.press("tab")
        await ui.type("B")
        await ui.press("enter", "3", "2")
        await ui.until(lambda: "is on the team already" in ui.text())


@pytest.mark.slow
async def test_a_file_that_was_put_right_and_another_key_id_are_seen(team: Team) -> None:
    path = team.file(team.key("ADMIN"))
    path.chmod(0o644)
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "enter", "enter", "tab")
        await ui.type("ZZZZZZZZZZ")
        await ui.press("tab")
        await ui.type(str(path))
        await ui.until(lambda: "open to others" in ui.text())
        path.chmod(0o600)
        await ui.until(lambda: "ok EC P-256" in ui.text())
        assert "open to others" not in ui.text()
        assert f"file says {team.key('ADMIN').key_id}" in ui.text()


@pytest.mark.slow
async def test_accounts_follows_a_sync(team: Team) -> None:
    team.link("North", team.key("ADMIN"))
    async with shown(team, "accounts") as ui:
        screen = ui.app.top
        assert isinstance(screen, AccountsScreen)
        assert screen.views[0].synced_at is None
        await asyncio.to_thread(ui.workspace.sync.run)
        await ui.until(lambda: screen.views[0].synced_at is not None, 15)
        assert " <1m " in ui.text()


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["same", "esc"])
async def test_the_wizard_asks_whose_team_a_key_without_a_common_app_is_of(team: Team, answer: str) -> None:
    world = team.simulator.world
    one = team.key("CUSTOMER_SUPPORT", individual=True)
    other = world.add_key(ApiKey("OTHERUSER1", one.issuer_id, ("CUSTOMER_SUPPORT",), individual=True))
    for key, app_id in zip((one, other), list(world.apps), strict=False):
        team.simulator.happen("show", key_id=key.key_id, app_ids=[app_id])
    team.link("North", one, (Capability.REVIEWS, Capability.REPLY))
    async with shown(team, "accounts") as ui:
        await ui.press("A", "1", "tab", "enter", "enter")
        await ui.type(other.key_id)
        await ui.press("tab")
        await ui.type(str(team.file(other)))
        await ui.press("tab")
        await ui.type("North")
        await ui.press("enter")
        await ui.until(lambda: "Live checks" in ui.text())
        await ui.press("enter", "enter", "enter", "enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        await ui.press("1")
        await ui.until(lambda: "does not show whether this key is of the same team" in ui.text())
        assert "Type same and enter" in ui.text()
        assert "--same-team" not in ui.text()
        await ui.type("yes")
        await ui.press("enter")
        assert "type same and enter, or esc" in ui.text()
        assert len(ui.workspace.accounts.list()[0].credentials) == 1
        if answer == "same":
            await ui.press(*["backspace"] * 3)
            await ui.type("same")
            await ui.press("enter")
            await ui.until(lambda: len(ui.workspace.accounts.list()[0].credentials) == 2)
            await ui.until(lambda: "1 account · 2 apps" in ui.text())
            assert f"{shorten_key_id(other.key_id)} is used for reviews, reply" in ui.text()
        else:
            await ui.press("escape")
            await ui.rest()
            assert isinstance(ui.app.screen_stack[-1], WizardScreen)
            assert len(ui.workspace.accounts.list()[0].credentials) == 1


async def test_a_members_accounts_are_shown_without_keys_and_changed_where_a_worker_runs(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.link("Northwind", team.key("ADMIN"))
    monkeypatch.setattr(Workspace, "asks_no_store", property(lambda _: True))
    async with shown(team, "accounts") as ui:
        await ui.until(lambda: "Northwind" in ui.text())
        assert "the team's workers hold them; none is on this machine" in ui.text()
        assert "Issuer" not in ui.text()
        assert "Key file" not in ui.text()
        for key in ("A", "w", "I", "D", "f5"):
            await ui.press(key)
            assert "a member of a team asks no store" in ui.status, key
            assert isinstance(ui.app.screen, AccountsScreen), key
        await ui.press("enter")
        assert "see its connection (Health)" in ui.text()
        assert "give it a new key" not in ui.text()
