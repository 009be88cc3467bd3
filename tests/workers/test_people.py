"""The team at Apple: who is there, who was invited, who is gone; and inviting."""

from __future__ import annotations

import pytest

from ascinbox.core.errors import AscinboxError, CredentialError, Forbidden, UsageError
from ascinbox.core.people import Person, Standing, preset
from ascinbox.core.records import Account
from ascinbox.workers.people import Invite, steps_by_hand
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

MIA = Invite("mia@new.example", "Mia", "Berg", preset("replies"))


def linked(desk: Desk, apple: Apple, role: str = "ADMIN") -> tuple[Workspace, Account]:
    space = desk.open(apple.account("North", apple.key(role), features=("reviews", "users")))
    account = space.accounts.list()[0]
    client = space.client_for(account, "reviews")
    apps = [app for page in client.apps() for app in page.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps))
    return space, account


def standing(people: tuple[Person, ...], email: str) -> Standing | None:
    return next((p.standing for p in people if p.email == email), None)


def test_an_invitation_is_sent_with_the_smallest_role(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    person = space.people.invite(account, MIA)
    assert (person.standing, person.roles, person.all_apps) == (Standing.PENDING, ("CUSTOMER_SUPPORT",), True)
    assert person.expires_at is not None
    assert standing(space.people.known(account), "mia@new.example") is Standing.PENDING


def test_an_invitation_can_be_limited_to_apps_where_apple_can(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    app_id = apple.app_ids[0]
    limited = space.people.invite(account, Invite("a@x.example", "A", "B", preset("replies"), (app_id,)))
    assert (limited.all_apps, limited.apps) == (False, (app_id,))
    money = space.people.invite(account, Invite("m@x.example", "A", "B", preset("money"), (app_id,)))
    assert money.all_apps, "Apple cannot limit Finance to some apps"
    with pytest.raises(UsageError, match="has no app 1"):
        space.people.invite(account, Invite("b@x.example", "A", "B", preset("replies"), ("1",)))


def test_who_is_there_already_is_not_invited(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    member = next(p for p in space.people.refresh(account) if p.standing is Standing.ACTIVE)
    sent = apple.asked("userInvitations")
    with pytest.raises(CredentialError, match="is on the team already"):
        space.people.invite(account, Invite(member.email.upper(), "A", "B", preset("replies")))
    space.people.invite(account, MIA)
    with pytest.raises(CredentialError, match="has been invited already"):
        space.people.invite(account, MIA)
    posts = [seen for seen in apple.simulator.ledger.requests if seen.method == "POST"]
    assert len(posts) == 1
    assert apple.asked("userInvitations") > sent


def test_the_three_days_run_out_and_it_can_be_sent_again(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    space.people.invite(account, MIA)
    invitation = next(
        i
        for t in apple.simulator.world.teams.values()
        for i in t.invitations.values()
        if i.email == MIA.email
    )
    invitation.expires -= 4 * 86_400
    people = space.people.refresh(account)
    assert standing(people, MIA.email) in {Standing.EXPIRED, Standing.WITHDRAWN}
    assert space.people.invite(account, MIA).standing is Standing.PENDING


def test_accepted_withdrawn_removed(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    person = space.people.invite(account, MIA)
    space.people.withdraw(account, person)
    assert standing(space.people.known(account), MIA.email) is Standing.WITHDRAWN
    with pytest.raises(UsageError, match="no open invitation"):
        space.people.withdraw(account, next(p for p in space.people.known(account) if p.email == MIA.email))
    member = next(p for p in space.people.refresh(account) if p.standing is Standing.ACTIVE)
    for entry in apple.simulator.world.teams.values():
        entry.users = {key: user for key, user in entry.users.items() if user.username != member.email}
    assert standing(space.people.refresh(account), member.email) is Standing.REMOVED


def test_a_key_that_may_not_says_the_clicks(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple, "CUSTOMER_SUPPORT")
    with pytest.raises(CredentialError, match="needs Admin") as caught:
        space.people.invite(account, MIA)
    assert "Users and Access > People > +" in caught.value.next_step
    text = "\n".join(steps_by_hand(MIA))
    for words in (
        "Users and Access > People > +",
        "Mia",
        "mia@new.example",
        "Customer Support",
        "3 days",
    ):
        assert words in text
    other = desk.open(apple.account("Plain", apple.key("MARKETING"), features=("reviews",)))
    plain = other.accounts.find("Plain")
    assert not other.people.may_ask(plain)


@pytest.mark.parametrize(
    ("invite", "words"),
    [
        (Invite("anna", "A", "B", preset("replies")), "not an e-mail address"),
        (Invite("a@x.example", "", "B", preset("replies")), "first and a last name"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(
    invite: Invite, words: str, desk: Desk, apple: Apple
) -> None:
    space, account = linked(desk, apple)
    asked = apple.asked()
    with pytest.raises(UsageError, match=words):
        space.people.invite(account, invite)
    assert apple.asked() == asked


def test_an_unsigned_agreement_is_not_told_as_a_missing_role(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    apple.simulator.faults.add(
        "status", "POST", "/v1/userInvitations", status=403, variant="agreement", times=None
    )
    with pytest.raises(Forbidden, match="agreement"):
        space.people.invite(account, MIA)


def test_read_only_invites_nobody(desk: Desk, apple: Apple) -> None:
    _, account = linked(desk, apple)
    viewer = desk.open(ui_read_only="true")
    with pytest.raises(AscinboxError, match="Read-only"):
        viewer.people.invite(account, MIA)
    assert not [seen for seen in apple.simulator.ledger.requests if seen.method == "POST"]


@pytest.mark.parametrize("status", [503, 500])
def test_after_a_lost_answer_nothing_is_said_to_be_tried_again(desk: Desk, apple: Apple, status: int) -> None:
    space, account = linked(desk, apple)
    apple.simulator.faults.add("status", "POST", path="/v1/userInvitations", status=status, times=None)
    with pytest.raises(AscinboxError) as caught:
        space.people.invite(account, MIA)
    assert "It is not tried again" in caught.value.next_step
    posts = [seen for seen in apple.simulator.ledger.requests if seen.method == "POST"]
    assert len(posts) == 1
