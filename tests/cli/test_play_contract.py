"""What scripts are promised of Google Play: fields of reviews, imports, refusals, addresses, odd texts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.text import clean_body, clean_line
from ascinbox.simulator.play.world import COLUMNS, PlayReview, monthly_csv
from tests.cli.play_desk import MOON, TIDE, Google, googles

ISO_CODES = {"en_US": "en", "es_419": "es", "pt_BR": "pt", "iw": "he", "in": "id", "zh_CN": "zh"}


def moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"


def expected(review: PlayReview) -> dict[str, Any]:
    """A review as `reviews --json` promises it, from what is at Google."""
    return {
        "id": f"play:{review.package}:{review.id}",
        "account": "Android",
        "app": {"id": review.package, "name": review.package},
        "rating": review.stars,
        "title": clean_line(review.title),
        "body": clean_body(review.body),
        "nickname": review.author,
        "created_at": moment(review.modified),
        "territory": None,
        "reply": None
        if not review.reply
        else {"text": review.reply, "state": "published", "modified_at": moment(review.replied)},
        "app_version": review.version[1],
        "language": ISO_CODES.get(review.language, review.language),
        "store": "play",
        "device": review.device,
    }


@pytest.mark.slow
def test_two_thousand_reviews_are_synced_field_for_field(tmp_path: Path) -> None:
    with googles(tmp_path, reviews=1500, page_limit=100) as google:
        truth = {
            f"play:{package}:{review.id}": review
            for package in (TIDE, MOON)
            for review in google.sim.world.listed(package, google.sim.now())
        }
        assert len(truth) >= 1990
        google.link()
        assert google.run("sync").returncode == 0
        listed = google.json("reviews", "--limit", "0")["reviews"]
        assert {entry["id"] for entry in listed} == set(truth)
        wrong = [
            (field, value, entry[field])
            for entry in listed
            for field, value in expected(truth[entry["id"]]).items()
            if entry[field] != value
        ]
        assert wrong == []
        before = google.sim.gets(TIDE), google.sim.gets(MOON)
        assert google.run("sync").returncode == 0
        assert google.sim.gets(TIDE) - before[0] <= 2
        assert google.sim.gets(MOON) - before[1] <= 2


def test_a_name_of_ones_own_takes_the_place_of_the_package(google: Google) -> None:
    google.link()
    google.run("sync")
    assert {e["app"]["name"] for e in google.json("reviews", "--limit", "0")["reviews"]} == {TIDE, MOON}
    config = google.folder / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f'[apps]\n"Tide Clock" = ["{TIDE}"]\n', "utf-8")
    named = {(e["app"]["id"], e["app"]["name"]) for e in google.json("reviews", "--limit", "0")["reviews"]}
    assert named == {(TIDE, "Tide Clock"), (MOON, MOON)}


# --- addresses ---


@pytest.mark.parametrize("variable", ["ASCINBOX_PLAY_URL", "ASCINBOX_PLAY_STORAGE_URL"])
@pytest.mark.parametrize(
    "url", ["http://10.0.0.7", "http://androidpublisher.googleapis.com", "https://a:b@c.de"]
)
def test_a_stand_in_is_on_this_machine_or_encrypted(google: Google, variable: str, url: str) -> None:
    google.variables[variable] = url
    done = google.link("--bucket", google.sim.world.bucket)
    assert done.returncode == 3
    assert variable in done.stderr
    assert google.json("accounts")["accounts"] == []
    assert google.sim.seen == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/token",
        "http://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com:444/t",
    ],
)
def test_an_assertion_is_shown_to_googles_address_or_this_machine_only(google: Google, uri: str) -> None:
    file = google.account.write(google.folder / "keys", uri)
    done = google.run(
        "link", "--store", "play", "--name", "Android", "--service-account", str(file), "--packages", TIDE
    )
    assert done.returncode == 2
    assert "token_uri of the service account is not Google's" in done.stderr
    assert google.sim.seen == []


# --- keys ---


def with_document(google: Google, change: dict[str, Any]) -> str:
    """The account's file with other values in it."""
    file = Path(google.file())
    document = json.loads(file.read_text("utf-8")) | change
    file.write_text(
        json.dumps({name: value for name, value in document.items() if value is not None}), "utf-8"
    )
    return str(file)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "authorized_user"}, "no service account"),
        ({"type": None}, "no service account"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nMIIE"}, "private key"),
        ({"private_key": None}, "has no private_key"),
        ({"client_email": "nobody"}, "client_email cannot be right"),
    ],
)
def test_a_file_that_is_no_service_account_has_its_sentence(
    google: Google, change: dict[str, Any], says: str
) -> None:
    file = with_document(google, change)
    done = google.run(
        "link", "--store", "play", "--name", "Android", "--service-account", file, "--packages", TIDE
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert "MII" not in done.stderr + done.stdout
    assert google.json("accounts")["accounts"] == []


def test_a_pem_whose_line_breaks_were_written_out_is_taken(google: Google) -> None:
    pem = str(google.account.document("")["private_key"])
    file = with_document(google, {"private_key": pem.replace("\n", "\\n")})
    done = google.run(
        *("link", "--store", "play", "--name", "Android", "--service-account", file),
        *("--packages", TIDE, "--vault", "file"),
    )
    assert done.returncode == 0, done.stderr
    assert google.run("sync").returncode == 0
    assert google.json("reviews")["total"] > 0


# --- files of past reviews ---


def past(google: Google, package: str = TIDE) -> list[PlayReview]:
    """What is at Google of a package, oldest first."""
    return sorted(google.sim.world.packages[package].values(), key=lambda review: review.submitted)


def imported(google: Google, content: bytes, name: str = f"reviews_{TIDE}_202611.csv") -> Any:
    path = google.folder / name
    path.write_bytes(content)
    return google.run("import", str(path), "--json")


def test_a_review_of_a_file_and_the_same_of_the_api_are_one(google: Google) -> None:
    google.link()
    google.run("sync")
    before = google.json("reviews", "--limit", "0")["reviews"]
    done = imported(google, monthly_csv(past(google)))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    after = {entry["id"]: entry for entry in google.json("reviews", "--limit", "0")["reviews"]}
    assert told["changed"] == 0
    assert len(after) == len(before) + told["new"]
    assert [after[entry["id"]] for entry in before] == before
    again = json.loads(imported(google, monthly_csv(past(google))).stdout)
    assert (again["new"], again["changed"], again["ratings"]) == (0, 0, 0)


def test_a_review_that_was_imported_first_is_known_when_it_is_synced(google: Google) -> None:
    google.link()
    told = json.loads(imported(google, monthly_csv(past(google))).stdout)
    google.run("sync")
    ids = [entry["id"] for entry in google.json("reviews", f"app:{TIDE}", "--limit", "0")["reviews"]]
    assert len(ids) == len(set(ids)) == told["new"]


def test_rows_without_text_count_as_ratings_and_are_no_reviews(google: Google) -> None:
    google.link()
    silent = [
        replace(r, body="", title="", reply="", stars=5, submitted=r.submitted - 60) for r in past(google)
    ]
    rows = [*silent, *silent]
    told = json.loads(imported(google, monthly_csv(rows)).stdout)
    assert (told["new"], told["ratings"]) == (0, len(silent))
    assert google.json("reviews")["total"] == 0
    assert json.loads(imported(google, monthly_csv(rows)).stdout)["ratings"] == 0


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("cut", "is cut"),
        ("half", "is cut"),
        ("report", "another report"),
        ("empty", "is empty"),
        ("binary", "no"),
    ],
)
def test_a_file_that_cannot_be_right_saves_nothing(google: Google, kind: str, says: str) -> None:
    google.link()
    whole = monthly_csv(past(google))
    content = {
        "cut": whole[: len(whole) * 2 // 3 // 2 * 2],
        "half": whole[: len(whole) // 2 // 2 * 2 + 1],
        "report": "Date,Package Name,Daily Crashes\n2026-11-01,com.example.tide,3\n".encode("utf-16"),
        "empty": b"",
        "binary": b"PK\x03\x04" + bytes(range(256)),
    }[kind]
    done = imported(google, content)
    assert done.returncode == 2
    assert says in done.stderr
    assert google.json("reviews")["total"] == 0


def test_one_bad_file_among_several_saves_none_of_them(google: Google) -> None:
    google.link()
    whole = monthly_csv(past(google))
    good, bad = google.folder / "a.csv", google.folder / "b.csv"
    good.write_bytes(whole)
    bad.write_bytes(whole[:-301])
    assert google.run("import", str(good), str(bad)).returncode == 2
    assert google.json("reviews")["total"] == 0


def test_utf_8_and_new_columns_are_read_and_said(google: Google) -> None:
    google.link()
    text = monthly_csv(past(google)).decode("utf-16").replace("Review Link\n", "Review Link,Mood\n", 1)
    head, *_ = text.splitlines()
    assert head.count(",") == len(COLUMNS)
    lines = re.sub(r"(?m)(PUBLIC_REVIEWS|,)$", r"\1,calm", text.split("\n", 1)[1])
    plain = imported(google, monthly_csv(past(google)).decode("utf-16").encode("utf-8"))
    assert plain.returncode == 0, plain.stderr
    told = json.loads(plain.stdout)
    assert told["new"] > 0
    assert any("UTF-8" in note for note in told["notes"])
    wider = json.loads(imported(google, f"{head}\n{lines}".encode("utf-16")).stdout)
    assert (wider["new"], wider["changed"]) == (0, 0)
    assert any("Mood" in note for note in wider["notes"])


def test_the_bucket_that_was_named_is_read_and_one_that_is_not_there_is_said(google: Google) -> None:
    refused = google.link("--bucket", "pubsite_prod_rev_00000000000000000000")
    assert "bucket" in (refused.stderr + refused.stdout).lower()
    google.run("unlink", "Android", "--yes")
    assert google.link("--bucket", f"gs://{google.sim.world.bucket}/reviews/").returncode == 0
    told = google.json("import")
    written = [r for p in (TIDE, MOON) for r in past(google, p) if r.body]
    assert told["new"] == len({r.id for r in written})
    entry = {e["id"]: e for e in google.json("reviews", "--limit", "0")["reviews"]}
    for review in written:
        shown = entry[f"play:{review.package}:{review.id}"]
        told_by_file = {k: v for k, v in expected(review).items() if k != "nickname"}
        assert {k: shown[k] for k in told_by_file} == told_by_file
        # The files do not tell who wrote it.
        assert shown["nickname"] == ""


def test_a_sync_reads_the_bucket_once_a_day_and_then_only_what_may_have_changed(google: Google) -> None:
    google.link("--bucket", google.sim.world.bucket)
    first = google.run("sync", "--only", "history")
    assert first.returncode == 0, first.stderr
    written = {r.id for p in (TIDE, MOON) for r in past(google, p) if r.body}
    assert google.json("reviews")["total"] == len(written)

    def downloads() -> int:
        return sum("/o/" in seen.path for seen in google.sim.seen)

    whole = downloads()
    assert whole > 4
    google.run("sync", "--only", "history")
    assert downloads() == whole
    assert google.run("sync", "--only", "history", "--full").returncode == 0
    assert downloads() == 2 * whole
    assert google.json("reviews")["total"] == len(written)


def test_without_a_bucket_a_sync_asks_for_no_files(google: Google) -> None:
    google.link()
    assert google.json("sync")["accounts"][0]["datasets"].keys() == {"reviews", "replies"}
    assert not any("/storage/" in seen.path for seen in google.sim.seen)


# --- texts and documents that nobody expects ---


@dataclass(slots=True)
class OddReview(PlayReview):
    """A review whose document is given as it is."""

    raw: Any = None

    def document(self, *, translated: str = "") -> Any:
        return self.raw


def planted(google: Google, raw: Any) -> str:
    """Puts a document on top of the list; the id of its review."""
    now = google.sim.now()
    odd = OddReview("odd1", TIDE, "x", "", "x", 1, now - 60, now - 60, raw=raw)
    google.sim.world.packages[TIDE]["odd1"] = odd
    return f"play:{TIDE}:odd1"


def comment(google: Google, **values: Any) -> dict[str, Any]:
    at = {"seconds": str(int(google.sim.now()) - 60), "nanos": 5}
    user = {"text": "\tgood", "lastModified": at, "starRating": 4, "reviewerLanguage": "de"} | values
    return {"reviewId": "odd1", "authorName": "Ada", "comments": [{"userComment": user}]}


HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\u202c\u2066x\u2069\x00\x08\ufeff"


def found(google: Google, identifier: str) -> dict[str, Any] | None:
    listed = google.json("reviews", "--limit", "0")["reviews"]
    return next((entry for entry in listed if entry["id"] == identifier), None)


def test_no_word_of_a_review_reaches_the_terminal_as_a_command(google: Google) -> None:
    raw = comment(google, text=f"{HOSTILE}title\t{HOSTILE}body", device=HOSTILE, appVersionName=HOSTILE)
    raw["authorName"] = HOSTILE
    raw["comments"].append({"developerComment": {"text": HOSTILE + "reply", "lastModified": None}})
    identifier = planted(google, raw)
    google.link()
    assert google.run("sync").returncode == 0
    entry = found(google, identifier)
    assert entry is not None
    assert entry["reply"]["text"].endswith("reply")
    for text in (*map(str, entry.values()), google.run("reviews", "--limit", "0").stdout):
        assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) is None


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("\tonly body", "", "only body"),
        ("only title\t", "only title", ""),
        ("a\tb\tc", "a", "b    c"),
        ("no tab", "", "no tab"),
        ("\t\t\t", "", ""),
        ("x" * 10_000, "", "x" * 10_000),
        ("ü" * 100 + "\t" + "日本" * 5_000, "ü" * 100, "日本" * 5_000),
    ],
)
def test_tabs_and_long_texts_are_kept_whole(google: Google, text: str, title: str, body: str) -> None:
    identifier = planted(google, comment(google, text=text))
    google.link()
    assert google.run("sync").returncode == 0
    entry = found(google, identifier)
    assert entry is not None
    assert (entry["title"], entry["body"].replace("\t", " ").strip()) == (title, body)


