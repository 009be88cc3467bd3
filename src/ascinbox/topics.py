"""What `ascinbox help TOPIC` says."""

from __future__ import annotations

from collections.abc import Mapping

QUERIES = """\
QUERIES - one language for the filter bar, saved views, `reviews` and `export`

  app:tide acct:north rating:<=2 is:unanswered territory:DE,AT since:7d tag:crash -refund "white screen"

  All terms must hold. A comma inside a term means or, a minus before it means not.
  Bare words and "phrases" are looked for in title and body; case and accents do not matter.

  rating:    1..5, <=2, >=4          app:        part of the name, or the Apple ID
  since:     7d, 12h, 2026-11-01     acct:       an account
  until:     the same                territory:  DE or DEU
  is:        needs-reply unanswered answered changed new opened draft queued pending
             held failed snoozed done flagged mine overdue
  has:       reply note draft        tag:  by:  assignee:
  due:       <4h, >2d, 1h..4h: time left to answer, where config.toml has [sla]
  sort:      newest oldest rating changed longest due

  Quote a query for the shell:  ascinbox reviews 'rating:<=2 is:unanswered'
  A query that begins with a minus goes after two dashes:  ascinbox reviews -- '-refund'
"""

REPLIES = """\
REPLIES - what happens to a reply

  ascinbox reply ID --text T          shows what would be sent, and every warning; sends nothing
  ascinbox reply ID --text T --yes    sends it; --wait stays until Apple has published it

  Just before sending, review and reply are read again at Apple. A review that changed, or that someone
  else has answered, holds the reply: nothing is overwritten, both texts are kept, exit 1.
  The same command again changes nothing about that; --anyway is the word for "send it all the same".
  An answer lost on the wire is found out by reading back, never by sending again.
  Blocked (exit 2): empty, longer than 5970, an unfilled {variable}. Warnings (contact data, order numbers,
  another language, ...) are printed; --yes accepts them, --strict refuses on them.
  In the app a reply waits 30 s ([outbox] undo_seconds) before it leaves; u takes it back. A reply by
  command leaves at once.

  withdraw deletes a reply that is public; one that is not sent it takes back: a draft again, as u does.

  States: dry_run waiting queued pending_publish published withdrawn undone held superseded failed blocked
"""

HEALTH = """\
HEALTH - what each connection may do

  ascinbox health prints one line that monitoring understands and ends with
    0  all ok, assumed or off     1  worst is a warning     2  something is broken     3  never checked
  --fix prints what to do, in order; --json all of it; --max-age 1h uses verdicts that are younger.
  On a team its database counts too: offline 1 (2 after a day, or --max-age), rejected 2;
  and whether somebody works there: stalled 1 (no account is linked, or no worker was seen for 5 minutes).

  ok        the probe passed              no_role       the key's role does not cover it
  assumed   not tried yet (replying)      contract      an agreement is unsigned or has lapsed
  likely    by a reply that cannot land   rejected      the key is refused altogether
  pending   waiting for Apple             clock         this machine's clock is off
  limited   Apple asks to wait            stalled       a report request has stopped
  removed   gone at Apple                 offline       Apple cannot be reached
  never     not probed                    off           not chosen
  stale     no sync has renewed the data  expiring      the Reporter token ends within 30 days, or has
  not_possible  this kind of key never may
"""

HEADLESS = """\
HEADLESS - for scripts, cron and monitoring

  Data goes to stdout, words to stderr; --json prints one object with schema, generated_at, cache_age_s.
  Without a terminal nothing is asked and nothing is coloured. Times are ISO 8601 in UTC.
  Exit codes: 3 is a usage error, 130 Ctrl-C; the others stand in each command's --help.

  ascinbox sync --watch 15m           one line a cycle, for a service; ends cleanly on TERM
  ascinbox health || notify           exit 1 is a warning, 2 is critical
  ascinbox reviews 'is:new rating:1' --json | jq -r '.reviews[].title'
  ascinbox export reviews since:30d -o reviews.csv

  Keys for machines: ASCINBOX_HOME puts everything in one folder; --vault file or encrypted needs no desktop.
  Every key of config.toml can be set by ASCINBOX_<SECTION>_<KEY>.
"""

