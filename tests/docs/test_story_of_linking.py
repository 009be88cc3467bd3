"""The commands of docs/linking.md and docs/health.md, in the order in which a person would give them."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.cli import main
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.server import serve_in_thread

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = (DOCS / "linking.md", DOCS / "health.md")
AT_A_TERMINAL = frozenset({"ascinbox demo", "ascinbox link"})
"""Full screen: tested with the screens."""


def shown() -> set[str]:
    """Every command of the two pages, without its explanation."""
    found: set[str] = set()
    for page in PAGES:
        text = page.read_text("utf-8")
        for block in re.findall(r"^```(?:sh|text)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if re.search(r"(?:^|\| )ascinbox ", line):
                    found.add(" ".join(re.split(r"\s{3,}(?![\s-])|\s+# ", line.strip())[0].split()))
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        found |= {" ".join(one.split()) for one in re.findall(r"`(ascinbox [^`]+)`", prose)}
    return found - AT_A_TERMINAL


@dataclass
class Person:
    """Somebody with a simulated Apple who does what the pages say."""

    simulator: Simulator
    folder: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    @property
    def team(self) -> Any:
        return next(iter(self.simulator.world.teams.values()))

    def key(self, role: str, *, individual: bool = False) -> ApiKey:
        return next(
            k
            for k in self.simulator.world.keys.values()
            if k.roles == (role,) and k.individual == individual and not k.revoked
        )

    def private(self, name: str, text: str) -> str:
        """A file of one's own."""
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)
        return str(path)

    def run(self, line: str, *more: str, exits: tuple[int, ...] = (0,)) -> str:
        """Runs a documented line with real values in place of the page's; what it printed."""
        key = self.key("ADMIN")
        words = shlex.split(line.rpartition("| ")[2])[1:]
        for option, value in (("--issuer-id", key.issuer_id), ("--vendor", self.team.vendor)):
            if option in words:
                words[words.index(option) + 1] = value
        code = main([*words, *more])
        out, err = self.capture.readouterr()
        assert code in exits, f"{line}: exit {code}\n{out}\n{err}"
        return out + err


@pytest.fixture
def person(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Person]:
    now = datetime.now(UTC)
    # Ten years of sales would take seconds, and the pages tell of none of them.
    world = make_world(7, now, apps=2, reviews=10, sells_since=date(now.year - 1, 1, 1))
    simulator = Simulator(world, hour_limit=100_000)
    folder = home.parent / "person"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(Path, "home", lambda: folder)
    with serve_in_thread(simulator) as served:
        monkeypatch.setenv("ASCINBOX_API_URL", served.url)
        yield Person(simulator, folder, capsys, monkeypatch)


def with_file(line: str, path: str) -> str:
    """The line with a real key file."""
    return re.sub(r"(--p8|--reporter-token) \S+", rf"\1 {path}", line)


def by_environment(person: Person, line: str) -> None:
    key = person.key("ADMIN")
    for name, value in (("KEY_ID", key.key_id), ("ISSUER_ID", key.issuer_id), ("PRIVATE_KEY", key.pem())):
        person.patch.setenv(f"ASCINBOX_{name}", value)
    assert "nothing was copied" in person.run(line)


def by_stdin(person: Person, line: str) -> None:
    person.patch.setattr(sys, "stdin", io.StringIO(person.key("MARKETING").pem()))
    person.run(line.replace("2X9R4HXF34", person.key("MARKETING").key_id))


def by_fastlane(person: Person, line: str) -> None:
    key = person.key("DEVELOPER")
    text = json.dumps({"key_id": key.key_id, "issuer_id": key.issuer_id, "key": key.pem()})
    person.run(with_file(line, person.private("fastlane.json", text)))


def by_folder(person: Person, line: str) -> None:
    key = person.key("SALES")
    key.write(person.folder / ".appstoreconnect" / "private_keys")
    person.run(line.replace("2X9R4HXF34", key.key_id), "--vendor", person.team.vendor)


def rotate(person: Person, line: str) -> None:
    fresh = person.simulator.world.add_key(ApiKey("FRESHKEY01", person.key("ADMIN").issuer_id, ("ADMIN",)))
    out = person.run(with_file(line, str(fresh.write(person.folder))))
    assert "OLD KEY" in out
    assert "revoke the old key" in out


def unlink(person: Person, line: str) -> None:
    assert "forgets:" in person.run(line, exits=(2,)), "asks first"
    person.run(line, "--yes")


def nothing_else(person: Person, line: str) -> None:
    person.run(line)


def read(person: Person, line: str) -> None:
    person.run(line, exits=(0, 1))


def link_file(role: str, *, individual: bool = False) -> Callable[[Person, str], None]:
    def link(person: Person, line: str) -> None:
        key = person.key(role, individual=individual)
        person.run(with_file(line, str(key.write(person.folder / "Downloads"))))

    return link


def link_token(person: Person, line: str) -> None:
    person.run(with_file(line, person.private("token.txt", person.team.reporter_token)))


def name_it(person: Person, line: str) -> None:
    person.run(line.replace("NAME", "Northwind").replace("NUMBER", "1"))


STORY: tuple[tuple[str, Callable[[Person, str], None]], ...] = (
    ("ascinbox link --name Northwind --p8 ~/Downloads/AuthKey_2X9R4HXF34.p8 "
     "--issuer-id 69a6de7f-03d1-47e3-e053-5b8c7c11a4d1 --vendor 85012345", link_file("ADMIN")),
    ("ascinbox link --name Northwind --p8 AuthKey_J8HB5T0P4D.p8",
     link_file("CUSTOMER_SUPPORT", individual=True)),
    ("ascinbox link --name Northwind --reporter-token token.txt", link_token),
    ("ascinbox health", nothing_else),
    ("ascinbox health --fix", nothing_else),
    ("ascinbox health --json --max-age 1h", nothing_else),
    ("ascinbox sync", nothing_else),
    ("ascinbox accounts", nothing_else),
    ("ascinbox accounts --json", nothing_else),
    ("ascinbox doctor", read),
    ("ascinbox rotate Northwind --vendor 85012345", nothing_else),
    ("ascinbox rotate NAME --vendor NUMBER", name_it),
    ("ascinbox rotate Northwind --features reviews,reply,sales,users", nothing_else),
    ("ascinbox invite Northwind mia@north.example --preset replies --yes", nothing_else),
    ("ascinbox rotate Northwind --p8 FILE --issuer-id ISSUER", rotate),
    ("ascinbox unlink Northwind", unlink),
    ("ascinbox link --name CI", by_environment),
    ("ascinbox link --name CI --p8 fastlane.json", by_fastlane),
    ("ascinbox link --name CI --key-id 2X9R4HXF34 --issuer-id ISSUER", by_folder),
    ("pass show asc/key | ascinbox link --name CI --p8 - --key-id 2X9R4HXF34 --issuer-id ISSUER "
     "--vault file", by_stdin),
)  # fmt: skip


def test_the_story_has_every_command_of_the_two_pages() -> None:
    assert shown() == {line for line, _ in STORY}


@pytest.mark.slow
def test_the_story_can_be_followed(person: Person) -> None:
    for line, follow in STORY:
        follow(person, line)
