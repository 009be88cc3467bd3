"""Fetches reports: sales and subscriptions, finance, analytics. Only what is missing or may still change."""
