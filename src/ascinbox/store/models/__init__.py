"""The tables as SQLModel classes, one module a subject: the one place where a column is written down.

Importing this package costs a few hundred milliseconds, so nothing that a first frame or a quick command
needs may do it: a new file is made from `user.sql` and `cache.sql` beside these classes, which
`python -m ascinbox.store.models` writes from them. Schema `user` is what people did and decided (user.db),
`cache` what a store gave us (cache.db). Unless a column says otherwise, times are whole epoch seconds (UTC).
"""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData
from sqlmodel import SQLModel


def metadata() -> MetaData:
    """Every table of every module in this package."""
    for module in pkgutil.iter_modules(__path__):
        if module.name != "__main__":
            importlib.import_module(f"{__name__}.{module.name}")
    return SQLModel.metadata
