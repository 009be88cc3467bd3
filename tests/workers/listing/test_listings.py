"""Listings against a simulated Apple: read, edited, pushed, held and settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ascinbox.core.errors import AscinboxError, Forbidden, UsageError
from ascinbox.core.listing.changes import ListingChange
from ascinbox.core.listing.fields import LANGUAGE, TABLE, Scope
from ascinbox.core.listing.records import Listing, ListingPart
from ascinbox.core.records import Account, App, Credential
from ascinbox.simulator.listing import SimulatedPart, texts_of
from ascinbox.store.store import Store
from ascinbox.workers.listing.listings import ListedApp
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

NOTES = TABLE[Scope.VERSION, "whatsNew"]
NAME = TABLE[Scope.INFO, "name"]


@dataclass
class Page:
    """One linked app, its listing as it was read, and the other side's."""

    apple: Apple
    space: Workspace
    listed: ListedApp

    def read(self) -> Listing:
        return self.space.listings.refresh(self.listed)

    def draft(self, scope: Scope = Scope.VERSION) -> ListingPart:
        listing = self.read()
        part = listing.editable_version() if scope is Scope.VERSION else listing.editable_info()
        assert part is not None
        return part

    def theirs(self, scope: Scope = Scope.VERSION) -> SimulatedPart:
        part = texts_of(self.apple.simulator.world).part(scope, self.draft(scope).id)
        assert part is not None
        return part

    def text(self, locale: str, name: str = "whatsNew", scope: Scope = Scope.VERSION) -> str:
        language = self.theirs(scope).language(locale)
        return "" if language is None else language.values.get(name, "")

    def colleague(self, locale: str, text: str, name: str = "whatsNew", scope: str = "version") -> None:
        self.apple.simulator.happen(
            "listing", app_id=self.listed.app.id, scope=scope, locale=locale, field=name, text=text
        )

    def push(self, *changes: ListingChange, **options: Any) -> list[tuple[str, str, str]]:
        """(locale, field, state) of each."""
        listing = self.read()
        results: list[ListingChange] = []
        for scope in Scope:
            mine = [change for change in changes if change.scope is scope]
            part = listing.editable_version() if scope is Scope.VERSION else listing.editable_info()
            if mine and part is not None:
                results += self.space.listings.send(self.listed, listing, part, mine, **options)
        return [(one.locale, one.name, str(one.state)) for one in results]

    def count(self, method: str, path: str) -> int:
        return self.apple.simulator.ledger.counts[f"{method} {path}"]


@pytest.fixture
def page(desk: Desk, apple: Apple) -> Page:
    space = desk.open(apple.account("North", apple.key("ADMIN"), features=("reviews", "listing")))
    account = space.accounts.list()[0]
    client = space.client_for(account, "reviews")
    apps = [app for found in client.apps() for app in found.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps))
    return Page(apple, space, space.listings.apps()[0])


def change(
    locale: str, text: str, base: str | None = "", name: str = "whatsNew", scope: Scope = Scope.VERSION
) -> ListingChange:
    return ListingChange(scope, locale, name, base, base or "", text)


LANGUAGE_PATH = "/v1/appStoreVersionLocalizations/{id}"


def test_an_app_is_read_with_two_requests_and_kept(page: Page) -> None:
    page.apple.simulator.ledger.reset()
    listing = page.read()
    assert sum(page.apple.simulator.ledger.counts.values()) == 2
    assert (listing.primary_locale, len(listing.infos), len(listing.versions)) == ("en-US", 2, 2)
    assert len(page.draft().localizations) == 10
    assert page.draft(Scope.INFO).values == {"primaryCategory": "UTILITIES"}
    (kept,) = page.space.listings.known()
    assert (kept.infos, kept.name) == (listing.infos, listing.name)
    assert [one.localizations for one in kept.versions] == [one.localizations for one in listing.versions]


