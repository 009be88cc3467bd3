"""Texts derived from the table of commands: `--help`, docs/commands.md and the man page."""

from __future__ import annotations

from ascinbox.cli.commands import COMMANDS, GLOBAL_OPTIONS, OPEN, SECTIONS, Command, Option

SUMMARY = "App Store Connect and Google Play in a terminal: reviews, replies, numbers."


def overview_text() -> str:
    """What `ascinbox --help` prints; fits 80 columns."""
    lines = [SUMMARY, "", "usage: ascinbox [VIEW]", "       ascinbox COMMAND [OPTIONS]", ""]
    lines.append("  Without a command the inbox opens, full screen. VIEW is one of its views.")
    for section, title in SECTIONS:
        lines += ["", f"{title}:"]
        for command in COMMANDS:
            if command.section == section:
                lines += _entry(command.name, command.help, 13)
    lines += ["", "Options of every command:"]
    for option in GLOBAL_OPTIONS:
        lines += _entry(spelling(option), option.help, 18)
    lines += _entry("--version", "Print the version", 18)
    lines += ["", "ascinbox COMMAND --help says more. In the app: ? shows the keys, q quits.", ""]
    return "\n".join(lines)


def spelling(option: Option) -> str:
    """An option as one writes it: `-o, --output FILE`."""
    text = ", ".join(option.names)
    if option.positional:
        return option.metavar or option.names[0].upper()
    if option.kind == "flag":
        return text
    return f"{text} {'{' + ','.join(option.choices) + '}' if option.choices else option.metavar}"


def usage(command: Command) -> str:
    """`ascinbox reply ID (--text T | --file F | --template T) [--yes] …`"""
    parts = [f"ascinbox {command.name}".strip()]
    done: set[str] = set()
    for option in command.options:
        if option.group:
            if option.group in done:
                continue
            done.add(option.group)
            members = " | ".join(spelling(o) for o in command.options if o.group == option.group)
            parts.append(f"({members})" if option.group in command.required_groups else f"[{members}]")
        else:
            parts.append(spelling(option) if option.required else f"[{spelling(option)}]")
    if command.formats:
        parts.append("[" + " | ".join(f"--{name}" for name in command.formats) + "]")
    return " ".join(parts)


def markdown() -> str:
    """docs/commands.md."""
    lines = [
        "# Commands",
        "",
        "Made from the table of commands by `python -m ascinbox.cli.reference`; not edited by hand.",
        "",
    ]
    lines += [
        "Data goes to stdout, words to stderr. Usage errors exit 3, Ctrl-C exits 130. A closed standard",
        "stream counts as /dev/null; output that cannot be written (a full disk) exits 74.",
        "",
    ]
    lines += ["## Options of every command", "", *_option_table(GLOBAL_OPTIONS), ""]
    lines += ["## ascinbox", "", f"{OPEN.help.capitalize()}.", "", "```", usage(OPEN), "```", ""]
    for command in COMMANDS:
        lines += [f"## {command.name}", "", command.help[:1].upper() + command.help[1:] + ".", ""]
        lines += ["```", usage(command), "```", ""]
        if command.options:
            lines += [*_option_table(command.options), ""]
        if command.exits:
            lines += [
                "| exit | means |",
                "|---|---|",
                *(f"| {code} | {word} |" for code, word in command.exits),
                "",
            ]
        if command.examples:
            lines += ["```sh", *command.examples, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def man_page(version: str) -> str:
    """ascinbox(1) in roff."""
    lines = [
        f'.TH ASCINBOX 1 "" "ascinbox {version}" "User Commands"',
        ".SH NAME",
        f"ascinbox \\- {_roff(SUMMARY)}",
    ]
    lines += [
        ".SH SYNOPSIS",
        ".B ascinbox",
        "[VIEW]",
        ".br",
        ".B ascinbox",
        "COMMAND [OPTIONS]",
        ".SH OPTIONS",
    ]
    for option in GLOBAL_OPTIONS:
        lines += [".TP", f".B {_roff(spelling(option))}", _roff(option.help)]
    lines.append(".SH COMMANDS")
    for command in COMMANDS:
        lines += [f".SS {_roff(usage(command))}", _roff(command.help[:1].upper() + command.help[1:] + ".")]
        for option in command.options:
            lines += [".TP", f".B {_roff(spelling(option))}", _roff(option.help)]
        if command.exits:
            lines += [".PP", "Exit codes:"]
            for code, meaning in command.exits:
                lines += [".IP " + str(code), _roff(meaning)]
    lines += [
        ".SH ENVIRONMENT",
        ".TP",
        ".B ASCINBOX_HOME",
        "Puts configuration, data and state under one folder.",
    ]
    for variable, replaced in stand_ins():
        lines += [".TP", f".B {variable}", f"Another service than {replaced} (plain http on loopback only)."]
    return "\n".join(lines) + "\n"


def stand_ins() -> tuple[tuple[str, str], ...]:
    """The variables that replace a store's addresses, and what each replaces."""
    from ascinbox.core.stores import STORES

    found = (
        pair
        for store in STORES
        for pair in (
            (store.url_variable, f"{store.label}'s API"),
            (store.files_variable, f"the one with {store.label}'s monthly files"),
            (store.lookup_variable, f"{store.lookup.removeprefix('https://')} for public ratings"),
        )
    )
    return tuple((variable, replaced) for variable, replaced in found if variable)


def _option_table(options: tuple[Option, ...]) -> list[str]:
    rows = ["| option | does | default |", "|---|---|---|"]
    for option in options:
        default = "" if option.default in (None, False) else f"`{option.default}`"
        rows.append(f"| `{spelling(option).replace('|', chr(92) + '|')}` | {option.help} | {default} |")
    return rows


def _entry(name: str, text: str, width: int) -> list[str]:
    import textwrap

    lines = textwrap.wrap(text, 78 - width)
    head = f"  {name.ljust(width - 2)}"
    if len(name) > width - 3:
        return [f"  {name}", *(" " * width + line for line in lines)]
    return [head + lines[0], *(" " * width + line for line in lines[1:])]


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    print(markdown(), end="")
