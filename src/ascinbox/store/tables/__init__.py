"""The tables as SQLModel classes, one module a subject: what the migrations must end in.

Importing this package costs a few hundred milliseconds, so nothing that a first frame needs may do it: reads
go through sqlite3, and only bulk writes (`store.upsert`) and tests come here. Times are whole epoch seconds
(UTC) in INTEGER columns, truth values are 0 and 1.
"""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData
from sqlmodel import SQLModel


def metadata() -> MetaData:
    """Every table of every module in this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return SQLModel.metadata
