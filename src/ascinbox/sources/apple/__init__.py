"""Everything said to Apple and heard from it."""
