"""The texts of an app's page: app information, versions, and the languages of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ascinbox.core.listing.fields import Scope, in_scope
from ascinbox.simulator import problems
from ascinbox.simulator.bodies import Attribute, Entity, Relation, Shape, read_entity
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer
from ascinbox.simulator.ledger import Effect
from ascinbox.simulator.listing import SimulatedLanguage, SimulatedPart, texts_of
from ascinbox.simulator.params import SUB_LIMIT, TEXT, fields, one_of, paged
from ascinbox.simulator.resources import (
    app_resource,
    category_resource,
    info_resource,
    language_resource,
    version_resource,
)
from ascinbox.simulator.roles import Task
from ascinbox.simulator.vocabulary import FIELDS, PLATFORMS, VERSION_FIELD_TYPES, VERSION_INCLUDES
from ascinbox.simulator.world import SimulatedApp, SimulatedVersion

PARTS = {Scope.INFO: "appInfos", Scope.VERSION: "appStoreVersions"}
LANGUAGES = {Scope.INFO: "appInfoLocalizations", Scope.VERSION: "appStoreVersionLocalizations"}
OWNERS = {Scope.INFO: "appInfo", Scope.VERSION: "appStoreVersion"}

_CATEGORIES = tuple(row.name for row in in_scope(Scope.INFO, localized=False))
_TEXT = Attribute(str, nullable=True)
_INFO = {
    **fields("appInfos", "apps", "ageRatingDeclarations", "appInfoLocalizations", "appCategories"),
    "include": one_of("app", "ageRatingDeclaration", "appInfoLocalizations", *_CATEGORIES),
    "limit[appInfoLocalizations]": SUB_LIMIT,
}
_INFO_LANGUAGE = {**fields("appInfoLocalizations", "appInfos"), "include": one_of("appInfo")}
_VERSION = {
    **fields(*VERSION_FIELD_TYPES),
    "fields[appStoreVersionExperiments]": one_of(*FIELDS["appStoreVersionExperiments"], "appStoreVersion"),
    "include": one_of(*VERSION_INCLUDES),
    "limit[appStoreVersionLocalizations]": SUB_LIMIT,
    "limit[appStoreVersionExperiments]": SUB_LIMIT,
    "limit[appStoreVersionExperimentsV2]": SUB_LIMIT,
}
_VERSION_LANGUAGE = {
    **fields("appStoreVersionLocalizations", "appStoreVersions", "appScreenshotSets", "appPreviewSets"),
    "include": one_of("appStoreVersion", "appScreenshotSets", "appPreviewSets", "searchKeywords"),
    "limit[appScreenshotSets]": SUB_LIMIT,
    "limit[appPreviewSets]": SUB_LIMIT,
    "limit[searchKeywords]": SUB_LIMIT,
}
_CHANGE = {
    scope: Shape(LANGUAGES[scope], {row.name: _TEXT for row in in_scope(scope)}, {}, needs_id=True)
    for scope in Scope
}
_ADD = {
    scope: Shape(
        LANGUAGES[scope],
        {
            **{row.name: _TEXT for row in in_scope(scope)},
            **({"name": Attribute(str, required=True)} if scope is Scope.INFO else {}),
            "locale": Attribute(str, required=True),
        },
        {OWNERS[scope]: Relation(PARTS[scope], required=True)},
    )
    for scope in Scope
}
_CHANGE_INFO = Shape("appInfos", {}, {name: Relation("appCategories") for name in _CATEGORIES}, needs_id=True)
_VERSION_ATTRIBUTES = {
    "copyright": _TEXT,
    "reviewType": Attribute(str, nullable=True, words=frozenset(("APP_STORE", "NOTARIZATION"))),
    "releaseType": Attribute(str, nullable=True, words=frozenset(("MANUAL", "AFTER_APPROVAL", "SCHEDULED"))),
    "earliestReleaseDate": _TEXT,
    "usesIdfa": Attribute(bool, nullable=True),
}
_CHANGE_VERSION = Shape(
    "appStoreVersions",
    {**_VERSION_ATTRIBUTES, "versionString": _TEXT, "downloadable": Attribute(bool, nullable=True)},
    {"build": Relation("builds"), "appClipDefaultExperience": Relation("appClipDefaultExperiences")},
    needs_id=True,
)
_ADD_VERSION = Shape(
    "appStoreVersions",
    {
        **_VERSION_ATTRIBUTES,
        "versionString": Attribute(str, required=True),
        "platform": Attribute(str, required=True, words=frozenset(PLATFORMS)),
    },
    {
        "app": Relation("apps", required=True),
        "build": Relation("builds"),
        "appStoreVersionLocalizations": Relation("appStoreVersionLocalizations", many=True),
    },
)


# --- reading ---


def included_languages(call: Call, part: SimulatedPart) -> list[SimulatedLanguage] | None:
    """The languages that a document about this part includes; None when none were asked for."""
    kind = LANGUAGES[part.scope]
    if kind not in call.query.words("include"):
        return None
    return list(part.languages.values())[: call.query.number(f"limit[{kind}]", 10)]


def language_documents(
    call: Call, part: SimulatedPart, languages: Sequence[SimulatedLanguage]
) -> list[dict[str, Any]]:
    """These languages of a part, as resources."""
    chosen = call.query.chosen(LANGUAGES[part.scope])
    kind = LANGUAGES[part.scope]
    rows = tuple(row.name for row in in_scope(part.scope))
    return [
        language_resource(kind, one.id, one.locale, one.shown(call.now), rows, call.base, chosen)
        for one in languages
    ]


def _info_document(call: Call, part: SimulatedPart) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    include = call.query.words("include")
    app = call.world.apps[part.app_id]
    languages = included_languages(call, part)
    categories = [name for name in _CATEGORIES if name in include]
    resource = info_resource(
        part.id,
        part.state,
        call.base,
        call.query.chosen("appInfos"),
        app_id=app.id if "app" in include else "",
        languages=None if languages is None else [one.id for one in languages],
        total=len(part.languages),
        categories={name: part.shared.get(name, "") for name in categories},
    )
    included = language_documents(call, part, languages or ())
    if "app" in include:
        included.append(app_resource(app, call.base, call.query.chosen("apps")))
    held = dict.fromkeys(part.shared[name] for name in categories if part.shared.get(name))
    chosen = call.query.chosen("appCategories")
    included += [category_resource(category, call.base, chosen) for category in held]
    return resource, included


def list_infos(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}/appInfos: the live one and the draft, in no promised order."""
    app = call.app(call.ids["id"])
    found = texts_of(call.world).parts(app.id, Scope.INFO)
    page = call.page(len(found))
    made = [_info_document(call, part) for part in found[page.start : page.end]]
    included = {(one["type"], one["id"]): one for _, ones in made for one in ones}
    wanted = bool(call.query.words("include"))
    return call.listing([resource for resource, _ in made], page, list(included.values()) if wanted else None)