@pytest.mark.parametrize(
    "values",
    [
        {"text": None},
        {"starRating": None, "device": None, "appVersionName": None, "appVersionCode": None},
        {"reviewerLanguage": None, "androidOsVersion": None, "thumbsUpCount": None},
        {"lastModified": None},
        {"lastModified": {"seconds": None}},
        {"lastModified": {"seconds": "abc", "nanos": "x"}},
        {"lastModified": "2026-11-01T00:00:00Z"},
        {"starRating": 9, "thumbsUpCount": -4, "device": ["x"], "reviewerLanguage": {"a": 1}},
    ],
)
def test_fields_that_are_null_or_of_another_kind_spoil_nothing(
    google: Google, values: dict[str, Any]
) -> None:
    identifier = planted(google, comment(google, **values))
    google.link()
    others = len(google.sim.world.listed(TIDE, google.sim.now())) + len(
        google.sim.world.listed(MOON, google.sim.now())
    )
    done = google.run("sync")
    assert done.returncode == 0, done.stderr
    assert found(google, identifier) is not None
    assert google.json("reviews")["total"] == others


@pytest.mark.parametrize("seconds", [1_790_000_000, "1790000000"])
def test_seconds_are_read_as_number_and_as_text(google: Google, seconds: object) -> None:
    identifier = planted(google, comment(google, lastModified={"seconds": seconds, "nanos": 999_999_999}))
    google.link()
    done = google.run("sync")
    assert done.returncode == 0, done.stderr
    entry = found(google, identifier)
    assert entry is not None
    assert entry["created_at"] == moment(1_790_000_000)


@pytest.mark.parametrize(
    "raw",
    [
        {"reviewId": "odd1", "authorName": "Ada", "comments": []},
        {"reviewId": "odd1", "authorName": "Ada"},
        {"reviewId": "odd1", "comments": [{"developerComment": {"text": "ours"}}]},
        {"reviewId": "odd1", "comments": [{"userComment": None}]},
        {"reviewId": None, "comments": None},
        {"reviewId": "x" * 400, "comments": [{"userComment": {"text": "x"}}]},
        None,
        "text",
        [],
    ],
)
def test_an_item_without_a_customers_comment_is_left_out_alone(google: Google, raw: Any) -> None:
    whole = sum(len(google.sim.world.listed(package, google.sim.now())) for package in (TIDE, MOON))
    planted(google, raw)
    google.link()
    google.run("sync")
    assert google.json("reviews")["total"] == whole
