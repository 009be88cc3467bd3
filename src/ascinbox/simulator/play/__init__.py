"""A Google Play on loopback: tokens, reviews of the last week, replies, quotas, and a bucket of files."""
