"""What people did and decided: marks, notes, drafts, the outbox. Others use it through `port.Queue`."""
