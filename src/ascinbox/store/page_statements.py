"""The upserts of `upsert`, written by `python -m ascinbox.store.upsert`."""

REVIEW = (
    (
        'INSERT INTO cache.review ("key", id, app, rating, territory, state, marks, '
        "created, changed_at, removed_at, seen_at, content, rest, lang, length, nickname,"
        " title, body, response_id, response_state, response_at, response_text) VALUES"
    ),
    (
        "key",
        "id",
        "app",
        "rating",
        "territory",
        "state",
        "marks",
        "created",
        "changed_at",
        "removed_at",
        "seen_at",
        "content",
        "rest",
        "lang",
        "length",
        "nickname",
        "title",
        "body",
        "response_id",
        "response_state",
        "response_at",
        "response_text",
    ),
    (
        'ON CONFLICT (id) DO UPDATE SET "key" = excluded."key", app = excluded.app, '
        "rating = excluded.rating, territory = excluded.territory, created = "
        "excluded.created, removed_at = excluded.removed_at, seen_at = excluded.seen_at, "
        "content = excluded.content, rest = excluded.rest, lang = excluded.lang, length ="
        " excluded.length, nickname = excluded.nickname, title = excluded.title, body = "
        "excluded.body, response_id = excluded.response_id, response_state = "
        "excluded.response_state, response_at = excluded.response_at, response_text = "
        "excluded.response_text WHERE cache.review.content IS NOT excluded.content OR "
        "cache.review.rest IS NOT excluded.rest OR cache.review.removed_at IS NOT "
        "excluded.removed_at"
    ),
)
REVIEW_TEXT = (
    'INSERT INTO cache.review_text ("key", folded, nickname) VALUES',
    (
        "key",
        "folded",
        "nickname",
    ),
    (
        'ON CONFLICT ("key") DO UPDATE SET folded = excluded.folded, nickname = '
        "excluded.nickname WHERE cache.review_text.folded IS NOT excluded.folded OR "
        "cache.review_text.nickname IS NOT excluded.nickname"
    ),
)
