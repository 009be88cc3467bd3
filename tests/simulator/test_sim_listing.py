"""The texts of an app's page at the simulated Apple: what is shown, taken and refused."""

from __future__ import annotations

from typing import Any

import pytest

from ascinbox.core.listing.fields import Scope
from ascinbox.simulator.listing import SimulatedPart, texts_of
from ascinbox.simulator.routes.listing import LANGUAGES, OWNERS, PARTS
from tests.simulator.sim_desk import Answered, Desk, MakeDesk

KINDS = {Scope.INFO: "appInfoLocalizations", Scope.VERSION: "appStoreVersionLocalizations"}


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk(reviews=10)


def part(desk: Desk, scope: Scope, state: str = "PREPARE_FOR_SUBMISSION") -> SimulatedPart:
    texts = texts_of(desk.simulator.world)
    return next(one for one in texts.parts(desk.app.id, scope) if texts.state(one) == state)


def change(desk: Desk, part: SimulatedPart, **attributes: Any) -> Answered:
    language = part.language("de-DE")
    assert language is not None
    kind = KINDS[part.scope]
    body = {"data": {"type": kind, "id": language.id, "attributes": attributes}}
    return desk.ask("PATCH", f"/v1/{kind}/{language.id}", body)


def read(desk: Desk, part: SimulatedPart, locale: str = "de-DE") -> dict[str, Any]:
    language = part.language(locale)
    assert language is not None
    found: dict[str, Any] = desk.ask("GET", f"/v1/{KINDS[part.scope]}/{language.id}").json()["data"]
    return found["attributes"]  # type: ignore[no-any-return]


def test_an_app_is_read_with_two_requests(desk: Desk) -> None:
    infos = desk.ask(
        "GET", f"/v1/apps/{desk.app.id}/appInfos?include=appInfoLocalizations,primaryCategory"
    ).json()
    assert [one["attributes"]["state"] for one in infos["data"]] == [
        "READY_FOR_DISTRIBUTION",
        "PREPARE_FOR_SUBMISSION",
    ]
    assert infos["data"][0]["relationships"]["primaryCategory"]["data"]["id"] == "UTILITIES"
    versions = desk.ask(
        "GET",
        f"/v1/apps/{desk.app.id}/appStoreVersions?include=appStoreVersionLocalizations"
        "&limit[appStoreVersionLocalizations]=3&filter[appVersionState]=PREPARE_FOR_SUBMISSION",
    ).json()
    (draft,) = versions["data"]
    relation = draft["relationships"]["appStoreVersionLocalizations"]
    assert (len(relation["data"]), relation["meta"]["paging"]["total"]) == (3, 10)
    assert len(versions["included"]) == 3
    assert "whatsNew" not in versions["included"][0]["attributes"]


def test_a_change_is_taken_whole_or_not_at_all(desk: Desk) -> None:
    draft = part(desk, Scope.VERSION)
    before = read(desk, draft)
    refused = change(desk, draft, whatsNew="Neues.", keywords="k" * 101, supportUrl="nowhere")
    assert refused.status == 409
    errors = refused.json()["errors"]
    assert [one["source"]["pointer"].rpartition("/")[2] for one in errors] == ["keywords", "supportUrl"]
    assert len({one["id"] for one in errors}) == 2
    assert read(desk, draft) == before
    assert change(desk, draft, whatsNew="Neues.", promotionalText=None).status == 200
    assert read(desk, draft)["whatsNew"] == "Neues."
    assert "promotionalText" not in read(desk, draft)
    assert [effect.target for effect in desk.simulator.ledger.effects] == [
        f"{draft.id}/de-DE/whatsNew",
        f"{draft.id}/de-DE/promotionalText",
    ]


@pytest.mark.parametrize(
    ("scope", "state", "attributes", "status"),
    [
        (Scope.VERSION, "READY_FOR_DISTRIBUTION", {"promotionalText": "Nur heute"}, 200),
        (Scope.VERSION, "READY_FOR_DISTRIBUTION", {"description": "Eine neue Beschreibung"}, 409),
        (Scope.INFO, "READY_FOR_DISTRIBUTION", {"name": "Gezeiten"}, 409),
        (Scope.INFO, "PREPARE_FOR_SUBMISSION", {"name": "Gezeiten"}, 200),
        (Scope.INFO, "PREPARE_FOR_SUBMISSION", {"name": None}, 409),
        (Scope.INFO, "PREPARE_FOR_SUBMISSION", {"subtitle": "s" * 31}, 409),
        (Scope.VERSION, "PREPARE_FOR_SUBMISSION", {"description": "kurz"}, 409),
        (Scope.VERSION, "PREPARE_FOR_SUBMISSION", {"description": "Mit \x07 Glocke und mehr"}, 409),
        (Scope.VERSION, "PREPARE_FOR_SUBMISSION", {"locale": "de-DE", "whatsNew": "Neues."}, 409),
    ],
)
def test_what_may_change_depends_on_the_state(
    desk: Desk, scope: Scope, state: str, attributes: dict[str, Any], status: int
) -> None:
    assert change(desk, part(desk, scope, state), **attributes).status == status


