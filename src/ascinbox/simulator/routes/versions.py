"""The versions of an app on the App Store."""

from __future__ import annotations

from ascinbox.core.listing.fields import Scope
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer
from ascinbox.simulator.listing import texts_of
from ascinbox.simulator.params import SUB_LIMIT, TEXT, fields, one_of, paged
from ascinbox.simulator.resources import app_resource, version_resource
from ascinbox.simulator.roles import Task
from ascinbox.simulator.routes.listing import included_languages, language_documents
from ascinbox.simulator.vocabulary import (
    APP_STORE_STATES,
    APP_VERSION_STATES,
    FIELDS,
    PLATFORMS,
    VERSION_FIELD_TYPES,
    VERSION_INCLUDES,
    VERSION_RELATION_LIMITS,
)
from ascinbox.simulator.world import ON_SALE, SimulatedVersion

_LIST = paged(
    {
        **fields(*VERSION_FIELD_TYPES),
        "fields[appStoreVersionExperiments]": one_of(
            *FIELDS["appStoreVersionExperiments"], "appStoreVersion"
        ),
        "include": one_of(*VERSION_INCLUDES),
        **{f"limit[{name}]": SUB_LIMIT for name in VERSION_RELATION_LIMITS},
        "filter[id]": TEXT,
        "filter[versionString]": TEXT,
        "filter[platform]": one_of(*PLATFORMS),
        "filter[appStoreState]": one_of(*APP_STORE_STATES),
        "filter[appVersionState]": one_of(*APP_VERSION_STATES),
    }
)


def list_versions(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}/appStoreVersions. The API has no sort here."""
    app = call.app(call.ids["id"])
    found = [version for version in app.versions if _matches(version, call)]
    page = call.page(len(found))
    include = call.query.words("include")
    chosen = call.query.chosen("appStoreVersions")
    parts = {part.id: part for part in texts_of(call.world).parts(app.id, Scope.VERSION)}
    included = [app_resource(app, call.base, call.query.chosen("apps"))] if "app" in include else []
    resources = []
    for version in found[page.start : page.end]:
        part = parts[version.id]
        languages = included_languages(call, part)
        resources.append(
            version_resource(
                version,
                app,
                call.base,
                chosen,
                with_app="app" in include,
                languages=None if languages is None else [one.id for one in languages],
                total=len(part.languages),
                copyright_line=part.shared.get("copyright", ""),
            )
        )
        included += language_documents(call, part, languages or ())
    return call.listing(resources, page, included if include else None)


def _matches(version: SimulatedVersion, call: Call) -> bool:
    state = "READY_FOR_SALE" if version.state == ON_SALE[0] else version.state
    values = {
        "filter[id]": version.id,
        "filter[versionString]": version.name,
        "filter[platform]": version.platform,
        "filter[appStoreState]": state,
        "filter[appVersionState]": version.state,
    }
    words = ((call.query.words(name), value) for name, value in values.items())
    return all(not wanted or value in wanted for wanted, value in words)


ENDPOINTS = (Endpoint("GET", "/v1/apps/{id}/appStoreVersions", Task.APPS, list_versions, _LIST),)
