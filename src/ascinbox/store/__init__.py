"""The local cache: tables, every query, search and migrations."""
