"""Everything that reaches below Textual's public surface, or comes before it.

What is used of Textual's private names is listed in `private.py`; a test names each that a new Textual lacks.
"""
