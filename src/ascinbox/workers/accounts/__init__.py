"""Accounts: linking, credentials, and the people of a team."""
