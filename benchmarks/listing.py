"""How long the Listing takes from the cache: 20 apps in 40 languages, drafts and live texts, put in lines.

    python -m benchmarks.listing                   20 apps x 40 languages
    python -m benchmarks.listing --apps 5 --languages 10

Processor time of this process, median of ten; the yardstick is reading the same bytes as plain JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ascinbox.core.clock import SystemClock
from ascinbox.core.listing.fields import LOCALES, Scope, in_scope
from ascinbox.core.listing.records import Listing, ListingLocalization, ListingPart
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.tui.listing.sheet import Sheet, sheet_of
from ascinbox.tui.listing.text import SheetPlace, heading, pane, table

LIMIT_MS = 200.0
ROUNDS = 10
LENGTHS = {"description": 2_400, "whatsNew": 600, "promotionalText": 150, "keywords": 95}


def listing(number: int, languages: int) -> Listing:
    """One app with a draft and a live part of each kind."""

    def part(scope: Scope, state: str, version: str = "") -> ListingPart:
        rows = tuple(
            ListingLocalization(
                f"{number}-{version}-{state}-{locale}",
                locale,
                {
                    row.name: f"{locale} {row.name} "[:20].ljust(LENGTHS.get(row.name, 24), "x")
                    for row in in_scope(scope)
                },
            )
            for locale in LOCALES[:languages]
        )
        return ListingPart(scope, f"{number}-{scope}-{state}", state, rows, {}, version, "IOS")

    draft, live = "PREPARE_FOR_SUBMISSION", "READY_FOR_DISTRIBUTION"
    return Listing(
        str(1_500_000_000 + number),
        f"App {number}",
        f"example.a{number}",
        "en-US",
        (part(Scope.INFO, live), part(Scope.INFO, draft)),
        (part(Scope.VERSION, draft, "5.3"), part(Scope.VERSION, live, "5.2")),
        datetime(2026, 11, 21, tzinfo=UTC),
    )


def spent(act: Callable[[], object]) -> float:
    """Milliseconds of processor time, median."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        act()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apps", type=int, default=20)
    parser.add_argument("--languages", type=int, default=40)
    options = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder))
        paths.create()
        store = Store.open(paths, SystemClock())
        for number in range(options.apps):
            store.listings.save(listing(number, options.languages))
        everything = store.listings.all()
        parts = [part for one in everything for part in (*one.infos, *one.versions)]
        plain = json.dumps([one.values for part in parts for one in part.localizations])

        def paint(sheet: Sheet, row: int) -> None:
            heading(sheet, 0, options.apps, now, 120)
            table(sheet, SheetPlace(row, 5), 120, ascii_only=False)
            pane(sheet, sheet.fields[5], sheet.locales[row], 120)

        def shown() -> None:
            paint(sheet_of(store.listings.all()[0], "", store.listing_edits.all()), 0)

        shown()
        kept = sheet_of(everything[0], "", ())
        print(
            f"{options.apps} apps x {options.languages} languages, {len(plain) / 1e6:.1f} MB: shown in "
            f"{spent(shown):.0f} ms (limit {LIMIT_MS:.0f}), of them read {spent(store.listings.all):.0f} ms; "
            f"a step of the cursor {spent(lambda: paint(kept, 1)):.1f} ms; "
            f"the same bytes as JSON {spent(lambda: json.loads(plain)):.0f} ms"
        )
        store.close()


if __name__ == "__main__":
    main()
