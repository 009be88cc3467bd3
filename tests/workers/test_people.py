"""The team at Apple: who is there, who was invited, who is gone; and inviting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from ascinbox.core.errors import (
    AscinboxError,
    CredentialError,
    Forbidden,
    NetworkError,
    SourceError,
    Unauthorized,
    UsageError,
)
from ascinbox.core.health.people import Person, PersonState, roles_of
from ascinbox.core.records import Account
from ascinbox.core.reviews.acts import ActItem
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.accounts.people import Invite, steps_by_hand
from ascinbox.workers.reviews.activity import activity
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

MIA = Invite("mia@new.example", "Mia", "Berg", roles_of(["replies"]))


def linked(desk: Desk, apple: Apple, role: str = "ADMIN") -> tuple[Workspace, Account]:
    space = desk.open(apple.account("North", apple.key(role), features=("reviews", "users")))
    account = space.accounts.list()[0]
    client = space.client_for(account, "reviews")
    apps = [app for page in client.apps() for app in page.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps))
    return space, account


def standing(people: tuple[Person, ...], email: str) -> PersonState | None:
    return next((p.standing for p in people if p.email == email), None)


def test_an_invitation_is_sent_with_the_smallest_role(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    person = space.people.invite(account, MIA)
    assert (person.standing, person.roles, person.all_apps) == (
        PersonState.PENDING,
        ("CUSTOMER_SUPPORT",),
        True,
    )
    assert person.expires_at is not None
    assert standing(space.people.known(account), "mia@new.example") is PersonState.PENDING
    since = space.clock.now() - timedelta(minutes=1)
    acts = space.store.call(lambda store: store.acts.since(since))
    invited = next(one for one in acts if one.verb == "invite")
    assert (invited.subject, invited.detail) == (account.name, "mia@new.example: CUSTOMER_SUPPORT")


def test_activity_shows_what_became_of_the_team(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    invited = space.people.invite(account, MIA)
    space.people.withdraw(account, invited)
    member = next(p for p in space.people.refresh(account) if p.roles == ("CUSTOMER_SUPPORT",))
    space.people.change_roles(account, member, ("FINANCE",))
    space.people.remove(account, member)
    shown = [(i.act.verb, i.account, i.act.detail) for i in activity(space) if isinstance(i, ActItem)]
    assert shown == [
        ("remove user", "North", member.email),
        ("change roles", "North", f"{member.email}: FINANCE"),
        ("withdraw invitation", "North", "mia@new.example"),
        ("invite", "North", "mia@new.example: CUSTOMER_SUPPORT"),
    ]


def test_an_invitation_can_be_limited_to_apps_where_apple_can(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    app_id = apple.app_ids[0]
    limited = space.people.invite(account, Invite("a@x.example", "A", "B", roles_of(["replies"]), (app_id,)))
    assert (limited.all_apps, limited.apps) == (False, (app_id,))
    money = space.people.invite(account, Invite("m@x.example", "A", "B", roles_of(["money"]), (app_id,)))
    assert money.all_apps, "Apple cannot limit Finance to some apps"
    with pytest.raises(UsageError, match="has no app 1"):
        space.people.invite(account, Invite("b@x.example", "A", "B", roles_of(["replies"]), ("1",)))


def test_who_is_there_already_is_not_invited(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    member = next(p for p in space.people.refresh(account) if p.standing is PersonState.ACTIVE)
    sent = apple.asked("userInvitations")
    with pytest.raises(CredentialError, match="is on the team already"):
        space.people.invite(account, Invite(member.email.upper(), "A", "B", roles_of(["replies"])))
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
    assert standing(people, MIA.email) in {PersonState.EXPIRED, PersonState.WITHDRAWN}
    assert space.people.invite(account, MIA).standing is PersonState.PENDING


def test_accepted_withdrawn_removed(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    person = space.people.invite(account, MIA)
    space.people.withdraw(account, person)
    assert standing(space.people.known(account), MIA.email) is PersonState.WITHDRAWN
    with pytest.raises(UsageError, match="no open invitation"):
        space.people.withdraw(account, next(p for p in space.people.known(account) if p.email == MIA.email))
    member = next(p for p in space.people.refresh(account) if p.standing is PersonState.ACTIVE)
    for entry in apple.simulator.world.teams.values():
        entry.users = {key: user for key, user in entry.users.items() if user.username != member.email}
    assert standing(space.people.refresh(account), member.email) is PersonState.REMOVED


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
        (Invite("anna", "A", "B", roles_of(["replies"])), "not an e-mail address"),
        (Invite("a@x.example", "", "B", roles_of(["replies"])), "first and a last name"),
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
    assert "may have gone out" in caught.value.next_step
    posts = [seen for seen in apple.simulator.ledger.requests if seen.method == "POST"]
    assert len(posts) == 1


def writes(apple: Apple) -> list[str]:
    """The requests that change something, as they were sent."""
    return [seen.method for seen in apple.simulator.ledger.requests if seen.method != "GET"]


def member(space: Workspace, account: Account, email: str = "anna@north.example") -> Person:
    return space.people.member(account, email)


def test_several_presets_and_apples_roles_make_one_invitation(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    roles = roles_of(["replies", "money"], ["Create Apps"])
    sent = space.people.invite(account, Invite("jo@new.example", "Jo", "Lee", roles, (apple.app_ids[0],)))
    assert set(sent.roles) == {"CUSTOMER_SUPPORT", "FINANCE", "CREATE_APPS"}
    assert sent.all_apps, "Finance cannot be limited to some apps"
    assert writes(apple) == ["POST"]


def test_roles_are_changed_and_a_limit_of_apps_stays(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    anna = member(space, account)
    changed = space.people.change_roles(account, anna, ("DEVELOPER", "MARKETING"))
    now = member(space, account)
    assert set(now.roles) == set(changed.roles) == {"DEVELOPER", "MARKETING"}
    assert (now.all_apps, now.apps) == (False, anna.apps)
    space.people.change_roles(account, now, ("MARKETING",), (apple.app_ids[0],))
    assert member(space, account).apps == (apple.app_ids[0],)
    space.people.change_roles(account, now, ("FINANCE",))
    assert member(space, account).all_apps
    with pytest.raises(UsageError, match="has no app 1"):
        space.people.change_roles(account, now, ("MARKETING",), ("1",))


def test_a_removed_user_is_gone_and_their_own_key_is_refused(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    own = desk.open(apple.account("Own", apple.key("CUSTOMER_SUPPORT", individual=True)))
    reader = own.client_for(own.accounts.find("Own"), "reviews")
    assert list(reader.apps())
    space.people.remove(account, member(space, account))
    assert standing(space.people.known(account), "anna@north.example") is PersonState.REMOVED
    with pytest.raises(SourceError):
        list(reader.apps())
    with pytest.raises(UsageError, match="is not on the team"):
        member(space, account)


def test_the_account_holder_and_invited_people_are_left_alone(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    with pytest.raises(CredentialError, match="is the Account Holder"):
        member(space, account, "HOLDER@north.example")
    with pytest.raises(UsageError) as caught:
        member(space, account, "raj@north.example")
    assert "have not accepted" in caught.value.detail
    assert writes(apple) == []


Act = Callable[[Workspace, Account], object]


def invites(space: Workspace, account: Account) -> object:
    return space.people.invite(account, MIA)


def changes(space: Workspace, account: Account) -> object:
    return space.people.change_roles(account, member(space, account), ("DEVELOPER",))


def removes(space: Workspace, account: Account) -> object:
    space.people.remove(account, member(space, account))
    return None


def withdraws(space: Workspace, account: Account) -> object:
    people = space.people.refresh(account)
    space.people.withdraw(account, next(p for p in people if p.standing is PersonState.PENDING))
    return None


WRITES: dict[str, tuple[Act, str]] = {
    "invite": (invites, "POST"),
    "change": (changes, "PATCH"),
    "remove": (removes, "DELETE"),
    "withdraw": (withdraws, "DELETE"),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("fault", ["drop", "empty", "page", "401"])
def test_a_lost_answer_is_settled_by_reading(desk: Desk, apple: Apple, name: str, fault: str) -> None:
    act, method = WRITES[name]
    space, account = linked(desk, apple)
    faults = apple.simulator.faults
    if fault == "drop":
        faults.add("drop", method, after=True)
    elif fault == "empty":
        faults.add("empty", method, after=True, status=201)
    elif fault == "401":
        faults.add("status", method, after=True, status=401)
    else:
        faults.add("html", method, after=True, status=200)
    act(space, account)
    assert writes(apple) == [method], "sent once"
    assert len(apple.simulator.ledger.effects) == 1


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("fault", ["drop", "401"])
def test_a_lost_request_is_told_as_open_and_not_repeated(
    desk: Desk, apple: Apple, name: str, fault: str
) -> None:
    act, method = WRITES[name]
    space, account = linked(desk, apple)
    if fault == "drop":
        apple.simulator.faults.add("drop", method)
    else:
        apple.simulator.faults.add("status", method, status=401)
    with pytest.raises((NetworkError, Unauthorized)) as caught:
        act(space, account)
    assert "It is not tried again. Apple's list does not show it so far." in caught.value.next_step
    assert writes(apple) == [method]
    assert apple.simulator.ledger.effects == []


@pytest.mark.parametrize("name", WRITES)
def test_what_was_never_sent_is_not_said_to_be_open(
    desk: Desk, apple: Apple, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, _ = WRITES[name]
    space, account = linked(desk, apple)
    exchange = type(apple_client(space.client_for(account, "users"))._exchange)
    attempt = exchange.attempt

    def refused(self: object, ask: object, consume: object) -> object:
        if str(ask).startswith("GET "):
            return attempt(self, ask, consume)  # type: ignore[arg-type]
        raise NetworkError(
            "Apple cannot be reached.", "connection refused", "Check the network connection.", unsent=True
        )

    monkeypatch.setattr(exchange, "attempt", refused)
    with pytest.raises(NetworkError) as caught:
        act(space, account)
    assert "Nothing was sent. Check the network connection." in caught.value.next_step
    assert "may" not in caught.value.next_step


def test_when_the_team_cannot_be_read_nobody_is_said_to_be_invited(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    apple.simulator.faults.add("status", "GET", path="/v1/users", status=503, times=None)
    with pytest.raises(SourceError) as caught:
        space.people.invite(account, MIA)
    assert caught.value.next_step == "Nobody was invited. Try again later."
    assert writes(apple) == []


def test_what_was_sent_is_done_although_the_team_cannot_be_read_after_it(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    apple.simulator.faults.add("status", "GET", path="/v1/users", status=403, skip=1, times=None)
    assert space.people.invite(account, MIA).email == MIA.email


def test_an_invitation_accepted_meanwhile_is_not_said_to_be_withdrawn(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    person = next(p for p in space.people.refresh(account) if p.standing is PersonState.PENDING)
    team = next(iter(apple.simulator.world.teams.values()))
    team.invitations[person.apple_id].accepted = True
    anna = next(user for user in team.users.values() if user.username == "anna@north.example")
    anna.username = person.email
    with pytest.raises(CredentialError, match="has accepted the invitation meanwhile"):
        space.people.withdraw(account, person)


@pytest.mark.parametrize(
    ("invite", "cause"),
    [
        (Invite("jo@new.example", "Jo2", "Lee", ("DEVELOPER",)), "Apple does not take the name"),
        (Invite("jo@new.example", "Jo", "Lee", ("DEVELOPER",)), "the team is full"),
    ],
)
def test_a_409_of_the_simulator_is_headed_by_its_cause(
    desk: Desk, apple: Apple, invite: Invite, cause: str
) -> None:
    space, account = linked(desk, apple)
    next(iter(apple.simulator.world.teams.values())).seats = 3
    with pytest.raises(CredentialError, match=cause) as caught:
        space.people.invite(account, invite)
    assert caught.value.next_step.startswith("Nobody was invited.")


def test_the_specific_one_of_two_errors_heads_the_refusal(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    words = "You have reached the maximum number of users"
    apple.simulator.faults.add(
        "status", "POST", status=409, code="STATE_ERROR", detail=words, shape="two_errors"
    )
    with pytest.raises(CredentialError, match="the team is full") as caught:
        space.people.invite(account, MIA)
    assert caught.value.detail.startswith("Apple said: 409 STATE_ERROR: You have reached")


def test_apps_that_left_the_team_are_named_as_the_cause(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    gone = apple.app_ids[0]
    del apple.simulator.world.apps[gone]
    with pytest.raises(CredentialError, match="the apps do not fit"):
        space.people.invite(account, Invite("jo@new.example", "Jo", "Lee", ("DEVELOPER",), (gone,)))


def test_read_only_changes_nobody(desk: Desk, apple: Apple) -> None:
    space, account = linked(desk, apple)
    anna = member(space, account)
    viewer = desk.open(ui_read_only="true")
    for act in (
        lambda: viewer.people.remove(account, anna),
        lambda: viewer.people.change_roles(account, anna, ("DEVELOPER",)),
    ):
        with pytest.raises(AscinboxError, match="Read-only"):
            act()
    assert writes(apple) == []
