"""Listings: read, edited, pulled into folders and pushed to Apple."""
