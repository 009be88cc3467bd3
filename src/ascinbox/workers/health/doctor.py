"""What `ascinbox doctor` looks at: folders, stores, vault, accounts. Nothing secret is read."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.clock import iso
from ascinbox.core.replies.template_files import load_templates
from ascinbox.paths import Paths
from ascinbox.workers.deliveries.rule_file import load_rules
from ascinbox.workers.reviews.views import load_views

if TYPE_CHECKING:
    from ascinbox.store.cache.quarantine import QuarantineEntry
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

SOUND_SQLITE = (3, 51, 3)
"""From here on SQLite cannot corrupt a write-ahead log when two connections reset it at once."""


class Checkup:
    """Facts by section, and what is wrong, a sentence each."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.problems: list[str] = []
        self.damaged = False

    def folders(self, paths: Paths) -> None:
        """The three folders: where, how private, how much room."""
        from ascinbox.store.mounts import filesystem_of, is_network

        found = {}
        for name in ("config", "data", "state"):
            folder: Path = getattr(paths, name)
            entry: dict[str, Any] = {"path": str(folder), "exists": folder.is_dir()}
            if folder.is_dir():
                mode = stat.S_IMODE(folder.stat().st_mode)
                entry |= {"mode": f"{mode:04o}", "free_bytes": shutil.disk_usage(folder).free}
                entry["filesystem"] = filesystem_of(folder)
                if mode & 0o077:
                    self.problems.append(f"Others can look into {folder} (mode {mode:04o}): chmod 700 it.")
                if is_network(entry["filesystem"]):
                    self.problems.append(f"{folder} is on a network: one ascinbox at a time.")
            found[name] = entry
        self.facts["folders"] = found

    def files(self, paths: Paths) -> None:
        """The person's own files: what is wrong in them."""
        views = load_views(paths.views_file)
        templates = load_templates(paths.templates)
        rules = load_rules(paths.notify_file)
        self.problems += [*views.problems, *map(str, templates.problems), *rules.problems]
        self.facts["files"] = {
            "views": len([view for view in views.views if not view.builtin]),
            "templates": len(templates.templates),
            "rules": len(rules.rules),
            "destinations": len(rules.destinations),
        }

    def destinations(self, workspace: Workspace) -> None:
        """Which destinations of notify.toml refuse what they are sent, or lack their secret."""
        broken = workspace.store.call(lambda store: store.delivery_reads.broken())
        self.facts["deliveries"] = {"broken": sorted(broken)}
        self.problems += [
            f"Destination {one.name} refuses what it is sent: {one.detail}" for one in broken.values()
        ]

    def sqlite(self) -> None:
        """The SQLite that Python was built with."""
        version = sqlite3.sqlite_version_info
        self.facts["sqlite"] = {
            "version": sqlite3.sqlite_version,
            "wal_reset_fixed": version >= SOUND_SQLITE,
        }

    def stores(self, workspace: Workspace) -> None:
        """Both data files: SQLite's own check, schema, size, copies. Seconds for a large cache."""
        facts, problems = workspace.store.call(_look_at_store)
        self.facts["store"] = facts
        self.problems += [*problems, *workspace.store.notices()]
        self.damaged = self.damaged or any(facts[name]["check"] != "ok" for name in ("user", "cache"))

    def left_out(self, workspace: Workspace) -> None:
        """What Apple sent that could not be read: how much, of what, and why."""
        entries = workspace.store.call(lambda store: store.quarantine.entries())
        self.facts["left_out"] = {
            "items": len(entries),
            "lists": [
                {
                    "dataset": dataset,
                    "of": scope,
                    "reason": reason,
                    "items": len(group),
                    "times": sum(entry.times for entry in group),
                    "last_at": iso(max(entry.last_at for entry in group)),
                }
                for (dataset, scope, reason), group in _grouped(entries).items()
            ],
        }
        if entries:
            count = "1 item" if len(entries) == 1 else f"{len(entries)} items"
            self.problems.append(
                f"{count} of Apple's could not be read and {'is' if len(entries) == 1 else 'are'} left out: "
                "see left out above. If it stays so after an update of ascinbox, please report it."
            )

    def secrets(self, workspace: Workspace) -> None:
        """Where each key lies; the keys themselves are not read."""
        vault = workspace.vault
        usable = vault.keyring_usable()
        places = []
        accounts = workspace.store.call(lambda store: store.accounts.list())
        # A team's member has no key of the accounts that the team's workers hold.
        for account in () if workspace.asks_no_store else accounts:
            for credential in account.credentials:
                place = vault.describe(credential.secret_ref)
                places.append(
                    {
                        "account": account.name,
                        "kind": str(credential.kind),
                        "place": place.kind,
                        "where": place.where,
                        "ok": place.ok,
                        "detail": place.detail,
                    }
                )
                if not place.ok:
                    self.problems.append(f"The key of {account.name}: {place.detail} ({place.where}).")
        self.facts["vault"] = {
            "keyring": usable if isinstance(usable, str) else None,
            "keyring_refusal": "" if isinstance(usable, str) else str(usable),
            "keys": places,
        }

    def accounts(self, workspace: Workspace) -> None:
        """What each account has and when it last came in."""
        self.facts["accounts"], problems = workspace.store.call(_look_at_accounts)
        self.problems += problems


def _grouped(entries: Iterable[QuarantineEntry]) -> dict[tuple[str, str, str], list[QuarantineEntry]]:
    groups: dict[tuple[str, str, str], list[QuarantineEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.dataset, entry.scope, entry.reason), []).append(entry)
    return groups


def _look_at_store(store: Store) -> tuple[dict[str, Any], list[str]]:
    from ascinbox.store import backups
    from ascinbox.store.migrations import cache, user, version_of

    database = store.database
    facts: dict[str, Any] = {}
    problems = [database.banner] if database.banner else []
    for name, path, schema in (
        ("user", database.files.user, user.SCHEMA),
        ("cache", database.files.cache, cache.SCHEMA),
    ):
        complaint = database.check(name)
        facts[name] = {
            "path": str(path),
            "bytes": path.stat().st_size if path.exists() else 0,
            "schema": version_of(database.connection, name),
            "newest_schema": schema.version,
            "check": complaint or "ok",
        }
        if complaint:
            problems.append(f"{path} is damaged: {complaint}")
    problems += [
        f"The stored reply to review {review_id} is not the text that was written; it is held, look at it."
        for review_id in store.outbox.altered()
    ]
    kept = backups.copies(database.files.backups)
    facts["backups"] = {
        "count": len(kept),
        "newest": iso(max(map(backups.taken_at, kept))) if kept else None,
    }
    facts["write_ahead_log_bytes"] = database.wal_bytes()
    return facts, problems


def _look_at_accounts(store: Store) -> tuple[list[dict[str, Any]], list[str]]:
    runs = store.sync.runs()
    found: list[dict[str, Any]] = []
    problems: list[str] = []
    for account in store.accounts.list():
        mine = [run for run in runs if run.account_id == account.id]
        datasets: dict[str, Mapping[str, Any]] = {
            run.dataset: {"ok": run.ok, "at": iso(run.finished_at), "detail": run.detail} for run in mine
        }
        problems += [f"{account.name}, {run.dataset}: {run.detail}" for run in mine if not run.ok]
        budgets = [store.sync.budget(credential.key_id) for credential in account.credentials]
        found.append(
            {
                "name": account.name,
                "apps": len(store.accounts.apps(account.id)),
                "features": list(account.features),
                "datasets": datasets,
                "hour_left": [budget.hour_left for budget in budgets if budget is not None],
            }
        )
    return found, problems
