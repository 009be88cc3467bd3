"""What a command is handed: settings, folders, clock, the way out, and the workspace when it asks for one."""

from __future__ import annotations

import logging
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from ascinbox.cli.output import Output
from ascinbox.config import Config, load_config
from ascinbox.core.clock import Clock, SystemClock
from ascinbox.core.errors import UsageError
from ascinbox.paths import Paths
from ascinbox.tui.runtime.saved_frame import SavedFrame

if TYPE_CHECKING:
    from ascinbox.cli.demo_session import DemoSession
    from ascinbox.core.events import Event
    from ascinbox.core.records import Account
    from ascinbox.core.secret import Secret
    from ascinbox.workers.workspace import Workspace


log = logging.getLogger("ascinbox.cli")

OVERRIDES: tuple[tuple[str, tuple[str, str], Any], ...] = (
    ("ascii", ("ui", "ascii"), True),
    ("no_mouse", ("ui", "mouse"), False),
    ("read_only", ("ui", "read_only"), True),
)
"""Options that override a setting for this run."""


@dataclass(slots=True)
class Context:
    """One run of one command. Closed by `run`."""

    options: Namespace
    environ: MutableMapping[str, str]
    output: Output
    saved_frame: SavedFrame = field(default_factory=lambda: SavedFrame((), {}))
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    clock: Clock = field(default_factory=SystemClock)
    base_url: str | None = None
    """Instead of Apple: `ASCINBOX_API_URL`, or the demo's simulator."""
    demo: DemoSession | None = None
    """The demo that this run is in."""
    _paths: Paths | None = None
    _config: Config | None = None
    _closing: ExitStack = field(default_factory=ExitStack)
    began: datetime = field(init=False)
    """When the command was given, by the run's clock."""

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    @property
    def paths(self) -> Paths:
        """The folders, `--config` applied; the team's while this home has joined one."""
        return self.home.in_force

    @property
    def home(self) -> Paths:
        """The person's own folders, joined or not."""
        if self._paths is None:
            paths = Paths.from_environment(self.environ)
            folder = self.options.config
            self._paths = replace(paths, config=folder) if folder else paths
        return self._paths

    @property
    def config(self) -> Config:
        """config.toml, the environment and the options over it. Raises ConfigError."""
        if self._config is None:
            config = load_config(self.paths.config_file, self.environ)
            self.use_config(config)
            for warning in config.warnings:
                self.output.words(f"ascinbox: {warning}")
        assert self._config is not None
        return self._config

    def use_config(self, config: Config) -> None:
        """Takes these settings, options applied, instead of reading the file."""
        chosen = {
            setting: value for option, setting, value in OVERRIDES if getattr(self.options, option, False)
        }
        self._config = replace(config, values={**config.values, **chosen})

    @property
    def read_only(self) -> bool:
        """Whether publishing and key changes are refused."""
        return bool(self.config.get("ui", "read_only"))

    @property
    def interactive(self) -> bool:
        """Whether one may ask: a person at both ends."""
        return self.stdin.isatty() and self.output.stderr.isatty()

    @property
    def wants_json(self) -> bool:
        """`--json` was given."""
        return bool(getattr(self.options, "json", False))

    def now(self) -> datetime:
        """The time by the run's clock."""
        return self.clock.now()

    @contextmanager
    def workspace(
        self, *, tell: bool = True, fresh: bool = False, reads: bool = False
    ) -> Iterator[Workspace]:
        """The workspace, opened and sound; closed at the end of the block. Raises StoreError.

        `fresh`: on a team what others did is fetched first; where its database cannot be reached that is
        said, and at the end what the person has to choose. `reads`: only what is here already is shown; where
        that is an old copy of a team's, it is said at the end. What had to be mended in the data files is
        said on stderr, unless `tell` is False.
        """
        workspace = self.open_workspace()
        if tell:
            workspace.subscribe(self._hear)
        try:
            workspace.wait_ready()
            if tell:
                self._tell(workspace)
            if fresh and workspace.team is not None:
                with self._caught_up(workspace):
                    yield workspace
            else:
                yield workspace
            if fresh and workspace.team is not None:
                self._tell_differences(workspace)
            if reads and workspace.team is not None:
                from ascinbox.cli.team_words import old_copy_words

                if words := old_copy_words(self, workspace):
                    self.output.words(words)
            self._look_after(workspace)
        finally:
            if tell:
                self._tell(workspace)
            workspace.close()

    @contextmanager
    def _caught_up(self, workspace: Workspace) -> Iterator[None]:
        """Fetches first. Why that failed is said at the end, unless an act that is refused for it says so."""
        from ascinbox.store.queue.team.errors import TeamOffline

        missed = ""
        try:
            workspace.catch_up()
        except TeamOffline as error:
            missed = f"ascinbox: {error}"
        try:
            yield
        except TeamOffline:
            missed = ""
            raise
        finally:
            if missed:
                self.output.words(missed)

    def _tell_differences(self, workspace: Workspace) -> None:
        from ascinbox.cli.team_words import differences_words
        from ascinbox.workers.team.differences import kept_here

        if words := differences_words(self, kept_here(workspace).differences):
            self.output.words(words)

    def _hear(self, event: Event) -> None:
        from ascinbox.core.events import Notice

        if isinstance(event, Notice):
            self.output.words(f"ascinbox: {event.text}")

    def _tell(self, workspace: Workspace) -> None:
        from ascinbox.core.errors import StoreError

        with suppress(StoreError):
            for notice in workspace.store.notices():
                log.warning("%s", notice)
                self.output.words(f"ascinbox: {notice}")

    def _look_after(self, workspace: Workspace) -> None:
        """Commands end before anything is looked after in the background: the daily copy is made here."""
        from ascinbox.core.errors import StoreError

        try:
            workspace.store.call(lambda store: store.keep_copy())
        except StoreError as error:
            log.warning("no copy of user.db: %s", error)

    def open_workspace(self, *, may_ask: bool = True) -> Workspace:
        """The workspace while its store still opens; the caller closes it.

        `may_ask` False: nobody is asked for the passphrase of sealed keys, because a screen is up.
        """
        from ascinbox.workers.workspace import Workspace

        return Workspace.open(
            paths=self.paths,
            config=self.config,
            clock=self.clock,
            base_url=self.base_url or self.environ.get("ASCINBOX_API_URL") or None,
            environ=self.environ,
            ask_passphrase=self.ask_passphrase if may_ask and self.interactive else None,
            offline=self.options.offline,
        )

    def chosen_accounts(self, workspace: Workspace) -> tuple[Account, ...]:
        """The linked accounts, or the one of `--account`. UsageError (exit 3) when there is none."""
        linked = workspace.store.call(lambda store: store.accounts.list())
        wanted = self.options.account
        found = tuple(a for a in linked if wanted is None or a.name.casefold() == wanted.casefold())
        if not linked:
            raise UsageError(
                "No account is linked.", "", "Link one: ascinbox link. Or look around: ascinbox demo."
            )
        if not found:
            raise UsageError(
                f"No account is called {wanted[:60]!r}.",
                "",
                "Linked: " + ", ".join(a.name for a in linked) + ".",
            )
        return found

    def cache_age_s(self, workspace: Workspace) -> int | None:
        """Seconds since the account that is furthest behind was synced; None when one never was."""
        age: int | None = workspace.store.call(lambda store: store.sync.cache_age_s("reviews"))
        return age

    def use(self, *, paths: Paths, clock: Clock, base_url: str, environ: Mapping[str, str]) -> None:
        """Lets the run happen elsewhere (the demo): other folders, clock and service."""
        self._paths, self._config = paths, None
        self.clock, self.base_url, self.environ = clock, base_url, dict(environ)
        self.began = clock.now()

    def defer(self, stack_entry: Any) -> Any:
        """Enters a context manager that stays open until the run ends."""
        return self._closing.enter_context(stack_entry)

    def close(self) -> None:
        """Ends what the run has opened."""
        self._closing.close()

    def read_stdin(self) -> str:
        """All of stdin as text; UsageError at a terminal, where nobody would know that we wait."""
        if self.stdin.isatty():
            raise UsageError("stdin is a terminal.", "", "Pipe the text in, or name a file.")
        return self.stdin.read()

    def confirm(self, question: str) -> bool:
        """Asks yes or no on stderr; without a person there, no."""
        if not self.interactive:
            return False
        self.output.stderr.write(f"{question} [y/N] ")
        self.output.stderr.flush()
        return self.stdin.readline().strip().lower() in {"y", "yes"}

    def ask(self, question: str) -> str:
        """Asks for one line on stderr; without a person there, an empty one."""
        if not self.interactive:
            return ""
        self.output.stderr.write(question)
        self.output.stderr.flush()
        return self.stdin.readline().strip()

    def ask_passphrase(self, new: bool) -> Secret:
        """The passphrase of the sealed keys, unseen; a new one is asked for twice."""
        from getpass import getpass

        from ascinbox.core.errors import VaultError
        from ascinbox.core.secret import Secret

        first = Secret(getpass("Passphrase of the sealed keys: "))
        if new and Secret(getpass("Once more: ")) != first:
            raise VaultError("The two passphrases differ.", "", "Try again.")
        return first
