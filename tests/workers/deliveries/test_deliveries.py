"""From a page that is stored to the message at its receiver: everything, once, and no history."""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from ascinbox.core.deliveries.states import DeliveryState
from ascinbox.core.errors import UsageError
from ascinbox.core.events import Event, Notice, ReviewsChanged
from ascinbox.core.team import TeamNote
from ascinbox.workers.deliveries import deliveries
from ascinbox.workers.deliveries.processor import PER_DESTINATION
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import MovedClock
from tests.workers.deliveries.receivers import MailServer, Receiver, in_turn, mailing, serving
from tests.workers.simulated_apple import Apple, Desk

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
HOOK = '[[destination]]\nname = "hook"\nkind = "webhook"\nurl = "env:HOOK"\nsecret = "env:SIGN"\n'
SLACK = '[[destination]]\nname = "team"\nkind = "slack"\nurl = "env:SLACK"\n'


def rule(name: str = "all", **keys: str) -> str:
    lines = {"to": '["hook"]', **keys}
    return f'[[rule]]\nname = "{name}"\n' + "".join(f"{key} = {value}\n" for key, value in lines.items())


class Home:
    """A linked home with a notify.toml, and its receivers."""

    def __init__(self, desk: Desk, apple: Apple, hook: Receiver, slack: Receiver) -> None:
        self.desk, self.apple, self.hook, self.slack = desk, apple, hook, slack
        self.clock = MovedClock()
        self.space = self.open(apple.account())

    def open(self, *accounts: object) -> Workspace:
        space = self.desk.open(*accounts, clock=self.clock)  # type: ignore[arg-type]
        environ = {"HOOK": self.hook.url, "SLACK": self.slack.url, "SIGN": SECRET}
        space.environ = {**os.environ, **environ}
        return space

    def write(self, *parts: str) -> None:
        file = self.space.paths.notify_file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(parts))

    def comes(self, rating: int = 1, title: str = "New", body: str = "It broke.", app: int = 0) -> str:
        return self.apple.simulator.happen(
            "write", app_id=self.apple.app_ids[app], rating=rating, title=title, body=body
        )

    def sync(self) -> None:
        result = self.space.sync.run()
        assert result.ok, result

    def told(self) -> list[str]:
        """Reviews that the hook was told of, in order."""
        return [each.json["review"]["id"] for each in self.hook.taken]

    def states(self) -> list[str]:
        return [row.state.value for row in self.space.deliveries.log()]


@pytest.fixture
def home(desk: Desk, apple: Apple) -> Iterator[Home]:
    with serving(Receiver()) as hook, serving(Receiver()) as slack:
        yield Home(desk, apple, hook, slack)


