"""Open lists of words in Apple's reports: mapped where the meaning is clear, else named."""

from __future__ import annotations

import pytest

from ascinbox.core.metrics.vocabulary import event_figure, label_of, other_label, other_note


@pytest.mark.parametrize(
    ("event", "figure"),
    [
        ("Subscribe", "started"),
        ("Reactivate", "started"),
        ("Reactivate with Crossgrade", "started"),
        ("Start Introductory Offer", "trials_started"),
        ("Promotional Offer from Win-Back Offer", "trials_started"),
        ("Offer Code from Introductory Offer", "trials_started"),
        ("Reactivation to Promotional Offer", "trials_started"),
        ("Renew", "renewals"),
        ("Renewal from Billing Retry", "renewals"),
        ("Promotional Offer from Billing Retry", None),
        ("Cancel", "cancellations"),
        ("Canceled from Billing Retry", "cancellations"),
        ("Upgrade", None),
        ("Refund", None),
        ("", None),
    ],
)
def test_events_count_where_their_meaning_is_clear(event: str, figure: str | None) -> None:
    assert event_figure(event) == event_figure(event.upper()) == figure


def test_labels_come_back() -> None:
    assert label_of(other_label("App Downloads Standard", "Manual update: again")) == "Manual update: again"
    assert label_of("downloads") is None


def test_a_note_names_the_most_frequent_first() -> None:
    assert other_note({"Upgrade": 1, "Refund": 1200, "None": 0}) == (
        "Counted as other: Refund 1,200, Upgrade 1.",
    )
    assert other_note({}) == ()
    assert other_note({f"e{n}": n for n in range(1, 9)})[0].endswith("e3 3 and 2 more.")