def test_one_field_in_every_language_takes_one_write_each(page: Page) -> None:
    locales = page.draft().locales
    page.apple.simulator.ledger.reset()
    results = page.push(*(change(locale, f"Neu ({locale}).") for locale in locales))
    assert results == [(locale, "whatsNew", "changed") for locale in locales]
    assert page.count("PATCH", LANGUAGE_PATH) == len(locales)
    assert page.count("GET", LANGUAGE_PATH) == len(locales)
    (known,) = page.space.listings.known()
    draft = known.editable_version()
    assert draft is not None
    assert draft.value(NOTES, "ja") == "Neu (ja).", "shown at once, without reading again"
    assert page.text("ja") == "Neu (ja)."


def test_a_colleagues_text_is_never_written_over(page: Page) -> None:
    page.colleague("de-DE", "Von der Kollegin.")
    assert page.push(change("de-DE", "Meines."), change("ja", "新しい。")) == [
        ("de-DE", "whatsNew", "held"),
        ("ja", "whatsNew", "changed"),
    ]
    assert page.text("de-DE") == "Von der Kollegin."
    assert page.push(change("de-DE", "Meines.", None), allow_no_base=True)[0][2] == "changed"


def test_what_is_there_already_needs_no_write(page: Page) -> None:
    page.colleague("de-DE", "Meines.\n")
    page.apple.simulator.ledger.reset()
    assert page.push(change("de-DE", "Meines.")) == [("de-DE", "whatsNew", "changed")]
    assert page.count("PATCH", LANGUAGE_PATH) == 0


def test_refused_fields_are_named_and_the_rest_goes_on(page: Page) -> None:
    results = page.push(
        change("de-DE", "Neues."),
        change("de-DE", "x" * 101, name="keywords", base="tide,moon,sea,harbour"),
        change("de-DE", "kein Ort", name="supportUrl", base="https://example.com/support"),
        change("ja", "新しい。"),
    )
    assert sorted(results) == [
        ("de-DE", "keywords", "refused"),
        ("de-DE", "supportUrl", "refused"),
        ("de-DE", "whatsNew", "changed"),
        ("ja", "whatsNew", "changed"),
    ]


def test_apples_own_refusal_of_one_field_leaves_the_others(page: Page) -> None:
    # The name is checked here as well; what only Apple refuses is a category it does not have.
    listing = page.read()
    part = page.draft(Scope.INFO)
    changes = [
        ListingChange(Scope.INFO, "", "primaryCategory", "UTILITIES", "UTILITIES", "NO_SUCH_THING"),
        ListingChange(Scope.INFO, "", "secondaryCategory", "", "", "WEATHER"),
    ]
    results = list(page.space.listings.send(page.listed, listing, part, changes))
    assert [(one.name, str(one.state)) for one in results] == [
        ("primaryCategory", "refused"),
        ("secondaryCategory", "changed"),
    ]
    assert "primaryCategory" in results[0].detail
    assert page.draft(Scope.INFO).values["secondaryCategory"] == "WEATHER"


@pytest.mark.parametrize("kind", ["lost", "reset", "503", "page", "cut", "empty"])
def test_a_lost_answer_is_settled_by_reading(page: Page, kind: str) -> None:
    match kind:
        case "lost":
            page.apple.simulator.faults.add("drop", method="PATCH", after=True)
        case "reset":
            page.apple.simulator.faults.add("drop", method="PATCH", reset=True)
        case "page":
            # A captive portal says 200 to everything, and nothing of it reached Apple.
            page.apple.simulator.faults.add("html", method="PATCH", status=200)
        case "cut":
            page.apple.simulator.faults.add("cut", method="PATCH", after=True)
        case "empty":
            page.apple.simulator.faults.add("empty", method="PATCH", status=200, after=True)
        case _:
            page.apple.simulator.faults.add("status", method="PATCH", status=503)
    assert page.push(change("de-DE", "Neues.")) == [("de-DE", "whatsNew", "changed")]
    assert page.text("de-DE") == "Neues."


def test_a_new_language_is_added_with_its_texts(page: Page) -> None:
    results = page.push(
        change("sv", "Tidvatten", name="name", scope=Scope.INFO),
        change("sv", "Buggar rättade."),
        change("fi", "fi", name=LANGUAGE),
    )
    assert [state for _, _, state in results] == ["changed"] * 3
    assert (page.text("sv"), page.text("sv", "name", Scope.INFO)) == ("Buggar rättade.", "Tidvatten")
    assert "fi" in page.draft().locales


