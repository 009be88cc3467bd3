"""Apple's public look-up: ratings of apps in a storefront. It needs no key and refuses one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ascinbox.core.reviews.territories import alpha3
from ascinbox.simulator.calls import SimulatedAnswer

if TYPE_CHECKING:
    from ascinbox.simulator.world import SimulatedApp, World

PATH = "/lookup"
DAY_S = 86_400


def serve(world: World, query: str, now: float, *, with_secrets: bool) -> SimulatedAnswer:
    """`GET /lookup?id=1,2&country=de&entity=software`. `with_secrets`: a token or cookie came along."""
    params = {name: values[-1] for name, values in parse_qs(query).items()}
    territory = alpha3(params.get("country", "us"))
    if with_secrets or territory is None:
        why = "Invalid value(s) for key(s): [country]" if territory is None else "No key belongs here."
        return _said(400, {"errorMessage": why})
    apps = [world.apps[i] for i in params.get("id", "").split(",") if i in world.apps]
    results = [shown for app in apps if (shown := _shown(world, app, territory, now)) is not None]
    return _said(200, {"resultCount": len(results), "results": results})


def _shown(world: World, app: SimulatedApp, territory: str, now: float) -> dict[str, Any] | None:
    rating = world.public_ratings.get((app.id, territory), ...)
    if rating is ...:
        rating = _invented(app, territory, now)
    if rating is None:
        return None
    count, average = rating
    return {
        "wrapperType": "software",
        "kind": "software",
        "trackId": int(app.id),
        "trackName": app.name,
        "bundleId": app.bundle_id,
        "userRatingCount": count,
        "averageUserRating": average,
        "userRatingCountForCurrentVersion": count,
        "averageUserRatingForCurrentVersion": average,
        "version": app.versions[0].name if app.versions else "1.0",
    }


def _invented(app: SimulatedApp, territory: str, now: float) -> tuple[int, float]:
    """More than there are reviews, and more every day; the mean is that of the reviews."""
    here = [review.rating for review in app.reviews if review.territory == territory]
    if not here:
        return 0, 0.0
    daily = 1 + (len(here) + sum(map(ord, territory))) % 7
    return len(here) * 20 + daily * (int(now // DAY_S) % 10_000), round(sum(here) / len(here), 5)


def _said(status: int, document: dict[str, Any]) -> SimulatedAnswer:
    return SimulatedAnswer(status, json.dumps(document).encode(), "text/javascript; charset=utf-8")
