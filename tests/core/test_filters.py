"""The filter language: parsing, canonical text, errors, completion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.filters import (
    KEYS,
    MAX_LENGTH,
    NAMES,
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    Completion,
    FilterError,
    Has,
    HasTerm,
    IsTerm,
    LanguageTerm,
    Mark,
    Query,
    RatingTerm,
    Sort,
    SortKey,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    Words,
    choose,
    complete,
    parse,
)
from ascinbox.core.reviews.states import NEEDS_YOU, State
from tests.hostile.fuzzing import fuzz

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def read(text: str) -> Query:
    return parse(text, now=NOW)


def one(text: str) -> Term:
    (term,) = read(text).terms
    return term


def refusal(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        read(text)
    return caught.value


class TestTerms:
    def test_the_example(self) -> None:
        query = read(
            "app:tide acct:north rating:<=2 is:unanswered lang:ja territory:DE,AT since:7d "
            'tag:crash -refund "white screen" sort:oldest'
        )
        assert query == Query(
            (
                AppTerm(("tide",)),
                AccountTerm(("north",)),
                RatingTerm((1, 2)),
                IsTerm(("unanswered",)),
                LanguageTerm(("ja",)),
                TerritoryTerm(("DEU", "AUT")),
                TimeTerm("since", "7d", NOW - timedelta(days=7), None),
                TagTerm(("crash",)),
                TextTerm((Words(("refund",), False, "refund"),), negated=True),
                TextTerm((Words(("white", "screen"), True, "white screen"),)),
            ),
            Sort(SortKey.OLDEST),
        )

    def test_nothing_is_everything(self) -> None:
        assert read("") == read("  \t\n") == Query()
        assert str(Query()) == ""

    @pytest.mark.parametrize(
        ("text", "ratings"),
        [
            ("1", (1,)),
            ("1,5", (1, 5)),
            ("<=2", (1, 2)),
            ("<3", (1, 2)),
            (">3", (4, 5)),
            (">=4", (4, 5)),
            ("2..4", (2, 3, 4)),
            ("..2", (1, 2)),
            ("4..", (4, 5)),
            ("=3", (3,)),
            ("5,<=2", (1, 2, 5)),
            ("1*", (1,)),
        ],
    )
    def test_rating(self, text: str, ratings: tuple[int, ...]) -> None:
        assert one(f"rating:{text}") == RatingTerm(ratings)
        assert read(str(read(f"rating:{text}"))) == read(f"rating:{text}")

    def test_is(self) -> None:
        term = one("is:needs-reply,pending,mine,Unanswered")
        assert isinstance(term, IsTerm)
        assert term.states == NEEDS_YOU | {State.PENDING}
        assert term.marks == (Mark.MINE, Mark.UNANSWERED)
        answered = one("is:answered")
        assert isinstance(answered, IsTerm)
        assert answered.states == frozenset()
        assert answered.marks == (Mark.ANSWERED,)

    def test_every_state_word_is_known(self) -> None:
        for state in State:
            assert read(f"is:{state.word}").terms

    def test_has_tag_assignee_by(self) -> None:
        has = one("has:note,tag")
        assert isinstance(has, HasTerm)
        assert has.things == (Has.NOTE, Has.TAG)
        assert one("tag:Crash,crash") == TagTerm(("crash",))
        assert one("assignee:Anna") == AssigneeTerm(("anna",))
        assert one('by:"Maxi B"') == ByTerm(("Maxi B",))

    @pytest.mark.parametrize("text", ["DE", "deu", "Germany", "germany,DE"])
    def test_territory(self, text: str) -> None:
        assert one(f"territory:{text}") == TerritoryTerm(("DEU",))

    def test_language(self) -> None:
        assert one("lang:ja,pt-BR,German,no") == LanguageTerm(("ja", "pt", "de", "nb"))

    def test_removed_reviews_are_shown_only_when_asked_for(self) -> None:
        assert read("is:removed").shows_removed
        assert not read("-is:removed").shows_removed
        assert not read("is:done").shows_removed

    def test_aliases(self) -> None:
        assert read("account:north country:DE stars:1") == read("acct:north territory:DE rating:1")

    def test_leading_commas_are_nothing(self) -> None:
        assert read(",app:tide ,-crash") == read("app:tide -crash")

    def test_duplicates_vanish(self) -> None:
        assert read("crash crash is:new is:new") == read("crash is:new")

    def test_words(self) -> None:
        assert one("Stürzt") == TextTerm((Words(("sturzt",), False, "Stürzt"),))
        assert one("起動") == TextTerm((Words(("起", "動"), False, "起動"),))
        assert one("crash,freeze,") == TextTerm(
            (Words(("crash",), False, "crash"), Words(("freeze",), False, "freeze"))
        )
        assert one("12:30") == TextTerm((Words(("12", "30"), False, "12:30"),))
        assert one('"say \\"hi\\""') == TextTerm((Words(("say", "hi"), True, 'say "hi"'),))

    def test_patterns(self) -> None:
        assert Words(("white", "scr"), False, "").pattern == " white scr"
        assert Words(("white", "screen"), True, "").pattern == " white screen "


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "after", "before"),
        [
            ("since:12h", datetime(2026, 11, 21, 2, 2, tzinfo=UTC), None),
            ("since:3w", datetime(2026, 10, 31, 14, 2, tzinfo=UTC), None),
            ("since:2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), None),
            ("since:>2026-11-01", datetime(2026, 11, 2, tzinfo=UTC), None),
            ("since:<2026-11-01", None, datetime(2026, 11, 1, tzinfo=UTC)),
            ("since:<=2026-11-01", None, datetime(2026, 11, 2, tzinfo=UTC)),
            ("since:=2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
            ("until:2026-11-01", None, datetime(2026, 11, 2, tzinfo=UTC)),
            ("until:7d", None, datetime(2026, 11, 14, 14, 2, tzinfo=UTC)),
            ("until:>=2026-11", datetime(2026, 11, 1, tzinfo=UTC), None),
            ("until:2026-12", None, datetime(2027, 1, 1, tzinfo=UTC)),
            ("until:2026", None, datetime(2027, 1, 1, tzinfo=UTC)),
            (
                "since:2026-11-01..2026-11-03",
                datetime(2026, 11, 1, tzinfo=UTC),
                datetime(2026, 11, 4, tzinfo=UTC),
            ),
            ("since:..2026-11-03", None, datetime(2026, 11, 4, tzinfo=UTC)),
            (
                "since:14d..7d",
                datetime(2026, 11, 7, 14, 2, tzinfo=UTC),
                datetime(2026, 11, 14, 14, 2, tzinfo=UTC),
            ),
            ("since:today", datetime(2026, 11, 21, tzinfo=UTC), None),
            ("since:=yesterday", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
            ("since:2026-11-01T14:02", datetime(2026, 11, 1, 14, 2, tzinfo=UTC), None),
            ("since:2026-11-01T14:02:03+02:00", datetime(2026, 11, 1, 12, 2, 3, tzinfo=UTC), None),
        ],
    )
    def test_spans(self, text: str, after: datetime | None, before: datetime | None) -> None:
        term = one(text)
        assert isinstance(term, TimeTerm)
        assert (term.after, term.before) == (after, before)
        assert read(str(read(text))) == read(text)

    def test_days_begin_at_the_readers_midnight(self) -> None:
        berlin = timezone(timedelta(hours=1))
        (term,) = parse("since:2026-11-01", now=NOW.astimezone(berlin)).terms
        assert isinstance(term, TimeTerm)
        assert term.after == datetime(2026, 10, 31, 23, tzinfo=UTC)

    def test_a_kept_query_stays_relative(self) -> None:
        text = str(read("since:7D"))
        assert text == "since:7d"
        (term,) = parse(text, now=NOW + timedelta(days=1)).terms
        assert isinstance(term, TimeTerm)
        assert term.after == NOW - timedelta(days=6)

    @pytest.mark.parametrize(
        "text",
        [
            "x",
            "7y",
            "2026-13-01",
            "2026-02-30",
            "0000-01-01",
            "9999-12-31",
            "9999",
            "999999w",
            "..",
            "3d..7d",
            "7d,3d",
            "<=",
            "2026-11-01..2026-10-01",
            "=7d",
            "0001-01-01T00:00+14:00",
            "-7d",
        ],
    )
    def test_nonsense(self, text: str) -> None:
        refusal(f"since:{text}")
        refusal(f"until:{text}")


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "title", "start", "end"),
        [
            ("terr:DE", "no such key terr: did you mean territory:?", 0, 5),
            ("crash -terr:DE", "no such key terr: did you mean territory:?", 7, 12),
            ("ratign:1", "no such key ratign: did you mean rating:?", 0, 7),
            ("https://x", "no such key https: put it in quotes to search for the text", 0, 6),
            ("a is:unanswerd", "is: has no unanswerd: did you mean is:unanswered?", 5, 14),
            ("has:cheese", "has: has no cheese", 4, 10),
            ("app:", "app: needs a value", 0, 4),
            ('app:""', "app: needs a value", 0, 6),
            ("app:...", "app: needs letters or digits", 4, 7),
            ("-", "nothing to search for here", 0, 1),
            (",,", "nothing to search for here", 0, 2),
            ('a,""', "nothing to search for here", 0, 4),
            ("a ,", "nothing to search for here", 2, 3),
            ('x "white scr', "this quote is not closed", 2, 12),
            ("rating:7", "rating: takes 1 to 5, <=2 or 2..4, not 7", 7, 8),
            ("rating:<1", "no rating is <1: they go from 1 to 5", 7, 9),
            ("rating:4..2", "no rating is 4..2: they go from 1 to 5", 7, 11),
            ("territory:Germny", "no such territory Germny: did you mean Germany (DEU)?", 10, 16),
            ("territory:QQ", "no such territory QQ", 10, 12),
            ("territory:zzz", "no such territory zzz", 10, 13),
            ("lang:klingon", "no such language klingon", 5, 12),
            ("sort:wurst", "sort: has no wurst", 0, 10),
            ("sort:oldest sort:newest", "sort: is there twice", 12, 23),
            ("-sort:oldest", "sort: takes one order, such as sort:-rating", 0, 12),
            ("…", "… cannot be searched for", 0, 1),
            (
                "x" * (MAX_LENGTH + 1),
                f"a query has at most {MAX_LENGTH} characters",
                MAX_LENGTH,
                MAX_LENGTH + 1,
            ),
        ],
    )
    def test_sentences_and_places(self, text: str, title: str, start: int, end: int) -> None:
        error = refusal(text)
        assert error.title == title
        assert (error.start, error.end) == (start, end)

    def test_it_is_a_usage_error(self) -> None:
        assert refusal("foo:x").exit_code == 3
        assert "territory:" in refusal("foo:x").next_step

    def test_long_values_are_shortened_in_messages(self) -> None:
        assert len(refusal("territory:" + "x" * 500).title) < 100


class TestSort:
    @pytest.mark.parametrize(
        ("text", "sort"),
        [
            ("newest", Sort()),
            ("oldest", Sort(SortKey.OLDEST)),
            ("-oldest", Sort()),
            ("-newest", Sort(SortKey.OLDEST)),
            ("rating", Sort(SortKey.RATING)),
            ("-rating", Sort(SortKey.RATING, reverse=True)),
            ("CHANGED", Sort(SortKey.CHANGED)),
            ("longest", Sort(SortKey.LONGEST)),
        ],
    )
    def test_orders(self, text: str, sort: Sort) -> None:
        assert read(f"sort:{text}").sort == sort

    def test_the_default_is_not_written(self) -> None:
        assert str(read("sort:newest crash")) == "crash"
        assert str(read("sort:-rating crash")) == "crash sort:-rating"


class TestQuery:
    def test_narrow_and_widen(self) -> None:
        query = read("crash is:new")
        narrower = query.adding(RatingTerm((1,)), IsTerm(("new",)))
        assert str(narrower) == "crash is:new rating:1"
        assert str(narrower.without(IsTerm, TextTerm)) == "rating:1"
        assert str(query.with_sort(Sort(SortKey.OLDEST))) == "crash is:new sort:oldest"

    @pytest.mark.parametrize(
        "value",
        [
            "Tide Clock",
            "a,b",
            'say "hi"',
            "back\\slash",
            "-minus",
            "<b>",
            "a:b",
            "x..y",
            "it's",
            "潮時計",
            "c++",
        ],
    )
    def test_any_name_survives_quoting(self, value: str) -> None:
        query = Query((AppTerm((value, "x")), TextTerm((Words(("a",), True, value),))))
        app, text = read(str(query)).terms
        assert app == AppTerm((value, "x"))
        assert isinstance(text, TextTerm)
        assert text.options[0].text == value

    def test_the_same_values_under_another_key_are_another_term(self) -> None:
        assert len({TagTerm(("a",)), ByTerm(("a",)), TagTerm(("a",))}) == 2

    def test_queries_are_hashable(self) -> None:
        assert len({read("a b"), read("a  b"), read("b")}) == 2


class TestChoose:
    APPS = (
        (1, ("Tide Clock", "1476097583", "com.example.tide")),
        (2, ("Tide Clock Pro", "1476097590", "com.example.tide.pro")),
        (3, ("Moon Diary", "1533301177", "com.example.moon")),
        (4, ("潮時計", "1", "com.example.shio")),
    )

    @pytest.mark.parametrize(
        ("value", "chosen"),
        [
            ("tide", (1, 2)),
            ("TIDE CLOCK", (1,)),
            ("clock p", (2,)),
            ("ide", ()),
            ("1533301177", (3,)),
            ("153330", ()),
            ("com.example.tide", (1,)),
            ("時計", (4,)),
            ("diary", (3,)),
        ],
    )
    def test_names_and_ids(self, value: str, chosen: tuple[int, ...]) -> None:
        assert choose((value,), self.APPS) == chosen

    def test_several_values_in_the_order_of_the_entries(self) -> None:
        assert choose(("moon", "tide"), self.APPS) == (1, 2, 3)


class TestComplete:
    def at_end(self, text: str) -> Completion:
        completion = complete(text, len(text))
        assert completion is not None
        return completion

    def test_keys(self) -> None:
        assert [o.text for o in self.at_end("t").options()] == ["translated:", "territory:", "tag:"]
        assert [o.text for o in self.at_end("").options()] == [f"{name}:" for name in NAMES]
        assert [o.text for o in self.at_end("crash -ra").options()] == ["rating:"]

    def test_state_words_are_found_without_their_key(self) -> None:
        assert [o.text for o in self.at_end("una").options()] == ["is:unanswered"]

    def test_values_with_counts(self) -> None:
        completion = self.at_end("rating:<=2 is:una")
        (option,) = completion.options({"unanswered": 23, "new": 4})
        assert (option.text, option.count) == ("unanswered", 23)
        assert completion.apply("rating:<=2 is:una", option) == ("rating:<=2 is:unanswered ", 25)

    def test_the_most_frequent_first(self) -> None:
        options = self.at_end("app:").options({"Moon Diary": 2, "Tide Clock": 19})
        assert [(o.insert, o.count) for o in options] == [('"Tide Clock"', 19), ('"Moon Diary"', 2)]

    def test_any_word_of_a_name_fits(self) -> None:
        assert [o.text for o in self.at_end("app:cl").options({"Tide Clock": 1, "Moon": 2})] == ["Tide Clock"]
        assert [o.text for o in self.at_end('app:"tide c').options({"Tide Clock": 1})] == ["Tide Clock"]

    def test_a_code_that_apple_added_can_be_asked_for(self) -> None:
        assert one("territory:ZZZ") == TerritoryTerm(("ZZZ",))

    def test_territories_by_code_or_name(self) -> None:
        counts = {"DEU": 6, "DNK": 1, "USA": 9}
        assert [o.text for o in self.at_end("territory:ger").options(counts)] == ["DEU"]
        assert [o.text for o in self.at_end("territory:d").options(counts)] == ["DEU", "DNK"]
        assert self.at_end("territory:us").options(counts)[0].meaning == "United States"

    def test_a_comma_goes_on_in_the_same_term(self) -> None:
        completion = self.at_end("territory:DEU,")
        assert completion.key is not None
        assert [o.text for o in completion.options({"DEU": 6, "AUT": 1})] == ["AUT"]

    def test_in_the_middle_of_a_query(self) -> None:
        text = "crash is:ne rating:1"
        completion = complete(text, 11)
        assert completion is not None
        assert [o.text for o in completion.options()] == ["needs-reply", "new"]
        assert completion.apply(text, completion.options()[1]) == ("crash is:new rating:1", 12)

    def test_nothing_to_offer_inside_a_phrase(self) -> None:
        assert complete('"white scr', 9) is None
        assert complete("foo:x", 5) is None


FRAGMENTS = (
    *(f"{name}:" for name in NAMES),
    *(key.example for key in KEYS),
    *"- \" , .. <= > \\ 7d 2026-11-01 1 5 needs-reply DE crash 起動 ß ' ;-- % * : AND NEAR( ٣ ： “".split(),
    *(" ", " ", "  ", "\x00", "\ud800", "\u202e", "👨\u200d👩\u200d👧"),
)
queries = st.one_of(
    st.binary(max_size=12).map(lambda numbers: "".join(FRAGMENTS[n % len(FRAGMENTS)] for n in numbers)),
    st.text(alphabet=st.characters(), max_size=60),
)


class TestProperties:
    @fuzz("filters")
    @given(queries)
    def test_nothing_but_filter_errors_and_the_text_comes_back(self, text: str) -> None:
        try:
            query = read(text)
        except FilterError as error:
            assert error.title
            assert 0 <= error.start <= error.end <= len(text)
            return
        canonical = str(query)
        canonical.encode("utf-8")
        assert read(canonical) == query
        assert str(read(canonical)) == canonical

    @fuzz("filters")
    @given(queries, st.integers(-3, 90))
    def test_completion_never_fails(self, text: str, cursor: int) -> None:
        completion = complete(text, cursor)
        if completion is None:
            return
        assert 0 <= completion.start <= completion.end <= len(text)
        for option in completion.options({"Tide Clock": 3, "DEU": 1, 'a"b': None})[:5]:
            written, position = completion.apply(text, option)
            assert written[:position].rstrip().endswith(option.insert)

    @given(st.sampled_from(KEYS))
    def test_every_example_and_every_fixed_value_parses(self, key: object) -> None:
        assert isinstance(key, type(KEYS[0]))
        read(key.example)
        for value, _ in key.fixed:
            read(f"{key.name}:{value}")
        for alias in key.aliases:
            read(f"{alias}:{key.example.split(':', 1)[1]}")
