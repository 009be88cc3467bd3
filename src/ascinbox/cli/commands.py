"""The one table of commands and options. The parser, `--help`, completion, the man page and
docs/commands.md are all derived from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """An option (`--name`) or, without dashes, an argument of a command."""

    names: tuple[str, ...]
    help: str
    kind: str = "text"
    """`flag`, `text`, `int`, `file`, `folder`, `duration`, `time`, `day`, `secret-file`: see
    `parser.KINDS`."""
    default: str | int | bool | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    many: bool = False
    """An argument that may be given any number of times."""
    group: str = ""
    """Options of one group exclude each other; a required group needs one of them."""
    low: int | None = None
    high: int | None = None

    @property
    def positional(self) -> bool:
        """Whether it is an argument without a name on the command line."""
        return not self.names[0].startswith("-")

    @property
    def attribute(self) -> str:
        """Where the parsed value is found."""
        return max(self.names, key=len).lstrip("-").replace("-", "_")


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Its module has `run(context, options) -> int`."""

    name: str
    help: str
    options: tuple[Option, ...] = ()
    formats: tuple[str, ...] = ()
    """Of `json`, `csv`: machine-readable forms that the command can print."""
    exits: tuple[tuple[int, str], ...] = ()
    required_groups: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    section: str = "other"
    module: str = ""
    writes_account: bool = False
    """True for what `--read-only` refuses: keys and public text."""

    @property
    def target(self) -> str:
        """The module that runs it."""
        return self.module or f"ascinbox.cli.{self.name}"


def _flag(name: str, text: str) -> Option:
    return Option((name,), text, kind="flag", default=False)


JSON = _flag("--json", "Print one JSON object")
CSV = _flag("--csv", "Print CSV that no spreadsheet runs as formulas")
RAW_CSV = _flag("--raw-csv", "Leave cells that look like formulas as they are (with CSV)")
YES = _flag("--yes", "Do it without asking")

GLOBAL_OPTIONS: tuple[Option, ...] = (
    _flag("--demo", "Run on invented data; nothing leaves this machine"),
    Option(("--account",), "Only this account", metavar="A"),
    JSON,
    Option(("--config",), "Folder of config.toml, views.toml, templates and keys", "folder", metavar="DIR"),
    _flag("--offline", "Read the cache only, never the network"),
    _flag("--ascii", "No box lines and no stars"),
    _flag("--no-mouse", "Leave the mouse to the terminal"),
    _flag("--read-only", "View and draft only: no publishing, no key changes"),
    Option(("-v", "--verbose"), "Say more on stderr and in the log", "flag", default=False),
)

LINKING: tuple[Option, ...] = (
    Option(("--store",), "The store (default: that of the credential)", choices=("apple", "play")),
    Option(("--p8",), "The key file, or - for stdin", "secret-file", metavar="FILE"),
    Option(("--key-id",), "Key ID (default: the one in the file's name)", metavar="K"),
    Option(("--issuer-id",), "Issuer ID of a team key; without it the key is an individual one", metavar="U"),
    Option(("--vendor",), "Vendor number, for sales and finance", metavar="V"),
    Option(
        ("--reporter-token",),
        "File with a Reporter access token, or - for stdin",
        "secret-file",
        metavar="FILE",
    ),
    Option(
        ("--reporter-account",),
        "Account number at Apple, for a token whose person has several (Reporter lists them)",
        metavar="NUMBER",
    ),
    Option(
        ("--token-made",),
        "Day on which the Reporter token was made (default: the file's date); it ends 180 days later",
        "day",
        metavar="DAY",
    ),
    Option(
        ("--service-account",),
        "JSON file of a Google service account, or - for stdin",
        "secret-file",
        metavar="FILE",
    ),
    Option(
        ("--packages",),
        "Google Play: the apps (default: those that the bucket has files of)",
        metavar="com.a,com.b",
    ),
    Option(("--bucket",), "Google Play: the bucket with the monthly files", metavar="pubsite_prod_rev_N"),
    Option(
        ("--features",),
        "Of reviews,reply,sales,finance,analytics,users,listing,bulk_reports,ratings (default: what it can)",
        metavar="a,b",
    ),
    _flag("--same-team", "The key is of the account's team, where Apple does not show it"),
    Option(("--apps",), "Apps to show: all, or their Apple IDs", default="all", metavar="all|ID,ID"),
    Option(("--vault",), "Where the secret is kept", choices=("keyring", "file", "encrypted")),
    YES,
)

