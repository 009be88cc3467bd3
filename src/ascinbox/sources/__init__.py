"""Where reviews come from and replies go: one folder a store."""
