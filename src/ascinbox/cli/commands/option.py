"""What a command and an option are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """An option (`--name`) or, without dashes, an argument of a command."""

    names: tuple[str, ...]
    help: str
    kind: str = "text"
    """`flag`, `text`, `int`, `file`, `folder`, `duration`, `time`, `day`, `secret-file`: see
    `parser.KINDS`."""
    default: str | int | bool | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    many: bool = False
    """An argument that may be given any number of times."""
    group: str = ""
    """Options of one group exclude each other; a required group needs one of them."""
    low: int | None = None
    high: int | None = None

    @property
    def positional(self) -> bool:
        """Whether it is an argument without a name on the command line."""
        return not self.names[0].startswith("-")

    @property
    def attribute(self) -> str:
        """Where the parsed value is found."""
        return max(self.names, key=len).lstrip("-").replace("-", "_")


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Its module has `run(context, options) -> int`."""

    name: str
    help: str
    options: tuple[Option, ...] = ()
    formats: tuple[str, ...] = ()
    """Of `json`, `csv`: machine-readable forms that the command can print."""
    exits: tuple[tuple[int, str], ...] = ()
    required_groups: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    section: str = "other"
    module: str = ""
    writes_account: bool = False
    """True for what `--read-only` refuses: keys and public text."""

    @property
    def target(self) -> str:
        """The module that runs it."""
        return self.module or f"ascinbox.cli.{self.name}"


def flag(name: str, text: str) -> Option:
    """An option that is there or not."""
    return Option((name,), text, kind="flag", default=False)
