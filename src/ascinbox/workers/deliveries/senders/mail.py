"""E-mail by SMTP: plain text, one thread a review, a digest as one mail.

The Message-ID is made of the delivery's id and so the same for every try: mail systems keep one copy of it.
`References` puts everything about one review into one thread.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from ascinbox.core.deliveries.messages import MAIL_BODY, OutgoingMessage, plain, subject_of
from ascinbox.core.deliveries.rules import REFERENCE, Destination, is_this_machine
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.core.text import clean_line
from ascinbox.sources.http.wire import tls_context
from ascinbox.workers.deliveries.senders import SenderTools
from ascinbox.workers.deliveries.senders.http import SAID, without_secrets


def send(
    message: OutgoingMessage, destination: Destination, reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`. Who was reached by an earlier try is not written to again."""
    user = _text(destination.user, tools)
    password = tools.secret(destination.password) if destination.password else ""
    to = [address for address in destination.recipients if address not in reached]
    if not to:
        return TryOutcome(TryResult.SENT, reached=reached)
    content = bytes(mail_of(message, destination))
    asked = False
    try:
        with _connected(destination, tools) as server:
            if user:
                server.login(user, password)
            _expect(server.mail(destination.sender), (250,))
            answers = {address: server.rcpt(address) for address in to}
            taken = [address for address, (code, _) in answers.items() if code in (250, 251)]
            if not taken:
                return _nobody(answers, reached)
            _expect(server.docmd("DATA"), (354,))
            asked = True
            server.send(_dotted(content))
            _expect(server.getreply(), (250,))
            return _taken(answers, (*reached, *taken))
    except smtplib.SMTPResponseException as error:
        words = without_secrets(_said(error.smtp_error), (password,))
        again = 400 <= error.smtp_code < 500
        return TryOutcome(
            TryResult.AGAIN if again else TryResult.REFUSED, f"{error.smtp_code} {words}", reached=reached
        )
    except ssl.SSLError as error:
        return TryOutcome(TryResult.AGAIN, f"no secure connection ({error.reason or 'TLS'})", reached=reached)
    except smtplib.SMTPNotSupportedError:
        return TryOutcome(TryResult.REFUSED, "the mail server does not offer what was asked for")
    except (smtplib.SMTPException, OSError) as error:
        if asked:
            return TryOutcome(TryResult.LOST, "the connection broke before an answer")
        return TryOutcome(TryResult.AGAIN, f"no connection ({type(error).__name__})", reached=reached)


def mail_of(message: OutgoingMessage, destination: Destination) -> EmailMessage:
    """The mail, headers and all."""
    event = message.events[0]
    domain = destination.sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP.clone(max_line_length=200))
    mail["From"] = Address("ascinbox", addr_spec=destination.sender)
    mail["To"] = ", ".join(destination.recipients)
    mail["Subject"] = clean_line(subject_of(message))
    mail["Date"] = max(each.at for each in message.events)
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    if event.review_id and not message.is_digest:
        thread = hashlib.sha256(event.review_id.encode()).hexdigest()[:32]
        mail["References"] = mail["In-Reply-To"] = f"<review-{thread}@{domain}>"
    mail["List-Id"] = f"ascinbox <ascinbox.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(message, MAIL_BODY) + "\n")
    return mail


@contextmanager
def _connected(destination: Destination, tools: SenderTools) -> Iterator[smtplib.SMTP]:
    """A greeted server. What it says to our goodbye changes nothing."""
    server = _opened(destination, tools)
    try:
        yield server
        with suppress(smtplib.SMTPException, OSError):
            server.docmd("QUIT")
    finally:
        server.close()


def _opened(destination: Destination, tools: SenderTools) -> smtplib.SMTP:
    """The connection, secured as notify.toml says; without that only on this machine."""
    host, port, seconds = destination.host, destination.port, tools.deadline_s
    if destination.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=seconds, context=tls_context())
        server.ehlo_or_helo_if_needed()
        return server
    server = smtplib.SMTP(host, port, timeout=seconds)
    try:
        server.ehlo_or_helo_if_needed()
        if destination.tls == "starttls":
            server.starttls(context=tls_context())
            server.ehlo()
        elif not is_this_machine(host):
            raise smtplib.SMTPNotSupportedError("plain connections are for this machine only")
    except BaseException:
        server.close()
        raise
    return server


def _expect(answer: tuple[int, bytes], codes: Sequence[int]) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _dotted(content: bytes) -> bytes:
    """The mail as DATA takes it: CRLF, a dot doubled at the beginning of a line, a dot alone at the end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _nobody(answers: dict[str, tuple[int, bytes]], reached: tuple[str, ...]) -> TryOutcome:
    later = any(400 <= code < 500 for code, _ in answers.values())
    return TryOutcome(TryResult.AGAIN if later else TryResult.REFUSED, _refusals(answers), reached=reached)


def _taken(answers: dict[str, tuple[int, bytes]], reached: tuple[str, ...]) -> TryOutcome:
    """Some have it. Those whose server is busy are tried again alone; one that refuses for good is named."""
    refused = {address: answer for address, answer in answers.items() if address not in reached}
    if any(400 <= code < 500 for code, _ in refused.values()):
        return TryOutcome(TryResult.AGAIN, _refusals(refused), reached=reached)
    detail = f"sent, but {_refusals(refused)}" if refused else "250 accepted"
    return TryOutcome(TryResult.SENT, detail, reached=reached)


def _refusals(answers: dict[str, tuple[int, bytes]]) -> str:
    parts = [f"{address}: {code} {_said(words)}" for address, (code, words) in answers.items()]
    return "; ".join(parts)[: SAID * 2]


def _said(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return clean_line(text)[:SAID]


def _text(value: str, tools: SenderTools) -> str:
    return tools.secret(value) if REFERENCE.fullmatch(value) else value
