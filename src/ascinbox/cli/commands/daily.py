"""Commands for every day: reviews, replies, marks, messages, figures."""

from __future__ import annotations

from ascinbox.cli.commands.option import Command, Option, flag
from ascinbox.cli.commands.shared import PERIOD, RAW_CSV, YES

DAILY: tuple[Command, ...] = (
    Command(
        "health",
        "are the connections fine? What each may do, and who has to click what",
        (
            Option(("--only",), "Only this capability", metavar="CAPABILITY"),
            Option(("--max-age",), "Probe again what is older", "duration", metavar="AGE"),
            flag(
                "--probe-reply", "Also test replying, by a reply to a review that cannot exist (asks first)"
            ),
            flag("--fix", "Print what to do, in order"),
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
        "fetch from the stores now, or again and again",
        (
            Option(
                ("--only",),
                "Of reviews,replies,sales,finance,analytics,summaries,versions,ratings,history",
                metavar="a,b",
            ),
            flag("--full", "Walk everything again: finds edits and removals"),
            Option(("--watch",), "Stay, and sync this often", "duration", metavar="15m"),
        ),
        formats=("json",),
        exits=(
            (0, "all done"),
            (1, "some accounts failed, or on a team an act of yours waits for your choice"),
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
            flag("--dry-run", "Only show what would be sent (as without --yes)"),
            Option(("--yes",), "Send it, warnings accepted", "flag", default=False),
            flag("--strict", "Refuse on a warning too"),
            flag("--anyway", "Send it although the review changed or was answered since you wrote"),
            flag("--wait", "Wait until it is public"),
            Option(("--wait-for",), "Longest wait with --wait", "duration", default="10m", metavar="TIME"),
        ),
        formats=("json",),
        exits=(
            (0, "accepted by the store, or dry run"),
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
            flag("--save", "Keep it as the review's draft, where none is begun"),
            Option(("--yes",), "Agree, for this once, that its text goes to the host", "flag", default=False),
        ),
        formats=("json",),
        exits=(
            (0, "a text came"),
            (2, "the engine failed, or your level keeps no drafts (--save)"),
            (3, "no such review, no engine, or not agreed"),
        ),
        examples=("ascinbox draft 4711", "ascinbox draft 4711 --save --json"),
        section="daily",
    ),
    Command(
        "withdraw",
        "delete the published reply (App Store), or take back one that is not sent (dry run unless --yes)",
        (
            Option(
                ("id",), "The review's id, or its first 8 characters or more", metavar="ID", required=True
            ),
            Option(("--yes",), "Do it", "flag", default=False),
        ),
        formats=("json",),
        exits=(
            (0, "deleted, taken back, or dry run"),
            (1, "queued, waiting for a publisher, held or superseded"),
            (2, "refused, or on its way and not to be stopped any more"),
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
            (0, "accepted by the store, or dry run"),
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
)
