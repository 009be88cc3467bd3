"""The argparse parsers made from the table of commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ascinbox.cli import values
from ascinbox.cli.commands import COMMANDS, CSV, GLOBAL_OPTIONS, JSON, OPEN, Command, Option, find
from ascinbox.core.errors import UsageError

KINDS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "int": values.whole_number,
    "file": values.file,
    "folder": values.file,
    "secret-file": values.secret_file,
    "duration": values.duration,
    "time": values.moment,
    "day": values.day,
}


def _ignore(_action: argparse.Action, _option: Option) -> None:
    """Nobody listens."""


class HelpWanted(Exception):
    """`--help` was given; the text is for stdout."""

    def __init__(self, text: str) -> None:
        super().__init__("help")
        self.text = text


class Parser(argparse.ArgumentParser):
    """argparse that raises instead of writing and exiting."""

    def error(self, message: str) -> NoReturn:
        """Every misuse is a UsageError (exit 3)."""
        raise UsageError(message[:1].upper() + message[1:] + ".", "", f"See: {self.prog} --help")

    def print_help(self, file: Any = None) -> None:  # noqa: ARG002
        """`--help`: the text goes to whoever runs the command."""
        raise HelpWanted(self.format_help())

    def format_help(self) -> str:
        """The text of the help, as wide as the terminal."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()


def parse(argv: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command meant and its options, the global ones among them.

    Global options may stand before or after the command. A first word that is no command is a view.
    Raises UsageError, or HelpWanted with the text of `--help`.
    """
    position = _command_position(argv)
    if position is None:
        if "-h" in argv or "--help" in argv:
            raise HelpWanted(overview())
        return OPEN, parser_for(OPEN).parse_args(list(argv))
    command = find(argv[position])
    if command is None:
        return OPEN, parser_for(OPEN).parse_args(list(argv))
    rest = [*argv[:position], *argv[position + 1 :]]
    return command, parser_for(command).parse_args(rest)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse makes one for each option that is added, and would ask for the terminal's width each time."""
    return argparse.RawDescriptionHelpFormatter(prog, width=80)


def parser_for(command: Command, *, prog: str = "ascinbox") -> Parser:
    """The parser of one command, global options included."""
    parser = Parser(
        prog=f"{prog} {command.name}".strip(),
        description=command.help[:1].upper() + command.help[1:] + ".",
        epilog=_epilog(command),
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    add_options(parser, command)
    return parser


def add_options(
    parser: argparse.ArgumentParser,
    command: Command,
    on_added: Callable[[argparse.Action, Option], None] = _ignore,
) -> None:
    """Adds the command's own options, its formats and the global ones; tells `on_added` of each."""
    groups: dict[str, Any] = {}
    for option in command.options:
        target: Any = parser
        if option.group:
            if option.group not in groups:
                groups[option.group] = parser.add_mutually_exclusive_group(
                    required=option.group in command.required_groups
                )
            target = groups[option.group]
        on_added(_add(target, option), option)
    formats = parser.add_mutually_exclusive_group() if "csv" in command.formats else parser
    if "json" in command.formats or command is OPEN:
        _add(formats, JSON)
    if "csv" in command.formats:
        _add(formats, CSV)
    general = parser.add_argument_group("options of every command")
    for option in GLOBAL_OPTIONS:
        if option is not JSON:
            on_added(_add(general, option), option)


def full_parser(on_added: Callable[[argparse.Action, Option], None] = _ignore) -> argparse.ArgumentParser:
    """All commands in one parser: what completion scripts are made from."""
    parser = argparse.ArgumentParser(
        prog="ascinbox", description="App reviews in a terminal: App Store Connect and Google Play."
    )
    for option in GLOBAL_OPTIONS:
        on_added(_add(parser, option), option)
    parser.add_argument("--version", action="store_true", help="Print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in COMMANDS:
        add_options(
            commands.add_parser(command.name, help=command.help.replace("%", "%%")), command, on_added
        )
    return parser


def overview() -> str:
    """The text of `ascinbox --help`."""
    from ascinbox.cli.reference import overview_text

    return overview_text()


def _command_position(argv: Sequence[str]) -> int | None:
    """Where the first word that is neither a global option nor its value stands."""
    takes_value = {name for option in GLOBAL_OPTIONS if option.kind != "flag" for name in option.names}
    skip = False
    for position, word in enumerate(argv):
        if skip:
            skip = False
        elif word in takes_value:
            skip = True
        elif word == "--":
            return None
        elif not word.startswith("-") or word == "-":
            return position
    return None


def _add(target: Any, option: Option) -> argparse.Action:
    action: argparse.Action
    text = option.help.replace("%", "%%")
    if option.kind == "flag":
        action = target.add_argument(*option.names, action="store_true", help=text)
        return action
    settings: dict[str, Any] = {"help": text, "type": _checked(option)}
    if option.default is not None and option.default is not False:
        settings["default"] = option.default
        settings["help"] = f"{text} (default: {option.default})"
    if option.choices:
        settings["choices"] = option.choices
        if not option.metavar or not option.positional:
            settings["metavar"] = "{" + ",".join(option.choices) + "}"
    if option.metavar:
        settings.setdefault("metavar", option.metavar)
    if option.positional:
        if not option.required:
            settings["nargs"] = "*" if option.many else "?"
    elif option.required:
        settings["required"] = True
    action = target.add_argument(*option.names, **settings)
    return action


def _checked(option: Option) -> Callable[[str], Any]:
    read = KINDS[option.kind]
    if option.low is None and option.high is None:
        return read

    def check(text: str) -> Any:
        value = read(text)
        if (option.low is not None and value < option.low) or (
            option.high is not None and value > option.high
        ):
            top = f"to {option.high}" if option.high is not None else "up"
            raise argparse.ArgumentTypeError(f"{value} is not in {option.low or 0} {top}")
        return value

    return check


def _epilog(command: Command) -> str:
    parts = []
    if command.exits:
        parts.append("exit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in command.exits))
    if command.examples:
        parts.append("examples:\n" + "\n".join(f"  {example}" for example in command.examples))
    return "\n\n".join(parts)


def near(word: str, known: Sequence[str]) -> str:
    """The nearest known word, or an empty string."""
    import difflib

    found = difflib.get_close_matches(word, known, 1, 0.6)
    return found[0] if found else ""
