"""What a store gave us: reviews, replies, apps, report rows and the search index. It may be built again.

Whatever is written here goes through SQLAlchemy statements made from the models, except the index, whose SQL
is held to the models by `tests/store/test_hot.py`.
"""
