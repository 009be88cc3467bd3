"""Turns of background work: none is waited for, unless somebody is at the keys."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ascinbox.workers.runtime.throttle import HELD_TURN_S, IN_USE_S, LOOK_S, PATIENCE_S, TURN_S, Throttle


class Watch(threading.Event):
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.waits: list[float] = []
        self.typed: Callable[[], None] = lambda: None

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(round(timeout or 0.0, 6))
        self.now += timeout or 0.0
        self.typed()
        return False


def test_nobody_at_the_keys_nobody_waits() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    for _ in range(5):
        throttle.give_way(watch)
    assert not throttle.in_use
    assert watch.waits == []


def test_turns_are_taken_apart_while_somebody_types() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    throttle.touched()
    assert throttle.in_use
    for _ in range(3):
        throttle.give_way(watch)
    assert watch.waits == [0.0, TURN_S, TURN_S]


def test_turns_are_further_apart_while_a_key_is_held() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    throttle.touched()
    watch.now += 0.033
    throttle.touched()
    for _ in range(2):
        throttle.give_way(watch)
    assert watch.waits == [0.0, HELD_TURN_S]
    throttle.touched()
    throttle.give_way(watch)
    assert watch.waits[2:] == [HELD_TURN_S]


def test_some_time_after_the_last_key_work_goes_on_at_full_speed() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    throttle.touched()
    watch.now += IN_USE_S + 0.01
    for _ in range(3):
        throttle.give_way(watch)
    assert watch.waits == []


def test_the_end_of_the_program_ends_the_waiting() -> None:
    throttle = Throttle(lambda: 0.0)
    throttle.touched()
    stop = threading.Event()
    stop.set()
    throttle.give_way(stop)
    turns = [threading.Thread(target=throttle.give_way, args=(stop,)) for _ in range(100)]
    for turn in turns:
        turn.start()
    for turn in turns:
        turn.join(1.0)
    assert not any(turn.is_alive() for turn in turns)


def test_work_that_may_begin_later_waits_until_the_keys_rest() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    throttle.wait_for_rest(watch)
    assert watch.waits == []
    throttle.touched()
    throttle.wait_for_rest(watch)
    assert IN_USE_S < watch.now - 100.0 <= IN_USE_S + LOOK_S + 1e-6


def test_keys_that_never_rest_hold_work_up_for_some_seconds_only() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    watch.typed = throttle.touched
    throttle.touched()
    throttle.wait_for_rest(watch)
    assert throttle.in_use
    assert PATIENCE_S <= watch.now - 100.0 <= PATIENCE_S + LOOK_S + 1e-6


def test_keys_go_first_while_work_goes_on_and_somebody_types() -> None:
    watch = Watch()
    throttle = Throttle(lambda: watch.now)
    throttle.touched()
    seen = [throttle.keys_first]
    with throttle.working():
        seen.append(throttle.keys_first)
        watch.now += IN_USE_S * 2
        seen.append(throttle.keys_first)
    throttle.touched()
    seen.append(throttle.keys_first)
    assert seen == [False, True, False, False]
