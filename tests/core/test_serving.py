"""Which credential serves which app and capability."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.serving import Known, gone_apps, served, serving
from ascinbox.core.records import App, Credential, CredentialKind
from ascinbox.core.stores import kind_info

FOO, BAR, BAZ = (App(str(n), name, "") for n, name in enumerate(("Foo", "Bar", "Baz")))
APPS = (FOO, BAR, BAZ)


def credential(
    key_id: str, *capabilities: str, kind: CredentialKind = CredentialKind.TEAM, number: int = 0
) -> Credential:
    return Credential(kind, key_id, None, "", id=number, capabilities=capabilities)


TEAM = credential("TEAM", "sales", number=1)
OWN = credential("OWN", "reviews", "reply", kind=CredentialKind.INDIVIDUAL, number=2)
TOKEN = credential("TOKEN", kind=CredentialKind.REPORTER, number=3)
ALL = Known(frozenset({"0", "1", "2"}))
ONE = Known(frozenset({"0"}))
BOTH = {"TEAM": ALL, "OWN": ONE}


def names(found: tuple[Credential, ...]) -> list[str]:
    return [entry.key_id for entry in found]


def test_an_app_goes_to_the_chosen_credential_that_sees_it_and_otherwise_to_another_that_does() -> None:
    assert names(serving((TEAM, OWN), "reviews", BOTH, "0")) == ["OWN", "TEAM"]
    assert names(serving((TEAM, OWN), "reviews", BOTH, "1")) == ["TEAM"]
    assert names(serving((OWN, TEAM), "reply", BOTH, "2")) == ["TEAM"]


def test_what_concerns_the_team_goes_to_the_chosen_credential_only() -> None:
    assert names(serving((TEAM, OWN), "sales", BOTH)) == ["TEAM"]
    assert names(serving((TEAM, OWN), "users", BOTH)) == []
    assert names(serving((credential("FREE"), OWN), "users", {})) == ["FREE"]


def test_a_refused_credential_comes_last_and_is_no_help_out() -> None:
    refused = {"TEAM": Known(ALL.sees, frozenset({"reviews"})), "OWN": ONE}
    assert names(serving((TEAM, OWN), "reviews", refused, "1")) == []
    only = {"FREE": Known(ALL.sees, frozenset({"reviews"}))}
    assert names(serving((credential("FREE"),), "reviews", only, "1")) == ["FREE"], (
        "its role may have changed"
    )


def test_a_credential_that_was_never_asked_may_see_everything() -> None:
    assert names(serving((TEAM, OWN), "reviews", {"OWN": ONE}, "2")) == ["TEAM"]
    assert gone_apps((TEAM, OWN), {"OWN": ONE}, APPS) == ()


def test_a_reporter_token_serves_no_app() -> None:
    assert serving((TOKEN,), "sales", {}) == ()
    assert gone_apps((TOKEN,), {}, APPS) == ()


def test_who_serves_what_is_told_with_what_nobody_serves() -> None:
    refused = {"TEAM": Known(frozenset({"0", "1"}), frozenset({"reviews"})), "OWN": ONE}
    shared = served((TEAM, OWN), "reviews", refused, APPS)
    assert [(entry.key_id, apps) for entry, apps in shared.by] == [("OWN", (FOO,))]
    assert shared.by_none == (BAR,)
    assert gone_apps((TEAM, OWN), refused, APPS) == (BAZ,)
    assert served((TEAM, OWN), "sales", BOTH, APPS).by == ((TEAM, APPS),)


KEYS = st.lists(
    st.builds(
        credential,
        st.sampled_from(("A", "B", "C")),
        kind=st.sampled_from((CredentialKind.TEAM, CredentialKind.INDIVIDUAL)),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda entry: entry.key_id,
)
KNOWN = st.dictionaries(
    st.sampled_from(("A", "B", "C")),
    st.builds(Known, st.none() | st.frozensets(st.sampled_from(("0", "1", "2")))),
)


@given(KEYS, KNOWN, st.sampled_from(sorted(Capability)))
def test_every_app_that_a_credential_sees_is_served_by_one_that_sees_it(
    keys: list[Credential], known: dict[str, Known], capability: Capability
) -> None:
    for app in APPS:
        found = serving(keys, capability, known, app.id)
        sees = [k for k in keys if (s := known.get(k.key_id, Known()).sees) is None or app.id in s]
        able = [k for k in sees if capability in kind_info(k.kind).capabilities]
        assert set(names(found)) == set(names(tuple(able)))
