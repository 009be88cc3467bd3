"""The pure heart: records, words, rules and errors. Standard library only."""
