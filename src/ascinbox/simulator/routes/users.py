"""Users and Access: users and invitations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from ascinbox.simulator import problems
from ascinbox.simulator.bodies import Attribute, Entity, Relation, Shape, invalid, read_entity
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.ledger import Effect
from ascinbox.simulator.params import SUB_LIMIT, TEXT, fields, one_of, paged, sort_by
from ascinbox.simulator.resources import app_resource, invitation_resource, user_resource
from ascinbox.simulator.roles import Task
from ascinbox.simulator.vocabulary import USER_ROLES
from ascinbox.simulator.world import Invitation, Team, User

INVITATION_LIFE_S = 3 * 24 * 3600
"""Apple: an invitation expires after three days."""

_APPS = {"include": one_of("visibleApps"), "limit[visibleApps]": SUB_LIMIT, **fields("apps")}
_USER = {**_APPS, **fields("users")}
_INVITATION = {**_APPS, **fields("userInvitations")}
_FILTERS = {"filter[roles]": one_of(*USER_ROLES), "filter[visibleApps]": TEXT}
_USERS = paged({**_USER, **_FILTERS, "filter[username]": TEXT, "sort": sort_by("username", "lastName")})
_INVITATIONS = paged({**_INVITATION, **_FILTERS, "filter[email]": TEXT, "sort": sort_by("email", "lastName")})
_NEW = Shape(
    "userInvitations",
    {
        "email": Attribute(str, required=True),
        "firstName": Attribute(str, required=True),
        "lastName": Attribute(str, required=True),
        "roles": Attribute(list, required=True, words=frozenset(USER_ROLES)),
        "allAppsVisible": Attribute(bool, nullable=True),
        "provisioningAllowed": Attribute(bool, nullable=True),
    },
    {"visibleApps": Relation("apps", many=True)},
)
_CHANGE = Shape(
    "users",
    {
        "roles": Attribute(list, nullable=True, words=frozenset(USER_ROLES)),
        "allAppsVisible": Attribute(bool, nullable=True),
        "provisioningAllowed": Attribute(bool, nullable=True),
    },
    {"visibleApps": Relation("apps", many=True)},
    needs_id=True,
)
_WHOLE_TEAM = frozenset(("ACCOUNT_HOLDER", "ADMIN", "FINANCE", "ACCESS_TO_REPORTS"))
"""Apple: nobody with one of these can be limited to some apps."""
_NAME = re.compile(r"[^\d<>@;:/\\|\[\]{}\"]{1,60}")
"""This simulator's reading of what Apple takes for a name."""
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,.]+(\.[^@\s,.]+)+", re.ASCII)

Person = TypeVar("Person", User, Invitation)


def _team(call: Call) -> Team:
    return call.world.teams[call.key.issuer_id]


def _matching(people: Iterable[Person], call: Call) -> list[Person]:
    roles = set(call.query.words("filter[roles]"))
    apps = set(call.query.words("filter[visibleApps]"))
    return [
        person
        for person in people
        if (not roles or not roles.isdisjoint(person.roles))
        and (not apps or person.visible_apps is None or not apps.isdisjoint(person.visible_apps))
    ]


def _sort(people: list[Person], call: Call, name_of: dict[str, Any]) -> list[Person]:
    for word in reversed(call.query.words("sort")):
        people.sort(key=name_of[word.removeprefix("-")], reverse=word.startswith("-"))
    return people


def _included_apps(call: Call) -> int:
    return call.query.number("limit[visibleApps]", 10) if call.query.words("include") else 0


def _app_documents(call: Call, people: Iterable[Person], per_person: int) -> list[dict[str, Any]] | None:
    if not per_person:
        return None
    chosen = call.query.chosen("apps")
    ids = dict.fromkeys(app_id for person in people for app_id in (person.visible_apps or ())[:per_person])
    apps = call.world.apps
    return [app_resource(apps[app_id], call.base, chosen) for app_id in ids if app_id in apps]


def list_users(call: Call) -> SimulatedAnswer:
    """GET /v1/users."""
    names = set(call.query.words("filter[username]"))
    people = [user for user in _team(call).users.values() if not names or user.username in names]
    orders = {"username": lambda user: user.username, "lastName": lambda user: user.last_name}
    people = _sort(_matching(people, call), call, orders)
    page = call.page(len(people))
    rows, apps = people[page.start : page.end], _included_apps(call)
    chosen = call.query.chosen("users")
    resources = [user_resource(user, call.base, chosen, included_apps=apps) for user in rows]
    return call.listing(resources, page, _app_documents(call, rows, apps))


