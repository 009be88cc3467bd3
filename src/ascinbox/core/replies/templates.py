"""Reply templates: which one fits a review, and what it says once its variables are filled in.

The files that people write are read by `core.replies.template_files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ascinbox.core.filters import choose
from ascinbox.core.records import Review
from ascinbox.core.replies.checks import measure
from ascinbox.core.reviews.nickname import greetable
from ascinbox.core.reviews.territories import name as territory_name
from ascinbox.core.stores import APP_STORE, StoreInfo, store_of_review
from ascinbox.core.text import clean_line, fold

VARIABLES: dict[str, str] = {
    "nickname": "the customer's nickname, unless it cannot be repeated in public",
    "title": "title of the review",
    "app": "name of the app",
    "rating": "stars of the review, 1 to 5",
    "territory": "storefront, in English",
    "support": "[reply] support of config.toml",
    "signature": "[reply] signature of config.toml",
    "version": "newest public version of the app",
}
"""Every variable, with what it is replaced by."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in a text that is filled in."""

    name: str
    fallback: str | None = None
    """What stands there when there is no value; None leaves the variable, which blocks the reply."""


@dataclass(frozen=True, slots=True)
class TemplateText:
    """The text in one language."""

    language: str | None
    """ISO 639-1, or None for a text that serves any language."""
    pieces: tuple[str | Variable, ...]
    store: str = ""
    """The id of the store whose length of replies it keeps; "" for one that is written for any."""

    @property
    def fixed(self) -> int:
        """Characters without those that the variables bring."""
        return sum(len(piece) for piece in self.pieces if isinstance(piece, str))


@dataclass(frozen=True, slots=True)
class Template:
    """One template file."""

    name: str
    texts: tuple[TemplateText, ...]
    """At least one; at most one a language and store."""
    ratings: tuple[int, ...] = ()
    """Ratings that it is meant for; empty: any."""
    apps: tuple[str, ...] = ()
    """Apps that it is meant for, by name or id; empty: any."""
    source: str = ""
    warnings: tuple[str, ...] = ()
    limit: str = ""
    """The store that all of its texts are written for; "" where some are written for any."""

    def texts_for(self, language: str | None, store: StoreInfo = APP_STORE) -> tuple[TemplateText, ...]:
        """The texts for a review of a store, the fittest first, none twice.

        The store's own in `language` or for any language, else one for any store in it or for any, else the
        English, else the first. Another store's come last.
        """
        wanted = [
            (language, store.id),
            (None, store.id),
            (language, ""),
            (None, ""),
            ("en", store.id),
            ("en", ""),
        ]
        ranks = [text for which in wanted for text in self.texts if (text.language, text.store) == which]
        for own in (store.id, ""):
            ranks += [text for text in self.texts if text.store == own]
        return tuple(dict.fromkeys((*ranks, *self.texts)))

    def text_for(self, language: str | None, store: StoreInfo = APP_STORE) -> TemplateText:
        """The fittest of `texts_for`, before it is known how long the variables make it."""
        return self.texts_for(language, store)[0]


@dataclass(frozen=True, slots=True)
class TemplateContext:
    """What the variables of a template stand for; an empty text means that there is no value."""

    nickname: str = ""
    title: str = ""
    app: str = ""
    rating: str = ""
    territory: str = ""
    support: str = ""
    signature: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template's text with its variables filled in."""

    text: str
    language: str | None
    unfilled: tuple[str, ...] = ()
    """Variables without value and without fall-back; they still stand in the text, in braces."""


def context_for(
    review: Review, *, app: str = "", support: str = "", signature: str = "", version: str = ""
) -> TemplateContext:
    """What the variables mean for a review."""
    return TemplateContext(
        nickname=greetable(review.nickname) or "",
        title=review.title,
        app=app,
        rating=str(review.rating or ""),
        territory=territory_name(review.territory) if review.territory else "",
        support=support,
        signature=signature,
        version=version,
    )


def render(
    template: Template, context: TemplateContext, *, language: str | None = None, store: StoreInfo = APP_STORE
) -> Rendered:
    """The text for a review of `store` in `language` (a guess, or None), with every variable filled in that
    can be.

    Of the texts that fit the review, the first that the store takes in full; where none is short enough, the
    first, whole: nothing is cut, and the check names by how much it is too long.
    """
    made = [_filled(text, context) for text in template.texts_for(language, store)]
    return next((one for one in made if measure(one.text) <= store.reply_limit), made[0])


def _filled(chosen: TemplateText, context: TemplateContext) -> Rendered:
    text = ""
    unfilled: dict[str, None] = {}
    for piece in chosen.pieces:
        if isinstance(piece, str):
            text += piece
            continue
        value = _value(context, piece.name)
        if not value and piece.fallback is None:
            unfilled[piece.name] = None
            value = f"{{{piece.name}}}"
        value = value or piece.fallback or ""
        # "Hello {nickname|}, ..." without a nickname is "Hello, ...".
        text = text + value if value else text.removesuffix(" ")
    return Rendered(text, chosen.language, tuple(unfilled))


def _value(context: TemplateContext, name: str) -> str:
    value = str(getattr(context, name))
    if name == "signature":
        return value
    # A brace in a customer's title must not read as a variable that was forgotten.
    return clean_line(value).replace("{", "(").replace("}", ")")


def fit(
    templates: Iterable[Template],
    review: Review,
    usage: Mapping[str, int],
    *,
    app: Sequence[str] = (),
    language: str | None = None,
) -> tuple[Template, ...]:
    """All templates, the fittest first: meant for the app and the stars, in the language, used before.

    `usage` counts past replies by template name, `app` is the app's name and ids, `language` that of the
    review where it is known.
    """

    store = store_of_review(review.id)

    def misfit(template: Template) -> tuple[bool, bool, bool, int, int, int, str]:
        languages = {text.language for text in template.texts}
        return (
            bool(template.apps) and not choose(template.apps, [(0, app)]),
            bool(template.ratings) and review.rating not in template.ratings,
            language is not None and not languages & {language, None},
            _strangeness(template, store),
            -bool(template.ratings) - bool(template.apps),
            -usage.get(template.name, 0),
            fold(template.name),
        )

    return tuple(sorted(templates, key=misfit))


def _strangeness(template: Template, store: StoreInfo) -> int:
    """0: it has a text for this store; 1: one for any that is short enough; 2: none of these."""
    if any(text.store == store.id for text in template.texts):
        return 0
    return 1 if any(not text.store and text.fixed <= store.reply_limit for text in template.texts) else 2
