"""A team's queue: the port `Queue` over a PostgreSQL database. How it works: docs/team-internals.md."""
