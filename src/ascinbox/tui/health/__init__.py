"""Health: what every connection may do."""
