"""What Health says beside the matrix: receivers of notify.toml that refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from ascinbox.core.deliveries.states import BrokenDestination
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.status import AccountHealth, Status, nagios_line, payload, status_of
from ascinbox.core.health.team_reach import TeamReach
from ascinbox.core.records import Account
from ascinbox.tui.health.text import CellPlace, details, role_of, summary_line
from ascinbox.tui.paint import text_of
from ascinbox.workers.health.report import AccountReport, Cell, HealthReport

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
BROKEN = BrokenDestination("team|x", NOW - timedelta(hours=2), "404 no_service [b]x", 3)
FINE = AccountHealth("North", "team", {})


@pytest.mark.parametrize("width", [80, 120])
def test_a_destination_that_refuses_is_named_with_its_words_and_the_way_out(width: int) -> None:
    report = HealthReport((), (BROKEN,))
    assert "1 destination refuses" in text_of(summary_line(report, NOW, 60, width))
    lines = [text_of(line) for line in details(report, None, NOW, width)]
    assert all(cell_len(line) <= width for line in lines)
    said = " ".join(" ".join(lines).split())
    for words in ("Destination team|x refuses", "2h ago", "404 no_service [b]x", "ascinbox notify test"):
        assert words in said


def test_a_destination_that_refuses_is_a_warning() -> None:
    assert status_of([FINE]) is Status.OK
    assert status_of([FINE], [BROKEN]) is Status.WARNING
    assert status_of([], [BROKEN]) is Status.UNKNOWN
    line = nagios_line([FINE], [BROKEN])
    assert line.startswith("ASCINBOX WARNING - 1 to watch: destination team/x refuses |")
    assert "warn=1" in line
    told = payload([FINE], [BROKEN])
    assert told["destinations"] == [
        {"name": "team|x", "state": "broken", "detail": BROKEN.detail, "since": "2026-11-21T12:02:00Z"}
    ]
    assert "destinations" not in payload([FINE])


@pytest.mark.parametrize(("severity", "status"), [(1, Status.WARNING), (2, Status.CRITICAL)])
def test_a_team_s_database_that_is_away_is_named_and_counts(severity: int, status: Status) -> None:
    reach = TeamReach("North|x", HealthState.OFFLINE, severity, "It cannot be reached [b]x.", "See why.", NOW)
    report = HealthReport((), (), reach)
    assert "team offline" in text_of(summary_line(report, NOW, 60, 80))
    for width in (40, 80):
        lines = [text_of(line) for line in details(report, None, NOW, width)]
        assert all(cell_len(line) <= width for line in lines)
        said = " ".join(" ".join(lines).split())
        for words in ("Team North|x offline", "It cannot be reached [b]x.", "See why."):
            assert words in said
    assert report.status is status_of([FINE], (), reach) is status
    assert f"ASCINBOX {status} - 1 to " in report.line
    assert ": team North/x offline |" in report.line
    fine = TeamReach("North", HealthState.OK)
    assert status_of([FINE], (), fine) is Status.OK
    assert status_of([], (), fine) is Status.UNKNOWN
    assert "team" not in payload([FINE])


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_card_begins_with_what_to_do_in_bold_then_who_then_what_was_said(width: int) -> None:
    verdict = Verdict(
        "sales",
        HealthState.CONTRACT,
        "An agreement lapsed.",
        evidence="403 FORBIDDEN",
        fix="Accept it.",
        who="the Account Holder",
        severity=2,
        checked_at=NOW,
    )
    lines = details(report_of(verdict), CellPlace(0, "sales"), NOW, width)
    said = [text_of(line) for line in lines]
    assert said[1].split()[0].rstrip(":") == "Do"
    assert {span.role for span in lines[1]} == {"strong"}
    words = ("Do", "Who", "Apple said", "Means", "Then")
    assert [word for line in said for word in words if line.startswith(f" {word}")] == list(words)
    bold = [text_of(line) for line in lines[1:] if "strong" in {span.role for span in line}]
    assert bold == said[1:2], "what has to be clicked, and nothing else"


def test_what_is_unproven_has_not_the_colour_of_what_was_seen_to_work() -> None:
    def role(state: HealthState) -> str:
        return role_of(Verdict("reply", state, ""))

    assert role(HealthState.OK) == "good"
    assert {role(state) for state in (HealthState.ASSUMED, HealthState.LIKELY, HealthState.PENDING)} == {
        "accent"
    }
    assert role_of(Verdict("reply", HealthState.PENDING, "", severity=1)) == "warn"


def report_of(verdict: Verdict) -> HealthReport:
    account = Account(1, "North", None, (verdict.capability,), ())
    return HealthReport((AccountReport(account, {verdict.capability: Cell(verdict)}),))
