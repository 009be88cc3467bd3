"""The routes, one file a subject. A further file needs one line here: its name in `ENDPOINTS`."""

from __future__ import annotations

from ascinbox.simulator.calls import Endpoint
from ascinbox.simulator.routes import analytics, apps, listing, replies, reports, reviews, users, versions

ENDPOINTS: tuple[Endpoint, ...] = (
    *apps.ENDPOINTS,
    *versions.ENDPOINTS,
    *listing.ENDPOINTS,
    *reviews.ENDPOINTS,
    *replies.ENDPOINTS,
    *users.ENDPOINTS,
    *reports.ENDPOINTS,
    *analytics.ENDPOINTS,
)
