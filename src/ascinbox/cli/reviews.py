"""`ascinbox reviews [QUERY]`: lists reviews from the cache; never asks Apple."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ascinbox.cli.context import Context
from ascinbox.cli.output import cut, plain
from ascinbox.core.filters import AccountTerm, Query
from ascinbox.core.records import ReviewDetail
from ascinbox.core.reviews.due_words import NOT_IN_USE, due_words
from ascinbox.core.stores import store_of_review
from ascinbox.workers.reviews.export import review_record, state_word, write_json, write_reviews_csv
from ascinbox.workers.workspace import Workspace

OLD = 1


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints what fits the query; exit 1 when the cache is older than `--max-age`."""
    with context.workspace(reads=True) as workspace:
        query = chosen_query(context, workspace, options.query)
        limit = options.limit or None
        details = workspace.inbox.export(query, limit)
        age = context.cache_age_s(workspace)
        if options.csv:
            due = workspace.config.answer_clock is not None
            write_reviews_csv(context.output.stdout, details, raw=options.raw_csv, due=due)
        elif options.json:
            write_json(
                context.output.stdout,
                "ascinbox.reviews/1",
                "reviews",
                map(review_record, details),
                generated_at=context.now(),
                cache_age_s=age,
                total=workspace.inbox.count(query),
            )
        else:
            shown = list(details)
            _print(
                context,
                shown,
                due=workspace.config.answer_clock is not None,
                several_stores=workspace.inbox.several_stores(),
            )
            _say_rest(context, workspace, query, len(shown))
    if options.max_age is not None and (age is None or age > options.max_age.total_seconds()):
        context.output.words(f"{_words_of(age)} Fetch: ascinbox sync")
        return OLD
    return 0


def chosen_query(context: Context, workspace: Workspace, text: str | None) -> Query:
    """The query of the command line, `--account` added. FilterError (exit 3) says what is wrong with it."""
    query = workspace.inbox.query(text or "")
    if context.options.account is not None:
        account = context.chosen_accounts(workspace)[0]
        query = query.adding(AccountTerm((account.name,)))
    return query


def _print(context: Context, details: Sequence[ReviewDetail], *, due: bool, several_stores: bool) -> None:
    """`several_stores`: say which store a review is in."""
    output = context.output
    now = context.now()
    if not output.at_terminal:
        title = ("STORE",) if several_stores else ()
        output.table(
            ("ID", "STATE", *title, *(("DUE",) if due else ()), "STARS", "DATE", "WHERE", "APP", "REVIEW"),
            [
                (
                    detail.review.id,
                    state_word(detail.state),
                    *((store_of_review(detail.review.id).id,) if several_stores else ()),
                    *((due_words(detail.due_at, now),) if due else ()),
                    *_columns(detail),
                )
                for detail in details
            ],
        )
        return
    width = output.columns or 80
    for detail in details:
        stars, date, where, app, text = _columns(detail)
        store = f"{store_of_review(detail.review.id).short} " if several_stores else ""
        words = f"{stars} {detail.state} {date} {store}{where} {app}  {text}"
        output.line(cut(plain(words), width))
        facts = (plain(detail.review.id), state_word(detail.state), due_words(detail.due_at, now))
        output.line("   " + "  ".join(fact for fact in facts if fact))


def _columns(detail: ReviewDetail) -> tuple[str, str, str, str, str]:
    review = detail.review
    text = " - ".join(part for part in (review.title, " ".join(review.body.split())) if part)
    return (
        f"{review.rating or '?'}*",
        review.created_at.strftime("%Y-%m-%d") if review.created_at else "?" * 10,
        review.territory or "???",
        detail.app_name,
        text,
    )


def _say_rest(context: Context, workspace: Workspace, query: Query, shown: int) -> None:
    """Why the list is empty, or that there is more: on stderr, for the person."""
    if not shown and not workspace.store.call(lambda store: store.accounts.list()):
        context.output.words("No account is linked. Link one: ascinbox link. Or look around: ascinbox demo.")
        return
    if query.asks_clock and workspace.config.answer_clock is None:
        context.output.words(NOT_IN_USE)
    total = workspace.inbox.count(query)
    if not shown:
        everything = workspace.inbox.count(workspace.inbox.query(""))
        if context.cache_age_s(workspace) is None and not everything:
            context.output.words("Never synced. Fetch: ascinbox sync")
        else:
            context.output.words(f"No review matches ({everything:,} cached).")
    elif total > shown:
        context.output.words(f"{shown:,} of {total:,}; --limit 0 lists all.")


def _words_of(age_s: int | None) -> str:
    if age_s is None:
        return "The cache was never filled."
    hours, minutes = divmod(age_s // 60, 60)
    return f"The cache is {f'{hours} h ' if hours else ''}{minutes} min old."