PERIOD: tuple[Option, ...] = (
    Option(
        ("--period",),
        "How far back: 28d, 2026-10, 2026-10-01..2026-10-31, fiscal",
        default="28d",
        metavar="P",
    ),
    Option(
        ("--by",), "One row for each", default="app", choices=("app", "country", "product", "day", "person")
    ),
    Option(("--app",), "Only this app, by Apple ID", metavar="ID"),
    Option(
        ("--source",),
        "Where the figures are from",
        default="sales",
        choices=("sales", "subscriptions", "analytics", "finance", "reviews", "ratings", "replies"),
    ),
)

ROLES: tuple[Option, ...] = (
    Option(
        ("--preset",),
        "What they are to do, one or several: replies, numbers, money",
        metavar="P,P",
    ),
    Option(
        ("--roles",),
        "Roles by Apple's names, with or instead of --preset: CUSTOMER_SUPPORT,FINANCE",
        metavar="R,R",
    ),
)

SIMULATED: tuple[Option, ...] = (
    Option(("--seed",), "Seed of the invented data", "int", default=7, metavar="N"),
    Option(("--reviews",), "How many reviews", "int", metavar="N", low=0, high=5_000_000),
)

COMMANDS: tuple[Command, ...] = (
    Command(
        "health",
        "are the connections fine? What each may do, and who has to click what",
        (
            Option(("--only",), "Only this capability", metavar="CAPABILITY"),
            Option(("--max-age",), "Probe again what is older", "duration", metavar="AGE"),
            _flag(
                "--probe-reply", "Also test replying, by a reply to a review that cannot exist (asks first)"
            ),
            _flag("--fix", "Print what to do, in order"),
            YES,
        ),
        formats=("json",),
        exits=(
            (0, "all ok, assumed or off"),
            (1, "worst is a warning"),
            (2, "something is broken"),
            (3, "never checked"),
        ),
        examples=("ascinbox health", "ascinbox health --json --max-age 1h"),
        section="daily",
    ),
    Command(
        "sync",
        "fetch from Apple now, or again and again",
        (
            Option(
                ("--only",),
                "Of reviews,replies,sales,finance,analytics,summaries,versions,ratings,history",
                metavar="a,b",
            ),
            _flag("--full", "Walk everything again: finds edits and removals"),
            Option(("--watch",), "Stay, and sync this often", "duration", metavar="15m"),
        ),
        formats=("json",),
        exits=(
            (0, "all done"),
            (1, "some accounts failed"),
            (2, "all failed, or offline"),
            (3, "no account"),
        ),
        examples=("ascinbox sync", "ascinbox sync --only reviews,replies", "ascinbox sync --watch 15m"),
        section="daily",
    ),
    Command(
        "import",
        "read past reviews in: Google Play's monthly files, or the bucket with them",
        (
            Option(
                ("files",),
                "Files called reviews_<package>_<month>.csv (default: those of the linked buckets)",
                "file",
                metavar="FILE",
                many=True,
            ),
        ),
        formats=("json",),
        exits=((0, "read in"), (2, "refused, nothing saved"), (3, "usage, or an app that is not linked")),
        examples=("ascinbox import reviews_com.example.tide_202610.csv", "ascinbox import --account Android"),
        section="daily",
        module="ascinbox.cli.importing",
    ),
    Command(
        "reviews",
        "list reviews from the cache",
        (
            Option(
                ("query",),
                "A filter, such as 'rating:<=2 is:unanswered' (see: help queries)",
                metavar="QUERY",
            ),
            Option(("--limit",), "How many; 0 is all", "int", default=50, metavar="N", low=0),
            Option(("--max-age",), "Exit 1 when the cache is older", "duration", metavar="AGE"),
            RAW_CSV,
        ),
        formats=("json", "csv"),
        exits=((0, "found or none"), (1, "the cache is older than --max-age"), (3, "bad query")),
        examples=("ascinbox reviews 'rating:<=2 is:unanswered'", "ascinbox reviews app:tide --limit 0 --csv"),
        section="daily",
    ),
    Command(
        "reply",
        "answer one review (dry run unless --yes)",
        (
            Option(("id",), "The review's id, or its first 8 characters or more", metavar="ID"),
            Option(("--text",), "The reply; - reads stdin", metavar="T", group="text"),
            Option(("--file",), "File with the reply", "file", metavar="F", group="text"),
            Option(("--template",), "Name of a template", metavar="T", group="text"),
            Option(
                ("--batch",),
                'JSON lines with "id" and "text" or "template"; - reads stdin',
                "file",
                metavar="FILE",
                group="text",
            ),
            _flag("--dry-run", "Only show what would be sent (as without --yes)"),
            Option(("--yes",), "Send it, warnings accepted", "flag", default=False),
            _flag("--strict", "Refuse on a warning too"),
            _flag("--anyway", "Send it although the review changed or was answered since you wrote"),
            _flag("--wait", "Wait until Apple has published it"),
            Option(("--wait-for",), "Longest wait with --wait", "duration", default="10m", metavar="TIME"),
        ),
        formats=("json",),
        exits=(
            (0, "accepted by Apple, or dry run"),
            (1, "queued, waiting for a publisher, held or superseded"),
            (2, "refused or blocked"),
            (3, "unknown review or usage"),
        ),
        required_groups=("text",),
        examples=(
            "ascinbox reply 4711 --text 'Thank you!'",
            "echo 'Thank you!' | ascinbox reply 4711 --text - --yes",
        ),
        section="daily",
        writes_account=True,
    ),
    Command(
        "open",
        "open the screen on exactly this review",
        (Option(("id",), "The review's id, or its first 8 characters or more", metavar="ID", required=True),),
        exits=((0, "left again"), (3, "no such review, or no terminal")),
        examples=("ascinbox open e773cf2c",),
        section="daily",
    ),
    Command(
        "translate",
        "show a review in another language, by the engine of [assist]",
        (
            Option(
                ("id",), "The review's id, or its first 8 characters or more", metavar="ID", required=True
            ),
            Option(("--to",), "Language, such as en (default: [assist] to)", metavar="CODE"),
            Option(("--yes",), "Agree, for this once, that its text goes to the host", "flag", default=False),
        ),
        formats=("json",),
        exits=(
            (0, "translated"),
            (2, "the engine failed"),
            (3, "no such review, no engine, or not agreed"),
        ),
        examples=("ascinbox translate 4711 --to en", "ascinbox translate 4711 --json | jq -r .body"),
        section="daily",
    ),
    Command(
        "draft",
        "have the engine of [assist] draft a reply; nothing is sent",
        (
            Option(
                ("id",), "The review's id, or its first 8 characters or more", metavar="ID", required=True
            ),
            Option(("--template",), "Template that it is based on", metavar="T"),
            _flag("--save", "Keep it as the review's draft, where none is begun"),
            Option(("--yes",), "Agree, for this once, that its text goes to the host", "flag", default=False),
        ),
        formats=("json",),
        exits=(
            (0, "a text came"),
            (2, "the engine failed"),
            (3, "no such review, no engine, or not agreed"),
        ),
        examples=("ascinbox draft 4711", "ascinbox draft 4711 --save --json"),
        section="daily",
    ),
    Command(
        "mcp",
        "serve reviews, health and figures to an agent (Model Context Protocol, on stdin and stdout)",
        (_flag("--drafts", "Let the agent save drafts; nothing is ever published by it"),),
        exits=((0, "standard input ended"), (3, "the extra ascinbox[mcp] is not installed")),
        section="other",
    ),
    Command(
        "assist",
        "show the engine for translations and drafts, what leaves for it, and keep its key",
        (
            Option(("--key",), "File with the engine's key, or - for stdin", "secret-file", metavar="FILE"),
            Option(("--vault",), "Where the key is kept", choices=("keyring", "file", "encrypted")),
            _flag("--forget-key", "Remove the key"),
            _flag("--agree", "Agree that texts go to the host of [assist] url"),
        ),
        formats=("json",),
        exits=((0, "shown"), (2, "the key cannot be kept"), (3, "bad settings, or usage")),
        examples=("ascinbox assist", "ascinbox assist --key - --vault keyring < key.txt"),
        section="other",
    ),
    Command(
        "withdraw",
        "delete the reply that stands at Apple (dry run unless --yes)",
        (
            Option(
                ("id",), "The review's id, or its first 8 characters or more", metavar="ID", required=True
            ),
            Option(("--yes",), "Delete it", "flag", default=False),
        ),
        formats=("json",),
        exits=(
            (0, "deleted, or dry run"),
            (1, "queued, waiting for a publisher, held or superseded"),
            (2, "refused"),
            (3, "unknown review, or it has no reply"),
        ),
        section="daily",
        writes_account=True,
    ),
    Command(
        "approve",
        "publish a reply that waits for a publisher (dry run unless --yes)",
        (
            Option(
                ("id",), "The review's id, or its first 8 characters or more", metavar="ID", required=True
            ),
            Option(("--yes",), "Publish exactly the text that is shown", "flag", default=False),
        ),
        formats=("json",),
        exits=(
            (0, "accepted by Apple, or dry run"),
            (1, "queued, held or superseded"),
            (2, "refused, or your level does not allow it"),
            (3, "unknown review, or no reply to it waits"),
        ),
        section="daily",
        writes_account=True,
    ),
    Command(
        "mark",
        "mark reviews: done, tags, assignment, snooze, flag, read, language, note",
        (
            Option(
                ("query",),
                "A review's id, or its beginning (8 characters or more); any other word is a filter "
                "(see: help queries). A filter that fits several asks, and without a terminal needs "
                "--yes; one that fits none marks none",
                metavar="ID|QUERY",
            ),
            Option(("--ids",), "File with ids; - reads stdin", "file", metavar="FILE"),
            Option(("--done",), "Done without an answer", "flag", default=False, group="done"),
            Option(("--not-done",), "Not done after all", "flag", default=False, group="done"),
            Option(("--tag",), "Add a tag (several: a,b)", metavar="T"),
            Option(("--untag",), "Take a tag away", metavar="T"),
            Option(("--assign",), "To somebody; me is you, '' nobody", metavar="WHO"),
            Option(("--snooze",), "Out of sight for or until then; off wakes", metavar="TIME"),
            Option(("--flag",), "Set the flag", "flag", default=False, group="flag"),
            Option(("--unflag",), "Take the flag off", "flag", default=False, group="flag"),
            Option(("--read",), "Mark as read", "flag", default=False, group="read"),
            Option(("--unread",), "Mark as unread", "flag", default=False, group="read"),
            Option(("--lang",), "Its language, where a wrong one is shown; auto finds it", metavar="CODE"),
            Option(("--note",), "Replace the internal note, never sent; '' removes it", metavar="TEXT"),
            YES,
        ),
        formats=("json",),
        exits=(
            (0, "done, also where nothing had to change or the filter fits none"),
            (2, "not allowed"),
            (3, "unknown id, bad arguments, or several reviews and no --yes"),
        ),
        examples=(
            "ascinbox mark 4d997789 --done --tag crash",
            "ascinbox mark 'rating:5 is:unanswered' --done --yes",
        ),
        section="daily",
    ),
    Command(
        "undo",
        "take back what was done last: a mark, or a reply that still waits",
        formats=("json",),
        exits=((0, "taken back"), (1, "there was nothing"), (2, "not allowed")),
        section="daily",
    ),
    Command(
        "outbox",
        "list replies on their way",
        formats=("json",),
        exits=((0, "fine"), (1, "one is held"), (2, "one has failed")),
        section="daily",
    ),
    Command(
        "notify",
        "tell Slack, mail, webhooks and others what comes; see what became of it",
        (
            Option(
                ("action",),
                "list rules and destinations; test one; log of deliveries; retry one; pause and "
                "resume a rule or destination; run: send what is due; secret: store one from stdin; complete "
                "notify.toml",
                choices=("list", "test", "log", "retry", "pause", "resume", "run", "secret", "complete"),
                required=True,
                metavar="ACTION",
            ),
            Option(("name",), "The destination, rule or secret; with retry an id of the log", metavar="NAME"),
            Option(("--limit",), "How many of the log; 0 is all", "int", metavar="N", low=0),
            Option(
                ("--backfill",),
                "With run: also each rule's newest N reviews, whenever they came",
                "int",
                metavar="N",
                low=1,
                high=1000,
            ),
            Option(("--vault",), "With secret: where it is kept", choices=("keyring", "file", "encrypted")),
        ),
        formats=("json",),
        exits=(
            (0, "sent, or fine"),
            (1, "some wait to be tried again, or something is wrong with notify.toml or a destination"),
            (2, "some were refused"),
            (3, "usage"),
        ),
        examples=(
            "ascinbox notify list",
            "ascinbox notify secret team < slack-address",
            "ascinbox notify test team",
            "ascinbox notify log --json",
        ),
        section="daily",
    ),
    Command(
        "metrics",
        "show downloads, proceeds, impressions, ratings",
        (*PERIOD, RAW_CSV),
        formats=("json", "csv"),
        exits=((0, "shown"), (3, "bad arguments, or no account")),
        examples=("ascinbox metrics --period 28d --by app", "ascinbox metrics --source reviews --json"),
        section="daily",
    ),
    Command(
        "export",
        "write reviews, metrics or activity as CSV or JSON",
        (
            Option(
                ("what",),
                "What to write",
                choices=("reviews", "metrics", "activity"),
                required=True,
                metavar="WHAT",
            ),
            Option(("query",), "A filter, for reviews or activity (by:anna act:publish)", metavar="QUERY"),
            Option(
                ("-o", "--output"),
                "File to write, 0600 where it is new; - is stdout (default: stdout)",
                "file",
                metavar="FILE",
            ),
            *PERIOD,
            RAW_CSV,
        ),
        formats=("json", "csv"),
        exits=((0, "written"), (1, "incomplete days inside"), (2, "failed"), (3, "bad arguments")),
        examples=(
            "ascinbox export reviews 'since:30d' -o reviews.csv",
            "ascinbox export metrics --by day --json",
        ),
        section="daily",
    ),
    Command(
        "link",
        "link an account (a wizard at a terminal, flags for scripts)",
        (Option(("--name",), "What you call the account", metavar="N"), *LINKING),
        formats=("json",),
        exits=(
            (0, "linked, all chosen capabilities work"),
            (1, "linked with gaps"),
            (2, "refused, nothing saved"),
            (3, "usage"),
        ),
        examples=(
            "ascinbox link",
            "ascinbox link --name North --p8 AuthKey_2X9R4HXF34.p8 --issuer-id ISSUER --vendor 85012345",
            "ascinbox link --store play --name Android --service-account a.json --packages com.example.tide",
        ),
        section="accounts",
        writes_account=True,
    ),
    Command(
        "rotate",
        "give an account a new key; cache, drafts and views stay",
        (Option(("name",), "The account", metavar="NAME", required=True), *LINKING),
        formats=("json",),
        exits=((0, "done"), (1, "done with gaps"), (2, "refused, the old key stays"), (3, "usage")),
        section="accounts",
        writes_account=True,
    ),
    Command(
        "unlink",
        "forget an account; says first what goes",
        (Option(("name",), "The account", metavar="NAME", required=True), YES),
        formats=("json",),
        exits=((0, "forgotten"), (2, "refused"), (3, "no such account")),
        section="accounts",
        writes_account=True,
    ),
    Command(
        "accounts",
        "list the linked accounts",
        formats=("json",),
        exits=((0, "listed"),),
        section="accounts",
    ),
    Command(
        "invite",
        "add a teammate to App Store Connect with the smallest role",
        (
            Option(("name",), "The account", metavar="NAME", required=True),
            Option(("mail",), "Their e-mail address", metavar="MAIL", required=True),
            *ROLES,
            Option(("--first",), "First name", metavar="NAME"),
            Option(("--last",), "Last name", metavar="NAME"),
            Option(("--apps",), "Apps they see: all, or Apple IDs", default="all", metavar="all|ID,ID"),
            YES,
        ),
        formats=("json",),
        exits=((0, "invited"), (2, "refused"), (3, "usage")),
        examples=(
            "ascinbox invite North mia@north.example --preset replies,money --yes",
            "ascinbox invite North jo@north.example --roles DEVELOPER,CREATE_APPS",
        ),
        section="accounts",
        writes_account=True,
    ),
    Command(
        "set-roles",
        "give a teammate other roles at Apple; says first what breaks",
        (
            Option(("name",), "The account", metavar="NAME", required=True),
            Option(("mail",), "Their e-mail address", metavar="MAIL", required=True),
            *ROLES,
            Option(("--apps",), "Apps they see: all, or Apple IDs (default: as before)", metavar="all|ID,ID"),
            YES,
        ),
        formats=("json",),
        exits=((0, "changed"), (2, "refused, nothing changed"), (3, "usage, or nobody of that address")),
        examples=("ascinbox set-roles North mia@north.example --preset replies",),
        section="accounts",
        module="ascinbox.cli.set_roles",
        writes_account=True,
    ),
    Command(
        "remove-user",
        "remove a teammate from the team at Apple; says first what breaks",
        (
            Option(("name",), "The account", metavar="NAME", required=True),
            Option(("mail",), "Their e-mail address", metavar="MAIL", required=True),
            YES,
        ),
        formats=("json",),
        exits=((0, "removed"), (2, "refused, nobody removed"), (3, "usage, or nobody of that address")),
        section="accounts",
        module="ascinbox.cli.remove_user",
        writes_account=True,
    ),
    Command(
        "listing",
        "the texts of the apps' pages in folders of fastlane's layout: pull, compare, push",
        (
            Option(
                ("what",),
                "pull writes what Apple has into DIR, diff compares, push sends what differs, notes sends "
                "What's new of all languages from one Markdown file, new-version makes a draft",
                choices=("pull", "diff", "push", "notes", "new-version"),
                required=True,
                metavar="WHAT",
            ),
            Option(
                ("target",),
                "DIR: with --app fastlane's metadata folder itself, else one folder an app by bundle id; "
                "FILE with a heading a language (# de-DE); NUMBER of the new version",
                metavar="DIR|FILE|NUMBER",
            ),
            Option(("--app",), "Only this app, by Apple ID or bundle id", metavar="ID"),
            Option(
                ("--platform",),
                "Of an app with several (default: the one with a draft)",
                choices=("IOS", "MAC_OS", "TV_OS", "VISION_OS"),
            ),
            _flag("--no-base", "push, notes: also over texts that nobody here has read"),
            _flag("--dry-run", "push, notes: only tell what would be sent (as without --yes)"),
            Option(
                ("--yes",),
                "push, notes: send it; pull: also over files that were changed here",
                "flag",
                default=False,
            ),
        ),
        formats=("json",),
        exits=(
            (0, "all taken, nothing differs, or nothing was to be sent"),
            (1, "diff: something differs; push, notes: something is held or refused, the rest was taken"),
            (2, "nothing could be done: no draft, refused, Apple cannot be reached"),
            (3, "usage, no such app or folder"),
        ),
        examples=(
            "ascinbox listing pull metadata --app 1588402217",
            "ascinbox listing diff metadata --app 1588402217",
            "ascinbox listing push metadata --app 1588402217 --yes",
            "ascinbox listing notes whats-new.md --app 1588402217 --yes",
        ),
        section="accounts",
    ),
    Command(
        "team",
        "several people on one queue, in a PostgreSQL database",
        (
            Option(
                ("what",),
                "init makes a team and this home its worker, upgrade brings its database to this version, "
                "add and remove let people in and out, list shows them, join and leave are for a person's "
                "home, status says how all stands, log tells what was done",
                choices=("init", "upgrade", "add", "remove", "list", "join", "leave", "status", "log"),
                required=True,
                metavar="WHAT",
            ),
            Option(
                ("target",),
                "Of init and join the address: postgresql://user@host:port/db or service=NAME "
                "(default: [team] service); of add and remove the person's login",
                metavar="URL|NAME",
            ),
            Option(("--name",), "init: what the team is called (default: the database's name)", metavar="N"),
            _flag("--from-home", "init: take over reviews, marks, notes and drafts of this home"),
            Option(
                ("--level",),
                "add: what the person may do",
                choices=("viewer", "replier", "publisher", "admin", "worker"),
            ),
            _flag("--apply", "add: run the SQL instead of printing it"),
            _flag("--password-stdin", "Read the password from stdin"),
            Option(("--apps",), "join: reviews of all apps, or of these Apple IDs", metavar="all|ID,ID"),
            Option(
                ("--since",),
                "join: only reviews since then (default: all); log: only acts since then",
                metavar="365d",
            ),
            _flag("--worker", "join: this home holds the keys, syncs and sends"),
            Option(("--export",), "log: JSON lines into a file, 0600; - is stdout", "file", metavar="FILE"),
            Option(("--vault",), "Where a typed password is kept", choices=("keyring", "file", "encrypted")),
            YES,
        ),
        formats=("json",),
        exits=(
            (0, "done"),
            (2, "refused, or the database cannot be reached; nothing was changed"),
            (3, "usage, or this home has joined no team"),
            (78, "the database was made by another version"),
        ),
        examples=(
            "ascinbox team init postgresql://admin@db.example/inbox --from-home",
            "ascinbox team add anna --level replier --apply",
            "ascinbox team join postgresql://anna@db.example/inbox --since 365d",
            "ascinbox team status --json",
        ),
        section="accounts",
    ),
    Command(
        "demo",
        "the whole app on invented data; nothing leaves this machine",
        (
            *SIMULATED,
            Option(("--now",), "The demo's time, ISO 8601", "time", metavar="ISO"),
        ),
        section="other",
        examples=("ascinbox demo", "ascinbox demo --seed 7 --now 2026-11-21T14:02"),
    ),
    Command(
        "simulator",
        "serve an App Store Connect, or a Google Play, to test against, on 127.0.0.1",
        (
            Option(("--store",), "Which store", choices=("apple", "play", "both"), default="apple"),
            Option(("--port",), "Port; 0 picks one", "int", default=0, metavar="N", low=0, high=65535),
            *SIMULATED,
            Option(("--apps",), "How many apps", "int", default=4, metavar="N", low=0, high=1000),
            Option(
                ("--latency-ms",),
                "Wait before each answer",
                "int",
                default=0,
                metavar="N",
                low=0,
                high=60_000,
            ),
            Option(
                ("--publish-after",),
                "Seconds until a reply is published",
                "int",
                default=2,
                metavar="S",
                low=0,
                high=86_400,
            ),
            Option(("--now",), "The simulator's time, ISO 8601", "time", metavar="ISO"),
            Option(
                ("--skew",),
                "Seconds that its answers' dates are ahead of its time; --skew=-90 is behind",
                "int",
                default=0,
                metavar="S",
                low=-86_400,
                high=86_400,
            ),
            Option(("--keys-dir",), "Where the test keys are written", "folder", metavar="DIR"),
        ),
        section="other",
    ),
    Command(
        "doctor",
        "versions, folders, vault, terminal and store, without a secret in it",
        (
            Option(
                ("--bundle",),
                "Also write a redacted report for a bug report; - is stdout",
                "file",
                metavar="FILE",
            ),
        ),
        formats=("json",),
        exits=((0, "sound"), (1, "something to look at"), (2, "a store is damaged")),
        section="other",
    ),
    Command(
        "keys",
        "print the keys of the app",
        (
            _flag("--check", "Refuse clashes in [keys] of config.toml"),
            _flag("--markdown", "Print docs/keys.md"),
        ),
        formats=("json",),
        exits=((0, "fine"), (2, "two actions on one key")),
        section="other",
    ),
    Command(
        "help",
        "explain a topic, such as queries, replies, health, headless, privacy",
        (Option(("topic",), "The topic, or a command", metavar="TOPIC"),),
        section="other",
    ),
    Command(
        "completion",
        "print a completion script for your shell",
        (
            Option(
                ("shell",),
                "Your shell",
                choices=("bash", "zsh", "fish", "tcsh"),
                required=True,
                metavar="SHELL",
            ),
        ),
        section="other",
        examples=(
            "ascinbox completion bash > ~/.local/share/bash-completion/completions/ascinbox",
            "ascinbox completion zsh > ~/.zfunc/_ascinbox",
            "ascinbox completion fish > ~/.config/fish/completions/ascinbox.fish",
        ),
    ),
)

OPEN = Command(
    "",
    "open the inbox, or one of its views",
    (Option(("view",), "A view, such as needs-reply", metavar="VIEW"),),
    module="ascinbox.cli.open",
)
"""Bare `ascinbox [VIEW]`."""

SECTIONS: tuple[tuple[str, str], ...] = (
    ("daily", "Every day"),
    ("accounts", "Accounts"),
    ("other", "More"),
)


def find(name: str) -> Command | None:
    """The command of that name."""
    return next((command for command in COMMANDS if command.name == name), None)
