"""Metrics: figures by app, country, product and day."""
