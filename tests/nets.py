"""Shows that the tests of docs/promises.md and SECURITY.md can fail: without its net each turns red.

Takes out one line after the other that keeps a promise, in a copy of the source, and runs the named test.

python tests/nets.py --sample 6    a fixed sample, as the checks run it
python tests/nets.py --all         every net
python tests/nets.py --only O6     those of one promise
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Net:
    """One line that keeps a promise, what it becomes without it, and the tests that must notice."""

    promise: str
    file: str
    """Below src/ascinbox."""
    line: str
    """Occurs once in the file."""
    without: str
    tests: tuple[str, ...]


SENDING = "tests/workers/test_outbox_sending.py"
DELIVERIES = "tests/workers/deliveries/test_deliveries.py"
SENDERS = "tests/workers/deliveries/test_senders.py"
ASSIST = "tests/workers/languages/test_assist.py"
NETS: tuple[Net, ...] = (
    Net(
        "D1: a delivery whose answer was lost is tried again",
        "core/deliveries/states.py",
        "DeliveryState.QUEUED if keyed else DeliveryState.UNKNOWN,",
        "DeliveryState.SENT,",
        (f"{DELIVERIES}::test_each_delivery_backs_off_alone",),
    ),
    Net(
        "D2: every try has the id of the first",
        "workers/deliveries/processor.py",
        "ids = row.message or group_id([each.uid for each in rows])",
        "ids = group_id([each.uid for each in rows]) + str(row.attempts or '')",
        (f"{DELIVERIES}::test_each_delivery_backs_off_alone",),
    ),
    Net(
        "D3: a second copy says that it may be one",
        "workers/deliveries/processor.py",
        "any(row.maybe_sent for row in rows))",
        "False)",
        (f"{DELIVERIES}::test_a_lost_answer_without_a_key_is_unknown_and_its_second_copy_marked",),
    ),
    Net(
        "D6: a destination that hangs leaves room for the others",
        "workers/deliveries/processor.py",
        "if busy[destination.name] >= PER_DESTINATION:",
        "if False:",
        (f"{DELIVERIES}::test_a_destination_that_hangs_keeps_no_other_back",),
    ),
    Net(
        "D6: one that fails waits by itself",
        "core/deliveries/states.py",
        "return stepped(row, DeliveryState.QUEUED, now, next_at=now + pause, reached=reached, **free)",
        "return stepped(row, DeliveryState.QUEUED, now, next_at=now, reached=reached, **free)",
        (f"{DELIVERIES}::test_each_delivery_backs_off_alone",),
    ),
    Net(
        "D4: of two programs that looked at the same events one tells them",
        "store/queue/local_deliveries.py",
        "if moved.rowcount != 1:",
        "if False:",
        ("tests/store/test_local_deliveries.py",),
    ),
    Net(
        "D5: an app's first walk is history",
        "store/cache/arrivals.py",
        "if not (new or changed or answered) or _WALKED.value(database, app=app_id) is None:",
        "if not (new or changed or answered):",
        ("tests/store/test_local_deliveries.py",),
    ),
    Net(
        "D7: words stay at home where a rule says so",
        "workers/deliveries/processor.py",
        "row.event if rule.text else without_words(row.event) for row in rows",
        "row.event for row in rows",
        ("tests/workers/deliveries/test_deliveries.py::test_words_stay_at_home_where_a_rule_says_so",),
    ),
    Net(
        "SECURITY: plain http goes to this machine only",
        "workers/deliveries/senders/http.py",
        'if parts.scheme == "http" and not is_loopback(parts.host):',
        "if False:",
        ("tests/workers/deliveries/test_senders.py::test_plain_http_goes_to_this_machine_only",),
    ),
    Net(
        "O9: who stood still past its lease posts nothing",
        "workers/replies/sending.py",
        "if self._clock.monotonic() - renewed > self._rules.lease.total_seconds() - self._rules.deadline_s:",
        "if False:",
        (f"{SENDING}::test_row_15_a_sender_that_stood_still_past_its_lease_posts_nothing",),
    ),
    Net(
        "O5: a text that Apple altered is told",
        "core/outbox/delivery.py",
        "altered = bool(response.text) and reply_key(response.text) != reply_key(row.text)",
        "altered = False",
        ("tests/core/test_outbox_delivery.py",),
    ),
    Net(
        "Data: a copy of user.db is on the disk before it has its name",
        "store/backups.py",
        "os.fsync(file.fileno())",
        "file.fileno()",
        ("tests/store/test_backups.py",),
    ),
    Net(
        "Security: no core dumps",
        "cli/run.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "resource.getrlimit(resource.RLIMIT_CORE)",
        ("tests/cli/test_command_line.py::test_textual_log_variables_and_core_dumps_are_off",),
    ),
    Net(
        "Nothing below the outbox repeats a write",
        "sources/http/exchange.py",
        'if answer.status != 401 or ask.method != "GET":',
        "if answer.status != 401:",
        ("tests/sources/apple/test_rows_28_to_32.py::test_row_28_no_write_is_ever_repeated",),
    ),
    Net(
        "Security: a key file that others can read is refused",
        "vault/keyfile.py",
        "facts.st_mode & 0o077 == 0 or",
        "True or",
        ("tests/vault/test_keyfile.py",),
    ),
    Net(
        "O1: each commit of user.db waits for the disk",
        "store/recovery.py",
        'files.user, "DELETE", "FULL", before=before',
        'files.user, "DELETE", "OFF", before=before',
        ("tests/store/test_database.py::test_row_8_when_the_disk_cannot_be_sure_nothing_is_confirmed",),
    ),
    Net(
        "O1: a confirmed reply is committed before it is said",
        "store/database.py",
        'connection.execute("COMMIT")',
        "pass",
        (
            "tests/faults/test_outbox_kills.py::test_row_25_what_was_confirmed_survives_a_kill_in_its_undo_window",
        ),
    ),
    Net(
        "O2: who did not win the row does nothing with it",
        "workers/replies/sending.py",
        "if not self._store.call(lambda s: s.queue.move(old, new)):",
        "if self._store.call(lambda s: s.queue.move(old, new)) is None:",
        (f"{SENDING}::test_o2_a_row_that_another_sender_took_is_not_posted",),
    ),
    Net(
        "O3: what is posted is what was confirmed",
        "workers/replies/sending.py",
        "return gateway.publish(row.review_id, row.text)",
        'return gateway.publish(row.review_id, row.text + " ")',
        (f"{SENDING}::test_a_reply_goes_out_after_its_undo_window_and_is_watched_until_it_is_public",),
    ),
    Net(
        "O3: a stored text that was altered is held",
        "core/outbox/delivery.py",
        "if not row.intact:",
        "if False:",
        ("tests/core/test_outbox_delivery.py",),
    ),
    Net(
        "O3, Data: a text is compared with its hash",
        "core/outbox/states.py",
        "return body_hash(self.text) == self.sha256",
        "return True",
        ("tests/store/test_replies.py::test_row_64_an_altered_text_is_found_and_never_sent",),
    ),
    Net(
        "O4: a lost answer is found out before anything is sent again",
        "core/outbox/delivery.py",
        ("            return lost(row, now, rules, error.title)\n\n\ndef wait_until"),
        ('            return requeued(row, now, now, Why.NONE, "")\n\n\ndef wait_until'),
        (f"{SENDING}::test_row_18_and_20_an_answer_lost_after_the_effect_is_found_out",),
    ),
    Net(
        "O4: the answer is looked for after the settle window only",
        "core/outbox/delivery.py",
        ("check_after=now + rules.settle,\n        looks=0,"),
        ("check_after=now,\n        looks=0,"),
        ("tests/core/test_outbox_delivery.py::test_what_an_answer_means",),
    ),
    Net(
        "O6: an answer that the writer has not seen is not overwritten",
        "workers/replies/sending.py",
        "decided = delivery.reread(row, reading, put, self._rules)",
        "decided = None",
        (f"{SENDING}::test_row_22_an_answer_from_elsewhere_is_never_overwritten",),
    ),
    Net(
        "O6: after a 401 it is looked again",
        "workers/replies/sending.py",
        "return self._after_401(done, route, posting, error)",
        "return gateway.publish(posting.review_id, posting.text) is None",
        (f"{SENDING}::test_row_28_after_a_401_it_looks_again_and_overwrites_no_colleague",),
    ),
    Net(
        "O4: what a look after a 401 does not show is looked for after the settle window",
        "core/outbox/delivery.py",
        "return replace(lost(row, reading.at, rules, detail), status=401)",
        'return decided or requeued(row, reading.at, reading.at, Why.NONE, "")',
        (f"{SENDING}::test_row_28_a_401_after_the_effect_and_stale_reads_double_nothing",),
    ),
    Net(
        "O7: only what waits is due",
        "store/queue/outbox.py",
        ("        _o.state == Phase.QUEUED.value,\n        _o.send_after <= _NOW,"),
        "        _o.send_after <= _NOW,",
        (f"{SENDING}::test_row_24_what_was_taken_back_is_never_sent",),
    ),
    Net(
        "O7: what waits in a restored copy is held",
        "core/outbox/recovery.py",
        "return held(row, Why.RESTORED, now)",
        "return row",
        ("tests/store/test_restoring.py::test_o7_what_was_taken_back_after_the_copy_is_not_sent_by_it",),
    ),
    Net(
        "O7: a copy put back by hand is known",
        "store/outboxmark.py",
        "return _position(connection).is_behind(noted, _versions(connection, noted.last))",
        "return False",
        ("tests/store/test_restoring.py::test_an_older_copy_put_back_by_hand_sends_nothing_by_itself",),
    ),
    Net(
        "O8: of several claimants one wins",
        "store/queue/outbox.py",
        "return moved.rowcount == 1",
        "return True",
        ("tests/store/test_replies.py::test_row_13_of_several_claimants_exactly_one_wins",),
    ),
    Net(
        "O9: a step is written only over the row it was made from",
        "store/queue/outbox.py",
        ('        _o.version == bindparam("old_version"),\n'),
        "",
        ("tests/store/test_replies.py::test_a_step_from_an_older_version_in_the_same_state_is_refused",),
    ),
    Net(
        "O10: a dead holder is followed at once",
        "workers/replies/sending.py",
        'abandoned = holder == self.owner or (holder != "" and self._is_gone(holder))',
        "abandoned = False",
        (f"{SENDING}::test_row_16_a_dead_holder_is_followed_at_once_and_a_silent_one_after_its_lease",),
    ),
    Net(
        "O10: a lease runs out",
        "core/outbox/recovery.py",
        "return row.lease_until is None or not now < row.lease_until <= now + 2 * rules.lease",
        "return False",
        (f"{SENDING}::test_row_16_a_dead_holder_is_followed_at_once_and_a_silent_one_after_its_lease",),
    ),
    Net(
        "O11: replies go out in the order of their confirmation",
        "store/queue/outbox.py",
        ".order_by(_o.send_after, _o.id)",
        ".order_by(_o.id.desc())",
        (f"{SENDING}::test_row_26_offline_keeps_the_order_and_counts_no_attempt",),
    ),
    Net(
        "O11: after an outage they go out a second apart",
        "workers/replies/sending.py",
        "self._clock.sleep(CATCH_UP_GAP_S)",
        "pass",
        (f"{SENDING}::test_row_26_offline_keeps_the_order_and_counts_no_attempt",),
    ),
    Net(
        "O12: a discarded draft can be found",
        "store/queue/local.py",
        "texts.keep_text(self._database, review_id, *found, now)",
        "pass",
        ("tests/store/test_replies_drafts.py::test_a_discarded_text_is_found_for_thirty_days",),
    ),
    Net(
        "O12: a draft in whose place another text was confirmed can be found",
        "store/queue/local.py",
        "texts.keep_text(self._database, row.review_id, row.app_id, found[1], row.changed_at)",
        "pass",
        ("tests/store/test_replies_drafts.py::test_o12_a_reply_in_other_words_loses_no_draft",),
    ),
    Net(
        "O13: nothing is posted after the key changed",
        "core/outbox/delivery.py",
        "if credential != row.credential:",
        "if False:",
        (f"{SENDING}::test_row_69_nothing_posts_after_the_key_changed_or_the_account_went",),
    ),
    Net(
        "O14: what was asked before a crash is found out, not sent again",
        "core/outbox/recovery.py",
        (
            "        if row.posted_at is None:\n"
            '            return requeued(row, now, row.send_after, Why.NONE, "")\n'
            "        company ="
        ),
        (
            "        if True:\n"
            '            return requeued(row, now, row.send_after, Why.NONE, "")\n'
            "        company ="
        ),
        (f"{SENDING}::test_a_crash_while_an_answer_is_waited_for_and_stale_reads_double_nothing",),
    ),
    Net(
        "Further: a jump of the clock ends no undo window",
        "workers/replies/sending.py",
        "if jumped and (later",
        "if False and (later",
        (f"{SENDING}::test_row_17_a_clock_that_jumps_forward_ends_no_undo_window",),
    ),
    Net(
        "Further: after a refused key the other replies of the account wait",
        "workers/replies/sending.py",
        "self._pause(row, None, error.title)",
        "pass",
        (f"{SENDING}::test_row_28_a_refused_key_parks_the_account_after_one_reply",),
    ),
    Net(
        "Further: a wait that Apple asks for is bounded",
        "core/outbox/delivery.py",
        "return min(max(error.retry_at, now + timedelta(seconds=1)), now + timedelta(minutes=15))",
        "return error.retry_at",
        ("tests/core/test_outbox_delivery.py::test_a_wait_that_apple_asks_for_is_bounded",),
    ),
    Net(
        "Further: an echo in another form is ours",
        "core/text.py",
        'return "\\n".join(line.rstrip() for line in lines).strip()',
        "return text",
        (f"{SENDING}::test_row_27_a_trimmed_or_recomposed_echo_is_no_conflict",),
    ),
    Net(
        "Data: a page and the cursor behind it commit together",
        "store/cache/pages.py",
        ("            self._claim_page(walk)\n"),
        ("            pass\n"),
        ("tests/workers/test_sync.py",),
    ),
    Net(
        "Data: programs that write at once wait for each other",
        "store/database.py",
        'connection.execute("BEGIN IMMEDIATE")',
        'connection.execute("BEGIN")',
        ("tests/store/test_database.py::test_row_12_programs_that_write_at_once_wait_and_lose_nothing",),
    ),
    Net(
        "Data: what another program writes is noticed",
        "store/database.py",
        'int(self.execute("PRAGMA cache.data_version").fetchone()[0]),',
        "0,",
        ("tests/store/test_database.py::test_another_programs_changes_are_noticed",),
    ),
    Net(
        "Data: copies of seven days are kept",
        "store/backups.py",
        "if day in days or len(days) == KEPT:",
        "if False:",
        ("tests/store/test_opening.py::test_copies_are_daily_and_seven",),
    ),
    Net(
        "Data: a copy is made when an account changes",
        "store/database.py",
        "or not (anew or backups.is_due(self.files.backups, now))",
        "or not backups.is_due(self.files.backups, now)",
        ("tests/store/test_restoring.py::test_a_copy_is_made_once_there_is_an_account_and_anew_when_asked",),
    ),
    Net(
        "Data: the newest good copy takes the place of a damaged user.db",
        "store/recovery.py",
        "integrity.restore(copy, files.user)",
        "pass",
        ("tests/store/test_opening.py::test_row_64_a_broken_user_db_is_restored_and_the_person_told",),
    ),
    Net(
        "Data: an altered text is named",
        "store/hot/outbox.py",
        "for row in self.open_rows() if not row.intact]",
        "for row in ()]",
        ("tests/store/test_replies.py::test_row_64_an_altered_text_is_found_and_never_sent",),
    ),
    Net(
        "Data: a newer file is refused and left as it is",
        "store/migrations/__init__.py",
        ("    if found > schema.version:\n        raise NewerData"),
        ("    if False:\n        raise NewerData"),
        ("tests/store/test_migrations.py::test_row_65_a_newer_schema_is_refused_and_nothing_touched",),
    ),
    Net(
        "Data: the reserve makes room for replies",
        "store/database.py",
        "if not bulk and self.files.reserve.exists():",
        "if False:",
        ("tests/store/test_database.py::test_row_7_a_full_disk_stops_the_sync_and_still_saves_a_draft",),
    ),
    Net(
        "Data: what cannot be saved is not sent",
        "workers/replies/sending.py",
        "if not self._store.call(lambda s: s.lasting):",
        "if False:",
        (f"{SENDING}::test_what_cannot_be_saved_is_not_sent",),
    ),
    Net(
        "Data: no write-ahead log on a network file system",
        "store/recovery.py",
        'journal = "WAL" if database.shared else "DELETE"',
        'journal = "WAL"',
        ("tests/store/test_opening.py::test_row_68_on_a_network_file_system_one_program_and_no_log",),
    ),
    Net(
        "Data: a list that ends early takes nothing away",
        "workers/reviews/walk.py",
        ("if not walk.count.is_whole(came):\n                store"),
        ("if False:\n                store"),
        ("tests/workers/test_lists_that_end_early.py::test_a_full_walk_that_is_cut_removes_nothing",),
    ),
    Net(
        "Security: foreign text is cleaned where it enters",
        "core/text.py",
        'if not text.replace("\\n", "").isprintable() and _ODD.search(text):',
        "if False:",
        ("tests/core/test_text.py",),
    ),
    Net(
        "Security: marks that pile up are thinned out",
        "core/text.py",
        "if not text.isascii() and _MARK_RUN.search(text):",
        "if False:",
        ("tests/core/test_text.py",),
    ),
    Net(
        "Security: what leaves is ASCII where the locale is C",
        "cli/run.py",
        'reconfigure(errors="backslashreplace")',
        "pass",
        ("tests/hostile/test_commands.py::test_rows_50_and_51_in_the_c_locale_all_is_ascii",),
    ),
    Net(
        "Security: text columns cannot be formulas",
        "core/csvsafe.py",
        'return "\'" + text if _FORMULA.match(text) else text',
        "return text",
        ("tests/core/test_csvsafe.py",),
    ),
    Net(
        "Security: a reply holds nothing that nobody sees",
        "core/replies/checks.py",
        "for place, name in unseen(text):",
        "for place, name in ():",
        ("tests/core/test_reply_rules.py",),
    ),
    Net(
        "Security: a token goes to the pinned origin only",
        "sources/http/exchange.py",
        "if not self.origin.owns(request.url):",
        "if False:",
        ("tests/sources/apple/test_rows_40_to_42.py::test_row_41_the_second_net_holds_alone",),
    ),
    Net(
        "Security: of a next link only the query is used",
        "sources/apple/paging.py",
        "query = urlsplit(link).query",
        "query = link",
        ("tests/sources/apple/test_paging.py",),
    ),
    Net(
        "Security: no path leaves the origin",
        "sources/http/origin.py",
        'if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):',
        "if False:",
        ("tests/sources/http/test_origin.py::test_no_path_leaves_the_origin",),
    ),
    Net(
        "Security: a presigned link does not lead to this machine",
        "sources/apple/download.py",
        "parts = check_download(url, allow_loopback=self._allow_loopback)",
        "parts = check_download(url, allow_loopback=True)",
        (
            "tests/sources/apple/test_rows_40_to_42.py::test_row_42_a_real_account_is_not_sent_to_this_machine",
        ),
    ),
    Net(
        "Security: private addresses are refused",
        "sources/http/wire.py",
        "if not _allowed(address, self._reach):",
        "if False:",
        (
            "tests/sources/apple/test_rows_40_to_42.py::test_row_42_a_public_name_that_resolves_to_a_private_address_is_refused",
        ),
    ),
    Net(
        "Security: a body that drips is given up",
        "sources/http/exchange.py",
        "if drips or self.deadline.remaining() <= 0:",
        "if False:",
        (
            "tests/sources/apple/test_rows_34_to_39.py::test_row_34_a_steady_trickle_is_given_up_before_the_deadline",
        ),
    ),
    Net(
        "Security: a bomb does not go off",
        "sources/http/bodies.py",
        "if made > cap or (made > _RATIO_FROM and made > RATIO_CAP * taken):",
        "if False:",
        ("tests/sources/http/test_bodies.py::test_a_bomb_is_given_up_before_it_unfolds",),
    ),
    Net(
        "Security: a cut file is never whole",
        "sources/http/bodies.py",
        ("    if not unpacker.eof:\n"),
        ("    if False:\n"),
        ("tests/sources/http/test_bodies.py::test_cut_gzip_is_never_whole",),
    ),
    Net(
        "Security: a list has an end",
        "sources/paging.py",
        "for _ in range(most_pages):",
        "for _ in range(2 * most_pages):",
        ("tests/sources/apple/test_rows_43_to_45.py::test_row_43_always_new_pages_stop_at_2000",),
    ),
    Net(
        "Security: a wait for a 429 is capped",
        "sources/http/headers.py",
        "return min(max(seconds, SHORTEST_WAIT_S), LONGEST_WAIT_S)",
        "return seconds",
        ("tests/sources/http/test_headers.py",),
    ),
    Net(
        "Security: a 429 holds every program",
        "sources/apple/budget.py",
        "if self._on_hold is not None:",
        "if False:",
        ("tests/faults/test_limits.py::test_row_33_a_429_met_by_one_program_holds_the_other",),
    ),
    Net(
        "Security: what cannot be read is counted",
        "sources/apple/parse.py",
        "left_out.append(_trouble(item, kind))",
        "pass",
        ("tests/sources/apple/test_parse.py",),
    ),
    Net(
        "Security: a list that ends early is not whole",
        "sources/paging.py",
        "tally.check(len(seen_ids))",
        "pass",
        ("tests/sources/apple/test_paging.py::test_a_list_that_ends_before_its_total_is_not_whole",),
    ),
    Net(
        "Security: figures of a report are bounded",
        "sources/apple/reports.py",
        "fits = number.is_finite() and -LARGEST < number < LARGEST",
        "fits = True",
        ("tests/sources/apple/test_reports.py::test_a_broken_file_gives_a_sentence_and_no_fact",),
    ),
    Net(
        "Security: files and folders are ours alone, whatever the umask",
        "cli/run.py",
        "os.umask(0o077)",
        "os.umask(0o022)",
        ("tests/cli/test_command_line.py::test_textual_log_variables_and_core_dumps_are_off",),
    ),
    Net(
        "Security: a key file is ours alone from the first byte",
        "paths.py",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)",
        ("tests/vault/test_vault.py::test_a_key_file_is_private_from_the_first_moment",),
    ),
    Net(
        "Security: a key in a folder that others can change is refused",
        "vault/keyfile.py",
        "    if facts.st_mode & 0o022:",
        "    if False:",
        ("tests/vault/test_keyfile.py::test_a_folder_that_others_can_change_is_refused",),
    ),
    Net(
        "Security: a key of another user is refused",
        "vault/keyfile.py",
        "if facts.st_uid not in owners:",
        "if False:",
        ("tests/vault/test_keyfile.py::test_a_file_of_another_user_is_refused",),
    ),
    Net(
        "Security: no key on a command line",
        "cli/values.py",
        'if "PRIVATE KEY" in text or "\\n" in text:',
        "if False:",
        ("tests/cli/test_command_line.py::test_a_key_on_the_command_line_is_refused_unseen",),
    ),
    Net(
        "Security: no key in a child's arguments",
        "vault/keyring_store.py",
        '"ascinbox.vault.keyring_helper"],',
        '"ascinbox.vault.keyring_helper", request],',
        ("tests/vault/test_keyring.py::test_the_key_is_not_in_the_helpers_arguments_or_environment",),
    ),
    Net(
        "Security: no debugger once a key was read",
        "vault/memory.py",
        "prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)",
        "prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)",
        ("tests/vault/test_memory.py",),
    ),
    Net(
        "Security: a secret shows nothing of itself",
        "core/secret.py",
        'return "Secret(***)"',
        "return self._value",
        ("tests/vault/test_vault.py::test_no_refusal_or_repr_shows_the_secret",),
    ),
    Net(
        "Security: what looks like a secret is starred in the log",
        "cli/logs.py",
        'return SECRETS.sub("***", text)',
        "return text",
        ("tests/cli/test_log.py::test_what_looks_like_a_secret_is_starred",),
    ),
    Net(
        "Security: a record of the log is one printable line",
        "cli/logs.py",
        'return text.encode("unicode_escape").decode("ascii")',
        "return text",
        ("tests/cli/test_log.py",),
    ),
    Net(
        "Security: the log is ours alone",
        "cli/logs.py",
        "os.fchmod(descriptor, 0o600)",
        "pass",
        ("tests/cli/test_log.py::test_a_log_that_others_could_read_is_closed_to_them",),
    ),
    Net(
        "Security: the log rotates",
        "cli/logs.py",
        ("            self._rotate()\n"),
        "",
        ("tests/cli/test_log.py::test_it_rotates",),
    ),
    Net(
        "Security: the HTTP library's own log is off",
        "cli/logs.py",
        "logging.getLogger(name).setLevel(logging.WARNING)",
        "logging.getLogger(name).setLevel(logging.DEBUG)",
        (
            "tests/cli/test_log.py::test_the_libraries_that_print_whole_addresses_are_silent_even_when_verbose",
        ),
    ),
    Net(
        "Security: TEXTUAL_LOG and its like are ignored",
        "cli/run.py",
        "del os.environ[name]",
        "pass",
        ("tests/cli/test_command_line.py::test_textual_log_variables_and_core_dumps_are_off",),
    ),
    Net(
        "Security: the bundle is without addresses",
        "cli/redaction.py",
        'text = _MAIL.sub("<mail>", text)',
        "pass",
        ("tests/cli/test_log.py::test_a_bundle_has_no_names_ids_and_addresses",),
    ),
    Net(
        "Security: a damaged cache is rebuilt",
        "store/recovery.py",
        'rebuild_cache(database, f"damaged ({error})", now)',
        "raise",
        ("tests/store/test_opening.py::test_row_63_a_broken_cache_is_put_aside_and_rebuilt",),
    ),
    Net(
        "Security: a forged header is never obeyed",
        "vault/encrypted.py",
        ("            or cost not in COSTS_READ\n"),
        "",
        ("tests/vault/test_sealed.py::test_row_60_giant_parameters_are_never_tried",),
    ),
    Net(
        "Security: the header of a sealed file is authenticated",
        "vault/encrypted.py",
        ".decrypt(nonce, sealed, header)",
        '.decrypt(nonce, sealed, b"")',
        ("tests/vault/test_sealed.py::test_what_is_sealed_opens_with_the_same_passphrase_only",),
    ),
    Net(
        "Data: of a damaged file only texts whose hash is right are taken over",
        "store/salvage.py",
        'if not isinstance(values["text"], str) or body_hash(values["text"]) != values["sha256"]:',
        'if not isinstance(values["text"], str):',
        (
            "tests/store/test_opening.py::test_newer_drafts_of_a_damaged_file_are_kept_beside_the_restored_copy",
        ),
    ),
    Net(
        "Data: one program at a time refreshes an account",
        "workers/runtime/leases.py",
        ("        if not self._lock():\n            return False\n        if not self._take_row():"),
        ("        if not self._lock():\n            return True\n        if False:"),
        ("tests/workers/test_sync_apart.py",),
    ),
    Net(
        "Data: a signal saves what is being written",
        "tui/shutdown.py",
        (
            "    async def _end(self, code: int) -> None:\n"
            "        self._keep_frame()\n"
            "        await self._save_screens()"
        ),
        ("    async def _end(self, code: int) -> None:\n        self._keep_frame()"),
        ("tests/tui/test_real_terminal.py::test_signals_end_it_cleanly_and_save_what_was_typed",),
    ),
    Net(
        "Security: no control byte leaves for the terminal",
        "tui/runtime/output_filter.py",
        "if all(is_safe_text(segment.text) for segment in segments if not segment.control):",
        "if True:",
        ("tests/hostile/test_fuzz.py",),
    ),
    Net(
        "Security: values of a filter are bound",
        "store/hot/filter_sql.py",
        ("        tuple(map(str, values) if isinstance(values[0], str) else values),\n"),
        ("        (),\n"),
        ("tests/hostile/test_fuzz_texts.py::test_any_query_reads_rows_or_is_refused_and_writes_nothing",),
    ),
    Net(
        "Security: a customer's text is no variable of a template",
        "core/replies/templates.py",
        '.replace("{", "(").replace("}", ")")',
        "",
        ("tests/core/test_templates.py",),
    ),
    Net(
        "Security: a data file is ours alone from the first byte",
        "store/integrity.py",
        "os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))",
        "os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))",
        ("tests/store/test_opening.py::test_row_61_everything_is_private_whatever_the_umask",),
    ),
    Net(
        "Security: a crash shows no local variables",
        "tui/runtime/base_app.py",
        "self._exit_renderables.append(cell(self.explain_fatal_error(error)))",
        "super()._fatal_error()",
        (
            "tests/hostile/test_crashpoints.py::test_rows_57_and_59_a_crash_of_a_screen_shows_nothing_on_the_terminal",
        ),
    ),
    Net(
        "Security: what a crash says is starred",
        "cli/logs.py",
        "text = redact(super().format(record))",
        "text = super().format(record)",
        (
            "tests/hostile/test_crashpoints.py::test_row_57_a_crash_of_a_worker_with_the_key_at_hand_shows_nothing",
        ),
    ),
    Net(
        "Data: a copy is made before an older file is carried forward",
        "store/recovery.py",
        '"DELETE", "FULL", before=before',
        '"DELETE", "FULL"',
        (
            "tests/store/test_migrations.py::test_row_66_a_kill_while_migrating_leaves_old_or_new_never_between",
        ),
    ),
    Net(
        "D8: a page that comes is told at once",
        "workers/deliveries/deliveries.py",
        "if self._awake.wait(min(left, 0.5)):",
        "if stop.wait(min(left, 0.5)):",
        (f"{DELIVERIES}::test_the_background_tells_within_two_seconds_of_the_page",),
    ),
    Net(
        "Security: the nickname stays here when a reply is translated back",
        "workers/languages/assist.py",
        'TitledText("", masked(text, nickname)).cut()',
        'TitledText("", text).cut()',
        (f"{ASSIST}::test_a_reply_that_is_translated_back_leaves_without_the_nickname",),
    ),
    Net(
        "Security: another machine's engine is asked after somebody agreed",
        "workers/languages/assist.py",
        "if not agreed and self.must_ask():",
        "if False:",
        (f"{ASSIST}::test_a_remote_host_is_asked_for_once_and_loopback_never",),
    ),
    Net(
        "Security: an engine's redirect is not followed",
        "workers/languages/engines/exchange.py",
        "follow_redirects=False",
        "follow_redirects=True",
        (f"{ASSIST}::test_refusals_redirects_and_a_closed_port",),
    ),
    Net(
        "Security: an engine's program has no secret in its environment",
        "workers/languages/assist.py",
        "if name not in SECRET_VARIABLES}",
        "if name}",
        (f"{ASSIST}::test_a_command_reads_the_text_and_prints_the_answer",),
    ),
    Net(
        "Security: an agent gets no notes and tags",
        "cli/mcp_tools.py",
        'for own in ("note", "tags", "assignee", "snoozed_until"):',
        "for own in ():",
        ("tests/cli/test_mcp.py::test_an_agent_finds_and_reads_and_can_do_nothing_else",),
    ),
    Net(
        "Security: a webhook's signature covers its time",
        "workers/deliveries/senders/webhook.py",
        "hmac.new(key, signed, hashlib.sha256)",
        "hmac.new(key, body, hashlib.sha256)",
        (f"{SENDERS}::test_a_webhook_is_signed_and_its_body_has_the_promised_shape",),
    ),
    Net(
        "Security: what people wrote is no markup in a chat",
        "core/deliveries/messages.py",
        '.replace("<", "&lt;")',
        "",
        ("tests/core/deliveries/test_messages.py",),
    ),
    Net(
        "Security: a receiver's program has no secret in its environment",
        "workers/deliveries/senders/command.py",
        "environ = {name: tools.environ[name] for name in PASSED_ON if name in tools.environ}",
        "environ = dict(tools.environ)",
        (f"{SENDERS}::test_a_program_gets_one_line_of_json_and_no_secret",),
    ),
    Net(
        "Security: an answer that repeats a receiver's address is shown without it",
        "workers/deliveries/senders/http.py",
        "said = without_secrets(clean_line(answer.text)[:SAID], secrets)",
        "said = clean_line(answer.text)[:SAID]",
        (f"{SENDERS}::test_an_answer_that_repeats_the_address_is_shown_without_it",),
    ),
    Net(
        "Security: an assertion for Google goes to Google's addresses only",
        "sources/play/keys.py",
        "if not (googles or here) or",
        "if False or",
        ("tests/sources/play/test_keys.py::test_what_cannot_be_used_is_said",),
    ),
    Net(
        "Security: a download carries no token",
        "sources/apple/download.py",
        'headers={"accept": "*/*", "accept-encoding": "identity", "user-agent": USER_AGENT},',
        'headers={"accept": "*/*", "user-agent": USER_AGENT, "authorization": "Bearer token"},',
        ("tests/sources/apple/test_rows_40_to_42.py",),
    ),
    Net(
        "Security: a team's server is checked by its name",
        "store/queue/team/address.py",
        "if mode in _WEAK:",
        "if False:",
        ("tests/store/team/test_connection.py::test_less_than_a_checked_name_is_refused",),
    ),
    Net(
        "Security: what a team's database cannot store is taken out",
        "store/queue/team/driver.py",
        'return text.replace("\\x00", "")',
        "return text",
        ("tests/store/team/test_connection.py::test_what_cannot_be_stored_is_taken_out_of_a_text",),
    ),
    Net(
        "Security: only the text that was read is published",
        "store/queue/team/schema/40-replies.sql",
        "AND encode(sha256(convert_to(o.text, 'UTF8')), 'hex') = p_sha AND o.sha256 = p_sha;",
        ";",
        ("tests/store/team/test_rights.py::test_only_the_text_that_was_read_is_published",),
    ),
)
"""The first ones are the fixed sample."""


def holds(net: Net) -> str:
    """Takes the net out of a copy of the source and runs its tests; "" when they turned red."""
    with tempfile.TemporaryDirectory(prefix="ascinbox-nets-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        path = source / "ascinbox" / net.file
        text = path.read_text(encoding="utf-8")
        if text.count(net.line) != 1:
            return f"the line occurs {text.count(net.line)} times in {net.file}"
        path.write_text(text.replace(net.line, net.without), encoding="utf-8")
        environ = {
            **os.environ,
            "PYTHONPATH": str(source),
            "PYTHONDONTWRITEBYTECODE": "1",
            "FULL_EXAMPLES": "1",
        }
        where = subprocess.run(
            [sys.executable, "-c", "import ascinbox; print(ascinbox.__file__)"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if not where.stdout.startswith(folder):
            return f"the copy is not what is imported: {where.stdout.strip()}"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            *net.tests,
        ]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=LIMIT_S
            )
        except subprocess.TimeoutExpired:
            return f"its tests took more than {LIMIT_S} s"
    if done.returncode == 1:
        return ""
    if done.returncode == 0:
        return f"its tests stay green: {', '.join(net.tests)}"
    return f"pytest ended with {done.returncode}: {done.stdout[-400:]}"


def main(arguments: list[str]) -> int:
    """Runs the chosen nets; 1 when one of them is missed by nobody."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=6, metavar="N", help="the first N of the table")
    parser.add_argument("--all", action="store_true", help="every net")
    parser.add_argument("--only", metavar="WORDS", help="those whose promise begins so")
    options = parser.parse_args(arguments)
    chosen = NETS if options.all else NETS[: options.sample]
    if options.only:
        chosen = tuple(net for net in NETS if net.promise.startswith(options.only))
    missed = 0
    for net in chosen:
        why = holds(net)
        missed += bool(why)
        print(f"net {'FAILED' if why else 'ok':6} {net.promise}{': ' + why if why else ''}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
