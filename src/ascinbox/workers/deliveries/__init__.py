"""Deliveries: what the rules of notify.toml make of events, and the way of each message to its receiver."""
