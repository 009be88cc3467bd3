"""Accounts: how each team is reached, and who is on it."""