def one_info(call: Call) -> SimulatedAnswer:
    """GET /v1/appInfos/{id}."""
    resource, included = _info_document(call, _part(call, Scope.INFO))
    return call.single(resource, included if call.query.words("include") else None)


def _version_document(
    call: Call, app: SimulatedApp, version: SimulatedVersion, part: SimulatedPart, status: int = 200
) -> SimulatedAnswer:
    include = call.query.words("include")
    languages = included_languages(call, part)
    resource = version_resource(
        version,
        app,
        call.base,
        call.query.chosen("appStoreVersions"),
        with_app="app" in include,
        languages=None if languages is None else [one.id for one in languages],
        total=len(part.languages),
        copyright_line=part.shared.get("copyright", ""),
    )
    included = language_documents(call, part, languages or ())
    if "app" in include:
        included.append(app_resource(app, call.base, call.query.chosen("apps")))
    return call.single(resource, included if include else None, status)


def one_version(call: Call) -> SimulatedAnswer:
    """GET /v1/appStoreVersions/{id}."""
    part = _part(call, Scope.VERSION)
    app = call.world.apps[part.app_id]
    version = next(one for one in app.versions if one.id == part.id)
    return _version_document(call, app, version, part)


def _language_list(call: Call, scope: Scope) -> SimulatedAnswer:
    part = _part(call, scope)
    locales = call.query.words("filter[locale]")
    found = [one for one in part.languages.values() if not locales or one.locale in locales]
    page = call.page(len(found))
    return call.listing(language_documents(call, part, found[page.start : page.end]), page)


