"""Texts of listings that people wrote and that have not left; what folders were made from (user.db)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.core.listing.fields import Scope
from ascinbox.core.listing.records import EditKey, FieldKey, ListingEdit
from ascinbox.store.database import Database
from ascinbox.store.models.listing import (
    ListingBaseTable,
    ListingEditTable,
    ListingFolderTable,
    ListingUndoTable,
)
from ascinbox.store.statements import Statement, insert, table_of, upsert

KEPT_BATCHES = 200
"""Acts that can be undone."""

_e, _u = table_of(ListingEditTable).c, table_of(ListingUndoTable).c
_f, _b = table_of(ListingFolderTable).c, table_of(ListingBaseTable).c

_THIS = (
    _e.app_id == bindparam("app"),
    _e.scope == bindparam("scope"),
    _e.part_id == bindparam("part"),
    _e.locale == bindparam("locale"),
    _e.name == bindparam("field"),
)
_PUT = Statement(upsert(ListingEditTable))
_GET = Statement(select(table_of(ListingEditTable)).where(*_THIS))
_DROP = Statement(delete(table_of(ListingEditTable)).where(*_THIS))
_ALL = Statement(select(table_of(ListingEditTable)).order_by(_e.app_id, _e.scope, _e.locale, _e.name))
_NOTE = Statement(insert(ListingUndoTable))
_LAST = Statement(select(func.max(_u.batch)))
_BATCH = Statement(
    select(table_of(ListingUndoTable)).where(_u.batch == bindparam("batch")).order_by(_u.id.desc())
)
_FORGET_BATCH = Statement(delete(table_of(ListingUndoTable)).where(_u.batch == bindparam("batch")))
_FORGET_KEY = Statement(
    delete(table_of(ListingUndoTable)).where(
        _u.app_id == bindparam("app"),
        _u.scope == bindparam("scope"),
        _u.part_id == bindparam("part"),
        _u.locale == bindparam("locale"),
        _u.name == bindparam("field"),
    )
)
_FORGET_OLD = Statement(delete(table_of(ListingUndoTable)).where(_u.batch <= bindparam("last")))
_PUT_FOLDER = Statement(upsert(ListingFolderTable))
_FOLDER = Statement(
    select(_f.pulled_at).where(_f.folder == bindparam("folder"), _f.app_id == bindparam("app"))
)
_PUT_BASE = Statement(upsert(ListingBaseTable))
_DROP_BASE = Statement(
    delete(table_of(ListingBaseTable)).where(_b.folder == bindparam("folder"), _b.app_id == bindparam("app"))
)
_BASE = Statement(
    select(_b.scope, _b.locale, _b.name, _b.text).where(
        _b.folder == bindparam("folder"), _b.app_id == bindparam("app")
    )
)


class ListingEdits:
    """`store.listing_edits`. Each verb is one act: it is there entirely or not at all."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> tuple[ListingEdit, ...]:
        """Every text that has not left."""
        return tuple(map(_edit, _ALL.rows(self._database)))

    def write(
        self, edits: Sequence[ListingEdit], dropped: Sequence[ListingEdit] = (), *, amend: bool = False
    ) -> None:
        """Writes texts down, and drops others, as one act or as more of the act before (`amend`). The base of
        a text that is there already stays: it is what the person saw first."""
        changes: list[tuple[EditKey, ListingEdit | None]] = [(edit.key, edit) for edit in edits]
        changes += [(edit.key, None) for edit in dropped]
        if changes:
            self._change(changes, keep_base=True, amend=amend)

    def drop(self, edits: Sequence[ListingEdit]) -> None:
        """Drops texts as one act; `undo` brings them back."""
        self.write((), edits)

    def rebase(self, edit: ListingEdit, base: str) -> None:
        """The person has seen Apple's text of now: theirs is written from that one from here on."""
        self._change([(edit.key, replace(edit, base=base, state="", detail=""))], keep_base=False)

    def tell(self, edit: ListingEdit, state: str, detail: str) -> None:
        """Notes what became of a try to send it. Not an act that one undoes."""
        with self._database.write():
            if self._find(edit.key) is not None:
                self._put(replace(edit, state=state, detail=detail))

    def sent(self, edit: ListingEdit) -> None:
        """Apple has the text: it goes, unless it was changed meanwhile. What was done about it before can no
        longer be undone: that would bring back a text from before what was sent."""
        with self._database.write():
            there = self._find(edit.key)
            if there is None:
                return
            _FORGET_KEY.run(self._database, **_named(edit.key))
            if there.text == edit.text:
                _DROP.run(self._database, **_named(edit.key))
            else:
                self._put(replace(there, base=edit.text, state="", detail=""))

    def undo(self) -> tuple[ListingEdit, ...]:
        """Takes back the last act; returns the texts that stood there before or went with it."""
        with self._database.write():
            batch = _LAST.value(self._database)
            if batch is None:
                return ()
            touched: list[ListingEdit] = []
            for row in _BATCH.rows(self._database, batch=batch):
                key = (row.app_id, Scope(row.scope), row.part_id, row.locale, row.name)
                now = self._find(key)
                if row.before is None:
                    _DROP.run(self._database, **_named(key))
                else:
                    before = _unpacked(key, row.before)
                    self._put(before)
                    now = before
                if now is not None:
                    touched.append(now)
            _FORGET_BATCH.run(self._database, batch=batch)
            return tuple(touched)

    # --- folders ---

    def base_of_folder(self, folder: str, app_id: str) -> Mapping[FieldKey, str] | None:
        """Apple's texts when the folder was last pulled or pushed; None for one that never was."""
        if _FOLDER.value(self._database, folder=folder, app=app_id) is None:
            return None
        return {
            (Scope(row.scope), row.locale, row.name): row.text
            for row in _BASE.rows(self._database, folder=folder, app=app_id)
        }

    def pulled(self, folder: str, app_id: str, texts: Mapping[FieldKey, str]) -> None:
        """Notes what a folder was made from."""
        now = to_epoch(self._clock.now())
        with self._database.write():
            _DROP_BASE.run(self._database, folder=folder, app=app_id)
            _PUT_FOLDER.run(self._database, folder=folder, app_id=app_id, pulled_at=now)
            self._put_bases(folder, app_id, texts)

    def pushed(self, folder: str, app_id: str, texts: Mapping[FieldKey, str]) -> None:
        """Notes texts of a folder that Apple has by now."""
        now = to_epoch(self._clock.now())
        with self._database.write():
            _PUT_FOLDER.run(self._database, folder=folder, app_id=app_id, pulled_at=now)
            self._put_bases(folder, app_id, texts)

    def _put_bases(self, folder: str, app_id: str, texts: Mapping[FieldKey, str]) -> None:
        _PUT_BASE.run_many(
            self._database,
            (
                {
                    "folder": folder,
                    "app_id": app_id,
                    "scope": scope,
                    "locale": locale,
                    "name": name,
                    "text": text,
                }
                for (scope, locale, name), text in texts.items()
            ),
        )

    # --- rows ---

    def _change(
        self,
        changes: Sequence[tuple[EditKey, ListingEdit | None]],
        *,
        keep_base: bool,
        amend: bool = False,
    ) -> None:
        now = to_epoch(self._clock.now())
        with self._database.write():
            batch = 1 + int(_LAST.value(self._database) or 0)
            for key, edit in changes:
                there = self._find(key)
                if not amend:
                    self._note(batch, key, there, now)
                if edit is None:
                    _DROP.run(self._database, **_named(key))
                else:
                    self._put(replace(edit, base=there.base) if keep_base and there else edit)
            _FORGET_OLD.run(self._database, last=batch - KEPT_BATCHES)

    def _note(self, batch: int, key: EditKey, before: ListingEdit | None, now: int) -> None:
        app_id, scope, part_id, locale, name = key
        _NOTE.run(
            self._database,
            batch=batch,
            app_id=app_id,
            scope=scope,
            part_id=part_id,
            locale=locale,
            name=name,
            before=None if before is None else _packed(before),
            at=now,
        )

    def _find(self, key: EditKey) -> ListingEdit | None:
        row = _GET.first(self._database, **_named(key))
        return None if row is None else _edit(row)

    def _put(self, edit: ListingEdit) -> None:
        _PUT.run(
            self._database,
            app_id=edit.app_id,
            scope=edit.scope,
            part_id=edit.part_id,
            locale=edit.locale,
            name=edit.name,
            base=edit.base,
            text=edit.text,
            author=edit.author,
            at=to_epoch(edit.at),
            state=edit.state,
            detail=edit.detail,
        )


def _named(key: EditKey) -> dict[str, str]:
    return dict(zip(("app", "scope", "part", "locale", "field"), key, strict=True))


def _edit(row: Any) -> ListingEdit:
    return ListingEdit(
        app_id=row.app_id,
        scope=Scope(row.scope),
        part_id=row.part_id,
        locale=row.locale,
        name=row.name,
        base=row.base,
        text=row.text,
        author=row.author,
        at=from_epoch(row.at),
        state=row.state,
        detail=row.detail,
    )


def _packed(edit: ListingEdit) -> str:
    return json.dumps(
        {
            "base": edit.base,
            "text": edit.text,
            "author": edit.author,
            "at": to_epoch(edit.at),
            "state": edit.state,
            "detail": edit.detail,
        },
        ensure_ascii=False,
    )


def _unpacked(key: EditKey, text: str) -> ListingEdit:
    app_id, scope, part_id, locale, name = key
    held = json.loads(text)
    at: datetime = from_epoch(held.pop("at"))
    make: Callable[..., ListingEdit] = ListingEdit
    return make(app_id, scope, part_id, locale, name, at=at, **held)
