"""The screens. Each top screen is one line in `tui/places.py`."""
