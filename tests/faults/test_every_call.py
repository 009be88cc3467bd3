"""Row 5: whichever request fails, and however, no review and no reply is lost, and none is doubled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ascinbox.core.outbox.states import Phase
from tests.faults.children import to_rest
from tests.faults.rig import Rig

MakeRig = Callable[..., Rig]
REVIEWS = 450


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "drop"}, id="closed without an answer"),
        pytest.param({"kind": "drop", "after": True}, id="done, the answer lost"),
        pytest.param({"kind": "drop", "reset": True}, id="reset"),
        pytest.param({"kind": "status", "status": 500}, id="500"),
        pytest.param({"kind": "cut"}, id="the body cut"),
        pytest.param({"kind": "html", "status": 200}, id="a captive portal"),
    ],
)
def test_row_05_whichever_call_fails_nothing_is_lost(make_rig: MakeRig, fault: dict[str, Any]) -> None:
    rig = make_rig(reviews=REVIEWS)
    free = iter(rig.reviews)
    for number in range(1, 50):
        rig.simulator.faults.clear()
        rule = rig.simulator.faults.add(method="*", path="/v1/*", skip=number - 1, **fault)
        pairs = [(next(free), f"Reply {number}.{n}") for n in range(2)]
        rig.simulator.ledger.reset()
        rig.queue(pairs)
        rig.space.sync.run(full=True, datasets=("reviews",))
        to_rest(rig.space.sender, rig.space)
        assert rig.space.inbox.count(rig.space.inbox.query("")) == REVIEWS
        assert rig.landed() == dict.fromkeys(pairs, 1)
        mine = [row for row in rig.rows() if (row.review_id, row.text) in pairs]
        assert {row.phase for row in mine} <= {Phase.PENDING, Phase.PUBLISHED}
        if not rule.fired:
            break
    assert 8 < number < 49, "every request of a round failed once"
    rig.simulator.faults.clear()
    assert rig.space.sync.run(full=True, datasets=("reviews",)).ok