def list_info_languages(call: Call) -> SimulatedAnswer:
    """GET /v1/appInfos/{id}/appInfoLocalizations."""
    return _language_list(call, Scope.INFO)


def list_version_languages(call: Call) -> SimulatedAnswer:
    """GET /v1/appStoreVersions/{id}/appStoreVersionLocalizations."""
    return _language_list(call, Scope.VERSION)


def _part(call: Call, scope: Scope, part_id: str = "") -> SimulatedPart:
    """The part with the id of the path. Raises `Problem` 404."""
    wanted = part_id or call.ids["id"]
    part = texts_of(call.world).part(scope, wanted)
    if part is None or not call.world.sees(call.key, part.app_id):
        raise problems.not_found(PARTS[scope], wanted)
    return part


def _language(call: Call, scope: Scope) -> tuple[SimulatedPart, SimulatedLanguage]:
    found = texts_of(call.world).language(scope, call.ids["id"])
    if found is None or not call.world.sees(call.key, found[0].app_id):
        raise problems.not_found(LANGUAGES[scope], call.ids["id"])
    return found


def _one_language(call: Call, scope: Scope) -> SimulatedAnswer:
    part, language = _language(call, scope)
    (resource,) = language_documents(call, part, [language])
    return call.single(resource)


# --- writing ---


def _change_language(call: Call, scope: Scope) -> SimulatedAnswer:
    part, language = _language(call, scope)
    _refuse_locale(call)
    wanted = read_entity(call.body, _CHANGE[scope])
    _same_id(wanted, language.id)
    stale_s = call.simulator.settings.stale_s
    texts_of(call.world).write(part, language, wanted.attributes, now=call.now, stale_s=stale_s)
    for name, text in wanted.attributes.items():
        _note(call, "listing", f"{part.id}/{language.locale}/{name}", text or "")
    (resource,) = language_documents(call, part, [language])
    return call.single(resource)


def _refuse_locale(call: Call) -> None:
    """Apple's words for a locale in a PATCH, as met by others."""
    data = call.body.get("data") if isinstance(call.body, dict) else None
    given = data.get("attributes") if isinstance(data, dict) else None
    if isinstance(given, dict) and "locale" in given:
        raise problems.entity(
            ".ATTRIBUTE.NOT_ALLOWED",
            "The provided entity includes an attribute that is not allowed",
            "The attribute 'locale' can not be included in a 'UPDATE' request",
            "/data/attributes/locale",
        )


def _add_language(call: Call, scope: Scope) -> SimulatedAnswer:
    wanted = read_entity(call.body, _ADD[scope])
    part = _linked_part(call, scope, wanted.related[OWNERS[scope]][0])
    given = {name: text for name, text in wanted.attributes.items() if name != "locale"}
    language = texts_of(call.world).add(part, wanted.attributes["locale"], given)
    _note(call, "listing_language", f"{part.id}/{language.locale}", "")
    (resource,) = language_documents(call, part, [language])
    return call.single(resource, status=201)


def _linked_part(call: Call, scope: Scope, part_id: str) -> SimulatedPart:
    try:
        return _part(call, scope, part_id)
    except problems.Problem:
        raise problems.entity(
            ".RELATIONSHIP.INVALID",
            "The provided entity includes a relationship with an invalid value",
            f"There is no '{PARTS[scope]}' with id '{part_id}'",
            f"/data/relationships/{OWNERS[scope]}",
        ) from None


def _remove_language(call: Call, scope: Scope) -> SimulatedAnswer:
    part, language = _language(call, scope)
    texts_of(call.world).remove(part, language)
    _note(call, "listing_language_removed", f"{part.id}/{language.locale}", "")
    return SimulatedAnswer(204)


def change_info(call: Call) -> SimulatedAnswer:
    """PATCH /v1/appInfos/{id}: its categories."""
    part = _part(call, Scope.INFO)
    wanted = read_entity(call.body, _CHANGE_INFO)
    _same_id(wanted, part.id)
    texts_of(call.world).write_shared(part, {name: ids[0] for name, ids in wanted.related.items()})
    for name, ids in wanted.related.items():
        _note(call, "listing", f"{part.id}//{name}", ids[0])
    return one_info(call)


