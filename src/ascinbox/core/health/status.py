"""All verdicts in one: the status word, the exit code and the line that a monitoring system reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ascinbox.core.clock import iso
from ascinbox.core.health.evidence import HealthState, Verdict

if TYPE_CHECKING:
    from ascinbox.core.deliveries.states import BrokenDestination
    from ascinbox.core.health.team_reach import TeamReach


class Status(StrEnum):
    """The four words of Nagios and its kin."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"

    @property
    def exit_code(self) -> int:
        """0, 1, 2 or 3."""
        return list(Status).index(self)


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """The verdicts of one account, by capability, in the table's order."""

    account: str
    kind: str
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cells are how. `ok` counts what is proved, `off` what was not chosen or is impossible."""

    ok: int = 0
    warn: int = 0
    crit: int = 0
    unknown: int = 0
    waiting: int = 0
    """Of severity 0, and Apple has yet to deliver (`pending`)."""
    unproven: int = 0
    """Of severity 0, and nothing has proved it yet (`assumed`, `likely`)."""
    off: int = 0

    @property
    def status(self) -> Status:
        """The worst wins; what was never checked counts less than what is known to be wrong."""
        if self.crit:
            return Status.CRITICAL
        if self.warn:
            return Status.WARNING
        return Status.UNKNOWN if self.unknown else Status.OK


def tally(accounts: Iterable[AccountHealth]) -> Tally:
    """Counts the cells, each once."""
    counts = dict.fromkeys(("ok", "warn", "crit", "unknown", "waiting", "unproven", "off"), 0)
    for verdict in _cells(accounts):
        counts[_bucket(verdict)] += 1
    return Tally(**counts)


def status_of(
    accounts: Iterable[AccountHealth],
    destinations: Iterable[BrokenDestination] = (),
    team: TeamReach | None = None,
) -> Status:
    """UNKNOWN when there is no account at all. A broken destination is a warning, a team's database that
    cannot be reached as bad as it was judged."""
    accounts = list(accounts)
    if not accounts and (team is None or not team.severity):
        return Status.UNKNOWN
    return _with(tally(accounts), destinations, team).status


def _with(counts: Tally, destinations: Iterable[BrokenDestination], team: TeamReach | None) -> Tally:
    severity = 0 if team is None else team.severity
    return replace(
        counts,
        warn=counts.warn + len(list(destinations)) + (severity == 1),
        crit=counts.crit + (severity == 2),
    )


def nagios_line(
    accounts: Iterable[AccountHealth],
    destinations: Iterable[BrokenDestination] = (),
    team: TeamReach | None = None,
) -> str:
    """`ASCINBOX CRITICAL - 2 to fix: PixelBakery sales contract, finance no_role | ok=8 warn=0 ...`.

    The part behind the bar is performance data; a bar in an account's name is written as `/`.
    """
    accounts, broken = list(accounts), list(destinations)
    counts = _with(tally(accounts), broken, team)
    status = status_of(accounts, broken, team)
    figures = (
        f"ok={counts.ok} assumed={counts.unproven} pending={counts.waiting} "
        f"warn={counts.warn} crit={counts.crit} unknown={counts.unknown}"
    )
    return f"ASCINBOX {status} - {_summary(accounts, counts, broken, team)} | {figures}"


def payload(
    healths: Iterable[AccountHealth],
    destinations: Iterable[BrokenDestination] = (),
    team: TeamReach | None = None,
) -> dict[str, Any]:
    """`status` and `accounts` as they stand in the JSON of health and link; broken destinations beside them
    where there are any, and the team's database on a team."""
    healths, broken = list(healths), list(destinations)
    told = [
        {"name": one.name, "state": "broken", "detail": one.detail, "since": iso(one.since)} for one in broken
    ]
    return {
        "status": status_of(healths, broken, team).value,
        **({"destinations": told} if told else {}),
        **({} if team is None else {"team": team.fields}),
        "accounts": [
            {
                "name": health.account,
                "kind": health.kind,
                "capabilities": {
                    name: {
                        "state": verdict.state.value,
                        "detail": verdict.detail,
                        "evidence": verdict.evidence,
                        "fix": verdict.fix,
                        "checked_at": iso(verdict.checked_at),
                        "fresh_at": iso(verdict.fresh_at),
                        "expires_at": iso(verdict.expires_at),
                        "by": [
                            {"key_id": share.key_id or None, "apps": list(share.apps)} for share in verdict.by
                        ],
                    }
                    for name, verdict in health.verdicts.items()
                },
            }
            for health in healths
        ],
    }


def to_fix(accounts: Iterable[AccountHealth]) -> list[tuple[str, Verdict]]:
    """What is wrong, the worst first, then in the order of accounts and columns."""
    wrong = [
        (health.account, verdict)
        for health in accounts
        for verdict in health.verdicts.values()
        if verdict.severity in {1, 2}
    ]
    return sorted(wrong, key=lambda entry: -(entry[1].severity or 0))


def _summary(
    accounts: list[AccountHealth], counts: Tally, broken: list[BrokenDestination], team: TeamReach | None
) -> str:
    if not accounts and (team is None or not team.severity):
        return "no account is linked"
    if counts.crit:
        named = [_naming_team(team, 2), _naming(accounts, 2)]
        return f"{counts.crit} to fix: {'; '.join(part for part in named if part)}"
    if counts.warn:
        named = [
            _naming_team(team, 1),
            _naming(accounts, 1),
            *(f"destination {one.name} refuses".replace("|", "/") for one in broken),
        ]
        return f"{counts.warn} to watch: {'; '.join(part for part in named if part)}"
    if counts.unknown:
        return f"{counts.unknown} never checked: {_naming(accounts, 3)}"
    parts = [f"{_count(counts.ok, 'connection')} of {_count(len(accounts), 'account')} work"]
    parts += [f"{counts.unproven} assumed"] if counts.unproven else []
    parts += [f"{counts.waiting} pending"] if counts.waiting else []
    return ", ".join(parts)


def _naming_team(team: TeamReach | None, severity: int) -> str:
    if team is None or team.severity != severity:
        return ""
    return f"team {' '.join(team.team.replace('|', '/').split())} {team.clause}"


def _naming(accounts: list[AccountHealth], severity: int) -> str:
    parts = []
    for health in accounts:
        cells = [f"{v.capability} {v.state}" for v in health.verdicts.values() if v.severity == severity]
        if cells:
            name = " ".join(health.account.replace("|", "/").split())
            parts.append(f"{name} {', '.join(cells)}")
    return "; ".join(parts)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _cells(accounts: Iterable[AccountHealth]) -> Iterable[Verdict]:
    for health in accounts:
        yield from health.verdicts.values()


_QUIET = {HealthState.PENDING: "waiting", HealthState.ASSUMED: "unproven", HealthState.LIKELY: "unproven"}


def _bucket(verdict: Verdict) -> str:
    match verdict.severity:
        case None:
            return "off"
        case 0:
            return _QUIET.get(verdict.state, "ok")
        case 1:
            return "warn"
        case 2:
            return "crit"
        case _:
            return "unknown"
