"""The rate limits that the simulator tells and keeps: the hour, and where it is set the minute."""

from __future__ import annotations

import pytest

from tests.simulator.sim_desk import Desk

HOUR = "user-hour-lim:3500;user-hour-rem:{};"
MINUTE = "user-minute-lim:3;user-minute-rem:{};"


def fields(desk: Desk) -> tuple[int, list[str]]:
    """Status and `X-Rate-Limit` fields of one request."""
    answer = desk.get("/v1/apps?limit=1")
    return answer.status, [value for name, value in answer.fields if name == "x-rate-limit"]


def test_without_a_minutes_limit_only_the_hour_is_told(desk: Desk) -> None:
    assert fields(desk) == (200, [HOUR.format(3499)])


@pytest.mark.parametrize("apart", [False, True])
def test_a_minutes_limit_is_told_in_the_hours_field_or_in_one_of_its_own(desk: Desk, apart: bool) -> None:
    desk.simulator.settings.minute_limit = 3
    desk.simulator.settings.limits_apart = apart
    hour, minute = HOUR.format(3499), MINUTE.format(2)
    assert fields(desk) == (200, [hour, minute] if apart else [hour + minute])


def test_past_the_minutes_limit_it_is_429_until_the_minute_has_moved_on(desk: Desk) -> None:
    desk.simulator.settings.minute_limit = 3
    assert [fields(desk)[0] for _ in range(3)] == [200, 200, 200]
    desk.clock.sleep(59)
    status, told = fields(desk)
    assert (status, told) == (429, [HOUR.format(3497) + MINUTE.format(0)]), "what is refused is not counted"
    desk.clock.sleep(1)
    assert fields(desk) == (200, [HOUR.format(3496) + MINUTE.format(2)])


def test_each_key_has_a_minute_of_its_own(desk: Desk) -> None:
    desk.simulator.settings.minute_limit = 1
    assert fields(desk)[0] == 200
    assert fields(desk)[0] == 429
    assert desk.get("/v1/apps?limit=1", key=desk.key("CUSTOMER_SUPPORT")).status == 200


def test_what_others_spend_counts_in_the_minute_too(desk: Desk) -> None:
    desk.simulator.settings.minute_limit = 3
    desk.simulator.budgets.spend(desk.admin.key_id, desk.simulator.now(), 3)
    assert fields(desk)[0] == 429
