"""Each sender against a receiver of its kind: the form of what goes out, and what every answer means."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.core.deliveries.events import TEST, NotifyEvent
from ascinbox.core.deliveries.messages import OutgoingMessage
from ascinbox.core.deliveries.rules import Destination, DestinationKind
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.workers.deliveries.senders import SenderTools, sender_of
from tests.workers.deliveries.receivers import MailServer, Receiver, in_turn, mailing, serving

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
OLD, NEW = ("whsec_" + base64.b64encode(word * 4).decode() for word in (b"old old ", b"new new "))
SECRETS = {"vault:sign": NEW, "vault:old": OLD, "vault:password": "topsecret-password"}


def event(number: int = 1, **changes: Any) -> NotifyEvent:
    review = {
        "id": f"review-{number}", "account": "North", "app": {"id": "7", "name": "Tide"}, "rating": 1,
        "title": "It crashes", "body": "Since today.\n.\n..dots", "nickname": "mia", "territory": "DEU",
        "created_at": "2026-11-21T10:00:00Z", "state": "new", "reply": None, "tags": [], "note": "",
        "assignee": "", "snoozed_until": None, "app_version": "5.2", **changes,
    }  # fmt: skip
    return NotifyEvent(f"review.new:{number}", "review.new", NOW, "North", "7", "Tide", review=review)


def message(*events: NotifyEvent, again: bool = False) -> OutgoingMessage:
    return OutgoingMessage("evt_0123", events or (event(),), "low", again)


def try_once(
    destination: Destination,
    url: str = "",
    sent: OutgoingMessage | None = None,
    *,
    reached: tuple[str, ...] = (),
    deadline_s: float = 5.0,
    environ: dict[str, str] | None = None,
) -> TryOutcome:
    def secret(reference: str) -> str:
        return url if reference == "vault:url" else SECRETS[reference]

    tools = SenderTools(SystemClock(), deadline_s, secret, environ or {})
    return sender_of(destination.kind)(sent or message(), destination, reached, tools)


def to(kind: DestinationKind, **more: Any) -> Destination:
    return Destination("team", kind, url="vault:url", **more)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as made:
        yield made


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mailing(MailServer(password=SECRETS["vault:password"])) as made:
        yield made


def post_office(mail: MailServer, *recipients: str, **more: Any) -> Destination:
    return Destination(
        "post",
        DestinationKind.EMAIL,
        host="127.0.0.1",
        port=mail.port,
        tls="none",
        sender="reviews@example.com",
        recipients=recipients or ("team@example.com",),
        **more,
    )


# --- webhook ---


def test_a_webhook_is_signed_and_its_body_has_the_promised_shape(receiver: Receiver) -> None:
    outcome = try_once(to(DestinationKind.WEBHOOK, secrets=("vault:sign", "vault:old")), receiver.url)
    assert outcome.verdict is TryResult.SENT
    (request,) = receiver.taken
    assert request.headers["webhook-id"] == request.json["id"] == "evt_0123"
    assert request.has_valid_signature(NEW)
    assert request.has_valid_signature(OLD)
    assert abs(int(request.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    assert request.json["schema"] == "ascinbox.event/1"
    assert request.json["review"]["title"] == "It crashes"


def test_one_stored_secret_may_hold_the_new_and_the_old(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SECRETS, "vault:both", f"{NEW}\n{OLD}\n")
    try_once(to(DestinationKind.WEBHOOK, secrets=("vault:both",)), receiver.url)
    assert all(receiver.taken[0].has_valid_signature(secret) for secret in (NEW, OLD))


def test_a_secret_that_is_none_is_refused_without_showing_it(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SECRETS, "vault:bad", "hunter2 !!!")
    outcome = try_once(to(DestinationKind.WEBHOOK, secrets=("vault:bad",)), receiver.url)
    assert (outcome.verdict, outcome.why) == (TryResult.REFUSED, "secret")
    assert "hunter2" not in outcome.detail
    assert receiver.asked == []


# --- what answers mean ---


@pytest.mark.parametrize(
    ("fault", "verdict", "retry"),
    [
        ("429", TryResult.AGAIN, None),
        ("429 later", TryResult.AGAIN, 1.0),
        ("500", TryResult.AGAIN, None),
        ("503", TryResult.AGAIN, None),
        ("408", TryResult.AGAIN, None),
        ("302", TryResult.AGAIN, None),
        ("reset", TryResult.LOST, None),
        ("lost", TryResult.LOST, None),
        ("400", TryResult.REFUSED, None),
        ("403", TryResult.REFUSED, None),
        ("404", TryResult.REFUSED, None),
        ("410", TryResult.REFUSED, None),
        ("413", TryResult.REFUSED, None),
    ],
)
@pytest.mark.parametrize("kind", [DestinationKind.SLACK, DestinationKind.WEBHOOK, DestinationKind.ZENDESK])
def test_what_an_answer_means(
    receiver: Receiver, kind: DestinationKind, fault: str, verdict: TryResult, retry: float | None
) -> None:
    receiver.faults = in_turn(fault)
    outcome = try_once(to(kind), f"{receiver.url}/services/T000/SECRETPATH")
    assert (outcome.verdict, outcome.retry_after_s) == (verdict, retry)
    assert "SECRETPATH" not in outcome.detail
    assert receiver.elsewhere == 0


def test_a_receiver_that_hangs_is_left_at_the_deadline(receiver: Receiver) -> None:
    receiver.faults = in_turn("hang")
    outcome = try_once(to(DestinationKind.SLACK), receiver.url, deadline_s=0.3)
    assert outcome.verdict is TryResult.LOST
    assert "0 s" in outcome.detail


def test_nobody_there_is_no_lost_answer() -> None:
    with serving(Receiver()) as gone:
        url = gone.url
    assert try_once(to(DestinationKind.SLACK), url).verdict is TryResult.AGAIN


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/SECRETPATH", "ftp://127.0.0.1/", "SECRETPATH", "", "https://"]
)
def test_plain_http_goes_to_this_machine_only(url: str) -> None:
    outcome = try_once(to(DestinationKind.SLACK), url)
    assert outcome.verdict is TryResult.REFUSED
    assert "SECRETPATH" not in outcome.detail


def test_an_answer_that_repeats_the_address_is_shown_without_it(receiver: Receiver) -> None:
    receiver.status, receiver.text = 404, "no hook /services/T000/SECRETPATH here"
    outcome = try_once(to(DestinationKind.SLACK), f"{receiver.url}/services/T000/SECRETPATH")
    assert "no hook" in outcome.detail
    assert "SECRETPATH" not in outcome.detail


# --- Slack, Teams, Zendesk ---


def test_slack_gets_blocks(receiver: Receiver) -> None:
    assert try_once(to(DestinationKind.SLACK), receiver.url).verdict is TryResult.SENT
    payload = receiver.taken[0].json
    assert payload["blocks"][0]["type"] == "section"
    assert payload["unfurl_links"] is False


def test_teams_gets_a_card_and_is_not_believed_blindly(receiver: Receiver) -> None:
    receiver.status = 202
    assert try_once(to(DestinationKind.TEAMS), receiver.url).verdict is TryResult.SENT
    assert receiver.taken[0].json["attachments"][0]["content"]["type"] == "AdaptiveCard"
    receiver.status, receiver.text = 200, "Microsoft Teams endpoint returned HTTP error 429 with ContextId"
    assert try_once(to(DestinationKind.TEAMS), receiver.url).verdict is TryResult.AGAIN


def test_zendesk_makes_a_ticket_under_a_key(receiver: Receiver) -> None:
    receiver.status, receiver.text = 201, json.dumps({"ticket": {"id": 4711}})
    receiver.answer_headers = {"x-idempotency-lookup": "hit"}
    url = receiver.url.replace("http://", "http://agent%40example.com%2Ftoken:TOKENTOKEN@")
    outcome = try_once(to(DestinationKind.ZENDESK), url)
    assert (outcome.verdict, outcome.reference) == (TryResult.SENT, "4711")
    assert "already" in outcome.detail
    (request,) = receiver.taken
    assert request.path == "/api/v2/tickets.json"
    assert request.headers["idempotency-key"] == "evt_0123"
    basic = base64.b64encode(b"agent@example.com/token:TOKENTOKEN").decode()
    assert request.headers["authorization"] == f"Basic {basic}"
    assert request.json["ticket"]["external_id"] == "review-1"


def test_zendesk_takes_user_and_password_beside_a_whole_path(receiver: Receiver) -> None:
    destination = to(DestinationKind.ZENDESK, user="agent@example.com/token", password="vault:password")
    try_once(destination, f"{receiver.url}/api/v2/tickets.json?async=true")
    assert receiver.taken[0].path == "/api/v2/tickets.json?async=true"
    basic = base64.b64encode(b"agent@example.com/token:topsecret-password").decode()
    assert receiver.taken[0].headers["authorization"] == f"Basic {basic}"


# --- e-mail ---


def test_a_mail_is_plain_text_in_the_thread_of_its_review(mail: MailServer) -> None:
    destination = post_office(mail, user="reviews", password="vault:password")
    assert try_once(destination).verdict is TryResult.SENT
    assert try_once(destination, sent=message(event(body="Worse."))).verdict is TryResult.SENT
    first, second = mail.mails
    assert first["Message-ID"] == "<evt_0123@example.com>"
    assert first["References"] == second["References"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_content_type() == "text/plain"
    text = first.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "Since today.\r\n.\r\n..dots" in text.decode()
    assert "★☆☆☆☆ Tide" in str(first["Subject"])


def test_a_digest_is_one_mail(mail: MailServer) -> None:
    try_once(post_office(mail), sent=message(*(event(n) for n in range(5))))
    (one,) = mail.mails
    assert str(one["Subject"]).startswith("5 events")
    assert one["References"] is None


def test_a_title_cannot_add_a_header(mail: MailServer) -> None:
    hostile = event(title="x\r\nBcc: everyone@example.com", nickname="a\nb")
    assert try_once(post_office(mail), sent=message(hostile)).verdict is TryResult.SENT
    assert mail.mails[0]["Bcc"] is None
    assert mail.recipients == [["team@example.com"]]


def test_a_full_mailbox_waits_and_one_that_refuses_for_good_does_not(mail: MailServer) -> None:
    mail.refuse = {"team@example.com": "452 4.2.2 mailbox full"}
    outcome = try_once(post_office(mail))
    assert outcome.verdict is TryResult.AGAIN
    assert "mailbox full" in outcome.detail
    mail.refuse = {"team@example.com": "550 5.1.1 no such user"}
    assert try_once(post_office(mail)).verdict is TryResult.REFUSED
    mail.refuse = {}
    mail.after_data = in_turn("452 4.3.1 no room", "552 5.2.3 too large")
    assert try_once(post_office(mail)).verdict is TryResult.AGAIN
    assert try_once(post_office(mail)).verdict is TryResult.REFUSED


def test_of_several_recipients_only_those_are_tried_again_that_were_not_reached(mail: MailServer) -> None:
    destination = post_office(mail, "a@example.com", "b@example.com")
    mail.refuse = {"b@example.com": "450 4.2.1 busy"}
    first = try_once(destination)
    assert (first.verdict, first.reached) == (TryResult.AGAIN, ("a@example.com",))
    mail.refuse = {}
    second = try_once(destination, reached=first.reached)
    assert second.verdict is TryResult.SENT
    assert mail.recipients == [["a@example.com"], ["b@example.com"]]


def test_a_lost_answer_to_a_mail_is_told_from_a_broken_connection(mail: MailServer) -> None:
    mail.after_data = in_turn("lost")
    assert try_once(post_office(mail)).verdict is TryResult.LOST
    port, mail.port = mail.port, 1
    assert try_once(post_office(mail)).verdict is TryResult.AGAIN
    mail.port = port


def test_a_wrong_password_is_refused_and_not_shown(mail: MailServer) -> None:
    mail.password = "another"
    outcome = try_once(post_office(mail, user="reviews", password="vault:password"))
    assert outcome.verdict is TryResult.REFUSED
    assert "535" in outcome.detail
    assert "topsecret" not in outcome.detail


# --- a program ---


def program(tmp_path: Path, text: str) -> Destination:
    file = tmp_path / "program.py"
    file.write_text(text)
    return Destination(
        "own", DestinationKind.COMMAND, command=(sys.executable, str(file), str(tmp_path / "out"))
    )


ECHO = "import os, sys\nopen(sys.argv[1], 'w').write(sys.stdin.read() + chr(10).join(os.environ))\n"


def test_a_program_gets_one_line_of_json_and_no_secret(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin", "SLACK_URL": "https://secret", "ASCINBOX_HOME": "/x"}
    assert try_once(program(tmp_path, ECHO), environ=environ).verdict is TryResult.SENT
    line, *names = (tmp_path / "out").read_text().splitlines()
    assert json.loads(line)["id"] == "evt_0123"
    assert "SLACK_URL" not in names
    assert "ASCINBOX_HOME" not in names


def test_a_program_that_fails_is_tried_again_and_one_that_hangs_is_ended(tmp_path: Path) -> None:
    failing = program(tmp_path, "import sys\nsys.stderr.write('no \\x1b[31mluck')\nsys.exit(3)\n")
    outcome = try_once(failing)
    assert outcome.verdict is TryResult.AGAIN
    assert "exit code 3" in outcome.detail
    assert "\x1b" not in outcome.detail
    hanging = program(tmp_path, "import time\ntime.sleep(60)\n")
    assert try_once(hanging, deadline_s=0.5).verdict is TryResult.LOST


def test_a_program_that_is_not_there_is_refused(tmp_path: Path) -> None:
    destination = Destination("own", DestinationKind.COMMAND, command=(str(tmp_path / "nothing"),))
    assert try_once(destination).verdict is TryResult.REFUSED


# --- apprise ---


def test_apprise_carries_what_we_do_not(receiver: Receiver) -> None:
    pytest.importorskip("apprise")
    url = receiver.url.replace("http://", "json://")
    assert try_once(to(DestinationKind.APPRISE), url).verdict is TryResult.SENT
    assert "It crashes" in receiver.taken[0].json["message"]
    receiver.faults = lambda: "302"
    assert try_once(to(DestinationKind.APPRISE), url).verdict is TryResult.AGAIN
    assert receiver.elsewhere == 0
    assert try_once(to(DestinationKind.APPRISE), "what").verdict is TryResult.REFUSED


def test_a_missing_apprise_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    outcome = try_once(to(DestinationKind.APPRISE), "json://127.0.0.1")
    assert outcome.verdict is TryResult.REFUSED
    assert "ascinbox[apprise]" in outcome.detail


def test_a_test_message_says_that_it_is_one(receiver: Receiver) -> None:
    told = OutgoingMessage("evt_1", (NotifyEvent("test:1", TEST, NOW, detail="team hears from ascinbox."),))
    try_once(to(DestinationKind.SLACK), receiver.url, told)
    assert "This is a test" in receiver.taken[0].body.decode()
