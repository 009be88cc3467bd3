"""Users and invitations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.sim_desk import Desk

URL = "/v1/userInvitations"
DAY_S = 86_400


def invitation(**changes: Any) -> dict[str, Any]:
    """A good invitation with some attributes changed; None leaves one out."""
    attributes = {
        "email": "new@north.example",
        "firstName": "New",
        "lastName": "One",
        "roles": ["CUSTOMER_SUPPORT"],
        "allAppsVisible": True,
        **changes,
    }
    kept = {name: value for name, value in attributes.items() if value is not None}
    return {"data": {"type": "userInvitations", "attributes": kept}}


def test_users_are_listed_filtered_and_sorted(desk: Desk) -> None:
    users = desk.walk("/v1/users?sort=username&limit=2")
    names = [user["attributes"]["username"] for user in users]
    assert names == sorted(names)
    assert "anna@north.example" in names
    (anna,) = desk.walk("/v1/users?filter[username]=anna@north.example")
    assert anna["attributes"]["roles"] == ["CUSTOMER_SUPPORT"]
    assert anna["attributes"]["allAppsVisible"] is False
    finance = desk.walk("/v1/users?filter[roles]=FINANCE,SALES")
    assert [user["attributes"]["firstName"] for user in finance] == ["Li"]
    document = desk.get(f"/v1/users/{anna['id']}?include=visibleApps&limit[visibleApps]=1").json()
    linked = document["data"]["relationships"]["visibleApps"]
    assert linked["meta"]["paging"] == {"total": 2, "limit": 1}
    assert [entry["id"] for entry in document["included"]] == [entry["id"] for entry in linked["data"]]
    assert desk.get("/v1/users/nobody").status == 404


@pytest.mark.parametrize("role", ["CUSTOMER_SUPPORT", "APP_MANAGER", "FINANCE", "SALES"])
def test_only_admins_see_users(desk: Desk, role: str) -> None:
    for url in ("/v1/users", URL):
        answer = desk.get(url, key=desk.key(role))
        assert (answer.status, answer.code) == (403, "FORBIDDEN_ERROR")


def test_an_invitation_lives_three_days(desk: Desk) -> None:
    made = desk.ask("POST", URL, invitation())
    assert made.status == 201
    resource = made.json()["data"]
    assert resource["attributes"]["expirationDate"] == "2026-11-24T14:02:00Z"
    assert desk.get(f"{URL}/{resource['id']}").status == 200
    assert desk.ask("POST", URL, invitation(email="NEW@north.example")).status == 409, "already invited"
    desk.clock.sleep(3 * DAY_S + 1)
    assert desk.get(f"{URL}/{resource['id']}").status == 404
    assert resource["id"] not in {row["id"] for row in desk.walk(URL)}
    assert desk.ask("POST", URL, invitation()).status == 201


def test_a_cancelled_invitation_is_gone_and_an_accepted_one_says_so(desk: Desk) -> None:
    (pending,) = desk.walk(URL)
    accepted = next(
        one
        for team in desk.simulator.world.teams.values()
        for one in team.invitations.values()
        if one.accepted
    )
    assert accepted.id != pending["id"]
    assert desk.get(f"{URL}/{accepted.id}").status == 410
    assert desk.ask("DELETE", f"{URL}/{accepted.id}").status == 410
    assert desk.ask("DELETE", f"{URL}/{pending['id']}").status == 204
    assert desk.ask("DELETE", f"{URL}/{pending['id']}").status == 404
    assert [effect.kind for effect in desk.simulator.ledger.effects] == ["invitation_cancelled"]


def test_invited_for_some_apps(desk: Desk) -> None:
    body = invitation(allAppsVisible=False)
    linkage = {"data": [{"type": "apps", "id": desk.app.id}]}
    body["data"]["relationships"] = {"visibleApps": linkage}
    made = desk.ask("POST", URL, body).json()["data"]
    found = desk.get(f"{URL}/{made['id']}?include=visibleApps").json()
    assert found["data"]["relationships"]["visibleApps"]["data"] == linkage["data"]
    assert [row["id"] for row in desk.walk(f"{URL}?filter[visibleApps]={desk.app.id}")].count(made["id"]) == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@c.example"}, "email"),
        ({"email": "anna@north.example"}, "email"),
        ({"email": 5}, "email"),
        ({"firstName": None}, "firstName"),
        ({"lastName": "  "}, "lastName"),
        ({"lastName": "0ne"}, "lastName"),
        ({"roles": None}, "roles"),
        ({"roles": []}, "roles"),
        ({"roles": "ADMIN"}, "roles"),
        ({"roles": ["KING"]}, "roles"),
        ({"roles": ["ACCOUNT_HOLDER"]}, "roles"),
        ({"allAppsVisible": "yes"}, "allAppsVisible"),
        ({"expirationDate": "2030-01-01T00:00:00Z"}, "expirationDate"),
    ],
)
def test_invitations_that_apple_refuses(desk: Desk, changes: dict[str, Any], pointer: str) -> None:
    answer = desk.ask("POST", URL, invitation(**changes))
    assert (answer.status, answer.pointer) == (409, f"/data/attributes/{pointer}")
    assert not desk.simulator.ledger.effects


def test_apps_may_not_be_named_together_with_all_apps(desk: Desk) -> None:
    for everything, app_id, role in (
        (True, desk.app.id, "SALES"),
        (False, "1", "SALES"),
        (False, desk.app.id, "FINANCE"),
    ):
        body = invitation(allAppsVisible=everything, roles=[role])
        body["data"]["relationships"] = {"visibleApps": {"data": [{"type": "apps", "id": app_id}]}}
        assert desk.ask("POST", URL, body).status == 409


def test_a_full_team_takes_nobody(desk: Desk) -> None:
    next(iter(desk.simulator.world.teams.values())).seats = 5
    answer = desk.ask("POST", URL, invitation())
    assert answer.status == 409
    assert "maximum number of users" in answer.json()["errors"][0]["detail"]


def change(user_id: str, apps: list[str] | None = None, **attributes: Any) -> dict[str, Any]:
    """A change of a user."""
    data: dict[str, Any] = {"type": "users", "id": user_id, "attributes": attributes}
    if apps is not None:
        linked = [{"type": "apps", "id": app_id} for app_id in apps]
        data["relationships"] = {"visibleApps": {"data": linked}}
    return {"data": data}


def user_of(desk: Desk, name: str) -> dict[str, Any]:
    user: dict[str, Any]
    (user,) = desk.walk(f"/v1/users?filter[username]={name}@north.example")
    return user


def test_a_user_is_changed_and_their_own_key_follows(desk: Desk) -> None:
    anna = user_of(desk, "anna")
    (key,) = [key for key in desk.simulator.world.keys.values() if key.owner == anna["id"]]
    url = f"/v1/users/{anna['id']}"
    answer = desk.ask("PATCH", url, change(anna["id"], roles=["DEVELOPER"]))
    assert (answer.status, answer.json()["data"]["attributes"]["roles"]) == (200, ["DEVELOPER"])
    assert answer.json()["data"]["attributes"]["allAppsVisible"] is False, "what is not named stays"
    assert key.roles == ("DEVELOPER",)
    for limit, roles in (([desk.app.id], ["SALES"]), (None, ["ADMIN"])):
        assert desk.ask("PATCH", url, change(anna["id"], limit, roles=roles)).status == 200
        assert key.visible_apps == (None if limit is None else frozenset(limit))
    for body in (
        change(anna["id"], roles=["ACCOUNT_HOLDER"]),
        change(anna["id"], roles=[]),
        change(anna["id"], [desk.app.id], roles=["FINANCE"]),
        change("other", roles=["SALES"]),
    ):
        assert desk.ask("PATCH", url, body).status == 409
    assert desk.ask("PATCH", "/v1/users/nobody", change("nobody", roles=["SALES"])).status == 404


def test_a_removed_user_takes_their_own_key_with_them(desk: Desk) -> None:
    anna, holder = user_of(desk, "anna"), user_of(desk, "holder")
    assert desk.ask("DELETE", f"/v1/users/{holder['id']}").status == 403
    assert desk.ask("PATCH", f"/v1/users/{holder['id']}", change(holder["id"], roles=["SALES"])).status == 403
    assert desk.ask("DELETE", f"/v1/users/{anna['id']}").status == 204
    assert desk.ask("DELETE", f"/v1/users/{anna['id']}").status == 404
    (key,) = [key for key in desk.simulator.world.keys.values() if key.owner == anna["id"]]
    assert key.revoked
    assert [effect.kind for effect in desk.simulator.ledger.effects] == ["user_removed"]
