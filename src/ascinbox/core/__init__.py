"""Pure code: records, words, rules and errors. Standard library only."""
