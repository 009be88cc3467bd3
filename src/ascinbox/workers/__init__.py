"""Use cases and background work: no Textual, no SQL text, no HTTP detail."""