NOTIFY = """\
NOTIFY - told where you already look

  ascinbox notify complete             writes notify.toml, an example in comments
  ascinbox notify secret team          stores an address or token, from a prompt or stdin
  ascinbox notify test team            sends one marked message there
  ascinbox notify list                 destinations and rules, and what is wrong with them
  ascinbox notify log                  every message, and what became of it; --json for scripts
  ascinbox notify retry ID             sends one again;  pause NAME and resume NAME hold a rule or destination
  ascinbox notify run                  sends what is due and ends (sync, sync --watch and the app do so too)

  [[destination]]  name, kind (slack teams email webhook zendesk command apprise), url = "vault:NAME" or
                   "env:NAME"; webhook: secret; email: host port tls user password from to; command: command
  [[rule]]         name, when (a filter; "" is everything), on, to, send (now, daily 09:00, every 4h),
                   quiet ("22:00-07:00"), at_most ("10/h"), text (true or false),
                   do ("tag:x" "assign:x" "flag")
  on:  review.new review.changed review.changed_after_reply review.due reply.held reply.failed
       reply.published reply.waiting note.mention health.changed token.expiring sync.stale spike

  A rule counts from the first sync or notify that reads it; --backfill N sends what was there before.
  An app's first sync is history. Each event goes to each destination once per rule. Where the receiver knows
  ids (webhook, Zendesk, mail) a lost answer makes no second copy; elsewhere it may, and says so.
"""

PRIVACY = """\
PRIVACY - what goes where

  ascinbox speaks with Apple's App Store Connect API and, once you link Google Play, with Google's; with
  public ratings switched on (off at first) it asks itunes.apple.com once a day, without a key. It speaks
  with nothing else unless you name it; there is no telemetry. The language of a review is found here.
  Receivers that you name in notify.toml get what a rule tells: stars, app, title, body and nickname of the
  review; webhooks and programs the whole record, your note among it. text = false leaves all words at home.
  An engine for translations and drafts ([assist] in config.toml, off by default): one on this machine (a
  program, a loopback address) is asked when you ask it. For any other the host and what leaves is shown
  first, and you are asked once. What leaves: title, text and stars of the review that you ask about and its
  app's name; for a draft its earlier text, the chosen template and your guidance.md; for a reply that is
  translated back its text without the nickname. Nicknames, notes, tags, keys and other reviews never leave
  for an engine. `ascinbox assist` and `doctor` name it.
  `ascinbox mcp` hands reviews and figures to an agent that you start it for, without notes and tags.
  Reviews, replies and figures lie in the data folder, on this machine, readable by you alone (0600).
  Keys lie where you chose: the desktop's keyring, a key file, or an encrypted file; the database only
  knows the reference. No secret is taken from a command line or written to a log.
  Notes, tags and assignments never leave this machine; the reply to a review is public.
"""

DEMO = """\
DEMO - look around with invented data

  ascinbox demo                          the app; nothing leaves this machine, nothing stays behind.
                                         T in it is a tour of eight steps
  ascinbox --demo COMMAND                any command on the same data:  ascinbox --demo health --json
  ascinbox demo --seed 7 --now 2026-11-21T14:02     the same demo each time

  The demo is an App Store Connect of its own on 127.0.0.1, with roles, limits and faults. One connection
  has a missing agreement, one reply meets a rival answer, one review was changed by its customer.
  Its test keys are made when it starts. Accounts (5 in the app) names their files, so that the link wizard
  (A) can be tried on a right key, on a wrong file and on a wrong key ID; nothing is saved before step 6.
"""

FILES = """\
FILES - what is yours and where it lies (ascinbox doctor names the folders)

  config.toml     settings; every key can be overridden by ASCINBOX_<SECTION>_<KEY>
  notify.toml     who is told of what, where
  views.toml      saved views: name, query, position
  templates/*.md  reply templates: front matter (name, lang, rating, app), then the text
  user.db         drafts, outbox, notes, tags, views' places: backed up daily, seven copies
  cache.db        what came from Apple; can be fetched again
  ascinbox.log    what went wrong, without secrets
"""

LANGUAGES = """\
LANGUAGES - detect, translate, draft (docs/languages.md has it all)

  lang:ja, lang:none              reviews by language; found on this machine
  :lang de                        puts a wrong one right, for good
  L                               translates the review; in the check step, your reply
  :translate on                   each review as you read on, [assist] a_day at most
  ctrl+n, F8 (editor)             a first draft, in the editor and nowhere else
  translated:crash                searches translations that were made

  [assist] in config.toml plugs an engine in, such as a model on this machine:
    kind = "openai"  url = "http://localhost:11434/v1"  model = "llama3.2"  to = "en"
  or kind = "libretranslate" with its url, or kind = "command" with a program of yours.
  ascinbox assist                 the engine, what leaves for it; --key - keeps its key in the vault
  ascinbox translate ID --to en   ascinbox draft ID [--save]
  ascinbox mcp [--drafts]         serves reviews, health and figures to an agent; nothing is published by it
"""

TOPICS: Mapping[str, str] = {
    "keys": "",
    "queries": QUERIES,
    "replies": REPLIES,
    "health": HEALTH,
    "headless": HEADLESS,
    "notify": NOTIFY,
    "privacy": PRIVACY,
    "languages": LANGUAGES,
    "demo": DEMO,
    "files": FILES,
}
