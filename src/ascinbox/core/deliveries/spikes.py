"""What is far from usual: many low stars or one word all at once, a falling average, silence.

Plain statistics that can be told in a sentence. Reviews of one kind come by themselves, so their number in a
day scatters about its average as Poisson says; a day that such chance brings less than once in about three
years is told. For words, of which there are thousands, the bar is a thousand times higher.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

USUAL_DAYS = 28
"""Days before the last one that say what is usual."""
LEAST_DAYS = 7
"""With fewer days of history nothing is called unusual."""
LEAST = 5
"""So many reviews at least make a spike, however rare that is."""
FACTOR = 3.0
"""And so many times the usual number."""
CHANCE = 1e-3
CHANCE_OF_A_WORD = 1e-6
CHANCE_OF_SILENCE = 1e-4
LEAST_RATED = 20
"""Ratings on either side that an average needs."""
FALL = 0.4
"""Stars by which an average has to fall."""
LOW = 2


@dataclass(frozen=True, slots=True)
class RatedText:
    """What of a review counts here."""

    at: datetime
    rating: int | None
    folded: str = ""
    """Its title and body as `core.text.fold` gives them."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Spike:
    """Something out of the ordinary with one app."""

    kind: str
    """`low stars`, `word`, `average` or `silence`."""
    subject: str
    """The word or the version; otherwise empty."""
    since: datetime
    sentence: str
    """What was expected, what came, since when."""

    @property
    def key(self) -> str:
        """The same spike on the same day is one event."""
        return f"{self.kind}:{self.subject}:{self.since:%Y-%m-%d}"


def find_spikes(app: str, reviews: Iterable[RatedText], now: datetime) -> list[Spike]:
    """What is unusual about the last 24 hours of an app, beside the four weeks before.

    `reviews`: those of the last 29 days (for silence and averages as many as there are), any order.
    """
    known = sorted((seen for seen in reviews if seen.at <= now), key=lambda seen: seen.at)
    if not known:
        return []
    found = [
        _low_stars(app, known, now),
        *_words(app, known, now),
        _average(app, known),
        _silence(app, known, now),
    ]
    return [spike for spike in found if spike is not None]


def chance_of_at_least(count: int, expected: float) -> float:
    """The chance of `count` or more where `expected` is the average (Poisson)."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    term = math.exp(-expected)
    below = term
    for number in range(1, count):
        term *= expected / number
        below += term
    return max(0.0, 1.0 - below)


def _split(known: Sequence[RatedText], now: datetime) -> tuple[list[RatedText], list[RatedText], float]:
    """The last day, the days before it, and how many days those are."""
    begins = now - timedelta(days=1)
    first = max(known[0].at, begins - timedelta(days=USUAL_DAYS))
    days = (begins - first).total_seconds() / 86_400
    return (
        [seen for seen in known if seen.at > begins],
        [seen for seen in known if first <= seen.at <= begins],
        days,
    )


def _is_spike(count: int, before: int, days: float, chance: float) -> float | None:
    """The usual number a day when `count` is far above it. Where nothing ever came, half a review in all the
    days is taken for usual: never seen does not mean impossible."""
    if days < LEAST_DAYS or count < LEAST:
        return None
    usual = max(before, 0.5) / days
    if count < FACTOR * usual or chance_of_at_least(count, usual) > chance:
        return None
    return usual


def _low_stars(app: str, known: Sequence[RatedText], now: datetime) -> Spike | None:
    day, before, days = _split(known, now)
    low = [seen for seen in day if seen.rating is not None and seen.rating <= LOW]
    usually = sum(1 for seen in before if seen.rating is not None and seen.rating <= LOW)
    usual = _is_spike(len(low), usually, days, CHANCE)
    if usual is None:
        return None
    said = f"{app}: {len(low)} reviews with one or two stars in 24 hours, usually {_a_day(usual)}."
    return Spike("low stars", "", low[0].at, said)


def _words(app: str, known: Sequence[RatedText], now: datetime) -> list[Spike]:
    day, before, days = _split(known, now)
    if len(day) < LEAST or days < LEAST_DAYS:
        return []
    counts = Counter(word for seen in day for word in _words_of(seen))
    rare = {word: count for word, count in counts.items() if count >= LEAST}
    if not rare:
        return []
    usually = Counter(word for seen in before for word in _words_of(seen) if word in rare)
    # When everything is written about more, a word is no news beside that.
    more = max(1.0, len(day) / max(len(before) / days, 0.5 / days))
    found = []
    for word, count in sorted(rare.items(), key=lambda item: (-item[1], item[0])):
        usual = _is_spike(count, usually[word], days, CHANCE_OF_A_WORD)
        share = usually[word] / days * more
        if usual is None or (share > 0 and chance_of_at_least(count, share) > CHANCE):
            continue
        first = next(seen.at for seen in day if word in _words_of(seen))
        said = f'{app}: {count} reviews with the word "{word}" in 24 hours, usually {_a_day(usual)}.'
        found.append(Spike("word", word, first, said))
    return found[:3]


def _words_of(seen: RatedText) -> set[str]:
    return {word for word in seen.folded.split() if len(word) > 3 and not word.isdigit()}


def _average(app: str, known: Sequence[RatedText]) -> Spike | None:
    """The newest version's ratings beside those of the version before it."""
    rated: dict[str, list[RatedText]] = {}
    for seen in known:
        if seen.version and seen.rating is not None:
            rated.setdefault(seen.version, []).append(seen)
    by_first = sorted(rated, key=lambda version: rated[version][0].at)
    if len(by_first) < 2:
        return None
    newest, former = by_first[-1], by_first[-2]
    after, before = ([seen.rating or 0 for seen in rated[version]] for version in (newest, former))
    if min(len(after), len(before)) < LEAST_RATED:
        return None
    fall = _mean(before) - _mean(after)
    error = math.sqrt(_spread(before) / len(before) + _spread(after) / len(after))
    if fall < FALL or fall < 3 * error:
        return None
    said = (
        f"{app}: version {newest} is rated {_mean(after):.1f} by {len(after)}, "
        f"version {former} was rated {_mean(before):.1f} by {len(before)}."
    )
    return Spike("average", newest, rated[newest][0].at, said)


def _silence(app: str, known: Sequence[RatedText], now: datetime) -> Spike | None:
    """No review for so long that chance alone would hardly bring it."""
    last = known[-1].at
    quiet = (now - last).total_seconds() / 86_400
    first = max(known[0].at, last - timedelta(days=USUAL_DAYS))
    days = (last - first).total_seconds() / 86_400
    if days < LEAST_DAYS or quiet < 1:
        return None
    usual = sum(1 for seen in known if seen.at >= first) / days
    if math.exp(-usual * quiet) > CHANCE_OF_SILENCE:
        return None
    since: date = last.date()
    said = f"{app}: no review since {since:%Y-%m-%d}, usually {_a_day(usual)}."
    return Spike("silence", "", last, said)


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)


def _spread(numbers: Sequence[int]) -> float:
    mean = _mean(numbers)
    return sum((number - mean) ** 2 for number in numbers) / max(1, len(numbers) - 1)


def _a_day(usual: float) -> str:
    if usual >= 0.95:
        return f"{usual:.0f} a day"
    return f"one in {1 / usual:.0f} days" if usual * USUAL_DAYS > 0.75 else "none"