def test_the_first_walk_is_history_and_what_comes_then_is_told_once(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    assert home.told() == []
    fresh = home.comes()
    home.sync()
    home.sync()
    home.space.sync.run(full=True)
    assert home.told() == [fresh]
    (request,) = home.hook.taken
    assert request.has_valid_signature(SECRET)
    body = request.json
    assert body["event"] == "review.new"
    assert (body["account"], body["app"]["id"], body["app"]["store"]) == (
        "North",
        home.apple.app_ids[0],
        "apple",
    )
    assert (body["review"]["title"], body["review"]["body"], body["before"]) == ("New", "It broke.", None)
    (row,) = home.space.deliveries.log()
    assert row.uid == body["id"] == request.headers["webhook-id"]
    assert row.state is DeliveryState.SENT


def test_a_rule_begins_with_the_sync_that_reads_it_first(home: Home) -> None:
    home.sync()
    home.comes()
    home.sync()
    home.write(HOOK, rule())
    home.sync()
    assert home.told() == []
    fresh = home.comes()
    home.sync()
    assert home.told() == [fresh]
    home.write(HOOK, rule(), rule("second"))
    home.sync()
    assert home.told() == [fresh]


def test_a_rule_is_asked_in_the_language_of_the_filter_bar(home: Home) -> None:
    home.write(HOOK, rule(when="'rating:<=2 broke'"))
    home.sync()
    home.comes(rating=5)
    low = home.comes(rating=1)
    home.comes(rating=1, body="Nothing of note.")
    home.sync()
    assert home.told() == [low]


def test_a_change_is_told_with_what_it_was_before_and_by_its_nearest_name(home: Home) -> None:
    home.write(HOOK, rule(on='["review.changed", "review.changed_after_reply"]'))
    home.sync()
    app = home.apple.app_ids[0]
    answered = next(r for r in home.apple.reviews_of(app)[:40] if r.reply is not None)
    open_one = next(r for r in home.apple.reviews_of(app)[:40] if r.reply is None)
    for review in (answered, open_one):
        home.apple.simulator.happen("edit", review_id=review.id, rating=2, title="Hm", body="Worse now.")
    home.space.sync.run(full=True)
    told = {each.json["review"]["id"]: each.json for each in home.hook.taken}
    assert told[answered.id]["event"] == "review.changed_after_reply"
    assert told[open_one.id]["event"] == "review.changed"
    before = told[open_one.id]["before"]
    assert set(before) == {"rating", "title", "body"}
    assert before["body"] != told[open_one.id]["review"]["body"] == "Worse now."


def test_a_kill_between_storing_and_looking_loses_nothing(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    fresh = home.comes()
    home.space.deliveries.begin()
    notify = home.space.paths.notify_file
    away = notify.with_name("away.toml")
    notify.rename(away)
    home.sync()
    away.rename(notify)
    later = home.open()
    assert later.deliveries.deliver_now().sent == 1
    assert home.told() == [fresh]


def test_each_delivery_backs_off_alone(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    home.hook.faults = in_turn("500", "429 later", "lost")
    ids = {home.comes(title=f"New {n}") for n in range(5)}
    home.sync()
    # What was lost had arrived: the receiver sees its id again later.
    assert len(set(home.told())) == 3
    assert sorted(home.states()) == ["queued", "queued", "queued", "sent", "sent"]
    moments = sorted(
        (row.next_at - row.changed_at).total_seconds()
        for row in home.space.deliveries.log()
        if row.state is DeliveryState.QUEUED
    )
    assert moments == [1.0, 10.0, 10.0]
    home.clock.ahead += timedelta(seconds=11)
    home.space.deliveries.flush_once()
    assert set(home.told()) == ids
    assert home.states() == ["sent"] * 5
    assert max(home.hook.ids().values()) == 2
    assert len(home.hook.ids()) == 5


def test_a_destination_that_hangs_keeps_no_other_back(home: Home) -> None:
    home.write(HOOK, SLACK, rule(to='["hook", "team"]'))
    home.sync()
    release, hanging = threading.Event(), count(1)
    most = 0

    def hangs() -> str:
        nonlocal most
        most = max(most, next(hanging))
        release.wait(8)
        return ""

    home.hook.faults = hangs
    for number in range(20):
        home.comes(title=f"New {number}")
    home.space.deliveries.begin()
    ending = threading.Thread(target=home.sync, daemon=True)
    ending.start()
    deadline = time.monotonic() + 60
    while len(home.slack.taken) < 20 and not release.is_set() and time.monotonic() < deadline:
        time.sleep(0.02)
        if most > PER_DESTINATION:
            release.set()
    told, held = len(home.slack.taken), most
    release.set()
    ending.join(60)
    assert held <= PER_DESTINATION, "what hangs leaves room"
    assert told == 20
    assert len(home.hook.ids()) == 20


def test_a_lost_answer_without_a_key_is_unknown_and_its_second_copy_marked(home: Home) -> None:
    home.write(SLACK, rule(to='["team"]'))
    home.sync()
    home.slack.faults = in_turn("lost")
    home.comes()
    home.sync()
    (row,) = home.space.deliveries.log()
    assert row.state is DeliveryState.UNKNOWN
    home.clock.ahead += timedelta(seconds=61)
    home.space.deliveries.flush_once()
    (row,) = home.space.deliveries.log()
    assert row.state is DeliveryState.SENT
    assert "twice" in row.detail
    first, second = home.slack.taken
    assert b"may be there twice" not in first.body
    assert b"may be there twice" in second.body


def test_a_revoked_address_is_broken_and_the_others_go_on(home: Home) -> None:
    home.write(HOOK, SLACK, rule(to='["team", "hook"]'))
    home.sync()
    home.slack.status, home.slack.text = 404, "no_service"
    fresh = home.comes()
    home.sync()
    assert home.told() == [fresh]
    broken = home.space.store.call(lambda s: s.delivery_reads.broken())
    assert list(broken) == ["team"]
    assert "no_service" in broken["team"].detail
    states = {view.name: view.state for view in home.space.deliveries.views()}
    assert states["team"].startswith("broken: 404")
    assert states["hook"] == "ok"
    home.slack.status = 200
    failed = next(row for row in home.space.deliveries.log() if row.state is DeliveryState.FAILED)
    assert home.space.deliveries.retry(failed.uid).state is DeliveryState.SENT
    assert home.space.store.call(lambda s: s.delivery_reads.broken()) == {}


def test_a_missing_secret_waits_and_is_named(home: Home) -> None:
    home.write(HOOK.replace("env:HOOK", "env:NOT_SET"), rule())
    home.sync()
    home.comes()
    home.sync()
    (row,) = home.space.deliveries.log()
    assert (row.state, row.why) == (DeliveryState.QUEUED, "secret")
    assert "NOT_SET" in row.detail
    assert list(home.space.store.call(lambda s: s.delivery_reads.broken())) == ["hook"]
    home.write(HOOK, rule())
    home.clock.ahead += timedelta(seconds=11)
    assert home.space.deliveries.flush_once().sent == 1


def test_what_a_broken_file_or_a_gone_rule_makes_of_what_waits(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    home.hook.faults = in_turn("500")
    home.comes()
    home.sync()
    home.clock.ahead += timedelta(seconds=11)
    home.write("not toml at all [")
    home.space.deliveries.flush_once()
    assert home.states() == ["queued"]
    home.clock.ahead += timedelta(seconds=61)
    home.write(HOOK, rule(when="'rating:<=9'"))
    home.space.deliveries.flush_once()
    assert home.states() == ["queued"]
    home.clock.ahead += timedelta(seconds=61)
    home.write(HOOK, rule("another"))
    home.space.deliveries.flush_once()
    (row,) = home.space.deliveries.log()
    assert (row.state, row.detail) == (DeliveryState.DROPPED, "all is no longer in notify.toml")


def test_a_broken_file_is_told_once_and_stops_nothing(home: Home) -> None:
    heard: list[Event] = []
    home.space.subscribe(heard.append)
    home.write(HOOK, rule(), "[[rule]]\nname = 'bad'\nwhen = 'raiting:1'\nto = ['hook']")
    home.sync()
    fresh = home.comes()
    home.sync()
    notices = [event.text for event in heard if isinstance(event, Notice)]
    assert len(notices) == 1
    assert f"{home.space.paths.notify_file}:" in notices[0]
    assert "raiting" in notices[0]
    assert home.told() == [fresh]


def test_what_was_tried_under_a_clock_far_ahead_goes_out_after_it_was_set_right(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    home.hook.faults = in_turn("500", "500")
    home.comes()
    home.sync()
    home.clock.ahead += timedelta(hours=20)
    home.space.deliveries.flush_once()
    home.clock.ahead -= timedelta(hours=20)
    home.space.deliveries.flush_once()
    assert home.states() == ["queued"]
    home.clock.ahead += timedelta(minutes=1)
    home.space.deliveries.flush_once()
    assert home.states() == ["sent"]


def test_at_most_so_many_and_the_rest_in_one_digest(home: Home) -> None:
    home.write(SLACK, rule(to='["team"]', at_most='"2/h"'))
    home.sync()
    for n in range(6):
        home.comes(title=f"New {n}")
    home.sync()
    assert len(home.slack.taken) == 2
    home.clock.ahead += timedelta(hours=1, minutes=1)
    home.space.deliveries.flush_once()
    assert len(home.slack.taken) == 3
    assert "4 events" in home.slack.taken[2].body.decode()
    assert home.states() == ["sent"] * 6


def test_a_daily_digest_is_tried_again_as_it_was(home: Home) -> None:
    with mailing(MailServer()) as mail:
        post = (
            f'[[destination]]\nname = "post"\nkind = "email"\nhost = "127.0.0.1"\nport = {mail.port}\n'
            'tls = "none"\nfrom = "a@example.com"\nto = ["b@example.com"]\n'
        )
        home.write(post, rule(to='["post"]', send='"every 1h"'))
        home.sync()
        mail.after_data = in_turn("lost", "451 later")
        home.comes(title="One")
        home.comes(title="Two")
        home.sync()
        assert mail.mails == []
        for _ in range(3):
            home.clock.ahead += timedelta(hours=1)
            home.comes(title="Later")
            home.space.deliveries.flush_once()
        assert [str(m["Subject"])[:8] for m in mail.mails] == ["2 events", "2 events"]
        assert len(mail.ids()) == 1


def test_machines_get_every_event_by_itself_also_at_an_hour(home: Home) -> None:
    home.write(HOOK, rule(send='"every 1h"'))
    home.sync()
    home.comes(title="One")
    home.comes(title="Two")
    home.sync()
    assert home.hook.taken == []
    home.clock.ahead += timedelta(hours=1)
    home.space.deliveries.flush_once()
    assert len(home.hook.taken) == 2


def test_words_stay_at_home_where_a_rule_says_so(home: Home) -> None:
    home.write(HOOK, rule(text="false"))
    home.sync()
    home.comes(title="Secret plans", body="Nobody is to read this.")
    home.sync()
    (request,) = home.hook.taken
    assert b"Secret" not in request.body
    assert b"Nobody" not in request.body
    assert request.json["review"]["rating"] == 1


def test_a_rule_acts_inside_under_its_name_and_can_be_undone(home: Home) -> None:
    home.write(rule("crashes", to="[]", when='"broke"', do='["tag:crash", "assign:anna", "flag"]'))
    home.sync()
    heard: list[Event] = []
    home.space.subscribe(heard.append)
    fresh = home.comes()
    home.comes(body="All fine.")
    home.sync()
    detail = home.space.inbox.detail(fresh)
    assert detail is not None
    assert (detail.tags, detail.assignee, detail.flagged) == (("crash",), "anna", True)
    assert any(isinstance(e, ReviewsChanged) and e.ids == (fresh,) for e in heard)
    (act,) = home.space.store.call(lambda s: s.acts.since(home.clock.now() - timedelta(hours=1)))
    assert (act.by, act.review_ids) == ("rule crashes", (fresh,))
    undone = home.space.triage.undo()
    assert undone is not None
    detail = home.space.inbox.detail(fresh)
    assert detail is not None
    assert detail.tags == ()
    home.sync()
    detail = home.space.inbox.detail(fresh)
    assert detail is not None
    assert detail.tags == (), "a rule does not do again what was undone"


def test_a_pause_holds_back_and_loses_nothing(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    home.space.deliveries.pause("all")
    fresh = home.comes()
    home.sync()
    assert home.states() == ["queued"]
    assert home.space.deliveries.resume("all")
    home.space.deliveries.flush_once()
    assert home.told() == [fresh]
    with pytest.raises(UsageError, match="nobody"):
        home.space.deliveries.pause("nobody")


def test_backfill_sends_what_was_there_before_and_only_when_asked(home: Home) -> None:
    home.write(HOOK, rule(when='"rating:<=2"'))
    home.sync()
    assert home.space.deliveries.backfill(3) == 3
    assert home.space.deliveries.backfill(3) == 0
    home.space.deliveries.flush_once()
    assert len(home.told()) == 3
    assert all(each.json["review"]["rating"] <= 2 for each in home.hook.taken)


def test_a_test_message_goes_out_at_once_and_is_accounted_for(home: Home) -> None:
    home.write(HOOK, SLACK)
    (row,) = home.space.deliveries.test("team")
    assert row.state is DeliveryState.SENT
    assert b"This is a test" in home.slack.taken[0].body
    assert home.space.deliveries.test("hook")[0].state is DeliveryState.SENT
    assert home.hook.taken[0].json["event"] == "test"
    assert len(home.space.deliveries.log()) == 2
    home.slack.status = 500
    assert home.space.deliveries.test("team")[0].state is DeliveryState.QUEUED
    with pytest.raises(UsageError, match="nobody"):
        home.space.deliveries.test("nobody")


def test_read_only_and_offline_programs_send_nothing(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    home.space.offline = True
    assert home.space.deliveries.flush_once().sent == 0


def test_the_background_tells_within_two_seconds_of_the_page(home: Home) -> None:
    home.write(HOOK, rule())
    home.sync()
    stop = threading.Event()
    thread = threading.Thread(target=home.space.deliveries.run_forever, args=(stop,), daemon=True)
    thread.start()
    stored: list[float] = []
    home.space.subscribe(
        lambda event: (
            stored.append(time.monotonic()) if isinstance(event, ReviewsChanged) and event.new else None
        )
    )
    home.comes()
    home.sync()
    deadline = time.monotonic() + 5
    while not home.hook.taken and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    home.space.deliveries.wake()
    thread.join()
    assert home.hook.taken[0].at - stored[0] < 2.0


def test_rules_wait_for_the_end_of_a_sync_but_not_of_a_long_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    waiting = threading.Thread(target=home.space.deliveries._gather, args=(stop,), daemon=True)
    with home.space.throttle.working():
        waiting.start()
        waiting.join(3 * deliveries.GATHER_S)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive()
    monkeypatch.setattr(deliveries, "BESIDE_A_SYNC_S", 0.0)
    with home.space.throttle.working():
        home.space.deliveries._gather(stop)


def test_two_rules_for_one_receiver_use_one_id(home: Home) -> None:
    home.write(HOOK, rule("one"), rule("two"))
    home.sync()
    home.comes()
    home.sync()
    assert len(home.hook.taken) == 2
    assert len(home.hook.ids()) == 1
    assert len({row.uid for row in home.space.deliveries.log()}) == 2


# --- events that no page brings ---


def event_of(home: Home, kind: str) -> list[str]:
    return [each.json["event"] for each in home.hook.taken if each.json["event"] == kind]


def test_a_note_that_names_somebody_is_told(home: Home) -> None:
    home.write(HOOK, rule(on='["note.mention"]'))
    home.sync()
    home.clock.ahead += timedelta(seconds=1)
    review = home.apple.reviews_of(home.apple.app_ids[0])[0].id
    home.space.triage.note(review, "Mail me at x@example.com")
    home.space.deliveries.deliver_now()
    assert home.hook.taken == []
    home.space.triage.note(review, "@anna please look")
    home.space.deliveries.deliver_now()
    home.space.deliveries.deliver_now()
    assert event_of(home, "note.mention") == ["note.mention"]
    assert home.hook.taken[0].json["review"]["note"] == "@anna please look"


def test_a_note_of_the_thread_that_names_somebody_is_told(home: Home) -> None:
    home.write(HOOK, rule(on='["note.mention"]'))
    home.sync()
    home.clock.ahead += timedelta(seconds=1)
    review = home.apple.reviews_of(home.apple.app_ids[0])[0].id
    for body in ("nobody in particular", "@anna is it the update?", "@paul you know it"):
        note = TeamNote.new(review, "rita", body, home.clock.now())
        home.space.store.call(lambda store, n: store.queue.add_note(n), note)
    home.space.deliveries.deliver_now()
    home.space.deliveries.deliver_now()
    said = ["rita: @anna is it the update?", "rita: @paul you know it"]
    assert [row.event.detail for row in reversed(home.space.deliveries.log())] == said
    # Several messages are under way at a time: which one arrives first is not promised.
    told = sorted((each.json for each in home.hook.taken), key=lambda each: said.index(each["detail"]))
    assert [each["event"] for each in told] == ["note.mention", "note.mention"]
    assert [each["detail"] for each in told] == said
    assert {each["review"]["id"] for each in told} == {review}


def test_a_snooze_that_ends_is_told(home: Home) -> None:
    home.write(HOOK, rule(on='["review.due"]'))
    home.sync()
    review = home.apple.reviews_of(home.apple.app_ids[0])[0].id
    home.space.triage.snooze([review], home.clock.now() + timedelta(hours=1))
    home.clock.ahead += timedelta(hours=2)
    home.space.store.call(lambda s: s.queue.wake(home.clock.now()))
    home.space.deliveries.deliver_now()
    home.space.deliveries.deliver_now()
    assert home.told() == [review]


def test_a_time_to_answer_by_is_told_once_before_it_and_not_to_those_who_answered(home: Home) -> None:
    home.space.close()
    home.space.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    home.space.paths.config_file.write_text('[sla]\n"rating:1" = "8h"\ntell_before = "1h"\n')
    home.space = home.open()
    home.write(HOOK, rule(on='["review.due"]'))
    home.sync()
    first, other = home.comes(rating=1, title="One"), home.comes(rating=1, title="Two")
    home.comes(rating=5, title="No rule")
    home.sync()
    home.space.triage.done([other])
    home.clock.ahead += timedelta(hours=6)
    home.space.deliveries.deliver_now()
    assert home.told() == []
    home.clock.ahead += timedelta(hours=1, minutes=2)
    home.space.deliveries.deliver_now()
    home.space.deliveries.deliver_now()
    assert home.told() == [first]
    assert home.hook.taken[0].json["review"]["due_at"] is not None
    assert home.hook.taken[0].json["detail"].startswith("To be answered by ")
    home.clock.ahead += timedelta(hours=3)
    home.space.deliveries.deliver_now()
    assert home.told() == [first]


def test_time_alone_makes_reviews_due(home: Home) -> None:
    """Nothing is written and nothing is synced: the next look, a minute later at most, tells it."""
    home.space.close()
    home.space.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    home.space.paths.config_file.write_text('[sla]\n"" = "8h"\n')
    home.space = home.open()
    home.write(HOOK, rule(on='["review.due"]'))
    home.sync()
    home.space.deliveries.deliver_now()
    fresh = home.comes(rating=3, title="Late")
    home.sync()
    home.space.deliveries.evaluate()
    before = home.told()
    home.clock.ahead += timedelta(hours=8, minutes=1)
    home.space.deliveries.evaluate()
    home.space.deliveries.flush_once()
    assert fresh not in before
    assert fresh in home.told()


def test_data_that_stays_away_is_told_once_an_episode(home: Home) -> None:
    home.write(HOOK, rule(on='["sync.stale"]'))
    home.sync()
    home.clock.ahead += timedelta(hours=80)
    home.space.deliveries.deliver_now()
    home.space.deliveries.deliver_now()
    told = [each.json for each in home.hook.taken]
    assert {each["event"] for each in told} == {"sync.stale"}
    assert {each["account"] for each in told} == {"North"}
    assert len(told) == len({each["detail"] for each in told})
    assert all(each["review"] is None for each in told)


def test_a_spike_is_told_with_what_was_expected(home: Home) -> None:
    home.write(HOOK, rule(on='["spike"]'))
    home.sync()
    for n in range(25):
        home.comes(rating=1, title=f"Login {n}", body="The login fails since today.")
    home.sync()
    details = [each.json["detail"] for each in home.hook.taken]
    assert any("one or two stars in 24 hours" in detail for detail in details)
    number = len(details)
    home.sync()
    assert len(home.hook.taken) == number


def test_ten_rules_look_at_a_page_in_a_few_milliseconds(home: Home) -> None:
    rules = [rule(f"r{n}", when=f"'rating:<={n % 5 + 1} broke'", to="[]", do='["flag"]') for n in range(10)]
    home.write(HOOK, *rules)
    home.sync()
    for n in range(20):
        home.comes(title=f"New {n}")
    home.sync()
    assert len(home.space.store.call(lambda s: s.acts.since(home.clock.now() - timedelta(hours=1)))) == 1


def test_secrets_are_stored_by_name_and_read_back(home: Home, tmp_path: Path) -> None:
    from ascinbox.core.secret import Secret

    said = home.space.deliveries.keep_secret("team", Secret(f"{home.slack.url}/SECRETPATH\n"), "file")
    assert "SECRETPATH" not in said
    home.write(SLACK.replace("env:SLACK", "vault:team"))
    assert home.space.deliveries.test("team")[0].state is DeliveryState.SENT
    assert home.slack.taken[0].path == "/SECRETPATH"
    assert b"SECRETPATH" not in home.space.paths.user_db.read_bytes()
    with pytest.raises(UsageError):
        home.space.deliveries.keep_secret("../x", Secret("y"), "file")
    with pytest.raises(UsageError):
        home.space.deliveries.keep_secret("team", Secret(" \n"), "file")