def test_in_review_nothing_may_change(desk: Desk) -> None:
    draft = part(desk, Scope.VERSION)
    desk.simulator.happen("state", id=draft.id, state="IN_REVIEW")
    refused = change(desk, draft, whatsNew="Neues.")
    assert refused.json()["errors"][0]["detail"] == "Attribute 'whatsNew' cannot be edited at this time"


def test_languages_come_and_go(desk: Desk) -> None:
    draft = part(desk, Scope.INFO)

    def add(locale: str, **more: Any) -> Answered:
        linked = {"type": PARTS[Scope.INFO], "id": draft.id}
        data = {
            "type": LANGUAGES[Scope.INFO],
            "attributes": {"locale": locale, "name": "Tide", **more},
            "relationships": {OWNERS[Scope.INFO]: {"data": linked}},
        }
        return desk.ask("POST", f"/v1/{LANGUAGES[Scope.INFO]}", {"data": data})

    assert add("xx-YY").status == 409
    assert add("de-DE").code.endswith("DUPLICATE")
    made = add("sv")
    assert made.status == 201
    assert desk.ask("DELETE", f"/v1/{LANGUAGES[Scope.INFO]}/{made.json()['data']['id']}").status == 204
    primary = draft.language("en-US")
    assert primary is not None
    assert desk.ask("DELETE", f"/v1/{LANGUAGES[Scope.INFO]}/{primary.id}").status == 409


def test_a_new_version_takes_over_the_texts(desk: Desk) -> None:
    draft = part(desk, Scope.VERSION)

    def new_version(number: str) -> Answered:
        data = {
            "type": "appStoreVersions",
            "attributes": {"platform": "IOS", "versionString": number},
            "relationships": {"app": {"data": {"type": "apps", "id": desk.app.id}}},
        }
        return desk.ask("POST", "/v1/appStoreVersions", {"data": data})

    assert new_version("4.1").status == 409, "there is a draft already"
    for scope in Scope:
        desk.simulator.happen("state", id=part(desk, scope).id, state="READY_FOR_DISTRIBUTION")
    assert new_version("4.0").code.endswith("DUPLICATE")
    assert new_version("4.1").status == 201
    made = part(desk, Scope.VERSION)
    assert made.id != draft.id
    assert "description" in read(desk, made)
    assert "whatsNew" not in read(desk, made)
    assert part(desk, Scope.INFO).language("de-DE") is not None, "and a draft of the app information"


def test_reads_lag_behind_writes_when_they_are_told_to(desk: Desk) -> None:
    draft = part(desk, Scope.VERSION)
    desk.simulator.settings.stale_s = 5
    assert change(desk, draft, whatsNew="Neues.").status == 200
    assert "whatsNew" not in read(desk, draft)
    desk.clock.sleep(6)
    assert read(desk, draft)["whatsNew"] == "Neues."


def test_a_colleague_writes_in_between(desk: Desk) -> None:
    desk.simulator.happen(
        "listing", app_id=desk.app.id, scope="version", locale="ja", field="whatsNew", text="変更しました。"
    )
    assert read(desk, part(desk, Scope.VERSION), "ja")["whatsNew"] == "変更しました。"
    with pytest.raises((KeyError, ValueError)):
        desk.simulator.happen(
            "listing", app_id=desk.app.id, scope="version", locale="xx", field="whatsNew", text="x"
        )


def test_support_may_read_and_not_write(desk: Desk) -> None:
    draft = part(desk, Scope.VERSION)
    language = draft.language("de-DE")
    assert language is not None
    support = desk.key("CUSTOMER_SUPPORT")
    path = f"/v1/{LANGUAGES[Scope.VERSION]}/{language.id}"
    body = {
        "data": {"type": LANGUAGES[Scope.VERSION], "id": language.id, "attributes": {"whatsNew": "x" * 9}}
    }
    assert desk.ask("GET", path, key=support).status == 200
    assert desk.ask("PATCH", path, body, key=support).status == 403
