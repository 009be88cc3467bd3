"""The engine that a person may plug in for translations and drafts: which one, what leaves for it, what comes
back. Pure."""
