"""What became of the reports that were asked for, as rows: a known file is replaced by a known one only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from ascinbox.core.clock import to_epoch
from ascinbox.core.metrics.report_files import FileChange, FileStatus, ReportFile
from ascinbox.core.metrics.reports import Dataset
from ascinbox.store.database import Database
from ascinbox.store.models.reports import ReportFileTable
from ascinbox.store.models.sync import CacheMetaTable
from ascinbox.store.statements import Statement, table_of, upsert

_f, _m = table_of(ReportFileTable).c, table_of(CacheMetaTable).c
_VERSION = "report-version:"

_HELD = Statement(
    select(_f.status, _f.detail).where(
        _f.scope == bindparam("scope"),
        _f.dataset == bindparam("dataset"),
        _f.span == bindparam("span"),
        _f.day == bindparam("day"),
    )
)
_PUT = Statement(upsert(ReportFileTable))
_VERSIONS = Statement(select(_m.name, _m.value).where(_m.name.startswith(_VERSION)))
_PUT_VERSION = Statement(upsert(CacheMetaTable))


class FileRows:
    """Writes rows, each in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, file: ReportFile) -> bool:
        """Replaces what was known of a report; False, and nothing is done, where only figures may."""
        held = self._held(file)
        if held is not None and FileStatus(held.status).known and not file.status.known:
            return False
        _PUT.run(
            self._database,
            **_key(file),
            status=file.status,
            fetched_at=to_epoch(file.fetched_at),
            detail=file.detail,
        )
        return True

    def put_read(self, file: ReportFile, facts: Sequence[object]) -> FileChange:
        """Notes a file with a fingerprint of its facts, which tells a correction from a repetition."""
        lines = sorted(map(repr, facts))
        fingerprint = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        held = self._held(file)
        self.put(replace(file, detail=fingerprint))
        if held is None or not FileStatus(held.status).known:
            return FileChange.NEW
        return FileChange.SAME if held.detail == fingerprint else FileChange.CHANGED

    def versions(self) -> dict[Dataset, str | None]:
        """Report versions that Apple asked for instead of the usual ones."""
        rows = _VERSIONS.rows(self._database)
        return {Dataset(row.name.removeprefix(_VERSION)): row.value for row in rows}

    def put_version(self, dataset: Dataset, version: str) -> None:
        """Remembers the version that Apple asked for."""
        _PUT_VERSION.run(self._database, name=f"{_VERSION}{dataset}", value=version)

    def _held(self, file: ReportFile) -> Any:
        return _HELD.first(self._database, **_key(file))


def _key(file: ReportFile) -> dict[str, object]:
    return {
        "scope": file.scope,
        "dataset": file.dataset,
        "span": file.span,
        "day": file.day.toordinal(),
    }
