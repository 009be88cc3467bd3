"""Everything said to Google Play and heard from it."""
