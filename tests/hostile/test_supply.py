"""What a release is installed from: exact versions of everything it needs, and the hashes of their files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CI = Path(__file__).resolve().parents[2] / ".ci"
LINE = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)$")


def locked() -> Iterator[tuple[str, str, str]]:
    """Name, version and hashes of each entry; AssertionError for a line of another form."""
    text = (CI / "release.txt").read_text("utf-8").replace(" \\\n   ", "")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            entry = LINE.match(line)
            assert entry, line
            yield canonicalize_name(entry[1]), entry[2], entry[3]


def needed(package: str, extras: frozenset[str] = frozenset(), seen: set[str] | None = None) -> set[str]:
    """Everything that `package` needs at run time, here."""
    found: set[str] = set() if seen is None else seen
    try:
        wanted = requires(package) or []
    except PackageNotFoundError:
        return found
    for text in wanted:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            continue
        name = canonicalize_name(requirement.name)
        if name not in found:
            found.add(name)
            needed(name, frozenset(requirement.extras), found)
    return found


def test_the_lock_names_all_that_a_release_needs() -> None:
    names = [name for name, _, _ in locked()]
    assert len(names) == len(set(names))
    assert needed("ascinbox") <= set(names)


def test_the_lock_and_the_constraints_of_the_checks_agree() -> None:
    pairs = re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+)$", (CI / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    constraints: dict[str, str] = {canonicalize_name(name): version for name, version in pairs}
    for name, version, _ in locked():
        assert constraints[name] == version


def test_ranges_have_an_upper_end_where_a_major_version_may_break() -> None:
    own = [Requirement(text) for text in requires("ascinbox") or [] if "extra ==" not in text]
    open_ended = {r.name for r in own if not any(s.operator == "<" for s in r.specifier)}
    assert open_ended <= {"cryptography"}
