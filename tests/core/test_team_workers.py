"""How workers of a team are told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ascinbox.core.team import WorkerSeen, distinct_workers, worker_name

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def seen(login: str, host: str, process: int, ago: int, *accounts: str) -> WorkerSeen:
    return WorkerSeen(worker_name(login, host, process), NOW - timedelta(seconds=ago), accounts)


def test_a_worker_is_told_by_login_and_machine() -> None:
    (found,) = distinct_workers([seen("north", "server1", 4711, 3, "Northwind")])
    assert (found.name, found.accounts) == ("north on server1", ("Northwind",))


def test_commands_that_have_ended_stand_behind_the_program_that_works() -> None:
    ended = [seen("north", "server1", number, 1) for number in (1, 2, 3)]
    (found,) = distinct_workers([*ended, seen("north", "server1", 9, 40, "Northwind")])
    assert found == WorkerSeen("north on server1", NOW - timedelta(seconds=40), ("Northwind",))
    (found,) = distinct_workers(ended)
    assert (found.name, found.accounts) == ("north on server1", ())


def test_two_that_work_keep_their_whole_names() -> None:
    both = [seen("north", "server1", 1, 2, "Northwind"), seen("north", "server1", 2, 2, "Southwind")]
    other = seen("south", "server1", 3, 2)
    found = distinct_workers([*both, other])
    assert [each.name for each in found] == [
        "north on server1, process 1",
        "north on server1, process 2",
        "south on server1",
    ]


def test_a_name_of_another_form_stays() -> None:
    (found,) = distinct_workers([WorkerSeen("vm:11877", NOW, ())])
    assert found.name == "vm:11877"
