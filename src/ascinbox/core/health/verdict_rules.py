"""The one table from evidence to verdict: which state it is, who does what about it, and in which words.

The first row that fits decides. Words are templates over the facts of the case (see `verdicts.judge`).
"""

from __future__ import annotations

from ascinbox.core.clock import CLOCK_TOLERANCE_S
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.verdict_case import (
    REQUEST_LATE,
    REQUEST_USUAL,
    SEVERAL_ACCOUNTS,
    VerdictRule,
    about,
    agreement,
    analytics,
    changing,
    empty,
    gone,
    low_budget,
    made_up,
    refused,
    stale,
    untested_reply,
    worked_lately,
)
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import APP_STORE

_TEAM, _OWN, _REPORTER = CredentialKind.TEAM, CredentialKind.INDIVIDUAL, CredentialKind.REPORTER
_NEW_TEAM_KEY = f"{APP_STORE.place('team keys')} > + , Access: {{wanted}}, Generate, Download (once)."
_NEW_KEY_THEN = (
    "w here with the new key (ascinbox rotate); the old key stays in use until every check has passed, "
    "then revoke it."
)
_LEAVE_OFF = "Leave {title} off for this account; the rest keeps working."


RULES: tuple[VerdictRule, ...] = (
    # Nothing was asked.
    VerdictRule(
        HealthState.NOT_POSSIBLE,
        None,
        lambda c: c.facts.kind not in c.row.kinds and c.facts.kind == _OWN,
        "Apple never gives {title} to an individual key.",
        "Add a team key with {least} to this account (an Admin makes it), beside this one.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.NOT_POSSIBLE,
        None,
        lambda c: c.facts.kind not in c.row.kinds,
        "A Reporter token gives sales and finance reports only, never {title}.",
        "Add a team key or an individual key to this account, beside the token.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.OFF,
        None,
        lambda c: not c.facts.chosen,
        "{title} was not chosen for this account.",
        instead="enter on the cell switches it on.",
    ),
    VerdictRule(
        HealthState.NEVER,
        3,
        lambda c: c.evidence is None and c.row.needs_vendor and not c.facts.vendor,
        "{title} needs the vendor number, which Apple's API does not tell.",
        f"{APP_STORE.place('vendor number')}: the number at the top left. "
        "Then: ascinbox rotate {account_arg} --vendor NUMBER",
        "you",
    ),
    # Replying: proof, likelihood, assumption. What was tried and refused is judged below like the rest.
    VerdictRule(
        HealthState.OK,
        0,
        lambda c: c.facts.reply_accepted_at is not None and untested_reply(c),
        "Apple accepted a reply with this key {reply_accepted}.",
    ),
    VerdictRule(
        HealthState.LIKELY,
        0,
        made_up(404, 409, 422),
        "Apple looked at a reply to a review that does not exist and found fault with the review only, "
        "not with the key. Proof is the first reply that you publish.",
    ),
    VerdictRule(
        HealthState.ASSUMED,
        0,
        lambda c: c.facts.checked and untested_reply(c),
        "Not proved: this key has not published a reply yet, and nothing harmless tests it. Some Customer "
        "Support team keys read reviews and are refused here.",
        "Publish one reply, or: ascinbox health --probe-reply",
        "you",
    ),
    VerdictRule(
        HealthState.NEVER,
        3,
        lambda c: c.evidence is None,
        "{title} was never checked.",
        "F5 checks it now.",
        "you",
    ),
    # No answer of Apple's.
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.evidence is not None and c.evidence.key_unreadable,
        "Key {key} cannot be used, so nothing was asked: {failure}",
        "{next_step}",
        "you, on this machine",
        "F5 here. What was read before stays readable.",
    ),
    VerdictRule(
        HealthState.OFFLINE,
        2,
        lambda c: c.status is None and stale(c),
        "Apple cannot be reached, and nothing has been proved since {key_ok}. {failure}",
        "{reach} Then F5.",
        "you",
    ),
    VerdictRule(
        HealthState.OFFLINE,
        1,
        lambda c: c.status is None,
        "Apple cannot be reached; all that is shown is from {key_ok}. {failure}",
        "{reach} It is tried again by itself.",
        "you",
    ),
    VerdictRule(
        HealthState.OFFLINE,
        1,
        lambda c: (c.status or 0) >= 500,
        "Apple's service has a fault of its own; the key is not in question.",
        "Nothing to do: it is tried again by itself.",
        "nobody",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: (
            c.facts.kind == _REPORTER and c.evidence is not None and c.evidence.code == SEVERAL_ACCOUNTS
        ),
        "The Reporter token reaches several accounts at Apple, and none was chosen.",
        "Choose one of those that Reporter names: --reporter-account NUMBER, with ascinbox link; once it is "
        "linked: ascinbox rotate {account_arg} --reporter-account NUMBER",
        "you",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.facts.kind == _REPORTER and c.status in {404, 410} and not c.says("vendor"),
        "Reporter does not know what was asked for, or gives no reason: the account number is not the "
        "token's, or the service has a fault or was changed.",
        "Look at the number given with --reporter-account; without one, F5 later.",
        "you",
    ),
    VerdictRule(
        HealthState.LIMITED,
        1,
        lambda c: c.status == 429,
        "Apple asks for patience: too many requests with this key. Waiting until {retry}.",
        "Nothing to do. If another tool uses this key too, give it a key of its own.",
        "nobody",
    ),
    # 401: Apple never says why.
    VerdictRule(
        HealthState.CLOCK,
        2,
        lambda c: c.status == 401 and abs(c.skew) > CLOCK_TOLERANCE_S,
        "This machine's clock is {skew} Apple's, so Apple refuses every token it signs. The key may be fine.",
        "Run: timedatectl set-ntp true (or set the clock), then F5.",
        "you, on this machine",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.status == 401 and c.facts.kind == _REPORTER,
        "Apple no longer accepts this Reporter token: it lives 180 days, and making a new one ends the old.",
        f"{APP_STORE.place('reporter token')}.",
        "the person whose token it is",
        "w here with the new token (ascinbox rotate).",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.status == 401 and c.facts.apps_seen is True,
        "Apple accepts key {key} elsewhere and refused it just here; such answers come and go.",
        "F5 in a few minutes. Do not replace the key for this alone.",
        "you",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.status == 401 and c.facts.key_ok_at is not None,
        "Key {key} worked until {key_ok} and is refused since: it was revoked, or its owner lost access.",
        "See whether {key} is still under Active: {where}. If not, make a new one there.",
        "an Admin",
        _NEW_KEY_THEN,
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.status == 401 and c.facts.kind == _OWN,
        "Apple has never accepted key {key}. It was given without an issuer id, so as an individual key; "
        "a team key is refused like this.",
        "If it is a team key, give its Issuer ID (above the list of Team Keys). If not, compare the Key ID "
        "with the one in your user profile; a key made minutes ago may need some more.",
        "you",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.status == 401,
        "Apple has never accepted key {key}: key file, Key ID and Issuer ID do not belong together, "
        "or it was revoked.",
        "Compare Key ID and Issuer ID with Users and Access > Integrations > Team Keys. An individual key "
        "takes no Issuer ID. A key made minutes ago may need some more.",
        "you",
    ),
    # 403 has five meanings.
    VerdictRule(
        HealthState.CONTRACT,
        2,
        agreement,
        "An agreement is unsigned or has lapsed; the key itself is fine.",
        f"The Account Holder: {APP_STORE.place('agreements')} (Agreements, Tax, and Banking) > accept the "
        "waiting agreement.",
        "the Account Holder only; an Admin may not sign it",
        "F5 here. Usually right within minutes; missed days are fetched afterwards, nothing is lost.",
    ),
    VerdictRule(
        HealthState.CONTRACT,
        2,
        lambda c: refused(c) and c.says("active membership"),
        "The team's membership in the Apple Developer Program has lapsed; no key of the team works until it "
        "is renewed.",
        "The Account Holder: developer.apple.com/account > Membership details > Renew.",
        "the Account Holder",
        "F5 here.",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: refused(c) and c.says("does_not_match_scope"),
        "The token was limited to other requests (a scope claim), which this program never asks for.",
        "See what signs or rewrites requests between here and Apple (a proxy?).",
        "you, on this machine",
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: refused(c) and c.says("revoked") and c.facts.kind == _OWN,
        "Key {key} was revoked at Apple.",
        "Its user: their name > Edit Profile > Individual API Key > Generate, Download (once).",
        "the user whose key it was",
        _NEW_KEY_THEN,
    ),
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: refused(c) and c.says("revoked"),
        "Key {key} was revoked at Apple, and no other key of the team can bring it back.",
        "An Admin: " + _NEW_TEAM_KEY,
        "an Admin",
        _NEW_KEY_THEN,
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and about(Capability.LISTING)(c) and changing(c) and c.facts.kind == _TEAM,
        "{title} can be read, and Apple refused this team key a change (of {subject}): that takes {needs}. "
        "Apple lets nobody change the roles of a key that already exists.",
        "An Admin: " + _NEW_TEAM_KEY,
        "an Admin",
        _NEW_KEY_THEN,
        "Leave changing the listing to others; reading it keeps working.",
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and about(Capability.LISTING)(c) and changing(c),
        "{title} can be read, and Apple refused this key a change (of {subject}): its user needs {needs}.",
        "An Admin: Users and Access > People > the key's user > tick {least} > Save.",
        "an Admin",
        "Send the change again, after some hours at times: once Apple takes one, this is over.",
        "Leave changing the listing to others; reading it keeps working.",
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: made_up(403)(c) or (refused(c) and about(Capability.REPLY)(c) and c.facts.kind == _TEAM),
        "Apple refused replying with this key. Some Customer Support team keys read reviews and may not "
        "answer them; an Admin key may, and so may the individual key of a Customer Support user.",
        "Either a Customer Support user makes an individual key (their name > Edit Profile > Individual API "
        "Key), or an Admin: " + _NEW_TEAM_KEY,
        "a Customer Support user, or an Admin",
        "Add it to this account, then F5.",
        "Leave Reply off; reviews are still read.",
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and c.facts.kind == _TEAM and worked_lately(c),
        "{title} worked until {capability_ok} and is refused since. A team key's roles never change, so the "
        "cause is at Apple, and often passes.",
        "F5 later today. If it stays, an Admin looks at the key's Access under Team Keys (needs {needs}).",
        "nobody yet",
        instead="Do not replace the key yet: a new one with the same roles meets the same refusal.",
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and c.facts.kind == _TEAM and c.facts.capability_ok_at is not None,
        "{title} worked until {capability_ok} and is refused since, for too long to pass by itself. A team "
        "key's roles never change; Apple may have changed what they give.",
        "An Admin looks at the Access of {key} under Team Keys. Without {needs}: " + _NEW_TEAM_KEY,
        "an Admin",
        _NEW_KEY_THEN,
        "With the right Access, ask Apple's support: a new key with the same roles meets the same refusal.",
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and c.facts.kind == _TEAM and c.facts.apps_seen is False,
        "This key may not even list the apps, so it has none of the roles that are needed here, or no apps.",
        "An Admin: " + _NEW_TEAM_KEY,
        "an Admin",
        _NEW_KEY_THEN,
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and c.facts.kind == _TEAM,
        "{title} needs {needs}; this team key was refused. Apple lets nobody change the roles of a key that "
        "already exists.",
        "An Admin: " + _NEW_TEAM_KEY,
        "an Admin",
        _NEW_KEY_THEN,
        _LEAVE_OFF,
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and c.facts.kind == _REPORTER,
        "The person behind this Reporter token may not read {title} reports ({needs} is needed).",
        "An Admin: Users and Access > People > that person > tick {least} > Save.",
        "an Admin",
        "F5 here; a changed role may need hours to take effect.",
        _LEAVE_OFF,
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: refused(c) and c.facts.capability_ok_at is not None,
        "{title} worked until {capability_ok}: an individual key has its user's roles, and they were changed "
        "({needs} is needed).",
        "An Admin: Users and Access > People > the key's user > tick {least} > Save.",
        "an Admin",
        "F5 here; a changed role may need hours to take effect.",
        _LEAVE_OFF,
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        refused,
        "{title} needs {needs}; the user of this individual key has no such role.",
        "An Admin: Users and Access > People > the key's user > tick {least} > Save.",
        "an Admin",
        "F5 here; a changed role may need hours to take effect.",
        _LEAVE_OFF,
    ),
    # What vanished, and what only looks so.
    VerdictRule(
        HealthState.NEVER,
        3,
        lambda c: about(Capability.LISTING)(c) and c.status in {404, 410},
        "Not known: Apple answers that {title} of {subject} does not exist. Whether the app is gone, the "
        "cell of Reviews tells.",
        "F5 later: such answers come and go. If it stays, send Apple's words with a bug report "
        "(ascinbox doctor --bundle FILE).",
        "nobody yet",
    ),
    VerdictRule(
        HealthState.REJECTED,
        1,
        lambda c: c.evidence is not None and c.evidence.listed and c.status in {404, 410},
        "Apple lists {subject} and answers that {title} of it does not exist. The app was not removed.",
        "F5 later: such answers come and go. If it stays, send Apple's words with a bug report "
        "(ascinbox doctor --bundle FILE).",
        "nobody yet",
    ),
    VerdictRule(
        HealthState.REMOVED,
        2,
        lambda c: gone(c) and c.facts.kind == _TEAM,
        "{subject}: no longer visible to this key.{until} A team key sees every app, so it was removed at "
        "Apple or went to another team.",
        "Hide it here (5 Accounts, enter, show or hide apps), or link the team that has it now.",
        "you; an Admin can tell what became of it",
        "F5 here. What was read before stays readable.",
    ),
    VerdictRule(
        HealthState.REMOVED,
        2,
        gone,
        "{subject}: no longer visible to this key.{until} The app was removed, or access to it was taken "
        "away.",
        "An Admin: Users and Access > People > the key's user > Apps > tick it again.",
        "an Admin",
        "F5 here. What was read before stays readable.",
    ),
    VerdictRule(
        HealthState.REMOVED,
        2,
        lambda c: (
            about(Capability.REVIEWS)(c) and c.reached and empty(c) and c.facts.capability_ok_at is not None
        ),
        "No app is visible to this key any more; until {capability_ok} there were some.",
        "An Admin: Users and Access > People > the key's user > Apps > tick them again.",
        "an Admin",
        "F5 here. What was read before stays readable.",
    ),
    VerdictRule(
        HealthState.NO_ROLE,
        2,
        lambda c: about(Capability.REVIEWS)(c) and c.reached and empty(c),
        "Apple accepts the key and shows it no app.",
        "An Admin: Users and Access > People > the key's user > Apps > tick them; or there is no app yet.",
        "an Admin",
        "F5 here.",
    ),
    # Vendor number.
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda c: c.row.needs_vendor and c.status in {400, 404} and c.says("vendor"),
        "Apple does not know vendor number {vendor} for this team.",
        f"Take the number from {APP_STORE.place('vendor number')} (top left), then: "
        "ascinbox rotate {account_arg} --vendor NUMBER",
        "you",
    ),
    VerdictRule(
        HealthState.STALLED,
        2,
        lambda c: c.evidence is not None and bool(c.evidence.unreadable),
        "Apple lets this key read {title}, but what came cannot be read. {unreadable}",
        "It is asked for again by itself. If it stays so: ascinbox doctor --bundle, and report it.",
        "you",
    ),
    # Analytics: Apple makes reports on request only.
    VerdictRule(
        HealthState.STALLED,
        1,
        analytics(lambda _, e: e.stopped and e.create_refused),
        "Apple stopped the analytics reports because nobody downloaded them, and this key may not request "
        "them anew: that needs an Admin key.",
        "An Admin key must delete the stopped request and make it anew once (link an Admin key to this "
        "account, then F5). Afterwards Sales or Finance may download.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.STALLED,
        1,
        analytics(lambda _, e: e.stopped),
        "Apple stopped the analytics reports because nobody downloaded them; a request never starts again.",
        "Sync (F5): with an Admin key it deletes the stopped request and makes it anew. "
        "Where the key may not, this cell says so afterwards.",
        "you",
    ),
    VerdictRule(
        HealthState.STALLED,
        1,
        analytics(lambda _, e: e.empty and e.create_conflict),
        "Apple says that an analytics request exists already, but lists none: none can be made or read.",
        "An Admin asks Apple's developer support to remove the request that is in no list; the next sync "
        "then makes one.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.STALLED,
        1,
        analytics(lambda _, e: e.empty and e.create_refused),
        "No analytics report was ever requested, and this key may not request one: that needs an Admin key.",
        "An Admin key must create the request once (link an Admin key to this account, then F5). "
        "Afterwards this key may download.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.PENDING,
        0,
        analytics(lambda _, e: e.empty),
        "This key may read analytics; no report has been requested yet. The first needs an Admin key.",
        "Sync asks for the reports once; that works with an Admin key.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.STALLED,
        1,
        analytics(lambda c, e: not e.delivered and c.request_age > REQUEST_LATE),
        "The analytics request is {request_age} old and Apple has delivered nothing.",
        "An Admin deletes the request and creates it again; if that stays empty too, ask Apple's support.",
        "an Admin",
    ),
    VerdictRule(
        HealthState.PENDING,
        1,
        analytics(lambda c, e: not e.delivered and c.request_age > REQUEST_USUAL),
        "The analytics request is {request_age} old; the first report usually comes after 24 to 48 hours.",
        "Nothing yet; it is looked at again by itself.",
        "nobody",
    ),
    VerdictRule(
        HealthState.PENDING,
        0,
        analytics(lambda _, e: not e.delivered),
        "The analytics request was made {request_age} ago; the first report comes after 24 to 48 hours.",
        "Nothing to do.",
        "nobody",
    ),
    # It works.
    VerdictRule(
        HealthState.LIMITED,
        1,
        lambda c: c.reached and low_budget(c),
        "{title} works, but less than 5 % of this key's hourly requests are left.",
        "Nothing to do: it recovers within the hour. If another tool uses this key too, give it its own.",
        "nobody",
    ),
    VerdictRule(
        HealthState.OK,
        0,
        lambda c: c.reached and bool(c.row.reading),
        "{title} can be read. Whether this key may change it shows when it first does: {reading}",
    ),
    VerdictRule(HealthState.OK, 0, lambda c: c.reached, "{title} works."),
    # Everything else is kept as Apple said it.
    VerdictRule(
        HealthState.REJECTED,
        2,
        lambda _: True,
        "Apple refused the check itself; its words say why.",
        "F5 later; if it stays, send Apple's words with a bug report (ascinbox doctor --bundle FILE).",
        "you",
    ),
)