def test_a_new_language_without_a_name_is_refused(page: Page) -> None:
    assert page.push(change("sv", "Ebb och flod", name="subtitle", scope=Scope.INFO)) == [
        ("sv", "subtitle", "refused")
    ]


def test_texts_written_here_wait_until_they_are_sent(page: Page) -> None:
    listing, draft = page.read(), page.draft()
    page.space.listings.edit(listing, draft, {("de-DE", NOTES): "Neues.", ("ja", NOTES): "新しい。"})
    assert not page.text("de-DE")
    page.space.listings.edit(listing, draft, {("de-DE", NOTES): "Noch besser."})
    assert [edit.text for edit in page.space.listings.edits()] == ["Noch besser.", "新しい。"]
    page.space.listings.undo()
    assert [edit.text for edit in page.space.listings.edits()] == ["Neues.", "新しい。"]
    page.colleague("ja", "別の。")
    edits = page.space.listings.edits()
    states = {one.locale: str(one.state) for one in page.space.listings.push_edits(page.listed, edits)}
    assert states == {"de-DE": "changed", "ja": "held"}
    (left,) = page.space.listings.edits()
    assert (left.locale, left.state) == ("ja", "held")
    page.space.listings.keep_mine(left, "別の。")
    list(page.space.listings.push_edits(page.listed, page.space.listings.edits()))
    assert page.text("ja") == "新しい。"
    assert page.space.listings.edits() == ()


def test_a_text_that_is_apples_again_is_no_edit(page: Page) -> None:
    listing, info = page.read(), page.draft(Scope.INFO)
    name = info.value(NAME, "de-DE")
    page.space.listings.edit(listing, info, {("de-DE", NAME): "Gezeiten"})
    page.space.listings.edit(listing, info, {("de-DE", NAME): f"{name}\n"})
    assert page.space.listings.edits() == ()


def test_texts_that_change_together_are_taken_back_together(page: Page) -> None:
    listing, info = page.read(), page.draft(Scope.INFO)
    name = info.value(NAME, "de-DE")
    page.space.listings.edit(listing, info, {("de-DE", NAME): "Gezeiten"})
    page.space.listings.edit(listing, info, {("de-DE", NAME): name, ("ja", NAME): "潮時計"})
    assert [edit.text for edit in page.space.listings.edits()] == ["潮時計"]
    page.space.listings.undo()
    assert [edit.text for edit in page.space.listings.edits()] == ["Gezeiten"]


def test_what_was_sent_is_not_taken_back_to_a_text_from_before(page: Page) -> None:
    listing, draft = page.read(), page.draft()
    page.space.listings.edit(listing, draft, {("de-DE", NOTES): "Erster Satz."})
    page.space.listings.edit(listing, draft, {("de-DE", NOTES): "Zweiter Satz."})
    list(page.space.listings.push_edits(page.listed, page.space.listings.edits()))
    assert page.text("de-DE") == "Zweiter Satz."
    assert page.space.listings.undo() == ()
    assert page.space.listings.edits() == ()


def test_what_cannot_be_edited_is_refused_with_the_reason(page: Page) -> None:
    listing = page.read()
    live = listing.live_version()
    assert live is not None
    with pytest.raises(UsageError, match="promotional text"):
        page.space.listings.edit(listing, live, {("de-DE", NOTES): "Neues."})


def test_a_key_without_the_role_is_told(desk: Desk, apple: Apple) -> None:
    space = desk.open(apple.account("North", apple.key("CUSTOMER_SUPPORT"), features=("reviews",)))
    account = space.accounts.list()[0]
    apps = [app for found in space.client_for(account, "reviews").apps() for app in found.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps))
    page = Page(apple, space, space.listings.apps()[0])
    with pytest.raises(Forbidden):
        page.push(change("de-DE", "Neues."))


def test_read_only_sends_nothing(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "read_only", True)
    with pytest.raises(AscinboxError, match="Read-only"):
        page.push(change("de-DE", "Neues."))


