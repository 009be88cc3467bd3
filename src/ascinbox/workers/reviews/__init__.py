"""Reviews: reading, marking, exporting and syncing them."""