def one_user(call: Call) -> SimulatedAnswer:
    """GET /v1/users/{id}."""
    user = _user(call)
    apps = _included_apps(call)
    resource = user_resource(user, call.base, call.query.chosen("users"), included_apps=apps)
    return call.single(resource, _app_documents(call, [user], apps))


def _open(call: Call) -> list[Invitation]:
    """Invitations that still stand: an expired one is gone, an accepted one has become a user."""
    return [
        invitation
        for invitation in _team(call).invitations.values()
        if not invitation.accepted and invitation.expires > call.now
    ]


def list_invitations(call: Call) -> SimulatedAnswer:
    """GET /v1/userInvitations."""
    emails = set(call.query.words("filter[email]"))
    people = [invitation for invitation in _open(call) if not emails or invitation.email in emails]
    orders = {"email": lambda one: one.email, "lastName": lambda one: one.last_name}
    people = _sort(_matching(people, call), call, orders)
    page = call.page(len(people))
    rows, apps = people[page.start : page.end], _included_apps(call)
    chosen = call.query.chosen("userInvitations")
    resources = [invitation_resource(one, call.base, chosen, included_apps=apps) for one in rows]
    return call.listing(resources, page, _app_documents(call, rows, apps))


def _invitation(call: Call) -> Invitation:
    found = _team(call).invitations.get(call.ids["id"])
    if found is not None and found.accepted:
        raise problems.Problem(
            410, "GONE", "The resource is gone", "The invitation has already been accepted"
        )
    if found is None or found.expires <= call.now:
        raise problems.not_found("userInvitations", call.ids["id"])
    return found


def one_invitation(call: Call) -> SimulatedAnswer:
    """GET /v1/userInvitations/{id}; 410 once accepted."""
    return _invitation_document(call, _invitation(call), 200)


def _invitation_document(call: Call, invitation: Invitation, status: int) -> SimulatedAnswer:
    apps = _included_apps(call)
    chosen = call.query.chosen("userInvitations")
    resource = invitation_resource(invitation, call.base, chosen, included_apps=apps)
    return call.single(resource, _app_documents(call, [invitation], apps), status)


def invite(call: Call) -> SimulatedAnswer:
    """POST /v1/userInvitations."""
    wanted = read_entity(call.body, _NEW)
    _check_invitation(call, wanted)
    given = wanted.attributes
    everything = bool(given.get("allAppsVisible"))
    serial = call.world.serial()
    invitation = Invitation(
        id=f"{0x1A000000 + serial:08x}-0000-4000-8000-{serial:012x}",
        email=given["email"],
        first_name=given["firstName"],
        last_name=given["lastName"],
        roles=tuple(given["roles"]),
        expires=call.now + INVITATION_LIFE_S,
        visible_apps=None if everything else wanted.related.get("visibleApps", ()),
        provisioning=bool(given.get("provisioningAllowed")),
    )
    _team(call).invitations[invitation.id] = invitation
    call.simulator.ledger.effect(
        Effect(call.now, "invited", call.key.key_id, invitation.id, invitation.email)
    )
    return _invitation_document(call, invitation, 201)


def _check_invitation(call: Call, wanted: Entity) -> None:
    given, apps = wanted.attributes, wanted.related.get("visibleApps", ())
    if not _EMAIL.fullmatch(given["email"]):
        raise invalid("email", "/data/attributes/email", f"'{given['email']}' is not a valid email address")
    for name, words in (("firstName", "first"), ("lastName", "last")):
        if not given[name].strip():
            raise invalid(name, f"/data/attributes/{name}")
        if not _NAME.fullmatch(given[name]):
            raise invalid(
                name,
                f"/data/attributes/{name}",
                f"The {words} name contains characters that are not allowed.",
            )
    if not given["roles"] or "ACCOUNT_HOLDER" in given["roles"]:
        raise invalid("roles", "/data/attributes/roles")
    if apps and given.get("allAppsVisible"):
        raise _apps_refused("'visibleApps' must not be given together with 'allAppsVisible'")
    _check_apps(call, given["roles"], apps)
    email = given["email"].casefold()
    taken = {user.username.casefold() for user in _team(call).users.values()}
    taken |= {one.email.casefold() for one in _open(call)}
    if email in taken:
        raise problems.entity(
            ".ATTRIBUTE.INVALID.DUPLICATE",
            "The provided entity includes an attribute with a value that has already been used",
            "A user or an invitation with this email address already exists",
            "/data/attributes/email",
        )
    seats = _team(call).seats
    if seats is not None and len(taken) >= seats:
        raise problems.Problem(
            409,
            "STATE_ERROR",
            "The request cannot be fulfilled because of the state of another resource.",
            "You have reached the maximum number of users for this team.",
        )


