"""Listing: the texts of the apps' pages, in every language, edited here and sent when the person says so."""
