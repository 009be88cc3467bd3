"""`ascinbox health`: are the connections fine? One line for people and monitoring, an exit code, JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.health.capabilities import info, parse_features
from ascinbox.core.health.evidence import Verdict
from ascinbox.core.health.status import AccountHealth, nagios_line, payload, status_of, to_fix
from ascinbox.core.shellwords import for_shell, in_shell
from ascinbox.core.stores import APP_STORE, store_of_kind

if TYPE_CHECKING:
    from ascinbox.core.deliveries.states import BrokenDestination
    from ascinbox.core.health.team_reach import TeamReach
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Checks, prints, and gives the exit code of the status."""
    only = _only(options.only)
    with context.workspace(reads=context.options.offline) as workspace:
        if options.probe_reply:
            _ask_first(context, options)
        workspace.look_at_team(options.max_age)
        report = workspace.health.check(
            options.account, only=only, max_age=options.max_age, probe_reply=options.probe_reply
        )
        healths = [_limited(health, only) for health in report.healths]
        broken = () if only else report.destinations
        team = report.team
        status = status_of(healths, broken, team)
        if options.json:
            context.output.json(
                "ascinbox.health/1",
                payload(healths, broken, team),
                generated_at=context.now(),
                cache_age_s=cache_age(context, workspace),
            )
        else:
            context.output.line(nagios_line(healths, broken, team))
            if options.fix:
                for line in (*team_lines(team), *fix_lines(healths), *destination_lines(broken)):
                    context.output.line(line)
        return status.exit_code


def cache_age(context: Context, workspace: Workspace) -> int | None:
    """Seconds since the last sync of reviews; None when there was none."""
    return context.cache_age_s(workspace)


def _company(kind: str) -> str:
    """Whose words the evidence of a credential of this kind is."""
    try:
        return store_of_kind(kind).company
    except KeyError:
        return APP_STORE.company


def fix_lines(healths: Iterable[AccountHealth]) -> Iterable[str]:
    """What to do, the worst first: a block for each thing to be done, however many cells it mends."""
    healths = tuple(healths)
    companies = {health.account: _company(health.kind) for health in healths}
    blocks: dict[tuple[str, ...], list[Verdict]] = {}
    for account, verdict in to_fix(healths):
        cause = (account, verdict.cell, verdict.fix, verdict.who, verdict.credential)
        blocks.setdefault(cause, []).append(verdict)
    for number, ((account, *_), verdicts) in enumerate(blocks.items(), 1):
        verdict = verdicts[0]
        titles = ", ".join(info(one.capability).title for one in verdicts)
        yield f"{number}. {account} {titles}: {verdict.cell}"
        for label, text in (
            (verdict.said_by(companies[account]), verdict.evidence),
            ("Means", verdict.detail),
            ("Do", verdict.fix),
            ("Then", verdict.then),
            ("Who", verdict.who),
            ("Or", verdict.instead),
        ):
            if text:
                yield f"   {label + ':':<12}{text}"


def team_lines(team: TeamReach | None) -> Iterable[str]:
    """What to do about the team's database."""
    if team is not None and team.severity:
        yield f"Team {team.team}: {team.cell}"
        yield f"   Means:      {team.detail}"
        yield f"   Do:         {team.fix}"


def destination_lines(broken: Iterable[BrokenDestination]) -> Iterable[str]:
    """What to do about receivers that refuse."""
    for one in broken:
        yield f"Destination {one.name}: {one.detail}"
        yield f"   Do:         Mend its address (ascinbox notify secret): ascinbox notify test {one.name}"
        yield f"   Then:       ascinbox notify retry ID sends one of its {one.deliveries} again"


def matrix_rows(health: AccountHealth) -> list[tuple[str, str, str]]:
    """A line for each capability: title, cell, sentence."""
    return [
        (info(n).title, v.cell, v.unserved if v.severity == 0 else in_shell(v.detail))
        for n, v in health.verdicts.items()
    ]


def _only(word: str | None) -> tuple[str, ...]:
    if word is None:
        return ()
    try:
        return tuple(c.value for c in parse_features(word.split(",")))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _limited(health: AccountHealth, only: tuple[str, ...]) -> AccountHealth:
    """What was asked for, in the words of a shell."""
    wanted = {n: for_shell(v) for n, v in health.verdicts.items() if not only or n in only}
    return replace(health, verdicts=wanted)


def _ask_first(context: Context, options: argparse.Namespace) -> None:
    """A POST is never made unasked, even one that can have no effect."""
    if context.read_only:
        raise AscinboxError("Read-only: no reply is tried.", "", "Leave out --probe-reply or --read-only.")
    if options.yes:
        return
    if not context.interactive:
        raise UsageError("--probe-reply asks first, and nobody is here to answer.", "", "Add --yes.")
    if not context.confirm("Try a reply to a review that cannot exist, once with each key?"):
        raise AscinboxError("Nothing was tried.")
