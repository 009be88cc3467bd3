"""One status of many verdicts: word, exit code and the monitoring line."""

from __future__ import annotations

import pytest

from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.status import AccountHealth, Status, nagios_line, status_of, tally, to_fix

SEVERITY: dict[HealthState, int | None] = {
    HealthState.OK: 0,
    HealthState.ASSUMED: 0,
    HealthState.LIKELY: 0,
    HealthState.PENDING: 0,
    HealthState.LIMITED: 1,
    HealthState.STALLED: 1,
    HealthState.OFFLINE: 1,
    HealthState.NEVER: 3,
    HealthState.OFF: None,
    HealthState.NOT_POSSIBLE: None,
}


def account(name: str, **states: str) -> AccountHealth:
    verdicts = {}
    for capability, word in states.items():
        state = HealthState(word)
        verdicts[capability] = Verdict(capability, state, "", severity=SEVERITY.get(state, 2))
    return AccountHealth(name, "team", verdicts)


def test_the_line_names_what_is_to_fix() -> None:
    line = nagios_line(
        [
            account(
                "Northwind",
                reviews="ok",
                reply="ok",
                sales="ok",
                finance="ok",
                analytics="pending",
                users="off",
            ),
            account(
                "PixelBakery", reviews="ok", reply="ok", sales="contract", finance="no_role", users="never"
            ),
            account("Indie (me)", reviews="ok", reply="assumed", sales="not_possible"),
        ]
    )
    assert line == (
        "ASCINBOX CRITICAL - 2 to fix: PixelBakery sales contract, finance no_role"
        " | ok=7 assumed=1 pending=1 warn=0 crit=2 unknown=1"
    )


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("ok", "assumed", "off", "not_possible", "likely", "pending"), Status.OK),
        (("ok", "limited"), Status.WARNING),
        (("ok", "stalled", "never"), Status.WARNING),
        (("ok", "never"), Status.UNKNOWN),
        (("stalled", "no_role", "never"), Status.CRITICAL),
        (("clock",), Status.CRITICAL),
        (("removed",), Status.CRITICAL),
    ],
)
def test_the_worst_decides(states: tuple[str, ...], status: Status) -> None:
    names = ("reviews", "reply", "sales", "finance", "analytics", "users")
    health = account("A", **dict(zip(names, states, strict=False)))
    assert status_of([health]) is status


def test_no_account_is_unknown() -> None:
    assert status_of([]) is Status.UNKNOWN
    assert (
        nagios_line([])
        == "ASCINBOX UNKNOWN - no account is linked | ok=0 assumed=0 pending=0 warn=0 crit=0 unknown=0"
    )


def test_exit_codes() -> None:
    assert [s.exit_code for s in (Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN)] == [0, 1, 2, 3]


def test_a_name_cannot_forge_performance_data() -> None:
    line = nagios_line([account("x | ok=99\nASCINBOX OK", sales="no_role")])
    assert line.count("|") == 1
    assert "\n" not in line


def test_waiting_and_unproven_are_counted_apart_from_ok() -> None:
    counts = tally([account("A", reviews="ok", reply="assumed", analytics="pending", users="off")])
    assert (counts.ok, counts.waiting, counts.unproven, counts.off) == (1, 1, 1, 1)


def test_the_worst_is_fixed_first() -> None:
    found = to_fix([account("A", analytics="stalled", sales="contract"), account("B", finance="no_role")])
    assert [(name, v.capability) for name, v in found] == [
        ("A", "sales"),
        ("B", "finance"),
        ("A", "analytics"),
    ]
