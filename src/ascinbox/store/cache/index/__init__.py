"""The search index of a large cache: blocks of reviews with one bit set a word and a facet."""
