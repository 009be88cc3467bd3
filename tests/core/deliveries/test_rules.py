"""notify.toml: what is understood, and where what is not is named."""

from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascinbox.core.deliveries.rules import DestinationKind, RuleFile, read_rules

WHOLE = """\
# who is told
[[destination]]
name = "team"
kind = "slack"
url = "vault:team"

[[destination]]
name = "hook"
kind = "webhook"
url = "env:HOOK"
secret = ["vault:new", "vault:old"]

[[destination]]
name = "post"
kind = "email"
host = "mail.example.com"
from = "reviews@example.com"
to = ["a@example.com", "b@example.com"]
user = "env:MAIL_USER"
password = "env:MAIL_PASSWORD"

[[rule]]
name = "low stars"
when = 'rating:<=2 "white screen"'
on = ["review.new", "review.changed"]
to = ["team", "hook"]
quiet = "22:00-07:00"
at_most = "10/h"
text = false
do = ["tag:low", "assign:anna", "flag"]
"""


def read(text: str) -> RuleFile:
    return read_rules(tomllib.loads(text), text, "notify.toml")


def only(text: str) -> str:
    (problem,) = read(text).problems
    return problem


def test_the_whole_language_is_understood() -> None:
    found = read(WHOLE)
    assert found.problems == ()
    assert list(found.destinations) == ["team", "hook", "post"]
    hook, post = found.destinations["hook"], found.destinations["post"]
    assert hook.secrets == ("vault:new", "vault:old")
    assert hook.references == ("env:HOOK", "vault:new", "vault:old")
    assert (post.port, post.tls, post.recipients) == (587, "starttls", ("a@example.com", "b@example.com"))
    assert post.references == ("env:MAIL_USER", "env:MAIL_PASSWORD")
    (rule,) = found.rules
    assert rule.to == ("team", "hook")
    assert rule.on == {"review.new", "review.changed"}
    assert rule.rate is not None
    assert (rule.rate.count, rule.rate.within) == (10, timedelta(hours=1))
    assert rule.do is not None
    assert (rule.do.tag, rule.do.assign, rule.do.flag) == (("low",), "anna", True)
    assert not rule.text


def test_a_rule_without_a_filter_is_about_every_new_review() -> None:
    (rule,) = read('[[rule]]\nname = "all"\ndo = ["flag"]').rules
    assert (rule.when, set(rule.on), rule.text) == ("", {"review.new"}, True)


def test_receivers_with_a_key() -> None:
    assert {kind for kind in DestinationKind if kind.keyed} == {"webhook", "zendesk", "email"}


def place_of(text: str, key: str, offset: int) -> str:
    """Where the last line that sets `key` to the wrong value has it; the header's place for no such line."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(f"{key} = "):
            found = f"{number}:{len(key) + 4 + (line[len(key) + 3] in QUOTES) + offset}"
            if "WRONG" in line:
                return found.replace("WRONG", "")
    raise AssertionError(key)


QUOTES = "\"'"


@pytest.mark.parametrize(
    ("find", "put", "key", "offset", "said"),
    [
        ("when = 'rating:<=2", "when = 'is:new rating:<=9 WRONG", "when", 14, "rating"),
        ('kind = "slack"', 'kind = "slackWRONG"', "kind", 0, "did you mean slack"),
        ('"review.changed"', '"review.changedWRONG"', "on", 0, "did you mean review.changed"),
        ('"team", "hook"', '"teamWRONG", "hook"', "to", 0, "no destination 'teamWRONG'"),
        ('url = "vault:team"', 'url = "https://slack.example/WRONG/SECRET"', "url", 0, "notify secret"),
        ('quiet = "22:00-07:00"', 'quiet = "WRONG"', "quiet", 0, "two times"),
        ('at_most = "10/h"', 'at_most = "WRONG"', "at_most", 0, "10/h"),
        ('at_most = "10/h"', 'at_mots = "WRONG"', "at_mots", 0, "did you mean at_most"),
        ("text = false", "text = 1 # WRONG", "text", 0, "true or false"),
        ('"flag"]', '"WRONG"]', "do", 0, "no deed"),
        ('to = ["a@example.com", "b@example.com"]', "to = [] # WRONG", "to", 0, "e-mail addresses"),
        ('user = "env', 'tls = "none" # WRONG\nuser = "env', "tls", 0, "this machine only"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_column(
    find: str, put: str, key: str, offset: int, said: str
) -> None:
    assert find in WHOLE
    text = WHOLE.replace(find, put, 1)
    problems = read(text).problems
    place = place_of(text, key, offset)
    assert any(f"notify.toml:{place}: " in one and said in one for one in problems), (place, problems)
    assert "SECRET" not in " ".join(problems)


def test_the_rest_works_when_one_part_is_broken() -> None:
    found = read(WHOLE.replace('kind = "slack"', 'kind = "pigeon"'))
    assert list(found.destinations) == ["hook", "post"]
    assert found.rules[0].to == ("hook",)
    assert "team" in found.written


def test_a_filter_that_can_never_fit_an_event_is_named() -> None:
    text = '[[rule]]\nname = "a"\nwhen = "rating:1"\non = ["health.changed"]\ndo = ["flag"]'
    assert "notify.toml:3:9" in only(text)
    assert read(text.replace("rating:1", "acct:north")).problems == ()


def test_two_of_one_name_are_one_too_many() -> None:
    rule = '[[rule]]\nname = "a"\ndo = ["flag"]\n'
    assert "notify.toml:5:9" in only(rule + rule)
    assert len(read(rule + rule).rules) == 1


def test_a_rule_that_does_nothing_is_named() -> None:
    assert "needs a destination" in only('[[rule]]\nname = "a"')


KEYS = ("name", "kind", "url", "to", "on", "when", "send", "quiet", "at_most", "do", "secret")
ODD = (None, 3, "", "x", "slack", "webhook", "review.new", "now", "rating:1", ["x"], [1])
_ENTRY = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD), max_size=6)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ENTRY, max_size=2), st.lists(_ENTRY, max_size=2))
def test_nothing_that_toml_can_say_breaks_the_reader(destinations: list[object], rules: list[object]) -> None:
    found = read_rules({"destination": destinations, "rule": rules}, "", "notify.toml")
    assert all(problem.startswith("notify.toml") for problem in found.problems)
