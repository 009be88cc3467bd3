"""What people did and decided: marks, notes, drafts, the outbox. `port.Queue` is its door."""
