"""Names of lease holders, and the moments at which a test may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ascinbox.workers.runtime import crash_points, lease_owner

NAME_AND_WAIT = """
import sys, time
from ascinbox.workers.runtime.lease_owner import this_program
print(this_program(), flush=True)
time.sleep(60)
"""


def test_a_name_is_unique_and_its_program_alive() -> None:
    names = {lease_owner.this_program() for _ in range(3)}
    assert len(names) == 3
    assert not any(map(lease_owner.is_gone, names))


def test_a_dead_program_is_known_to_be_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", NAME_AND_WAIT], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert not lease_owner.is_gone(name)
        child.kill()
    assert lease_owner.is_gone(name)


def test_another_program_under_the_same_number_is_not_the_holder() -> None:
    host, boot, namespace, pid, started, token = lease_owner.this_program().split("|")
    reused = "|".join((host, boot, namespace, pid, str(int(started) + 1), token))
    assert lease_owner.is_gone(reused)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_what_ran_elsewhere_counts_as_alive(part: int) -> None:
    parts = lease_owner.this_program().split("|")
    parts[part] = "elsewhere"
    parts[3] = "999999999"
    assert not lease_owner.is_gone("|".join(parts))


@pytest.mark.parametrize("name", ["", "a", "a|b", "|||||", "a|b|c|d|e|f"])
def test_a_name_of_another_form_counts_as_alive(name: str) -> None:
    assert not lease_owner.is_gone(name)


def test_a_crash_point_kills_at_the_nth_passing_and_only_in_a_test() -> None:
    program = (
        "from ascinbox.workers.runtime.crash_points import from_environment\n"
        "point = from_environment()\n"
        "for _ in range(2): point('here'); point('there')\n"
        "print('alive')"
    )

    def run(**environ: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **environ}, capture_output=True, check=False
        )
        return done.returncode

    assert run(ASCINBOX_TEST="1", ASCINBOX_CRASH_AT="here:2") == -signal.SIGKILL
    assert run(ASCINBOX_TEST="1", ASCINBOX_CRASH_AT="here:3") == 0
    assert run(ASCINBOX_CRASH_AT="here") == 0
    assert crash_points.from_environment({"ASCINBOX_TEST": "1"}) is crash_points.no_point
