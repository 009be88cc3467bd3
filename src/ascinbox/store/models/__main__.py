"""Writes `user.sql` and `cache.sql` anew from the classes."""

from pathlib import Path

from ascinbox.store.models.rendering import SCHEMAS, as_text

for schema in SCHEMAS:
    Path(__file__).with_name(f"{schema}.sql").write_text(as_text(schema), "utf-8")
