"""The one row that a store needs besides its package."""

from __future__ import annotations

from ascinbox.core.stores import KindInfo, StoreInfo

FOLDER = StoreInfo(
    id="folder",
    label="Folder of reviews",
    short="FO",
    market="Folder",
    company="The folder",
    package="tests.sources.folder.source",
    kinds=(KindInfo("folder key", "folder key", "fold", frozenset(("reviews", "reply"))),),
    reply_limit=350,
    reply_amber=300,
    keeps_all_reviews=False,
    url_variable="FOLDER_OF_REVIEWS",
)
