"""Makes folders of reviews for tests."""

from __future__ import annotations

import json
from pathlib import Path

KEY = "the key of the folder"
APP = "com.example.tide"


def make_folder(folder: Path, reviews: int = 5) -> Path:
    """A folder with one app and so many reviews, `r0` the oldest; the newest has a hostile title."""
    (folder / "reviews").mkdir(parents=True)
    (folder / "key.txt").write_text(KEY, "utf-8")
    (folder / "apps.json").write_text(json.dumps([{"id": APP, "name": "Tide Clock"}]), "utf-8")
    for number in range(reviews):
        title = "\x1b[31mred" if number == reviews - 1 else f"Review {number}"
        review = {
            "app": APP,
            "rating": 1 + number % 5,
            "title": title,
            "body": f"The tide of day {number} was late.",
            "author": "Ada",
            "created": f"2026-03-{number + 1:02}T08:00:00Z",
            "reply": None,
        }
        (folder / "reviews" / f"r{number}.json").write_text(json.dumps(review), "utf-8")
    return folder