def change_version(call: Call) -> SimulatedAnswer:
    """PATCH /v1/appStoreVersions/{id}."""
    part = _part(call, Scope.VERSION)
    wanted = read_entity(call.body, _CHANGE_VERSION)
    _same_id(wanted, part.id)
    known = {row.name for row in in_scope(Scope.VERSION, localized=False)}
    given = {name: text for name, text in wanted.attributes.items() if name in known}
    texts_of(call.world).write_shared(part, given)
    for name, text in given.items():
        _note(call, "listing", f"{part.id}//{name}", text or "")
    return one_version(call)


def add_version(call: Call) -> SimulatedAnswer:
    """POST /v1/appStoreVersions."""
    wanted = read_entity(call.body, _ADD_VERSION)
    app_id = wanted.related["app"][0]
    if not call.world.sees(call.key, app_id):
        raise problems.entity(
            ".RELATIONSHIP.INVALID",
            "The provided entity includes a relationship with an invalid value",
            f"There is no 'apps' with id '{app_id}'",
            "/data/relationships/app",
        )
    app, texts = call.world.apps[app_id], texts_of(call.world)
    given = wanted.attributes
    version = texts.add_version(app, given["platform"], given["versionString"], call.now)
    part = next(one for one in texts.parts(app.id, Scope.VERSION) if one.id == version.id)
    if given.get("copyright"):
        part.shared["copyright"] = given["copyright"]
    _note(call, "version", version.id, version.name)
    return _version_document(call, app, version, part, status=201)


def _same_id(wanted: Entity, expected: str) -> None:
    if wanted.id != expected:
        raise problems.entity(
            ".ID.INVALID",
            "The provided id is not that of the resource",
            f"The id must be '{expected}'",
            "/data/id",
        )


def _note(call: Call, kind: str, target: str, text: str) -> None:
    call.simulator.ledger.effect(Effect(call.now, kind, call.key.key_id, target, text))


def _languages_of(scope: Scope) -> tuple[Endpoint, ...]:
    path, rules = f"/v1/{LANGUAGES[scope]}", _INFO_LANGUAGE if scope is Scope.INFO else _VERSION_LANGUAGE
    return (
        Endpoint("GET", f"{path}/{{id}}", Task.APPS, lambda call: _one_language(call, scope), rules),
        Endpoint(
            "PATCH", f"{path}/{{id}}", Task.LISTING, lambda call: _change_language(call, scope), has_body=True
        ),
        Endpoint("DELETE", f"{path}/{{id}}", Task.LISTING, lambda call: _remove_language(call, scope)),
        Endpoint("POST", path, Task.LISTING, lambda call: _add_language(call, scope), has_body=True),
    )


_LOCALES = {"filter[locale]": TEXT}

ENDPOINTS = (
    Endpoint("GET", "/v1/apps/{id}/appInfos", Task.APPS, list_infos, paged(_INFO)),
    Endpoint("GET", "/v1/appInfos/{id}", Task.APPS, one_info, _INFO),
    Endpoint("PATCH", "/v1/appInfos/{id}", Task.LISTING, change_info, has_body=True),
    Endpoint(
        "GET",
        "/v1/appInfos/{id}/appInfoLocalizations",
        Task.APPS,
        list_info_languages,
        paged({**_INFO_LANGUAGE, **_LOCALES}),
    ),
    Endpoint("GET", "/v1/appStoreVersions/{id}", Task.APPS, one_version, _VERSION),
    Endpoint("PATCH", "/v1/appStoreVersions/{id}", Task.LISTING, change_version, has_body=True),
    Endpoint("POST", "/v1/appStoreVersions", Task.LISTING, add_version, has_body=True),
    Endpoint(
        "GET",
        "/v1/appStoreVersions/{id}/appStoreVersionLocalizations",
        Task.APPS,
        list_version_languages,
        paged({**_VERSION_LANGUAGE, "fields[appKeywords]": TEXT, **_LOCALES}),
    ),
    *_languages_of(Scope.INFO),
    *_languages_of(Scope.VERSION),
)
