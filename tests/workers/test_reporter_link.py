"""A Reporter token as a credential: validated by the service, sales and finance only, 180 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.errors import CredentialError, NetworkError, UsageError
from ascinbox.core.events import Notice
from ascinbox.core.health.capabilities import LISTED, Capability
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.status import Status
from ascinbox.core.records import Account, CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.vault import VaultKind
from ascinbox.workers.accounts.credentials import (
    Candidate,
    for_account,
    from_file,
    reporter_from_file,
    reporter_token,
)
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.accounts.token_reminders import remind
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

S = HealthState


def token_of(apple: Apple) -> str:
    return next(iter(apple.simulator.world.teams.values())).reporter_token


def candidate(space: Workspace, token: str) -> Candidate:
    return reporter_token(Secret(token), space.clock.now(), "test")


def test_a_token_links_with_its_vendor_discovered(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    vendor = next(iter(apple.simulator.world.teams.values())).vendor
    assert trial.vendors == (vendor,)
    linked = space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE))
    assert linked.account.features == ("sales", "finance")
    assert linked.account.vendor == vendor
    credential = linked.account.primary
    assert credential.kind == CredentialKind.REPORTER
    assert credential.expires_at is not None
    assert credential.expires_at - space.clock.now() > timedelta(days=179)
    path = Path(credential.secret_ref.removeprefix("file:"))
    assert (path.suffix, path.stat().st_mode & 0o777) == (".token", 0o600)
    cells = space.health.check().accounts[0].cells
    assert cells["sales"].verdict.state is S.OK
    assert cells["finance"].verdict.state is S.OK
    assert cells["reviews"].verdict.state is S.NOT_POSSIBLE


def test_an_old_token_is_refused_and_nothing_saved(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    with pytest.raises(CredentialError, match="no longer accepts this Reporter token") as caught:
        space.accounts.try_credential(candidate(space, "8e2f1c04-5b6a-4d3e-9f70-1a2b3c4d5e6f"))
    assert "About Reports" in caught.value.next_step
    assert not space.paths.keys.exists()


def test_what_is_no_token_is_refused_before_anything_is_sent(desk: Desk, tmp_path: Path) -> None:
    space = desk.open()
    for text in ("", "short", "with blanks in it and long enough to be one"):
        with pytest.raises(CredentialError, match="not a Reporter access token"):
            candidate(space, text)
    tmp_path.chmod(0o700)
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_text("8e2f1c04-5b6a-4d3e-9f70-1a2b3c4d5e6f\n")
    assert (
        reporter_from_file(space.vault, file, space.clock.now()).secret.reveal()
        == "8e2f1c04-5b6a-4d3e-9f70-1a2b3c4d5e6f"
    )


def test_a_token_beside_a_review_key_gives_the_numbers(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    key = apple.key("CUSTOMER_SUPPORT")
    own = from_file(space.vault, key.write(apple.keys), None, key.issuer_id)
    features = (Capability.REVIEWS, Capability.REPLY)
    space.accounts.link(
        LinkRequest("North", space.accounts.try_credential(own), features, vault=VaultKind.FILE)
    )
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    both = space.accounts.link(LinkRequest("North", trial, vault=VaultKind.FILE)).account
    used = {c.kind: set(c.capabilities) for c in both.credentials}
    assert used[CredentialKind.TEAM] == {"reviews", "reply"}
    assert used[CredentialKind.REPORTER] == {"sales", "finance"}
    cells = space.health.check().accounts[0].cells
    assert {n: c.verdict.state for n, c in cells.items() if n in LISTED[:4]} == {
        "reviews": S.OK,
        "reply": S.ASSUMED,
        "sales": S.OK,
        "finance": S.OK,
    }


def test_a_token_that_died_is_told_from_its_day(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE))
    for team in apple.simulator.world.teams.values():
        team.reporter_token = "00000000-0000-4000-8000-000000000000"
    cells = space.health.check().accounts[0].cells
    assert cells["sales"].verdict.state is S.REJECTED
    assert "180 days" in cells["sales"].verdict.detail


def test_the_end_of_a_token_is_said_in_good_time_and_once(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    account = space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE)).account
    heard: list[str] = []
    space.subscribe(lambda event: heard.append(event.text) if isinstance(event, Notice) else None)
    made = account.primary.expires_at
    assert made is not None
    for days in (40, 29, 28, 13, 2, 0, -1):
        ends = space.clock.now() + timedelta(days=days, hours=1)
        aged = replace(account, credentials=(replace(account.primary, expires_at=ends),))
        remind(space, [aged])
    assert [text.partition(";")[0].removeprefix("Numbers: the Reporter token ") for text in heard] == [
        "ends in 29 days",
        "ends in 13 days",
        "ends in 2 days",
        "ends within a day",
    ]


def test_a_token_with_ten_hours_left_is_in_the_matrix_and_in_the_exit_code(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    made = space.clock.now() - timedelta(days=180) + timedelta(hours=10)
    token = reporter_token(Secret(token_of(apple)), space.clock.now(), "test", made)
    trial = space.accounts.try_credential(token)
    space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE))
    report = space.health.check()
    cell = report.accounts[0].cells["sales"].verdict
    assert (cell.state, cell.severity, report.status.exit_code) == (S.EXPIRING, 1, 1)
    assert cell.expires_at is not None
    assert abs(cell.expires_at - space.clock.now() - timedelta(hours=10)) < timedelta(minutes=2)


def test_the_day_of_a_token_is_not_in_the_future(desk: Desk, apple: Apple) -> None:
    now = desk.open().clock.now()
    with pytest.raises(UsageError, match="still to come"):
        reporter_token(Secret(token_of(apple)), now, "test", now + timedelta(days=2))


def several(apple: Apple) -> None:
    for team in apple.simulator.world.teams.values():
        team.reporter_accounts = {"1234567": "North AG", "7654321": "South AG"}


def test_a_person_with_several_accounts_chooses_one(desk: Desk, apple: Apple) -> None:
    several(apple)
    space = desk.open()
    token = candidate(space, token_of(apple))
    with pytest.raises(CredentialError, match="several accounts") as refused:
        space.accounts.try_credential(token)
    assert "1234567 North AG, 7654321 South AG" in refused.value.detail
    assert ".." not in refused.value.detail
    assert "--reporter-account" in refused.value.next_step
    trial = space.accounts.try_credential(for_account(token, "7654321"))
    linked = space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE)).account
    assert linked.primary.reporter_account == "7654321"
    assert space.health.check().accounts[0].cells["sales"].verdict.state is S.OK
    result = space.sync.run(datasets=["finance"])
    assert result.accounts[0].datasets["finance"].requests > 0
    assert "several accounts" not in result.accounts[0].datasets["finance"].detail


def test_a_linked_token_whose_person_got_a_second_account_is_told_which(desk: Desk, apple: Apple) -> None:
    space = desk.open()
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    account = space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE)).account
    several(apple)
    cell = space.health.check().accounts[0].cells["sales"].verdict
    assert (cell.state, cell.severity) == (S.REJECTED, 2)
    assert "several accounts" in cell.detail
    assert "ascinbox rotate Numbers --reporter-account NUMBER" in cell.fix
    assert "1234567 North AG" in cell.evidence
    with pytest.raises(UsageError, match="no account number"):
        space.accounts.change_reporter_account(account, "north")
    changed = space.accounts.change_reporter_account(account, "1234567")
    assert changed.primary.reporter_account == "1234567"
    assert space.health.check().accounts[0].cells["sales"].verdict.state is S.OK


def test_an_account_number_that_reporter_does_not_know_is_no_success(desk: Desk, apple: Apple) -> None:
    several(apple)
    space = desk.open()
    with pytest.raises(CredentialError, match="account number is not the token's"):
        space.accounts.try_credential(for_account(candidate(space, token_of(apple)), "5555555"))


GET_REPORT = {"path": "/reportservice/*", "query": "*.getReport*"}
UNKNOWN_TABLE = {
    "status": 200,
    "body": "Colour\tShape\nred\tround\n",
    "headers": {"content-type": "application/a-gzip"},
}
SPOILED: list[tuple[str, dict[str, Any]]] = [
    ("cut", {}),
    ("answer", UNKNOWN_TABLE),
    ("answer", {"status": 200, "body": "<html>Sign in</html>", "headers": {"content-type": "text/html"}}),
]


def linked(space: Workspace, apple: Apple) -> Account:
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    return space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE)).account


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "options"), SPOILED)
def test_a_token_whose_files_cannot_be_read_is_not_linked_as_working(
    desk: Desk, apple: Apple, kind: str, options: dict[str, Any]
) -> None:
    """Naming its vendor numbers proves nothing of the files."""
    apple.simulator.faults.add(kind, "POST", times=None, **GET_REPORT, **options)
    space = desk.open(sync_report_days="4")
    trial = space.accounts.try_credential(candidate(space, token_of(apple)))
    states = {c: trial.verdicts[c].state for c in (Capability.SALES, Capability.FINANCE)}
    assert set(states.values()) == {S.STALLED}
    assert "cannot be read" in trial.verdicts[Capability.SALES].detail
    account = linked(space, apple)
    assert account.features == ("sales", "finance")
    assert space.health.check().status is Status.CRITICAL
    if kind == "cut":
        # Each file would be tried twice, a second apart.
        return
    assert not space.sync.run().ok
    assert space.health.exit_code() == 2
    apple.simulator.faults.clear()
    assert space.sync.run().ok
    # Also after a sync that has nothing to ask for.
    assert space.sync.run().ok
    assert space.health.exit_code() == 0
    assert space.health.check().status is Status.OK


@pytest.mark.slow
def test_reports_that_reporter_answers_with_an_empty_404_are_not_fine(desk: Desk, apple: Apple) -> None:
    space = desk.open(sync_report_days="4")
    linked(space, apple)
    apple.simulator.faults.add("empty", "POST", times=None, status=404, **GET_REPORT)
    assert not space.sync.run().ok
    # What was known before says ok; the refusal of the files counts all the same.
    assert space.health.exit_code() == 2
    cells = space.health.matrix().accounts[0].cells
    assert {cells[name].verdict.state for name in ("sales", "finance")} == {S.STALLED}
    assert "gave no reason" in cells["sales"].verdict.detail
    assert space.health.check().status is Status.CRITICAL
    assert cells["sales"].verdict.fix
    apple.simulator.faults.clear()
    # A probe is let through again; nothing was read yet.
    assert space.health.check().status is Status.CRITICAL
    assert space.sync.run().ok
    assert space.health.check().status is Status.OK


def test_a_day_without_sales_proves_that_a_token_works(desk: Desk, apple: Apple) -> None:
    none = "<Error><Code>213</Code><Message>There were no sales for the date specified.</Message></Error>"
    apple.simulator.faults.add(
        "answer",
        "POST",
        times=None,
        status=404,
        body=none,
        headers={"content-type": "text/xml"},
        **GET_REPORT,
    )
    trial = desk.open(sync_report_days="4").accounts.try_credential(
        candidate(desk.open(sync_report_days="4"), token_of(apple))
    )
    assert trial.verdicts[Capability.SALES].state is S.OK


def test_a_web_page_names_no_vendors(desk: Desk, apple: Apple) -> None:
    page = "<!DOCTYPE html><html><body>Call 0800 1234567</body></html>"
    apple.simulator.faults.add(
        "answer",
        "POST",
        "/reportservice/*",
        times=None,
        status=200,
        body=page,
        headers={"content-type": "text/html"},
    )
    with pytest.raises(NetworkError, match="web page"):
        desk.open(sync_report_days="4").accounts.try_credential(
            candidate(desk.open(sync_report_days="4"), token_of(apple))
        )


def test_a_new_token_is_not_judged_by_what_the_old_one_was_refused(desk: Desk, apple: Apple) -> None:
    space = desk.open(sync_report_days="4")
    account = linked(space, apple)
    apple.simulator.faults.add("empty", "POST", times=None, status=404, **GET_REPORT)
    assert not space.sync.run().ok
    apple.simulator.faults.clear()
    (team, *_) = apple.simulator.world.teams.values()
    team.reporter_token = "00000000-0000-4000-8000-00000000beef"
    trial = space.accounts.try_credential(candidate(space, token_of(apple)), account=account)
    space.accounts.rotate(account, trial)
    assert space.health.check().status is Status.OK


def test_a_new_token_goes_on_with_the_account_at_apple_that_was_chosen(desk: Desk, apple: Apple) -> None:
    """Each token ends after 180 days: what Health then says to do names no account."""
    several(apple)
    space = desk.open()
    trial = space.accounts.try_credential(for_account(candidate(space, token_of(apple)), "7654321"))
    account = space.accounts.link(LinkRequest("Numbers", trial, vault=VaultKind.FILE)).account
    (team, *_) = apple.simulator.world.teams.values()
    team.reporter_token = "00000000-0000-4000-8000-00000000beef"
    newer = candidate(space, token_of(apple))
    trial = space.accounts.try_credential(newer, account=account)
    assert space.accounts.rotate(account, trial).account.primary.reporter_account == "7654321"
    trial = space.accounts.try_credential(for_account(newer, "1234567"), account=account)
    assert trial.candidate.issuer_id == "1234567"
