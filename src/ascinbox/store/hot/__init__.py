"""What a keystroke or a quick command waits for: reads on sqlite3 alone, without SQLModel.

Nothing here writes. Its SQL is held to the models by `tests/store/test_hot.py`.
"""
