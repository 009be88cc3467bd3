"""Writes `user.sql`, `cache.sql` and the tables of a team's database from the classes."""

from pathlib import Path

from ascinbox.store.models.rendering import SCHEMAS, as_text, server_text

for schema in SCHEMAS:
    Path(__file__).with_name(f"{schema}.sql").write_text(as_text(schema), "utf-8")
_TEAM = Path(__file__).parents[1] / "queue" / "team" / "schema"
_TEAM.joinpath("10-tables.sql").write_text(server_text(), "utf-8")
