"""The connection to a team's database: opened again when it broke, one call an act."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ascinbox.core.clock import Clock
from ascinbox.core.secret import Secret
from ascinbox.core.team import Level
from ascinbox.core.text import clean_line
from ascinbox.store.queue.team import errors
from ascinbox.store.queue.team.address import TeamAddress, refuse_open_password_file, security
from ascinbox.store.queue.team.driver import as_json, driver, is_json, sound
from ascinbox.store.queue.team.patience import Patience, Unanswered
from ascinbox.store.queue.team.refusals import calling

if TYPE_CHECKING:
    import psycopg

R = TypeVar("R")

OLDEST_SERVER = 140000
"""`server_version_num`: PostgreSQL 14 has what the functions use."""
CONNECT_S = 5
GONE_S = 10
"""A connection whose packets nobody confirms for so long is taken for broken."""
ANSWERS_S = 20.0
"""The same for a server that confirms packets and answers nothing, such as one that was paused, where nobody
waits: the feed, pages of a worker."""
ACT_S = 4.0
"""The same for an act, its turn on the connection and connecting included: somebody waits for it. More than
any takes: waiting for another act ends after 3 s."""
MUCH_WORK_S = 60.0
"""The same for an act that nobody waits for and that is much work, such as pages of reviews."""
TRY_AGAIN_S = 5.0
"""After a failed try an act is refused at once for so long, instead of waiting for the same again."""
CHANNEL = "ascinbox"
_END = (
    "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE pid = %s AND usename = session_user"
    " AND backend_start < clock_timestamp() - make_interval(secs => %s)"
)
"""Waits a second at most for the end of a process."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a team's database says about itself and about who asks."""

    me: str
    level: Level
    seq: int
    copy: str
    """Names this copy of the database: a restored backup is another one."""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def team(self) -> str:
        return self.options.get("team", "")

    @property
    def four_eyes(self) -> bool:
        """Nobody publishes what he wrote himself."""
        return self.options.get("four_eyes") == "1"

    @property
    def per_person(self) -> bool:
        """Metrics show everybody's figures, not only one's own."""
        return self.options.get("per_person") == "1"