def _check_apps(call: Call, roles: Iterable[str], apps: Iterable[str]) -> None:
    apps = tuple(apps)
    if apps and not _WHOLE_TEAM.isdisjoint(roles):
        raise _apps_refused("'visibleApps' can not be set for a user with these roles")
    for app_id in apps:
        if not call.world.sees(call.key, app_id):
            raise _apps_refused(f"There is no resource of type 'apps' with id '{app_id}'")


def _apps_refused(detail: str) -> problems.Problem:
    return problems.entity(
        ".RELATIONSHIP.INVALID",
        "The provided entity includes a relationship with an invalid value",
        detail,
        "/data/relationships/visibleApps",
    )


def _user(call: Call) -> User:
    user = _team(call).users.get(call.ids["id"])
    if user is None:
        raise problems.not_found("users", call.ids["id"])
    return user


def _changeable(call: Call) -> User:
    user = _user(call)
    if "ACCOUNT_HOLDER" in user.roles:
        problem = problems.forbidden()
        problem.detail = "The Account Holder can not be changed or removed"
        raise problem
    return user


def change(call: Call) -> SimulatedAnswer:
    """PATCH /v1/users/{id}. An individual key of the user follows at once."""
    user = _changeable(call)
    wanted = read_entity(call.body, _CHANGE)
    if wanted.id != user.id:
        raise invalid("id", "/data/id")
    given, apps = wanted.attributes, wanted.related.get("visibleApps")
    roles = tuple(given.get("roles") or user.roles)
    if "ACCOUNT_HOLDER" in roles or given.get("roles") == []:
        raise invalid("roles", "/data/attributes/roles")
    if apps and given.get("allAppsVisible"):
        raise _apps_refused("'visibleApps' must not be given together with 'allAppsVisible'")
    _check_apps(call, roles, apps or ())
    user.roles = roles
    if given.get("allAppsVisible") or not _WHOLE_TEAM.isdisjoint(roles):
        user.visible_apps = None
    elif apps is not None:
        user.visible_apps = apps
    if given.get("provisioningAllowed") is not None:
        user.provisioning = given["provisioningAllowed"]
    for key in _keys_of(call, user):
        key.roles = roles
        key.visible_apps = None if user.visible_apps is None else frozenset(user.visible_apps)
    call.simulator.ledger.effect(Effect(call.now, "user_changed", call.key.key_id, user.id, ",".join(roles)))
    return one_user(call)


def remove(call: Call) -> SimulatedAnswer:
    """DELETE /v1/users/{id}. An individual key of the user ends with them."""
    user = _changeable(call)
    del _team(call).users[user.id]
    for key in _keys_of(call, user):
        key.revoked = True
    call.simulator.ledger.effect(Effect(call.now, "user_removed", call.key.key_id, user.id, user.username))
    return SimulatedAnswer(204)


def _keys_of(call: Call, user: User) -> list[ApiKey]:
    return [key for key in call.world.keys.values() if key.owner == user.id]


def cancel(call: Call) -> SimulatedAnswer:
    """DELETE /v1/userInvitations/{id}."""
    invitation = _invitation(call)
    del _team(call).invitations[invitation.id]
    call.simulator.ledger.effect(
        Effect(call.now, "invitation_cancelled", call.key.key_id, invitation.id, invitation.email)
    )
    return SimulatedAnswer(204)


ENDPOINTS = (
    Endpoint("GET", "/v1/users", Task.USERS, list_users, _USERS),
    Endpoint("GET", "/v1/users/{id}", Task.USERS, one_user, _USER),
    Endpoint("PATCH", "/v1/users/{id}", Task.USERS, change, has_body=True),
    Endpoint("DELETE", "/v1/users/{id}", Task.USERS, remove),
    Endpoint("GET", "/v1/userInvitations", Task.USERS, list_invitations, _INVITATIONS),
    Endpoint("POST", "/v1/userInvitations", Task.USERS, invite, has_body=True),
    Endpoint("GET", "/v1/userInvitations/{id}", Task.USERS, one_invitation, _INVITATION),
    Endpoint("DELETE", "/v1/userInvitations/{id}", Task.USERS, cancel),
)
