"""The Outbox: what is on its way, what needs a decision, what was done."""