class TeamSession:
    """One connection, opened again when it broke. Any thread may call; one call at a time is under way."""

    def __init__(
        self,
        address: TeamAddress,
        *,
        password: Callable[[], Secret | None] = lambda: None,
        program: str = "ascinbox",
        home: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        checks_schema: bool = True,
        answers_s: float = ANSWERS_S,
        act_s: float = ACT_S,
        stays_offline: Callable[[], bool] = lambda: False,
    ) -> None:
        """`answers_s`: how long an answer may take before the connection counts as broken; `act_s`: that of
        an act, its turn included; `stays_offline`: whether the person wants no network."""
        self.address = address
        self._password = password
        self._program = program
        self._home = home or Path.home()
        self._monotonic = monotonic
        self._checks_schema = checks_schema
        self._answers_s = answers_s
        self._act_s = act_s
        self._stays_offline = stays_offline
        self._follower: int | None = None
        """The thread that connects again by itself, since it listens; others need not try."""
        self._patience = Patience()
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._hello: Hello | None = None
        self._failed_at: float | None = None
        self._failure: errors.TeamError | None = None
        self._server_time: tuple[float, float] | None = None
        self._listens = False
        self._process = 0
        self._left: list[tuple[int, float]] = []
        """Processes of the server that may still do what was asked without an answer, and since when."""
        self.notified = threading.Event()
        """Set by a NOTIFY that came while something else was being asked."""

    # --- being connected ---

    @property
    def online(self) -> bool:
        """Whether a connection stands, as far as is known."""
        connection = self._connection
        return connection is not None and not connection.closed

    @property
    def hello(self) -> Hello:
        """What the database said when it was last connected to; connects if it never was."""
        return self._hello or self.open()

    def open(self) -> Hello:
        """Connects if no connection stands. Raises TeamError, SchemaMismatch, NotAllowed and TeamOffline."""
        with self._lock:
            self._connected()
            assert self._hello is not None
            return self._hello

    def close(self) -> None:
        """Ends the connection. A later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def beside(self) -> TeamSession:
        """One more connection to the same, for what takes long: acts do not wait behind it."""
        return TeamSession(
            self.address,
            password=self._password,
            program=self._program,
            home=self._home,
            monotonic=self._monotonic,
            checks_schema=self._checks_schema,
            answers_s=self._answers_s,
            stays_offline=self._stays_offline,
        )

    def retry(self) -> Hello:
        """Tries to connect now, however short ago that failed. Raises as `open`."""
        self._failed_at = None
        return self.open()

    def now(self) -> datetime:
        """The server's clock: as it was when it last said so, and what has passed since."""
        if self._server_time is None:
            self.open()
        assert self._server_time is not None
        told, at = self._server_time
        return datetime.fromtimestamp(told + self._monotonic() - at, UTC)

    # --- asking ---

    def call(self, function: str, *args: Any, answers_s: float | None = None) -> Any:
        """One act: one function of the database in one transaction; what it returns.

        Dicts, and lists of dicts or of lists, go as jsonb. An act that broke off may be called again: it is
        then done once. Without an answer it ends after `ACT_S`, or `answers_s` where it is much work; while
        the server is known not to answer it is refused at once. Raises TeamError and its subclasses.
        """
        marks = ", ".join("%s" for _ in args)
        sql, seconds = f"SELECT ascinbox.{function}({marks})", answers_s or self._act_s
        self._refuse_while_away()
        until = self._monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise self._note_failure(errors.unanswered(self.address.shown))
        try:
            return self.rows(sql, *args, answers_s=max(until - self._monotonic(), 0.5))[0][0]
        finally:
            self._lock.release()

    def rows(self, sql: str, *args: Any, binary: bool = False, answers_s: float | None = None) -> list[Any]:
        """The rows of one statement; `answers_s`: how long it may take, connecting included."""
        values = [as_json(arg) if is_json(arg) else sound(arg) for arg in args]
        return self._asked(sql.encode(), values, answers_s or self._answers_s, binary=binary).fetchall()

    def _asked(
        self, sql: bytes, values: list[Any], seconds: float, *, binary: bool = False
    ) -> psycopg.Cursor[Any]:
        psycopg = driver()
        with self._lock:
            connection = self._connected(seconds)
            try:
                with self._patience.of(seconds):
                    cursor = connection.execute(sql, values, binary=binary)
            except psycopg.Error as error:
                raise self._under_way(self._translated(error), error.sqlstate) from error
            except Unanswered as error:
                raise self._under_way(self._broken(error), None) from error
            self._failure = None
            return cursor

    def _under_way(self, error: errors.TeamError, code: str | None) -> errors.TeamError:
        """The same for a statement that was sent, unless the server said no to it with a code.

        What is refused later for the same reason was not sent.
        """
        if self._connection is not None or code or not isinstance(error, errors.TeamOffline):
            return error
        self._left.append((self._process, self._monotonic()))
        found = copy(error)
        found.unknown = True
        return found

    @property
    def is_clear(self) -> bool:
        """Whether nothing that was asked without an answer may still be carried out."""
        return not self._left

    def end_left(self) -> None:
        """Ends what may still be carried out of acts that were asked without an answer. Raises TeamError."""
        for left in tuple(self._left):
            process, since = left
            # A later process may have the same number.
            found = self.rows(_END, process, self._monotonic() - since)
            if all(ended for (ended,) in found):
                self._left.remove(left)

    def connected(self, work: Callable[[psycopg.Connection[Any]], R]) -> R:
        """What `work` does with the connection itself, such as making a team. Raises TeamError."""
        with self._lock:
            return work(self._connected())

    @property
    def was_greeted(self) -> bool:
        """Whether the database has told its time."""
        return self._server_time is not None

    def run(self, sql: str) -> None:
        """One statement without rows, such as one that changes a login. Raises TeamError."""
        self._asked(sql.encode(), [], self._answers_s)

    # --- NOTIFY ---

    def listen(self) -> None:
        """From now on `wait` ends with a NOTIFY. Raises TeamError."""
        with self._lock:
            self._connected()
            self._follower = threading.get_ident()
            if not self._listens:
                self.run(f"LISTEN {CHANNEL}")
                self._listens = True

    def unlisten(self) -> None:
        """From now on nothing is notified. Raises TeamError."""
        with self._lock:
            self.run(f"UNLISTEN {CHANNEL}")
            self._listens = False

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Waits for a NOTIFY, at most so long or until `stop`; True when one came, or may have been missed.

        After `listen`, and on the same thread. Acts go on meanwhile. Raises TeamError.
        """
        import select

        psycopg = driver()
        until = self._monotonic() + seconds
        while not stop.is_set() and (left := until - self._monotonic()) > 0:
            if self.notified.is_set():
                self.notified.clear()
                return True
            connection = self._connection
            if connection is None or connection.closed:
                raise errors.TeamOffline("The connection to the team's database broke")
            if not self._listens:
                # Another thread has connected anew: nothing was notified since.
                self.listen()
                return True
            try:
                ready, _, _ = select.select([connection.fileno()], [], [], min(left, 0.5))
                if ready:
                    with self._lock:
                        connection.pgconn.consume_input()
                        while connection.pgconn.notifies() is not None:
                            self.notified.set()
            except (psycopg.Error, ValueError, OSError) as error:
                raise self._broken(error) from error
        return False

    # --- inside ---

    def _refuse_while_away(self) -> None:
        """Raises why the last try failed, where another thread tries again by itself, or it was just now."""
        failure, at = self._failure, self._failed_at
        if failure is None:
            return
        if self._follower is not None and self._follower != threading.get_ident():
            raise failure
        if at is not None and self._monotonic() - at < TRY_AGAIN_S:
            raise failure

    def _note_failure(self, error: errors.TeamError) -> errors.TeamError:
        self._failed_at, self._failure = self._monotonic(), error
        return error

    def _connected(self, seconds: float | None = None) -> psycopg.Connection[Any]:
        """`seconds`: how long connecting may take, where that is less than usual."""
        if self._stays_offline():
            raise errors.TeamOffline(
                "This program was started with --offline", "", "The team's database is asked without it."
            )
        connection = self._connection
        if connection is not None and not connection.closed:
            return connection
        self._refuse_while_away()
        patience = min(seconds or self._answers_s, self._answers_s)
        try:
            self._connection = self._connect(patience)
            self._listens = False
            self._greet(patience)
        except errors.TeamError as error:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            raise self._note_failure(error) from None
        self._failure = None
        return self._connection

    def _connect(self, seconds: float) -> psycopg.Connection[Any]:
        parts = self.address.resolved()
        wanted: dict[str, Any] = parts | security(parts, self._home)
        wanted |= {
            "application_name": self._program,
            "client_encoding": "UTF8",
            "connect_timeout": max(2, min(CONNECT_S, int(seconds))),
            "tcp_user_timeout": GONE_S * 1000,
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        }
        secret = self._password()
        if secret:
            wanted["password"] = secret.reveal()
        elif "password" not in wanted:
            refuse_open_password_file(os.environ)
        try:
            connection: psycopg.Connection[Any] = driver().Connection.connect(
                "", autocommit=True, prepare_threshold=None, **wanted
            )
        except driver().Error as error:
            raise errors.connecting(error, self.address.shown) from None
        # psycopg waits for an answer without end; this is the one place where it waits.
        vars(connection)["wait"] = partial(self._patience.wait, connection.wait)
        connection.add_notify_handler(lambda _note: self.notified.set())
        self._process = connection.info.backend_pid
        if connection.info.server_version < OLDEST_SERVER:
            version = connection.info.server_version // 10000
            connection.close()
            raise errors.TeamError(
                f"PostgreSQL {version} is too old for a team", "14 is the oldest that is used.", errors.ADMIN
            )
        return connection

    def _greet(self, seconds: float | None = None) -> None:
        psycopg = driver()
        assert self._connection is not None
        if not self._checks_schema:
            return
        try:
            asked = self._monotonic()
            with self._patience.of(seconds or self._answers_s):
                row = self._connection.execute("SELECT ascinbox.hello()").fetchone()
            answered = self._monotonic()
        except psycopg.Error as error:
            raise self._translated(error) from error
        except Unanswered as error:
            raise self._broken(error) from error
        assert row is not None
        told = row[0]
        self._server_time = (float(told["now"]), (asked + answered) / 2)
        options = {clean_line(k): clean_line(v) for k, v in (told["options"] or {}).items()}
        self._hello = Hello(
            clean_line(told["me"]), Level(told["level"]), int(told["seq"]), str(told["copy"]), options
        )
        from ascinbox.store.queue.team.install import check_version

        check_version(options)

    def greet_again(self) -> Hello:
        """Asks again who one is and what time it is: a level may have changed, a clock may have been set.

        Raises as `open`; the connection is ended then, so that nothing goes on over it.
        """
        with self._lock:
            self._connected()
            try:
                self._greet()
            except errors.TeamError as error:
                self.close()
                raise self._note_failure(error) from None
            assert self._hello is not None
            return self._hello

    def _translated(self, error: Exception) -> errors.TeamError:
        connection = self._connection
        if connection is not None and (connection.closed or connection.broken):
            return self._broken(error)
        return calling(error)

    def _broken(self, error: Exception) -> errors.TeamError:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if isinstance(error, Unanswered):
            return self._note_failure(errors.unanswered(self.address.shown))
        found = calling(error)
        if isinstance(found, errors.TeamOffline):
            return found
        return errors.TeamOffline("The connection to the team's database broke", clean_line(str(error))[:200])


class ServerClock:
    """A clock that goes by the team's server; sleeping and the steady clock are this machine's."""

    def __init__(self, session: TeamSession, local: Clock) -> None:
        self._session = session
        self._local = local

    def now(self) -> datetime:
        """The server's time; this machine's until the server has told it. Never waits for a connection."""
        return self._session.now() if self._session.was_greeted else self._local.now()

    def monotonic(self) -> float:
        """See `Clock`."""
        return self._local.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        self._local.sleep(seconds)
