"""Linking, rotating, unlinking: proved first, saved as a whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.core.errors import AscinboxError, CredentialError, NetworkError, UsageError, VaultError
from ascinbox.core.filters import parse
from ascinbox.core.health.capabilities import LISTED, Capability
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.records import Account, CredentialKind
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.secret import Secret
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.world import SimulatedApp, Team
from ascinbox.sources.apple.source import apple_client
from ascinbox.store.store import Store
from ascinbox.vault import VaultKind
from ascinbox.workers.accounts.credentials import Candidate, from_file, from_found, from_text
from ascinbox.workers.accounts.linking import Linked, LinkRequest
from ascinbox.workers.accounts.retired_keys import WATCHED
from ascinbox.workers.reviews.activity import activity
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import MovedClock
from tests.workers.simulated_apple import Apple, Desk


def issuer_of(key: ApiKey) -> str | None:
    return None if key.individual else key.issuer_id


def candidate(space: Workspace, apple: Apple, key: ApiKey) -> Candidate:
    return from_file(space.vault, key.write(apple.keys), None, issuer_of(key))


def vendor(apple: Apple) -> str:
    return next(iter(apple.simulator.world.teams.values())).vendor


def new_key(apple: Apple, *roles: str, individual: bool = False, key_id: str = "NEWKEY0001") -> ApiKey:
    issuer = next(iter(apple.simulator.world.teams))
    return apple.simulator.world.add_key(ApiKey(key_id, issuer, roles, individual))


def link(space: Workspace, apple: Apple, key: ApiKey, name: str = "North", **request: object) -> Linked:
    number = None if key.individual else vendor(apple)
    trial = space.accounts.try_credential(candidate(space, apple, key), vendor=number)
    return space.accounts.link(LinkRequest(name, trial, vault=VaultKind.FILE, **request))  # type: ignore[arg-type]


def nothing_saved(space: Workspace) -> bool:
    keys = list(space.paths.keys.iterdir()) if space.paths.keys.exists() else []
    return not keys and space.accounts.list() == ()


def test_an_admin_key_links_with_all_that_works(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    linked = link(space, apple, apple.key())
    assert linked.gaps == ()
    assert linked.account.features == ("reviews", "reply", "sales", "finance", "analytics")
    assert linked.account.vendor == vendor(apple)
    assert {app.id for app in linked.apps} == set(apple.simulator.world.apps)
    credential = linked.account.primary
    assert credential.secret_ref.startswith("file:")
    assert credential.last_ok_at is not None
    assert space.health.matrix().status.value == "OK"
    assert "was copied to" in linked.notes[0]


def test_an_individual_key_links_without_issuer_and_without_money(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    linked = link(space, apple, apple.key("CUSTOMER_SUPPORT", individual=True))
    assert linked.account.features == ("reviews", "reply")
    assert linked.account.primary.kind == CredentialKind.INDIVIDUAL
    assert linked.health.verdicts["sales"].state is HealthState.NOT_POSSIBLE
    assert linked.health.verdicts["users"].state is HealthState.OFF


def test_a_chosen_feature_that_the_key_may_not_have_is_a_gap_and_no_refusal(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    linked = link(
        space, apple, apple.key("CUSTOMER_SUPPORT"), features=(Capability.REVIEWS, Capability.FINANCE)
    )
    assert [verdict.capability for verdict in linked.gaps] == ["finance"]
    assert linked.gaps[0].state is HealthState.NO_ROLE


def test_apps_can_be_hidden_and_unknown_ones_are_refused(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    first, *others = apple.simulator.world.apps
    linked = link(space, apple, apple.key(), apps=(first,))
    assert set(linked.account.hidden_apps) == set(others)
    with pytest.raises(UsageError, match="does not see app 1"):
        link(space, apple, apple.key("APP_MANAGER"), name="Other", apps=("1",))


# --- what is broken: each its own sentence, and nothing saved ---


def _revoked(apple: Apple, space: Workspace) -> Candidate:
    key = new_key(apple, "ADMIN")
    key.revoked = True
    return candidate(space, apple, key)


def _wrong_issuer(apple: Apple, space: Workspace) -> Candidate:
    return replace(candidate(space, apple, apple.key()), issuer_id="57246542-96fe-1a63-e053-0824d011072a")


def _individual_with_issuer(apple: Apple, space: Workspace) -> Candidate:
    key = apple.key(individual=True)
    return from_file(space.vault, key.write(apple.keys), None, key.issuer_id)


def _team_without_issuer(apple: Apple, space: Workspace) -> Candidate:
    return from_file(space.vault, apple.key().write(apple.keys), None, None)


def _clock_off(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.settings.skew_s = -3600
    return candidate(space, apple, apple.key())


def _unreachable(apple: Apple, space: Workspace) -> Candidate:
    space.base_url = "http://127.0.0.1:9"
    return candidate(space, apple, apple.key())


def _captive_portal(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.faults.add("html", path="/v1/apps", status=200, times=None)
    return candidate(space, apple, apple.key())


def _cut_short(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.faults.add("cut", path="/v1/apps", times=None)
    return candidate(space, apple, apple.key())


def _no_agreement(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.faults.add("status", path="/v1/apps", status=403, variant="agreement", times=None)
    return candidate(space, apple, apple.key())


def _lapsed(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.faults.add("status", path="/v1/*", status=403, variant="membership", times=None)
    return candidate(space, apple, apple.key())


def _no_role(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.faults.add("status", path="/v1/*", status=403, variant="role", times=None)
    return candidate(space, apple, apple.key())


def _apps_that_do_not_come(apple: Apple, space: Workspace) -> Candidate:
    apple.simulator.faults.add("list", path="/v1/apps", variant="empty", times=None)
    return candidate(space, apple, apple.key())


BROKEN: dict[str, Callable[[Apple, Workspace], Candidate]] = {
    "revoked, wrong key id or wrong issuer": _revoked,
    "an individual key with an issuer": _individual_with_issuer,
    "a team key without its issuer": _team_without_issuer,
    "the clock": _clock_off,
    "an unreachable host": _unreachable,
    "HTML instead of JSON": _captive_portal,
    "a page cut short": _cut_short,
    "an unsigned agreement": _no_agreement,
    "a lapsed membership": _lapsed,
    "no role at all": _no_role,
    "a list of apps that ends early": _apps_that_do_not_come,
}


def test_each_broken_connection_has_a_sentence_of_its_own_and_leaves_nothing(
    make_apple: Callable[..., Apple], tmp_path: Path
) -> None:
    sentences: dict[str, str] = {}
    for number, (name, spoil) in enumerate(BROKEN.items()):
        apple = make_apple(apps=1, reviews=3)
        desk = Desk(tmp_path / f"home{number}", apple)
        space = desk.open()
        with pytest.raises((CredentialError, NetworkError)) as caught:
            space.accounts.try_credential(spoil(apple, space), vendor=vendor(apple))
        assert caught.value.next_step, f"{name}: what now?"
        assert nothing_saved(space), name
        sentences[name] = re.sub(r"\b[A-Z0-9]{10}\b", "KEY", caught.value.title)
        space.close()
    assert len(set(sentences.values())) == len(BROKEN), sentences


def test_an_individual_key_with_an_issuer_is_told_to_leave_it_out(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    with pytest.raises(CredentialError, match="is an individual key, which has no issuer id") as caught:
        space.accounts.try_credential(_individual_with_issuer(apple, space))
    assert caught.value.next_step == "Leave the Issuer ID out."


def test_a_wrong_issuer_is_told_to_be_one_of_three(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    with pytest.raises(CredentialError, match="do not belong together") as caught:
        space.accounts.try_credential(_wrong_issuer(apple, space))
    assert "401 NOT_AUTHORIZED" in caught.value.detail


def test_the_clock_is_named_with_its_error(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    with pytest.raises(CredentialError, match="60 min ahead of Apple's") as caught:
        space.accounts.try_credential(_clock_off(apple, space))
    assert "timedatectl set-ntp true" in caught.value.next_step


def test_a_vendor_number_of_somebody_else_is_refused_by_name(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    with pytest.raises(CredentialError, match="does not know vendor number 80000001"):
        space.accounts.try_credential(candidate(space, apple, apple.key()), vendor="80000001")
    with pytest.raises(CredentialError, match="digits only"):
        space.accounts.try_credential(candidate(space, apple, apple.key()), vendor="8000-01")
    assert nothing_saved(space)


def test_defects_of_the_typed_values_are_told_before_anything_is_sent(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    pem = Secret(apple.key().pem())
    for key_id, issuer, words in (
        ("ABC", None, "3 of 10 characters"),
        ("abcd127f2k", None, "capital letters"),
        ("ABCD127F2K", "not-a-uuid", "of 36 characters"),
        (None, None, "key id is missing"),
    ):
        with pytest.raises(AscinboxError, match=words):
            from_text(pem, key_id, issuer, source="test")
    with pytest.raises(AscinboxError):
        from_text(Secret("nonsense"), "ABCD127F2K", None, source="test")
    path = apple.key().write(apple.keys)
    other = path.rename(path.with_name("mykey.p8"))
    with pytest.raises(UsageError, match="not in the file's name"):
        from_file(space.vault, other, None, None)
    assert apple.asked() == 0


def test_a_pasted_key_is_repaired(apple: Apple) -> None:
    pem = apple.key().pem()
    body = "".join(pem.splitlines()[1:-1])
    for text in (pem.replace("\n", "\\n"), pem.replace("\n", "\r\n"), body, f"  '{pem}' "):
        assert from_text(Secret(text), "ABCD127F2K", None, source="paste").secret.reveal() == pem


def test_a_list_of_apps_that_breaks_off_refuses_the_link(
    make_apple: Callable[..., Apple], tmp_path: Path
) -> None:
    apple = make_apple(apps=1, reviews=0)
    world, issuer = apple.simulator.world, apple.key().issuer_id
    for number in range(210):
        world.add_app(
            SimulatedApp(f"17{number:08d}", f"App {number}", f"example.n{number}", f"n{number}", issuer)
        )
    space = Desk(tmp_path / "home", apple).open()
    assert len(space.accounts.try_credential(candidate(space, apple, apple.key())).apps) == 211
    apple.simulator.faults.add("drop", path="/v1/apps", skip=2, times=None)
    with pytest.raises(NetworkError) as caught:
        space.accounts.try_credential(candidate(space, apple, apple.key()))
    assert caught.value.next_step
    assert nothing_saved(space)
    space.close()


def test_a_name_that_is_taken_by_another_team_is_refused(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    link(space, apple, apple.key())
    world = apple.simulator.world
    issuer = "00000000-0000-4000-8000-000000000001"
    world.add_team(Team("Elsewhere", issuer, "80999999"))
    world.add_app(SimulatedApp("1999999999", "Else", "example.else", "else", issuer))
    stranger = world.add_key(ApiKey("STRANGER01", issuer, ("ADMIN",)))
    trial = space.accounts.try_credential(candidate(space, apple, stranger))
    with pytest.raises(CredentialError, match="another team than North"):
        space.accounts.link(LinkRequest("north", trial, vault=VaultKind.FILE))
    assert len(space.accounts.list()) == 1
    assert len(list(space.paths.keys.iterdir())) == 1


def test_the_same_key_is_not_linked_twice(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    link(space, apple, apple.key())
    with pytest.raises(CredentialError, match="already linked as North"):
        link(space, apple, apple.key(), name="Again")


def test_a_vault_that_refuses_leaves_nothing(
    desk: Desk, apple: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, apple, apple.key()))
    with pytest.raises(VaultError, match="no keyring"):
        space.accounts.link(LinkRequest("North", trial, vault=VaultKind.KEYRING))
    assert nothing_saved(space)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(space.accounts, "_save", fail)
    with pytest.raises(OSError, match="no space"):
        space.accounts.link(LinkRequest("North", trial, vault=VaultKind.FILE))
    assert nothing_saved(space)


def test_read_only_links_nothing(desk: Desk, apple: Apple) -> None:
    space = desk.open(ui_read_only="true")
    with pytest.raises(AscinboxError, match="Read-only"):
        link(space, apple, apple.key())
    assert nothing_saved(space)


def test_a_key_of_the_environment_is_referred_to_and_never_copied(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    key = apple.key()
    space.vault.environment.plain["ASC_KEY_ID"] = key.key_id  # type: ignore[index]
    space.vault.environment.plain["ASC_ISSUER_ID"] = key.issuer_id  # type: ignore[index]
    space.vault.environment.plain["ASC_PRIVATE_KEY"] = key.pem()  # type: ignore[index]
    (found,) = space.vault.find_keys(Path("/nonexistent"), Path("/nonexistent"))
    trial = space.accounts.try_credential(from_found(space.vault, found))
    linked = space.accounts.link(LinkRequest("CI", trial))
    assert linked.account.primary.secret_ref == "env:ASC_PRIVATE_KEY"
    assert not space.paths.keys.exists()
    assert "ASC_PRIVATE_KEY" not in space.vault.environment.plain
    assert space.health.check().status.value == "OK"


# --- several credentials ---


def test_two_narrow_credentials_serve_one_account(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    link(space, apple, apple.key("CUSTOMER_SUPPORT", individual=True))
    both = link(space, apple, apple.key("FINANCE")).account
    assert len(space.accounts.list()) == 1
    used = {c.kind: c.capabilities for c in both.credentials}
    assert used[CredentialKind.INDIVIDUAL] == ("reviews", "reply")
    assert set(used[CredentialKind.TEAM]) == {"sales", "finance", "analytics"}
    report = space.health.check().accounts[0]
    states = {name: cell.verdict.state for name, cell in report.cells.items()}
    assert states["reviews"] is HealthState.OK
    assert states["finance"] is HealthState.OK
    assert report.cells["finance"].others[0].state is HealthState.NOT_POSSIBLE


def test_a_feature_that_is_switched_on_later_finds_its_credential(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    link(space, apple, apple.key("CUSTOMER_SUPPORT", individual=True))
    account = link(space, apple, apple.key()).account
    assert not space.people.may_ask(account)
    changed = space.accounts.set_features(account, (*account.features, "users"))
    assert space.people.may_ask(changed)
    space.health.check(only=["users"])
    assert space.people.refresh(space.accounts.find("North")), "by the key that was seen to be able"


def test_work_goes_to_the_credential_that_still_can(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    own = apple.key("CUSTOMER_SUPPORT", individual=True)
    link(space, apple, own)
    link(space, apple, apple.key())
    space.health.check()
    used = {c.kind: c.capabilities for c in space.accounts.find("North").credentials}
    assert "reviews" in used[CredentialKind.INDIVIDUAL]
    own.revoked = True
    space.health.check()
    used = {c.kind: c.capabilities for c in space.accounts.find("North").credentials}
    assert "reviews" in used[CredentialKind.TEAM]
    assert space.sync.run(datasets=["reviews"]).ok


# --- rotating ---


def test_rotation_keeps_the_account_and_everything_cached(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    account = link(space, apple, apple.key()).account
    app_id = next(iter(apple.simulator.world.apps))
    space.sync.run(datasets=["reviews"])
    before = space.store.call(lambda store: store.accounts.holdings(account.id))
    assert before.reviews > 0
    fresh = new_key(apple, "ADMIN")
    trial = space.accounts.try_credential(
        candidate(space, apple, fresh), vendor=account.vendor, account=account
    )
    old_ref = account.primary.secret_ref
    renewed = space.accounts.rotate(account, trial, vault=VaultKind.FILE).account
    assert renewed.id == account.id
    assert renewed.primary.key_id == fresh.key_id
    assert [c.key_id for c in renewed.credentials] == [fresh.key_id]
    act = next(item.act for item in activity(space) if isinstance(item, ActItem))
    change = f"team key {account.primary.key_id} -> {fresh.key_id}"
    assert (act.verb, act.subject, act.detail) == ("rotate", "North", change)
    assert space.store.call(lambda store: store.accounts.holdings(account.id)) == before
    assert apple_client(space.client_for(renewed, "reviews")).reviews(app_id).items
    assert Path(old_ref.removeprefix("file:")).exists(), "kept until Apple has revoked it"


def test_the_old_key_is_forgotten_once_apple_has_revoked_it(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    old = apple.key()
    account = link(space, apple, old).account
    ref = Path(account.primary.secret_ref.removeprefix("file:"))
    trial = space.accounts.try_credential(candidate(space, apple, new_key(apple, "ADMIN")), account=account)
    space.accounts.rotate(account, trial, vault=VaultKind.FILE)
    space.health.check()
    assert ref.exists()
    heard: list[object] = []
    space.subscribe(heard.append)
    old.revoked = True
    space.health.check()
    assert not ref.exists()
    assert any("revoked at Apple" in getattr(event, "text", "") for event in heard)
    assert space.health.check().status.value == "OK"


def test_a_key_that_comes_back_is_not_forgotten_as_an_old_one(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(clock=clock)
    first, second = apple.key(), new_key(apple, "ADMIN")
    account = link(space, apple, first).account
    for key in (second, first):
        trial = space.accounts.try_credential(candidate(space, apple, key), account=account)
        account = space.accounts.rotate(account, trial, vault=VaultKind.FILE).account
    clock.ahead = WATCHED + timedelta(days=1)
    apple.simulator.settings.skew_s = clock.ahead.total_seconds()
    space.health.check()
    assert Path(account.primary.secret_ref.removeprefix("file:")).exists()
    assert space.store.call(lambda store: store.observations.retired(account.id)) == ()


def test_a_wrong_clock_is_no_proof_that_the_old_key_was_revoked(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    account = link(space, apple, apple.key()).account
    ref = Path(account.primary.secret_ref.removeprefix("file:"))
    trial = space.accounts.try_credential(candidate(space, apple, new_key(apple, "ADMIN")), account=account)
    space.accounts.rotate(account, trial, vault=VaultKind.FILE)
    apple.simulator.settings.skew_s = -3600
    space.health.check()
    assert ref.exists()


def test_what_another_credential_can_do_is_not_lost(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    link(space, apple, apple.key("CUSTOMER_SUPPORT", individual=True))
    account = link(space, apple, apple.key("FINANCE")).account
    fresh = new_key(apple, "FINANCE")
    trial = space.accounts.try_credential(candidate(space, apple, fresh), account=account)
    renewed = space.accounts.rotate(account, trial, vault=VaultKind.FILE)
    assert renewed.gaps == ()
    assert {c.kind for c in renewed.account.credentials} == {CredentialKind.INDIVIDUAL, CredentialKind.TEAM}
    assert fresh.key_id in {c.key_id for c in renewed.account.credentials}


def test_the_new_key_is_kept_where_the_old_one_was(
    desk: Desk, apple: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = desk.open()
    space.vault.ask_passphrase = lambda _new: Secret("correct horse battery")
    trial = space.accounts.try_credential(candidate(space, apple, apple.key()))
    account = space.accounts.link(LinkRequest("North", trial, vault=VaultKind.ENCRYPTED)).account
    monkeypatch.setattr(space.vault, "keyring_usable", lambda: pytest.fail("nobody chose a keyring"))
    trial = space.accounts.try_credential(candidate(space, apple, new_key(apple, "ADMIN")), account=account)
    renewed = space.accounts.rotate(account, trial).account
    assert renewed.primary.secret_ref.startswith("enc:"), "never a weaker place than before"


def test_rotation_switches_on_what_the_new_key_can_do(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, apple, apple.key("CUSTOMER_SUPPORT")))
    account = space.accounts.link(LinkRequest("North", trial, vault=VaultKind.FILE)).account
    assert account.features == ("reviews", "reply")
    trial = space.accounts.try_credential(
        candidate(space, apple, new_key(apple, "ADMIN")), vendor=vendor(apple), account=account
    )
    wider = space.accounts.with_all_it_can(account, trial)
    assert space.accounts.compare(wider, trial).switched_on == ("Sales", "Finance", "Analytics")
    renewed = space.accounts.rotate(wider, trial, vault=VaultKind.FILE)
    assert renewed.account.features == ("reviews", "reply", "sales", "finance", "analytics")
    assert any("Sales, Finance, Analytics" in note for note in renewed.notes)
    assert space.health.check().accounts[0].cells["sales"].verdict.state is HealthState.OK


def test_a_rotation_to_a_key_that_does_no_more_switches_nothing_on(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, apple, apple.key("CUSTOMER_SUPPORT")))
    account = space.accounts.link(LinkRequest("North", trial, vault=VaultKind.FILE)).account
    fresh = new_key(apple, "CUSTOMER_SUPPORT")
    trial = space.accounts.try_credential(
        candidate(space, apple, fresh), vendor=vendor(apple), account=account
    )
    assert space.accounts.with_all_it_can(account, trial) == account
    assert space.accounts.compare(account, trial).switched_on == ()


def test_a_refused_rotation_changes_nothing(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    account = link(space, apple, apple.key()).account
    worse = candidate(space, apple, apple.key("CUSTOMER_SUPPORT"))
    trial = space.accounts.try_credential(worse, vendor=account.vendor, account=account)
    assert space.accounts.compare(account, trial).lost == ("Sales", "Finance", "Analytics")
    with pytest.raises(CredentialError, match="Sales, Finance, Analytics would stop working"):
        space.accounts.rotate(account, trial, vault=VaultKind.FILE)
    assert space.accounts.list() == (account,)
    assert len(list(space.paths.keys.iterdir())) == 1
    switched = space.accounts.rotate(account, trial, vault=VaultKind.FILE, accept_loss=True)
    assert {v.capability for v in switched.gaps} == {"sales", "finance", "analytics"}
    same = space.accounts.try_credential(worse, account=switched.account)
    with pytest.raises(CredentialError, match="is the one in use"):
        space.accounts.rotate(switched.account, same)


def test_a_new_vendor_number_is_tested_before_it_is_saved(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, apple, apple.key()))
    account = space.accounts.link(LinkRequest("North", trial, tuple(LISTED), vault=VaultKind.FILE)).account
    assert space.health.matrix().accounts[0].cells["sales"].verdict.state is HealthState.NEVER
    with pytest.raises(CredentialError):
        space.accounts.change_vendor(account, "80000001")
    assert space.accounts.find("North").vendor is None
    space.accounts.change_vendor(account, vendor(apple))
    assert space.accounts.find("North").vendor == vendor(apple)
    assert space.health.check().accounts[0].cells["sales"].verdict.state is HealthState.OK


def test_a_vendor_number_switches_on_the_figures_that_it_opens(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, apple, apple.key()))
    account = space.accounts.link(LinkRequest("North", trial, vault=VaultKind.FILE)).account
    assert "sales" not in account.features
    space.accounts.change_vendor(account, vendor(apple))
    assert {"sales", "finance"} <= set(space.accounts.find("North").features)


# --- unlinking ---


def test_unlinking_leaves_no_secret_and_no_trace(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    account = link(space, apple, apple.key()).account
    trial = space.accounts.try_credential(candidate(space, apple, new_key(apple, "ADMIN")), account=account)
    space.accounts.rotate(account, trial, vault=VaultKind.FILE)
    space.sync.run(datasets=["reviews"])
    space.health.check()
    held = space.accounts.holdings("North")
    assert held.apps == len(apple.simulator.world.apps)
    assert held.reviews > 0
    space.accounts.unlink("North")
    assert nothing_saved(space)
    counts = space.store.call(
        lambda store: {
            table: store.database.one(f"SELECT count(*) FROM {table}")
            for table in (
                "user.verdict",
                "user.verdict_change",
                "user.key_listing",
                "user.retired_key",
                "user.token_reminder",
                "user.analytics_request",
                "user.analytics_creation",
                "user.unreadable_data",
                "user.data_read",
                "user.person",
                "cache.review",
            )
        }
    )
    assert set(counts.values()) == {0}, json.dumps(counts)


DATASETS = ("reviews", "replies", "sales", "finance", "analytics", "summaries", "versions")
STAYS = {
    "user.act": "Activity tells that it was unlinked",
    "user.meta": "of the file, not of an account",
    "cache.meta": "of the file, not of an account",
    "cache.budget": "what is left of a key's hour, by key id; the key may be linked again",
    "cache.block": "blocks of the index, whose reviews are marked as gone and which are written anew later",
    "cache.term": "the same",
}


@pytest.mark.slow
def test_unlinking_leaves_nothing_that_only_this_account_had(desk: Desk, apple: Apple) -> None:
    """Whatever was fetched or said: reviews and what was said of them, figures, files, versions, digests."""
    space = desk.open()
    link(space, apple, apple.key())
    assert all(space.sync.run(datasets=[name]).ok for name in DATASETS)
    space.health.check()
    review = space.inbox.window(parse("", now=space.clock.now())).rows[0].id
    space.triage.note(review, "mine")
    space.triage.tag([review], add=["crash"])
    before = counts_of(space)
    for table in ("sales_fact", "sales_place", "finance_fact", "product", "report_file", "review_summary"):
        assert before[f"cache.{table}"], f"the test has no {table}"
    held = space.accounts.holdings("North")
    assert held.reports > 100
    space.accounts.unlink("North")
    left = {table for table, rows in counts_of(space).items() if rows and table not in STAYS}
    assert left == set()
    noted = space.store.call(lambda s: s.database.one("SELECT group_concat(name) FROM cache.meta"))
    assert "forget" not in (noted or "")


def counts_of(space: Workspace) -> dict[str, int]:
    """How many rows each table has."""

    def count(store: Store) -> dict[str, int]:
        return {
            f"{schema}.{name}": store.database.one(f"SELECT count(*) FROM {schema}.{name}")
            for schema in ("user", "cache")
            for (name,) in store.database.execute(
                f"SELECT name FROM {schema}.sqlite_schema WHERE type='table'"
            )
        }

    counted: dict[str, int] = space.store.call(count)
    return counted


def test_a_secret_that_cannot_be_removed_keeps_the_account(
    desk: Desk, apple: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = desk.open()
    link(space, apple, apple.key())

    def locked(_ref: str) -> bool:
        raise VaultError("The keyring is locked.", "", "Unlock it.")

    monkeypatch.setattr(space.vault, "delete", locked)
    with pytest.raises(VaultError, match="North was not unlinked") as caught:
        space.accounts.unlink("North")
    assert caught.value.next_step == "Unlock it."
    assert [a.name for a in space.accounts.list()] == ["North"]


def test_a_file_of_somebody_elses_is_left_alone(desk: Desk, apple: Apple) -> None:
    account: Account = apple.account()
    space = desk.open(account)
    notes = space.accounts.unlink("North")
    assert Path(account.primary.secret_ref.removeprefix("file:")).exists()
    assert "is not ours and stays there" in notes[0]
