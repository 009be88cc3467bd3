"""Commands about accounts, the people of a team, and a team's queue."""

from __future__ import annotations

from ascinbox.cli.commands.option import Command, Option, flag
from ascinbox.cli.commands.shared import YES
from ascinbox.core.listing.platforms import PLATFORMS

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
    flag("--same-team", "The key is of the account's team, where the store does not show it"),
    Option(
        ("--apps",),
        "Apps to show: all, or their ids (Apple IDs, packages)",
        default="all",
        metavar="all|ID,ID",
    ),
    Option(("--vault",), "Where the secret is kept", choices=("keyring", "file", "encrypted")),
    YES,
)

ROLES: tuple[Option, ...] = (
    Option(
        ("--preset",),
        "What they are to do, one or several: replies, numbers, money, listing",
        metavar="P,P",
    ),
    Option(
        ("--roles",),
        "Roles by Apple's names, with or instead of --preset: CUSTOMER_SUPPORT,FINANCE",
        metavar="R,R",
    ),
)

ACCOUNTS: tuple[Command, ...] = (
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
                choices=tuple(PLATFORMS),
            ),
            flag("--no-base", "push, notes: also over texts that nobody here has read"),
            flag("--dry-run", "push, notes: only tell what would be sent (as without --yes)"),
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
                "home, status says how all stands, log tells what was done; list, status and log have --json",
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
            flag("--from-home", "init: take over reviews, marks, notes and drafts of this home"),
            Option(
                ("--level",),
                "add: what the person may do",
                choices=("viewer", "replier", "publisher", "admin", "worker"),
            ),
            flag("--apply", "add: run the SQL instead of printing it"),
            flag("--password-stdin", "init, add, join: read the password from stdin"),
            Option(("--apps",), "join: reviews of all apps, or of these ids", metavar="all|ID,ID"),
            Option(
                ("--since",),
                "join: only reviews since then (default: all); log: only acts since then",
                metavar="365d",
            ),
            flag("--worker", "join: this home holds the keys, syncs and sends"),
            Option(("--export",), "log: JSON lines into a file, 0600; - is stdout", "file", metavar="FILE"),
            Option(
                ("--vault",),
                "init, join: where a typed password is kept",
                choices=("keyring", "file", "encrypted"),
            ),
            flag("--yes", "init, upgrade, remove, join, leave: do it without asking"),
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
)
