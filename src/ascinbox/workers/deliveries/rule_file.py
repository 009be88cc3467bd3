"""notify.toml on disk: read when it has changed, completed on request, comments kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ascinbox.config import read_toml
from ascinbox.core.deliveries.rules import RuleFile, read_rules
from ascinbox.core.errors import ConfigError
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import Member, login_of, why_not_assigned
from ascinbox.core.text import clean_line
from ascinbox.paths import write_private_file

EXAMPLE = """\
# Who is told of what, and where: `ascinbox help notify` explains it.
#
# Store the address first, it is a secret:   ascinbox notify secret team
# Then try it:                               ascinbox notify test team

# [[destination]]
# name = "team"
# kind = "slack"            # slack, teams, email, webhook, zendesk, command, apprise
# url = "vault:team"        # or "env:NAME"

# [[rule]]
# name = "low stars"
# when = "rating:<=2"       # the filter language; "" is everything
# on = ["review.new", "review.changed"]
# to = ["team"]
# send = "now"              # or "daily 09:00", "every 4h"
# quiet = "22:00-07:00"     # then nothing; what waits goes out together when it ends
# at_most = "10/h"          # the rest goes into one digest
# text = true               # false leaves people's words at home
# do = ["tag:low"]          # tag:NAME, assign:NAME, flag
"""

_RULE_DEFAULTS: dict[str, Any] = {
    "when": "",
    "on": ["review.new"],
    "to": [],
    "send": "now",
    "quiet": "",
    "at_most": "",
    "text": True,
}


class RuleFiles:
    """Reads notify.toml anew when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._read = RuleFile()

    @property
    def exists(self) -> bool:
        """Whether the person has one."""
        return self.path.exists()

    def read(self) -> RuleFile:
        """What it says now. A file that cannot be read is a problem, never an error; a missing one says
        nothing."""
        try:
            stat = self.path.stat()
        except OSError:
            self._seen, self._read = None, RuleFile()
            return self._read
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            self._read, self._seen = load_rules(self.path), seen
        return self._read


def load_rules(path: Path) -> RuleFile:
    """See `RuleFiles.read`."""
    try:
        text, document = read_toml(path)
    except ConfigError as error:
        detail = f": {error.detail}" if error.detail else ""
        return RuleFile(problems=(clean_line(f"{error.title}{detail}"),), whole=False)
    return read_rules(document, text, str(path))


def for_members(file: RuleFile, members: Sequence[Member]) -> RuleFile:
    """What the rules do where these people are the team (none: a person alone).

    An assignment to somebody else is left out, and is a problem.
    """
    if not members:
        return file
    rules, problems = [], list(file.problems)
    for rule in file.rules:
        if rule.do is None or not rule.do.assign:
            rules.append(rule)
            continue
        name = login_of(members, rule.do.assign)
        why = why_not_assigned(members, name)
        do = replace(rule.do, assign=None if why else name)
        rules.append(replace(rule, do=None if do == MarkChange() else do))
        if why:
            problems.append(f"rule {rule.name!r}: assign: {why}")
    return replace(file, rules=tuple(rules), problems=tuple(problems))


def complete(path: Path) -> list[str]:
    """Writes the keys that rules leave out with the values that hold for them; a missing file becomes an
    example in comments. What is there stays, comments and order included. Says what it did, a sentence each.

    Raises ConfigError for a file that is broken or cannot be written.
    """
    import tomlkit
    from tomlkit.items import AoT

    text, _ = read_toml(path)
    if not text.strip():
        _write(path, EXAMPLE)
        return [f"{path} was written, with an example in comments."]
    document = tomlkit.parse(text)
    done: list[str] = []
    rules = document.get("rule")
    if isinstance(rules, AoT):
        for table in rules:
            missing = [key for key in _RULE_DEFAULTS if key not in table]
            if "do" in table and "to" in missing:
                missing.remove("to")
            for key in missing:
                table[key] = _RULE_DEFAULTS[key]
            if missing:
                done.append(f"rule {clean_line(str(table.get('name')))!r}: {', '.join(missing)}")
    if done:
        _write(path, tomlkit.dumps(document))
    return done or ["Nothing is missing."]


def _write(path: Path, text: str) -> None:
    try:
        write_private_file(path, text.encode(), keeps_mode=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from None