def test_a_new_version_is_made_once_there_is_no_draft(page: Page) -> None:
    for scope in Scope:
        page.apple.simulator.happen("state", id=page.draft(scope).id, state="READY_FOR_DISTRIBUTION")
    listing = page.space.listings.add_version(page.listed, "IOS", "5.3")
    draft = listing.editable_version()
    assert draft is not None
    assert (draft.version, len(draft.localizations)) == ("5.3", 10)


def test_a_language_is_removed(page: Page) -> None:
    draft = page.draft()
    listing = page.space.listings.remove_language(page.listed, draft, "nl-NL")
    version = listing.editable_version()
    assert version is not None
    assert "nl-NL" not in version.locales


def test_hidden_apps_are_left_out_and_accounts_with_the_feature_come_first(desk: Desk, apple: Apple) -> None:
    first, second, *_ = apple.app_ids
    space = desk.open(
        apple.account("Alpha", apple.key("CUSTOMER_SUPPORT")),
        apple.account("North", apple.key("ADMIN"), features=("reviews", "listing"), hidden_apps=(second,)),
    )
    alpha, north = space.accounts.list()
    found = {app.id: app for page in space.client_for(north, "reviews").apps() for app in page.items}
    space.store.call(lambda store: store.accounts.save_apps(north.id, list(found.values())))
    space.store.call(lambda store: store.accounts.save_apps(alpha.id, [found[first]]))
    shown = space.listings.apps()
    assert second not in {one.app.id for one in shown}
    assert {one.account.name for one in shown if one.app.id == first} == {"North"}
    assert space.listings.app(second).app.id == second, "by its id it can be named all the same"


def test_a_refusal_that_names_no_field_is_found_out_field_by_field(page: Page) -> None:
    body = '{"errors": [{"status": "409", "code": "STATE_ERROR", "title": "It is not possible now."}]}'
    headers = {"content-type": "application/json"}
    page.apple.simulator.faults.add("answer", method="PATCH", status=409, body=body, headers=headers, times=2)
    # The first answer is to both fields together, the second to the first of them alone.
    results = page.push(
        change("de-DE", "Neues."),
        change("de-DE", "Anders.", name="promotionalText", base="Hochwasser auf einen Blick"),
    )
    assert sorted(state for _, _, state in results) == ["changed", "refused"]


def test_a_version_in_review_is_told_and_nothing_is_sent(page: Page) -> None:
    listing, draft = page.read(), page.draft()
    page.space.listings.edit(listing, draft, {("de-DE", NOTES): "Neues."})
    page.apple.simulator.happen("state", id=draft.id, state="IN_REVIEW")
    page.apple.simulator.ledger.reset()
    (result,) = page.space.listings.push_edits(page.listed, page.space.listings.edits())
    assert str(result.state) == "refused"
    assert "in App Review" in result.detail
    assert page.count("PATCH", LANGUAGE_PATH) == 0
    (edit,) = page.space.listings.edits()
    assert (edit.text, edit.state) == ("Neues.", "refused")


def test_an_individual_key_of_an_admin_changes_texts(desk: Desk, apple: Apple) -> None:
    key = apple.key("ADMIN", individual=True)
    space = desk.open(apple.account("Mine", key, features=("reviews", "listing")))
    (account,) = space.accounts.list()
    apps = [app for found in space.client_for(account, "reviews").apps() for app in found.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps))
    mine = Page(apple, space, space.listings.apps()[0])
    assert mine.push(change("de-DE", "Neues.")) == [("de-DE", "whatsNew", "changed")]


def test_an_app_of_another_store_is_told_apart_from_one_that_is_not_linked(page: Page) -> None:
    key = Credential("service_account", "0f3c9a", None, "file:/none")
    app = App("com.example.tide", page.listed.app.name, "com.example.tide")

    def link(store: Store) -> None:
        store.accounts.add(Account(0, "Android", None, ("reviews",), (key,), store="play"), [app])

    page.space.store.call(link)
    with pytest.raises(UsageError) as caught:
        page.space.listings.app(app.id)
    assert "Google Play, whose listings are not handled" in caught.value.title
    assert page.listed.app.id in caught.value.next_step, "the app of the same name at Apple"
    assert app.id not in {one.app.id for one in page.space.listings.apps()}
