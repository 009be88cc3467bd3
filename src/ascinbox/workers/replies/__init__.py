"""Replies: writing, checking, queueing and sending them."""
